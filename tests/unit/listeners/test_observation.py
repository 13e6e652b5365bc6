"""What an event says about a task instance or a Dag run, and what it never says."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from enum import Enum
from types import SimpleNamespace

import pytest
from airflow.models.dagrun import DagRun
from airflow.models.taskinstance import TaskInstance
from airflow.sdk.log import mask_secret
from airflow.utils.state import TaskInstanceState
from sqlalchemy.orm import configure_mappers, make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value

from tests.unit.listeners.observed import dag_run_event, task_event

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
LIMIT = 16_384


def in_task(**changes) -> SimpleNamespace:
    """Shaped as ``RuntimeTaskInstance`` is; the end-to-end test meets the real one."""
    run = SimpleNamespace(
        triggering_user_name="alice",
        run_type="manual",
        logical_date=None,
        clear_number=2,
        conf={"password": "conf-4711"},
    )
    return SimpleNamespace(
        **{
            "id": "0199",
            "dag_id": "income",
            "run_id": "manual__1",
            "task_id": "train",
            "map_index": 3,
            "try_number": 2,
            "state": TaskInstanceState.RUNNING,
            "max_tries": 4,
            "start_date": NOON,
            "end_date": None,
            "dag_version_id": "01a1",
            "hostname": "worker-1",
            "queue": "default",
            "bundle_instance": SimpleNamespace(name="models", version="abc123"),
            "task": SimpleNamespace(
                task_type="PythonOperator", owner="ml-team", pool="gpu", op_args=["row-4711"]
            ),
            "_ti_context_from_server": SimpleNamespace(dag_run=run),
            **changes,
        }
    )


def test_an_event_of_a_task_process_says_who_what_and_where():
    event = task_event("running", in_task(), previous_state="queued", max_bytes=LIMIT)

    assert (event.type, event.state, event.witness) == (
        "task_instance.running",
        "running",
        "listener",
    )
    assert (event.dag_id, event.run_id, event.task_id) == ("income", "manual__1", "train")
    assert (event.map_index, event.try_number, event.actor) == (3, 2, None)
    own = {"pid", "process_started_at"}
    assert {name: event.payload[name] for name in event.payload.keys() - own} == {
        "process": "task",
        "ti_id": "0199",
        "operator": "PythonOperator",
        "owner": "ml-team",
        "pool": "gpu",
        "queue": "default",
        "max_tries": 4,
        "previous_state": "queued",
        "start_date": "2026-11-21T12:00:00+00:00",
        "dag_version_id": "01a1",
        "bundle_name": "models",
        "bundle_version": "abc123",
        "hostname": "worker-1",
        "triggering_user": "alice",
        "run_type": "manual",
        "clear_number": 2,
    }


_FORK = """
import json, os, sys
from datetime import UTC, datetime
from types import SimpleNamespace
from airflow_gov_provider.listeners.observation import task_line
times = [datetime.now(UTC).isoformat()]
reading, writing = os.pipe()
if not os.fork():
    ti = SimpleNamespace(id="1", dag_id="d", run_id="r", task_id="t", map_index=-1, try_number=1)
    os.write(writing, task_line("running", ti, max_bytes=9999))
    os._exit(0)
