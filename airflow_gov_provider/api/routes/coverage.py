from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from airflow_gov_provider.api.deps import ReaderDep, only_visible
from airflow_gov_provider.api.queries import EVIDENCE_ID, CoverageQuery, cursor_to, key_of
from airflow_gov_provider.api.routes.events import bad_cursor
from airflow_gov_provider.api.schemas import CoverageItem, CoveragePage
from airflow_gov_provider.hooks.governance import governance_transaction
from airflow_gov_provider.store.events.coverage import page_of_findings

router = APIRouter(tags=["health"])


@router.get("/v1/coverage")
def list_coverage(query: Annotated[CoverageQuery, Query()], reader: ReaderDep) -> CoveragePage:
    """Where something is, or was, not recorded as it should be, newest first.

    Findings about a host are for every user, those about a Dag for users who may read it. A page
    may therefore hold fewer than `limit`.
    """
    before = None
    if query.cursor is not None:
        before = key_of(query.cursor, table="coverage_finding", shape=EVIDENCE_ID)
        if before is None:
            raise bad_cursor()
    with governance_transaction() as connection:
        page = page_of_findings(connection, is_open=query.open, before=before, limit=query.limit)
    shown = only_visible(page.items, reader, dag_id_of=lambda finding: finding.dag_id)
    return CoveragePage(
        items=[CoverageItem.of(finding) for finding in shown],
        next_cursor=page.next_cursor and cursor_to("coverage_finding", page.next_cursor),
    )
