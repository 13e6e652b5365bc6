"""Findings about what is not recorded, and what they are judged by."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, tuple_, update

from airflow_gov_provider.domain.events import LISTENER, Event, canonical_line
from airflow_gov_provider.domain.record.coverage import Transition
from airflow_gov_provider.domain.sightings import LOG
from airflow_gov_provider.store.events.rows import insert_events
from airflow_gov_provider.store.pages import DEFAULT_LIMIT, Page
from airflow_gov_provider.store.tables import coverage_finding as table
from airflow_gov_provider.store.tables import event, event_witness

LOST = "coverage.lost"
RESTORED = "coverage.restored"
LISTENER_LOST = "listener"  # hooks are called, and not ours
STATES_MISSING = "missing"  # states of Airflow's tables have no event, or more than one

_RETRY = "task_instance.up_for_retry"
_RUNNING = "task_instance.running"
_REPORTED = ("task_instance.success", "task_instance.skipped", _RETRY)
_AT_ONCE = 500
_LONGEST_HOST = 240  # of a subject, with what it is


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageFinding:
    """Something is not recorded as it should be.

    :param kind: ``listener`` or ``missing``.
    :param subject: ``host:NAME`` or ``dag:DAG_ID``.
    :param details: counts and examples, JSON-safe.
    """

    finding_id: str
    kind: str
    subject: str
    details: Mapping[str, Any]
    opened_at: datetime
    closed_at: datetime | None = None

    @property
    def dag_id(self) -> str | None:
        """The Dag that it is about, if it is about one."""
        about, _, name = self.subject.partition(":")
        return name if about == "dag" else None


def open_finding(connection: Connection, finding: CoverageFinding) -> None:
    """Insert it, and the event that says so."""
    values = {name: getattr(finding, name) for name in CoverageFinding.__slots__}
    values["details"] = canonical_line(finding.details).decode()
    connection.execute(insert(table), values)
    _tell(connection, LOST, finding, finding.opened_at)


def close_finding(connection: Connection, finding: CoverageFinding, *, now: datetime) -> bool:
    """Close it, and say so in an event. :returns: False if it was closed already."""
    closed = connection.execute(
        update(table)
        .where(table.c.finding_id == finding.finding_id, table.c.closed_at.is_(None))
        .values(closed_at=now)
    )
    if not closed.rowcount:
        return False
    _tell(connection, RESTORED, finding, now)
    return True


def change_details(connection: Connection, finding_id: str, details: Mapping[str, Any]) -> None:
    """What is known of an open finding now; the event that opened it stays as it is."""
    values = {"details": canonical_line(details).decode()}
    connection.execute(update(table).where(table.c.finding_id == finding_id).values(values))


def _tell(connection: Connection, type_: str, finding: CoverageFinding, at: datetime) -> None:
    name = hashlib.sha256(canonical_line([type_, finding.finding_id])).hexdigest()
    payload = {
        "finding_id": finding.finding_id,
        "kind": finding.kind,
        "subject": finding.subject,
        **finding.details,
    }
    told = Event(
        event_id=name,
        type=type_,
        witness="collector",
        occurred_at=at,
        dag_id=finding.dag_id,
        payload=payload,
    )
    insert_events(connection, [told], recorded_at=at)


def open_findings(connection: Connection, *, kind: str | None = None) -> list[CoverageFinding]:
    """Oldest first."""
    query = select(table).where(table.c.closed_at.is_(None)).order_by(table.c.finding_id)
    if kind is not None:
        query = query.where(table.c.kind == kind)
    return [_finding(row) for row in connection.execute(query)]


def closed_since(connection: Connection, since: datetime, *, kind: str) -> list[CoverageFinding]:
    query = select(table).where(table.c.closed_at >= since, table.c.kind == kind)
    return [_finding(row) for row in connection.execute(query.order_by(table.c.closed_at))]


def page_of_findings(
    connection: Connection,
    *,
    is_open: bool | None = None,
    before: str | None = None,
    limit: int = DEFAULT_LIMIT,
) -> Page[CoverageFinding]:
    """Open and past ones, newest first.

    :param is_open: True for the open ones only, False for the others.
    :param before: the ``next_cursor`` of the page above.
    """
    query = select(table).order_by(table.c.finding_id.desc())
    if is_open is not None:
        closed = table.c.closed_at
        query = query.where(closed.is_(None) if is_open else closed.is_not(None))
    if before is not None:
        query = query.where(table.c.finding_id < before)
    rows = connection.execute(query.limit(limit + 1)).all()
    items = [_finding(row) for row in rows[:limit]]
    return Page(items=items, next_cursor=items[-1].finding_id if len(rows) > limit else None)


def _finding(row: Row[Any]) -> CoverageFinding:
    values = {name: getattr(row, name) for name in CoverageFinding.__slots__}
    return CoverageFinding(**values | {"details": json.loads(row.details)})


def reported_transitions(
    connection: Connection, *, since: datetime, until: datetime, most: int
) -> list[Transition]:
    """States that task processes reported and that the hooks of listeners must have told as well.

    A task that was to be tried again may have been killed before its hook, and Airflow's log does
    not tell; such a one counts only where the listener was not heard in the whole try.

    :param most: the newest so many.
    """
    query = (
        select(
            event.c.event_id,
            event.c.type,
            event.c.witness,
            event.c.dag_id,
            event.c.run_id,
            event.c.task_id,
            event.c.map_index,
            event.c.try_number,
            event.c.occurred_at,
            event_witness.c.document,
        )
        .join(event_witness, event_witness.c.event_id == event.c.event_id)
        .where(
            event_witness.c.witness == LOG,
            event.c.occurred_at >= since,
            event.c.occurred_at < until,
            event.c.type.in_(_REPORTED),
        )
        .order_by(event.c.occurred_at.desc())
        .limit(most)
    )
    rows = connection.execute(query).all()
    silent = [row.event_id for row in rows if row.witness != LISTENER]
    heard = {row.event_id for row in rows if row.witness == LISTENER}
    heard |= _heard_late(connection, silent)
    lost = [row for row in rows if row.type == _RETRY and row.event_id not in heard]
    killed = _heard_to_run(connection, lost)
    return [
        Transition(
            event_id=row.event_id,
            host=host,
            dag_id=row.dag_id,
            at=row.occurred_at,
            heard=row.event_id in heard,
        )
        for row in rows
        if row.event_id not in killed and (host := _host(row.document))
    ]


def _host(document: str) -> str | None:
    try:
        payload = json.loads(document)["payload"]
    except (ValueError, KeyError, TypeError):
        return None
    host = payload.get("hostname") if isinstance(payload, dict) else None
    return host[:_LONGEST_HOST] if isinstance(host, str) and host else None


def _heard_late(connection: Connection, event_ids: Sequence[str]) -> set[str]:
    """Those of the events that a listener told of after others had."""
    heard: set[str] = set()
    for some in _batches(event_ids):
        query = select(event_witness.c.event_id).where(
            event_witness.c.event_id.in_(some), event_witness.c.witness == LISTENER
        )
        heard.update(connection.scalars(query))
    return heard


def _heard_to_run(connection: Connection, rows: Collection[Any]) -> set[str]:
    """Those of the events in whose try a listener told that the task runs."""
    by_try = {
        (row.dag_id, row.run_id, row.task_id, row.map_index, row.try_number): row.event_id
        for row in rows
    }
    names = ("dag_id", "run_id", "task_id", "map_index", "try_number")
    columns = [event.c[name] for name in names]
    found: set[str] = set()
    for some in _batches(list(by_try)):
        query = select(event.c.event_id, event.c.witness, *columns).where(
            tuple_(event.c.dag_id, event.c.run_id).in_({one[:2] for one in some}),
            tuple_(*columns[2:]).in_([one[2:] for one in some]),
            event.c.type == _RUNNING,
        )
        ran = connection.execute(query).all()
        late = _heard_late(connection, [row.event_id for row in ran if row.witness != LISTENER])
        found.update(
            by_try[key]
            for row in ran
            if (row.witness == LISTENER or row.event_id in late)
            and (key := tuple(getattr(row, name) for name in names)) in by_try
        )
    return found


def _batches(values: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (values[start : start + _AT_ONCE] for start in range(0, len(values), _AT_ONCE))
