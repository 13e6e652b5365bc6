"""Intervals for what has no formula: the counts are drawn again, not the rows.

A bootstrap over rows asks only how many rows of each kind it drew, and that is a count that can be
drawn directly. The cost depends on the number of cells and of replicates, never on the number of
rows: ten million rows and ten thousand take equally long.

* ``poisson``: every row is drawn Poisson(1) times (N. Chamandy et al. 2012; it is what TFMA does),
  so a cell of n rows has Poisson(n) of them. Sizes of groups vary as they do between samples.
* ``multinomial``: as many rows as there were, drawn with replacement (B. Efron 1979).

With weights a cell is drawn as its effective rows, (sum of weights)² / sum of squares, each of
weight (sum of squares) / (sum of weights): mean and variance are those of drawing the rows.

Intervals are BCa (B. Efron 1987): percentiles that are shifted by the bias of the replicates and
by the acceleration, which is taken from the jackknife. Rows of one cell are alike, so the jackknife
needs one value a cell.

Largest gaps over many groups are biased upwards, more so the more equal the groups are, and no
bootstrap of them is right where all are equal (D. W. K. Andrews 2000). Intervals of those are
``uniform``: the estimate plus and minus the quantile of the largest error among all pairs. The
largest true gap cannot be further from the largest measured one than the largest error is, so they
hold for any number of groups, and are longer than they would have to be.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import NormalDist
from typing import TYPE_CHECKING

from airflow_gov_provider.domain.fairness.counts import Cell, Counts
from airflow_gov_provider.domain.fairness.intervals import Interval
from airflow_gov_provider.exceptions import ArgumentInvalid

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

DEFAULT_REPLICATES = 2000
LEAST_REPLICATES = 100
MOST_REPLICATES = 100_000
MOST_SEED = 2**32 - 1
CELLS = ("tp", "fp", "fn", "tn")
# Where more of the replicates have no value, their percentiles are those of another question.
_MOST_UNDEFINED = 0.05
# Replicates drawn at a time: it bounds the memory where there are many groups.
_AT_A_TIME = 4_000_000

# From the weights of cells, replicates x groups x ``CELLS``, to a value a replicate; NaN: none.
Statistic = Callable[["Floats"], "Floats"]


class Scheme(StrEnum):
    POISSON = "poisson"
    MULTINOMIAL = "multinomial"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resampling:
    """How to draw.

    :param replicates: how often; 2,000 are enough for the ends of 95 % intervals.
    :param seed: the same seed draws the same (with the same release of numpy), so evidence can be
        computed again.
    :raises ArgumentInvalid: if the replicates are fewer than 100 or more than ``MOST_REPLICATES``,
        or the seed is no whole number from 0 to ``MOST_SEED``; one line each.
    """

    replicates: int = DEFAULT_REPLICATES
    seed: int = 0
    scheme: Scheme = Scheme.POISSON

    def __post_init__(self) -> None:
        numbers: tuple[tuple[str, object, int, int], ...] = (
            ("replicates", self.replicates, LEAST_REPLICATES, MOST_REPLICATES),
            ("seed", self.seed, 0, MOST_SEED),
        )
        problems = [
            f"{name} is a whole number from {least} to {most}, found {value!r}"
            for name, value, least, most in numbers
            if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most
        ]
        if problems:
            raise ArgumentInvalid("\n".join(problems))

    def as_json(self) -> dict[str, int | str]:
        return {
            "scheme": self.scheme.value,
            "replicates": self.replicates,
            "seed": self.seed,
            "generator": _generator(),
        }


def _generator() -> str:
    """Who draws; another one may draw other numbers from the same seed."""
    import numpy as np

    return f"numpy {np.__version__} {type(np.random.default_rng(0).bit_generator).__name__}"


def least_replicates(level: float) -> int:
    """How many it takes for five of them to lie beyond either end of an interval."""
    return max(LEAST_REPLICATES, math.ceil(round(10 / (1 - level), 6)))


PLAN = Resampling()


@dataclass(frozen=True, slots=True, kw_only=True)
class Resampled:
    """What the replicates say.

    :param method: ``bca`` or ``uniform``.
    :param error: the standard deviation of the replicates.
    """

    interval: Interval
    method: str
    error: float


def weights_of(groups: Sequence[Counts]) -> Floats:
    """The measured weights, groups x ``CELLS``."""
    import numpy as np

    rows = [[getattr(counts, name).weight for name in CELLS] for counts in groups]
    return np.array(rows, dtype=np.float64).reshape(len(groups), len(CELLS))


def drawn(groups: Sequence[Counts], plan: Resampling) -> Iterator[Floats]:
    """Replicates x groups x ``CELLS``, some replicates at a time: the weights of each."""
    import numpy as np

    draws = np.random.default_rng(plan.seed)
    rows, each = _effective(groups)
    total = rows.sum()
    at_a_time = max(1, _AT_A_TIME // max(1, rows.size))
    for start in range(0, plan.replicates, at_a_time):
        shape = (min(at_a_time, plan.replicates - start), *rows.shape)
        if plan.scheme is Scheme.POISSON or total <= 0:
            yield draws.poisson(rows, size=shape) * each
        else:
            found = draws.multinomial(round(total), (rows / total).ravel(), size=shape[0])
            yield found.reshape(shape) * each


def _effective(groups: Sequence[Counts]) -> tuple[Floats, Floats]:
    """Effective rows of each cell, and the weight of one of them."""
    import numpy as np

    def of(cell: Cell) -> tuple[float, float]:
        if cell.weight <= 0 or cell.squares <= 0:
            return 0.0, 0.0
        return cell.weight / cell.squares * cell.weight, cell.squares / cell.weight

    found = [[of(getattr(counts, name)) for name in CELLS] for counts in groups]
    both = np.array(found, dtype=np.float64).reshape(len(groups), len(CELLS), 2)
    return both[..., 0], both[..., 1]


def bca(
    groups: Sequence[Counts], statistic: Statistic, *, level: float, plan: Resampling
) -> Resampled | None:
    """The interval of a smooth statistic of the counts; None where it has no value, where one of
    twenty replicates has none, and where all have the same: what no row shows, as any mistake at
    all, no draw of these rows can show either.
    """
    import numpy as np

    estimate = float(statistic(weights_of(groups)[None])[0])
    values = _known(np.concatenate([statistic(weights) for weights in drawn(groups, plan)]))
    if math.isnan(estimate) or values is None or values.max() == values.min():
        return None
    ends = (1 - level) / 2, (1 + level) / 2
    below = np.count_nonzero(values < estimate) + np.count_nonzero(values == estimate) / 2
    if 0 < below < len(values):  # else all of them are on one side: nothing to correct by
        bias = NormalDist().inv_cdf(below / len(values))
        bend = _acceleration(groups, statistic)
        ends = _shifted(ends[0], bias, bend), _shifted(ends[1], bias, bend)
    low, high = np.quantile(values, ends)
    interval = (float(low), float(high))
    return Resampled(interval=interval, method="bca", error=float(values.std()))


def _shifted(share: float, bias: float, bend: float) -> float:
    """Which percentile of the replicates stands for this one of the estimate."""
    z = bias + NormalDist().inv_cdf(share)
    return NormalDist().cdf(bias + z / (1 - bend * z)) if bend * z < 1 else share


def uniform(
    groups: Sequence[Counts],
    statistic: Statistic,
    errors: Statistic,
    *,
    level: float,
    plan: Resampling,
) -> Resampled | None:
    """The interval of a largest gap: the estimate plus and minus the quantile of ``errors``.

    :param errors: how far a replicate's gaps are from the measured ones at most, over all pairs.
    """
    import numpy as np

    estimate = float(statistic(weights_of(groups)[None])[0])
    both = [(statistic(weights), errors(weights)) for weights in drawn(groups, plan)]
    values = _known(np.concatenate([value for value, _ in both]))
    found = _known(np.concatenate([error for _, error in both]))
    if math.isnan(estimate) or values is None or found is None:
        return None
    reach = float(np.quantile(found, level))
    interval = (estimate - reach, estimate + reach)
    return Resampled(interval=interval, method="uniform", error=float(values.std()))


def _known(values: Floats) -> Floats | None:
    """The replicates that have a value; None if too many have none."""
    import numpy as np

    known: Floats = values[~np.isnan(values)]
    return known if len(known) >= (1 - _MOST_UNDEFINED) * len(values) else None


def _acceleration(groups: Sequence[Counts], statistic: Statistic) -> float:
    """A sixth of the skewness of the jackknife: the value without one row of each cell, counted as
    often as the cell has rows.
    """
    import numpy as np

    rows, each = _effective(groups)
    weights = weights_of(groups)
    filled = np.argwhere(rows >= 1)
    without = np.repeat(weights[None], len(filled), axis=0)
    where = (np.arange(len(filled)), filled[:, 0], filled[:, 1])
    without[where] -= each[filled[:, 0], filled[:, 1]]
    values = statistic(without)
    known = ~np.isnan(values)
    times, values = rows[filled[:, 0], filled[:, 1]][known], values[known]
    if not len(values):
        return 0.0
    apart = np.average(values, weights=times) - values
    squares = float((times * apart**2).sum())
    return float((times * apart**3).sum()) / (6 * squares**1.5) if squares > 0 else 0.0
