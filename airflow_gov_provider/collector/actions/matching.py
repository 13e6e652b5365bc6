"""Which request made which row of Airflow's log.

Both come from one process and one clock: the row's time lies between the request's start and end,
and they have the user and the endpoint in common.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from airflow_gov_provider.collector.tail.rows import LOG, LogRow
from airflow_gov_provider.domain.events import Event
from airflow_gov_provider.store.events.requests import WITNESS as REQUEST
from airflow_gov_provider.store.events.requests import Request
from airflow_gov_provider.store.events.witnesses import sightings_of
from airflow_gov_provider.store.tables import event as table

_LONGEST_REQUEST = timedelta(minutes=10)


def matched(rows: Sequence[LogRow], requests: Sequence[Request]) -> dict[str, Request]:
    """Each row's request by the row's reference; a request makes one row.

    Of several that fit (somebody asked twice at the same moment), one of the same Dag, run and task
    comes first, and then the one that started first.
    """
    waiting: dict[tuple[str, str], list[Request]] = defaultdict(list)
    for request in sorted(requests, key=lambda one: (one.started_at, one.request_id)):
        waiting[request.user, request.endpoint].append(request)
    found: dict[str, Request] = {}
    for row in sorted(rows, key=lambda one: (one.at, one.log_id)):
        candidates = waiting.get((row.owner or "", row.event), [])
        fitting = [one for one in candidates if one.started_at <= row.at <= one.ended_at]
        if fitting:
            best = min(fitting, key=lambda one: _unlike(row, one))
            candidates.remove(best)
            found[row.reference] = best
    return found


def _unlike(row: LogRow, request: Request) -> int:
    """How many ids differ; one that only the body gave is not known to the request."""
    event = request.event
    pairs = ((row.dag_id, event.dag_id), (row.run_id, event.run_id), (row.task_id, event.task_id))
    return sum(theirs is not None and ours != theirs for ours, theirs in pairs)


def own_event_of(connection: Connection, row: LogRow) -> str | None:
    """The event that the row's request became, having waited for the row in vain."""
    if "method" not in row.facts or row.owner is None:
        return None
    since = row.at - _LONGEST_REQUEST
    for event in _events(connection, REQUEST, row.owner, since=since, until=row.at):
        ended_at = (event.payload.get("request") or {}).get("ended_at")
        same = event.payload.get("endpoint") == row.event
        if same and ended_at and row.at <= datetime.fromisoformat(ended_at):
            return event.event_id
    return None


def event_of_row(connection: Connection, request: Request, *, taken: Collection[str]) -> str | None:
    """The event that the log gave of this request before it arrived, if nobody has claimed it.

    :param taken: events that are about to be claimed.
    """
    found = [
        event.event_id
        for event in _events(
            connection, LOG, request.user, since=request.started_at, until=request.ended_at
        )
        if event.payload.get("endpoint") == request.endpoint and "request" not in event.payload
    ]
    claimed = sightings_of(connection, found)
    for event_id in found:
        seen_by = {sighting.witness for sighting in claimed.get(event_id, ())}
        if event_id not in taken and REQUEST not in seen_by:
            return event_id
    return None


def _events(
    connection: Connection, witness: str, actor: str, *, since: datetime, until: datetime
) -> Iterator[Event]:
    """What this witness brought of this person in this time, in the order of arrival."""
    query = select(table.c.document).where(
        table.c.occurred_at.between(since, until),
        table.c.witness == witness,
        table.c.actor == actor,
    )
    for document in connection.scalars(query.order_by(table.c.seq)):
        with suppress(ValueError):  # one that was damaged in the database
            yield Event.from_document(document.encode())
