"""That this collector is there, and what was lost or is still to come from when none was."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Connection

from airflow_gov_provider.collector.reconcile import tables
from airflow_gov_provider.collector.tail.log_position import NAME as LOG_NAME
from airflow_gov_provider.collector.tail.log_position import LogPosition
from airflow_gov_provider.domain.record.recording import purged
from airflow_gov_provider.hooks.governance import governance_transaction
from airflow_gov_provider.store.events import recording
from airflow_gov_provider.store.events.rows import insert_events
from airflow_gov_provider.store.events.witnesses import read_position
from airflow_gov_provider.store.leases import database_clock

_log = logging.getLogger(__name__)

INTERVAL = 10.0
_SETTLING = timedelta(seconds=60)  # after which the states of a gap have been swept, too


class Presence:
    """One collector's: a duty of its own, and its goodbye."""

    def __init__(self, *, clock: Callable[[Connection], datetime] = database_clock) -> None:
        self.holder = f"{os.uname().nodename}:{os.getpid()}:{os.urandom(4).hex()}"
        self._clock = clock
        self._told = False

    def tell(self) -> int:
        """Say that this collector is there, and look after gaps.

        :returns: how many markers were written.
        :raises StoreUnavailable: if the governance database cannot be reached.
        """
        with governance_transaction() as connection:
            now = self._clock(connection)
            before = recording.recording_of(connection)
            position = log_position(connection)
        lost = _rows_lost(before.log_id if before else None, position)
        with governance_transaction() as connection:
            log_id = position.log_id if position else None
            markers = recording.note_present(connection, self.holder, now=now, log_id=log_id)
            if lost is not None:
                after, first, at_most = lost
                marker = purged(after=after, before=first, at_most=at_most, now=now)
                insert_events(connection, [marker], recorded_at=now)
                markers.append(marker)
        self._told = True
        for marker in markers:
            _log.warning("%s: %s", marker.type, dict(marker.payload))
        return len(markers) + self._look_after_the_last_gap(position, now)

    def _look_after_the_last_gap(self, position: LogPosition | None, now: datetime) -> int:
        with governance_transaction() as connection:
            known = recording.recording_of(connection)
        gap = known.gap if known else None
        if gap is None or gap.filled is not None or now - gap.until < _SETTLING:
            return 0
        unread = tables.first_log_row_after(position.log_id) if position else None
        if position is None or (unread is not None and unread < gap.until):
            return 0
        with governance_transaction() as connection:
            return len(recording.note_filled(connection, now=now))

    def say_goodbye(self) -> None:
        """:raises StoreUnavailable: if the governance database cannot be reached."""
        if self._told:
            with governance_transaction() as connection:
                now = self._clock(connection)
                recording.note_gone(connection, self.holder, now=now)
            self._told = False


def log_position(connection: Connection) -> LogPosition | None:
    """How far Airflow's log has been read; None if reading has not begun."""
    stored = read_position(connection, LOG_NAME)
    return None if stored is None else LogPosition.from_content(stored.content)


def _rows_lost(known: int | None, position: LogPosition | None) -> tuple[int, int, int] | None:
    """Rows that went between the one that had been read when somebody looked last, and the first.

    :returns: the id before them, the one after them, and how many they are at most.
    """
    if not known or position is None or position.log_id < known:
        return None
    span = tables.log_span()
    if span is None or span[0] <= known + 1:
        return None
    first = span[0]
    never_read = range(max(known, position.log_id) + 1, first)
    missed = [log_id for log_id in position.missing if known < log_id < first]
    at_most = len(never_read) + len(missed)
    return (known, first, at_most) if at_most else None
