"""How complete the record is, in a few figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from airflow_gov_provider.domain.record.recording import Gap
from airflow_gov_provider.store.events.recording import recording_of
from airflow_gov_provider.store.events.witnesses import read_position
from airflow_gov_provider.store.tables import coverage_finding, request_queue

RECONCILIATION = "reconciliation"  # the position of the duty that compares finished runs


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingState:
    """How complete the record is.

    :param since: when the first collector was there; None if none ever was.
    :param stopped_at: when the last collector said goodbye, while none is there.
    :param last_gap: the last time in which no collector was there.
    :param open_findings: places where something is known not to be recorded.
    :param waiting_requests: answered requests whose row of Airflow's log was not read yet.
    :param reconciled_until: all runs that had finished by then were compared with Airflow's tables.
    :param incomplete_runs: of these, in which something is missing or doubled now.
    """

    since: datetime | None
    stopped_at: datetime | None
    last_gap: Gap | None
    open_findings: int
    waiting_requests: int
    reconciled_until: datetime | None
    incomplete_runs: int


def recording_state(connection: Connection) -> RecordingState:
    known = recording_of(connection)
    reconciled = read_position(connection, RECONCILIATION)
    open_now = select(func.count()).select_from(coverage_finding)
    open_now = open_now.where(coverage_finding.c.closed_at.is_(None))
    waiting = select(func.count()).select_from(request_queue)
    return RecordingState(
        since=known.since if known else None,
        stopped_at=known.stopped_at if known else None,
        last_gap=known.gap if known else None,
        open_findings=connection.scalar(open_now) or 0,
        waiting_requests=connection.scalar(waiting) or 0,
        reconciled_until=(
            datetime.fromisoformat(reconciled.content["until"]) if reconciled else None
        ),
        incomplete_runs=len(reconciled.content["incomplete"]) if reconciled else 0,
    )
