"""How far the scores of two groups lie apart, from their histograms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_gov_provider.domain.fairness.estimates import Point
from airflow_gov_provider.domain.fairness.ranking import Curve, auc, curve, side_by_side
from airflow_gov_provider.domain.fairness.scores import ScoreHistogram

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def kolmogorov_smirnov(one: ScoreHistogram, other: ScoreHistogram) -> Point | None:
    """The largest distance of the two distribution functions (two-sample Kolmogorov-Smirnov).

    It is taken at the upper ends of bins. Between them it may be larger by what a single bin of
    several scores holds in either group, which ``error`` says.
    """
    if min(float(one.weights.sum()), float(other.weights.sum())) <= 0:
        return None
    found = _merged(one, other)
    first, second = found.first / found.first.sum(), found.second / found.second.sum()
    widest = float(abs(first.cumsum() - second.cumsum()).max())
    apart = ~found.same
    error = max(float(side[apart].max(initial=0.0)) for side in (first, second))
    return Point(value=widest, rows=one.rows + other.rows, error=error)


def between_roc_curves(one: ScoreHistogram, other: ScoreHistogram) -> Point | None:
    """The area between the ROC curves of two groups, whichever is above (ABROCA, J. Gardner et al.
    2019), integrated exactly over the straight pieces of both.

    Where a bin holds several scores the curve of the single ones lies anywhere in the rectangle
    around the straight piece, so ``error`` is half of the area of those of both groups.
    """
    import numpy as np

    first, second = _roc(one), _roc(other)
    if first is None or second is None:
        return None
    ends = np.unique(np.concatenate([first[0], second[0]]))
    (start, end), (other_start, other_end) = _pieces(first, ends), _pieces(second, ends)
    area = _between(start - other_start, end - other_end) * np.diff(ends)
    error = sum(found.error for found in (auc(one), auc(other)) if found)
    return Point(value=float(area.sum()), rows=one.rows + other.rows, error=error)


def _between(left: Floats, right: Floats) -> Floats:
    """The mean of the absolute value of each straight line."""
    import numpy as np

    crosses = left * right < 0
    apart = np.where(crosses, 2 * (abs(left) + abs(right)), 1.0)
    return np.where(crosses, (left * left + right * right) / apart, abs(left + right) / 2)


def _merged(one: ScoreHistogram, other: ScoreHistogram) -> Curve:
    """The scores of the one first, those of the other second."""
    import numpy as np

    return side_by_side(
        np.concatenate([one.steps, other.steps]),
        np.repeat([False, True], [len(one.places), len(other.places)]),
        np.concatenate([one.weights, other.weights]),
        np.concatenate([one.ends, other.ends], axis=1),
    )


def _roc(scores: ScoreHistogram) -> tuple[Floats, Floats] | None:
    """False and true positive rates from the strictest threshold to the loosest."""
    import numpy as np

    found = curve(scores)
    if found.first.sum() <= 0 or found.second.sum() <= 0:
        return None
    rates = []
    for weights in (found.first, found.second):
        reached = np.concatenate([[0.0], weights[::-1].cumsum()])
        rates.append(reached / reached[-1])
    return rates[0], rates[1]


def _pieces(points: tuple[Floats, Floats], ends: Floats) -> tuple[Floats, Floats]:
    """The heights of a curve just after each end, and just before the next one."""
    import numpy as np

    x, y = points
    at = np.searchsorted(x, ends[:-1], side="right") - 1
    slope = (y[at + 1] - y[at]) / (x[at + 1] - x[at])
    return y[at] + slope * (ends[:-1] - x[at]), y[at] + slope * (ends[1:] - x[at])
