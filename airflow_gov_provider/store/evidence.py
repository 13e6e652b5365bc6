"""Evidence rows. Only inserted and read; nothing here updates or deletes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, Select, insert, select

from airflow_gov_provider.domain.evidence import Evidence, EvidenceKind
from airflow_gov_provider.domain.verdicts import Verdict
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


def insert_evidence(connection: Connection, item: Evidence) -> None:
    connection.execute(
        insert(table).values(
            evidence_id=item.evidence_id,
            kind=item.kind.value,
            **asdict(item.origin),
            subject=item.subject,
            model_name=item.model and item.model.name,
            model_version=item.model and item.model.version,
            verdict=item.verdict.value,
            summary=item.summary,
            recorded_at=item.recorded_at,
            digest=item.digest,
            document=item.document.decode(),
        )
    )


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


def _filtered(query: Select[str], wanted: EvidenceFilter) -> Select[str]:
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
