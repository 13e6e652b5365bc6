from __future__ import annotations

import re
from dataclasses import replace
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
from airflow_gov_provider.api.queries import EVENT_ID, EventQuery, cursor_to, key_of
from airflow_gov_provider.api.schemas import EventDetail, EventItem, EventPage
from airflow_gov_provider.hooks.governance import governance_transaction
from airflow_gov_provider.store.event_search import EventFilter, page_of_events
from airflow_gov_provider.store.events import StoredEvent, event_with
from airflow_gov_provider.store.ledger import snapshot
from airflow_gov_provider.store.pages import Page
from airflow_gov_provider.store.tables import event as table
from airflow_gov_provider.store.witnesses import sightings_of, witnesses_of

router = APIRouter(tags=["events"])


@router.get("/v1/events", response_model=EventPage)
def list_events(query: Annotated[EventQuery, Query()], reader: ReaderDep) -> Response:
    """What happened to task instances and Dag runs, newest arrival first.

    Any filters may be combined. Go on while there is a `next_cursor`, even if a page has fewer
    items than `limit`: what one page may read is bounded.
    """
    before = None
    if query.cursor is not None:
        # A sequence number has at most 19 digits in both databases.
        key = key_of(query.cursor, table="event", shape=r"\d{1,18}")
        if key is None:
            raise bad_cursor()
        before = int(key)
    with governance_transaction() as connection:
        snapshot(connection)
        wanted = EventFilter(**query.model_dump(exclude={"limit", "cursor"}))
        page = _visible_page(connection, wanted, reader, before=before, limit=query.limit)
        others = witnesses_of(connection, [stored.event.event_id for stored in page.items])
    shown = only_visible(page.items, reader, dag_id_of=lambda stored: stored.event.dag_id)
    answer = EventPage(
        items=[EventItem.of(stored, others.get(stored.event.event_id, ())) for stored in shown],
        next_cursor=page.next_cursor and cursor_to("event", page.next_cursor),
    )
    # As bytes, because FastAPI would check the page once more, in a thread of its own.
    return Response(answer.model_dump_json(), media_type="application/json")


def _visible_page(
    connection: Connection, wanted: EventFilter, reader: Reader, *, before: int | None, limit: int
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
    """One event with what everyone saw of it who saw it."""
    with governance_transaction() as connection:
        known = re.fullmatch(EVENT_ID, event_id, re.ASCII)
        stored = event_with(connection, event_id) if known else None
        if stored is None or not _is_readable(connection, stored.event.dag_id, reader):
            raise Refusal(
                HTTPStatus.NOT_FOUND,
                "event_not_found",
                "there is no event with this id that you may read; "
                "GET /governance/v1/events lists what is",
            )
        sightings = sightings_of(connection, [event_id]).get(event_id, [])
    return EventDetail.with_sightings(stored, sightings)


def _is_readable(connection: Connection, dag_id: str | None, reader: Reader) -> bool:
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
