from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy import Connection

from airflow_gov_provider.api.deps import ReaderDep, only_visible, visible_dag_ids
from airflow_gov_provider.api.errors import Refusal
from airflow_gov_provider.api.queries import EVIDENCE_ID, cursor_to, key_of
from airflow_gov_provider.api.routes.events import bad_cursor
from airflow_gov_provider.api.run_schemas import (
    ChainQuery,
    CheckHistory,
    CheckSeries,
    HistoryQuery,
    HistoryRun,
    RunChain,
    RunItem,
    RunPage,
    RunQuery,
)
from airflow_gov_provider.domain.chain import chain_of, standing_of
from airflow_gov_provider.domain.quality.history import series_of
from airflow_gov_provider.hooks.governance import governance_transaction
from airflow_gov_provider.store.approvals.requests import requests_of_run
from airflow_gov_provider.store.evidence.gate_history import last_runs_of_gate
from airflow_gov_provider.store.evidence.runs import (
    RunFilter,
    governance_tasks,
    page_of_runs,
    recorded_of_run,
    recorded_of_runs,
    waiting_of_runs,
)
from airflow_gov_provider.store.tables import evidence as table

router = APIRouter(tags=["runs"])

_MOST_LOOKED_AT = 100


@router.get("/v1/runs")
def list_runs(query: Annotated[RunQuery, Query()], reader: ReaderDep) -> RunPage:
    """Dag runs that recorded evidence, newest first, each with its overall verdict."""
    before = None
    if query.cursor is not None:
        before = key_of(query.cursor, table="run", shape=EVIDENCE_ID)
        if before is None:
            raise bad_cursor()
    with governance_transaction() as connection:
        wanted = RunFilter(
            dag_ids=visible_dag_ids(connection, table, reader, dag_id=query.dag_id),
            dag_id=query.dag_id,
            model_name=query.model,
            since=query.since,
            until=query.until,
        )
        items, following = _page(connection, wanted, query, before)
    return RunPage(
        items=only_visible(items, reader, dag_id_of=lambda item: item.dag_id),
        next_cursor=following and cursor_to("run", following),
    )


def _page(
    connection: Connection, wanted: RunFilter, query: RunQuery, before: str | None
) -> tuple[list[RunItem], str | None]:
    """The runs with the wanted verdict among the next ones, and where to go on."""
    items: list[RunItem] = []
    looked_at, step = 0, query.limit
    while True:
        page = page_of_runs(connection, wanted, before=before, limit=step)
        keys = [run.key for run in page.items]
        recorded = recorded_of_runs(connection, keys)
        waiting = waiting_of_runs(connection, keys)
        for run in page.items:
            found = recorded[run.key]
            item = RunItem.of(run.key, found, standing_of(found), waiting[run.key])
            if query.verdict in (None, item.verdict):
                items.append(item)
                if len(items) == query.limit and run is not page.items[-1]:
                    return items, run.first_id
        looked_at += len(page.items)
        before = page.next_cursor
        if before is None or len(items) >= query.limit or looked_at >= _MOST_LOOKED_AT:
            return items, before


@router.get("/v1/runs/chain")
def get_chain(query: Annotated[ChainQuery, Query()], reader: ReaderDep) -> RunChain:
    """One Dag run from its data to its decision, with what is missing."""
    key = query.dag_id, query.run_id
    if not reader.readable({query.dag_id}):
        raise _not_found()
    with governance_transaction() as connection:
        recorded = recorded_of_run(connection, key)
        if not recorded:
            raise _not_found()
        requests = requests_of_run(connection, *key)
        tasks = governance_tasks(connection, key)
        waiting = waiting_of_runs(connection, [key])[key]
    run = RunItem.of(key, recorded, standing_of(recorded), waiting)
    return RunChain.of(run, chain_of(recorded, requests=requests, tasks=tasks))


def _not_found() -> Refusal:
    return Refusal(
        HTTPStatus.NOT_FOUND,
        "run_not_found",
        "no Dag run of this name that you may read has recorded evidence; "
        "GET /governance/v1/runs lists those that have",
    )


@router.get("/v1/checks/history")
def get_check_history(query: Annotated[HistoryQuery, Query()], reader: ReaderDep) -> CheckHistory:
    """How every check of one gate went over its last runs; empty for a gate that is unknown."""
    if not reader.readable({query.dag_id}):
        return CheckHistory(runs=[], checks=[])
    with governance_transaction() as connection:
        found = last_runs_of_gate(connection, **query.model_dump())
    return CheckHistory(
        runs=[HistoryRun.of(evidence) for evidence in found],
        checks=[CheckSeries.of(series) for series in series_of(found)],
    )
