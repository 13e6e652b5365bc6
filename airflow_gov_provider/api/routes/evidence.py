from __future__ import annotations

import re
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy import Connection

from airflow_gov_provider.api.deps import Reader, ReaderDep, only_visible, visible_dag_ids
from airflow_gov_provider.api.errors import Refusal
from airflow_gov_provider.api.queries import EVIDENCE_ID, EvidenceQuery, cursor_to, key_of
from airflow_gov_provider.api.routes.events import bad_cursor
from airflow_gov_provider.api.schemas import EvidenceDetail, EvidenceItem, EvidencePage
from airflow_gov_provider.hooks.governance import governance_transaction
from airflow_gov_provider.store.evidence.checks import checked
from airflow_gov_provider.store.evidence.rows import (
    EvidenceFilter,
    StoredEvidence,
    get_stored,
    page_of_rows,
)
from airflow_gov_provider.store.tables import evidence as table

router = APIRouter(tags=["evidence"])


@router.get("/v1/evidence")
def list_evidence(query: Annotated[EvidenceQuery, Query()], reader: ReaderDep) -> EvidencePage:
    """What gates, cards, approvals and promotions recorded, newest first.

    The verdict is `CHANGED` where what is stored is not what was recorded.
    """
    before = None
    if query.cursor is not None:
        before = key_of(query.cursor, table="evidence", shape=EVIDENCE_ID)
        if before is None:
            raise bad_cursor()
    with governance_transaction() as connection:
        wanted = EvidenceFilter(
            dag_ids=visible_dag_ids(connection, table, reader, dag_id=query.dag_id),
            **query.model_dump(exclude={"limit", "cursor"}),
        )
        page = page_of_rows(connection, wanted, before=before, limit=query.limit)
        rows = checked(connection, page.items)
    shown = only_visible(rows, reader, dag_id_of=lambda row: row.origin.dag_id)
    return EvidencePage(
        items=[EvidenceItem.of(row) for row in shown],
        next_cursor=page.next_cursor and cursor_to("evidence", page.next_cursor),
    )


@router.get("/v1/evidence/{evidence_id}")
def get_evidence(evidence_id: str, reader: ReaderDep) -> EvidenceDetail:
    """One piece of evidence with its document, and whether that still has its digest."""
    with governance_transaction() as connection:
        return EvidenceDetail.with_document(readable_evidence(connection, evidence_id, reader))


def readable_evidence(connection: Connection, evidence_id: str, reader: Reader) -> StoredEvidence:
    """:raises Refusal: the same 404 for evidence that is not there and for another's."""
    known = re.fullmatch(EVIDENCE_ID, evidence_id, re.ASCII)
    stored = get_stored(connection, evidence_id) if known else None
    if stored is None or not reader.readable({stored.row.origin.dag_id}):
        raise Refusal(
            HTTPStatus.NOT_FOUND,
            "evidence_not_found",
            "there is no evidence with this id that you may read; "
            "GET /governance/v1/evidence lists what is",
        )
    return stored
