"""The groups of one sensitive feature, or of several crossed, and which of them can be compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from airflow_gov_provider.domain.fairness.counts import (
    OVERALL_NAME,
    ContingencyTable,
    Counts,
    Key,
    group_name,
    value_name,
)
from airflow_gov_provider.domain.fairness.thresholds import Groups, SmallGroups

SEPARATOR = " & "

_MOST_NAMED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """One feature or intersection.

    :param counts: every group that occurs.
    :param too_small: groups too small to compare, with the reason.
    :param min_rate_rows: rows that the denominator of a rate needs.
    :param excluded: groups that the author left out, with the reason.
    :param reference: the group that the others are compared with.
    :param problem: why nothing here can be compared.
    :param reference_problem: why nothing can be compared with the reference group.
    """

    features: tuple[str, ...]
    counts: Mapping[Key, Counts]
    overall: Counts
    too_small: Mapping[Key, str] = field(default_factory=dict)
    excluded: Mapping[Key, str] = field(default_factory=dict)
    small: SmallGroups = SmallGroups.INSUFFICIENT
    min_rate_rows: int = 1
    reference: Key | None = None
    problem: str | None = None
    reference_problem: str | None = None

    @property
    def name(self) -> str:
        return SEPARATOR.join(self.features)

    @property
    def comparable(self) -> dict[Key, Counts]:
        left_out = {**self.too_small, **self.excluded}
        return {key: counts for key, counts in self.counts.items() if key not in left_out}

    @property
    def open_questions(self) -> Mapping[Key, str]:
        """Groups that nothing can be said about although the author wants to know."""
        return self.too_small if self.small is SmallGroups.INSUFFICIENT else {}

    def label(self, key: Key) -> str:
        """The name of a group; the empty key stands for all rows."""
        return group_name(self.features, key) if key else OVERALL_NAME


def scopes_of(
    table: ContingencyTable, groups: Groups, intersections: Iterable[Sequence[str]]
) -> list[Scope]:
    """One scope a feature, then one an intersection."""
    wanted = [(feature,) for feature in table.features] + [tuple(i) for i in intersections]
    overall = table.overall
    return [_scope(features, table.by(*features), overall, groups) for features in wanted]


def _scope(
    features: tuple[str, ...], counts: dict[Key, Counts], overall: Counts, groups: Groups
) -> Scope:
    excluded = {key: why for key in counts if (why := _excluded(features, key, groups))}
    least = max(float(groups.min_size), groups.min_share * overall.rows, 1.0)
    too_small = {
        key: f"{c.rows} judged rows, fewer than {least:g}"
        for key, c in counts.items()
        if c.rows < least and key not in excluded
    }
    reference = _reference(features, groups)
    return Scope(
        features=features,
        counts=counts,
        overall=overall,
        too_small=too_small,
        excluded=excluded,
        small=SmallGroups(groups.small),
        min_rate_rows=groups.min_rate_rows,
        reference=reference,
        problem=_problem(features, counts),
        reference_problem=_reference_problem(
            features, counts, reference, {**too_small, **excluded}
        ),
    )


def _excluded(features: tuple[str, ...], key: Key, groups: Groups) -> str | None:
    for feature, value in zip(features, key, strict=True):
        if value in groups.exclude.get(feature, ()):
            return f"{feature}={value_name(value)} is excluded by the author"
    return None


def _reference(features: tuple[str, ...], groups: Groups) -> Key | None:
    """An intersection has a reference group where each of its features has one."""
    values = [groups.reference.get(feature) for feature in features]
    return None if None in values else tuple(values)


def _problem(features: tuple[str, ...], counts: Mapping[Key, Counts]) -> str | None:
    if not counts:
        return "there are no rows"
    empty = [f for i, f in enumerate(features) if all(key[i] is None for key in counts)]
    return f"{', '.join(empty)} has no value in any row" if empty else None


def _reference_problem(
    features: tuple[str, ...],
    counts: Mapping[Key, Counts],
    reference: Key | None,
    left_out: Mapping[Key, str],
) -> str | None:
    if reference is None:
        return None
    name = group_name(features, reference)
    if reference not in counts:
        names = [group_name(features, key) for key in counts]
        found = ", ".join([*names[:_MOST_NAMED], *(["..."] if len(names) > _MOST_NAMED else [])])
        return f"the reference group {name} does not occur; found {found}"
    if reference in left_out:
        return f"the reference group {name} cannot be compared with: {left_out[reference]}"
    return None
