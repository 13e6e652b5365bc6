"""Event rows. Only inserted and read; what is there already stays as it is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Row, Select, select
from sqlalchemy.dialects import postgresql, sqlite

from airflow_gov_provider.domain.events import Event
from airflow_gov_provider.store.pages import DEFAULT_LIMIT, Page
from airflow_gov_provider.store.tables import event as table

_BATCH = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEvent:
    """An event and its place in the order of arrival."""

    seq: int
    recorded_at: datetime
    event: Event


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """What to look for; a field that is None does not filter.

    :param dag_ids: only events of these Dags; an empty collection finds nothing.
    :param since: of this time of occurrence or later.
    :param until: before this time of occurrence.
    """

    dag_ids: Collection[str] | None = None
    dag_id: str | None = None
    run_id: str | None = None
    task_id: str | None = None
    type: str | None = None
    actor: str | None = None
    since: datetime | None = None
    until: datetime | None = None


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
        _selection()
        .where(table.c.dag_id == dag_id, table.c.run_id == run_id)
        .order_by(table.c.occurred_at, table.c.seq)
    )
    return [_stored(row) for row in rows]


def page_of_events(
    connection: Connection,
    wanted: EventFilter,
    *,
    before: int | None = None,
    limit: int = DEFAULT_LIMIT,
) -> Page[StoredEvent]:
    """Newest arrival first.

    :param before: the ``next_cursor`` of the page above, as a number.
    """
    query = filtered(_selection(), wanted).order_by(table.c.seq.desc())
    if before is not None:
        query = query.where(table.c.seq < before)
    rows = connection.execute(query.limit(limit + 1)).all()
    items = [_stored(row) for row in rows[:limit]]
    return Page(items=items, next_cursor=str(items[-1].seq) if len(rows) > limit else None)


def _selection() -> Select[Any]:
    return select(table)


def _stored(row: Row[Any]) -> StoredEvent:
    return StoredEvent(seq=row.seq, recorded_at=row.recorded_at, event=_event(row))


def _event(row: Any) -> Event:
    """The event; one whose document was damaged in the database does not hide the others."""
    try:
        return Event.from_document(row.document.encode())
    except ValueError:
        columns = {name: getattr(row, name) for name in Event.__slots__ if name != "payload"}
        return Event(**columns, payload={"unreadable": True})


def filtered(query: Select[Any], wanted: EventFilter) -> Select[Any]:
    equal = {
        table.c.dag_id: wanted.dag_id,
        table.c.run_id: wanted.run_id,
        table.c.task_id: wanted.task_id,
        table.c.type: wanted.type,
        table.c.actor: wanted.actor,
    }
    for column, value in equal.items():
        if value is not None:
            query = query.where(column == value)
    if wanted.dag_ids is not None:
        query = query.where(table.c.dag_id.in_(wanted.dag_ids))
    if wanted.since is not None:
        query = query.where(table.c.occurred_at >= wanted.since)
    if wanted.until is not None:
        query = query.where(table.c.occurred_at < wanted.until)
    return query
