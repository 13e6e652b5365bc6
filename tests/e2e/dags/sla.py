"""Promises that are kept and broken, each in a Dag of its own."""

from __future__ import annotations

import time
from datetime import timedelta

from airflow.sdk import DAG, task

from airflow_gov_provider.deadlines import sla


@task
def wait(seconds: float) -> None:
    time.sleep(seconds)


@task
def fail() -> None:
    raise RuntimeError("this task fails")


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


with DAG(
    "sla_run_too_late",
    deadline=sla(within=seconds(15), severity="critical", owner="late-team", description="soon"),
    default_args={"owner": "ml-team"},
    schedule=None,
):
    wait(30)

with DAG("sla_kept", deadline=sla(within=timedelta(minutes=10)), schedule=None):
    wait(0)

with DAG(
    "sla_task_too_late",
    deadline=[*sla(tasks={"wait": seconds(12)}), *sla(within=timedelta(minutes=10))],
    schedule=None,
):
    wait(24)

with DAG(
    "sla_mapped_too_late",
    deadline=sla(tasks={"wait": seconds(15), "first": timedelta(minutes=10)}),
    schedule=None,
):
    wait.override(task_id="first").expand(seconds=[0, 0])
    wait.expand(seconds=[0, 30])

with DAG("sla_failed_before", deadline=sla(within=seconds(60)), schedule=None):
    fail()

with DAG("sla_marked_before", deadline=sla(within=seconds(60)), schedule=None):
    wait(120)

with DAG("sla_never_runs", schedule=None):
    wait(0)
