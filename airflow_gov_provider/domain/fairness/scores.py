"""Scores of a group as a histogram: all that metrics of scores are computed from.

A histogram is a commutative monoid, as counts are. Sums are of the scores themselves and not of the
middles of bins, so means and the Brier score are exact. Only the order of scores inside a bin is
lost, and what that may change is known: see ``auc``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from airflow_gov_provider.domain.fairness.counts import Cell, Counts
from airflow_gov_provider.domain.fairness.estimates import Point

# Thresholds of the sweep and edges of the bins of calibration alike.
EDGES = tuple(k / 10 for k in range(1, 10))


class Bin(NamedTuple):
    """Rows of one label whose scores lie close together; there may be very many of them.

    :param rows: how many.
    :param weight: the sum of their weights.
    :param weight_squares: the sum of their squared weights.
    :param total: the weighted sum of the scores.
    :param squares: the weighted sum of the squared scores.
    :param low: the smallest of the scores.
    :param high: the largest of them; equal to ``low`` where all scores are the same.
    """

    rows: int
    weight: float
    weight_squares: float
    total: float
    squares: float
    low: float
    high: float


def both(one: Bin, other: Bin) -> Bin:
    """The rows of two bins in one."""
    return Bin(
        one.rows + other.rows,
        one.weight + other.weight,
        one.weight_squares + other.weight_squares,
        one.total + other.total,
        one.squares + other.squares,
        min(one.low, other.low),
        max(one.high, other.high),
    )


Place = tuple[bool, int, int]
"""Label, how many of ``EDGES`` the scores reach, and the bin they are in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreHistogram:
    """Scores of one group, only of rows that have label and score."""

    bins: Mapping[Place, Bin] = field(default_factory=dict)

    def __add__(self, other: ScoreHistogram) -> ScoreHistogram:
        return ScoreHistogram.merged([self, other])

    @classmethod
    def merged(cls, parts: Iterable[ScoreHistogram]) -> ScoreHistogram:
        """The sum of many, in one go."""
        bins: dict[Place, Bin] = {}
        for part in parts:
            for place, found in part.bins.items():
                bins[place] = both(bins[place], found) if place in bins else found
        return cls(bins=bins)

    def without(self, part: ScoreHistogram) -> ScoreHistogram:
        """The rest of a whole that holds ``part``. The least and greatest score of a bin stay those
        of the whole, so what a bin leaves open is not understated.
        """
        bins = dict(self.bins)
        for place, found in part.bins.items():
            rest = bins[place]
            if rest.rows == found.rows:
                del bins[place]
                continue
            bins[place] = Bin(
                rest.rows - found.rows,
                rest.weight - found.weight,
                rest.weight_squares - found.weight_squares,
                rest.total - found.total,
                rest.squares - found.squares,
                rest.low,
                rest.high,
            )
        return ScoreHistogram(bins=bins)

    @property
    def rows(self) -> int:
        return sum(found.rows for found in self.bins.values())

    def weight(self, *, label: bool) -> float:
        return sum(b.weight for place, b in self.bins.items() if place[0] is label)


def curve(scores: ScoreHistogram) -> list[tuple[float, float, bool]]:
    """Weights of negatives and positives from the lowest scores to the highest, and whether all
    scores of the step are the same.
    """
    steps: dict[tuple[int, int], list[float]] = {}
    for (label, reached, place), found in scores.bins.items():
        step = steps.get((place, reached))
        if step is None:
            steps[place, reached] = step = [0.0, 0.0, found.low, found.high]
        step[label] += found.weight
        step[2], step[3] = min(step[2], found.low), max(step[3], found.high)
    ordered = (steps[key] for key in sorted(steps))
    return [(negative, positive, low == high) for negative, positive, low, high in ordered]


def auc(scores: ScoreHistogram) -> Point | None:
    """The chance that a positive has a higher score than a negative; ties count half (the Mann and
    Whitney statistic).

    Pairs inside a bin of several scores are unresolved, and count half. ``error`` bounds what they
    may change: half of their share of all pairs. It is 0 where every bin holds one score only.
    None where there are no positives or no negatives.
    """
    below = concordant = unresolved = positives = 0.0
    for negative, positive, same in curve(scores):
        concordant += positive * (below + negative / 2)
        unresolved += 0.0 if same else positive * negative
        below += negative
        positives += positive
    pairs = positives * below
    if pairs <= 0:
        return None
    return Point(value=concordant / pairs, rows=scores.rows, error=unresolved / pairs / 2)


