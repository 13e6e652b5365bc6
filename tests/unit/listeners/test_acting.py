"""A change that a person makes is told with the person and where they are."""

from __future__ import annotations

import uuid
from types import SimpleNamespace

import pytest
from airflow.models.taskinstance import TaskInstance
from sqlalchemy.orm import configure_mappers, make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value

from airflow_gov_provider.listeners.acting import Acting, acting
from tests.unit.listeners.observed import dag_run_event, task_event

WHO = Acting(user="ada", client="10.0.0.7", method="PATCH", path="/api/v2/dags/d/x")
BY_HAND = "Dag Run's state was manually set to `failed`."


@pytest.fixture
def ada():
    token = acting.set(WHO)
    yield
    acting.reset(token)


def a_row() -> TaskInstance:
    configure_mappers()
    row = TaskInstance.__mapper__.class_manager.new_instance()
    known = {"id": uuid.UUID(int=1), "dag_id": "d", "run_id": "r", "task_id": "t", "try_number": 1}
    for name, value in (known | {"map_index": -1}).items():
        set_committed_value(row, name, value)
    make_transient_to_detached(row)
    return row


def a_run() -> SimpleNamespace:
    return SimpleNamespace(dag_id="d", run_id="r", triggering_user_name="eve", clear_number=0)


@pytest.mark.usefixtures("ada")
def test_a_mark_by_hand_has_its_actor_and_where_they_are():
    event = task_event("success", a_row(), previous_state=None, max_bytes=9999)
    assert event.actor == "ada"
    assert event.payload["request"] == {
        "client": "10.0.0.7",
        "method": "PATCH",
        "path": "/api/v2/dags/d/x",
    }


@pytest.mark.usefixtures("ada")
def test_a_run_that_is_marked_has_the_actor_who_marked_it_and_not_who_triggered_it():
    event = dag_run_event("failed", a_run(), BY_HAND, max_bytes=9999)
    assert (event.actor, event.payload["request"]["client"]) == ("ada", "10.0.0.7")


@pytest.mark.usefixtures("ada")
def test_what_the_scheduler_announces_is_nobodys_doing():
    task = task_event("failed", a_row(), previous_state="running", max_bytes=9999)
    run = dag_run_event("failed", a_run(), "task_failure", max_bytes=9999)
    assert (task.actor, run.actor) == (None, None)
    assert not {"request"} & (task.payload.keys() | run.payload.keys())


def test_nobody_is_named_where_nobody_is_acting():
    event = task_event("success", a_row(), previous_state=None, max_bytes=9999)
    assert event.actor is None
    assert "request" not in event.payload
