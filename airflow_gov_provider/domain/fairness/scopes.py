"""The groups of one sensitive feature, or of several crossed, and which of them can be compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from airflow_gov_provider.domain.fairness.counts import (
    OVERALL_NAME,
    Counts,
    Key,
    group_name,
    value_name,
)
from airflow_gov_provider.domain.fairness.measures import Facts
from airflow_gov_provider.domain.fairness.population import Population
from airflow_gov_provider.domain.fairness.thresholds import Groups, SmallGroups, Threshold

SEPARATOR = " & "
# In place of a group: all groups but the one that is compared.
OTHERS: Key = ("\0others",)
_OTHERS_NAME = "(all others)"

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
    :param facts: what is known of each group beside its counts.
    :param hidden: those of ``too_small`` that have rows enough, if more of them were judged.
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
    facts: Mapping[Key, Facts] = field(default_factory=dict)
    whole: Facts | None = None
    hidden: frozenset[Key] = frozenset()

    @property
    def name(self) -> str:
        return SEPARATOR.join(self.features) or OVERALL_NAME

    def facts_of(self, key: Key) -> Facts:
        """What is known of a group; of all rows for the empty key."""
        if not key:
            return self.whole or Facts(counts=self.overall)
        return self.facts.get(key) or Facts(counts=self.counts[key])

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
        if key == OTHERS:
            return _OTHERS_NAME
        return group_name(self.features, key) if key else OVERALL_NAME


def scopes_of(
    population: Population,
    groups: Groups,
    intersections: Iterable[Sequence[str]],
    features: Sequence[str] | None = None,
) -> list[Scope]:
    """One scope a feature, then one an intersection.

    :param features: the features whose groups are compared; all that were counted by default.
    """
    compared = population.counts.features if features is None else features
    wanted = [(feature,) for feature in compared] + [tuple(i) for i in intersections]
    return [scope_of(population, feature, groups) for feature in wanted]


def scope_of(population: Population, features: tuple[str, ...], groups: Groups) -> Scope:
    facts = population.facts(*features)
    whole = population.whole
    counts = {key: found.counts for key, found in facts.items()}
    overall = whole.counts
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
        facts=facts,
        whole=whole,
        hidden=frozenset(key for key in too_small if _all_rows(counts[key]) >= least),
    )


def _all_rows(counts: Counts) -> int:
    return counts.rows + counts.unjudged


def concerns(threshold: Threshold, features: tuple[str, ...]) -> bool:
    """Whether a threshold is judged between the groups of these features, crossed if they are
    several: it may name others, or hold one of them.
    """
    named = not threshold.features or SEPARATOR.join(features) in threshold.features
    return named and not {*(threshold.given or ())} & {*features}


def _excluded(features: tuple[str, ...], key: Key, groups: Groups) -> str | None:
    for feature, value in zip(features, key, strict=True):
        if value in groups.exclude.get(feature, ()):
            return f"{feature}={value_name(value)} is excluded by the author"
    return None


def _reference(features: tuple[str, ...], groups: Groups) -> Key | None:
    """An intersection has a reference group where each of its features has one."""
    if not features:
        return None
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
