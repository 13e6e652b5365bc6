"""Two models from data to promotion, and a way back to the version before.

Their history is simulated by `make seed-demo`; triggering them here runs the real operators, for
which a training that leaves nothing behind is not enough, so they are for looking at. The governed
example beside the demo is the one to run.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from airflow.sdk import DAG, task

from airflow_gov_provider.deadlines import sla
from airflow_gov_provider.operators.bias import BiasCheck
from airflow_gov_provider.operators.model_card import ModelCardOperator
from airflow_gov_provider.operators.quality import DataQualityGate
from airflow_gov_provider.operators.registry import PromoteModelOperator
from airflow_gov_provider.sensors.approval import HumanApprovalSensor

DATA = Path(__file__).resolve().parents[2] / "data"


@task
def train() -> str:
    """Where a model would be fitted and registered."""
    return "1"


def chain(
    model: str, *, thresholds: dict[str, object], approvers: list[str], on_bias: str, hours: int
) -> None:
    version = "{{ ti.xcom_pull(task_ids='train') }}"
    check_data = DataQualityGate(
        task_id="check_data",
        contract=DATA / "adult_income.odcs.yaml",
        source=str(DATA / "adult.parquet"),
    )
    check_bias = BiasCheck(
        task_id="check_bias",
        predictions=f"predictions/{model}-{version}.parquet",
        label="income",
        prediction="predicted",
        positive_label=">50K",
        sensitive_features=["sex", "race"],
        thresholds=thresholds,
        min_group_size=400,
        small_groups="ignore",
        model_name=model,
        model_version=version,
        on_fail=on_bias,
    )
    write_card = ModelCardOperator(
        task_id="write_card",
        model_name=model,
        model_version=version,
        human=DATA / "income_model.card.yaml",
    )
    approve = HumanApprovalSensor(
        task_id="approve",
        subject=f"Promote {model} version {version} to champion?",
        approvers=approvers,
        model_name=model,
        model_version=version,
        response_timeout=timedelta(hours=hours),
    )
    promote = PromoteModelOperator(
        task_id="promote",
        model_name=model,
        model_version=version,
        required=("quality", "bias", "card", "approval"),
    )
    check_data >> train() >> check_bias >> write_card >> approve >> promote


with DAG(
    "credit_scoring",
    schedule=None,
    is_paused_upon_creation=True,
    tags=["model", "high-risk"],
    default_args={"owner": "risk-models"},
    description="The score that decides on consumer credit; trained anew every Monday.",
    deadline=sla(
        tasks={"write_card": timedelta(hours=2)},
        severity="medium",
        target=0.95,
        description="Reviewers plan their Monday around the card.",
    ),
):
    chain(
        "credit_scorer",
        thresholds={
            "four_fifths": {"at_least": 0.8},
            "demographic_parity_difference": {"at_most": 0.08},
            "equal_opportunity_difference": {"at_most": 0.3, "severity": "warning"},
        },
        approvers=["approver", "reviewer"],
        on_bias="block",
        hours=72,
    )

with DAG(
    "churn_prediction",
    schedule=None,
    is_paused_upon_creation=True,
    tags=["model"],
    default_args={"owner": "crm-analytics"},
    description="Who is likely to cancel; the retention team calls from this list.",
    deadline=sla(tasks={"train": timedelta(minutes=45)}, severity="low", target=0.9),
):
    chain(
        "churn_model",
        thresholds={"demographic_parity_difference": {"at_most": 0.1}},
        approvers=["approver"],
        on_bias="review",
        hours=48,
    )

with DAG(
    "credit_rollback",
    schedule=None,
    is_paused_upon_creation=True,
    tags=["model", "high-risk"],
    default_args={"owner": "risk-models"},
    description="Back to an earlier version of the credit score, with somebody's consent.",
    params={"version": "1"},
):
    approve_rollback = HumanApprovalSensor(
        task_id="approve",
        subject="Go back to the earlier version of credit_scorer?",
        approvers=["approver", "reviewer"],
        model_name="credit_scorer",
        model_version="{{ params.version }}",
        response_timeout=timedelta(hours=24),
        require_evidence=False,
    )
    approve_rollback >> PromoteModelOperator(
        task_id="promote",
        model_name="credit_scorer",
        model_version="{{ params.version }}",
        required=("approval",),
    )
