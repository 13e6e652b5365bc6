"""Rows of Airflow's log become events that say what was done, by whom, from where."""

from __future__ import annotations

import json
import os
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fakes.actions import BEGIN, NOW, SECRET, ActionMetadata, log_row, request
from sqlalchemy import select

from airflow_gov_provider.collector.actions import record_actions
from airflow_gov_provider.collector.tail.rows import LogRow
from airflow_gov_provider.domain.events import Event
from airflow_gov_provider.store import database
from airflow_gov_provider.store.events.merging import arrive
from airflow_gov_provider.store.events.requests import waiting_requests
from airflow_gov_provider.store.events.rows import insert_events
from airflow_gov_provider.store.events.witnesses import sightings_of
from airflow_gov_provider.store.tables import event as event_table

GOLDEN = Path(__file__).parents[3] / "golden" / "actions.json"
RUN = {"dag_id": "dag", "run_id": "run"}
TASK = {**RUN, "task_id": "task"}


def recorded(store: str, session: Any, *rows: LogRow, requests: list[Event] | None = None) -> Any:
    """The event of each row."""
    with database.transaction(store) as connection:
        arrive(connection, requests or [], recorded_at=BEGIN)
        found = record_actions(connection, session, rows, now=NOW)
        stored = connection.execute(select(event_table.c.event_id, event_table.c.document))
        events = {event_id: Event.from_document(text.encode()) for event_id, text in stored}
    assert [row for row, _ in found] == list(rows)
    return [events[event_id] for _, event_id in found]


def uuid7(at: Any, tail: int = 1) -> str:
    return str(uuid.UUID(int=(int(at.timestamp() * 1000) << 80) | (7 << 76) | (2 << 62) | tail))


BULK_VARIABLES = {
    "actions": [
        {"action": "create", "entities": [{"key": "a", "value": "***", "description": SECRET}]},
        {"action": "delete", "entities": ["b"]},
    ]
}
BULK_RUNS = {
    "actions": [
        {"action": "update", "entities": [{"dag_run_id": "r1", "state": "failed", "note": SECRET}]}
    ]
}
CONNECTION = {
    "connection_id": "dwh",
    "conn_type": "http",
    "password": SECRET,
    "extra": {"k": "***"},
}
COMMAND = f"['/usr/bin/airflow', 'connections', 'add', 'dwh', '--conn-uri', '{SECRET}']"

