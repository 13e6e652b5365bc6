"""What is to be sent about incidents: an outbox, and how each notice fares.

A notice is written once for an entry and a channel, in the transaction that settles whom to tell of
that entry. Whoever sends one claims it for a while; a claim that runs out is anybody's again, so
what a process took with it into its grave is sent by the next. Notices about one incident reach one
channel in the order of what happened: a later one waits until the one before has arrived or was
given up.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, func, insert, or_, select, update

from airflow_gov_provider.domain.events import Event, canonical_line
from airflow_gov_provider.store.events.rows import insert_events
from airflow_gov_provider.store.pages import DEFAULT_LIMIT, Page
from airflow_gov_provider.store.promise_tables import incident, incident_entry
from airflow_gov_provider.store.promise_tables import notice as table

DELIVERED = "notice.delivered"
DEAD = "notice.dead"
REVIVED = "notice.revived"
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=15)
_REMEMBERED = timedelta(days=7)


class NoticeState(StrEnum):
    WAITING = "waiting"
    SENDING = "sending"
    DELIVERED = "delivered"
    DEAD = "dead"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One message to one channel about one thing that happened to an incident.

    :param attempts: that have failed, or are on their way.
    :param content: what the message is made of, JSON-safe.
    :param last_error: why the last attempt failed, without anything of the message or an address.
    """

    notice_id: str
    incident_id: str
    entry_id: int
    channel: str
    state: NoticeState
    attempts: int
    due_at: datetime
    created_at: datetime
    finished_at: datetime | None
    last_error: str | None
    content: Mapping[str, Any]


def unrouted_entries(connection: Connection, *, limit: int) -> list[Row[Any]]:
    """Entries of which nobody has settled whom to tell, oldest first, each with its incident."""
    query = (
        select(incident_entry, *(column.label(f"of_{column.name}") for column in incident.c))
        .join(incident, incident.c.incident_id == incident_entry.c.incident_id)
        .where(incident_entry.c.routed_at.is_(None))
        .order_by(incident_entry.c.entry_id)
        .limit(limit)
    )
    return list(connection.execute(query))


def route(
    connection: Connection,
    entry_id: int,
    *,
    incident_id: str,
    notices: Mapping[str, str],
    content: Mapping[str, Any],
    now: datetime,
) -> bool:
    """Settle whom to tell of an entry.

    :param notices: the id of each new notice by its channel; empty if nobody is told.
    :returns: False if that was settled before; nothing is written then.
    """
    settled = connection.execute(
        update(incident_entry)
        .where(incident_entry.c.entry_id == entry_id, incident_entry.c.routed_at.is_(None))
        .values(routed_at=now)
    )
    if settled.rowcount != 1:
        return False
    if notices:
        document = canonical_line(dict(content)).decode()
        rows = [
            {
                "notice_id": notice_id,
                "incident_id": incident_id,
                "entry_id": entry_id,
                "channel": channel,
                "state": NoticeState.WAITING.value,
                "attempts": 0,
                "due_at": now,
                "created_at": now,
                "content": document,
            }
            for channel, notice_id in notices.items()
        ]
        connection.execute(insert(table), rows)
    return True


def claim(
    connection: Connection,
    *,
    holder: str,
    now: datetime,
    lasting: timedelta,
    limit: int,
    without: Collection[str] = (),
) -> list[Notice]:
    """Take notices that are due, for so long.

    :param without: channels that take nothing now.
    :returns: those that nobody else sends meanwhile, the longest due first.
    """
    query = _claimable(now).where(table.c.channel.not_in(without)) if without else _claimable(now)
    found = connection.execute(query.order_by(table.c.due_at).limit(limit)).all()
    return [
        _notice(row, state=NoticeState.SENDING, attempts=row.attempts + 1)
        for row in found
        if _is_claimed(connection, row, holder=holder, now=now, until=now + lasting)
    ]


def _claimable(now: datetime) -> Select[Any]:
    before = table.alias("before")
    unfinished = (NoticeState.WAITING.value, NoticeState.SENDING.value)
    earlier = select(before.c.notice_id).where(
        before.c.incident_id == table.c.incident_id,
        before.c.channel == table.c.channel,
        before.c.entry_id < table.c.entry_id,
        before.c.state.in_(unfinished),
    )
    return select(table).where(_is_free(now), ~earlier.exists())


def _is_free(now: datetime) -> Any:
    return or_(
        and_(table.c.state == NoticeState.WAITING.value, table.c.due_at <= now),
        and_(table.c.state == NoticeState.SENDING.value, table.c.claimed_until <= now),
    )


def _is_claimed(
    connection: Connection, row: Row[Any], *, holder: str, now: datetime, until: datetime
) -> bool:
    taken = connection.execute(
        update(table)
        .where(table.c.notice_id == row.notice_id, table.c.attempts == row.attempts, _is_free(now))
        .values(
            state=NoticeState.SENDING.value,
            attempts=row.attempts + 1,
            claimed_by=holder,
            claimed_until=until,
        )
    )
    return taken.rowcount == 1


def note_delivered(connection: Connection, notice: Notice, *, holder: str, now: datetime) -> bool:
    """It has arrived; an event says so.

    :returns: False if the claim had run out and somebody else has the notice.
    """
    values = {"state": NoticeState.DELIVERED.value, "finished_at": now, "last_error": None}
    return _finish(connection, notice, holder=holder, now=now, values=values, type_=DELIVERED)


