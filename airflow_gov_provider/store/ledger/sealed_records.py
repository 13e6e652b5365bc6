"""Rows of other tables that the ledger vouches for: each brings along an event with its digest.

The event goes into the ledger, so that a piece of evidence or a vote that was changed or removed
later no longer agrees with what is sealed. Neither summaries nor reasons are in it, only who, what
kind, and the digest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Table, select

from airflow_gov_provider.domain.events import Event, canonical_line
from airflow_gov_provider.store.events.rows import insert_events
from airflow_gov_provider.store.tables import approval_request, evidence, vote

WITNESS = "operator"
EVIDENCE_RECORDED = "evidence.recorded"
VOTE_RECORDED = "vote.recorded"

_BATCH = 500
_ORIGIN = ("dag_id", "run_id", "task_id", "map_index", "try_number")


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedTable:
    """A table each of whose rows has an event in the ledger.

    :param key: the name of its primary key, in the table and in the payload of the event.
    """

    table: Table
    key: str
    type: str


EVIDENCE = SealedTable(table=evidence, key="evidence_id", type=EVIDENCE_RECORDED)
VOTES = SealedTable(table=vote, key="vote_id", type=VOTE_RECORDED)
SEALED_TABLES = (EVIDENCE, VOTES)


def record_event(connection: Connection, event: Event, *, recorded_at: datetime) -> None:
    """Put the event beside the row that it vouches for, in the same transaction."""
    insert_events(connection, [event], recorded_at=recorded_at)


def event_id_of(sealed: SealedTable, key: str) -> str:
    return hashlib.sha256(canonical_line([sealed.type, key])).hexdigest()


def digest_of(sealed: SealedTable, row: Mapping[str, Any]) -> str:
    """What the event of this row must say: the digest of the document, or of all columns."""
    if sealed is EVIDENCE:
        return hashlib.sha256(str(row["document"]).encode()).hexdigest()
    content = {column.name: _in_utc(row[column.name]) for column in sealed.table.columns}
    return hashlib.sha256(canonical_line(content)).hexdigest()


def _in_utc(value: Any) -> Any:
    return value.astimezone(UTC) if isinstance(value, datetime) else value


def event_of_evidence(row: Mapping[str, Any]) -> Event:
    return Event(
        event_id=event_id_of(EVIDENCE, row["evidence_id"]),
        type=EVIDENCE_RECORDED,
        witness=WITNESS,
        occurred_at=row["recorded_at"],
        **{name: row[name] for name in _ORIGIN},
        payload={
            "evidence_id": row["evidence_id"],
            "kind": row["kind"],
            "verdict": row["verdict"],
            "digest": digest_of(EVIDENCE, row),
        },
    )


def event_of_vote(row: Mapping[str, Any], origin: Mapping[str, Any] | None) -> Event:
    """:param origin: the task instance that asked; None if its request is not there."""
    return Event(
        event_id=event_id_of(VOTES, row["vote_id"]),
        type=VOTE_RECORDED,
        witness=WITNESS,
        occurred_at=row["answered_at"],
        actor=row["user_id"],
        **{name: origin[name] for name in _ORIGIN if origin},
        payload={
            "vote_id": row["vote_id"],
            "request_id": row["request_id"],
            "option": row["option"],
            "effective": row["effective"],
            "digest": digest_of(VOTES, row),
        },
    )


def origin_of_request(connection: Connection, request_id: str) -> Mapping[str, Any] | None:
    columns = [approval_request.c[name] for name in _ORIGIN]
    query = select(*columns).where(approval_request.c.request_id == request_id)
    found = connection.execute(query).mappings().one_or_none()
    return dict(found) if found else None


def rows_of(connection: Connection, sealed: SealedTable) -> Iterator[list[dict[str, Any]]]:
    """Every row of the table, some at a time."""
    key, after = sealed.table.c[sealed.key], ""
    while True:
        query = select(sealed.table).where(key > after).order_by(key).limit(_BATCH)
        rows = [dict(row) for row in connection.execute(query).mappings()]
        if not rows:
            return
        yield rows
        after = rows[-1][sealed.key]


def adopt_existing_records(connection: Connection) -> None:
    """Give every row of these tables its event, unless it has one; for migrations."""
    for rows in rows_of(connection, EVIDENCE):
        for row in rows:
            record_event(connection, event_of_evidence(row), recorded_at=row["recorded_at"])
    for rows in rows_of(connection, VOTES):
        for row in rows:
            origin = origin_of_request(connection, row["request_id"])
            record_event(connection, event_of_vote(row, origin), recorded_at=row["recorded_at"])
