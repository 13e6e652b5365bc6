"""A promotion after mapped gates and an approval."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, get_current_context, task

from airflow_gov_provider.domain.evidence import EvidenceKind
from airflow_gov_provider.domain.verdicts import Verdict
from airflow_gov_provider.operators.base import record_evidence
from airflow_gov_provider.operators.registry import PromoteModelOperator
from airflow_gov_provider.sensors.approval import HumanApprovalSensor

MODEL = "vouched_model"


@task
def check_data(part: str) -> None:
    """A gate that records nothing where the run's conf says so, like one marked by hand."""
    context = get_current_context()
    if context["dag_run"].conf.get("silent"):
        return
    record_evidence(
        context,
        kind=EvidenceKind.QUALITY,
        subject=part,
        verdict=Verdict.PASSED,
        summary="PASSED: 1 passed",
        body={},
    )


with DAG("promotion_vouched", schedule=None) as promotion_vouched:
    approve = HumanApprovalSensor(
        task_id="approve",
        subject=f"Promote {MODEL}?",
        model_name=MODEL,
        model_version="1",
        response_timeout=timedelta(hours=1),
    )
    promote = PromoteModelOperator(
        task_id="promote", model_name=MODEL, model_version="1", required=("quality",)
    )
    check_data.expand(part=["customers", "orders"]) >> approve >> promote
