"""One threshold on one feature: measure the gaps of its rates, then decide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from airflow_gov_provider.domain.fairness.counts import Key
from airflow_gov_provider.domain.fairness.gaps import (
    OVERALL,
    Pair,
    comparisons,
    worst_bound,
    worst_pair,
)
from airflow_gov_provider.domain.fairness.intervals import Interval
from airflow_gov_provider.domain.fairness.metrics import Gap
from airflow_gov_provider.domain.fairness.rates import RATES, Proportion, rate
from airflow_gov_provider.domain.fairness.scopes import Scope
from airflow_gov_provider.domain.fairness.thresholds import Against, DecideOn, Threshold
from airflow_gov_provider.domain.verdicts import Verdict

_MOST_NAMED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class RateGap:
    """The gaps of one rate.

    :param pairs: each group against its reference: the reference group, all rows, or the group with
        the highest rate.
    :param worst: the pair furthest from parity.
    :param bound: how far the intervals of all pairs reach, and the pair that reaches furthest; only
        where the threshold decides on it.
    :param lacking: groups that have no such rate, with the reason.
    :param problem: why there is no worst pair.
    """

    rate: str
    pairs: tuple[Pair, ...] = ()
    worst: Pair | None = None
    bound: tuple[float, Pair] | None = None
    lacking: Mapping[Key, str] = field(default_factory=dict)
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What became of one threshold on one feature.

    :param value: the metric over the groups that could be compared.
    :param interval: of the worst pair; for several rates the worse of the lower and the worse of
        the upper ends, which errs on the side of a larger gap.
    :param bound: what was decided on beside the value, where the threshold decides on the interval.
    :param left_out: groups that the value says nothing about, with the reason.
    """

    threshold: Threshold
    scope: Scope
    gaps: tuple[RateGap, ...]
    verdict: Verdict
    reason: str | None = None
    value: float | None = None
    worst: Pair | None = None
    interval: Interval | None = None
    bound: tuple[float, Pair] | None = None
    left_out: Mapping[Key, str] = field(default_factory=dict)


def judge(scope: Scope, threshold: Threshold) -> Judgement:
    gaps = tuple(_rate_gap(scope, name, threshold) for name in threshold.definition.rates)
    gap = threshold.definition.gap
    worst = worst_pair((g.worst for g in gaps if g.worst), gap)
    value = worst.size(gap) if worst else None
    bound = _worse_bound(gaps, gap)
    lacking = {key: why for g in gaps for key, why in g.lacking.items()}
    verdict, reason = _decide(scope, threshold, gaps, value, bound)
    if verdict is Verdict.FAILED and worst:
        reason = _describe(scope, worst)
    return Judgement(
        threshold=threshold,
        scope=scope,
        gaps=gaps,
        verdict=verdict,
        reason=reason,
        value=value,
        worst=worst,
        interval=_combined_interval(gaps, threshold),
        bound=bound,
        left_out={**scope.too_small, **scope.excluded, **lacking},
    )


def _rate_gap(scope: Scope, name: str, threshold: Threshold) -> RateGap:
    gap = threshold.definition.gap
    rates = {key: rate(name, counts) for key, counts in scope.comparable.items()}
    lacking = {key: why for key, found in rates.items() if (why := _lack(scope, name, found))}
    defined = {key: found for key, found in rates.items() if found and key not in lacking}
    to = _counterpart(scope, threshold)
    problem = (
        scope.problem
        or (scope.reference_problem if to else None)
        or _cannot_compare(defined, scope, name, to)
    )
    if problem:
        return RateGap(rate=name, lacking=lacking, problem=problem)
    if to == OVERALL and (overall := rate(name, scope.overall)):
        defined[OVERALL] = overall
    pairs = tuple(comparisons(name, defined, to))
    worst = worst_pair(pairs, gap)
    return RateGap(
        rate=name,
        pairs=pairs,
        worst=worst,
        bound=_bound(name, defined, to, threshold),
        lacking=lacking,
        problem=None if worst else f"{name} is zero in every group, so it has no ratio",
    )


