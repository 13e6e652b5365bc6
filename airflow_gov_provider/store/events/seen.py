"""Events as a comparison with Airflow's tables needs them, run by run."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, select

from airflow_gov_provider.domain.record.reconciliation import Seen
from airflow_gov_provider.domain.sightings import TI_ID
from airflow_gov_provider.store.tables import event as table
from airflow_gov_provider.store.tables import event_witness

_AT_ONCE = 1000


def seen_of_run(connection: Connection, dag_id: str, run_id: str) -> Iterator[Seen]:
    """Every event of the run, in the order of arrival."""
    query = (
        select(
            table.c.event_id,
            table.c.type,
            table.c.witness,
            table.c.state,
            table.c.occurred_at,
            table.c.task_id,
            table.c.map_index,
            table.c.try_number,
            table.c.document,
        )
        .where(table.c.dag_id == dag_id, table.c.run_id == run_id)
        .order_by(table.c.seq)
    )
    told = _told_by_others(connection, dag_id, run_id)
    for row in connection.execute(query.execution_options(yield_per=_AT_ONCE)):
        yield _seen(row, told)


def _told_by_others(connection: Connection, dag_id: str, run_id: str) -> dict[str, str]:
    """UUIDs of task instances by event, from those who saw it too: they may know it alone."""
    query = (
        select(event_witness.c.event_id, event_witness.c.document)
        .join_from(event_witness, table, event_witness.c.event_id == table.c.event_id)
        .where(table.c.dag_id == dag_id, table.c.run_id == run_id)
    )
    told: dict[str, str] = {}
    for row in connection.execute(query.execution_options(yield_per=_AT_ONCE)):
        if ti_id := _payload(row.document).get(TI_ID):
            told.setdefault(row.event_id, str(ti_id))
    return told


def types_without_run(connection: Connection, dag_id: str, *, like: str) -> list[str]:
    """Types, of which this is a part, of events about the Dag that name no run of it."""
    query = select(table.c.type).where(
        table.c.dag_id == dag_id, table.c.run_id.is_(None), table.c.type.contains(like)
    )
    return sorted(set(connection.scalars(query)))


def _seen(row: Any, told: Mapping[str, str]) -> Seen:
    payload = _payload(row.document)
    return Seen(
        event_id=row.event_id,
        type=row.type,
        witness=row.witness,
        state=row.state,
        occurred_at=row.occurred_at,
        task_id=row.task_id,
        map_index=row.map_index,
        try_number=row.try_number,
        ti_id=payload.get(TI_ID) or told.get(row.event_id),
        manual=bool(payload.get("manual")),
        clear_number=payload.get("clear_number"),
        queued_at=_time(payload.get("queued_at")),
    )


def _payload(document: str) -> dict[str, Any]:
    """What the event carries; nothing of a document that was damaged in the database."""
    try:
        payload = json.loads(document)["payload"]
    except (ValueError, KeyError, TypeError):
        return {}
    return payload if isinstance(payload, dict) else {}


def _time(text: object) -> datetime | None:
    try:
        time = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return time if time.tzinfo else None


def runs_with_events(
    connection: Connection,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    dag_id: str | None = None,
) -> Iterator[list[tuple[str, str]]]:
    """Dag and run ids that events of task instances and Dag runs name, some at a time."""
    query = select(table.c.dag_id, table.c.run_id).where(
        table.c.dag_id.is_not(None), table.c.run_id.is_not(None)
    )
    if dag_id is not None:
        query = query.where(table.c.dag_id == dag_id)
    if since is not None:
        query = query.where(table.c.occurred_at >= since)
    if until is not None:
        query = query.where(table.c.occurred_at < until)
    query = query.distinct().order_by(table.c.dag_id, table.c.run_id)
    rows = connection.execute(query.execution_options(yield_per=_AT_ONCE))
    for _, some in groupby(enumerate(rows), key=lambda numbered: numbered[0] // _AT_ONCE):
        yield [(row.dag_id, row.run_id) for _, row in some]
