"""Every attempt of one gate, in pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from airflow_gov_provider.domain.canonical import digest, parse
from airflow_gov_provider.domain.evidence import EvidenceKind
from airflow_gov_provider.domain.quality.attempts import Attempt
from airflow_gov_provider.store.pages import DEFAULT_LIMIT, Page
from airflow_gov_provider.store.tables import evidence as table

_KINDS = (EvidenceKind.QUALITY.value, EvidenceKind.BIAS.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class GateFilter:
    """One gate, and which of its attempts; a field that is None does not filter."""

    dag_id: str
    task_id: str
    run_id: str | None = None
    map_index: int | None = None
    since: datetime | None = None
    until: datetime | None = None


def page_of_attempts(
    connection: Connection,
    wanted: GateFilter,
    *,
    before: str | None = None,
    limit: int = DEFAULT_LIMIT,
) -> Page[Attempt]:
    """Newest first. :param before: the ``next_cursor`` of the page above, or an evidence's id."""
    query = (
        select(table)
        .where(
            table.c.dag_id == wanted.dag_id,
            table.c.task_id == wanted.task_id,
            table.c.kind.in_(_KINDS),
        )
        .order_by(table.c.evidence_id.desc())
        .limit(limit + 1)
    )
    if wanted.run_id is not None:
        query = query.where(table.c.run_id == wanted.run_id)
    if wanted.map_index is not None:
        query = query.where(table.c.map_index == wanted.map_index)
    if wanted.since is not None:
        query = query.where(table.c.recorded_at >= wanted.since)
    if wanted.until is not None:
        query = query.where(table.c.recorded_at < wanted.until)
    if before is not None:
        query = query.where(table.c.evidence_id < before)
    rows = connection.execute(query).all()
    items = [_attempt(row) for row in rows[:limit]]
    return Page(items=items, next_cursor=items[-1].evidence_id if len(rows) > limit else None)


def _attempt(row: Any) -> Attempt:
    return Attempt(
        evidence_id=row.evidence_id,
        run_id=row.run_id,
        map_index=row.map_index,
        try_number=row.try_number,
        recorded_at=row.recorded_at,
        findings=_findings(row),
    )


def _findings(row: Any) -> Sequence[Mapping[str, Any]] | None:
    """None for a document that is not the one that was recorded."""
    document = row.document.encode()
    if digest(document) != row.digest:
        return None
    findings = parse(document)["body"].get("findings")
    if not isinstance(findings, list):
        return ()
    return [each for each in findings if isinstance(each, Mapping)]
