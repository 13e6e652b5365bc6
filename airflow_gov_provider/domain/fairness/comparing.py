"""What one metric finds in the groups of one feature: pairs of groups, the worst, and a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from airflow_gov_provider.domain.fairness.counts import Counts, Key, all_others
from airflow_gov_provider.domain.fairness.estimates import Estimate
from airflow_gov_provider.domain.fairness.facets import FACETS, conditional_disparity
from airflow_gov_provider.domain.fairness.gaps import (
    OVERALL,
    Pair,
    comparisons,
    worst_bound,
    worst_pair,
)
from airflow_gov_provider.domain.fairness.inequality import INEQUALITIES
from airflow_gov_provider.domain.fairness.inequality_replicas import interval_of_inequality
from airflow_gov_provider.domain.fairness.intervals import Interval
from airflow_gov_provider.domain.fairness.measures import Facts, estimate, lacking
from airflow_gov_provider.domain.fairness.metrics import Gap, Kind, Needs
from airflow_gov_provider.domain.fairness.resampling import PLAN, Resampled, Resampling
from airflow_gov_provider.domain.fairness.scopes import OTHERS, Scope
from airflow_gov_provider.domain.fairness.thresholds import Against, DecideOn, Threshold

_NOT_COUNTED: Mapping[Needs, str] = {
    Needs.SCORES: "no scores were counted",
    Needs.RESIDUALS: "no predicted numbers were counted",
    Needs.CLASSES: "no classes were counted",
}


Bound = tuple[float, Pair | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class FacetPair(Pair):
    """One group compared with another by a metric with a sign of its own.

    :param compared: the signed value.
    :param error: how far bins of scores may have moved it.
    """

    compared: float
    error: float = 0.0

    def size(self, gap: Gap) -> float | None:
        if gap is Gap.DIFFERENCE:
            return abs(self.compared)
        return min(self.compared, 1 / self.compared) if self.compared > 0 else 0.0

    def signed(self, gap: Gap) -> float | None:
        del gap
        return self.compared

    def interval(self, gap: Gap, level: float) -> Interval | None:
        del gap, level
        return None

    @property
    def p_value(self) -> float | None:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class RateGap:
    """The gaps of one rate.

    :param pairs: each group against its reference: the reference group, all rows, or the group with
        the highest rate.
    :param worst: the pair furthest from parity.
    :param value: how far the worst pair is from parity, or the value of the worst group.
    :param bound: how far the intervals of all pairs reach, and the pair that reaches furthest; only
        where the threshold decides on it. There is no pair where no pairs are compared.
    :param resampled: the interval of ``value`` where no pairs are compared.
    :param lacking: groups that have no such rate, with the reason.
    :param problem: why there is no value.
    """

    rate: str
    pairs: tuple[Pair, ...] = ()
    worst: Pair | None = None
    value: float | None = None
    bound: Bound | None = None
    resampled: Resampled | None = None
    lacking: Mapping[Key, str] = field(default_factory=dict)
    problem: str | None = None


def gaps_of(scope: Scope, threshold: Threshold, plan: Resampling = PLAN) -> tuple[RateGap, ...]:
    """The gaps of every rate that the metric compares."""
    metric = threshold.definition
    not_counted = _not_counted(scope, metric.needs)
    if not_counted:
        return (RateGap(rate=metric.name, problem=not_counted),)
    if metric.kind is Kind.FACET:
        return (_facet_gap(scope, threshold),)
    if metric.kind is Kind.INEQUALITY:
        return (_inequality(scope, threshold, plan),)
    if metric.gap in (Gap.LOWEST, Gap.HIGHEST):
        return tuple(_worst_group(scope, name, threshold) for name in metric.rates)
    return tuple(_rate_gap(scope, name, threshold) for name in metric.rates)


def _not_counted(scope: Scope, needs: Needs) -> str | None:
    whole = scope.facts_of(OVERALL)
    found = {
        Needs.SCORES: whole.scores,
        Needs.RESIDUALS: whole.residuals,
        Needs.CLASSES: whole.classes,
    }
    return _NOT_COUNTED[needs] if needs in found and found[needs] is None else None


def _rate_gap(scope: Scope, name: str, threshold: Threshold) -> RateGap:
    gap = threshold.definition.gap
    defined, lack = _defined(scope, name)
    to = _counterpart(scope, threshold)
    problem = (
        scope.problem
        or (scope.reference_problem if to else None)
        or _cannot_compare(defined, scope, name, to)
    )
    if problem:
        return RateGap(rate=name, lacking=lack, problem=problem)
    if to == OVERALL and (overall := estimate(name, scope.facts_of(OVERALL))):
        defined[OVERALL] = overall
    pairs = tuple(comparisons(name, defined, to))
    worst = worst_pair(pairs, gap)
    return RateGap(
        rate=name,
        pairs=pairs,
        worst=worst,
        value=worst.size(gap) if worst else None,
        bound=_bound(name, defined, to, threshold),
        lacking=lack,
        problem=None if worst else f"{name} is zero in every group, so it has no ratio",
    )


def _worst_group(scope: Scope, name: str, threshold: Threshold) -> RateGap:
    """The group with the lowest or highest value, beside that of all rows."""
    gap = threshold.definition.gap
    defined, lack = _defined(scope, name)
    whole = estimate(name, scope.facts_of(OVERALL))
    problem = scope.problem
    if not problem and not defined:
        problem = f"no group is left to judge by {name}"
    if problem or whole is None:
        return RateGap(rate=name, lacking=lack, problem=problem or f"no {lacking(name)}")
    pairs = {
        key: Pair(rate=name, group=key, against=OVERALL, of_group=found, of_against=whole)
        for key, found in defined.items()
    }
    choose = min if gap is Gap.LOWEST else max
    worst = choose(defined, key=lambda key: defined[key].value)
    return RateGap(
        rate=name,
        pairs=tuple(pairs.values()),
        worst=pairs[worst],
        value=defined[worst].value,
        bound=_end(defined, pairs, threshold),
        lacking=lack,
    )


def _end(
    defined: Mapping[Key, Estimate], pairs: Mapping[Key, Pair], threshold: Threshold
) -> tuple[float, Pair] | None:
    """The worst end of any group's own interval."""
    if threshold.decide_on == DecideOn.ESTIMATE:
        return None
    lowest = threshold.definition.gap is Gap.LOWEST
    ends = [
        (interval[0] if lowest else interval[1], pairs[key])
        for key, found in defined.items()
        if (interval := found.interval(threshold.level))
    ]
    choose = min if lowest else max
    return choose(ends, key=lambda entry: entry[0]) if len(ends) == len(defined) else None


