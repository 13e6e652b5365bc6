"""How far scores keep what they promise, and how surely; exact, whatever the bins."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from airflow_gov_provider.domain.fairness.estimates import Mean, Ranged, variance_of
from airflow_gov_provider.domain.fairness.intervals import Interval, normal_quantile
from airflow_gov_provider.domain.fairness.scores import EDGES, ScoreHistogram, remembered, tenths

if TYPE_CHECKING:
    from airflow_gov_provider.domain.fairness.scores import Floats

# A gap of so many standard errors has the sign that it shows.
_SIGN_IS_KNOWN = 3.0
_STEPS = 30  # of a bisection
# (s - 1)² of a score s is s² - 2s + 1: so much is added up and taken away again, at most.
_TAKEN_AWAY = 4.0
# Of the absolute value of a standard normal number: mean, variance and third central moment.
_FOLDED = (math.sqrt(2 / math.pi), 1 - 2 / math.pi, math.sqrt(2 / math.pi) * (4 / math.pi - 1))


def brier(scores: ScoreHistogram) -> Mean | None:
    """The mean of (score - label)², exact: Σs² - 2Σs over the positives + the number of those.

    Its variance is what bins have between them, and the most that the rows of one can have in it.
    """
    _, weights, _, totals, squares = scores.sums
    filled = weights > 0
    weights, totals, squares = weights[filled], totals[filled], squares[filled]
    label = scores.positive[filled].astype(float)
    ends = (scores.ends[:, filled] - label) ** 2
    least, most = ends.min(axis=0), ends.max(axis=0)
    losses = ((squares - 2 * label * totals) / weights + label).clip(least, most)
    within = (most - losses) * (losses - least)  # R. Bhatia and C. Davis 2000
    squared = weights * (losses**2 + within)
    return _mean(scores.sums.sum(axis=1), weights @ losses, squared.sum())


def mean_score(scores: ScoreHistogram, *, label: bool | None = None) -> Mean | None:
    """The mean score of all rows, or of those with one label."""
    kept = label is None or scores.positive == label
    sums = scores.sums.sum(axis=1, where=kept)
    return _mean(sums, sums[3], sums[4])


def calibration_in_the_large(scores: ScoreHistogram) -> Mean | None:
    """The mean score less the share of positives: above 0 the scores promise too much."""
    _, weights, _, totals, squares = scores.sums
    positive = scores.positive
    apart = totals.sum() - weights[positive].sum()
    squared = squares.sum() - (2 * totals - weights)[positive].sum()
    of_positives = float(weights[positive].sum())
    return _mean(scores.sums.sum(axis=1), apart, squared, positive=of_positives)


def _mean(sums: Floats, total: float, squares: float, *, positive: float = 0.0) -> Mean | None:
    """:param sums: rows, weights and squared weights first.
    :param positive: the weight of the rows whose score was lessened by 1.
    """
    rows, weight, weight_squares = sums[:3].tolist()
    if weight <= 0 or weight_squares <= 0:
        return None
    mean, square = float(total) / weight, float(squares) / weight
    scale = square + _TAKEN_AWAY * positive / weight
    variance = variance_of(mean, square, rows=int(rows), scale=scale)
    trials = weight / weight_squares * weight
    return Mean(value=mean, rows=int(rows), variance=variance, trials=trials)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliabilityBin:
    """Rows whose score lies in one tenth of the range.

    :param start: the lower edge, which belongs to the bin.
    :param deviation: the standard error of ``gap``.
    """

    start: float
    end: float
    rows: int
    weight: float
    mean_score: float
    positive_share: float
    deviation: float

    @property
    def gap(self) -> float:
        return self.mean_score - self.positive_share


@remembered
def reliability(scores: ScoreHistogram) -> list[ReliabilityBin]:
    """The tenths that have any weight, from the lowest on."""
    edges = (0.0, *EDGES, 1.0)
    found = []
    for tenth, sums in enumerate(tenths(scores).transpose(1, 2, 0).tolist()):
        _, positive, _, of_positive, _ = sums[1]
        rows, weight, weight_squares, total, squares = map(sum, zip(*sums, strict=True))
        if weight <= 0 or weight_squares <= 0:
            continue
        trials = weight / weight_squares * weight
        mean = total / weight
        # A positive and a negative more (as A. Agresti and B. Caffo 2000), so that a few rows of
        # one kind do not pass for sure.
        losses = squares - 2 * of_positive + positive
        spread = (losses / weight * trials + mean**2 + (1 - mean) ** 2) / (trials + 2)
        found.append(
            ReliabilityBin(
                start=edges[tenth],
                end=edges[tenth + 1],
                rows=int(rows),
                weight=weight,
                mean_score=mean,
                positive_share=positive / weight,
                deviation=math.sqrt(max(0.0, spread) / trials),
            )
        )
    return found


def expected_calibration_error(scores: ScoreHistogram) -> Ranged | None:
    """The mean distance of score and outcome over ten bins of equal width, weighted by their rows
    (M. P. Naeini et al. 2015).

    It is a sum of absolute values, which chance alone makes larger than 0. The error of such a sum
    is at least that of the gaps with their signs, and at most the sum of the absolute errors; so
    the upper end of the interval rests on the one, and the lower end on the other wherever the
    sign of a gap is not known.
    """
    bins = reliability(scores)
    weight = sum(b.weight for b in bins)
    if weight <= 0:
        return None
    gaps = [b.weight / weight * abs(b.gap) for b in bins]
    errors = [b.weight / weight * b.deviation for b in bins]
    return Ranged(
        value=sum(gaps), rows=scores.rows, ends=partial(_ends_of_sum, tuple(gaps), tuple(errors))
    )


def _ends_of_sum(gaps: Sequence[float], errors: Sequence[float], level: float) -> Interval:
    value, z = sum(gaps), normal_quantile(level)
    upper = value + z * math.sqrt(sum(error * error for error in errors))
    mean = variance = third = 0.0
    for gap, error in zip(gaps, errors, strict=True):
        known = gap > _SIGN_IS_KNOWN * error
        mean += 0.0 if known else _FOLDED[0] * error
        variance += error**2 * (1.0 if known else _FOLDED[1])
        third += 0.0 if known else _FOLDED[2] * error**3
    if variance <= 0:
        return value, upper
    skewness = third / variance**1.5  # E. A. Cornish and R. A. Fisher 1938
    reach = mean + math.sqrt(variance) * (z + skewness / 6 * (z * z - 1))
    return max(0.0, value - reach), upper


def maximum_calibration_error(scores: ScoreHistogram) -> Ranged | None:
    """The largest distance of score and outcome in any of the ten bins. Its interval is as long as
    the largest error among all of them may be.
    """
    bins = reliability(scores)
    if not bins:
        return None
    value = max(abs(b.gap) for b in bins)
    errors = tuple(b.deviation for b in bins)
    return Ranged(value=value, rows=scores.rows, ends=partial(_ends_of_largest, value, errors))


def _ends_of_largest(value: float, errors: Sequence[float], level: float) -> Interval:
    near, far = 0.0, 10.0 * max(errors)
    for _ in range(_STEPS):
        middle = (near + far) / 2
        chance = math.prod(math.erf(middle / e / math.sqrt(2)) for e in errors if e > 0)
        near, far = (near, middle) if chance >= level else (middle, far)
    return max(0.0, value - far), value + far


def sweep(scores: ScoreHistogram) -> Floats:
    """Confusion matrices if a score is positive from each of ``EDGES`` on: rows, weights and
    squared weights, by edge and by cell (true and false positives, false and true negatives).
    """
    import numpy as np

    sums = tenths(scores)[:3]
    reached = sums[:, ::-1].cumsum(axis=1)[:, ::-1][:, 1:]
    missed = sums.cumsum(axis=1)[:, :-1]
    return np.stack([reached[..., 1], reached[..., 0], missed[..., 1], missed[..., 0]], axis=-1)
