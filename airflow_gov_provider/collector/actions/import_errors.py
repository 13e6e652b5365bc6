"""Dag files that cannot be imported: found once, and resolved once.

Airflow writes an error anew at every parse and removes it when the file is well again. What was
found and still stands is kept in the position, so an event is made when something is different.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from airflow_gov_provider.domain.events import Event, canonical_line
from airflow_gov_provider.hooks.governance import governance_transaction, utcnow
from airflow_gov_provider.store.events.rows import insert_events
from airflow_gov_provider.store.events.witnesses import read_position, write_position

POSITION = "import_errors"
FOUND, RESOLVED = "import_error.found", "import_error.resolved"
WITNESS = "import_error"
_RAISED = re.compile(r"(?m)^([A-Za-z_][\w.]{0,200}?)(?::|$)")
_LOOKS_RAISED = re.compile(r"(Error|Exception|Timeout|Violation)$")
_MADE_UP = re.compile(r"^unusual_prefix_[0-9a-f]+_")


def note_import_errors(*, clock: Callable[[], datetime] = utcnow) -> int:
    """Make events of errors that are new, different or gone; how many there were.

    :raises StoreUnavailable: if the governance database cannot be reached.
    """
    from airflow.utils.session import create_session

    with create_session(scoped=False) as session:
        standing = standing_errors(session)
    now = clock()
    with governance_transaction() as connection:
        position = read_position(connection, POSITION)
        known: Mapping[str, Any] = position.content if position else {}
        events, after = difference(known, standing, now=now)
        if not events and position is not None:
            return 0
        insert_events(connection, events, recorded_at=now)
        write_position(connection, POSITION, after, now=now)
    return len(events)


def standing_errors(session: Any) -> dict[str, dict[str, Any]]:
    """The errors that Airflow has now, by bundle and file."""
    from airflow.models.errors import ParseImportError as Error

    rows = session.execute(
        select(Error.id, Error.bundle_name, Error.filename, Error.timestamp, Error.stacktrace)
    )
    return {
        canonical_line([row.bundle_name, row.filename]).decode(): {
            "id": row.id,
            "bundle_name": row.bundle_name,
            "file": row.filename,
            "error_class": raised_class(row.stacktrace),
            "at": row.timestamp,
        }
        for row in rows
    }


def raised_class(stacktrace: str | None) -> str | None:
    """Name of the class that was raised, which follows the last frame; not what it says.

    Where there is no frame any text may stand: then only what is called like an error is one.
    """
    _, frame, last = f"\n{stacktrace or ''}".rpartition('\n  File "')
    named = [name for name in _RAISED.findall(last) if frame or _LOOKS_RAISED.search(name)]
    return _MADE_UP.sub("", named[0]) if named else None


def difference(
    known: Mapping[str, Any], standing: Mapping[str, Mapping[str, Any]], *, now: datetime
) -> tuple[list[Event], dict[str, Any]]:
    """What happened between two looks.

    :returns: the events, and what is known from now on: for each error what its event says.
    """
    events: list[Event] = []
    after: dict[str, Any] = {}
    for key, error in sorted(standing.items()):
        before = known.get(key)
        facts = {name: error[name] for name in ("bundle_name", "file", "error_class")}
        if before is not None and before["error_class"] == facts["error_class"]:
            after[key] = before
            continue
        at = error["at"] or now
        found = _event(FOUND, [error["id"], at.isoformat()], facts, at=at)
        events.append(found)
        after[key] = {**facts, "event_id": found.event_id}
    for key in sorted(known.keys() - standing.keys()):
        facts = {name: known[key][name] for name in ("bundle_name", "file", "error_class")}
        events.append(_event(RESOLVED, [known[key]["event_id"]], facts, at=now))
    return events, after


def _event(type_: str, identity: list[Any], facts: dict[str, Any], *, at: datetime) -> Event:
    name = canonical_line([type_, *identity, facts])
    return Event(
        event_id=hashlib.sha256(name).hexdigest(),
        type=type_,
        witness=WITNESS,
        occurred_at=at,
        payload=facts,
    )
