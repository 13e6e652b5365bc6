"""How far the scores of two groups lie apart, from their histograms."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from airflow_gov_provider.domain.fairness.estimates import Point
from airflow_gov_provider.domain.fairness.scores import ScoreHistogram, curve


def kolmogorov_smirnov(one: ScoreHistogram, other: ScoreHistogram) -> Point | None:
    """The largest distance of the two distribution functions (two-sample Kolmogorov-Smirnov).

    It is taken at the upper ends of bins. Between them it may be larger by what a single bin of
    several scores holds in either group, which ``error`` says.
    """
    totals = [_total(one), _total(other)]
    if min(totals) <= 0:
        return None
    first = second = widest = error = 0.0
    for left, right, same in _merged(one, other):
        first, second = first + left / totals[0], second + right / totals[1]
        widest = max(widest, abs(first - second))
        if not same:
            error = max(error, left / totals[0], right / totals[1])
    return Point(value=widest, rows=one.rows + other.rows, error=error)


def between_roc_curves(one: ScoreHistogram, other: ScoreHistogram) -> Point | None:
    """The area between the ROC curves of two groups, whichever is above (ABROCA, J. Gardner et al.
    2019), integrated exactly over the straight pieces of both.
    """
    curves = [_roc(one), _roc(other)]
    if not all(curves):
        return None
    first, second = curves
    ends = sorted({x for x, _ in first} | {x for x, _ in second})
    area = 0.0
    pieces = zip(pairwise(ends), _pieces(first, ends), _pieces(second, ends), strict=True)
    for (start, end), one_piece, other_piece in pieces:
        left, right = (p - q for p, q in zip(one_piece, other_piece, strict=True))
        area += _between(left, right) * (end - start)
    return Point(value=area, rows=one.rows + other.rows)


def _between(left: float, right: float) -> float:
    """The mean of the absolute value of a straight line."""
    if left * right >= 0:
        return abs(left + right) / 2
    return (left * left + right * right) / (2 * (abs(left) + abs(right)))


def _total(scores: ScoreHistogram) -> float:
    return sum(found.weight for found in scores.bins.values())


def _merged(one: ScoreHistogram, other: ScoreHistogram) -> Iterator[tuple[float, float, bool]]:
    """Weights of both from the lowest scores to the highest, and whether all scores of the step
    are the same.
    """
    steps: dict[tuple[int, int], list[float]] = {}
    for side, scores in enumerate((one, other)):
        for (_, reached, place), found in scores.bins.items():
            step = steps.setdefault((place, reached), [0.0, 0.0, float("inf"), float("-inf")])
            step[side] += found.weight
            step[2], step[3] = min(step[2], found.low), max(step[3], found.high)
    for key in sorted(steps):
        left, right, low, high = steps[key]
        yield left, right, low == high


def _roc(scores: ScoreHistogram) -> list[tuple[float, float]]:
    """False and true positive rates from the strictest threshold to the loosest."""
    negatives, positives = scores.weight(label=False), scores.weight(label=True)
    if negatives <= 0 or positives <= 0:
        return []
    points = [(0.0, 0.0)]
    false = true = 0.0
    for negative, positive, _ in reversed(curve(scores)):
        false, true = false + negative, true + positive
        points.append((min(1.0, false / negatives), min(1.0, true / positives)))
    points[-1] = (1.0, 1.0)
    return points


def _pieces(points: list[tuple[float, float]], ends: list[float]) -> Iterator[tuple[float, float]]:
    """The heights of a curve just after each end and just before the next one."""
    at = 0
    for start, end in pairwise(ends):
        while points[at + 1][0] <= start:
            at += 1
        (x0, y0), (x1, y1) = points[at], points[at + 1]
        slope = (y1 - y0) / (x1 - x0)
        yield y0 + slope * (start - x0), y0 + slope * (end - x0)
