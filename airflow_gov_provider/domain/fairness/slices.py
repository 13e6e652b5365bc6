"""The worst slices among all combinations of values of a few features, from counts alone.

It follows Slice Finder (Y. Chung et al. 2019) in what it looks for: large effects, significant
ones, large slices, and few features in preference to many; and Apriori (R. Agrawal and R. Srikant
1994) in what it leaves out: what has too few rows has no part with enough of them. The false
discoveries are controlled over everything that was tested (Y. Benjamini and Y. Hochberg 1995).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING

from airflow_gov_provider.domain.fairness.counts import ContingencyTable, Key
from airflow_gov_provider.domain.fairness.intervals import Interval
from airflow_gov_provider.domain.fairness.population import Breakdown
from airflow_gov_provider.domain.fairness.resampling import CELLS
from airflow_gov_provider.domain.fairness.residuals import Residuals
from airflow_gov_provider.domain.fairness.significance import adjusted
from airflow_gov_provider.domain.fairness.slice_blocks import MEASURES, Block, blocks, cube_of
from airflow_gov_provider.domain.fairness.slice_terms import SliceSearch
from airflow_gov_provider.domain.fairness.slice_values import (
    half_length,
    p_values,
    values_of,
    worse,
)

if TYPE_CHECKING:
    from airflow_gov_provider.domain.fairness.resampling import Floats
    from airflow_gov_provider.domain.fairness.slice_blocks import Places

# Slices that are looked at to find those which are news.
_MOST_EXAMINED = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceCounts:
    """What was counted for a search.

    :param tables: each of some of the features; every combination is in one of them.
    :param bins: the upper ends of the bins of a feature, where it has any.
    :param complete: False if counting ended before every combination was counted.
    """

    tables: Sequence[ContingencyTable] | Sequence[Breakdown[Residuals]]
    bins: Mapping[str, Sequence[float]] = field(default_factory=dict)
    complete: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """One slice and one rate.

    :param sums: as ``slice_values`` has them.
    :param worse: by how much the rate is worse than in the rows outside.
    :param interval: of that, 95 %.
    """

    features: tuple[str, ...]
    key: Key
    rate: str
    sums: Floats
    worse: float
    interval: Interval
    p_value: float
    p_adjusted: float

    @property
    def values(self) -> dict[str, str | None]:
        return dict(zip(self.features, self.key, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """:param worst: significant slices that are news: those beyond the limit, then the others, each
        the worst first.
    :param whole: the sums of all rows.
    :param slices: how many were looked at.
    :param tests: how many comparisons that were.
    :param least: the smallest number of rows that a slice needed.
    :param complete: whether every combination was looked at.
    """

    worst: Sequence[Slice]
    whole: Floats
    slices: int
    tests: int
    least: int
    complete: bool


def search_slices(counts: SliceCounts, terms: SliceSearch) -> Found:
    """Test every slice with enough rows, and order those that are worse by how much they are at
    least, which is the lower end of their interval: the estimates of small slices go far by chance.
    Those beyond the limit come before all others, so that none of these hides one of them.
    """
    import numpy as np

    cubes = [cube_of(table) for table in counts.tables]
    whole = cubes[0].sums.sum(axis=0) if cubes else np.zeros((len(MEASURES), len(CELLS)))
    least = max(terms.min_rows, math.ceil(terms.min_share * whole[0].sum()))
    found: list[Block] = []
    slices, ended = 0, False
    for block in blocks(cubes, terms, least):
        kept = min(len(block.keys), terms.max_slices - slices)
        ended = kept < len(block.keys)
        found.append(block.first(kept))
        slices += kept
        if ended:
            break
    tests = [test for block in found for test in _tests(block, whole, terms)]
    count = sum(len(test.p_values) for test in tests)
    worst = _news(_corrected(tests, terms), whole, terms.q / max(1, count), terms.shown)
    return Found(
        worst=worst,
        whole=whole,
        slices=slices,
        tests=count,
        least=least,
        complete=counts.complete and not ended,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tests:
    """One rate of the slices of a block that have enough rows for it."""

    block: Block
    rate: str
    places: Places
    worse: Floats
    half: Floats
    p_values: Sequence[float]


def _tests(block: Block, whole: Floats, terms: SliceSearch) -> Iterator[_Tests]:
    import numpy as np

    for rate in terms.rates:
        own, rest = values_of(rate, block.sums), values_of(rate, whole - block.sums)
        enough = (own.rows >= terms.min_rows) & (rest.rows >= terms.min_rows)
        places = np.flatnonzero(enough)
        if len(places):
            one, other = own.at(places), rest.at(places)
            yield _Tests(
                block=block,
                rate=rate,
                places=places,
                worse=worse(rate, one, other),
                half=half_length(rate, one, other),
                p_values=p_values(rate, one, other),
            )


def _corrected(tests: Sequence[_Tests], terms: SliceSearch) -> list[Slice]:
    """The significant slices: those beyond the limit, then the others, each the worst first."""
    corrected = iter(adjusted([p for test in tests for p in test.p_values]))
    found = []
    for test in tests:
        for i, place in enumerate(test.places.tolist()):
            p_adjusted = next(corrected)
            if p_adjusted <= terms.q and test.worse[i] > 0:
                found.append(
                    Slice(
                        features=test.block.features,
                        key=test.block.keys[place],
                        rate=test.rate,
                        sums=test.block.sums[place],
                        worse=(apart := float(test.worse[i])),
                        interval=(apart - (half := float(test.half[i])), apart + half),
                        p_value=test.p_values[i],
                        p_adjusted=p_adjusted,
                    )
                )

    def place_of(found: Slice) -> tuple[bool, float, int]:
        return found.worse <= terms.limit, -found.interval[0], len(found.features)

    return sorted(found, key=place_of)


def _news(ordered: Sequence[Slice], whole: Floats, level: float, shown: int) -> list[Slice]:
    """Without slices that are only worse because a part of them is, or what they are part of.

    :param level: what distinguishes a slice from those has to be significant at this level.
    """
    known = {(s.rate, frozenset(s.values.items())): s for s in ordered}
    news: list[Slice] = []
    for candidate in ordered[:_MOST_EXAMINED]:
        if _is_new(candidate, _within(candidate, known), news, whole, level):
            news.append(candidate)
        if len(news) == shown:
            break
    return news


def _within(
    part: Slice, known: Mapping[tuple[str, frozenset[tuple[str, str | None]]], Slice]
) -> Iterable[Slice]:
    """The significant slices that this one is a part of."""
    values = list(part.values.items())
    for size in range(1, len(values)):
        for fewer in combinations(values, size):
            larger = known.get((part.rate, frozenset(fewer)))
            if larger is not None:
                yield larger


def _is_new(
    candidate: Slice,
    larger: Iterable[Slice],
    news: Iterable[Slice],
    whole: Floats,
    level: float,
) -> bool:
    rate = candidate.rate
    if any(not _is_worse(rate, candidate.sums, of.sums - candidate.sums, level) for of in larger):
        return False
    own = candidate.values.items()
    smaller = [s for s in news if s.rate == rate and own < s.values.items()]
    rest = whole - candidate.sums
    return all(_is_worse(rate, candidate.sums - part.sums, rest, level) for part in smaller)


def _is_worse(rate: str, one: Floats, other: Floats, level: float) -> bool:
    ours, theirs = values_of(rate, one[None]), values_of(rate, other[None])
    if not ours.rows[0] or not theirs.rows[0]:
        return False
    return bool(worse(rate, ours, theirs)[0] > 0) and p_values(rate, ours, theirs)[0] <= level
