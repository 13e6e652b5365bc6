"""Requests whose row of Airflow's log did not come.

Airflow logs no attempt that it denies, and a few changes not at all; and a log can be purged before
it is read. What is left of such a request is an event of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from airflow_gov_provider.collector.actions import kinds
from airflow_gov_provider.collector.actions.doing import Doing
from airflow_gov_provider.collector.actions.matching import event_of_row
from airflow_gov_provider.collector.actions.recording import event_of
from airflow_gov_provider.collector.tail.log_position import NAME as LOG_POSITION
from airflow_gov_provider.domain.events import Event
from airflow_gov_provider.hooks.governance import governance_transaction, utcnow
from airflow_gov_provider.store.events.merging import alone
from airflow_gov_provider.store.events.requests import Request, forget, join, waiting_requests
from airflow_gov_provider.store.events.rows import insert_events
from airflow_gov_provider.store.events.witnesses import read_position

WAITS = timedelta(seconds=60)
_OK = 400
_FORBIDDEN = 403


def settle_requests(*, clock: Callable[[], datetime] = utcnow) -> int:
    """Make events of requests that have waited long enough; how many requests wait no longer.

    A request waits for a minute, and for longer while rows of the log that are as old as it is have
    not been read: otherwise a log that nobody reads would look like one without the row.

    :raises StoreUnavailable: if the governance database cannot be reached.
    """
    with governance_transaction() as connection:
        if not waiting_requests(connection, received_before=clock() - WAITS):
            return 0
    from airflow.utils.session import create_session

    with create_session(scoped=False) as session, governance_transaction() as connection:
        alone(connection)
        now = clock()
        waiting = waiting_requests(connection, received_before=now - WAITS)
        ripe = [request for request in waiting if _is_read_until(connection, session, request)]
        return settle(connection, session, ripe, now=now)


def _is_read_until(connection: Connection, session: Any, request: Request) -> bool:
    """Whether no row of the log that this request can have made is left to be read."""
    from airflow.models.log import Log

    position = read_position(connection, LOG_POSITION)
    if position is None:
        return False
    unread = select(Log.id).where(Log.id > position.content["log_id"], Log.dttm <= request.ended_at)
    return session.scalar(unread.limit(1)) is None


def settle(
    connection: Connection, session: Any, requests: Sequence[Request], *, now: datetime
) -> int:
    """:param session: of Airflow's metadata database, which is only read."""
    joined: list[tuple[Request, str]] = []
    events: list[Event] = []
    for request in requests:
        taken = {event_id for _, event_id in joined}
        if (event_id := event_of_row(connection, request, taken=taken)) is not None:
            joined.append((request, event_id))
        elif (event := _own_event(connection, session, request)) is not None:
            events.append(event)
    insert_events(connection, events, recorded_at=now)
    join(connection, joined, recorded_at=now)
    forget(connection, requests)
    return len(requests)


def _own_event(connection: Connection, session: Any, request: Request) -> Event | None:
    """None for what neither changed anything nor was denied."""
    if request.status != _FORBIDDEN and request.endpoint in kinds.HARMLESS:
        return None
    told = {**request.told, "ended_at": request.ended_at.isoformat()}
    missing = request.status != _FORBIDDEN and request.endpoint not in kinds.UNLOGGED
    more = {"request": told, "log_row": "missing" if missing else None}
    event = event_of(connection, session, Doing.of_request(request), more=more)
    if request.status < _OK and request.endpoint in kinds.TRIED_OUT:
        return event if event.payload.get("cleared_total") else None
    return event
