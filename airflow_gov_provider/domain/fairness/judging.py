"""One threshold on one feature: measure the gaps of its rates, then decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from airflow_gov_provider.domain.fairness.comparing import (
    Bound,
    FacetPair,
    RateGap,
    disparity_over,
    gaps_of,
)
from airflow_gov_provider.domain.fairness.counts import Key
from airflow_gov_provider.domain.fairness.estimates import Mean, Point
from airflow_gov_provider.domain.fairness.gaps import Pair
from airflow_gov_provider.domain.fairness.intervals import Interval
from airflow_gov_provider.domain.fairness.measures import is_share
from airflow_gov_provider.domain.fairness.metrics import Gap, Kind, Needs
from airflow_gov_provider.domain.fairness.resampling import PLAN, Resampling
from airflow_gov_provider.domain.fairness.scopes import Scope
from airflow_gov_provider.domain.fairness.thresholds import DecideOn, Threshold
from airflow_gov_provider.domain.fairness.uncertainty import (
    NOTHING_KNOWN,
    Uncertainty,
    chance_of_missing,
    uncertainty_of,
)
from airflow_gov_provider.domain.verdicts import Verdict

_MOST_NAMED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What became of one threshold on one feature.

    :param value: the metric over the groups that could be compared.
    :param interval: of the worst pair; for several rates the worse of the lower and the worse of
        the upper ends, which errs on the side of a larger gap.
    :param bound: what was decided on beside the value, where the threshold decides on the interval.
    :param left_out: groups that the value says nothing about, with the reason.
    :param uncertainty: how much of it could be chance.
    :param parts: the same within each stratum, or for each class against the rest, by name.
    """

    threshold: Threshold
    scope: Scope
    gaps: tuple[RateGap, ...]
    verdict: Verdict
    reason: str | None = None
    value: float | None = None
    worst: Pair | None = None
    interval: Interval | None = None
    bound: Bound | None = None
    left_out: Mapping[Key, str] = field(default_factory=dict)
    uncertainty: Uncertainty = NOTHING_KNOWN
    parts: Mapping[str, Judgement] = field(default_factory=dict)


def judge(scope: Scope, threshold: Threshold, plan: Resampling = PLAN) -> Judgement:
    return _judgement(scope, threshold, gaps_of(scope, threshold, plan), plan)


def judge_disparity(scope: Scope, strata: Mapping[str, Scope], threshold: Threshold) -> Judgement:
    """A metric that is one number over all strata."""
    return _judgement(scope, threshold, disparity_over(scope, strata, threshold), PLAN)


def _judgement(
    scope: Scope, threshold: Threshold, gaps: tuple[RateGap, ...], plan: Resampling
) -> Judgement:
    value, worst = _value(gaps, threshold)
    bound = _worse_bound(gaps, threshold.definition.gap)
    lacking = {key: why for g in gaps for key, why in g.lacking.items()}
    verdict, reason = _decide(scope, threshold, gaps, value, bound)
    if verdict is Verdict.FAILED:
        reason = _describe(scope, worst, threshold) if worst else None
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
        uncertainty=uncertainty_of(scope, threshold, gaps, plan),
    )


def _value(gaps: Sequence[RateGap], threshold: Threshold) -> tuple[float | None, Pair | None]:
    """The worst value of any rate, or their mean, and the pair that has the worst."""
    found = [g for g in gaps if g.value is not None]
    if not found:
        return None, None
    choose = max if threshold.definition.gap.side == "at_most" else min
    worst = choose(found, key=lambda g: g.value or 0.0)
    if not threshold.definition.mean:
        return worst.value, worst.worst
    if len(found) < len(gaps):
        return None, worst.worst
    return sum(g.value or 0.0 for g in found) / len(found), worst.worst


def _decide(
    scope: Scope,
    threshold: Threshold,
    gaps: tuple[RateGap, ...],
    value: float | None,
    bound: Bound | None,
) -> tuple[Verdict, str | None]:
    """A miss that is known counts as one, however much else is open; a pass needs every answer."""
    problems = list(dict.fromkeys(g.problem for g in gaps if g.problem))
    blurred = _blurred(gaps, value, threshold)
    if blurred:
        return Verdict.INSUFFICIENT, blurred
    if value is not None and not threshold.meets(value):
        chance = chance_of_missing(scope, threshold, gaps)
        if chance is None:
            return Verdict.FAILED, None
        problems.append(chance)
    elif value is not None and threshold.decide_on != DecideOn.ESTIMATE:
        problems += _interval_problems(scope, threshold, gaps, bound)
    problems += _open_groups(scope, gaps) if not scope.problem else []
    if problems:
        return Verdict.INSUFFICIENT, "; ".join(problems)
    return Verdict.PASSED, None


def left_open(found: Judgement) -> str | None:
    """What a judgement leaves unanswered, whatever its verdict; None if nothing."""
    if found.verdict is Verdict.INSUFFICIENT:
        return found.reason
    problems = [gap.problem for gap in found.gaps if gap.problem]
    problems += _open_groups(found.scope, found.gaps)
    return "; ".join(problems) or None


