"""The state of recording, as all collectors of a deployment share it, and its markers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, or_, select

from airflow_gov_provider.domain.events import Event
from airflow_gov_provider.domain.record import recording
from airflow_gov_provider.domain.record.recording import Gap, Recording, Step
from airflow_gov_provider.store.events.rows import insert_events
from airflow_gov_provider.store.events.witnesses import read_position, write_position
from airflow_gov_provider.store.tables import event as table

NAME = "recording"
_OF_AIRFLOW = ("task_instance.", "dag_run.", "action.", "override.", "change.", "human_input.")


def recording_of(connection: Connection) -> Recording | None:
    """What is known of recording; None if no collector ever was there."""
    position = read_position(connection, NAME)
    return None if position is None else Recording.from_content(position.content)


def note_present(
    connection: Connection, holder: str, *, now: datetime, log_id: int | None = None
) -> list[Event]:
    """A collector says that it is there; the transaction begins with it.

    :param log_id: how far Airflow's log has been read.
    :returns: the marker of the gap that ends, if one does.
    """
    return _step(
        connection,
        lambda before: recording.present(before, holder, now=now, log_id=log_id),
        now=now,
    )


def note_gone(connection: Connection, holder: str, *, now: datetime) -> list[Event]:
    """A collector says goodbye; the transaction begins with it.

    :returns: the marker that nobody records any more, if it was the last.
    """
    return _step(
        connection,
        lambda before: recording.gone(before, holder, now=now) if before else None,
        now=now,
    )


def note_filled(connection: Connection, *, now: datetime) -> list[Event]:
    """All that was written in the last gap has been read; the transaction begins with it.

    :returns: what the ledger says of it, unless it has said so before.
    """

    def step(before: Recording | None) -> Step | None:
        if before is None or before.gap is None:
            return None
        return recording.filled(before, _came_later(connection, before.gap), now=now)

    return _step(connection, step, now=now)


def _step(
    connection: Connection, step: Callable[[Recording | None], Step | None], *, now: datetime
) -> list[Event]:
    _one_at_a_time(connection)
    before = recording_of(connection)
    outcome = step(before)
    if outcome is None:
        return []
    after, events = outcome
    if after != before:
        write_position(connection, NAME, after.content, now=now)
    insert_events(connection, events, recorded_at=now)
    return events


def _one_at_a_time(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        driver: Any = connection.connection.driver_connection
        if not driver.in_transaction:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.exec_driver_sql(
            "SELECT pg_advisory_xact_lock(hashtext('airflow_gov_provider.recording'))"
        )


def _came_later(connection: Connection, gap: Gap) -> dict[str, int]:
    query = (
        select(table.c.witness, func.count().label("events"))
        .where(
            table.c.occurred_at >= gap.since,
            table.c.occurred_at < gap.until,
            table.c.recorded_at >= gap.until,
            or_(*(table.c.type.startswith(name) for name in _OF_AIRFLOW)),
        )
        .group_by(table.c.witness)
    )
    return {row.witness: row.events for row in connection.execute(query)}
