"""An Airflow with rows in its tables, and a governance database of each supported kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from fakes.actions import ActionMetadata
from sqlalchemy import select

from airflow_gov_provider.collector.tail.reading import read_log
from airflow_gov_provider.collector.tail.sweeping import sweep_task_instances
from airflow_gov_provider.domain.events import Event
from airflow_gov_provider.store import database
from airflow_gov_provider.store.events.merging import arrive
from airflow_gov_provider.store.events.witnesses import sightings_of
from airflow_gov_provider.store.tables import event as table
from tests.fakes.metadata import BEGIN


@pytest.fixture
def metadata() -> Iterator[ActionMetadata]:
    made = ActionMetadata()
    yield made
    made.clear()


@pytest.fixture
def ledger(store_url: str, monkeypatch: pytest.MonkeyPatch, metadata: ActionMetadata) -> Ledger:
    """A governance database that the settings point at; nothing is read yet."""
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__SQL_ALCHEMY_CONN", store_url)
    return Ledger(store_url)


def at(seconds: float) -> datetime:
    return BEGIN + timedelta(seconds=seconds)


class Ledger:
    """What the duties make of Airflow's tables, at times that the test chooses."""

    def __init__(self, url: str) -> None:
        self.url = url

    def read(self, seconds: float) -> int:
        return read_log(clock=lambda: at(seconds))

    def sweep(self, seconds: float) -> int:
        return sweep_task_instances(clock=lambda: at(seconds))

    def arrive(self, *events: Event) -> None:
        with database.transaction(self.url) as connection:
            arrive(connection, events, recorded_at=BEGIN)

    @property
    def events(self) -> list[Event]:
        query = select(table.c.document).order_by(table.c.seq)
        with database.transaction(self.url) as connection:
            documents = connection.scalars(query).all()
        found = [Event.from_document(document.encode()) for document in documents]
        return [event for event in found if not event.type.startswith(("ledger.", "recording."))]

    @property
    def witnesses(self) -> Counter[tuple[str | None, str, tuple[str, ...]]]:
        """How often (task, type, witnesses) is there."""
        events = self.events
        with database.transaction(self.url) as connection:
            sightings = sightings_of(connection, [event.event_id for event in events])
        return Counter(
            (
                event.task_id,
                event.type.removeprefix("task_instance."),
                tuple(
                    sorted(
                        {
                            event.witness,
                            *(one.witness for one in sightings.get(event.event_id, ())),
                        }
                    )
                ),
            )
            for event in events
        )

    def sightings(self, event: Event) -> list[Any]:
        with database.transaction(self.url) as connection:
            return sightings_of(connection, [event.event_id]).get(event.event_id, [])


def heard(state: str, *, seconds: float, **changes: Any) -> Event:
    """What the listener tells of the task that the rows are about."""
    payload = {"process": "task", **changes.pop("payload", {})}
    if state == "running":
        payload["process_started_at"] = at(seconds - 1).isoformat()
    content = {
        "event_id": f"listener-{changes.get('task_id', 'task')}-{state}-{seconds}",
        "type": f"task_instance.{state}",
        "state": state,
        "dag_id": "dag",
        "run_id": "run",
        "task_id": "task",
        "map_index": -1,
        "try_number": 1,
        "occurred_at": at(seconds),
        "payload": payload,
    }
    return Event(**(content | changes))