def _blurred(gaps: tuple[RateGap, ...], value: float | None, threshold: Threshold) -> str | None:
    """Why the bins of scores are too coarse to tell on which side of the limit the value is."""
    metric = threshold.definition
    if value is None or metric.needs is not Needs.SCORES:
        return None
    error = _error_of_gaps(gaps, metric.gap) if metric.kind is Kind.GAP else _error_of_facets(gaps)
    if threshold.meets(value - error) == threshold.meets(value + error):
        return None
    return (
        f"the bins of the scores leave {value:.4f} uncertain by {error:.4f}, so it may be on "
        "either side of the limit; take more score_bins or score_bins='exact'"
    )


def _error_of_gaps(gaps: tuple[RateGap, ...], gap: Gap) -> float:
    sides = [side for g in gaps for pair in g.pairs for side in (pair.of_group, pair.of_against)]
    points = [side for side in sides if isinstance(side, Point)]
    error = max((point.error for point in points), default=0.0)
    if gap in (Gap.DIFFERENCE, Gap.RATIO):
        error *= 2
    if gap is Gap.RATIO and error:
        error /= max(min(point.value for point in points), error)
    return error


def _error_of_facets(gaps: tuple[RateGap, ...]) -> float:
    pairs = [pair for g in gaps for pair in g.pairs]
    return max((pair.error for pair in pairs if isinstance(pair, FacetPair)), default=0.0)


def _interval_problems(
    scope: Scope, threshold: Threshold, gaps: Sequence[RateGap], bound: Bound | None
) -> list[str]:
    unknown = _without_spread(scope, gaps)
    if bound is None:
        return unknown or ["there is no interval to decide on"]
    reach, pair = bound
    if threshold.meets(reach):
        return unknown
    how = f"its interval reaches {reach:.4f}"
    if pair:
        how += f" ({_describe(scope, pair, threshold)})"
    return [f"the estimate is within the limit, but {how}: too few rows to tell", *unknown]


def _without_spread(scope: Scope, gaps: Sequence[RateGap]) -> list[str]:
    """Groups without an interval, so that the bound of the others is not that of all."""
    pairs = [pair for gap in gaps for pair in gap.pairs]
    sides = {pair.group: pair.of_group for pair in pairs}
    sides |= {pair.against: pair.of_against for pair in pairs}
    means = {key: side for key, side in sides.items() if isinstance(side, Mean) and not side.varies}
    return _few(
        [
            f"{scope.label(key)} has one row, too few for an interval"
            if mean.is_of_one_row
            else f"{scope.label(key)} has the same value in all {mean.rows} rows, which does not "
            "tell how much it varies: there is no interval to decide on"
            for key, mean in means.items()
        ]
    )


def _few(named: list[str]) -> list[str]:
    rest = len(named) - _MOST_NAMED
    return [*named[:_MOST_NAMED], f"and {rest} groups more"] if rest > 0 else named


def _open_groups(scope: Scope, gaps: tuple[RateGap, ...]) -> list[str]:
    lacking = {key: why for g in gaps for key, why in g.lacking.items()}
    unanswered = {**scope.open_questions, **lacking}
    named = [f"{scope.label(key)} cannot be compared: {why}" for key, why in unanswered.items()]
    if len(named) > _MOST_NAMED:
        rest = len(named) - _MOST_NAMED
        return [*named[:_MOST_NAMED], f"{rest} groups more cannot be compared either"]
    return named


def _describe(scope: Scope, pair: Pair, threshold: Threshold) -> str:
    one, other = pair.of_group, pair.of_against
    against = "against" if threshold.definition.gap in (Gap.DIFFERENCE, Gap.RATIO) else "beside"
    return (
        f"{pair.rate} {_shown(pair.rate, one.value)} of {scope.label(pair.group)} (n={one.rows}) "
        f"{against} {_shown(pair.rate, other.value)} of {scope.label(pair.against)} "
        f"(n={other.rows})"
    )


def _shown(name: str, value: float) -> str:
    return f"{value:.4f}" if is_share(name) else f"{value:.6g}"


def _worse_bound(gaps: tuple[RateGap, ...], gap: Gap) -> Bound | None:
    """None unless every rate has a bound: the missing one might be the worse."""
    bounds = [g.bound for g in gaps if g.bound]
    if len(bounds) < len(gaps):
        return None
    choose = max if gap.side == "at_most" else min
    return choose(bounds, key=lambda entry: entry[0])


def _combined_interval(gaps: tuple[RateGap, ...], threshold: Threshold) -> Interval | None:
    gap = threshold.definition.gap
    if threshold.definition.mean:
        return None
    found = [_interval_of(g, gap, threshold.level) for g in gaps]
    intervals = [interval for interval in found if interval is not None]
    if len(intervals) < len(gaps):
        return None
    if not intervals:
        return None
    choose = max if gap.side == "at_most" else min
    return choose(i[0] for i in intervals), choose(i[1] for i in intervals)


def _interval_of(found: RateGap, gap: Gap, level: float) -> Interval | None:
    worst = found.worst
    if worst is None:
        return found.resampled.interval if found.resampled else None
    if gap in (Gap.LOWEST, Gap.HIGHEST):
        return worst.of_group.interval(level)
    return worst.interval(gap, level)
