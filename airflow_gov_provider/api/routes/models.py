from __future__ import annotations

from collections.abc import Collection, Sequence
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy import Connection

from airflow_gov_provider.api.deps import Reader, ReaderDep, only_visible, visible_dag_ids
from airflow_gov_provider.api.errors import Refusal
from airflow_gov_provider.api.model_schemas import (
    AliasesQuery,
    AliasList,
    AliasNow,
    Approver,
    ModelItem,
    ModelPage,
    ModelQuery,
    ModelsQuery,
    MoveItem,
    MoveList,
    RegistryState,
    VersionItem,
    VersionPage,
    VersionsQuery,
)
from airflow_gov_provider.api.queries import EVIDENCE_ID, cursor_to, key_of
from airflow_gov_provider.api.routes.events import bad_cursor
from airflow_gov_provider.api.schemas import EvidenceItem
from airflow_gov_provider.domain.alias_history import AliasMove, as_of, compare, history
from airflow_gov_provider.hooks.governance import governance_transaction, utcnow
from airflow_gov_provider.registry.asking import Answer, Answered, aliases_now
from airflow_gov_provider.store.evidence import get_evidence
from airflow_gov_provider.store.model_records import (
    MOST_MOVES,
    moves_of_model,
    page_of_models,
    page_of_versions,
    summary_of_model,
)
from airflow_gov_provider.store.tables import evidence as table

router = APIRouter(tags=["models"])

_MOVES_FOR_A_LIST = 30
_MOST_LISTED = 200
_REGISTRY_SECONDS = 2.0
_HEX = r"(?:[0-9a-f]{2}){1,1000}"


@router.get("/v1/models")
def list_models(query: Annotated[ModelsQuery, Query()], reader: ReaderDep) -> ModelPage:
    """Models that evidence names, each with its aliases as recorded promotions left them."""
    after = None
    if query.cursor is not None:
        after = _name_of(query.cursor)
    with governance_transaction() as connection:
        dag_ids = visible_dag_ids(connection, table, reader, dag_id=None)
        page = page_of_models(connection, dag_ids, after=after, contains=query.q, limit=query.limit)
        items = [
            ModelItem.of(
                summary,
                as_of(
                    _moves(connection, summary.name, dag_ids, reader, most=_MOVES_FOR_A_LIST),
                    utcnow(),
                ),
            )
            for summary in only_visible(page.items, reader, dag_id_of=lambda each: each.dag_id)
        ]
    return ModelPage(
        items=items,
        next_cursor=page.next_cursor and cursor_to("model", page.next_cursor.encode().hex()),
    )


def _name_of(cursor: str) -> str:
    """:raises Refusal: for a cursor that is not ours."""
    key = key_of(cursor, table="model", shape=_HEX)
    try:
        return bytes.fromhex(key or "zz").decode()
    except ValueError:
        raise bad_cursor() from None


@router.get("/v1/models/versions")
def list_versions(query: Annotated[VersionsQuery, Query()], reader: ReaderDep) -> VersionPage:
    """The versions of a model that evidence names, each with its newest evidence of every kind."""
    before = None
    if query.cursor is not None:
        before = key_of(query.cursor, table="version", shape=EVIDENCE_ID)
        if before is None:
            raise bad_cursor()
    with governance_transaction() as connection:
        dag_ids = _readable_model(connection, query.name, reader)
        page = page_of_versions(connection, query.name, dag_ids, before=before, limit=query.limit)
    return VersionPage(
        items=[
            VersionItem.of(record, [EvidenceItem.of(row) for row in rows])
            for record in page.items
            if (
                rows := only_visible(
                    list(record.newest.values()), reader, dag_id_of=lambda r: r.origin.dag_id
                )
            )
        ],
        next_cursor=page.next_cursor and cursor_to("version", page.next_cursor),
    )


