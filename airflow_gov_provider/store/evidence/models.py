"""Registered models, as far as evidence names them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Select, func, select

from airflow_gov_provider.domain.evidence import Evidence, EvidenceKind
from airflow_gov_provider.domain.models.alias_history import AliasMove, move_of
from airflow_gov_provider.domain.verdicts import Verdict
from airflow_gov_provider.store.evidence.rows import EvidenceRow, row_columns, row_of
from airflow_gov_provider.store.pages import DEFAULT_LIMIT, Page
from airflow_gov_provider.store.tables import evidence as table

MOST_MOVES = 500
Dags = AbstractSet[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSummary:
    """:param dag_id: which Dag recorded the newest evidence."""

    name: str
    newest_version: str
    last_recorded_at: datetime
    dag_id: str


@dataclass(slots=True, kw_only=True)
class VersionRecord:
    """One version with the newest evidence of each kind."""

    version: str
    first_recorded_at: datetime
    last_recorded_at: datetime
    newest: dict[str, EvidenceRow] = field(default_factory=dict)


def page_of_models(
    connection: Connection,
    readable: Callable[[AbstractSet[str]], AbstractSet[str]],
    *,
    after: str | None = None,
    contains: str | None = None,
    limit: int = DEFAULT_LIMIT,
) -> Page[ModelSummary]:
    """In the order of their names, those that a readable Dag names.

    :param readable: those of some Dags whose evidence may be seen.
    """
    names = _names(connection, after)
    if contains:
        names = (name for name in names if contains.casefold() in name.casefold())
    found: list[ModelSummary] = []
    while some := list(islice(names, limit + 1)):
        dags = {name: dags_of_model(connection, name) for name in some}
        seen = readable(frozenset().union(*dags.values()))
        found += [
            summary
            for name in some
            if (summary := summary_of_model(connection, name, dags[name] & seen))
        ]
        if len(found) > limit:
            break
    items = found[:limit]
    return Page(items=items, next_cursor=items[-1].name if len(found) > limit else None)


def _names(connection: Connection, after: str | None) -> Iterator[str]:
    """Every name there is, one probe of the index each."""
    while True:
        query = select(func.min(table.c.model_name))
        if after is not None:
            query = query.where(table.c.model_name > after)
        after = connection.scalar(query)
        if after is None:
            return
        yield after


def dags_of_model(connection: Connection, name: str) -> frozenset[str]:
    """Every Dag whose evidence names the model, one probe of the index each."""
    found: set[str] = set()
    after = ""
    while True:
        query = select(func.min(table.c.dag_id)).where(
            table.c.model_name == name, table.c.dag_id > after
        )
        dag_id = connection.scalar(query)
        if dag_id is None:
            return frozenset(found)
        found.add(after := dag_id)


def summary_of_model(
    connection: Connection, name: str, dag_ids: AbstractSet[str]
) -> ModelSummary | None:
    """None for a model that no evidence of these Dags names."""
    newest = max(
        (
            found
            for dag_id in dag_ids
            if (found := connection.scalar(_newest(name, dag_id))) is not None
        ),
        default=None,
    )
    if newest is None:
        return None
    columns = (table.c.model_version, table.c.recorded_at, table.c.dag_id)
    last = connection.execute(select(*columns).where(table.c.evidence_id == newest)).one()
    return ModelSummary(
        name=name,
        newest_version=last.model_version,
        last_recorded_at=last.recorded_at,
        dag_id=last.dag_id,
    )


def _newest(name: str, dag_id: str) -> Select[Any]:
    return select(func.max(table.c.evidence_id)).where(
        table.c.model_name == name, table.c.dag_id == dag_id
    )


def page_of_versions(
    connection: Connection,
    name: str,
    dag_ids: Dags,
    *,
    before: str | None = None,
    limit: int = DEFAULT_LIMIT,
) -> Page[VersionRecord]:
    """The versions that evidence names, those that were recorded last first.

    :param before: the ``next_cursor`` of the page above.
    """
    newest = func.max(table.c.evidence_id).label("newest")
    query = _of(select(table.c.model_version, newest), name, dag_ids)
    query = query.group_by(table.c.model_version)
    if before is not None:
        query = query.having(newest < before)
    found = connection.execute(query.order_by(newest.desc()).limit(limit + 1)).all()
    versions = [version for version, _ in found[:limit]]
    return Page(
        items=_versions(connection, name, dag_ids, versions),
        next_cursor=found[limit - 1].newest if len(found) > limit else None,
    )


def _versions(
    connection: Connection, name: str, dag_ids: Dags, versions: Sequence[str]
) -> list[VersionRecord]:
    query = _of(select(*row_columns()), name, dag_ids)
    query = query.where(table.c.model_version.in_(versions)).order_by(table.c.evidence_id)
    records: dict[str, VersionRecord] = {}
    for row in map(row_of, connection.execute(query)):
        version = row.model.version if row.model else ""
        record = records.setdefault(
            version,
            VersionRecord(
                version=version,
                first_recorded_at=row.recorded_at,
                last_recorded_at=row.recorded_at,
            ),
        )
        record.last_recorded_at = row.recorded_at
        record.newest[row.kind] = row
    return [records[version] for version in versions if version in records]


def moves_of_model(
    connection: Connection,
    name: str,
    dag_ids: Dags,
    *,
    most: int = MOST_MOVES,
) -> list[AliasMove]:
    """The newest promotions that were carried out, oldest first."""
    query = (
        _of(select(table.c.document), name, dag_ids)
        .where(
            table.c.kind == EvidenceKind.PROMOTION.value,
            table.c.verdict == Verdict.PASSED.value,
        )
        .order_by(table.c.evidence_id.desc())
        .limit(most)
    )
    moves = (move for text in connection.scalars(query) if (move := _move(text)))
    return sorted(moves, key=lambda move: move.evidence_id)


def _move(document: str) -> AliasMove | None:
    try:
        return move_of(Evidence.from_document(document.encode()))
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _of(query: Select[Any], name: str, dag_ids: Dags) -> Select[Any]:
    return query.where(table.c.model_name == name, table.c.dag_id.in_(dag_ids))
