"""Where in the order of arrival events lie: how many, which are newer, which time is where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count

from sqlalchemy import Connection, case, func, select

from airflow_gov_provider.store.events.rows import StoredEvent, stored
from airflow_gov_provider.store.pages import DEFAULT_LIMIT
from airflow_gov_provider.store.search.pages import (
    EventFilter,
    next_number,
    numbers_of_events,
)
from airflow_gov_provider.store.tables import event as table

MOST_COUNTED = 10_000
MOST_COUNTED_WITH_WORDS = 1_000  # whose documents are read one by one
_MOST_SEARCHES = 10
_NEIGHBOURS = 51
_FIRST_SPAN = 512
_GROWTH = 8
_MOST_READINGS = 4  # of a stretch that is to be halved after them
_MOST_TYPES = 4 * MOST_COUNTED  # read to leave out one
_SPARE = 8  # pages that a stretch may hold before it is halved


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """:param is_exact: False if there are more, or may be: counting is bounded."""

    count: int
    is_exact: bool


def count_of_events(
    connection: Connection, wanted: EventFilter, *, after: int | None = None
) -> Counted:
    """How many events a search finds, as far as that is cheap to say.

    :param after: only those with a larger sequence number.
    """
    if wanted == EventFilter(without_type=wanted.without_type):
        return _count_all(connection, after or 0, without_type=wanted.without_type)
    most = MOST_COUNTED if wanted.q is None else MOST_COUNTED_WITH_WORDS
    so_far, position = 0, next_number(connection)
    for _ in range(_MOST_SEARCHES):
        numbers = numbers_of_events(connection, wanted, before=position, most=most + 1 - so_far)
        newer = sum(after is None or seq > after for seq, _ in numbers.found)
        so_far, position = so_far + newer, numbers.position
        if so_far > most:
            return Counted(count=most, is_exact=False)
        if newer < len(numbers.found) or position <= (after or 0) + 1:
            return Counted(count=so_far, is_exact=True)
    return Counted(count=so_far, is_exact=False)


def _count_all(connection: Connection, after: int, *, without_type: str | None) -> Counted:
    if without_type is None:
        some = select(table.c.seq).where(table.c.seq > after).limit(MOST_COUNTED + 1).subquery()
        found = connection.scalar(select(func.count()).select_from(some)) or 0
        return Counted(count=min(found, MOST_COUNTED), is_exact=found <= MOST_COUNTED)
    newest = select(table.c.type).where(table.c.seq > after).order_by(table.c.seq.desc())
    types = newest.limit(_MOST_TYPES).subquery()
    kept = func.count(case((types.c.type != without_type, 1)))
    read, found = connection.execute(select(func.count(), kept).select_from(types)).one()
    is_exact = read < _MOST_TYPES and found <= MOST_COUNTED
    return Counted(count=min(found, MOST_COUNTED), is_exact=is_exact)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewerPage:
    """:param items: newest first.
    :param newest: every match up to this sequence number has been seen; go on ``after`` it.
    """

    items: Sequence[StoredEvent]
    newest: int


def page_of_newer_events(
    connection: Connection, wanted: EventFilter, *, after: int, limit: int = DEFAULT_LIMIT
) -> NewerPage:
    """The oldest events that a search finds among those with a larger sequence number.

    The index is walked from new to old. So a stretch above ``after`` is searched whole; while it
    holds too little the next one is longer, and one that holds too much is halved.
    """
    start, end, span = after, next_number(connection), _FIRST_SPAN
    found: list[int] = []
    for _ in range(_MOST_SEARCHES * 2):
        if start >= end - 1 or len(found) >= limit:
            break
        stop = min(start + span + 1, end)
        some = _all_between(connection, wanted, start, stop, most=limit * _SPARE)
        if some is None:
            span = max(span // 4, 1)
            continue
        found, start, span = [*some, *found], stop - 1, span * _GROWTH
    if len(found) > limit:
        found = found[-limit:]
        start = found[0]
    return NewerPage(items=_events(connection, found), newest=start)


def _all_between(
    connection: Connection, wanted: EventFilter, start: int, stop: int, *, most: int
) -> list[int] | None:
    """What is found between the two, both excluded; None if that is too much for one page."""
    found: list[int] = []
    position = stop
    for reading in count(1):
        numbers = numbers_of_events(connection, wanted, before=position, most=most)
        inside = [seq for seq, _ in numbers.found if seq > start]
        found += inside
        position = numbers.position
        if len(inside) < len(numbers.found) or position <= start + 1:
            return found
        is_much = len(found) >= most and stop - start > 2  # noqa: PLR2004 - of more than one number
        if is_much or (reading == _MOST_READINGS and stop - start > _FIRST_SPAN):
            return None
    raise AssertionError


def _events(connection: Connection, numbers: Sequence[int]) -> list[StoredEvent]:
    query = select(table).where(table.c.seq.in_(numbers)).order_by(table.c.seq.desc())
    return [stored(row) for row in connection.execute(query)] if numbers else []


def number_at(connection: Connection, moment: datetime) -> int:
    """The sequence number around which events arrived that occurred at this time; 0 before all.

    The middle one of those that occurred last before it, since a few may have arrived much later.
    """
    before = (
        select(table.c.seq)
        .where(table.c.occurred_at <= moment)
        .order_by(table.c.occurred_at.desc())
        .limit(_NEIGHBOURS)
    )
    found = sorted(connection.scalars(before))
    return found[len(found) // 2] if found else 0
