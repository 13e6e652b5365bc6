"""Commitment rows: what is promised now, and what was until somebody took it back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    bindparam,
    func,
    insert,
    select,
    tuple_,
    update,
)

from airflow_gov_provider.domain.events import Event, bounded, canonical_line
from airflow_gov_provider.domain.sla.commitments import Commitment
from airflow_gov_provider.domain.sla.words import title_of
from airflow_gov_provider.store.events.rows import insert_events
from airflow_gov_provider.store.pages import DEFAULT_LIMIT, Page
from airflow_gov_provider.store.promise_tables import commitment as table

DECLARED, CHANGED, RETIRED = "commitment.declared", "commitment.changed", "commitment.retired"
WITNESS = "collector"
_AT_ONCE = 500
_PAYLOAD_BYTES = 16384


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCommitment:
    """A promise and since when it is made; nothing before is judged.

    :param updated_at: when its terms were changed last.
    :param retired_at: since when nobody makes it any more.
    """

    terms: Commitment
    declared_at: datetime
    updated_at: datetime
    retired_at: datetime | None = None

    @property
    def commitment_id(self) -> str:
        return self.terms.commitment_id


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitmentFilter:
    """:param is_retired: False for what is promised now, None for everything ever promised.
    :param dag_ids: of these Dags only; None for all, and for those that belong to no Dag.
    """

    dag_id: str | None = None
    kind: str | None = None
    owner: str | None = None
    severity: str | None = None
    subject: str | None = None
    is_retired: bool | None = False
    dag_ids: Collection[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """How many promises are new, have other terms, or are made no more."""

    declared: int = 0
    changed: int = 0
    retired: int = 0

    @property
    def count(self) -> int:
        return self.declared + self.changed + self.retired


def declare(
    connection: Connection,
    promised: Collection[Commitment],
    *,
    now: datetime,
    only_unknown: bool = False,
) -> Changes:
    """Make these, and only these, the promises that stand; each change has its event.

    What somebody takes back and makes again is judged from then on.

    :param only_unknown: add what was never promised before, and leave all else as it is.
    """
    known = _known(connection)
    documents = {one.commitment_id: (one, _written(one)) for one in promised}
    new, again, changed = [], [], []
    for id_, (terms, document) in documents.items():
        row = known.get(id_)
        if row is None:
            new.append(_values(terms, document, now) | {"declared_at": now})
        elif row.retired_at is not None:
            again.append(_values(terms, document, now) | {"declared_at": now})
        elif row.document != document:
            changed.append(_values(terms, document, now) | {"declared_at": row.declared_at})
    gone = [id_ for id_, row in known.items() if row.retired_at is None and id_ not in documents]
    if only_unknown:
        again, changed, gone = [], [], []
    if new:
        connection.execute(insert(table), new)
    _rewrite(connection, [*again, *changed])
    _retire(connection, gone, now)
    events = [
        *(_event(DECLARED, row, known.get(row["commitment_id"]), now) for row in (*new, *again)),
        *(_event(CHANGED, row, known[row["commitment_id"]], now) for row in changed),
        *(_event(RETIRED, dict(known[id_]._mapping), known[id_], now) for id_ in gone),  # noqa: SLF001 - the public name of it
    ]
    insert_events(connection, events, recorded_at=now)
    return Changes(declared=len(new) + len(again), changed=len(changed), retired=len(gone))


def _known(connection: Connection) -> dict[str, Row[Any]]:
    columns = ("commitment_id", "dag_id", "document", "declared_at", "updated_at", "retired_at")
    query = select(*(table.c[name] for name in columns))
    return {row.commitment_id: row for row in connection.execute(query)}


def _written(terms: Commitment) -> str:
    return canonical_line(terms.content).decode()


def _values(terms: Commitment, document: str, now: datetime) -> dict[str, Any]:
    return {
        "commitment_id": terms.commitment_id,
        "dag_id": terms.dag_id,
        "name": terms.name,
        "kind": terms.kind.value,
        "subject": terms.subject,
        "owner": terms.owner,
        "severity": terms.severity.value,
        "target": terms.target,
        "source": terms.source,
        "document": document,
        "updated_at": now,
        "retired_at": None,
    }


def _rewrite(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    if not rows:
        return
    names = [name for name in rows[0] if name != "commitment_id"]
    statement = (
        update(table)
        .where(table.c.commitment_id == bindparam("of"))
        .values({name: bindparam(f"new_{name}") for name in names})
    )
    given = [
        {"of": row["commitment_id"], **{f"new_{name}": row[name] for name in names}} for row in rows
    ]
    connection.execute(statement, given)


def _retire(connection: Connection, ids: Sequence[str], now: datetime) -> None:
    for some in _batches(ids):
        connection.execute(
            update(table)
            .where(table.c.commitment_id.in_(some), table.c.retired_at.is_(None))
            .values(retired_at=now, updated_at=now)
        )


def _event(type_: str, row: Mapping[str, Any], before: Row[Any] | None, now: datetime) -> Event:
    """:param before: what the change was made of: from the same row comes the same event."""
    seen = before and before.updated_at.isoformat()
    key = canonical_line([type_, row["commitment_id"], row["document"], seen])
    payload = {"commitment_id": row["commitment_id"], "terms": json.loads(row["document"])}
    if before is not None and type_ == CHANGED:
        payload["before"] = json.loads(before.document)
    return Event(
        event_id=hashlib.sha256(key).hexdigest(),
        type=type_,
        witness=WITNESS,
        occurred_at=now,
        dag_id=row["dag_id"],
        payload=bounded(payload, max_bytes=_PAYLOAD_BYTES),
    )


def page_of_commitments(
    connection: Connection,
    filters: CommitmentFilter,
    *,
    before: str | None = None,
    limit: int = DEFAULT_LIMIT,
) -> Page[StoredCommitment]:
    """By Dag and name; those that belong to no Dag come first.

    :param before: the ``next_cursor`` of the page above.
    """
    key = (func.coalesce(table.c.dag_id, ""), table.c.name, table.c.commitment_id)
    query = select(table).where(*_conditions(filters)).order_by(*key).limit(limit + 1)
    if before is not None:
        last = connection.execute(select(*key).where(table.c.commitment_id == before)).one_or_none()
        if last is None:
            return Page(items=[], next_cursor=None)
        query = query.where(tuple_(*key) > tuple_(*last))
    rows = connection.execute(query).all()
    items = [_stored(row) for row in rows[:limit]]
    more = len(rows) > limit
    return Page(items=items, next_cursor=rows[limit - 1].commitment_id if more else None)


def _conditions(filters: CommitmentFilter) -> Iterable[ColumnElement[bool]]:
    for name in ("dag_id", "kind", "owner", "severity", "subject"):
        wanted = getattr(filters, name)
        if wanted is not None:
            yield table.c[name] == wanted
    if filters.is_retired is not None:
        retired = table.c.retired_at
        yield retired.is_not(None) if filters.is_retired else retired.is_(None)
    if filters.dag_ids is not None:
        yield table.c.dag_id.in_(sorted(filters.dag_ids))


def stored_commitment(connection: Connection, commitment_id: str) -> StoredCommitment | None:
    """Also one that nobody makes any more; None if nobody ever did."""
    query = select(table).where(table.c.commitment_id == commitment_id)
    row = connection.execute(query).one_or_none()
    return None if row is None else _stored(row)


def titles(connection: Connection, commitment_ids: Collection[str]) -> dict[str, str]:
    """What each of the commitments is called for people, by its id."""
    found: dict[str, str] = {}
    for some in _batches(sorted(commitment_ids)):
        query = select(table.c.commitment_id, table.c.document)
        for row in connection.execute(query.where(table.c.commitment_id.in_(some))):
            terms = Commitment.from_content(json.loads(row.document))
            found[row.commitment_id] = title_of(terms)
    return found


def _stored(row: Row[Any]) -> StoredCommitment:
    return StoredCommitment(
        terms=Commitment.from_content(json.loads(row.document)),
        declared_at=row.declared_at,
        updated_at=row.updated_at,
        retired_at=row.retired_at,
    )


def _batches(values: Sequence[str]) -> Iterable[Sequence[str]]:
    return (values[start : start + _AT_ONCE] for start in range(0, len(values), _AT_ONCE))
