"""From rows of Airflow's log that are no transitions to events."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from airflow_gov_provider.collector.tail.rows import LOG, LogRow
from airflow_gov_provider.domain.events import Event, canonical_line
from airflow_gov_provider.store.events import insert_events


def record_actions(
    connection: Connection,
    session: Any,  # noqa: ARG001
    rows: Sequence[LogRow],
    *,
    now: datetime,
) -> list[tuple[LogRow, str]]:
    """Insert one event for each row.

    :param connection: to the governance database.
    :param session: of Airflow's metadata database, which is only read.
    :returns: every row and the id of its event.
    """
    events = [_event(row) for row in rows]
    insert_events(connection, events, recorded_at=now)
    return [(row, event.event_id) for row, event in zip(rows, events, strict=True)]


def _event(row: LogRow) -> Event:
    by_person = "method" in row.facts
    name = "_".join(row.event.split())
    return Event(
        event_id=hashlib.sha256(canonical_line([LOG, row.reference])).hexdigest(),
        type=f"action.{name}" if by_person else f"machinery.{name}",
        witness=LOG,
        occurred_at=row.at,
        dag_id=row.dag_id,
        run_id=row.run_id,
        task_id=row.task_id,
        map_index=row.map_index,
        try_number=row.try_number,
        actor=row.owner if by_person else None,
    )
