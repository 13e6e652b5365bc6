"""From this host's spool into the governance database.

A file is unlinked after the commit that holds its events, so a crash in between hands them on
again, and the database knows them already. While the database cannot be reached the files stay.
An event that no database would take is kept in a quarantine file and does not hold up the others.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from airflow_gov_provider import config
from airflow_gov_provider.domain.events import Event
from airflow_gov_provider.exceptions import StoreError
from airflow_gov_provider.hooks.governance import governance_transaction, utcnow
from airflow_gov_provider.store.claims import ClaimedFile, Damage, claimed_files
from airflow_gov_provider.store.merging import arrive, beside_others

_log = logging.getLogger(__name__)

_FILES_AT_ONCE = 200
_MOST_BATCHES = 100


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
    events = [event for content in contents for event in content.events]
    new = _insert_all(events, now)
    if new is None:
        new = _insert_each(contents, now)
    for content in contents:
        content.settle()
    kept = sum(len(content.damages) for content in contents)
    return ShipReport(
        files=len(files),
        events=sum(len(content.events) for content in contents),
        new=new,
        quarantined=kept,
    )


class _Contents:
    """What one file holds: events, and damages that become a quarantine file."""

    def __init__(self, file: ClaimedFile) -> None:
        self.file = file
        records, self.damages = file.read()
        self.events: list[Event] = []
        for record in records:
            try:
                self.events.append(Event.from_document(record))
            except ValueError as error:
                self.refuse(record, str(error))

    def refuse(self, record: bytes, reason: str) -> None:
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


def _insert_all(events: list[Event], now: datetime) -> int | None:
    """:returns: how many were new, or None if the database refuses one of them."""
    if not events:
        return 0
    try:
        with governance_transaction() as connection:
            return arrive(connection, events, recorded_at=now)
    except DBAPIError:
        return None


def _insert_each(contents: list[_Contents], now: datetime) -> int:
    """One by one, so that only the event that the database refuses stays behind."""
    new = 0
    taken_any = False
    refused: list[tuple[_Contents, Event, str]] = []
    with governance_transaction() as connection:
        beside_others(connection)
        for content in contents:
            for event in content.events:
                try:
                    with connection.begin_nested():
                        new += arrive(connection, [event], recorded_at=now)
                    taken_any = True
                except DBAPIError as error:
                    refused.append((content, event, type(error.orig).__name__))
        if not taken_any:
            raise StoreError(
                "the governance database refuses every event "
                f"({', '.join(sorted({reason for _, _, reason in refused}))}); expected that the "
                "user of [governance] sql_alchemy_conn may insert into the table `event`"
            )
    for content, event, reason in refused:
        content.events.remove(event)
        content.refuse(event.document, f"the database refuses it: {reason}")
    return new
