from __future__ import annotations

import re
from collections.abc import Collection
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy import Connection, Table

from airflow_gov_provider.api.deps import Reader, ReaderDep, only_visible, visible_dag_ids
from airflow_gov_provider.api.errors import Refusal
from airflow_gov_provider.api.queries import EVENT_ID, EVIDENCE_ID, cursor_to, key_of
from airflow_gov_provider.api.routes.events import bad_cursor
from airflow_gov_provider.api.sla_schemas import (
    AttainmentItem,
    AttainmentQuery,
    AttainmentReport,
    CommitmentItem,
    CommitmentPage,
    CommitmentQuery,
    OutcomeItem,
    OutcomePage,
    OutcomeQuery,
    span_of,
)
from airflow_gov_provider.domain.sla.attainment import Grouping, attain_by
from airflow_gov_provider.hooks.governance import governance_transaction, utcnow
from airflow_gov_provider.hooks.sla import incident_ids_of
from airflow_gov_provider.store.dag_ids import recorded_dag_ids
from airflow_gov_provider.store.promise_tables import commitment, sla_outcome
from airflow_gov_provider.store.promises.attainment import TallyFilter, tallies
from airflow_gov_provider.store.promises.commitments import (
    CommitmentFilter,
    StoredCommitment,
    page_of_commitments,
    stored_commitment,
    titles,
)
from airflow_gov_provider.store.promises.outcome_pages import OutcomeFilter, page_of_outcomes
from airflow_gov_provider.store.tables import event

router = APIRouter(tags=["commitments"])


@router.get("/v1/commitments")
def list_commitments(
    query: Annotated[CommitmentQuery, Query()], reader: ReaderDep
) -> CommitmentPage:
    """What is promised about Dags that you may read, by Dag and name.

    What belongs to no Dag is for whoever may read all of them.
    """
    before = row_key(query.cursor, table="commitment", shape=EVENT_ID)
    with governance_transaction() as connection:
        wanted = CommitmentFilter(
            dag_ids=seen_dag_ids(connection, commitment, reader, query.dag_id),
            is_retired=query.retired,
            **query.model_dump(exclude={"limit", "cursor", "retired"}),
        )
        page = page_of_commitments(connection, wanted, before=before, limit=query.limit)
    shown = only_visible(page.items, reader, dag_id_of=lambda one: one.terms.dag_id)
    return CommitmentPage(
        items=[CommitmentItem.of(one) for one in shown],
        next_cursor=page.next_cursor and cursor_to("commitment", page.next_cursor),
    )


@router.get("/v1/commitments/{commitment_id}")
def get_commitment(commitment_id: str, reader: ReaderDep) -> CommitmentItem:
    """One commitment, also one that nobody makes any more."""
    with governance_transaction() as connection:
        return CommitmentItem.of(readable_commitment(connection, commitment_id, reader))


@router.get("/v1/outcomes")
def list_outcomes(query: Annotated[OutcomeQuery, Query()], reader: ReaderDep) -> OutcomePage:
    """What became of commitments: one outcome for each run, day or update.

    Those whose occasion was noticed last come first.
    """
    before = row_key(query.cursor, table="sla_outcome", shape=EVIDENCE_ID)
    with governance_transaction() as connection:
        wanted = OutcomeFilter(
            dag_ids=seen_dag_ids(connection, sla_outcome, reader, query.dag_id),
            **query.model_dump(exclude={"limit", "cursor"}),
        )
        page = page_of_outcomes(connection, wanted, before=before, limit=query.limit)
        incidents = incident_ids_of(connection, page.items)
    shown = only_visible(page.items, reader, dag_id_of=lambda one: one.dag_id)
    return OutcomePage(
        items=[OutcomeItem.of(one, incidents.get(one.outcome_id)) for one in shown],
        next_cursor=page.next_cursor and cursor_to("sla_outcome", page.next_cursor),
    )


@router.get("/v1/sla/attainment")
def get_attainment(
    query: Annotated[AttainmentQuery, Query()], reader: ReaderDep
) -> AttainmentReport:
    """How well promises are kept, with error budgets and burn rates.

    What is excused, void or pending is shown and not counted. An outcome is of the time at which it
    was decided: what is met when it happened, what is missed at its deadline.
    """
    until = query.until or utcnow()
    since = until - span_of(query.window)
    with governance_transaction() as connection:
        wanted = TallyFilter(
            since=since,
            until=until,
            dag_ids=seen_dag_ids(connection, sla_outcome, reader, query.dag_id),
            **query.model_dump(include={"dag_id", "owner", "kind", "commitment_id"}),
        )
        counted = list(tallies(connection, wanted))
        shown = only_visible(counted, reader, dag_id_of=lambda tally: tally.dag_id)
        grouping = Grouping(query.by)
        found = attain_by(grouping, shown)
        first = found[: query.limit]
        of_one = grouping is Grouping.COMMITMENT
        named = titles(connection, [one.subject or "" for one in first]) if of_one else {}
    return AttainmentReport(
        since=since,
        until=until,
        by=query.by,
        total=len(found),
        items=[AttainmentItem.of(one, named.get(one.subject or "")) for one in first],
    )


def readable_commitment(
    connection: Connection, commitment_id: str, reader: Reader
) -> StoredCommitment:
    """:raises Refusal: the same 404 for one that is not there and for another's."""
    known = re.fullmatch(EVENT_ID, commitment_id, re.ASCII)
    found = stored_commitment(connection, commitment_id) if known else None
    if found is None or not _is_readable(connection, found.terms.dag_id, reader):
        raise Refusal(
            HTTPStatus.NOT_FOUND,
            "commitment_not_found",
            "there is no commitment with this id that you may read; "
            "GET /governance/v1/commitments lists what is",
        )
    return found


def row_key(cursor: str | None, *, table: str, shape: str) -> str | None:
    """:raises Refusal: 400 for a cursor that is none of this list."""
    if cursor is None:
        return None
    key = key_of(cursor, table=table, shape=shape)
    if key is None:
        raise bad_cursor()
    return key


def seen_dag_ids(
    connection: Connection, table: Table, reader: Reader, dag_id: str | None
) -> Collection[str] | None:
    """The Dags whose rows the reader may see; None for all, and for rows of no Dag."""
    seen = visible_dag_ids(connection, table, reader, dag_id=dag_id)
    if seen is None and visible_dag_ids(connection, event, reader, dag_id=None) is not None:
        return recorded_dag_ids(connection, table)
    return seen


def _is_readable(connection: Connection, dag_id: str | None, reader: Reader) -> bool:
    if dag_id is not None:
        return bool(reader.readable({dag_id}))
    return seen_dag_ids(connection, commitment, reader, None) is None
