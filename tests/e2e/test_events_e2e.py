"""Events of a real Airflow, from its processes into the governance database."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

import pytest
from e2e.harness.airflow import RunningAirflow

from airflow_gov_provider.domain.events import Event
from airflow_gov_provider.store import database
from airflow_gov_provider.store.events.rows import events_of_run
from airflow_gov_provider.store.spool.claims import spool_state

pytestmark = pytest.mark.e2e

# What the hooks can see of one run: (task, map index, try, state).
EXPECTED = {
    ("succeed", -1, 1): ["running", "success"],
    ("skip", -1, 1): ["running", "skipped"],
    ("fail_once", -1, 1): ["running", "up_for_retry"],
    ("fail_once", -1, 2): ["running", "success"],
    ("fail", -1, 1): ["running", "failed"],
    ("each", 0, 1): ["running", "success"],
    ("each", 1, 1): ["running", "success"],
    (None, None, None): ["running", "failed"],
}
TRANSITIONS = ("task_instance.", "dag_run.")
COUNT = sum(len(states) for states in EXPECTED.values())


def events(airflow: RunningAirflow, run_id: str, *, count: int) -> list[Event]:
    """The transitions of the run, once there are as many, in the order of occurrence."""

    def arrived() -> list[Event] | None:
        with database.transaction(airflow.governance_url) as connection:
            found = [item.event for item in events_of_run(connection, "events", run_id)]
        told = [event for event in found if event.type.startswith(TRANSITIONS)]
        return told if len(told) >= count else None

    def tell() -> str:
        with database.transaction(airflow.governance_url) as connection:
            found = events_of_run(connection, "events", run_id)
        return "\n".join(item.event.document.decode() for item in found)

    return airflow.wait_until(f"{count} events of {run_id} arrive", arrived, tell=tell)


@pytest.fixture(scope="module")
def run_id(airflow: RunningAirflow) -> str:
    run_id = airflow.trigger("events", user="requester", conf={"note": "conf-4711"})
    airflow.wait_for_run("events", run_id, "failed")
    return run_id


@pytest.fixture(scope="module")
def seen(airflow: RunningAirflow, run_id: str) -> list[Event]:
    return events(airflow, run_id, count=COUNT)


def by_task(events: list[Event]) -> dict[tuple[str | None, int | None, int | None], list[str]]:
    grouped: dict[tuple[str | None, int | None, int | None], list[str]] = {}
    for event in events:
        key = (event.task_id, event.map_index, event.try_number)
        grouped.setdefault(key, []).append(str(event.state))
    return grouped


def test_every_transition_that_a_hook_can_see_arrives_once_and_in_order(seen):
    assert by_task(seen) == EXPECTED


def test_every_task_event_says_who_owns_it_and_what_it_runs(seen, airflow, run_id):
    for event in seen:
        if event.task_id is None:
            continue
        task = airflow.task("events", run_id, event.task_id, event.map_index)
        assert event.payload["operator"] == "_PythonDecoratedOperator"
        assert event.payload["owner"] == "ml-team"
        assert event.payload["triggering_user"] == "requester"
        assert event.payload["run_type"] == "manual"
        assert event.payload["bundle_name"] == "e2e"
        assert event.payload["dag_version_id"] == task["dag_version"]["id"]
        assert event.payload["process"] == "task"


def test_a_task_that_ended_says_how_long_it_took(seen):
    ended = [event for event in seen if event.task_id and event.state != "running"]

    for event in ended:
        start, end = (
            datetime.fromisoformat(event.payload[name]) for name in ("start_date", "end_date")
        )
        assert event.payload["duration"] == round((end - start).total_seconds(), 3)


def test_an_error_is_named_by_its_class(seen):
    named = {
        (event.task_id, event.state): event.payload["error_class"]
        for event in seen
        if "error_class" in event.payload
    }

    assert named == {
        ("fail", "failed"): "events.SecretInTheMessageError",
        ("fail_once", "up_for_retry"): "events.SecretInTheMessageError",
    }


def test_neither_messages_nor_conf_reach_an_event(seen):
    assert not any(b"4711" in event.document for event in seen)


def test_a_dag_run_says_who_started_it(seen):
    started, ended = (event for event in seen if event.task_id is None)

    assert (started.type, started.actor) == ("dag_run.running", "requester")
    assert (ended.type, ended.actor) == ("dag_run.failed", None)
    for event in (started, ended):
        assert event.payload["triggered_by"] == "rest_api"
        assert event.payload["triggering_user"] == "requester"
        assert event.payload["owner"] == "ml-team"
        assert event.payload["process"] == "scheduler"


def test_what_a_person_marks_is_an_event_of_its_own(airflow, run_id, seen):
    run = f"/api/v2/dags/events/dagRuns/{run_id}"
    approver = airflow.api("approver")
    approver.patch(f"{run}/taskInstances/fail", json={"new_state": "success"}).raise_for_status()
    for state in ("failed", "success", "failed"):
        approver.patch(run, json={"state": state}).raise_for_status()

    by_hand = events(airflow, run_id, count=COUNT + 4)[COUNT:]

    assert [(event.type, event.task_id) for event in by_hand] == [
        ("task_instance.success", "fail"),
        ("dag_run.failed", None),
        ("dag_run.success", None),
        ("dag_run.failed", None),
    ]
    assert {event.payload["process"] for event in by_hand} == {"api-server"}
    assert all(event.payload["manual"] for event in by_hand)


def test_killing_the_api_server_loses_no_event(airflow: RunningAirflow):
    run_id = airflow.trigger("events", user="requester")
    airflow.wait_for_run("events", run_id, "failed")
    airflow.kill("api-server")
    airflow.restart("api-server")

    arrived = events(airflow, run_id, count=COUNT)

    assert by_task(arrived) == EXPECTED
    assert max(Counter(event.event_id for event in arrived).values()) == 1
    state = spool_state(airflow.home / "spool")
    assert (state.quarantined, state.lost) == (0, 0)
