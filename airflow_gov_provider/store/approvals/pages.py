"""Lists of requests for approval."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, select

from airflow_gov_provider.domain.approvals.request import Request, State
from airflow_gov_provider.store.approvals.requests import request_of
from airflow_gov_provider.store.pages import DEFAULT_LIMIT, Page
from airflow_gov_provider.store.tables import approval_request as table
from airflow_gov_provider.store.tables import evidence, vote

MOST_READ = 2000  # requests, for one page
_AT_ONCE = 500
_EQUAL = ("dag_id", "run_id", "task_id", "map_index", "model_name", "model_version")


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFilter:
    """What to look for; a field that is None does not filter.

    :param dag_ids: only requests of these Dags; an empty collection finds nothing.
    :param since: opened at this time or later.
    :param until: opened before this time.
    """

    dag_ids: Collection[str] | None = None
    dag_id: str | None = None
    run_id: str | None = None
    task_id: str | None = None
    map_index: int | None = None
    model_name: str | None = None
    model_version: str | None = None
    states: Collection[State] | None = None
    since: datetime | None = None
    until: datetime | None = None


def page_of_requests(
    connection: Connection,
    wanted: RequestFilter,
    *,
    keep: Callable[[Request], bool] | None = None,
    oldest_first: bool = False,
    beyond: str | None = None,
    limit: int = DEFAULT_LIMIT,
) -> Page[Request]:
    """One page of those that are to be kept.

    At most ``MOST_READ`` requests are read, so a page may be short, or empty, although more follow.

    :param keep: what the database cannot filter by; None keeps all.
    :param beyond: the ``next_cursor`` of the page before.
    """
    kept: list[Request] = []
    at_once = _AT_ONCE if keep else limit + 1
    for _ in range(0, MOST_READ, at_once):
        query = _query(wanted, oldest_first=oldest_first, beyond=beyond)
        rows = connection.execute(query.limit(at_once)).all()
        for request in map(request_of, rows):
            if keep is not None and not keep(request):
                continue
            if len(kept) == limit:
                return Page(items=kept, next_cursor=kept[-1].request_id)
            kept.append(request)
        if len(rows) < at_once:
            return Page(items=kept, next_cursor=None)
        beyond = rows[-1].request_id
    return Page(items=kept, next_cursor=beyond)


def _query(wanted: RequestFilter, *, oldest_first: bool, beyond: str | None) -> Select[Any]:
    key = table.c.request_id
    query = select(table).order_by(key if oldest_first else key.desc())
    if beyond is not None:
        query = query.where(key > beyond if oldest_first else key < beyond)
    for name in _EQUAL:
        if (value := getattr(wanted, name)) is not None:
            query = query.where(table.c[name] == value)
    if wanted.dag_ids is not None:
        query = query.where(table.c.dag_id.in_(sorted(wanted.dag_ids)))
    if wanted.states is not None:
        query = query.where(table.c.state.in_(sorted(state.value for state in wanted.states)))
    if wanted.since is not None:
        query = query.where(table.c.opened_at >= wanted.since)
    if wanted.until is not None:
        query = query.where(table.c.opened_at < wanted.until)
    return query


def refused_answers(connection: Connection, request_ids: Collection[str]) -> dict[str, int]:
    """By request, how many answers had no effect; those without any are left out."""
    query = (
        select(vote.c.request_id, func.count())
        .where(vote.c.request_id.in_(sorted(request_ids)), vote.c.effective.is_(False))
        .group_by(vote.c.request_id)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def request_before(connection: Connection, request: Request) -> Request | None:
    """The one that the same task instance asked before this one."""
    origin = request.origin
    row = connection.execute(
        select(table)
        .where(
            table.c.dag_id == origin.dag_id,
            table.c.run_id == origin.run_id,
            table.c.task_id == origin.task_id,
            table.c.map_index == origin.map_index,
            table.c.request_id < request.request_id,
        )
        .order_by(table.c.request_id.desc())
        .limit(1)
    ).first()
    return request_of(row) if row else None


def standing_evidence_ids(connection: Connection, dag_id: str, run_id: str) -> frozenset[str]:
    """The newest piece of evidence of each kind and task instance of the Dag run."""
    newest = func.max(evidence.c.evidence_id)
    query = (
        select(newest)
        .where(evidence.c.dag_id == dag_id, evidence.c.run_id == run_id)
        .group_by(evidence.c.kind, evidence.c.task_id, evidence.c.map_index)
    )
    return frozenset(connection.scalars(query))
