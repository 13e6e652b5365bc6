"""How well scores order positives before negatives, and how surely."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from airflow_gov_provider.domain.fairness.estimates import Ranged
from airflow_gov_provider.domain.fairness.intervals import Interval, normal_quantile
from airflow_gov_provider.domain.fairness.scores import ScoreHistogram, remembered, starts_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from airflow_gov_provider.domain.fairness.scores import Floats, Integers

# Beyond it a logistic function is 0 or 1.
_MOST_LOGIT = 700.0
_STEPS = 60  # of a bisection


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """Weights of two kinds of rows from the lowest scores to the highest.

    :param same: whether all scores of the step are the same.
    """

    first: Floats
    second: Floats
    same: NDArray[np.bool_]


@remembered
def curve(scores: ScoreHistogram) -> Curve:
    """The negatives first, the positives second."""
    return _in_order(scores.steps, scores.positive, scores.weights, scores.ends)


def side_by_side(
    steps: Integers, second: NDArray[np.bool_], weights: Floats, ends: Floats
) -> Curve:
    """:param second: whether the weight is of the second kind, of each step that has weight."""
    import numpy as np

    order = np.argsort(steps, kind="stable")
    return _in_order(steps[order], second[order], weights[order], ends[:, order])


def _in_order(steps: Integers, second: NDArray[np.bool_], weights: Floats, ends: Floats) -> Curve:
    """The same of steps that ascend."""
    import numpy as np

    starts = starts_of(steps)
    if not len(starts):
        return Curve(first=weights, second=weights, same=second)
    low, high = ends
    return Curve(
        first=np.add.reduceat(np.where(second, 0.0, weights), starts),
        second=np.add.reduceat(np.where(second, weights, 0.0), starts),
        same=np.minimum.reduceat(low, starts) == np.maximum.reduceat(high, starts),
    )


@remembered
def auc(scores: ScoreHistogram) -> Ranged | None:
    """The chance that a positive has a higher score than a negative; ties count half (the Mann and
    Whitney statistic).

    Pairs inside a bin of several scores are unresolved, and count half. ``error`` bounds what they
    may change: half of their share of all pairs. It is 0 where every bin holds one score only.
    None where there are no positives or no negatives.

    The interval has the variance of E. R. DeLong, D. M. DeLong and D. L. Clarke-Pearson (1988), on
    the logit scale (M. S. Pepe 2003). See ``_of_perfect`` for where nothing varies.
    """
    found = curve(scores)
    negatives, positives = found.first, found.second
    of_negatives, of_positives = float(negatives.sum()), float(positives.sum())
    pairs = of_negatives * of_positives
    if pairs <= 0 or not all(_squares(scores, label=label) > 0 for label in (True, False)):
        return None
    # How likely a row of the other kind is on the wrong side of a row of the step.
    lower = (negatives.cumsum() - negatives / 2) / of_negatives
    higher = 1 - (positives.cumsum() - positives / 2) / of_positives
    unresolved = float((positives * negatives)[~found.same].sum())
    value = float((positives * lower).sum()) / of_positives
    sizes = (_effective(scores, label=True), _effective(scores, label=False))
    spreads = (
        float((positives * (lower - value) ** 2).sum()) / of_positives,
        float((negatives * (higher - value) ** 2).sum()) / of_negatives,
    )
    return Ranged(
        value=value,
        rows=scores.rows,
        error=unresolved / pairs / 2,
        ends=partial(_ends, value, spreads, sizes),
    )


def _effective(scores: ScoreHistogram, *, label: bool) -> float:
    """Kish's effective number of rows with one label."""
    weight = float(scores.weights @ (scores.positive == label))
    return weight / _squares(scores, label=label) * weight


def _squares(scores: ScoreHistogram, *, label: bool) -> float:
    """The sum of squared weights, which is 0 also where weights are too small to be squared."""
    return float(scores.sums[2] @ (scores.positive == label))


def _ends(
    value: float, spreads: tuple[float, float], sizes: tuple[float, float], level: float
) -> Interval:
    if min(sizes) <= 1 or not 0 < value < 1:
        return _of_perfect(value, sizes, level)
    variance = sum(spread / (size - 1) for spread, size in zip(spreads, sizes, strict=True))
    if variance <= 0:
        return _of_perfect(value, sizes, level)
    odds = math.log(value / (1 - value))
    half = normal_quantile(level) * math.sqrt(variance) / (value * (1 - value))
    return _logistic(odds - half), _logistic(odds + half)


def _logistic(value: float) -> float:
    return 1 / (1 + math.exp(-max(-_MOST_LOGIT, min(_MOST_LOGIT, value))))


def _of_perfect(value: float, sizes: tuple[float, float], level: float) -> Interval:
    """Where the ranks show no variance, as in a perfect order or with a row of each kind: all true
    values that the measured one is no rarity of, with the variance of J. A. Hanley and B. J. McNeil
    (1982) at that true value (R. G. Newcombe 2006, method 5).
    """
    one, other = (max(1.0, size) for size in sizes)
    z, more = normal_quantile(level), (one + other) / 2 - 1

    def is_likely(true: float) -> bool:
        factor = 1 + more * (1 - true) / (2 - true) + more * true / (1 + true)
        return (value - true) ** 2 <= z * z * true * (1 - true) * factor / (one * other)

    def end(beyond: float) -> float:
        near, far = value, beyond
        for _ in range(_STEPS):
            middle = (near + far) / 2
            near, far = (middle, far) if is_likely(middle) else (near, middle)
        return far

    return end(0.0), end(1.0)
