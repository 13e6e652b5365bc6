from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Response
from sqlalchemy import Connection

from airflow_gov_provider.api.deps import (
    Reader,
    ReaderDep,
    only_visible,
    remembered_sight,
    visible_dag_ids,
)
from airflow_gov_provider.api.errors import Refusal
from airflow_gov_provider.api.event_pages import printed_page
from airflow_gov_provider.api.queries import (
    SOME_EVENT_ID,
    EventCountQuery,
    EventQuery,
    cursor_to,
    key_of,
)
from airflow_gov_provider.api.schemas import (
    EventCount,
    EventDetail,
    EventLeaf,
    EventPage,
)
from airflow_gov_provider.domain.ledger.merkle import leaf_hash
from airflow_gov_provider.hooks.governance import governance_transaction
from airflow_gov_provider.store.events.rows import StoredEvent, event_with
from airflow_gov_provider.store.events.witnesses import sightings_of, witnesses_of
from airflow_gov_provider.store.ledger.sealed_events import sealed_event
from airflow_gov_provider.store.ledger.tree import checkpoint_from, snapshot
from airflow_gov_provider.store.pages import Page
from airflow_gov_provider.store.search.pages import EventFilter, next_number, page_of_events
from airflow_gov_provider.store.search.places import (
    count_of_events,
    number_at,
    page_of_newer_events,
)
from airflow_gov_provider.store.tables import event as table

router = APIRouter(tags=["events"])

NEWER = "event-newer"  # cursors that lead up


@router.get("/v1/events", response_model=EventPage)
def list_events(query: Annotated[EventQuery, Query()], reader: ReaderDep) -> Response:
    """What happened to task instances and Dag runs, newest arrival first.

    Any filters may be combined. Go on while there is a `next_cursor`, even if a page has fewer
    items than `limit`: what one page may read is bounded.
    """
    cursor, newer = _number(query.cursor, "event"), _number(query.newer, NEWER)
    with governance_transaction() as connection:
        snapshot(connection)
        wanted = EventFilter(**query.model_dump(exclude={"limit", "cursor", "newer", "at"}))
        found = _Place(connection, wanted, reader, query.limit)
        page = found.above(newer) if newer is not None else found.below(cursor, query.at)
        shown = only_visible(page.items, reader, dag_id_of=lambda stored: stored.event.dag_id)
        others = witnesses_of(connection, [stored.event.event_id for stored in shown])
        has_newer = page.newest + 1 < found.end
    answer = printed_page(
        shown,
        others,
        next_cursor=page.next_cursor and cursor_to("event", page.next_cursor),
        newer_cursor=cursor_to(NEWER, str(page.newest)),
        has_newer=has_newer,
    )
    # As bytes, because FastAPI would check the page once more, in a thread of its own.
    return Response(answer, media_type="application/json")


@router.get("/v1/events/count")
def count_events(query: Annotated[EventCountQuery, Query()], reader: ReaderDep) -> EventCount:
    """How many events a filter finds: up to 10,000, or 1,000 where it has words."""
    newer = _number(query.newer, NEWER)
    with governance_transaction() as connection:
        snapshot(connection)
        wanted = EventFilter(**query.model_dump(exclude={"newer"}))
        dag_ids = visible_dag_ids(connection, table, reader, dag_id=wanted.dag_id)
        found = count_of_events(connection, replace(wanted, dag_ids=dag_ids), after=newer)
    return EventCount(count=found.count, is_exact=found.is_exact)


def _number(cursor: str | None, name: str) -> int | None:
    """:raises Refusal: 400 for what is no cursor of this name."""
    if cursor is None:
        return None
    # A sequence number has at most 19 digits in both databases.
    key = key_of(cursor, table=name, shape=r"\d{1,18}")
    if key is None:
        raise bad_cursor()
    return int(key)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    """:param newest: everything up to this sequence number is on this page or below it."""

    items: Sequence[StoredEvent]
    next_cursor: str | None
    newest: int


