"""Event rows. Only inserted and read; what is there already stays as it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Row, select
from sqlalchemy.dialects import postgresql, sqlite

from airflow_gov_provider.domain.events import Event
from airflow_gov_provider.store.tables import event as table

_BATCH = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEvent:
    """An event and its place in the order of arrival."""

    seq: int
    recorded_at: datetime
    event: Event


def insert_events(connection: Connection, events: Iterable[Event], *, recorded_at: datetime) -> int:
    """Insert what is not there yet, by ``event_id``.

    :returns: how many were new.
    """
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    statement = (
        dialect.insert(table)
        .on_conflict_do_nothing(index_elements=[table.c.event_id])
        .execution_options(preserve_rowcount=True)
    )
    return sum(
        connection.execute(statement, [_row(event, recorded_at) for event in batch]).rowcount
        for batch in _batches(events)
    )


def _batches(events: Iterable[Event]) -> Iterator[list[Event]]:
    remaining = iter(events)
    while batch := list(islice(remaining, _BATCH)):
        yield batch


def _row(event: Event, recorded_at: datetime) -> dict[str, Any]:
    return {
        "event_id": event.event_id,
        "type": event.type,
        "state": event.state,
        "dag_id": event.dag_id,
        "run_id": event.run_id,
        "task_id": event.task_id,
        "map_index": event.map_index,
        "try_number": event.try_number,
        "actor": event.actor,
        "witness": event.witness,
        "occurred_at": event.occurred_at,
        "recorded_at": recorded_at,
        "document": event.document.decode(),
    }


def events_of_run(connection: Connection, dag_id: str, run_id: str) -> list[StoredEvent]:
    """Everything seen of one Dag run, in the order of occurrence."""
    rows = connection.execute(
        select(table)
        .where(table.c.dag_id == dag_id, table.c.run_id == run_id)
        .order_by(table.c.occurred_at, table.c.seq)
    )
    return [stored(row) for row in rows]


def stored(row: Row[Any]) -> StoredEvent:
    """What a whole row of the table holds."""
    return StoredEvent(seq=row.seq, recorded_at=row.recorded_at, event=_event(row))


def _event(row: Any) -> Event:
    """The event; one whose document was damaged in the database does not hide the others."""
    try:
        return Event.from_document(row.document.encode())
    except ValueError:
        columns = {name: getattr(row, name) for name in Event.__slots__ if name != "payload"}
        return Event(**columns, payload={"unreadable": True})
