from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy import Connection

from airflow_gov_provider.api.deps import Reader, ReaderDep, visible_dag_ids
from airflow_gov_provider.api.errors import Refusal
from airflow_gov_provider.api.model_schemas import (
    AliasesQuery,
    AliasList,
    AliasMoveItem,
    AliasMoveList,
    AliasNow,
    Approver,
    ModelItem,
    ModelPage,
    ModelQuery,
    ModelsQuery,
    RegistryState,
    VersionItem,
    VersionPage,
    VersionsQuery,
)
from airflow_gov_provider.api.queries import EVIDENCE_ID, cursor_to, key_of
from airflow_gov_provider.api.routes.events import bad_cursor
from airflow_gov_provider.api.schemas import EvidenceItem
from airflow_gov_provider.domain.models.alias_history import AliasMove, as_of, compare, history
from airflow_gov_provider.hooks.governance import governance_transaction, utcnow
from airflow_gov_provider.registry.asking import Answer, Answered, aliases_now
from airflow_gov_provider.store.evidence.checks import checked
from airflow_gov_provider.store.evidence.models import (
    dags_of_model,
    moves_of_model,
    page_of_models,
    page_of_versions,
)
from airflow_gov_provider.store.evidence.rows import get_evidence
from airflow_gov_provider.store.tables import evidence as table

router = APIRouter(tags=["models"])

_MOVES_FOR_A_LIST = 30
_MOST_LISTED = 100
_REGISTRY_SECONDS = 2.0
_HEX = r"(?:[0-9a-f]{2}){1,1000}"


@router.get("/v1/models")
def list_models(query: Annotated[ModelsQuery, Query()], reader: ReaderDep) -> ModelPage:
    """Models that evidence names, each with its aliases as recorded promotions left them."""
    after = None
    if query.cursor is not None:
        after = _name_of(query.cursor)
    with governance_transaction() as connection:
        page = page_of_models(
            connection, _readable(reader, query), after=after, contains=query.q, limit=query.limit
        )
        items = []
        for summary in page.items:
            seen = reader.readable(dags_of_model(connection, summary.name))
            moves = moves_of_model(connection, summary.name, seen, most=_MOVES_FOR_A_LIST)
            items.append(ModelItem.of(summary, as_of(moves, utcnow())))
    return ModelPage(
        items=items,
        next_cursor=page.next_cursor and cursor_to("model", page.next_cursor.encode().hex()),
    )


def _readable(reader: Reader, query: ModelsQuery) -> Callable[[AbstractSet[str]], AbstractSet[str]]:
    if query.dag_id is None:
        return reader.readable
    return lambda dag_ids: reader.readable(dag_ids & {query.dag_id})


def _name_of(cursor: str) -> str:
    """:raises Refusal: for a cursor that is not ours."""
    key = key_of(cursor, table="model", shape=_HEX)
    try:
        return bytes.fromhex(key or "zz").decode()
    except ValueError:
        raise bad_cursor() from None


@router.get("/v1/models/versions")
def list_versions(query: Annotated[VersionsQuery, Query()], reader: ReaderDep) -> VersionPage:
    """The versions of a model that evidence names, each with its newest evidence of every kind.

    The verdict is `CHANGED` where what is stored is not what was recorded.
    """
    before = None
    if query.cursor is not None:
        before = key_of(query.cursor, table="version", shape=EVIDENCE_ID)
        if before is None:
            raise bad_cursor()
    with governance_transaction() as connection:
        dag_ids = _readable_dags(connection, query.name, reader)
        page = page_of_versions(connection, query.name, dag_ids, before=before, limit=query.limit)
        newest = [row for record in page.items for row in record.newest.values()]
        rows = {row.evidence_id: row for row in checked(connection, newest)}
    return VersionPage(
        items=[
            VersionItem.of(
                record, [EvidenceItem.of(rows[row.evidence_id]) for row in record.newest.values()]
            )
            for record in page.items
        ],
        next_cursor=page.next_cursor and cursor_to("version", page.next_cursor),
    )


@router.get("/v1/models/moves")
def list_moves(query: Annotated[ModelQuery, Query()], reader: ReaderDep) -> AliasMoveList:
    """Every promotion of a model that was carried out: what moved, when, by which run, on whose
    word, and whether the alias had been moved in between by somebody else.
    """
    with governance_transaction() as connection:
        dag_ids = _readable_dags(connection, query.name, reader)
        moves = history(moves_of_model(connection, query.name, dag_ids))
        shown = list(reversed(moves))[:_MOST_LISTED]
        approvers = _approvers(connection, shown, reader)
        tell_gap = _sees_everything(connection, reader)
    return AliasMoveList(
        items=[AliasMoveItem.of(move, approvers, tell_gap=tell_gap) for move in shown],
        is_complete=len(moves) <= _MOST_LISTED,
    )


@router.get("/v1/models/aliases")
def get_aliases(query: Annotated[AliasesQuery, Query()], reader: ReaderDep) -> AliasList:
    """Which version each alias pointed to, now or at any time, as recorded promotions tell."""
    at = query.at or utcnow()
    with governance_transaction() as connection:
        dag_ids = _readable_dags(connection, query.name, reader)
        moves = moves_of_model(connection, query.name, dag_ids)
    items = [AliasNow.of(state) for state in as_of(moves, at)]
    return AliasList(name=query.name, at=at, items=items)


@router.get("/v1/models/registry")
def get_registry_state(query: Annotated[ModelQuery, Query()], reader: ReaderDep) -> RegistryState:
    """Whether the registry's aliases still point where recorded promotions left them.

    The registry belongs to no Dag, so this is for whoever may read every Dag that left evidence.
    It answers within seconds whether the registry does or not.
    """
    with governance_transaction() as connection:
        dag_ids = _readable_dags(connection, query.name, reader)
        if not _sees_everything(connection, reader):
            raise Refusal(
                HTTPStatus.FORBIDDEN,
                "registry_not_for_you",
                "the registry is compared for users who may read every Dag that recorded evidence",
            )
        moves = moves_of_model(connection, query.name, dag_ids)
    answer = aliases_now(query.name, wait=_REGISTRY_SECONDS)
    return _compared(answer, moves)


def _compared(answer: Answer, moves: Sequence[AliasMove]) -> RegistryState:
    elsewhere = sorted({move.registry for move in moves} - {answer.registry})
    if answer.status is not Answered.ANSWERED:
        return RegistryState.of(answer, elsewhere=elsewhere)
    here = [state for state in as_of(moves, utcnow()) if state.registry == answer.registry]
    return RegistryState.of(answer, compare(here, answer.aliases), elsewhere)


def _readable_dags(connection: Connection, name: str, reader: Reader) -> AbstractSet[str]:
    """The Dags whose evidence about the model is shown.

    :raises Refusal: the same 404 for a model that nothing names and for one that is not readable.
    """
    found = reader.readable(dags_of_model(connection, name))
    if not found:
        raise Refusal(
            HTTPStatus.NOT_FOUND,
            "model_not_found",
            "no evidence that you may read names this model; GET /governance/v1/models lists those "
            "that are named",
        )
    return found


def _sees_everything(connection: Connection, reader: Reader) -> bool:
    return visible_dag_ids(connection, table, reader, dag_id=None) is None


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