CASES: dict[str, tuple[str, Any, dict[str, Any]]] = {
    "mark a task": ("patch_task_instance", {"new_state": "success", "note": SECRET}, TASK),
    "mark with others": (
        "patch_task_instance",
        {"new_state": "failed", "include_downstream": True, "map_index": "3"},
        TASK,
    ),
    "annotate a task": ("patch_task_instance", {"note": SECRET}, TASK),
    "mark a group": ("patch_task_group_instances", {"new_state": "failed", "group_id": "g"}, RUN),
    "mark a run": ("patch_dag_run", {"state": "failed", "note": SECRET}, RUN),
    "mark runs": ("bulk_dag_runs", BULK_RUNS, {"dag_id": "dag", "run_id": "~"}),
    "delete runs": (
        "bulk_dag_runs",
        {"actions": [{"action": "delete", "entities": ["r1", {"dag_run_id": "r2"}]}]},
        {"dag_id": "dag"},
    ),
    "delete a run": ("delete_dag_run", {}, RUN),
    "delete a Dag": ("delete_dag", {}, {"dag_id": "dag"}),
    "clear for show": ("clear_dag_runs", {"dry_run": True}, {"dag_id": "dag"}),
    "trigger": (
        "trigger_dag_run",
        {"conf": {"amount": SECRET, "region": [SECRET]}, "note": SECRET},
        RUN,
    ),
    "pause": ("patch_dag", {"is_paused": True}, {"dag_id": "dag"}),
    "unpause": ("patch_dag", {"is_paused": False}, {"dag_id": "dag"}),
    "pause many": ("patch_dags", {"is_paused": "true", "dag_id_pattern": "%"}, {}),
    "the scheduler pauses": (
        "paused",
        "[('dag_id', 'dag'), ('is_paused', True)]",
        {"dag_id": "dag", "owner": "scheduler"},
    ),
    "backfill": (
        "create_backfill",
        {"dag_run_conf": {"amount": SECRET}, "from_date": "2026-01-01"},
        {"dag_id": "dag"},
    ),
    "cancel a backfill": ("cancel_backfill", {"backfill_id": "7"}, {}),
    "new Connection": ("post_connection", CONNECTION, {}),
    "edited Connection": ("patch_connection", {"connection_id": "dwh", "host": SECRET}, {}),
    "deleted Connection": ("delete_connection", {"connection_id": "dwh"}, {}),
    "new Variable": ("post_variable", {"key": "limit", "value": SECRET}, {}),
    "Variables in bulk": ("bulk_variables", BULK_VARIABLES, {}),
    "deleted Variable": ("delete_variable", {"variable_key": "limit"}, {}),
    "new Pool": ("post_pool", {"name": "small", "slots": 3, "description": SECRET}, {}),
    "edited Pool": ("patch_pool", {"pool_name": "small", "pool": "small", "slots": 4}, {}),
    "edited XCom": (
        "update_xcom_entry",
        {"xcom_key": "return_value", "value": SECRET, "map_index": -1},
        TASK,
    ),
    "Connection by command": (
        "cli_connections_add",
        {"host_name": "h", "full_command": COMMAND},
        {},
    ),
    "Variable by command": (
        "cli_variables_set",
        {"full_command": f"['airflow', 'variables', 'set', 'limit', '{SECRET}']"},
        {},
    ),
    "Variable by option": (
        "cli_variables_set",
        {"full_command": f"['airflow', 'variables', 'set', '--json', '{SECRET}', '{SECRET}']"},
        {},
    ),
    "pause by command": ("cli_dag_pause", {"full_command": "['airflow']"}, {"dag_id": "dag"}),
    "token": ("generate_token", {"username": "ada", "password": SECRET}, {}),
    "materialize": ("materialize_asset", {"asset_id": "1"}, {}),
    "lost heartbeat": (
        "heartbeat timeout",
        f"the task said {SECRET}",
        {**TASK, "try_number": 1, "map_index": -1, "owner": None},
    ),
    "state mismatch": ("state mismatch", SECRET, {**TASK, "try_number": 1, "owner": "team"}),
}


@pytest.mark.parametrize("case", CASES)
def test_an_action_is_told_by_its_name_and_without_a_secret(sqlite_store: str, case: str) -> None:
    event, extra, more = CASES[case]
    (made,) = recorded(sqlite_store, None, log_row(event, extra, **more))
    assert SECRET.encode() not in made.document

    golden = json.loads(GOLDEN.read_text()) if GOLDEN.exists() else {}
    now = {name: getattr(made, name) for name in ("type", *RUN, "task_id", "map_index", "actor")}
    now |= {"payload": made.payload}
    if os.environ.get("GOLDEN_UPDATE"):
        GOLDEN.write_text(json.dumps(golden | {case: now}, indent=1, sort_keys=True) + "\n")
        return
    assert now == golden[case]


def test_every_endpoint_that_airflow_logs_keeps_a_name_that_fits(sqlite_store: str) -> None:
    rows = [log_row("x" * 60, {}, log_id=1), log_row("Ünusual näme!", {}, log_id=2)]
    first, second = recorded(sqlite_store, None, *rows)
    assert first.type == "action." + "x" * 60
    assert second.type == "action.nusual_n_me"


def test_every_row_belongs_to_one_event_however_often_it_is_read(store: str) -> None:
    rows = [log_row("materialize_asset", {}), log_row("heartbeat timeout", "late", log_id=2)]
    first = recorded(store, None, *rows)
    assert recorded(store, None, *rows) == first
    assert len({event.event_id for event in first}) == len(rows)


# ---------------------------------------------------------------------- the request


def test_a_row_is_joined_with_the_request_that_made_it(store: str) -> None:
    row = log_row("patch_dag", {"is_paused": True}, dag_id="dag")
    (event,) = recorded(store, None, row, requests=[request("patch_dag", dag_id="dag")])
    assert event.payload["request"] == {
        "client": "10.0.0.7",
        "method": "PATCH",
        "path": "/api/v2/somewhere",
        "status": 200,
    }
    assert event.payload["effective"] is True
    with database.transaction(store) as connection:
        assert waiting_requests(connection) == []
        (seen,) = sightings_of(connection, [event.event_id])[event.event_id]
    assert (seen.witness, seen.reference) == ("request", "r1")


