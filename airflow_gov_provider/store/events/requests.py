"""Requests that an api-server has answered, until the row of Airflow's log that they made is read.

A request reaches the database as a record of the spool, like an event, but is none by itself: it
says from where something was done and how it was answered, and Airflow's log says what. Each one
ends either as a sighting of the event that the log gave (witness ``request``, reference: its id)
or, where the log has no row, as an event of its own under its id. Both make it known, so a record
that is handed on twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from airflow_gov_provider.domain.events import Event
from airflow_gov_provider.store.events.rows import insert_events
from airflow_gov_provider.store.events.witnesses import Sighting, insert_sightings, known_references
from airflow_gov_provider.store.tables import event as event_table
from airflow_gov_provider.store.tables import request_queue as table

WITNESS = "request"
PREFIX = "request."
_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request of a signed-in user that asked for a change.

    :param endpoint: name of the function that answered it; empty where none did.
    :param client: address it came from, as far as that can be known.
    :param path: without its query.
    :param params: what the path names.
    """

    request_id: str
    user: str
    endpoint: str
    client: str | None
    method: str
    path: str
    status: int
    started_at: datetime
    ended_at: datetime
    params: Mapping[str, str]
    event: Event

    @classmethod
    def from_event(cls, event: Event) -> Request:
        """:raises ValueError: if the event does not tell of a request."""
        told = event.payload
        try:
            return cls(
                request_id=event.event_id,
                user=event.actor or "",
                endpoint=event.type.removeprefix(PREFIX),
                client=told.get("client"),
                method=str(told["method"]),
                path=str(told["path"]),
                status=int(told["status"]),
                started_at=event.occurred_at,
                ended_at=datetime.fromisoformat(told["ended_at"]),
                params={str(key): str(value) for key, value in told.get("params", {}).items()},
                event=event,
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ValueError(
                "expected an event with the method, path, status and end of a request, found one "
                f"of type {event.type} without"
            ) from error

    @property
    def told(self) -> dict[str, Any]:
        """What an event of another witness carries of it."""
        return {
            "client": self.client,
            "method": self.method,
            "path": self.path,
            "status": self.status,
        }


def is_request(event: Event) -> bool:
    return event.type.startswith(PREFIX)


def enqueue(connection: Connection, events: Iterable[Event], *, received_at: datetime) -> int:
    """Let requests wait that are not known yet; how many were new.

    :param events: all with ``is_request``; what is no readable request becomes an event at once.
    """
    waiting: dict[str, Event] = {}
    unreadable: list[Event] = []
    for event in events:
        try:
            waiting[Request.from_event(event).request_id] = event
        except ValueError:
            unreadable.append(event)
    for event_id in _known(connection, waiting):
        del waiting[event_id]
    new = insert_events(connection, unreadable, recorded_at=received_at)
    rows = [
        {"request_id": event_id, "received_at": received_at, "document": event.document.decode()}
        for event_id, event in sorted(waiting.items())  # all wait for each other in one order
    ]
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    statement = (
        dialect.insert(table)
        .on_conflict_do_nothing(index_elements=[table.c.request_id])
        .execution_options(preserve_rowcount=True)
    )
    return new + (connection.execute(statement, rows).rowcount if rows else 0)


def _known(connection: Connection, request_ids: Collection[str]) -> set[str]:
    ids = list(request_ids)
    known = known_references(connection, WITNESS, ids)
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        query = select(event_table.c.event_id).where(event_table.c.event_id.in_(some))
        known.update(connection.scalars(query))
    return known


def waiting_requests(
    connection: Connection, *, received_before: datetime | None = None
) -> list[Request]:
    """Those that wait, the earliest first."""
    query = select(table.c.document).order_by(table.c.received_at, table.c.request_id)
    if received_before is not None:
        query = query.where(table.c.received_at < received_before)
    return [
        Request.from_event(Event.from_document(document.encode()))
        for document in connection.scalars(query)
    ]


def join(
    connection: Connection, joined: Sequence[tuple[Request, str]], *, recorded_at: datetime
) -> None:
    """Let each request be a sighting of the event whose id stands beside it."""
    sightings = [
        Sighting(
            event_id=event_id,
            witness=WITNESS,
            reference=request.request_id,
            occurred_at=request.started_at,
            document=request.event.document.decode(),
        )
        for request, event_id in joined
    ]
    insert_sightings(connection, sightings, recorded_at=recorded_at)
    forget(connection, [request for request, _ in joined])


def forget(connection: Connection, requests: Sequence[Request]) -> None:
    """Let them wait no longer."""
    ids = [request.request_id for request in requests]
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        connection.execute(delete(table).where(table.c.request_id.in_(some)))
