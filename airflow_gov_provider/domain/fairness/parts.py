"""One threshold within strata of the data, or for each of several classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from airflow_gov_provider.domain.fairness.judging import Judgement, judge, left_open
from airflow_gov_provider.domain.fairness.resampling import PLAN, Resampling
from airflow_gov_provider.domain.fairness.scopes import Scope
from airflow_gov_provider.domain.fairness.thresholds import Across, SmallGroups, Threshold
from airflow_gov_provider.domain.verdicts import Verdict

_MOST_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """:param weight: what the part counts for in an average."""

    scope: Scope
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answers:
    """:param judged: every part.
    :param answered: the parts that have a value.
    :param counted: the parts that have to have one.
    """

    judged: Mapping[str, Judgement]
    answered: Mapping[str, Judgement]
    counted: Mapping[str, Judgement]


def judge_parts(
    scope: Scope, parts: Mapping[str, Part], threshold: Threshold, plan: Resampling = PLAN
) -> Judgement:
    """The worst of the parts, or their weighted average, as the threshold has it.

    A part in which nothing can be compared leaves the question open, unless the author wants small
    groups to be ignored: then it is left out.
    """
    judged = {name: judge(part.scope, threshold, plan) for name, part in parts.items()}
    ignored = scope.small is SmallGroups.IGNORE
    answered = {name: j for name, j in judged.items() if j.value is not None}
    if not answered:
        reason = scope.problem or _nothing(judged)
        empty = judge(scope, threshold, plan)
        return replace(
            empty,
            verdict=Verdict.INSUFFICIENT,
            reason=reason,
            value=None,
            worst=None,
            interval=None,
            bound=None,
            parts=judged,
        )
    answers = _Answers(judged=judged, answered=answered, counted=answered if ignored else judged)
    if threshold.across == Across.AVERAGE:
        weights = {name: parts[name].weight for name in answered}
        return _average(scope, threshold, answers, weights)
    return _worst(scope, threshold, answers)


def _worst(scope: Scope, threshold: Threshold, answers: _Answers) -> Judgement:
    name = _furthest(answers.answered, threshold)
    verdict = Verdict.PASSED
    reason = None
    for wanted in (Verdict.FAILED, Verdict.INSUFFICIENT):
        concerned = {part: j for part, j in answers.counted.items() if j.verdict is wanted}
        if concerned:
            reasons = {part: j.reason for part, j in concerned.items()}
            verdict, reason = wanted, _reasons(reasons, first=name)
            break
    return replace(
        answers.answered[name],
        scope=scope,
        verdict=verdict,
        reason=reason,
        parts=answers.judged,
    )


def _average(
    scope: Scope, threshold: Threshold, answers: _Answers, weights: Mapping[str, float]
) -> Judgement:
    answered = answers.answered
    name = _furthest(answered, threshold)
    total = sum(weights.values())
    value = sum(weights[part] * (j.value or 0.0) for part, j in answered.items()) / total
    open_parts = {part: why for part, j in answers.counted.items() if (why := left_open(j))}
    verdict, reason = Verdict.PASSED, None
    if not threshold.meets(value):
        verdict = Verdict.FAILED
        reason = f"the average over {len(answered)} parts; furthest in {name}"
    elif open_parts:
        verdict, reason = Verdict.INSUFFICIENT, _reasons(open_parts, first=name)
    return replace(
        answered[name],
        scope=scope,
        verdict=verdict,
        reason=reason,
        value=value,
        interval=None,
        bound=None,
        parts=answers.judged,
    )


def _furthest(answered: Mapping[str, Judgement], threshold: Threshold) -> str:
    choose = max if threshold.definition.gap.side == "at_most" else min
    return choose(answered, key=lambda name: answered[name].value or 0.0)


def _reasons(concerned: Mapping[str, str | None], *, first: str) -> str:
    order = sorted(concerned, key=lambda name: name != first)
    named = [f"{name}: {concerned[name]}" for name in order[:_MOST_NAMED]]
    rest = len(order) - _MOST_NAMED
    return "; ".join([*named, *([f"{rest} parts more"] if rest > 0 else [])])


def _nothing(judged: Mapping[str, Judgement]) -> str:
    reasons = {name: j.reason for name, j in judged.items()}
    return _reasons(reasons, first="") if judged else "there are no rows"
