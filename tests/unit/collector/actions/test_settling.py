"""What becomes of requests that no row of Airflow's log belongs to."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from fakes.actions import BEGIN, NOW, ActionMetadata, log_row, request
from sqlalchemy import select

from airflow_gov_provider.collector.actions import record_actions
from airflow_gov_provider.collector.actions.settling import WAITS, settle_requests
from airflow_gov_provider.collector.tail.log_position import NAME
from airflow_gov_provider.domain.events import Event
from airflow_gov_provider.store import database
from airflow_gov_provider.store.events.merging import arrive
from airflow_gov_provider.store.events.requests import waiting_requests
from airflow_gov_provider.store.events.witnesses import sightings_of, write_position
from airflow_gov_provider.store.tables import event as table

LATER = BEGIN + WAITS + timedelta(seconds=1)
MARK = {"dag_id": "dag", "run_id": "run", "task_id": "task"}


@pytest.fixture
def settle(store: str, metadata: ActionMetadata) -> Any:
    """Let requests arrive, and settle them a minute later with the log read until its end."""

    def run(*made: Event, read: bool = True) -> list[Event]:
        with database.transaction(store) as connection:
            arrive(connection, made, recorded_at=BEGIN)
            if read:
                write_position(connection, NAME, {"log_id": 0}, now=BEGIN)
        settle_requests(clock=lambda: LATER)
        return events(store)

    return run


def events(store: str) -> list[Event]:
    with database.transaction(store) as connection:
        query = select(table.c.document).where(table.c.type.not_like("ledger.%"))
        found = connection.scalars(query.order_by(table.c.seq))
        return [Event.from_document(document.encode()) for document in found]


def test_a_denied_request_is_a_denial_of_its_own(settle: Any) -> None:
    (event,) = settle(request("patch_task_instance", status=403, **MARK))
    assert (event.type, event.actor, event.task_id) == ("access.denied", "ada", "task")
    assert event.payload["attempted"] == "override.mark_task"
    assert event.payload["effective"] is False
    assert event.payload["request"]["client"] == "10.0.0.7"
    assert "log_row" not in event.payload


def test_what_airflow_does_not_log_is_told_by_its_request(settle: Any) -> None:
    (event,) = settle(request("delete_task_instance", **MARK))
    assert (event.type, event.witness) == ("override.delete_task", "request")
    assert event.payload["effective"] is True
    assert "log_row" not in event.payload


def test_a_change_whose_row_is_gone_is_told_and_says_so(settle: Any) -> None:
    (event,) = settle(request("delete_variable", params={"variable_key": "limit"}))
    assert (event.type, event.payload["name"]) == ("change.variable", "limit")
    assert event.payload["log_row"] == "missing"


@pytest.mark.parametrize(
    "made",
    [
        request("get_list_dag_runs_batch"),
        request("patch_task_instance_dry_run", **MARK),
        request("", status=404),
        request("post_clear_task_instances", dag_id="dag"),
    ],
    ids=["a list", "a dry run", "no such address", "a clear that cleared nothing"],
)
def test_what_changed_nothing_leaves_nothing(settle: Any, made: Event) -> None:
    assert settle(made) == []


def test_a_request_waits_until_the_log_is_read(settle: Any, store: str, metadata: Any) -> None:
    made = request("delete_variable")
    assert settle(made, read=False) == []
    metadata.log("delete_variable", task_id=None, dttm=BEGIN)
    assert settle(made) == []
    with database.transaction(store) as connection:
        assert [one.request_id for one in waiting_requests(connection)] == ["r1"]


def test_a_request_that_comes_after_its_row_is_a_sighting_of_its_event(
    settle: Any, store: str
) -> None:
    with database.transaction(store) as connection:
        ((_, event_id),) = record_actions(
            connection, None, [log_row("delete_variable", {"variable_key": "limit"})], now=NOW
        )
    (event,) = settle(request("delete_variable"))
    assert event.event_id == event_id
    with database.transaction(store) as connection:
        (seen,) = sightings_of(connection, [event_id])[event_id]
        assert waiting_requests(connection) == []
    assert (seen.witness, seen.reference) == ("request", "r1")


def test_two_late_requests_are_not_sightings_of_one_event(settle: Any, store: str) -> None:
    rows = [log_row("delete_variable", {"variable_key": name}, log_id=1) for name in ("a",)]
    with database.transaction(store) as connection:
        record_actions(connection, None, rows, now=NOW)
    found = settle(request("delete_variable"), request("delete_variable", request_id="r2"))
    assert len(found) == 2


def test_a_row_that_comes_after_its_request_was_settled_belongs_to_its_event(
    settle: Any, store: str
) -> None:
    (event,) = settle(request("delete_variable", params={"variable_key": "limit"}))
    with database.transaction(store) as connection:
        row = log_row("delete_variable", {"variable_key": "limit"})
        assert record_actions(connection, None, [row], now=LATER) == [(row, event.event_id)]
    assert events(store) == [event]


def test_a_settled_request_that_is_shipped_again_is_known(settle: Any) -> None:
    made = request("delete_task_instance", **MARK)
    assert settle(made) == settle(made)
