"""An Airflow with rows in its tables, and a governance database of each supported kind."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from airflow_gov_provider.domain.events import Event
from airflow_gov_provider.store import database
from airflow_gov_provider.store.events.rows import insert_events
from airflow_gov_provider.store.tables import event as table
from tests.fakes.metadata import BEGIN, Metadata


@pytest.fixture
def metadata():
    made = Metadata()
    yield made
    made.clear()


@pytest.fixture
def store(store_url, monkeypatch):
    """A migrated governance database that the settings point at."""
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__SQL_ALCHEMY_CONN", store_url)
    database.migrate(store_url)
    return store_url


@pytest.fixture
def record(store):
    def write(*events):
        with database.transaction(store) as connection:
            insert_events(connection, events, recorded_at=BEGIN)

    return write


@pytest.fixture
def told(store):
    """``told("coverage.")`` are the events with such types, in the order of arrival."""

    def read(prefix):
        query = select(table.c.document).where(table.c.type.startswith(prefix))
        with database.transaction(store) as connection:
            found = connection.scalars(query.order_by(table.c.seq)).all()
        return [Event.from_document(document.encode()) for document in found]

    return read


def task_event(
    state: str,
    task_id: str | None = "task",
    *,
    at: datetime = BEGIN + timedelta(seconds=30),
    payload: dict | None = None,
    **more,
) -> Event:
    content = {
        "type": f"task_instance.{state}",
        "state": state,
        "dag_id": "dag",
        "run_id": "run",
        "task_id": task_id,
        "map_index": -1,
        "try_number": 1,
        "occurred_at": at,
        "payload": payload or {},
    } | more
    name = json.dumps(content, default=str, sort_keys=True)
    return Event(**{"event_id": hashlib.sha256(name.encode()).hexdigest()} | content)


def run_event(state: str, *, queued_at: datetime = BEGIN, clear_number: int = 0, **more) -> Event:
    payload = {"queued_at": queued_at.isoformat(), "clear_number": clear_number}
    return task_event(
        state,
        None,
        type=f"dag_run.{state}",
        map_index=None,
        try_number=None,
        at=more.pop("at", BEGIN + timedelta(minutes=1)),
        payload=payload | more.pop("payload", {}),
        **more,
    )
