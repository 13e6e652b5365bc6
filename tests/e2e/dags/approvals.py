"""Requests for approval after gates of which one did not pass."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, get_current_context, task

from airflow_gov_provider.domain.evidence import EvidenceKind, ModelRef
from airflow_gov_provider.domain.verdicts import Finding, Report, Verdict
from airflow_gov_provider.operators.base import record_evidence
from airflow_gov_provider.sensors.approval import HumanApprovalSensor

MODEL = ModelRef(name="income_model", version="3")


def _finding(check: str, subject: str, observed: float, limit: float) -> Finding:
    passed = observed >= limit
    return Finding(
        check=check,
        kind=check,
        subject=subject,
        verdict=Verdict.PASSED if passed else Verdict.FAILED,
        observed=observed,
        expected=f">= {limit}",
        reason=None if passed else "Amer-Indian-Eskimo 0.08 against Asian-Pac-Islander 0.27",
    )


def _record(kind: EvidenceKind, report: Report, *, model: ModelRef | None = None) -> None:
    record_evidence(
        get_current_context(),
        kind=kind,
        subject=report.subject,
        verdict=report.verdict,
        summary=report.summary(),
        body={
            "findings": [finding.as_json() for finding in report.findings],
            "verdict_before_policy": report.verdict,
        },
        model=model,
    )


@task
def check_data() -> None:
    findings = tuple(_finding("not_null", name, 1.0, 0.99) for name in ("age", "income", "sex"))
    _record(EvidenceKind.QUALITY, Report(subject="adult_income", findings=findings))


@task
def check_bias() -> None:
    findings = (
        _finding("four_fifths", "race", 0.3071, 0.8),
        _finding("four_fifths", "sex", 0.3592, 0.8),
        _finding("equal_opportunity_ratio", "sex", 0.91, 0.8),
    )
    _record(
        EvidenceKind.BIAS, Report(subject="held-out predictions", findings=findings), model=MODEL
    )


@task
def write_card() -> None:
    findings = (_finding("filled", "statements", 0.9, 0.5),)
    _record(EvidenceKind.CARD, Report(subject=str(MODEL), findings=findings), model=MODEL)


@task
def promote() -> str:
    return "promoted"


def _governed(dag_id: str, **approval: Any) -> DAG:
    with DAG(dag_id, schedule=None) as dag:
        approve = HumanApprovalSensor(
            **{
                "task_id": "approve",
                "subject": f"Promote {MODEL} to champion?",
                "approvers": ["requester", "approver"],
                "model_name": MODEL.name,
                "model_version": "{{ dag_run.conf.get('version', '3') }}",
                "response_timeout": timedelta(hours=1),
                "retry_delay": timedelta(seconds=1),
                **approval,
            }
        )
        check_data() >> check_bias() >> write_card() >> approve >> promote()
    return dag


approval = _governed("approval")
approval_skip = _governed("approval_skip", on_reject="skip")
approval_timeout = _governed("approval_timeout", response_timeout=timedelta(seconds=20))
approval_browser = _governed("approval_browser", subject=f"May {MODEL} be used?")
approval_nobody = _governed("approval_nobody", approvers=["requester"])

with DAG("approval_mapped", schedule=None) as approval_mapped:
    check_data() >> HumanApprovalSensor.partial(
        task_id="approve", approvers=["approver"], response_timeout=timedelta(hours=1)
    ).expand(subject=["Use it for training?", "Use it for scoring?"])