@router.get("/v1/models/moves")
def list_moves(query: Annotated[ModelQuery, Query()], reader: ReaderDep) -> MoveList:
    """Every promotion of a model that was carried out: what moved, when, by which run, on whose
    word, and whether the alias had been moved in between by somebody else.
    """
    with governance_transaction() as connection:
        dag_ids = _readable_model(connection, query.name, reader)
        moves = history(_moves(connection, query.name, dag_ids, reader, most=MOST_MOVES))
        shown = list(reversed(moves))[:_MOST_LISTED]
        approvers = _approvers(connection, shown, reader)
    return MoveList(
        items=[MoveItem.of(move, approvers, tell_gap=dag_ids is None) for move in shown],
        is_complete=len(moves) <= _MOST_LISTED,
    )


@router.get("/v1/models/aliases")
def get_aliases(query: Annotated[AliasesQuery, Query()], reader: ReaderDep) -> AliasList:
    """Which version each alias pointed to, now or at any time, as recorded promotions tell."""
    at = query.at or utcnow()
    with governance_transaction() as connection:
        dag_ids = _readable_model(connection, query.name, reader)
        moves = _moves(connection, query.name, dag_ids, reader, most=MOST_MOVES)
    items = [AliasNow.of(state) for state in as_of(moves, at)]
    return AliasList(name=query.name, at=at, items=items)


@router.get("/v1/models/registry")
def get_registry_state(query: Annotated[ModelQuery, Query()], reader: ReaderDep) -> RegistryState:
    """Whether the registry's aliases still point where recorded promotions left them.

    The registry belongs to no Dag, so this is for whoever may read every Dag that left evidence.
    It answers within seconds whether the registry does or not.
    """
    with governance_transaction() as connection:
        dag_ids = _readable_model(connection, query.name, reader)
        if dag_ids is not None:
            raise Refusal(
                HTTPStatus.FORBIDDEN,
                "registry_not_for_you",
                "the registry is compared for users who may read every Dag that recorded evidence",
            )
        moves = _moves(connection, query.name, dag_ids, reader, most=MOST_MOVES)
    answer = aliases_now(query.name, wait=_REGISTRY_SECONDS)
    return _compared(answer, moves)


def _compared(answer: Answer, moves: Sequence[AliasMove]) -> RegistryState:
    elsewhere = sorted({move.registry for move in moves} - {answer.registry})
    if answer.status is not Answered.ANSWERED:
        return RegistryState.of(answer, elsewhere=elsewhere)
    here = [state for state in as_of(moves, utcnow()) if state.registry == answer.registry]
    return RegistryState.of(answer, compare(here, answer.aliases), elsewhere)


def _readable_model(connection: Connection, name: str, reader: Reader) -> Collection[str] | None:
    """The Dags whose evidence about the model is shown; None for all.

    :raises Refusal: the same 404 for a model that nothing names and for one that is not readable.
    """
    dag_ids = visible_dag_ids(connection, table, reader, dag_id=None)
    found = summary_of_model(connection, name, dag_ids)
    if found is None or not reader.readable({found.dag_id}):
        raise Refusal(
            HTTPStatus.NOT_FOUND,
            "model_not_found",
            "no evidence that you may read names this model; GET /governance/v1/models lists those "
            "that are named",
        )
    return dag_ids


def _moves(
    connection: Connection,
    name: str,
    dag_ids: Collection[str] | None,
    reader: Reader,
    *,
    most: int,
) -> list[AliasMove]:
    moves = moves_of_model(connection, name, dag_ids, most=most)
    return only_visible(moves, reader, dag_id_of=lambda move: move.origin.dag_id)


def _approvers(
    connection: Connection, moves: Sequence[AliasMove], reader: Reader
) -> dict[str, Approver]:
    found: dict[str, Approver] = {}
    for evidence_id in {each for move in moves for each in move.approvals}:
        approval = get_evidence(connection, evidence_id)
        if approval is None or not reader.readable({approval.origin.dag_id}):
            continue
        by, reason = approval.body.get("decided_by"), approval.body.get("reason")
        name = by.get("name") if isinstance(by, dict) else None
        found[evidence_id] = Approver(
            name=str(name or "somebody"),
            reason=str(reason) if reason else None,
            evidence_id=evidence_id,
        )
    return found
