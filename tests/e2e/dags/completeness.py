"""Every way in which a task instance gets from one state to the next."""

from __future__ import annotations

import os
import signal
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.providers.standard.triggers.temporal import TimeDeltaTrigger
from airflow.sdk import DAG, BaseOperator, get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException

# A task that comes back while the executor still holds the process that parked it fails ("state
# mismatch"), so nothing here comes back at once.
SETTLING = timedelta(seconds=8)


class Pause(BaseOperator):
    """Gives its place to the triggerer for a while."""

    def execute(self, context: Any) -> None:  # noqa: ARG002
        self.defer(trigger=TimeDeltaTrigger(SETTLING), method_name="resume")

    def resume(self, context: Any, event: Any = None) -> None:
        """Nothing is left to do."""


@task
def succeed() -> None:
    """Do nothing."""


@task(retries=1, retry_delay=timedelta(seconds=1))
def fail_twice() -> None:
    raise RuntimeError("always")


@task
def skip() -> None:
    raise AirflowSkipException("by itself")


@task.branch
def branch() -> str:
    return "taken"


@task(trigger_rule="all_failed")
def all_failed() -> None:
    """Skipped, because what is upstream succeeds."""


@task.sensor(mode="reschedule", poke_interval=SETTLING, timeout=300)
def second_look() -> bool:
    return get_current_context()["task_reschedule_count"] > 0


@task
def each(number: int) -> None:
    if number == 2:
        raise RuntimeError("not two")


@task
def killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@task(retries=1, retry_delay=timedelta(seconds=1))
def killed_with_its_worker() -> None:
    """Tell who runs it and wait for the end; the second try succeeds."""
    context = get_current_context()
    if context["ti"].try_number == 1:
        told = Path(os.environ["AIRFLOW_HOME"]) / f"{context['run_id']}.pids"
        told.with_suffix(".new").write_text(f"{os.getppid()} {os.getpid()}")
        told.with_suffix(".new").rename(told)
        time.sleep(600)


@task
def sleep(seconds: float) -> None:
    time.sleep(seconds)


with DAG("completeness", schedule=None) as completeness:
    begin = succeed()
    begin >> all_failed()
    fail_twice() >> EmptyOperator(task_id="after_failure")
    skip() >> EmptyOperator(task_id="after_skip")
    branch() >> [EmptyOperator(task_id="taken"), EmptyOperator(task_id="not_taken")]
    Pause(task_id="pause")
    second_look()
    each.expand(number=[1, 2, 3])

with DAG("completeness_kill", schedule=None) as completeness_kill:
    killed()

with DAG("completeness_worker", schedule=None) as completeness_worker:
    killed_with_its_worker()

with DAG("completeness_park", schedule=None) as completeness_park:
    HITLOperator(task_id="park", subject="Go on?", options=["Yes", "No"])

with DAG("completeness_restart", schedule=None) as completeness_restart:
    sleep.override(task_id="before")(1) >> sleep.override(task_id="during")(15)  # type: ignore[operator]
