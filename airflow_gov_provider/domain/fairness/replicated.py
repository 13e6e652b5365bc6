"""Statistics of many replicates at once: the vectorised twins of rates and gaps."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from airflow_gov_provider.domain.fairness.counts import Counts
from airflow_gov_provider.domain.fairness.metrics import Gap
from airflow_gov_provider.domain.fairness.rates import RATES
from airflow_gov_provider.domain.fairness.resampling import (
    CELLS,
    Resampled,
    Resampling,
    Statistic,
    uniform,
    weights_of,
)

if TYPE_CHECKING:
    from airflow_gov_provider.domain.fairness.resampling import Floats


def rates(name: str, weights: Floats) -> Floats:
    """Replicates x groups; NaN where a denominator is empty."""
    import numpy as np

    definition = RATES[name]
    share = sum(weights[..., CELLS.index(cell)] for cell in definition.share)
    whole = np.asarray(sum(weights[..., CELLS.index(cell)] for cell in definition.of))
    out = np.full(whole.shape, np.nan)
    found: Floats = np.divide(share, whole, out=out, where=whole > 0)
    return found


def _f1(weights: Floats) -> Floats:
    tp, fp, fn = (weights[..., place] for place in range(3))
    return _by(2 * tp, 2 * tp + fp + fn)


def _balanced_accuracy(weights: Floats) -> Floats:
    found: Floats = rates("true_positive_rate", weights) + rates("true_negative_rate", weights)
    return found / 2


def _matthews(weights: Floats) -> Floats:
    import numpy as np

    tp, fp, fn, tn = (weights[..., place] for place in range(4))
    root = np.sqrt((tp + fp) * (tn + fn)) * np.sqrt((tp + fn) * (tn + fp))
    return _by(tp * tn - fp * fn, root)


def _by(part: Floats, whole: Floats) -> Floats:
    import numpy as np

    found: Floats = np.divide(part, whole, out=np.full(whole.shape, np.nan), where=whole > 0)
    return found


_MEASURES: Mapping[str, Callable[[Floats], Floats]] = {
    "f1": _f1,
    "balanced_accuracy": _balanced_accuracy,
    "matthews_correlation": _matthews,
}
# What can be computed of many replicates at once.
REPLICATED = frozenset({*RATES, *_MEASURES})


def values(name: str, weights: Floats) -> Floats:
    """A rate or a measure: replicates x groups, NaN where it is undefined.

    :raises KeyError: for a name that is not in ``REPLICATED``.
    """
    return rates(name, weights) if name in RATES else _MEASURES[name](weights)


@dataclass(frozen=True, slots=True, kw_only=True)
class GapOf:
    """The largest gap of some rates or measures between groups.

    :param rates: names in ``REPLICATED``.
    :param groups: how many of the groups are compared: the first ones.
    :param to: the place of the group that the others are compared with; None for all pairs.
    :param to_all: compare with all groups together, including those that are not compared.
    """

    rates: Sequence[str]
    gap: Gap
    groups: int
    to: int | None = None
    to_all: bool = False

    def value(self, weights: Floats) -> Floats:
        """Of each replicate; the logarithm of a ratio is negative, so a larger gap is more."""
        import numpy as np

        reaches = [_reach(found, self._to) for found in self._measured(weights)]
        largest: Floats = np.max(reaches, axis=0)
        return largest

    def error(self, measured: Floats) -> Statistic:
        """How far a replicate's gaps are from the measured ones, at most.

        The error of the difference of two groups is the difference of their errors, so the largest
        of all pairs is the range of the errors.
        """
        known = self._measured(measured)

        def of(weights: Floats) -> Floats:
            import numpy as np

            pairs = zip(self._measured(weights), known, strict=True)
            errors = [_reach(drawn - right, self._to) for drawn, right in pairs]
            largest: Floats = np.max(errors, axis=0)
            return largest

        return of

    @property
    def _to(self) -> int | None:
        return self.groups if self.to_all else self.to

    def _measured(self, weights: Floats) -> list[Floats]:
        """A rate each: replicates x compared groups, and all together last where that is asked."""
        import numpy as np

        compared = weights[..., : self.groups, :]
        if self.to_all:
            together = weights.sum(axis=-2, keepdims=True)
            compared = np.concatenate([compared, together], axis=-2)
        found = [values(name, compared) for name in self.rates]
        if self.gap is Gap.DIFFERENCE:
            return found
        return [np.log(f, out=np.full(f.shape, np.nan), where=f > 0) for f in found]


def _reach(values: Floats, to: int | None) -> Floats:
    import numpy as np

    if to is None:
        spread: Floats = values.max(axis=-1) - values.min(axis=-1)
        return spread
    apart: Floats = np.abs(values - values[..., to : to + 1]).max(axis=-1)
    return apart


def interval_of_gap(
    groups: Sequence[Counts],
    gap: GapOf,
    *,
    level: float,
    plan: Resampling,
) -> Resampled | None:
    """The uniform interval of the largest gap, a ratio as a ratio."""
    measured = weights_of(groups)[None]
    found = uniform(groups, gap.value, gap.error(measured), level=level, plan=plan)
    if found is None or gap.gap is Gap.DIFFERENCE:
        return found
    low, high = found.interval
    return replace(found, interval=(math.exp(-high), math.exp(-low)))
