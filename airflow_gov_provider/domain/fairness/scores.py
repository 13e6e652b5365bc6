"""Scores of a group as a histogram: all that metrics of scores are computed from.

A histogram is a commutative monoid, as counts are. Sums are of the scores themselves and not of the
middles of bins, so means and the Brier score are exact. Only the order of scores inside a bin is
lost, and what that may change is known: see ``auc``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from airflow_gov_provider.domain.fairness.counts import Cell, Counts
from airflow_gov_provider.domain.fairness.estimates import Point

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

# Thresholds of the sweep and edges of the bins of calibration alike.
EDGES = tuple(k / 10 for k in range(1, 10))
# A place as one number: the bin, then how many edges are reached, then the label.
_LABELS = 2
_TENTHS = 16


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


Place = tuple[bool, int, int]
"""Label, how many of ``EDGES`` the scores reach, and the bin they are in."""


def place_number(place: Place) -> int:
    """Numbers in the order of the scores, and both labels of the same scores side by side."""
    label, reached, at = place
    return (at * _TENTHS + reached) * _LABELS + label


@dataclass(frozen=True, slots=True, eq=False)
class ScoreHistogram:
    """Scores of one group, only of rows that have label and score.

    :param places: ``place_number`` of each bin that has rows, ascending.
    :param sums: the fields of ``Bin`` from ``rows`` to ``squares``, a row of numbers each.
    :param ends: ``low`` and ``high`` likewise.
    """

    places: Integers
    sums: Floats
    ends: Floats

    @classmethod
    def of(cls, bins: Mapping[Place, Bin]) -> ScoreHistogram:
        numbers = [(place_number(place), *found) for place, found in bins.items()]
        return cls.of_numbers(numbers)

    @classmethod
    def of_numbers(cls, bins: Iterable[tuple[float, ...]]) -> ScoreHistogram:
        """The sum of bins, each as its ``place_number`` and the fields of ``Bin``."""
        import numpy as np

        table = np.array(list(bins), dtype=np.float64).reshape(-1, 1 + len(Bin._fields)).T
        return cls._summed(table[0].astype(np.int64), table[1:6], table[6:])

    def __add__(self, other: ScoreHistogram) -> ScoreHistogram:
        return ScoreHistogram.merged([self, other])

    @classmethod
    def merged(cls, parts: Iterable[ScoreHistogram]) -> ScoreHistogram:
        """The sum of many, in one go."""
        import numpy as np

        parts = list(parts)
        if not parts:
            return cls.of({})
        return cls._summed(
            np.concatenate([part.places for part in parts]),
            np.concatenate([part.sums for part in parts], axis=1),
            np.concatenate([part.ends for part in parts], axis=1),
        )

    @classmethod
    def _summed(cls, places: Integers, sums: Floats, ends: Floats) -> ScoreHistogram:
        import numpy as np

        order = np.argsort(places, kind="stable")
        places = places[order]
        starts = starts_of(places)
        if not len(starts):
            return cls(places=places, sums=sums, ends=ends)
        low, high = ends[:, order]
        return cls(
            places=places[starts],
            sums=np.add.reduceat(sums[:, order], starts, axis=1),
            ends=np.stack([np.minimum.reduceat(low, starts), np.maximum.reduceat(high, starts)]),
        )

    def without(self, part: ScoreHistogram) -> ScoreHistogram:
        """The rest of a whole that holds ``part``. The least and greatest score of a bin stay those
        of the whole, so what a bin leaves open is not understated.
        """
        import numpy as np

        sums = self.sums.copy()
        sums[:, np.searchsorted(self.places, part.places)] -= part.sums
        left = sums[0] > 0
        return ScoreHistogram(places=self.places[left], sums=sums[:, left], ends=self.ends[:, left])

    @property
    def bins(self) -> Iterator[tuple[Place, Bin]]:
        """Every bin that has rows, in the order of ``place_number``."""
        for number, sums, ends in zip(
            self.places.tolist(), self.sums.T.tolist(), self.ends.T.tolist(), strict=True
        ):
            step, label = divmod(number, _LABELS)
            at, reached = divmod(step, _TENTHS)
            yield (bool(label), reached, at), Bin(int(sums[0]), *sums[1:], *ends)

    @property
    def steps(self) -> Integers:
        """The place of each bin, whatever its label."""
        return self.places // _LABELS

    @property
    def positive(self) -> NDArray[np.bool_]:
        """Whether the label of each bin is."""
        found: NDArray[np.bool_] = self.places % _LABELS == 1
        return found

    @property
    def weights(self) -> Floats:
        found: Floats = self.sums[1]
        return found

    @property
    def rows(self) -> int:
        return int(self.sums[0].sum())

    def weight(self, *, label: bool) -> float:
        return float(self.weights[self.positive == label].sum())


def starts_of(ordered: Integers) -> Integers:
    """Where each distinct number begins."""
    import numpy as np

    differs = np.ones(len(ordered), dtype=bool)
    differs[1:] = ordered[1:] != ordered[:-1]
    return np.flatnonzero(differs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """Weights of two kinds of rows from the lowest scores to the highest.

    :param same: whether all scores of the step are the same.
    """

    first: Floats
    second: Floats
    same: NDArray[np.bool_]


def curve(scores: ScoreHistogram) -> Curve:
    """The negatives first, the positives second."""
    return side_by_side(scores.steps, scores.positive, scores.weights, scores.ends)


def side_by_side(
    steps: Integers, second: NDArray[np.bool_], weights: Floats, ends: Floats
) -> Curve:
    """:param second: whether the weight is of the second kind, of each step that has weight."""
    import numpy as np

    order = np.argsort(steps, kind="stable")
    starts = starts_of(steps[order])
    if not len(starts):
        return Curve(first=weights, second=weights, same=second)
    second, weights, (low, high) = second[order], weights[order], ends[:, order]
    return Curve(
        first=np.add.reduceat(np.where(second, 0.0, weights), starts),
        second=np.add.reduceat(np.where(second, weights, 0.0), starts),
        same=np.minimum.reduceat(low, starts) == np.maximum.reduceat(high, starts),
    )


def auc(scores: ScoreHistogram) -> Point | None:
    """The chance that a positive has a higher score than a negative; ties count half (the Mann and
    Whitney statistic).

    Pairs inside a bin of several scores are unresolved, and count half. ``error`` bounds what they
    may change: half of their share of all pairs. It is 0 where every bin holds one score only.
    None where there are no positives or no negatives.
    """
    found = curve(scores)
    negatives, positives = found.first, found.second
    pairs = float(positives.sum() * negatives.sum())
    if pairs <= 0:
        return None
    below = negatives.cumsum() - negatives / 2
    unresolved = float((positives * negatives)[~found.same].sum())
    value = float((positives * below).sum()) / pairs
    return Point(value=value, rows=scores.rows, error=unresolved / pairs / 2)


def brier(scores: ScoreHistogram) -> Point | None:
    """The mean of (score - label)², exact: Σs² - 2Σs over the positives + the number of those."""
    weight = float(scores.weights.sum())
    if weight <= 0:
        return None
    _, weights, _, totals, squares = scores.sums
    of_positives = (2 * totals - weights)[scores.positive]
    total = float(squares.sum() - of_positives.sum())
    return Point(value=max(0.0, total / weight), rows=scores.rows)


def mean_score(scores: ScoreHistogram, *, label: bool | None = None) -> Point | None:
    """The mean score of all rows, or of those with one label."""
    sums = scores.sums if label is None else scores.sums[:, scores.positive == label]
    rows, weight, _, total, _ = sums.sum(axis=1).tolist()
    if weight <= 0:
        return None
    return Point(value=total / weight, rows=int(rows))


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
    import numpy as np

    at = scores.places % (_LABELS * _TENTHS)
    rows, weights, squares, totals = (np.bincount(at, sums).tolist() for sums in scores.sums[:4])
    return {
        (bool(number % _LABELS), number // _LABELS): (
            Cell(rows=int(rows[number]), weight=weights[number], squares=squares[number]),
            totals[number],
        )
        for number in range(len(rows))
        if rows[number]
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