@dataclass(frozen=True)
class _Place:
    connection: Connection
    wanted: EventFilter
    reader: Reader
    limit: int

    @cached_property
    def end(self) -> int:
        """Above the number of every event; the same as long as the snapshot lasts."""
        return next_number(self.connection)

    def below(self, before: int | None, moment: datetime | None) -> _Shown:
        """What arrived before a number, around a time, or last."""
        if moment is not None:
            before = number_at(self.connection, moment) + 1
        elif before is None:
            before = self.end
        page = _visible_page(
            self.connection, self.wanted, self.reader, before=before, limit=self.limit
        )
        return _Shown(items=page.items, next_cursor=page.next_cursor, newest=before - 1)

    def above(self, after: int) -> _Shown:
        """What arrived right after a number."""
        wanted = self.wanted
        dag_ids = visible_dag_ids(self.connection, table, self.reader, dag_id=wanted.dag_id)
        wanted = replace(wanted, dag_ids=dag_ids)
        page = page_of_newer_events(self.connection, wanted, after=after, limit=self.limit)
        return _Shown(items=page.items, next_cursor=str(after + 1), newest=page.newest)


def _visible_page(
    connection: Connection, wanted: EventFilter, reader: Reader, *, before: int, limit: int
) -> Page[StoredEvent]:
    """Of what the reader may see.

    Who may read the Dags of all that is found has seen what there is, and few have to be asked
    about every Dag, which takes longer than the search.
    """
    if wanted.dag_id is None and remembered_sight(connection, table, reader) is None:
        page = page_of_events(connection, wanted, before=before, limit=limit)
        dag_ids = {stored.event.dag_id for stored in page.items}
        known = {dag_id for dag_id in dag_ids if dag_id is not None}
        if known == dag_ids and reader.readable(known) == known:
            return page
    dag_ids_to_see = visible_dag_ids(connection, table, reader, dag_id=wanted.dag_id)
    wanted = replace(wanted, dag_ids=dag_ids_to_see)
    return page_of_events(connection, wanted, before=before, limit=limit)


@router.get("/v1/events/{event_id}")
def get_event(event_id: str, reader: ReaderDep) -> EventDetail:
    """One event with what everyone saw of it who saw it, and where it stands in the ledger."""
    with governance_transaction() as connection:
        known = re.fullmatch(SOME_EVENT_ID, event_id, re.ASCII)
        stored = event_with(connection, event_id) if known else None
        if stored is None or not is_readable(connection, stored.event.dag_id, reader):
            raise event_not_found()
        sightings = sightings_of(connection, [event_id]).get(event_id, [])
        leaf = _leaf_of(connection, event_id)
    return EventDetail.with_sightings(stored, sightings, leaf)


def _leaf_of(connection: Connection, event_id: str) -> EventLeaf | None:
    found = sealed_event(connection, event_id)
    if found is None:
        return None
    signed = checkpoint_from(connection, found.leaf_index + 1)
    return EventLeaf(
        leaf_index=found.leaf_index,
        sealed_at=signed.sealed_at if signed else None,
        is_unchanged=leaf_hash(found.document) == found.leaf_hash,
    )


def event_not_found() -> Refusal:
    return Refusal(
        HTTPStatus.NOT_FOUND,
        "event_not_found",
        "there is no event with this id that you may read; GET /governance/v1/events lists what is",
    )


def is_readable(connection: Connection, dag_id: str | None, reader: Reader) -> bool:
    """Whether an event of this Dag, or of none, may be shown."""
    if dag_id is not None:
        return bool(reader.readable({dag_id}))
    return visible_dag_ids(connection, table, reader, dag_id=None) is None


def bad_cursor() -> Refusal:
    return Refusal(
        HTTPStatus.BAD_REQUEST,
        "invalid_cursor",
        "expected as cursor the next_cursor of an earlier page of this list; "
        "leave it out to start at the newest",
    )
