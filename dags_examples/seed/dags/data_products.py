"""Three data products with promises about them; their history is simulated by `make seed-demo`."""

from __future__ import annotations

from datetime import time, timedelta
from pathlib import Path

from airflow.sdk import DAG, Asset, task

from airflow_gov_provider.deadlines import sla
from airflow_gov_provider.operators.quality import DataQualityGate

CONTRACTS = Path(__file__).resolve().parents[1] / "contracts"
CUSTOMERS = Asset("mart://customers")
WEEKDAYS = {"weekdays": ["mon", "tue", "wed", "thu", "fri"]}


def step(name: str, **more: object) -> object:
    """A task that stands for one of the story."""

    @task(task_id=name, **more)
    def work() -> None:
        return None

    return work()


def gate(name: str, contract: str, table: str) -> DataQualityGate:
    return DataQualityGate(
        task_id=name,
        contract=CONTRACTS / f"{contract}.yaml",
        conn_id="warehouse",
        table=table,
    )


with DAG(
    "customer_data_mart",
    schedule=None,
    is_paused_upon_creation=True,
    tags=["data-product"],
    default_args={"owner": "data-platform"},
    description="Customers and their contracts, for everyone who works with them.",
    deadline=[
        *sla(within=timedelta(hours=2), from_="queued", severity="high", target=0.98),
        *sla(
            by=time(6, 0),
            tz="Europe/Berlin",
            severity="medium",
            target=0.97,
            description="The branches open at seven.",
        ),
    ],
):
    extract = [step("extract_crm"), step("extract_billing")]
    (
        extract[0]
        >> extract[1]
        >> gate("check_customers", "customers", "mart.customers")
        >> step("build_mart", outlets=[CUSTOMERS])
    )

with DAG(
    "fraud_detection",
    schedule=None,
    is_paused_upon_creation=True,
    tags=["model", "real-time"],
    default_args={"owner": "fraud-team"},
    description="Card transactions of the last hours, scored and reported.",
    deadline=sla(within=timedelta(minutes=15), from_="queued", severity="critical", target=0.99),
):
    (
        step("load_transactions")
        >> gate("check_transactions", "transactions", "payments.transactions")
        >> step("score")
        >> step("publish_alerts")
    )

with DAG(
    "regulatory_report",
    schedule=None,
    is_paused_upon_creation=True,
    tags=["report", "bcbs-239"],
    default_args={"owner": "finance-data"},
    description="Exposures by counterparty, delivered to the supervisor every working day.",
    deadline=[
        *sla(
            by=time(7, 30),
            tz="Europe/Berlin",
            severity="critical",
            owner="finance-data",
            target=0.995,
            calendar=WEEKDAYS,
        ),
        *sla(tasks={"collect_exposures": timedelta(minutes=25)}, severity="medium", target=0.95),
    ],
):
    (
        step("collect_exposures")
        >> gate("check_exposures", "exposures", "risk.exposures")
        >> step("render")
        >> step("deliver")
    )

with DAG(
    "transaction_scoring",
    schedule=None,
    is_paused_upon_creation=True,
    tags=["bulk"],
    default_args={"owner": "payments"},
    description="Only there if the seed was asked for more events than the story has.",
):
    step("score_batch")
