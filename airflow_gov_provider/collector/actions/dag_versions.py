"""Dags that were edited: what Airflow's dag processor wrote anew.

A Dag that has run gets a new version, one that has not is written over. Both are known by the times
that Airflow keeps beside them, so that what was seen already is the same event again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, select

from airflow_gov_provider.domain.events import Event, canonical_line
from airflow_gov_provider.hooks.governance import governance_transaction, utcnow
from airflow_gov_provider.store.events.rows import insert_events
from airflow_gov_provider.store.events.witnesses import read_position, write_position

POSITION = "dag_versions"
CHANGED = "change.dag"
WITNESS = "dag_version"
_LATE = timedelta(minutes=10)  # of a commit, after the times that it brings
_REST = timedelta(minutes=1)  # between two looks at what was written over
_SAME_WRITE = timedelta(seconds=1)  # between the times of what was written together


def note_dag_versions(*, clock: Callable[[], datetime] = utcnow) -> int:
    """Make events of Dags that were written since the last call; how many there were.

    The first call makes none: what was there before is no change.

    :raises StoreUnavailable: if the governance database cannot be reached.
    """
    from airflow.utils.session import create_session

    now = clock()
    with governance_transaction() as connection:
        position = read_position(connection, POSITION)
        if position is None:
            here = dict.fromkeys(("begin", "read", "compared"), now.isoformat())
            write_position(connection, POSITION, here, now=now)
            return 0
    begin, read, compared = (
        datetime.fromisoformat(position.content[name]) for name in ("begin", "read", "compared")
    )
    compare = now - compared >= _REST
    with create_session(scoped=False) as session:
        events = changes(session, since=max(begin, read - _LATE))
        if compare:
            events += overwritten(session, since=max(begin, compared - _LATE))
    if not events and not compare:
        return 0
    content = {**position.content, "read": now.isoformat()}
    content |= {"compared": now.isoformat()} if compare else {}
    with governance_transaction() as connection:
        new = insert_events(connection, events, recorded_at=now)
        if new or compare:
            write_position(connection, POSITION, content, now=now)
    return new


def changes(session: Any, *, since: datetime) -> list[Event]:
    """The versions that were made, or moved to another bundle version, at that time or later."""
    from airflow.models.dag_version import DagVersion

    return [
        event
        for row in _rows(session, DagVersion.last_updated >= since)
        for event in _events(session, row, since=since)
    ]


def overwritten(session: Any, *, since: datetime) -> list[Event]:
    """The versions whose content was written at that time or later.

    No index helps to find them and they lie beside whole Dags, so they are asked for less often.
    """
    from airflow.models.serialized_dag import SerializedDagModel

    return [
        event
        for row in _rows(session, SerializedDagModel.last_updated >= since)
        for event in _events(session, row, since=since)
    ]


def _rows(session: Any, condition: Any) -> Sequence[Row[Any]]:
    from airflow.models.dag_version import DagVersion
    from airflow.models.serialized_dag import SerializedDagModel as Serialized

    query = (
        select(*_columns(DagVersion), Serialized.dag_hash, Serialized.last_updated.label("code_at"))
        .outerjoin(Serialized, Serialized.dag_version_id == DagVersion.id)
        .where(condition)
        .order_by(DagVersion.id)
    )
    found: Sequence[Row[Any]] = session.execute(query).all()
    return found


def _events(session: Any, row: Row[Any], *, since: datetime) -> Iterator[Event]:
    previous = _previous(session, row)
    if row.created_at >= since:
        yield _created(row, previous)
    if rewritten := _rewritten(row):
        yield _event(row, previous, new=rewritten, at=max(_times(row)))


def _columns(version: Any) -> tuple[Any, ...]:
    return (
        version.id,
        version.dag_id,
        version.version_number,
        version.bundle_name,
        version.bundle_version,
        version.created_at,
        version.last_updated,
    )


def _previous(session: Any, row: Row[Any]) -> Row[Any] | None:
    from airflow.models.dag_version import DagVersion

    query = select(DagVersion.version_number, DagVersion.bundle_name, DagVersion.bundle_version)
    query = query.where(
        DagVersion.dag_id == row.dag_id, DagVersion.version_number == row.version_number - 1
    )
    found: Row[Any] | None = session.execute(query).one_or_none()
    return found


def _created(row: Row[Any], previous: Row[Any] | None) -> Event:
    """What a new version brought beside itself."""
    new = ["version"]
    if previous is not None:
        new += ["bundle_name"] * (previous.bundle_name != row.bundle_name)
        new += ["bundle_version"] * (previous.bundle_version != row.bundle_version)
    return _event(row, previous, new=new, at=row.created_at)


def _rewritten(row: Row[Any]) -> list[str]:
    """What is newer than the version itself."""
    repointed = row.last_updated - row.created_at > _SAME_WRITE
    rewritten = row.code_at is not None and row.code_at - row.created_at > _SAME_WRITE
    return ["content"] * rewritten + ["bundle_version"] * repointed


def _times(row: Row[Any]) -> list[datetime]:
    return [row.last_updated] + ([row.code_at] if row.code_at else [])


def _event(row: Row[Any], previous: Row[Any] | None, *, new: Sequence[str], at: datetime) -> Event:
    stamps = [] if "version" in new else [time.isoformat() for time in _times(row)]
    first = "version" in new and previous is None
    return Event(
        event_id=hashlib.sha256(canonical_line([CHANGED, str(row.id), *stamps])).hexdigest(),
        type=CHANGED,
        witness=WITNESS,
        occurred_at=at,
        dag_id=row.dag_id,
        payload={
            "change": "created" if first else "updated",
            "version_id": str(row.id),
            "version_number": row.version_number,
            "bundle_name": row.bundle_name,
            "bundle_version": row.bundle_version,
            "dag_hash": row.dag_hash,
            "new": list(new),
            "previous": None
            if previous is None
            else {
                "version_number": previous.version_number,
                "bundle_name": previous.bundle_name,
                "bundle_version": previous.bundle_version,
            },
        },
    )
