"""A task for each end that a task instance can report by itself."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException


class SecretInTheMessageError(Exception):
    """What a task raises; its text must not reach an event."""


@task
def succeed() -> str:
    return "done"


@task
def skip() -> None:
    raise AirflowSkipException("skipped-because-of-4711")


@task(retries=1, retry_delay=timedelta(seconds=1))
def fail_once() -> None:
    if get_current_context()["ti"].try_number == 1:
        raise SecretInTheMessageError("value-4711")


@task
def fail() -> None:
    raise SecretInTheMessageError("value-4711")


@task(pool="default_pool")
def each(number: int) -> int:
    return number


with DAG("events", schedule=None, default_args={"owner": "ml-team"}) as events:
    succeed()
    skip()
    fail_once()
    fail()
    each.expand(number=[1, 2])
