"""Rows of Airflow's log become events."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from airflow_gov_provider.collector.actions import record_actions
from airflow_gov_provider.collector.tail.rows import LogRow
from airflow_gov_provider.store import database

NOW = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)


def row(event: str, **more: object) -> LogRow:
    known: dict[str, object] = {
        "log_id": 1,
        "at": NOW,
        "event": event,
        "dag_id": None,
        "run_id": None,
        "task_id": None,
        "map_index": None,
        "try_number": None,
        "owner": None,
        "extra": None,
    }
    return LogRow(**(known | more))  # type: ignore[arg-type]


def test_every_row_belongs_to_one_event_however_often_it_is_read(store_url: str) -> None:
    rows = [
        row("materialize_asset", owner="ada", extra=json.dumps({"method": "POST"})),
        row("heartbeat timeout", log_id=2, dag_id="d", task_id="t"),
    ]
    with database.transaction(store_url) as connection:
        first = record_actions(connection, None, rows, now=NOW)
        again = record_actions(connection, None, rows, now=NOW)
    assert [one for one, _ in first] == rows
    assert first == again
    assert len({event_id for _, event_id in first}) == len(rows)