def note_failed(
    connection: Connection,
    notice: Notice,
    *,
    holder: str,
    reason: str,
    now: datetime,
    pause: timedelta | None,
) -> bool:
    """It has not arrived.

    :param reason: why, without anything of the message or an address.
    :param pause: before the next attempt; None if it is given up, and then an event says so.
    :returns: False if the claim had run out and somebody else has the notice.
    """
    if pause is None:
        values = {"state": NoticeState.DEAD.value, "finished_at": now, "last_error": reason}
        return _finish(connection, notice, holder=holder, now=now, values=values, type_=DEAD)
    values = {"state": NoticeState.WAITING.value, "due_at": now + pause, "last_error": reason}
    return _set(connection, notice, holder=holder, values=values)


def _finish(
    connection: Connection,
    notice: Notice,
    *,
    holder: str,
    now: datetime,
    values: Mapping[str, Any],
    type_: str,
) -> bool:
    if not _set(connection, notice, holder=holder, values=values):
        return False
    told = _event(type_, notice, str(now), now=now, reason=values["last_error"])
    insert_events(connection, [told], recorded_at=now)
    return True


def _event(
    type_: str,
    notice: Notice,
    occasion: str,
    *,
    now: datetime,
    actor: str | None = None,
    reason: str | None = None,
) -> Event:
    payload = {
        "notice_id": notice.notice_id,
        "incident_id": notice.incident_id,
        "channel": notice.channel,
        "entry": notice.content.get("entry", {}).get("kind"),
        "attempts": notice.attempts,
        "reason": reason,
    }
    name = canonical_line([type_, notice.notice_id, notice.attempts, occasion])
    return Event(
        event_id=hashlib.sha256(name).hexdigest(),
        type=type_,
        witness="collector" if actor is None else "cli",
        occurred_at=now,
        dag_id=notice.content.get("incident", {}).get("dag_id"),
        actor=actor,
        payload=payload,
    )


def _set(connection: Connection, notice: Notice, *, holder: str, values: Mapping[str, Any]) -> bool:
    changed = connection.execute(
        update(table)
        .where(
            table.c.notice_id == notice.notice_id,
            table.c.state == NoticeState.SENDING.value,
            table.c.claimed_by == holder,
            table.c.attempts == notice.attempts,
        )
        .values(claimed_by=None, claimed_until=None, **values)
    )
    return changed.rowcount == 1


def pause_after(attempts: int) -> timedelta:
    """Before the next attempt: 5 s after the first, twice as long each time, at most 15 minutes."""
    doublings = min(max(attempts - 1, 0), 20)
    return min(LONGEST_PAUSE, FIRST_PAUSE * (1 << doublings))


def revive(connection: Connection, notice_id: str, *, actor: str, now: datetime) -> bool:
    """Try a notice again that was given up, and say who wanted that; False if it was not."""
    notice = connection.execute(select(table).where(table.c.notice_id == notice_id)).first()
    changed = connection.execute(
        update(table)
        .where(table.c.notice_id == notice_id, table.c.state == NoticeState.DEAD.value)
        .values(state=NoticeState.WAITING.value, attempts=0, due_at=now, finished_at=None)
    )
    if notice is None or changed.rowcount != 1:
        return False
    event = _event(REVIVED, _notice(notice), str(notice.finished_at), now=now, actor=actor)
    insert_events(connection, [event], recorded_at=now)
    return True


def notices_of(connection: Connection, incident_id: str) -> list[Notice]:
    """Every notice about an incident, in the order of what happened."""
    query = select(table).where(table.c.incident_id == incident_id)
    rows = connection.execute(query.order_by(table.c.entry_id, table.c.channel))
    return [_notice(row) for row in rows]


def page_of_notices(
    connection: Connection,
    *,
    states: Iterable[NoticeState] = (),
    before: str | None = None,
    limit: int = DEFAULT_LIMIT,
) -> Page[Notice]:
    """Notices, newest first."""
    query = select(table).order_by(table.c.notice_id.desc()).limit(limit + 1)
    if wanted := [state.value for state in states]:
        query = query.where(table.c.state.in_(wanted))
    if before is not None:
        query = query.where(table.c.notice_id < before)
    found = [_notice(row) for row in connection.execute(query)]
    more = len(found) > limit
    return Page(items=found[:limit], next_cursor=found[limit - 1].notice_id if more else None)


def failing_channels(connection: Connection, *, now: datetime) -> dict[str, int]:
    """How many notices each channel owes that were tried in vain, or have hung for too long.

    What was given up counts for a week.
    """
    troubled = or_(
        and_(table.c.state == NoticeState.DEAD.value, table.c.finished_at > now - _REMEMBERED),
        and_(table.c.state == NoticeState.WAITING.value, table.c.attempts > 0),
        and_(table.c.state == NoticeState.SENDING.value, table.c.claimed_until <= now),
    )
    count = func.count().label("troubled")
    query = select(table.c.channel, count).where(troubled).group_by(table.c.channel)
    return {row.channel: row.troubled for row in connection.execute(query)}


def count_by_state(connection: Connection) -> dict[NoticeState, int]:
    """How many notices are in each state; states of none are left out."""
    rows = connection.execute(select(table.c.state, func.count()).group_by(table.c.state))
    return {NoticeState(state): count for state, count in rows}


def _notice(
    row: Row[Any], *, state: NoticeState | None = None, attempts: int | None = None
) -> Notice:
    return Notice(
        notice_id=row.notice_id,
        incident_id=row.incident_id,
        entry_id=row.entry_id,
        channel=row.channel,
        state=state or NoticeState(row.state),
        attempts=row.attempts if attempts is None else attempts,
        due_at=row.due_at,
        created_at=row.created_at,
        finished_at=row.finished_at,
        last_error=row.last_error,
        content=json.loads(row.content),
    )