@pytest.mark.parametrize(
    "other",
    [
        {"user": "eve"},
        {"endpoint": "patch_dags"},
        {"end": BEGIN - timedelta(milliseconds=1)},
        {"start": BEGIN + timedelta(milliseconds=1)},
    ],
    ids=["of another user", "to another endpoint", "ended before", "started after"],
)
def test_a_request_that_did_not_make_the_row_goes_on_waiting(
    sqlite_store: str, other: dict[str, Any]
) -> None:
    made = request(**({"endpoint": "patch_dag"} | other))
    (event,) = recorded(
        sqlite_store, None, log_row("patch_dag", {"is_paused": True}), requests=[made]
    )
    assert "request" not in event.payload
    assert event.payload["effective"] is None
    with database.transaction(sqlite_store) as connection:
        assert [one.request_id for one in waiting_requests(connection)] == ["r1"]


def test_requests_at_the_same_moment_go_to_the_rows_of_their_dags(sqlite_store: str) -> None:
    names = ["a", "b", "c"]
    rows = [
        log_row("patch_dag", {"is_paused": True}, log_id=number, dag_id=name)
        for number, name in enumerate(names)
    ]
    requests = [
        request("patch_dag", request_id=f"of-{name}", dag_id=name) for name in reversed(names)
    ]
    events = recorded(sqlite_store, None, *rows, requests=requests)
    with database.transaction(sqlite_store) as connection:
        seen = sightings_of(connection, [event.event_id for event in events])
    assert [seen[event.event_id][0].reference for event in events] == ["of-a", "of-b", "of-c"]


def test_a_request_that_is_shipped_again_after_it_was_claimed_is_known(store: str) -> None:
    row, made = log_row("patch_dag", {"is_paused": True}), request("patch_dag")
    recorded(store, None, row, requests=[made])
    with database.transaction(store) as connection:
        arrive(connection, [made], recorded_at=NOW)
        assert waiting_requests(connection) == []


def test_a_forbidden_attempt_that_airflow_logged_is_a_denial(sqlite_store: str) -> None:
    row = log_row("post_variable", {"key": "limit", "value": "***"})
    (event,) = recorded(sqlite_store, None, row, requests=[request("post_variable", status=403)])
    assert event.type == "access.denied"
    assert event.payload["attempted"] == "change.variable"
    assert event.payload["name"] == "limit"
    assert event.payload["effective"] is False


@pytest.mark.parametrize("status", [400, 404, 409, 422, 500])
def test_an_attempt_that_failed_had_no_effect(sqlite_store: str, status: int) -> None:
    row = log_row("patch_task_instance", {"new_state": "success"}, **TASK)
    (event,) = recorded(
        sqlite_store, None, row, requests=[request("patch_task_instance", status=status)]
    )
    assert event.type == "override.mark_task"
    assert event.payload["effective"] is False
    assert event.payload["request"]["status"] == status


# ---------------------------------------------------------------------- what came of it


def test_a_mark_says_what_was_before(store: str) -> None:
    states = [("running", 30), ("failed", 20), ("success", -1)]
    known = [
        Event(
            event_id=state,
            type=f"task_instance.{state}",
            state=state,
            occurred_at=BEGIN - timedelta(seconds=before),
            map_index=-1,
            try_number=1,
            **TASK,
        )
        for state, before in states
    ]
    with database.transaction(store) as connection:
        insert_events(connection, known, recorded_at=BEGIN)
    (event,) = recorded(
        store, None, log_row("patch_task_instance", {"new_state": "success"}, **TASK)
    )
    assert event.payload["before"] == "failed"
    assert event.payload["new_state"] == "success"


