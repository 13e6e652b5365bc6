"""Event rows. Only inserted and read; what is there already stays as it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice
from typing import Any

from sqlalchemy import Connection, Row, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import OperationalError

from airflow_gov_provider.domain.events import Event
from airflow_gov_provider.store.events.bulk import (
    CopyRows,
    insert_rows_unknown,
    insert_unknown,
    is_deadlock,
    takes_many,
    takes_rows,
)
from airflow_gov_provider.store.tables import event as table

_BATCH = 2500
_FEW = 50  # up to so many, one statement is as fast
_ATTEMPTS = 5
_NUMBERS = text("SELECT nextval('event_seq_seq') FROM generate_series(1, :count)")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEvent:
    """An event and its place in the order of arrival."""

    seq: int
    recorded_at: datetime
    event: Event


def insert_events(
    connection: Connection,
    events: Iterable[Event],
    *,
    recorded_at: datetime,
    rows: CopyRows | None = None,
) -> int:
    """Insert what is not there yet, by ``event_id``.

    Many are drawn while the database takes in those before them, so that a generator may do its
    work meanwhile; it must not use the connection.

    Transactions that insert the same events at the same time wait for each other and do not end in
    a deadlock, in whatever order the events come, as long as each inserts all that it shares with
    another in one call of at most 2,500 events.

    :param rows: the rows that exactly these events make, where somebody had the time to prepare
        them.
    :returns: how many were new.
    :raises DBAPIError: if the database refuses one; the transaction is then of no more use.
    """
    remaining, new = iter(events), 0
    fast = takes_many(connection)
    if rows is not None and takes_rows(connection):
        taken = insert_rows_unknown(connection, rows)
        if taken is not None:
            return taken
        fast = False
    while few := list(islice(remaining, _FEW if fast else _BATCH)):
        if not fast or len(few) < _FEW:
            new += _insert_few(connection, few, recorded_at)
            continue
        drawn: list[Event] = []
        batch = _keeping(chain(few, islice(remaining, _BATCH - _FEW)), drawn)
        taken = insert_unknown(connection, batch, recorded_at=recorded_at)
        if taken is None:
            fast = False  # where one is known already, others are likely to be
            taken = _insert_few(connection, [*drawn, *batch], recorded_at)
        new += taken
    return new


def _keeping(events: Iterable[Event], drawn: list[Event]) -> Iterator[Event]:
    for event in events:
        drawn.append(event)
        yield event


def _insert_few(connection: Connection, events: list[Event], recorded_at: datetime) -> int:
    """On PostgreSQL in the order of their ids: who inserts one waits for whoever did so before,
    and if everybody has the same order, nobody waits in a circle.

    COPY has another order and gives up where it meets somebody; if it is not the one that the
    server chooses to end, this is done again.
    """
    rows = [_row(event, recorded_at) for event in events]
    if connection.dialect.name == "sqlite" or len(rows) < 2:  # noqa: PLR2004 - alone, no order
        return _insert(connection, rows)
    _number(connection, rows)
    rows.sort(key=lambda row: row["event_id"])
    for _ in range(_ATTEMPTS - 1):
        try:
            with connection.begin_nested():
                return _insert(connection, rows)
        except OperationalError as error:
            if not is_deadlock(error):
                raise
    return _insert(connection, rows)


def _insert(connection: Connection, rows: list[dict[str, Any]]) -> int:
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    statement = (
        dialect.insert(table)
        .on_conflict_do_nothing(index_elements=[table.c.event_id])
        .execution_options(preserve_rowcount=True)
    )
    return connection.execute(statement, rows).rowcount


def _number(connection: Connection, rows: list[dict[str, Any]]) -> None:
    """Give them their places in the order of arrival, whatever order they are inserted in."""
    numbers = connection.scalars(_NUMBERS, {"count": len(rows)})
    for row, number in zip(rows, sorted(numbers), strict=True):
        row["seq"] = number


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


def event_with(connection: Connection, event_id: str) -> StoredEvent | None:
    row = connection.execute(select(table).where(table.c.event_id == event_id)).one_or_none()
    return None if row is None else stored(row)


def stored(row: Row[Any]) -> StoredEvent:
    """What a whole row of the table holds."""
    return StoredEvent(seq=row.seq, recorded_at=row.recorded_at, event=_event(row))


def _event(row: Any) -> Event:
    """The event; one whose document was damaged in the database does not hide the others."""
    from airflow_gov_provider.store.events.lines import event_of_line

    try:
        return event_of_line(row.document.encode())
    except ValueError:
        columns = {name: getattr(row, name) for name in Event.__slots__ if name != "payload"}
        return Event(**columns, payload={"unreadable": True})