def _facet_gap(scope: Scope, threshold: Threshold) -> RateGap:
    """Each group as the facet d, against the reference group or all other groups as a."""
    metric = threshold.definition
    facet = FACETS[metric.name]
    compared_by, lack = _defined(scope, facet.shows) if facet.extremes else (scope.comparable, {})
    facts = {key: scope.facts_of(key) for key in compared_by}
    sides, problem = _sides(scope, facts, threshold)
    if problem:
        return RateGap(rate=facet.shows, lacking=lack, problem=problem)
    pairs: list[Pair] = []
    for d, a, of_a in sides:
        compared = facet.compare(facts[d], of_a)
        shown = [estimate(facet.shows, one) for one in (facts[d], of_a)]
        if compared is None or not shown[0] or not shown[1]:
            lack[d] = f"{metric.name} is undefined against {scope.label(a)}: a denominator is empty"
            continue
        one, other = shown[0], shown[1]
        pairs.append(
            FacetPair(
                rate=facet.shows,
                group=d,
                against=a,
                of_group=one,
                of_against=other,
                compared=compared[0],
                error=compared[1],
            )
        )
    worst = worst_pair(pairs, metric.gap)
    return RateGap(
        rate=facet.shows,
        pairs=tuple(pairs),
        worst=worst,
        value=worst.size(metric.gap) if worst else None,
        lacking=lack,
        problem=None if worst else f"{metric.name} is undefined for every group",
    )


def _sides(
    scope: Scope, facts: Mapping[Key, Facts], threshold: Threshold
) -> tuple[list[tuple[Key, Key, Facts]], str | None]:
    """Who is compared with whom, or why nobody can be."""
    metric = threshold.definition
    measure, extremes = FACETS[metric.name].shows, FACETS[metric.name].extremes
    problem = scope.problem or (None if extremes else scope.reference_problem)
    if not problem and len(facts) < 2:  # noqa: PLR2004 - a comparison takes two
        problem = _cannot_compare(dict.fromkeys(facts), scope, measure, None)
    if problem:
        return [], problem
    if extremes:
        ordered = sorted(
            facts, key=lambda key: getattr(estimate(measure, facts[key]), "value", 0.0)
        )
        low, high = ordered[0], ordered[-1]
        return [(low, high, facts[high])], None
    if scope.reference is not None:
        a = scope.reference
        return [(d, a, facts[a]) for d in facts if d != a], None
    scored = metric.needs is Needs.SCORES
    others = all_others({k: c for k, c in scope.counts.items() if k not in scope.excluded})
    return [(d, OTHERS, _together(scope, d, others[d], with_scores=scored)) for d in facts], None


def _together(scope: Scope, left_out: Key, others: Counts, *, with_scores: bool = False) -> Facts:
    """All groups but one, small ones included, those that the author excludes not."""
    gone = {left_out, *scope.excluded}
    scores = scope.facts_of(OVERALL).scores if with_scores else None
    for key in gone & scope.counts.keys():
        part = scope.facts_of(key).scores
        scores = scores.without(part) if scores and part else scores
    return Facts(counts=others, scores=scores)


