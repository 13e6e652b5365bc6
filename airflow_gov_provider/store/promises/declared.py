"""What is declared, as those who judge it need it."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from airflow_gov_provider.domain.sla.commitments import Commitment
from airflow_gov_provider.store.promise_tables import commitment as table

_AT_ONCE = 500
_COLUMNS = (table.c.commitment_id, table.c.document, table.c.declared_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """:param declared_at: nothing before is judged.
    :param document: the terms as they are stored.
    """

    commitment_id: str
    terms: Commitment
    declared_at: datetime
    document: str


def catalogue(connection: Connection) -> dict[str, tuple[int, str]]:
    """By kind, how many there are and when one of them was changed last; cheap to ask.

    JSON-safe but for the tuples. What it says differs if anything was declared or changed.
    """
    query = (
        select(table.c.kind, func.count(), func.max(table.c.updated_at))
        .where(table.c.retired_at.is_(None))
        .group_by(table.c.kind)
    )
    return {kind: (count, last.isoformat()) for kind, count, last in connection.execute(query)}


def governed_dag_ids(connection: Connection, kinds: Collection[str]) -> frozenset[str]:
    query = select(table.c.dag_id).where(
        table.c.retired_at.is_(None), table.c.kind.in_(kinds), table.c.dag_id.is_not(None)
    )
    return frozenset(connection.scalars(query.distinct()))


def of_dags(
    connection: Connection, dag_ids: Collection[str], kinds: Collection[str]
) -> dict[str, list[Declared]]:
    """By Dag."""
    found: dict[str, list[Declared]] = {}
    ordered = sorted(dag_ids)
    for start in range(0, len(ordered), _AT_ONCE):
        query = select(table.c.dag_id, *_COLUMNS).where(
            table.c.dag_id.in_(ordered[start : start + _AT_ONCE]),
            table.c.kind.in_(kinds),
            table.c.retired_at.is_(None),
        )
        for row in connection.execute(query):
            found.setdefault(row.dag_id, []).append(_declared(row))
    return found


def page_of_kind(connection: Connection, kind: str, *, after: str) -> list[Declared]:
    """Of one kind, by their ids.

    :param after: the id of the last one of the page before; empty for the first page.
    """
    query = (
        select(*_COLUMNS)
        .where(table.c.kind == kind, table.c.retired_at.is_(None), table.c.commitment_id > after)
        .order_by(table.c.commitment_id)
        .limit(_AT_ONCE)
    )
    return [_declared(row) for row in connection.execute(query)]


def of_assets(connection: Connection, subjects: Collection[str]) -> list[Declared]:
    """Those of assets with one of these names or URIs."""
    found = []
    ordered = sorted(subjects)
    for start in range(0, len(ordered), _AT_ONCE):
        query = select(*_COLUMNS).where(
            table.c.kind == "asset",
            table.c.retired_at.is_(None),
            table.c.subject.in_(ordered[start : start + _AT_ONCE]),
        )
        found += [_declared(row) for row in connection.execute(query)]
    return found


def commitment_with(connection: Connection, commitment_id: str) -> Commitment | None:
    """As it is declared now; None if it is not."""
    return still_declared(connection, [commitment_id]).get(commitment_id)


def still_declared(
    connection: Connection, commitment_ids: Collection[str]
) -> dict[str, Commitment]:
    """Those that are, as they are now."""
    found: dict[str, Commitment] = {}
    ordered = sorted(commitment_ids)
    for start in range(0, len(ordered), _AT_ONCE):
        query = select(table.c.commitment_id, table.c.document).where(
            table.c.commitment_id.in_(ordered[start : start + _AT_ONCE]),
            table.c.retired_at.is_(None),
        )
        found.update({id_: _terms(document) for id_, document in connection.execute(query)})
    return found


def retired(connection: Connection, commitment_ids: Collection[str]) -> dict[str, datetime]:
    """Since when nobody makes them any more, of those that were taken back."""
    found: dict[str, datetime] = {}
    ordered = sorted(commitment_ids)
    for start in range(0, len(ordered), _AT_ONCE):
        query = select(table.c.commitment_id, table.c.retired_at).where(
            table.c.commitment_id.in_(ordered[start : start + _AT_ONCE]),
            table.c.retired_at.is_not(None),
        )
        found.update({row.commitment_id: row.retired_at for row in connection.execute(query)})
    return found


def _declared(row: Any) -> Declared:
    return Declared(
        commitment_id=row.commitment_id,
        terms=_terms(row.document),
        declared_at=row.declared_at,
        document=row.document,
    )


def _terms(document: str) -> Commitment:
    return Commitment.from_content(json.loads(document))
