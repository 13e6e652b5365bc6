"""Pages of events as they go over the wire, printed without the models that describe them.

What is printed is what ``EventPage`` would print. Its rows were read and checked a moment ago, and
to make fifty models of them takes as long as to find them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from msgspec.json import Encoder

from airflow_gov_provider.api.schemas import EventItem, EventPage
from airflow_gov_provider.store.events.rows import StoredEvent

_print = Encoder().encode


class _Item(Struct, gc=False):
    """The fields of ``EventItem``, in its order."""

    seq: int
    event_id: str
    type: str
    state: str | None
    dag_id: str | None
    run_id: str | None
    task_id: str | None
    map_index: int | None
    try_number: int | None
    actor: str | None
    witness: str
    witnesses: list[str]
    occurred_at: datetime
    recorded_at: datetime
    payload: Mapping[str, Any]


class _Page(Struct, gc=False):
    """The fields of ``EventPage``, in its order."""

    items: list[_Item]
    next_cursor: str | None
    newer_cursor: str
    has_newer: bool


def printed_page(
    shown: Sequence[StoredEvent],
    others: Mapping[str, Collection[str]],
    *,
    next_cursor: str | None,
    newer_cursor: str,
    has_newer: bool,
) -> bytes:
    """The JSON of a page.

    :param others: further witnesses by ``event_id``.
    """
    items = [_item(stored, others.get(stored.event.event_id)) for stored in shown]
    try:
        return _print(_Page(items, next_cursor, newer_cursor, has_newer))
    except (OverflowError, TypeError, ValueError):  # a document as only its model can print it
        page = EventPage(
            items=[EventItem.of(one, others.get(one.event.event_id, ())) for one in shown],
            next_cursor=next_cursor,
            newer_cursor=newer_cursor,
            has_newer=has_newer,
        )
        return page.model_dump_json().encode()


def _item(stored: StoredEvent, others: Collection[str] | None) -> _Item:
    event = stored.event
    return _Item(
        stored.seq,
        event.event_id,
        event.type,
        event.state,
        event.dag_id,
        event.run_id,
        event.task_id,
        event.map_index,
        event.try_number,
        event.actor,
        event.witness,
        sorted({event.witness, *others}) if others else [event.witness],
        event.occurred_at,
        stored.recorded_at,
        event.payload,
    )