event = json.loads(os.read(reading, 99999))
print("TIMES", *times, event["payload"]["process_started_at"], event["occurred_at"])
"""


def test_a_task_process_begins_with_its_fork():
    ran = subprocess.run([sys.executable, "-c", _FORK], check=True, capture_output=True, text=True)
    [told] = [line for line in ran.stdout.splitlines() if line.startswith("TIMES")]
    times = [datetime.fromisoformat(word) for word in told.split()[1:]]

    assert times == sorted(times)


class Elsewhere:
    """Keeps its columns where its own names are not."""

    id, dag_id, run_id, task_id, map_index, try_number = "1", "d", "r", "t", -1, 1


def test_an_instance_of_another_shape_still_says_which_it_is():
    event = task_event("running", Elsewhere(), max_bytes=LIMIT)

    assert (event.dag_id, event.run_id, event.task_id, event.try_number) == ("d", "r", "t", 1)


def test_the_duration_is_in_seconds():
    ended = in_task(end_date=NOON + timedelta(milliseconds=1_234_567))

    assert task_event("success", ended, max_bytes=LIMIT).payload["duration"] == 1234.567


def test_a_task_that_skips_itself_ends_when_it_says_so():
    event = task_event("skipped", in_task(), max_bytes=LIMIT)

    assert event.payload["end_date"] == event.occurred_at.isoformat()
    assert event.payload["duration"] == round((event.occurred_at - NOON).total_seconds(), 3)


def test_a_running_task_has_no_end():
    event = task_event("running", in_task(end_date=NOON), max_bytes=LIMIT)

    assert not {"end_date", "duration"} & event.payload.keys()


def test_a_task_that_will_be_tried_again_has_not_failed():
    again = in_task(state=TaskInstanceState.UP_FOR_RETRY)
    for_good = in_task(state=TaskInstanceState.FAILED)

    assert task_event("failed", again, max_bytes=LIMIT).type == "task_instance.up_for_retry"
    assert task_event("failed", for_good, max_bytes=LIMIT).type == "task_instance.failed"


class DagError(Exception):
    pass


class MangledError(Exception):
    __module__ = f"unusual_prefix_{'a1' * 20}_my_dag"


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (ValueError("row-4711"), "ValueError"),
        (DagError("row-4711"), f"{DagError.__module__}.DagError"),
        (MangledError("row-4711"), "my_dag.MangledError"),
        ("Executor reported row-4711", None),
        (None, None),
    ],
)
def test_an_error_is_its_class_and_never_its_message(error, name):
    event = task_event("failed", in_task(), error=error, max_bytes=LIMIT)

    assert event.payload.get("error_class") == name
    assert b"row-4711" not in event.document


def test_neither_conf_nor_arguments_are_in_an_event():
    assert b"row-4711" not in task_event("running", in_task(), max_bytes=LIMIT).document


def test_a_registered_secret_is_masked():
    mask_secret("quagga-of-the-host")

    event = task_event("running", in_task(hostname="host-quagga-of-the-host"), max_bytes=LIMIT)

    assert event.payload["hostname"] == "host-***"


def test_two_announcements_of_a_task_state_are_two_events():
    first, second = (task_event("running", in_task(), max_bytes=LIMIT) for _ in range(2))

    assert first.event_id != second.event_id


def test_a_task_that_is_not_mapped_has_the_index_minus_one():
    assert task_event("running", in_task(map_index=None), max_bytes=LIMIT).map_index == -1


def a_row(**columns) -> TaskInstance:
    """A database row as the api-server holds it, detached, so that any query raises."""
    configure_mappers()
    row = TaskInstance.__mapper__.class_manager.new_instance()
    for name, value in columns.items():
        set_committed_value(row, name, value)
    make_transient_to_detached(row)
    return row


IDENTITY = {
    "id": "0199",
    "dag_id": "income",
    "run_id": "manual__1",
    "task_id": "train",
    "map_index": -1,
    "try_number": 1,
}


def test_a_row_is_read_without_a_query():
    row = a_row(**IDENTITY, operator="BashOperator", hostname="worker-1", pid=4, state="success")

    event = task_event("success", row, max_bytes=LIMIT)

    assert (event.dag_id, event.task_id) == ("income", "train")
    assert event.payload == {
        "process": "api-server",
        "manual": True,
        "ti_id": "0199",
        "operator": "BashOperator",
        "hostname": "worker-1",
        "pid": 4,
    }


def test_a_row_that_the_scheduler_failed_is_not_marked_by_hand():
    event = task_event(
        "failed",
        a_row(**IDENTITY, state="up_for_retry"),
        previous_state=TaskInstanceState.RUNNING,
        error="killed externally",
        max_bytes=LIMIT,
    )

    assert event.type == "task_instance.up_for_retry"
    assert event.payload == {"process": "scheduler", "previous_state": "running"}


class TriggeredBy(Enum):
    REST_API = "rest_api"


def a_run(**changes) -> SimpleNamespace:
    return SimpleNamespace(
        **{
            "dag_id": "income",
            "run_id": "manual__1",
            "clear_number": 0,
            "queued_at": NOON,
            "start_date": NOON,
            "end_date": NOON + timedelta(seconds=90),
            "run_type": "manual",
            "triggered_by": TriggeredBy.REST_API,
            "triggering_user_name": "alice",
            "conf": {"password": "conf-4711"},
            "created_dag_version_id": "01a1",
            "dag": SimpleNamespace(tasks=[SimpleNamespace(owner="b"), SimpleNamespace(owner="a")]),
            **changes,
        }
    )


def test_an_event_of_a_dag_run_says_who_started_it():
    event = dag_run_event("running", a_run(), "started", max_bytes=LIMIT)

    assert (event.type, event.actor, event.task_id) == ("dag_run.running", "alice", None)
    assert event.payload["triggering_user"] == "alice"
    assert event.payload["triggered_by"] == "rest_api"
    assert event.payload["owner"] == "a, b"
    assert event.payload["duration"] == 90
    assert event.payload["process"] == "scheduler"
    assert b"row-4711" not in event.document


def test_whoever_started_a_run_has_not_ended_it():
    assert dag_run_event("success", a_run(), "success", max_bytes=LIMIT).actor is None


def test_a_repeated_announcement_of_the_scheduler_is_one_event():
    first, second = (
        dag_run_event("running", a_run(start_date=start), "started", max_bytes=LIMIT)
        for start in (NOON, NOON + timedelta(seconds=1))
    )

    assert first.event_id == second.event_id


def test_a_person_may_set_the_same_state_twice():
    message = "Dag Run's state was manually set to `failed`."
    first, second = (dag_run_event("failed", a_run(), message, max_bytes=LIMIT) for _ in range(2))

    assert first.event_id != second.event_id
    assert first.payload["manual"] is True
    assert first.payload["process"] == "api-server"


def test_a_run_row_is_read_without_a_query():
    run = DagRun(dag_id="income", run_id="manual__1", run_type="manual")
    make_transient_to_detached(run)

    event = dag_run_event("running", run, "started", max_bytes=LIMIT)

    assert (event.dag_id, event.run_id) == ("income", "manual__1")


def test_the_message_with_which_airflow_tells_a_persons_change_is_still_the_same():
    """``process`` and ``manual`` depend on it."""
    import inspect

    from airflow.api_fastapi.core_api.services.public import dag_run

    assert inspect.getsource(dag_run).count("state was manually set to") >= 2