def _lack(scope: Scope, name: str, found: Proportion | None) -> str | None:
    """What a group lacks for a rate to be compared."""
    if found is None:
        return f"no {RATES[name].lacking}"
    if found.rows < scope.min_rate_rows:
        return f"{found.rows} {RATES[name].lacking}, fewer than {scope.min_rate_rows}"
    return None


def _counterpart(scope: Scope, threshold: Threshold) -> Key | None:
    """Whom each group is compared with; None for the group that has the highest rate."""
    if threshold.against == Against.OVERALL:
        return OVERALL
    return None if threshold.definition.to_best else scope.reference


def _bound(
    name: str, defined: dict[Key, Proportion], to: Key | None, threshold: Threshold
) -> tuple[float, Pair] | None:
    if threshold.decide_on != DecideOn.INTERVAL:
        return None
    return worst_bound(name, defined, to, threshold.definition.gap, threshold.level)


def _cannot_compare(
    defined: Mapping[Key, Proportion], scope: Scope, name: str, to: Key | None
) -> str | None:
    if to and to not in defined:
        return f"the reference group {scope.label(to)} has too few {RATES[name].lacking}"
    if len(defined) >= 2:  # noqa: PLR2004 - a comparison takes two
        return None
    if not defined:
        return f"no group is left to compare by {name}"
    only = scope.label(next(iter(defined)))
    return f"{only} is the only group left to compare by {name}"


def _decide(
    scope: Scope,
    threshold: Threshold,
    gaps: tuple[RateGap, ...],
    value: float | None,
    bound: tuple[float, Pair] | None,
) -> tuple[Verdict, str | None]:
    """A miss that is known counts as one, however much else is open; a pass needs every answer."""
    problems = list(dict.fromkeys(g.problem for g in gaps if g.problem))
    if value is not None and not threshold.meets(value):
        return Verdict.FAILED, None
    if value is not None and threshold.decide_on == DecideOn.INTERVAL:
        problems += _interval_problems(scope, threshold, bound)
    problems += _open_groups(scope, gaps) if not scope.problem else []
    if problems:
        return Verdict.INSUFFICIENT, "; ".join(problems)
    return Verdict.PASSED, None


def _interval_problems(
    scope: Scope, threshold: Threshold, bound: tuple[float, Pair] | None
) -> list[str]:
    if bound is None:
        return ["there is no interval to decide on"]
    reach, pair = bound
    if threshold.meets(reach):
        return []
    how = f"its interval reaches {reach:.4f} ({_describe(scope, pair)})"
    return [f"the estimate is within the limit, but {how}: too few rows to tell"]


def _open_groups(scope: Scope, gaps: tuple[RateGap, ...]) -> list[str]:
    lacking = {key: why for g in gaps for key, why in g.lacking.items()}
    unanswered = {**scope.open_questions, **lacking}
    named = [f"{scope.label(key)} cannot be compared: {why}" for key, why in unanswered.items()]
    if len(named) > _MOST_NAMED:
        rest = len(named) - _MOST_NAMED
        return [*named[:_MOST_NAMED], f"{rest} groups more cannot be compared either"]
    return named


def _describe(scope: Scope, pair: Pair) -> str:
    one, other = pair.of_group, pair.of_against
    return (
        f"{pair.rate} {one.value:.4f} of {scope.label(pair.group)} (n={one.rows}) "
        f"against {other.value:.4f} of {scope.label(pair.against)} (n={other.rows})"
    )


def _worse_bound(gaps: tuple[RateGap, ...], gap: Gap) -> tuple[float, Pair] | None:
    """None unless every rate has a bound: the missing one might be the worse."""
    bounds = [g.bound for g in gaps if g.bound]
    if len(bounds) < len(gaps):
        return None
    choose = max if gap is Gap.DIFFERENCE else min
    return choose(bounds, key=lambda entry: entry[0])


def _combined_interval(gaps: tuple[RateGap, ...], threshold: Threshold) -> Interval | None:
    gap = threshold.definition.gap
    found = [g.worst.interval(gap, threshold.level) if g.worst else None for g in gaps]
    intervals = [interval for interval in found if interval is not None]
    if len(intervals) < len(gaps):
        return None
    choose = max if gap is Gap.DIFFERENCE else min
    return choose(i[0] for i in intervals), choose(i[1] for i in intervals)
