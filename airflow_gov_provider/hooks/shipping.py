"""From this host's spool into the governance database.

A file is unlinked after the commit that holds its events, so a crash in between hands them on
again, and the database knows them already. While the database cannot be reached the files stay.
An event that no database would take is kept in a quarantine file and does not hold up the others.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain, islice
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, OperationalError

from airflow_gov_provider import config
from airflow_gov_provider.domain.events import Event
from airflow_gov_provider.exceptions import StoreError
from airflow_gov_provider.hooks.governance import governance_transaction, utcnow
from airflow_gov_provider.store import database
from airflow_gov_provider.store.events.lines import event_of_line
from airflow_gov_provider.store.events.merging import Prepared, arrive, beside_others, prepare
from airflow_gov_provider.store.garbage import fewer_collections
from airflow_gov_provider.store.page_cache import large_page_cache
from airflow_gov_provider.store.spool.claims import ClaimedFile, Damage, claimed_files
from airflow_gov_provider.store.synced import commit_unsynced, wait_for_earlier

_log = logging.getLogger(__name__)

_FILES_AT_ONCE = 200
_MOST_BATCHES = 100
_EVENTS_AT_ONCE = 2500  # also in a transaction, where writers do not wait for each other
_FEW = 50  # need no preparation
_TURN_SECONDS = 0.0005


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipReport:
    """What one call has done.

    :param events: how many were read and are in the database now.
    :param new: how many of them it did not know before.
    :param quarantined: frames and events that could not be used and are kept on the disk.
    """

    files: int = 0
    events: int = 0
    new: int = 0
    quarantined: int = 0

    def __add__(self, other: ShipReport) -> ShipReport:
        return ShipReport(
            files=self.files + other.files,
            events=self.events + other.events,
            new=self.new + other.new,
            quarantined=self.quarantined + other.quarantined,
        )


def ship_once(
    directory: Path | None = None,
    *,
    limit: int | None = None,
    clock: Callable[[], datetime] = utcnow,
) -> ShipReport:
    """Ship what lies in the spool now; several processes may do so at the same time.

    :param directory: this host's spool directory when None.
    :param limit: files to take at most; None for all that there are, within reason.
    :raises StoreUnavailable: if the database cannot be reached; what was not shipped stays.
    :raises StoreBehind: if its schema is older than this package.
    :raises StoreError: if it refuses for another reason.
    """
    spool = directory or config.spool_dir()
    total = ShipReport()
    for _ in range(_MOST_BATCHES):
        left = _FILES_AT_ONCE if limit is None else min(limit - total.files, _FILES_AT_ONCE)
        with claimed_files(spool, limit=left) as files:
            if not files:
                break
            total += _ship(files, clock())
    return total


def _ship(files: list[ClaimedFile], now: datetime) -> ShipReport:
    contents = [_Contents(file) for file in files]
    with _synced_at_the_end() as commit:
        new, complete = _insert_all(contents, now, commit)
    if not complete:
        new += _insert_parts(contents, now)
    for content in contents:
        content.settle()
    return ShipReport(
        files=len(files),
        events=sum(content.events for content in contents),
        new=new,
        quarantined=sum(len(content.damages) for content in contents),
    )


@contextmanager
def _synced_at_the_end() -> Iterator[Callable[[Connection], None]]:
    """What lets a transaction's commit not wait; in the end one waits for all of them."""
    unsynced = False

    def commit(connection: Connection) -> None:
        nonlocal unsynced
        unsynced = commit_unsynced(connection) or unsynced

    yield commit
    if unsynced:
        with governance_transaction() as connection:
            wait_for_earlier(connection)


class _Contents:
    """What one file holds.

    :param events: how many can be used, of those that were read.
    :param damages: what cannot; a quarantine file will hold it.
    """

    def __init__(self, file: ClaimedFile) -> None:
        self.file = file
        self.events = 0
        self.damages: list[Damage] = []

    def read(self) -> Iterator[Event]:
        """The events, as they are asked for; a second time from the beginning."""
        records, self.damages = self.file.read()
        self.events = 0
        for record in records:
            try:
                event = event_of_line(record)
            except ValueError as error:
                self._keep(record, str(error))
            else:
                self.events += 1
                yield event

    def refuse(self, event: Event, reason: str) -> None:
        self.events -= 1
        self._keep(event.document, f"the database refuses it: {reason}")

    def _keep(self, record: bytes, reason: str) -> None:
        self.damages.append(Damage(reason=reason, offset=-1, content=record))

    def settle(self) -> None:
        if self.damages:
            self.file.quarantine(self.damages)
            _log.error(
                "%d records of %s cannot be used and are kept beside it: %s",
                len(self.damages),
                self.file.path.name,
                "; ".join(sorted({damage.reason for damage in self.damages})),
            )
        self.file.remove()


