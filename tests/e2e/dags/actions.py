"""A Dag for people to act on, and one that asks them."""

from __future__ import annotations

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import DAG, task

with DAG("actions", schedule=None, default_args={"owner": "ml-team"}):

    @task
    def work() -> None:
        return None

    @task
    def fail() -> None:
        raise ValueError

    work() >> fail()

with DAG("questions", schedule=None):
    HITLOperator(
        task_id="ask",
        subject="Go on?",
        options=["Go", "Stop"],
        assigned_users=[{"id": "approver", "name": "approver"}],
    )
