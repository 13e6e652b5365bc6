"""Scores of a group as a histogram: all that metrics of scores are computed from.

A histogram is a commutative monoid, as counts are. Sums are of the scores themselves and not of the
middles of bins, so means and the Brier score are exact. Only the order of scores inside a bin is
lost, and what that may change is known: see ``ranking.auc``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

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


def place_numbers(at: Floats | Integers, reached: Floats, *, label: bool) -> Integers:
    """``place_number`` of many places of one label."""
    import numpy as np

    numbers = (at * _TENTHS + reached) * _LABELS + label
    found: Integers = numbers.astype(np.int64)
    return found


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
    _known: dict[str, Any] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def of(cls, bins: Mapping[Place, Bin]) -> ScoreHistogram:
        numbers = [(place_number(place), *found) for place, found in bins.items()]
        return cls.of_numbers(numbers)

    @classmethod
    def of_numbers(cls, bins: Iterable[tuple[float, ...]]) -> ScoreHistogram:
        """The sum of bins, each as its ``place_number`` and the fields of ``Bin``."""
        import numpy as np

        table = np.array(list(bins), dtype=np.float64).reshape(-1, 1 + len(Bin._fields)).T
        return cls.of_arrays(table[0].astype(np.int64), table[1:6], table[6:])

    def __add__(self, other: ScoreHistogram) -> ScoreHistogram:
        return ScoreHistogram.merged([self, other])

    @classmethod
    def merged(cls, parts: Iterable[ScoreHistogram]) -> ScoreHistogram:
        """The sum of many, in one go."""
        import numpy as np

        parts = list(parts)
        if not parts:
            return cls.of({})
        return cls.of_arrays(
            np.concatenate([part.places for part in parts]),
            np.concatenate([part.sums for part in parts], axis=1),
            np.concatenate([part.ends for part in parts], axis=1),
        )

    @classmethod
    def of_arrays(cls, places: Integers, sums: Floats, ends: Floats) -> ScoreHistogram:
        """The sum of bins as ``places``, ``sums`` and ``ends`` have them, in any order."""
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


T = TypeVar("T")


def remembered(of: Callable[[ScoreHistogram], T]) -> Callable[[ScoreHistogram], T]:
    """A function of a histogram that is computed once for each, however often it is asked for."""
    name = of.__name__

    @wraps(of)
    def known(scores: ScoreHistogram) -> T:
        if name not in scores._known:  # noqa: SLF001 - it is here that they are kept
            scores._known[name] = of(scores)  # noqa: SLF001
        found: T = scores._known[name]  # noqa: SLF001
        return found

    return known


def starts_of(ordered: Integers) -> Integers:
    """Where each distinct number begins."""
    import numpy as np

    differs = np.ones(len(ordered), dtype=bool)
    differs[1:] = ordered[1:] != ordered[:-1]
    return np.flatnonzero(differs)


def tenths(scores: ScoreHistogram) -> Floats:
    """The fields of ``Bin`` from ``rows`` to ``squares``, by how many of ``EDGES`` scores reach and
    by label.
    """
    import numpy as np

    at = scores.places % (_LABELS * _TENTHS)
    sums = [np.bincount(at, some, minlength=_LABELS * _TENTHS) for some in scores.sums]
    found: Floats = np.stack(sums).astype(np.float64).reshape(-1, _TENTHS, _LABELS)
    return found[:, : len(EDGES) + 1]