def test_a_clear_names_the_tasks_it_touched_and_what_they_were(
    store: str, metadata: ActionMetadata, session: Any
) -> None:
    long_ago, now = BEGIN - timedelta(hours=1), BEGIN + timedelta(milliseconds=20)
    metadata.run()
    metadata.task("a", None, ti_id=uuid7(now, 1), try_number=2)
    metadata.task("b", "running", ti_id=uuid7(now + timedelta(minutes=5)), try_number=3)
    metadata.task("same", "failed", ti_id=uuid7(BEGIN - timedelta(minutes=1)), try_number=2)
    metadata.task("fresh", None, ti_id=uuid7(now, 3))
    metadata.task("was_running", None, ti_id=uuid7(now, 4), try_number=2)
    for number, (task, state) in enumerate([("a", "success"), ("b", "failed"), ("same", "failed")]):
        metadata.earlier(task, state, ti_id=uuid7(long_ago, number))
    metadata.earlier("b", "failed", ti_id=uuid7(now, 2), try_number=2)  # cleared, and failed again
    metadata.earlier("was_running", "failed", ti_id=uuid7(long_ago, 9), end_date=now)

    row = log_row(
        "post_clear_task_instances", {"dry_run": False, "task_ids": ["a", ["b", 1]]}, **RUN
    )
    (event,) = recorded(
        store, session, row, requests=[request("post_clear_task_instances", dag_id="dag")]
    )
    assert event.type == "override.clear"
    assert event.payload["cleared"] == [
        {"task_id": "a", "before": "success", "try_number": 1},
        {"task_id": "b", "before": "failed", "try_number": 1},
        {"task_id": "was_running", "before": "unfinished", "try_number": 1},
    ]
    assert event.payload["before"] == {"success": 1, "failed": 1, "unfinished": 1}
    assert event.payload["asked_tasks"] == ["a", ["b", 1]]
    assert event.payload["effective"] is True


def test_a_clear_that_touched_nothing_had_no_effect(
    sqlite_store: str, metadata: ActionMetadata, session: Any
) -> None:
    row = log_row("clear_dag_run", {"dry_run": False}, **RUN)
    (event,) = recorded(sqlite_store, session, row, requests=[request("clear_dag_run")])
    assert event.payload["effective"] is False
    assert event.payload["cleared_total"] == 0


def test_a_run_that_was_given_no_id_is_found_by_who_triggered_it(
    sqlite_store: str, metadata: ActionMetadata, session: Any
) -> None:
    soon = BEGIN + timedelta(milliseconds=10)
    metadata.run("mine", created_at=soon, triggering_user_name="ada")
    metadata.run("theirs", created_at=soon, triggering_user_name="eve")
    row = log_row("trigger_dag_run", {"conf": {"amount": SECRET}}, dag_id="dag")
    (event,) = recorded(sqlite_store, session, row, requests=[request("trigger_dag_run")])
    assert (event.type, event.run_id) == ("action.trigger_run", "mine")
    assert event.payload["conf_keys"] == ["amount"]


ANSWER = {"chosen_options": ["Approve"], "params_input": {"reason": SECRET}, "map_index": "-1"}


def ask(metadata: ActionMetadata, *, by: str | None, at: Any) -> None:
    metadata.run()
    ti_id = metadata.task()
    metadata.add(
        "hitl_detail",
        ti_id=uuid.UUID(ti_id),
        options=["Approve", "Reject"],
        subject="?",
        params={},
        created_at=BEGIN,
        responded_at=at,
        responded_by={"id": by, "name": by} if by else None,
        chosen_options=["Approve"] if by else None,
        params_input={"reason": SECRET},
    )


@pytest.mark.parametrize(
    ("by", "seconds", "status", "effective"),
    [
        ("ada", 0.01, 200, True),
        ("ada", 0.01, None, True),
        ("eve", -60, 409, False),
        ("eve", -60, None, False),
        ("ada", -60, 409, False),
        (None, 0, 403, False),
        (None, 0, 400, False),
    ],
)
def test_an_answer_counts_if_airflow_took_it(  # noqa: PLR0917
    sqlite_store, metadata, session, by, seconds, status, effective
):
    ask(metadata, by=by, at=BEGIN + timedelta(seconds=seconds) if by else None)
    seen = [] if status is None else [request("update_hitl_detail", status=status)]
    (event,) = recorded(
        sqlite_store, session, log_row("update_hitl_detail", ANSWER, **TASK), requests=seen
    )
    assert event.type == ("human_input.answered" if effective else "human_input.refused")
    assert event.payload["effective"] is effective
    assert event.payload["chosen_options"] == ["Approve"]
    assert event.map_index == -1
    assert SECRET.encode() not in event.document


def test_an_option_that_nobody_offered_is_counted_and_not_repeated(
    sqlite_store: str, metadata: ActionMetadata, session: Any
) -> None:
    ask(metadata, by=None, at=None)
    row = log_row("update_hitl_detail", ANSWER | {"chosen_options": [SECRET, 7]}, **TASK)
    (event,) = recorded(
        sqlite_store, session, row, requests=[request("update_hitl_detail", status=400)]
    )
    assert event.type == "human_input.refused"
    assert event.payload["unknown_options"] == 1
    assert SECRET.encode() not in event.document
