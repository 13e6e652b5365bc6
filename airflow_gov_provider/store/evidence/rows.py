"""Evidence rows. Only inserted and read; nothing here updates or deletes."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, Select, insert, select

from airflow_gov_provider.domain.canonical import digest
from airflow_gov_provider.domain.evidence import Evidence, EvidenceKind, ModelRef, Origin
from airflow_gov_provider.domain.verdicts import Verdict
from airflow_gov_provider.store.ledger.sealed_records import event_of_evidence, record_event
from airflow_gov_provider.store.pages import DEFAULT_LIMIT, Page
from airflow_gov_provider.store.tables import evidence as table


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceFilter:
    """What to look for; a field that is None does not filter.

    :param dag_ids: only evidence of these Dags; an empty collection finds nothing.
    """

    dag_ids: Collection[str] | None = None
    dag_id: str | None = None
    run_id: str | None = None
    task_id: str | None = None
    kind: EvidenceKind | None = None
    verdict: Verdict | None = None
    model_name: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRow:
    """What a list shows of one piece of evidence: its columns, without reading the document."""

    evidence_id: str
    kind: str
    origin: Origin
    subject: str
    model: ModelRef | None
    verdict: str
    summary: str
    recorded_at: datetime
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEvidence:
    """One row with the document exactly as it lies in the database."""

    row: EvidenceRow
    document: bytes

    @property
    def digest_matches(self) -> bool:
        """Whether the document still is the one that was recorded."""
        return digest(self.document) == self.row.digest


def searchable(item: Evidence) -> dict[str, Any]:
    """What of the document stands in columns of its own, too."""
    return {
        "evidence_id": item.evidence_id,
        "kind": item.kind.value,
        **asdict(item.origin),
        "subject": item.subject,
        "model_name": item.model and item.model.name,
        "model_version": item.model and item.model.version,
        "verdict": item.verdict.value,
        "summary": item.summary,
        "recorded_at": item.recorded_at,
    }


def insert_evidence(connection: Connection, item: Evidence) -> None:
    """Insert evidence, and the event that takes its digest into the ledger."""
    row = {
        **searchable(item),
        "digest": item.digest,
        "document": item.document.decode(),
    }
    connection.execute(insert(table).values(row))
    record_event(connection, event_of_evidence(row), recorded_at=item.recorded_at)


def get_evidence(connection: Connection, evidence_id: str) -> Evidence | None:
    document = connection.scalar(select(table.c.document).where(table.c.evidence_id == evidence_id))
    return Evidence.from_document(document.encode()) if document else None


def evidence_of_run(connection: Connection, dag_id: str, run_id: str) -> list[Evidence]:
    """Everything one Dag run recorded, in the order of recording, replaced records included."""
    rows = connection.scalars(
        select(table.c.document)
        .where(table.c.dag_id == dag_id, table.c.run_id == run_id)
        .order_by(table.c.evidence_id)
    )
    return [Evidence.from_document(document.encode()) for document in rows]


def page_of_evidence(
    connection: Connection,
    wanted: EvidenceFilter,
    *,
    before: str | None = None,
    limit: int = DEFAULT_LIMIT,
) -> Page[Evidence]:
    """Newest first. :param before: the ``next_cursor`` of the page above."""
    query = _filtered(select(table.c.document), wanted).order_by(table.c.evidence_id.desc())
    if before is not None:
        query = query.where(table.c.evidence_id < before)
    documents = connection.scalars(query.limit(limit + 1)).all()
    items = [Evidence.from_document(document.encode()) for document in documents[:limit]]
    return Page(items=items, next_cursor=items[-1].evidence_id if len(documents) > limit else None)


def get_stored(connection: Connection, evidence_id: str) -> StoredEvidence | None:
    query = select(*_ROW, table.c.document).where(table.c.evidence_id == evidence_id)
    found = connection.execute(query).one_or_none()
    return found and StoredEvidence(row=row_of(found), document=found.document.encode())


def page_of_rows(
    connection: Connection,
    wanted: EvidenceFilter,
    *,
    before: str | None = None,
    limit: int = DEFAULT_LIMIT,
) -> Page[EvidenceRow]:
    """Newest first. :param before: the ``next_cursor`` of the page above."""
    query = _filtered(select(*_ROW), wanted).order_by(table.c.evidence_id.desc())
    if before is not None:
        query = query.where(table.c.evidence_id < before)
    found = connection.execute(query.limit(limit + 1)).all()
    items = [row_of(row) for row in found[:limit]]
    return Page(items=items, next_cursor=items[-1].evidence_id if len(found) > limit else None)


def models_of_dags(
    connection: Connection, dag_ids: Iterable[str], *, most: int
) -> list[tuple[str, str | None]]:
    """Models that the newest evidence of these Dags is about, each with its newest version there.

    :param most: so many of them; for each Dag a few hundred pieces of evidence are looked at.
    """
    found: dict[str, str | None] = {}
    for dag_id in dag_ids:
        newest = (
            select(table.c.model_name, table.c.model_version, table.c.evidence_id)
            .where(table.c.dag_id == dag_id)
            .order_by(table.c.evidence_id.desc())
            .limit(_NEWEST)
            .subquery()
        )
        query = select(newest.c.model_name, newest.c.model_version)
        query = query.where(newest.c.model_name.is_not(None))
        for name, version in connection.execute(query.order_by(newest.c.evidence_id.desc())):
            if len(found) < most:
                found.setdefault(name, version)
    return list(found.items())


_NEWEST = 200
_ROW = tuple(column for column in table.c if column.name != "document")


def row_columns() -> tuple[Column[Any], ...]:
    """What to select for ``row_of``."""
    return _ROW


def row_of(found: Any) -> EvidenceRow:
    """:param found: a row of the database with ``row_columns``."""
    return EvidenceRow(
        evidence_id=found.evidence_id,
        kind=found.kind,
        origin=Origin(
            dag_id=found.dag_id,
            run_id=found.run_id,
            task_id=found.task_id,
            map_index=found.map_index,
            try_number=found.try_number,
        ),
        subject=found.subject,
        model=ModelRef(name=found.model_name, version=found.model_version)
        if found.model_name
        else None,
        verdict=found.verdict,
        summary=found.summary,
        recorded_at=found.recorded_at,
        digest=found.digest,
    )


def _filtered(query: Select[Any], wanted: EvidenceFilter) -> Select[Any]:
    equal = {
        table.c.dag_id: wanted.dag_id,
        table.c.run_id: wanted.run_id,
        table.c.task_id: wanted.task_id,
        table.c.kind: wanted.kind,
        table.c.verdict: wanted.verdict,
        table.c.model_name: wanted.model_name,
    }
    for column, value in equal.items():
        if value is not None:
            query = query.where(column == str(value))
    if wanted.dag_ids is not None:
        query = query.where(table.c.dag_id.in_(wanted.dag_ids))
    if wanted.since is not None:
        query = query.where(table.c.recorded_at >= wanted.since)
    if wanted.until is not None:
        query = query.where(table.c.recorded_at < wanted.until)
    return query