def _inequality(scope: Scope, threshold: Threshold, plan: Resampling) -> RateGap:
    metric = threshold.definition
    if scope.problem:
        return RateGap(rate=metric.name, problem=scope.problem)
    lack: Mapping[Key, str] = {}
    compared = [key for key in scope.counts if key not in scope.excluded]
    if not metric.whole:
        defined, lack = _defined(scope, "size")
        problem = _cannot_compare(defined, scope, metric.name, None)
        if problem:
            return RateGap(rate=metric.name, lacking=lack, problem=problem)
        compared = [*defined]
    facts = [scope.facts_of(key) for key in compared]
    value = INEQUALITIES[metric.name](facts) if facts else None
    if value is None:
        problem = f"{metric.name} is undefined: nobody has a benefit"
        return RateGap(rate=metric.name, lacking=lack, problem=problem)
    counts = [one.counts for one in facts]
    found = interval_of_inequality(metric.name, counts, level=threshold.level, plan=plan)
    decides = found and threshold.decide_on != DecideOn.ESTIMATE
    bound = (found.interval[1], None) if found and decides else None
    return RateGap(rate=metric.name, value=value, bound=bound, resampled=found, lacking=lack)


def disparity_over(
    scope: Scope, strata: Mapping[str, Scope], threshold: Threshold
) -> tuple[RateGap, ...]:
    """Conditional demographic disparity of each group over strata."""
    name = threshold.definition.name
    cells = ("tp", "fn") if name == "clarify_cddl" else ("tp", "fp")
    shows = "base_rate" if name == "clarify_cddl" else "selection_rate"
    if scope.problem:
        return (RateGap(rate=shows, problem=scope.problem),)
    pairs: list[Pair] = []
    others = all_others({k: c for k, c in scope.counts.items() if k not in scope.excluded})
    for d in scope.comparable:
        found = {
            stratum: (_facts_or_none(one, d), one.facts_of(OVERALL))
            for stratum, one in strata.items()
        }
        compared = conditional_disparity(found, cells)
        shown = [estimate(shows, scope.facts_of(d)), estimate(shows, Facts(counts=others[d]))]
        if compared is not None and shown[0] and shown[1] and d != scope.reference:
            pairs.append(
                FacetPair(
                    rate=shows,
                    group=d,
                    against=OTHERS,
                    of_group=shown[0],
                    of_against=shown[1],
                    compared=compared,
                )
            )
    worst = worst_pair(pairs, Gap.DIFFERENCE)
    return (
        RateGap(
            rate=shows,
            pairs=tuple(pairs),
            worst=worst,
            value=worst.size(Gap.DIFFERENCE) if worst else None,
            problem=None if worst else f"{name} is undefined: no stratum has both outcomes",
        ),
    )


def _facts_or_none(scope: Scope, key: Key) -> Facts:
    return scope.facts_of(key) if key in scope.counts else Facts(counts=Counts())


def _defined(scope: Scope, name: str) -> tuple[dict[Key, Estimate], dict[Key, str]]:
    """The groups that can be compared by a rate, and why the others cannot."""
    found = {key: estimate(name, scope.facts_of(key)) for key in scope.comparable}
    lack = {key: why for key, one in found.items() if (why := _lack(scope, name, one))}
    return {key: one for key, one in found.items() if one and key not in lack}, lack


def _lack(scope: Scope, name: str, found: Estimate | None) -> str | None:
    """What a group lacks for a rate to be compared."""
    if found is None:
        return f"no {lacking(name)}"
    if found.rows < scope.min_rate_rows:
        return f"{found.rows} {lacking(name)}, fewer than {scope.min_rate_rows}"
    return None


def _counterpart(scope: Scope, threshold: Threshold) -> Key | None:
    """Whom each group is compared with; None for the group that has the highest rate."""
    if threshold.against == Against.OVERALL:
        return OVERALL
    return None if threshold.definition.to_best else scope.reference


def _bound(
    name: str, defined: dict[Key, Estimate], to: Key | None, threshold: Threshold
) -> tuple[float, Pair] | None:
    if threshold.decide_on == DecideOn.ESTIMATE:
        return None
    return worst_bound(name, defined, to, threshold.definition.gap, threshold.level)


def _cannot_compare(
    defined: Mapping[Key, Any], scope: Scope, name: str, to: Key | None
) -> str | None:
    if to and to not in defined:
        return f"the reference group {scope.label(to)} has too few {lacking(name)}"
    if len(defined) >= 2:  # noqa: PLR2004 - a comparison takes two
        return None
    if not defined:
        return f"no group is left to compare by {name}"
    only = scope.label(next(iter(defined)))
    return f"{only} is the only group left to compare by {name}"
