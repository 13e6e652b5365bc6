"""Incidents and their timelines.

A change of an incident is one UPDATE that names the version it was made of, so that of two people
who do something at once one wins and the other is told. What is reported under one key is taken in
one after the other.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Row, case, func, insert, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from airflow_gov_provider.domain.events import canonical_line
from airflow_gov_provider.domain.incidents.incident import Change, Incident, Resolution, State
from airflow_gov_provider.domain.incidents.reporting import Clock
from airflow_gov_provider.domain.severity import Severity
from airflow_gov_provider.store.promise_tables import incident as table
from airflow_gov_provider.store.promise_tables import incident_entry
from airflow_gov_provider.store.tables import event

_AT_ONCE = 500
_LOCKS = 64
_JSON = ("details", "affected")


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry:
    """One thing that happened to an incident.

    :param actor: who did it; None for a machine.
    :param event_id: the event in the ledger that says so.
    """

    entry_id: int
    incident_id: str
    kind: str
    actor: str | None
    at: datetime
    details: Mapping[str, Any]
    event_id: str


def one_after_the_other(connection: Connection, dedup_key: str) -> None:
    """Until the transaction ends, nobody else reports anything under this key.

    Several keys share a lock, because a transaction that reports thousands of them would take more
    locks than PostgreSQL has room for.
    """
    if connection.dialect.name == "postgresql":
        number = int.from_bytes(hashlib.sha256(dedup_key.encode()).digest()[:4]) % _LOCKS
        lock = text("SELECT pg_advisory_xact_lock(hashtext('governance.incident'), :number)")
        connection.execute(lock, {"number": number})
        return
    begin_writing(connection)


def begin_writing(connection: Connection) -> None:
    """SQLite has one writer at a time; being it before reading is what makes the reading count."""
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite" and not driver.in_transaction:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def get_incident(connection: Connection, incident_id: str) -> Incident | None:
    row = connection.execute(select(table).where(table.c.incident_id == incident_id)).one_or_none()
    return None if row is None else incident_of(row)


def newest_of_key(connection: Connection, dedup_key: str) -> Incident | None:
    """The one that is not resolved, or else the last one that was."""
    is_resolved = case((table.c.state == State.RESOLVED.value, 1), else_=0)
    query = select(table).where(table.c.dedup_key == dedup_key)
    row = connection.execute(
        query.order_by(is_resolved, table.c.incident_id.desc()).limit(1)
    ).one_or_none()
    return None if row is None else incident_of(row)


def incident_of_event(connection: Connection, dedup_key: str, event_id: str) -> Incident | None:
    """The incident of the key whose timeline has an entry with this event."""
    of_key = select(table.c.incident_id).where(table.c.dedup_key == dedup_key)
    query = select(incident_entry.c.incident_id).where(
        incident_entry.c.incident_id.in_(of_key), incident_entry.c.event_id == event_id
    )
    found = connection.scalar(query.limit(1))
    return None if found is None else get_incident(connection, found)


def incidents_of_events(connection: Connection, event_ids: Iterable[str]) -> dict[str, str]:
    """The incident whose timeline has an entry with the event, by the event's id."""
    found: dict[str, str] = {}
    remaining = iter(event_ids)
    while some := list(islice(remaining, _AT_ONCE)):
        query = select(incident_entry.c.event_id, incident_entry.c.incident_id)
        rows = connection.execute(query.where(incident_entry.c.event_id.in_(some)))
        found.update({row.event_id: row.incident_id for row in rows})
    return found


def known_events(connection: Connection, event_ids: Iterable[str]) -> set[str]:
    """Those of the ids that are there: of occasions that were counted already."""
    known: set[str] = set()
    remaining = iter(event_ids)
    while some := list(islice(remaining, _AT_ONCE)):
        query = select(event.c.event_id).where(event.c.event_id.in_(some))
        known.update(connection.scalars(query))
    return known


def healing_keys(connection: Connection, *, kind: str) -> dict[str, datetime]:
    """Keys of the incidents of a kind that machines may resolve, and when each was seen last."""
    query = select(table.c.dedup_key, table.c.last_seen_at).where(
        table.c.state != State.RESOLVED.value, table.c.kind == kind, table.c.auto_resolve
    )
    return {row.dedup_key: row.last_seen_at for row in connection.execute(query)}