def brier(scores: ScoreHistogram) -> Point | None:
    """The mean of (score - label)², exact: Σs² - 2Σs over the positives + the number of those."""
    weight = sum(b.weight for b in scores.bins.values())
    if weight <= 0:
        return None
    total = sum(
        b.squares - (2 * b.total - b.weight if place[0] else 0.0)
        for place, b in scores.bins.items()
    )
    return Point(value=max(0.0, total / weight), rows=scores.rows)


def mean_score(scores: ScoreHistogram, *, label: bool | None = None) -> Point | None:
    """The mean score of all rows, or of those with one label."""
    chosen = [b for place, b in scores.bins.items() if label is None or place[0] is label]
    weight = sum(b.weight for b in chosen)
    if weight <= 0:
        return None
    value = sum(b.total for b in chosen) / weight
    return Point(value=value, rows=sum(b.rows for b in chosen))


def calibration_in_the_large(scores: ScoreHistogram) -> Point | None:
    """The mean score less the share of positives: above 0 the scores promise too much."""
    mean = mean_score(scores)
    if mean is None:
        return None
    positive, negative = scores.weight(label=True), scores.weight(label=False)
    return Point(value=mean.value - positive / (positive + negative), rows=mean.rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliabilityBin:
    """Rows whose score lies in one tenth of the range.

    :param start: the lower edge, which belongs to the bin.
    """

    start: float
    end: float
    rows: int
    weight: float
    mean_score: float
    positive_share: float

    @property
    def gap(self) -> float:
        return self.mean_score - self.positive_share


def tenths(scores: ScoreHistogram) -> dict[tuple[bool, int], tuple[Cell, float]]:
    """Rows and the sum of their scores, by label and by how many of ``EDGES`` they reach."""
    sums: dict[tuple[bool, int], list[float]] = {}
    for (label, reached, _), found in scores.bins.items():
        one = sums.setdefault((label, reached), [0, 0.0, 0.0, 0.0])
        one[0] += found.rows
        one[1] += found.weight
        one[2] += found.weight_squares
        one[3] += found.total
    return {
        key: (Cell(rows=int(rows), weight=weight, squares=squares), total)
        for key, (rows, weight, squares, total) in sums.items()
    }


def reliability(scores: ScoreHistogram) -> list[ReliabilityBin]:
    """The tenths that have any weight, from the lowest on; exact, whatever the bins."""
    edges = (0.0, *EDGES, 1.0)
    nothing = (Cell(), 0.0)
    sums = tenths(scores)
    found = []
    for tenth in range(len(EDGES) + 1):
        positive, of_positive = sums.get((True, tenth), nothing)
        negative, of_negative = sums.get((False, tenth), nothing)
        together = positive + negative
        if together.weight > 0:
            found.append(
                ReliabilityBin(
                    start=edges[tenth],
                    end=edges[tenth + 1],
                    rows=together.rows,
                    weight=together.weight,
                    mean_score=(of_positive + of_negative) / together.weight,
                    positive_share=positive.weight / together.weight,
                )
            )
    return found


def expected_calibration_error(scores: ScoreHistogram) -> Point | None:
    """The mean distance of score and outcome over ten bins of equal width, weighted by their rows
    (M. P. Naeini et al. 2015).
    """
    bins = reliability(scores)
    weight = sum(b.weight for b in bins)
    if weight <= 0:
        return None
    return Point(value=sum(b.weight * abs(b.gap) for b in bins) / weight, rows=scores.rows)


def maximum_calibration_error(scores: ScoreHistogram) -> Point | None:
    """The largest distance of score and outcome in any of the ten bins."""
    bins = reliability(scores)
    if not bins:
        return None
    return Point(value=max(abs(b.gap) for b in bins), rows=scores.rows)


def sweep(scores: ScoreHistogram) -> list[tuple[float, Counts]]:
    """The confusion matrix if a score is positive from each of ``EDGES`` on."""
    sums = tenths(scores)
    found = []
    for place, edge in enumerate(EDGES, start=1):
        counts = Counts()
        for (label, reached), (cell, _) in sums.items():
            counts += Counts.of_outcome(label=label, prediction=reached >= place, cell=cell)
        found.append((edge, counts))
    return found
