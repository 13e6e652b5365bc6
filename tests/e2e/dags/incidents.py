"""A gate over whatever file a run names, what is built on it, and a release that people approve."""

from __future__ import annotations

from airflow.sdk import DAG, Asset, task

from airflow_gov_provider.operators.quality import DataQualityGate
from airflow_gov_provider.sensors.approval import HumanApprovalSensor

LEADS = Asset("leads")

with DAG("incident_gate", schedule=None, default_args={"owner": "leads-team"}):
    DataQualityGate(
        task_id="gate",
        contract={"contract": "leads", "version": "1", "columns": {"age": {"not_null": True}}},
        source="{{ dag_run.conf['file'] }}",
        outlets=[LEADS],
    )

with DAG("incident_consumer", schedule=[LEADS]):

    @task
    def score() -> None: ...

    score()

with DAG("incident_approval", schedule=None):

    @task
    def release() -> None: ...

    (
        HumanApprovalSensor(task_id="approve", subject="Release it?", require_evidence=False)
        >> release()
    )
