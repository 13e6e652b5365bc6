"""Lists of incidents, newest first."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, or_, select

from airflow_gov_provider.domain.incidents.incident import Incident, State
from airflow_gov_provider.store.incidents.rows import incident_of
from airflow_gov_provider.store.pages import DEFAULT_LIMIT, Page
from airflow_gov_provider.store.promise_tables import incident as table

UNRESOLVED = "unresolved"  # in the place of a state: open or acknowledged
_PEOPLE_AMONG = 200
_MOST_PEOPLE = 50
_EQUAL = ("severity", "kind", "dag_id", "run_id", "task_id", "owner", "assignee")
_SEARCHED = ("title", "dedup_key", "dag_id", "run_id", "task_id", "owner", "assignee")


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentFilter:
    """What to look for; a field that is None does not filter.

    :param dag_ids: only incidents about these Dags; an empty collection finds none of them.
    :param of_no_dag: whether incidents about no Dag are to be found as well.
    :param state: a state, or ``unresolved`` for all but resolved.
    :param q: a text that stands in the title, the key or one of the names, in any case.
    :param since: opened at this time or later.
    :param until: opened before this time.
    """

    dag_ids: Collection[str] | None = None
    of_no_dag: bool = True
    state: str | None = None
    severity: str | None = None
    kind: str | None = None
    dag_id: str | None = None
    run_id: str | None = None
    task_id: str | None = None
    owner: str | None = None
    assignee: str | None = None
    q: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def page_of_incidents(
    connection: Connection,
    wanted: IncidentFilter,
    *,
    before: str | None = None,
    limit: int = DEFAULT_LIMIT,
) -> Page[Incident]:
    """Newest first. :param before: the ``next_cursor`` of the page above."""
    query = _filtered(select(table), wanted).order_by(table.c.incident_id.desc())
    if before is not None:
        query = query.where(table.c.incident_id < before)
    rows = connection.execute(query.limit(limit + 1)).all()
    items = [incident_of(row) for row in rows[:limit]]
    return Page(items=items, next_cursor=items[-1].incident_id if len(rows) > limit else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentCount:
    """How many incidents of one Dag, state and severity there are."""

    dag_id: str | None
    state: str
    severity: str
    count: int


def count_incidents(connection: Connection, wanted: IncidentFilter) -> list[IncidentCount]:
    groups = (table.c.dag_id, table.c.state, table.c.severity)
    query = _filtered(select(*groups, func.count().label("n")), wanted).group_by(*groups)
    return [
        IncidentCount(dag_id=row.dag_id, state=row.state, severity=row.severity, count=row.n)
        for row in connection.execute(query)
    ]


def people_beside(connection: Connection, dag_id: str | None) -> list[str]:
    """Who looked after the newest incidents of the Dag, or of none; by name."""
    query = select(table.c.assignee, table.c.acknowledged_by, table.c.resolved_by, table.c.owner)
    query = query.where(table.c.dag_id.is_(None) if dag_id is None else table.c.dag_id == dag_id)
    rows = connection.execute(query.order_by(table.c.incident_id.desc()).limit(_PEOPLE_AMONG))
    return sorted({name for row in rows for name in row if name})[:_MOST_PEOPLE]


def _filtered(query: Select[Any], wanted: IncidentFilter) -> Select[Any]:
    for name in _EQUAL:
        if (value := getattr(wanted, name)) is not None:
            query = query.where(table.c[name] == str(value))
    if wanted.state == UNRESOLVED:
        query = query.where(table.c.state != State.RESOLVED.value)
    elif wanted.state is not None:
        query = query.where(table.c.state == str(wanted.state))
    if wanted.since is not None:
        query = query.where(table.c.opened_at >= wanted.since)
    if wanted.until is not None:
        query = query.where(table.c.opened_at < wanted.until)
    return _with_text(_of_dags(query, wanted), wanted.q)


def _of_dags(query: Select[Any], wanted: IncidentFilter) -> Select[Any]:
    of_none = table.c.dag_id.is_(None)
    if wanted.dag_ids is not None:
        among = table.c.dag_id.in_(wanted.dag_ids)
        return query.where(or_(among, of_none) if wanted.of_no_dag else among)
    return query if wanted.of_no_dag else query.where(~of_none)


def _with_text(query: Select[Any], wanted: str | None) -> Select[Any]:
    if wanted is None:
        return query
    columns = (func.lower(table.c[name]) for name in _SEARCHED)
    return query.where(or_(*(it.contains(wanted.lower(), autoescape=True) for it in columns)))
