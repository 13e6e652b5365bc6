"""What all governance operators share: origin, evidence, and which errors a retry can cure."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, cast

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowFailException

from airflow_gov_provider.domain.canonical import jsonable
from airflow_gov_provider.domain.evidence import Evidence, EvidenceKind, ModelRef, Origin
from airflow_gov_provider.domain.verdicts import OnFail, Report, Verdict, blocks, recorded_verdict
from airflow_gov_provider.exceptions import ArgumentInvalid, GateBlocked, GovernanceError
from airflow_gov_provider.hooks.governance import new_id, record, utcnow
from airflow_gov_provider.operators.vouchers import leave_voucher

if TYPE_CHECKING:
    from airflow.sdk import Context

_REDACTION_DEPTH = 20  # Airflow stops at 5 by default, and evidence is deeper


class GovernanceOperator(BaseOperator):
    """Collect facts, call one domain function, settle.

    A subclass implements ``govern``. An error that a retry cannot cure fails the task at once; any
    other takes the task's retries.

    :cvar records_evidence: whether the task never succeeds without having recorded evidence; a
        promotion downstream then asks for it.
    """

    records_evidence: ClassVar[bool] = True
    evidence: Evidence | None = None  # what a gate recorded, for listeners that ask afterwards

    def remember(self, evidence: Evidence) -> None:
        self.evidence = evidence

    def execute(self, context: Context) -> Any:
        self.evidence = None
        try:
            return self.govern(context)
        except GovernanceError as error:
            if error.retry_helps:
                raise
            # What a gate found is in the log already; of a mistake it helps to see where it is.
            cause = None if isinstance(error, GateBlocked) else error
            raise AirflowFailException(str(error)) from cause

    @abstractmethod
    def govern(self, context: Context) -> Any:
        """Do the work; what it returns goes to XCom."""


def checked(task_id: str, *checks: Callable[[], Any]) -> list[Any]:
    """What each check returns.

    :raises ArgumentInvalid: with the messages of all checks that raised it.
    """
    values, problems = [], []
    for check in checks:
        try:
            values.append(check())
        except ArgumentInvalid as error:
            problems.append(str(error))
    if problems:
        listing = "".join(f"\n  - {problem}" for problem in problems)
        raise ArgumentInvalid(f"arguments of task {task_id!r}:{listing}")
    return values


def origin_of(context: Context) -> Origin:
    ti = context["ti"]
    return Origin(
        dag_id=ti.dag_id,
        run_id=ti.run_id,
        task_id=ti.task_id,
        map_index=-1 if ti.map_index is None else ti.map_index,
        try_number=ti.try_number,
    )


def model_ref(name: str | None, version: str | int | None) -> ModelRef | None:
    """:raises ArgumentInvalid: if only one of the two is given."""
    if not name and version in (None, ""):
        return None
    if not name or version in (None, ""):
        raise ArgumentInvalid(
            "model_name and model_version go together; "
            f"found model_name={name!r}, model_version={version!r}"
        )
    return ModelRef(name=name, version=str(version))


def record_evidence(
    context: Context,
    *,
    kind: EvidenceKind,
    subject: str,
    verdict: Verdict,
    summary: str,
    body: Mapping[str, Any],
    model: ModelRef | None = None,
) -> Evidence:
    """Redact, write, commit and vouch for it; whoever calls this may then let others pass.

    :raises StoreUnavailable: if it could not be written.
    """
    from airflow.sdk.log import redact  # type: ignore[attr-defined]

    evidence = Evidence(
        evidence_id=new_id(),
        kind=kind,
        origin=origin_of(context),
        subject=str(redact(subject)),
        model=model,
        verdict=verdict,
        summary=str(redact(summary)),
        recorded_at=utcnow(),
        body=cast("dict[str, Any]", redact(jsonable(body), max_depth=_REDACTION_DEPTH)),
    )
    record(evidence)
    leave_voucher(context, evidence)
    return evidence


def settle(
    context: Context,
    report: Report,
    *,
    kind: EvidenceKind,
    on_fail: OnFail,
    body: Mapping[str, Any],
    model: ModelRef | None = None,
    recorded: Callable[[Evidence], object] | None = None,
) -> dict[str, Any]:
    """Record a gate's report, then pass or block.

    :param recorded: is given the evidence in either case.
    :returns: the small dictionary that goes to XCom.
    :raises GateBlocked: after the evidence is committed, if the gate does not let anyone pass.
    """
    verdict = recorded_verdict(report.verdict, on_fail)
    evidence = record_evidence(
        context,
        kind=kind,
        subject=report.subject,
        verdict=verdict,
        summary=report.summary(),
        body={
            **body,
            "verdict_before_policy": report.verdict,
            "on_fail": on_fail,
            "findings": [finding.as_json() for finding in report.findings],
        },
        model=model,
    )
    if recorded is not None:
        recorded(evidence)
    if blocks(verdict, on_fail):
        troubles = "".join(
            f"\n  - {f.verdict}: {f.subject} {f.kind}: expected {f.expected}"
            f"{'' if f.observed is None else f', found {f.observed}'}"
            f"{f' ({f.reason})' if f.reason else ''}"
            f"{'' if f.verdict is f.weight else f' [{f.severity}]'}"
            for f in report.troubles
        )
        raise GateBlocked(
            f"{report.subject}: {report.summary()}; evidence {evidence.evidence_id}{troubles}"
        )
    return xcom_of(evidence)


def xcom_of(evidence: Evidence) -> dict[str, Any]:
    return {
        "evidence_id": evidence.evidence_id,
        "kind": evidence.kind.value,
        "verdict": evidence.verdict.value,
        "summary": evidence.summary,
        "digest": evidence.digest,
    }
