"""Runs whose tasks end in every way that there is, most of them in a moment."""

from __future__ import annotations

import time
from datetime import timedelta

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.triggers.temporal import TimeDeltaTrigger
from airflow.sdk import DAG, BaseOperator, PokeReturnValue, get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException

ENDING_BY_THEMSELVES = 25  # tasks of each kind that the scheduler ends without a process
RETRIES = {"retries": 2, "retry_delay": timedelta(seconds=1)}


# A task that resumes while the executor still holds the process that deferred it is failed by
# Airflow, which calls that a state mismatch; the process then runs the next try. So be it.
DEFERRED_SECONDS = 1


class Wait(BaseOperator):
    """Deferred for a while."""

    def execute(self, context):  # noqa: ARG002
        self.defer(
            trigger=TimeDeltaTrigger(timedelta(seconds=DEFERRED_SECONDS)), method_name="resume"
        )

    def resume(self, context, event=None):
        pass


@task(**RETRIES)
def work(number: int) -> None:
    """Long enough to be killed in the middle now and then."""
    time.sleep(number / 4)


@task(**RETRIES)
def stumble(number: int) -> None:
    if get_current_context()["ti"].try_number <= number:
        raise RuntimeError


@task(**RETRIES)
def perhaps(number: int) -> None:
    if number % 2:
        raise AirflowSkipException


@task
def fail() -> None:
    raise RuntimeError


@task.branch(**RETRIES)
def choose() -> str:
    return "taken"


@task.sensor(poke_interval=1, timeout=300, mode="reschedule", **RETRIES)
def look_twice() -> PokeReturnValue:
    run = get_current_context()["dag_run"]
    waited = time.time() - run.start_date.timestamp()
    return PokeReturnValue(is_done=waited > 10)


with DAG("chaos", schedule=None, max_active_runs=4, catchup=False) as chaos:
    work.expand(number=[0, 1, 2, 3, 4, 6])
    stumble.expand(number=[0, 1, 1, 2])
    perhaps.expand(number=[0, 1, 2, 3])
    look_twice()
    Wait(task_id="wait", **RETRIES)
    chosen = choose()
    failed = fail()
    chosen >> EmptyOperator(task_id="taken")
    for number in range(ENDING_BY_THEMSELVES):
        chosen >> EmptyOperator(task_id=f"left_out_{number}")
        failed >> EmptyOperator(task_id=f"cut_off_{number}")
        EmptyOperator(task_id=f"empty_{number}")
