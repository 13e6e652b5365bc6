"""From counts to a report, and to the document that the evidence keeps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from airflow_gov_provider.domain.fairness.counts import ContingencyTable
from airflow_gov_provider.domain.fairness.document import body_of, details_of
from airflow_gov_provider.domain.fairness.judging import Judgement
from airflow_gov_provider.domain.fairness.outcomes import outcome_findings
from airflow_gov_provider.domain.fairness.population import Population
from airflow_gov_provider.domain.fairness.resampling import PLAN, Resampling
from airflow_gov_provider.domain.fairness.scopes import (
    concerns,
    scope_of,
    scopes_of,
)
from airflow_gov_provider.domain.fairness.splitting import Splitting
from airflow_gov_provider.domain.fairness.thresholds import DEFAULT_LEVEL, Groups, Threshold
from airflow_gov_provider.domain.fairness.unjudged import judged_rows, most_left_out
from airflow_gov_provider.domain.verdicts import Finding, Report, Severity, Verdict

DEFAULT_MAX_UNJUDGED = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """``report`` is the verdict with its findings; ``body`` is the JSON-safe document, whose form
    is described in ``domain.fairness.document``.
    """

    report: Report
    body: Mapping[str, Any]


def evaluate(
    table: ContingencyTable | Population,
    *,
    subject: str,
    thresholds: Sequence[Threshold],
    groups: Groups | None = None,
    intersections: Iterable[Sequence[str]] = (),
    level: float = DEFAULT_LEVEL,
    max_unjudged: float = DEFAULT_MAX_UNJUDGED,
    control: Sequence[str] = (),
    features: Sequence[str] | None = None,
    plan: Resampling = PLAN,
) -> Assessment:
    """Judge every threshold on every feature and intersection it applies to.

    A metric is computed over the groups that can be compared. A group that is too small, or has no
    rows where a rate needs them, leaves the question open: the metric can still fail on the
    others, but it cannot pass.

    :param intersections: features to cross; the table has to hold them.
    :param level: of the intervals in the table of groups; a threshold has its own.
    :param max_unjudged: the share of rows without label or prediction above which nothing can be
        said, overall or in any group that is compared; in one of an intersection if it is surely
        above.
    :param control: features that are not compared: the other ones are, within each combination of
        the values of these, by every threshold that does not say ``given`` itself.
    :param features: the features that are compared; all that are counted and held by no threshold
        when it is not given.
    :param plan: how intervals without a formula are drawn; the document says so beside each.
    :raises KeyError: for a feature that the table does not hold.
    """
    groups = groups or Groups()
    population = table if isinstance(table, Population) else Population(counts=table)
    thresholds = [_within(threshold, control) for threshold in thresholds]
    held = {name for threshold in thresholds for name in threshold.given or ()} | {*control}
    if features is None:
        features = [name for name in population.counts.features if name not in held]
    scopes = scopes_of(population, groups, intersections, features)
    splitting = Splitting(population=population, groups=groups, plan=plan)
    judgements = [
        splitting.judge(scope, threshold)
        for scope in scopes
        for threshold in thresholds
        if not threshold.definition.whole and concerns(threshold, scope.features)
    ]
    everyone = [threshold for threshold in thresholds if threshold.definition.whole]
    if everyone:
        scopes.append(scope_of(population, (), groups))
        judgements += [splitting.judge(scopes[-1], threshold) for threshold in everyone]
    findings = (
        judged_rows(scopes, population.counts, max_unjudged),
        *most_left_out(scopes),
        *outcome_findings(population, thresholds),
        *_findings(judgements),
        *_not_judged(thresholds, judgements),
    )
    return Assessment(
        report=Report(subject=subject, findings=findings),
        body=body_of(population, scopes, judgements, groups, level),
    )


def _within(threshold: Threshold, control: Sequence[str]) -> Threshold:
    """The control features of the check, where the threshold says nothing of its own."""
    if threshold.given is not None or not control:
        return threshold
    return replace(threshold, given=tuple(control))


def _not_judged(
    thresholds: Iterable[Threshold], judgements: Iterable[Judgement]
) -> Iterable[Finding]:
    """A demand that no feature is left for must not look as if it were met."""
    judged = {id(judgement.threshold) for judgement in judgements}
    for threshold in thresholds:
        if id(threshold) not in judged:
            yield Finding(
                check=f"(nothing):{threshold.metric}",
                kind=threshold.metric,
                subject="(nothing)",
                verdict=Verdict.INSUFFICIENT,
                severity=Severity(threshold.severity),
                expected=str(threshold),
                reason="no feature is left to compare by: those that it names are held by given, "
                "or none of those that are compared",
            )


def _findings(judgements: Iterable[Judgement]) -> list[Finding]:
    findings: list[Finding] = []
    seen: dict[str, int] = {}
    for judgement in judgements:
        check = f"{judgement.scope.name}:{judgement.threshold.metric}"
        seen[check] = seen.get(check, 0) + 1
        if seen[check] > 1:
            check = f"{check}#{seen[check]}"
        findings.append(_finding(check, judgement))
    return findings


def _finding(check: str, judgement: Judgement) -> Finding:
    threshold = judgement.threshold
    return Finding(
        check=check,
        kind=threshold.metric,
        subject=judgement.scope.name,
        verdict=judgement.verdict,
        severity=Severity(threshold.severity),
        observed=judgement.value,
        expected=str(threshold),
        reason=judgement.reason,
        total=judgement.scope.overall.rows,
        details=details_of(judgement),
    )
