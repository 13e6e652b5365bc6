"""Airflow's log: every row of it, once.

Rows are read in the order of their ids, a little while after they were written, so that the
listener's event of the same transition usually is there first. Ids are given out before the
transactions that use them end; one that is missing is asked for again until no transaction can be
that old. The position is written in the transaction that takes in what was read.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from airflow_gov_provider import config
from airflow_gov_provider.collector.tail import airflow_log
from airflow_gov_provider.collector.tail.log_position import NAME, LogPosition
from airflow_gov_provider.collector.tail.rows import LOG, LogRow
from airflow_gov_provider.collector.tail.transitions import view_of
from airflow_gov_provider.collector.tail.tries import key_of, tries_of
from airflow_gov_provider.domain.events import Event, canonical_line
from airflow_gov_provider.hooks.governance import governance_transaction, utcnow
from airflow_gov_provider.store.events.merging import alone, merge
from airflow_gov_provider.store.events.rows import insert_events
from airflow_gov_provider.store.events.witnesses import (
    Sighting,
    insert_sightings,
    known_references,
    read_position,
    write_position,
)

_log = logging.getLogger(__name__)

GRACE = timedelta(seconds=5)
STARTED = "recording.started"
_FUTURE = timedelta(minutes=1)  # a row that claims to be of later than that is read at once
_AT_ONCE = 500
_MOST_BATCHES = 6  # in one call, which takes about a second


def read_log(*, clock: Callable[[], datetime] = utcnow) -> int:
    """Take in what is ripe in Airflow's log; a large backlog is worked off over several calls.

    On the very first call nothing is read: recording starts at the end of the log.

    :returns: how many rows were taken in.
    """
    done = 0
    for _ in range(_MOST_BATCHES):
        count = _read_batch(clock())
        done += count
        if count < _AT_ONCE:
            return done
    _log.info("took in %d rows of Airflow's log; there are more, and reading goes on", done)
    return done


def _read_batch(now: datetime) -> int:
    from airflow.utils.session import create_session

    with create_session(scoped=False) as session:
        with governance_transaction() as connection:
            stored = read_position(connection, NAME)
        if stored is None:
            _start(airflow_log.last_row(session), now)
            return 0
        position = LogPosition.from_content(stored.content)
        rows, begin = _ripe_rows(session, position, now)
        after = begin.after(rows, now=now)
        if after == position:
            return 0
        with governance_transaction() as connection:
            alone(connection)
            current = read_position(connection, NAME)
            if current is None or current.content != stored.content:
                return 0  # another collector has read in between
            _take_in(connection, session, rows, now)
            write_position(connection, NAME, after.content, now=now)
    return len(rows)


def _start(last: LogRow | None, now: datetime) -> None:
    begin = LogPosition(log_id=last.log_id, at=last.at) if last else LogPosition()
    with governance_transaction() as connection:
        alone(connection)
        if read_position(connection, NAME) is not None:
            return
        started = Event(
            event_id=hashlib.sha256(
                canonical_line([STARTED, begin.log_id, now.isoformat()])
            ).hexdigest(),
            type=STARTED,
            witness="collector",
            occurred_at=now,
            payload={"log_id": begin.log_id},
        )
        insert_events(connection, [started], recorded_at=now)
        write_position(connection, NAME, begin.content, now=now)
    _log.info("recording starts after row %d of Airflow's log", begin.log_id)


def _ripe_rows(
    session: Any, position: LogPosition, now: datetime
) -> tuple[list[LogRow], LogPosition]:
    """Rows to take in, and where they begin.

    :returns: beside the rows the position itself, or the very beginning where the ids have started
        anew: in another metadata database, or after everything was removed from this one.
    """
    found = airflow_log.rows_from(session, position.log_id, limit=_AT_ONCE + 1)
    if _numbers_began_anew(session, position, found):
        _log.warning("the rows of Airflow's log are numbered anew; all of them are read")
        position = LogPosition()
        found = airflow_log.rows_from(session, 0, limit=_AT_ONCE + 1)
    ripe: list[LogRow] = []
    for row in found:
        if row.log_id == position.log_id:
            continue
        if not _is_ripe(row, now):
            break
        ripe.append(row)
    late = airflow_log.rows_of(session, sorted(position.missing))
    return [*(row for row in late if _is_ripe(row, now)), *ripe[:_AT_ONCE]], position


def _numbers_began_anew(session: Any, position: LogPosition, found: Sequence[LogRow]) -> bool:
    if not position.log_id:
        return False
    if found:
        return found[0].log_id == position.log_id and found[0].at != position.at
    last = airflow_log.last_row(session)
    return last is not None and last.log_id < position.log_id


def _is_ripe(row: LogRow, now: datetime) -> bool:
    return not now - GRACE < row.at < now + _FUTURE


def _take_in(connection: Connection, session: Any, rows: Sequence[LogRow], now: datetime) -> None:
    known = known_references(connection, LOG, [row.reference for row in rows])
    fresh = [row for row in rows if row.reference not in known]
    transitions = [row for row in fresh if row.is_transition]
    if transitions:
        tries = tries_of(session, {key_of(row) for row in transitions})
        limit = config.max_payload_bytes()
        views = [view_of(row, tries, max_bytes=limit) for row in transitions]
        merge(connection, views, recorded_at=now)
    others = [row for row in fresh if not row.is_transition]
    if others:
        from airflow_gov_provider.collector.actions import record_actions

        recorded = record_actions(connection, session, others, now=now)
        sightings = [_sighting(row, event_id) for row, event_id in recorded]
        insert_sightings(connection, sightings, recorded_at=now)


def _sighting(row: LogRow, event_id: str) -> Sighting:
    """That the row was read, and what it is about; what it says in detail is in the event."""
    names = ("event", "dag_id", "run_id", "task_id", "map_index", "try_number", "owner")
    content = {name: getattr(row, name) for name in names}
    return Sighting(
        event_id=event_id,
        witness=LOG,
        reference=row.reference,
        occurred_at=row.at,
        document=canonical_line(content).decode(),
    )