def insert_incident(connection: Connection, incident: Incident) -> bool:
    """False if another one of its key is there that is not resolved."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    statement = dialect.insert(table).on_conflict_do_nothing()
    statement = statement.execution_options(preserve_rowcount=True)
    return connection.execute(statement, _row(incident)).rowcount == 1


def replace_incident(connection: Connection, before: Incident, after: Incident) -> bool:
    """False if it is not any more as it was before; nothing is written then.

    What lies downstream is not a change that anyone decides on: it is left as it is, unless
    ``after`` wants it to be looked for again.
    """
    values = _row(after)
    if after.affected:
        del values["affected"]
    changed = connection.execute(
        update(table)
        .where(
            table.c.incident_id == before.incident_id,
            table.c.version == before.version,
            table.c.state == before.state.value,
        )
        .values(values)
    )
    return changed.rowcount == 1


def insert_entry(connection: Connection, change: Change, event_id: str) -> int:
    """Add to the timeline. :returns: the number of the entry."""
    values = {
        "incident_id": change.after.incident_id,
        "kind": change.entry.value,
        "actor": change.actor,
        "at": change.at,
        "details": document_of(change),
        "event_id": event_id,
    }
    made = connection.execute(insert(incident_entry).values(values)).inserted_primary_key
    return int(made[0]) if made else 0


def document_of(change: Change) -> str:
    """What the entry of a change says, as it is stored; its digest is in the ledger."""
    return canonical_line({**change.details, "version": change.after.version}).decode()


def entries_of(connection: Connection, incident_id: str) -> list[TimelineEntry]:
    """The whole timeline, the oldest entry first."""
    query = select(incident_entry).where(incident_entry.c.incident_id == incident_id)
    return [_entry(row) for row in connection.execute(query.order_by(incident_entry.c.entry_id))]


def newest_entries(
    connection: Connection, incident_id: str, *, limit: int
) -> tuple[list[TimelineEntry], int]:
    """The newest part of the timeline, its oldest entry first, and how long the whole one is."""
    of_it = incident_entry.c.incident_id == incident_id
    query = select(incident_entry).where(of_it).order_by(incident_entry.c.entry_id.desc())
    entries = [_entry(row) for row in connection.execute(query.limit(limit))]
    total = connection.scalar(select(func.count()).select_from(incident_entry).where(of_it))
    return entries[::-1], total or 0


def last_entry(connection: Connection, incident_id: str) -> TimelineEntry | None:
    query = select(incident_entry).where(incident_entry.c.incident_id == incident_id)
    row = connection.execute(query.order_by(incident_entry.c.entry_id.desc()).limit(1)).first()
    return None if row is None else _entry(row)


def without_affected(connection: Connection, *, limit: int) -> list[Incident]:
    """Those of a Dag that are not resolved and of which nobody knows what lies downstream."""
    query = select(table).where(
        table.c.state != State.RESOLVED.value,
        table.c.affected == _EMPTY,
        table.c.dag_id.is_not(None),
    )
    rows = connection.execute(query.order_by(table.c.incident_id).limit(limit))
    return [incident_of(row) for row in rows]


def note_affected(
    connection: Connection, incident_id: str, affected: Mapping[str, Any], *, owner: str | None
) -> None:
    """Keep what lies downstream, and an owner for whatever had none; no version is counted."""
    query = update(table).where(table.c.incident_id == incident_id)
    connection.execute(query.values(affected=canonical_line(affected).decode()))
    if owner is not None:
        connection.execute(query.where(table.c.owner.is_(None)).values(owner=owner))


def reportable_incidents(connection: Connection) -> list[Incident]:
    """Every incident with a clock, whether it runs or not."""
    query = select(table).where(table.c.reportable.is_not(None)).order_by(table.c.incident_id)
    return [incident_of(row) for row in connection.execute(query)]


_EMPTY = canonical_line({}).decode()


def _row(incident: Incident) -> dict[str, Any]:
    values = {name: getattr(incident, name) for name in incident.__slots__}
    values["state"], values["severity"] = incident.state.value, incident.severity.value
    values["resolution"] = incident.resolution and incident.resolution.value
    values |= {name: canonical_line(values[name]).decode() for name in _JSON}
    clocks = [clock.content for clock in incident.reportable]
    values["reportable"] = canonical_line(clocks).decode() if clocks else None
    return values


def incident_of(row: Row[Any]) -> Incident:
    """What a whole row of the table holds."""
    values = {name: getattr(row, name) for name in Incident.__slots__}
    values |= {name: json.loads(values[name]) for name in _JSON}
    values["state"], values["severity"] = State(row.state), Severity(row.severity)
    values["resolution"] = row.resolution and Resolution(row.resolution)
    clocks = json.loads(row.reportable) if row.reportable else ()
    values["reportable"] = tuple(Clock.from_content(clock) for clock in clocks)
    return Incident(**values)


def _entry(row: Row[Any]) -> TimelineEntry:
    values = {name: getattr(row, name) for name in TimelineEntry.__slots__}
    return TimelineEntry(**values | {"details": json.loads(row.details)})