@dataclass(frozen=True, slots=True)
class _Part:
    """Events that are inserted together, and what was made of them before.

    :param is_last: nothing follows that is taken in with it.
    """

    events: list[Event]
    prepared: Prepared | None = None
    is_last: bool = True


def _insert_all(
    contents: list[_Contents], now: datetime, commit_early: Callable[[Connection], None]
) -> tuple[int, bool]:
    """Each part is read and prepared while the database takes in the one before it.

    :param commit_early: asked in each transaction but the last.
    :returns: how many were new, and whether the database took everything.
    """
    dialect = database.engine_for(config.sql_alchemy_conn()).dialect
    reading = (event for content in contents for event in content.read())

    def read() -> _Part:
        events = list(islice(reading, _EVENTS_AT_ONCE))
        copied = dialect.driver == "psycopg" and len(events) >= _FEW
        return _Part(events, prepare(events, recorded_at=now) if copied else None)

    new = 0
    with ExitStack() as stack:
        reader = stack.enter_context(ThreadPoolExecutor(1, thread_name_prefix="governance-reading"))
        stack.enter_context(fewer_collections())
        stack.enter_context(_shorter_turns())
        try:
            for parts in _transactions(_read_ahead(reader, read), dialect.name):
                new += _take_in(parts, now, commit_early)
        except DBAPIError:
            return new, False
    return new, True


def _read_ahead(reader: ThreadPoolExecutor, read: Callable[[], _Part]) -> Iterator[_Part]:
    """What follows a part is there before the part is handed out, which is how its end is known."""
    ready = read()
    if len(ready.events) == _EVENTS_AT_ONCE:
        following = reader.submit(read)
        while (upcoming := following.result()).events:
            following = reader.submit(read)
            yield replace(ready, is_last=False)
            ready = upcoming
    if ready.events:
        yield ready


def _transactions(parts: Iterator[_Part], dialect: str) -> Iterator[Iterable[_Part]]:
    """All in one on SQLite, where each costs a write to the disk and others wait anyway.

    Elsewhere one for each part: nobody waits for the second while another waits for the first, and
    what was committed can be sealed meanwhile.
    """
    for first in parts:
        yield chain([first], parts) if dialect == "sqlite" else [first]


def _take_in(
    parts: Iterable[_Part], now: datetime, commit_early: Callable[[Connection], None]
) -> int:
    new = 0
    with governance_transaction() as connection, large_page_cache(connection):
        for part in parts:
            if not part.is_last:
                commit_early(connection)
            new += arrive(connection, part.events, recorded_at=now, prepared=part.prepared)
    return new


@contextmanager
def _shorter_turns() -> Iterator[None]:
    """The thread that feeds the database waits less for the one that reads the next part."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(min(before, _TURN_SECONDS))
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def _insert_parts(contents: list[_Contents], now: datetime) -> int:
    """In ever smaller parts, so that only the events that the database refuses stay behind."""
    new = 0
    refused: list[tuple[_Contents, Event, str]] = []
    for content in contents:
        reading = content.read()
        while events := list(islice(reading, _EVENTS_AT_ONCE)):
            reasons: list[tuple[Event, str]] = []
            with governance_transaction() as connection:
                beside_others(connection)
                new += _insert_part(connection, events, now, reasons)
            refused += [(content, event, reason) for event, reason in reasons]
    if len(refused) == sum(content.events for content in contents):
        raise StoreError(
            "the governance database refuses every event "
            f"({', '.join(sorted({reason for _, _, reason in refused}))}); expected that the "
            "user of [governance] sql_alchemy_conn may insert into the table `event`"
        )
    for content, event, reason in refused:
        content.refuse(event, reason)
    return new


def _insert_part(
    connection: Connection, events: list[Event], now: datetime, refused: list[tuple[Event, str]]
) -> int:
    try:
        with connection.begin_nested():
            return arrive(connection, events, recorded_at=now)
    except OperationalError:  # nobody's event is to blame
        raise
    except DBAPIError as error:
        if len(events) == 1:
            refused.append((events[0], type(error.orig).__name__))
            return 0
    halves = events[: len(events) // 2], events[len(events) // 2 :]
    return sum(_insert_part(connection, half, now, refused) for half in halves)
