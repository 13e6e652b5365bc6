"""Everything that was counted of the data, by the same groups."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, Protocol, Self, TypeVar, cast

from airflow_gov_provider.domain.fairness.classes import Confusion
from airflow_gov_provider.domain.fairness.counts import ContingencyTable, Counts, Key, value_name
from airflow_gov_provider.domain.fairness.measures import Facts
from airflow_gov_provider.domain.fairness.residuals import Residuals
from airflow_gov_provider.domain.fairness.scores import ScoreHistogram


class Addable(Protocol):
    def __add__(self, other: Self) -> Self: ...


T = TypeVar("T", bound=Addable)


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakdown(Generic[T]):
    """Sums for every combination of features that occurs; see ``ContingencyTable``."""

    features: tuple[str, ...]
    cells: Mapping[Key, T]

    def by(self, *features: str) -> dict[Key, T]:
        """Sums of the groups of one feature, or of several crossed; of none, of all rows."""
        positions = [self.features.index(feature) for feature in features]
        if len({*positions}) == len(self.features) and positions == sorted(positions):
            return dict(self.cells)
        return added((tuple(key[p] for p in positions), found) for key, found in self.cells.items())

    def within(self, chosen: Mapping[str, str | None]) -> Breakdown[T]:
        """Only the rows that have these values."""
        kept = _kept(self.features, self.cells, chosen)
        return Breakdown(features=self.features, cells=cast(dict[Key, T], kept))


def added(pairs: Iterable[tuple[Key, T]]) -> dict[Key, T]:
    """One entry a key, without an order."""
    parts: dict[Key, list[T]] = {}
    for key, found in pairs:
        parts.setdefault(key, []).append(found)
    return {key: _sum(found) for key, found in parts.items()}


def _sum(parts: list[T]) -> T:
    first, *rest = parts
    if not rest:
        return first
    if isinstance(first, ScoreHistogram):
        return cast(T, ScoreHistogram.merged(cast(list[ScoreHistogram], parts)))
    return sum(rest, start=first)


def _kept(
    features: tuple[str, ...], cells: Mapping[Key, Any], chosen: Mapping[str, str | None]
) -> dict[Key, Any]:
    wanted = [(features.index(feature), value) for feature, value in chosen.items()]
    return {key: cell for key, cell in cells.items() if all(key[p] == v for p, v in wanted)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """What was counted; the parts that were not asked for are None.

    :param counts: always; for more than two classes right predictions are ``tp`` and wrong ones
        ``fn``, for numbers every row is ``tn``.
    :param quantiles: of residuals, by the features they were taken of, then by group: they do not
        add up from smaller groups.
    """

    counts: ContingencyTable
    scores: Breakdown[ScoreHistogram] | None = None
    residuals: Breakdown[Residuals] | None = None
    classes: Breakdown[Confusion] | None = None
    quantiles: Mapping[tuple[str, ...], Mapping[Key, Mapping[float, float]]] = field(
        default_factory=dict
    )
    _known: dict[tuple[str, ...], dict[Key, Facts]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def facts(self, *features: str) -> dict[Key, Facts]:
        """The facts of every group of one feature or of several crossed, in the order of their
        names; of no feature, of all rows.

        :raises KeyError: for a feature that was not counted.
        """
        if features not in self._known:
            self._known[features] = self._summed(features)
        return self._known[features]

    def _summed(self, features: tuple[str, ...]) -> dict[Key, Facts]:
        counts = self.counts.by(*features)
        scores = self.scores.by(*features) if self.scores else None
        residuals = self._residuals(features)
        classes = self.classes.by(*features) if self.classes else None
        return {
            key: Facts(
                counts=found,
                scores=scores.get(key, ScoreHistogram.of({})) if scores is not None else None,
                residuals=residuals.get(key, Residuals()) if residuals is not None else None,
                classes=classes.get(key, Confusion()) if classes is not None else None,
            )
            for key, found in counts.items()
        }

    @property
    def whole(self) -> Facts:
        found = self.facts()
        return found[()] if found else Facts(counts=Counts())

    def within(self, chosen: Mapping[str, str | None]) -> Population:
        """Only the rows that have these values of the features; without quantiles."""
        table = self.counts
        return Population(
            counts=ContingencyTable(
                features=table.features,
                cells=_kept(table.features, table.cells, chosen),
                weighted=table.weighted,
            ),
            scores=self.scores.within(chosen) if self.scores else None,
            residuals=self.residuals.within(chosen) if self.residuals else None,
            classes=self.classes.within(chosen) if self.classes else None,
        )

    def strata(self, features: Sequence[str]) -> Iterator[tuple[dict[str, str | None], Population]]:
        """Every combination of values of the features that occurs, and its rows."""
        for key in self.counts.by(*features):
            chosen = dict(zip(features, key, strict=True))
            yield chosen, self.within(chosen)

    def against_rest(self) -> Iterator[tuple[str, Population]]:
        """Each class as the positive outcome, and all others as the negative one."""
        if self.classes is None:
            return
        names = sorted({name for found in self.classes.cells.values() for name in found.names})
        for name in names:
            cells = {key: c.against_rest(name) for key, c in self.classes.cells.items()}
            table = ContingencyTable(
                features=self.classes.features, cells=cells, weighted=self.counts.weighted
            )
            yield name, Population(counts=table)

    def _residuals(self, features: tuple[str, ...]) -> dict[Key, Residuals] | None:
        if self.residuals is None:
            return None
        found = self.residuals.by(*features)
        quantiles = self.quantiles.get(features, {})
        return {
            key: _with_quantiles(sums, quantiles[key]) if key in quantiles else sums
            for key, sums in found.items()
        }


def _with_quantiles(sums: Residuals, quantiles: Mapping[float, float]) -> Residuals:
    return replace(sums, quantiles=quantiles)


def stratum_name(chosen: Mapping[str, str | None]) -> str:
    return " & ".join(f"{feature}={value_name(value)}" for feature, value in chosen.items())
