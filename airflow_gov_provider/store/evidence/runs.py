"""Dag runs that recorded evidence, and everything that one of them recorded."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    func,
    or_,
    select,
    tuple_,
)

from airflow_gov_provider.domain.chain import NodeKind, Recorded, TaskSeen
from airflow_gov_provider.domain.evidence import Evidence, EvidenceKind
from airflow_gov_provider.domain.verdicts import Verdict
from airflow_gov_provider.store.evidence.checks import is_unchanged
from airflow_gov_provider.store.evidence.rows import EvidenceRow, row_columns, row_of
from airflow_gov_provider.store.pages import DEFAULT_LIMIT, Page
from airflow_gov_provider.store.tables import approval_request, event
from airflow_gov_provider.store.tables import evidence as table

RunKey = tuple[str, str]

OPERATORS: Mapping[str, NodeKind] = {
    "DataQualityGate": NodeKind.QUALITY,
    "BiasCheck": NodeKind.BIAS,
    "ModelCardOperator": NodeKind.CARD,
    "HumanApprovalSensor": NodeKind.APPROVAL,
    "PromoteModelOperator": NodeKind.PROMOTION,
}
MOST_EVENTS = 5000
MOST_EVIDENCE = 2000
_FEW_DAGS = 20  # each costs a query; of more Dags some run is near
_CLOCKS = timedelta(days=1)  # by which the clocks of those who record may differ, generously


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFilter:
    """What to look for; a field that is None does not filter.

    :param dag_ids: only runs of these Dags; an empty collection finds nothing.
    :param since: of the first evidence of a run.
    """

    dag_ids: Collection[str] | None = None
    dag_id: str | None = None
    model_name: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundRun:
    """A run, by the first evidence that it recorded: that never changes, so pages stay stable."""

    dag_id: str
    run_id: str
    first_id: str

    @property
    def key(self) -> RunKey:
        return self.dag_id, self.run_id


def page_of_runs(
    connection: Connection,
    wanted: RunFilter,
    *,
    before: str | None = None,
    limit: int = DEFAULT_LIMIT,
) -> Page[FoundRun]:
    """Newest first. :param before: the ``next_cursor`` of the page above."""
    of_one = wanted.dag_id is not None or wanted.model_name is not None
    if not of_one and wanted.dag_ids is not None and len(wanted.dag_ids) <= _FEW_DAGS:
        found = sorted(
            (
                run
                for dag_id in wanted.dag_ids
                for run in _runs(connection, replace(wanted, dag_id=dag_id), before, limit)
            ),
            key=lambda run: run.first_id,
            reverse=True,
        )
    else:
        found = _runs(connection, wanted, before, limit)
    items = found[:limit]
    return Page(items=items, next_cursor=items[-1].first_id if len(found) > limit else None)


def _runs(
    connection: Connection, wanted: RunFilter, before: str | None, limit: int
) -> list[FoundRun]:
    """The next ones and one more: rows that no earlier row of the same run exists for."""
    earlier = table.alias("earlier")
    query: Select[Any] = select(table.c.dag_id, table.c.run_id, table.c.evidence_id).where(
        ~select(earlier.c.evidence_id)
        .where(
            earlier.c.dag_id == table.c.dag_id,
            earlier.c.run_id == table.c.run_id,
            earlier.c.evidence_id < table.c.evidence_id,
        )
        .exists(),
        *_conditions(wanted),
    )
    if before is not None:
        query = query.where(table.c.evidence_id < before)
    rows = connection.execute(query.order_by(table.c.evidence_id.desc()).limit(limit + 1))
    return [FoundRun(dag_id=dag, run_id=run, first_id=first) for dag, run, first in rows]


def _conditions(wanted: RunFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.dag_id is not None:
        conditions.append(table.c.dag_id == wanted.dag_id)
    if wanted.dag_ids is not None:
        conditions.append(table.c.dag_id.in_(wanted.dag_ids))
    if wanted.since is not None:
        conditions.append(table.c.evidence_id >= _id_at(wanted.since - _CLOCKS))
        conditions.append(table.c.recorded_at >= wanted.since)
    if wanted.until is not None:
        conditions.append(table.c.evidence_id < _id_at(wanted.until + _CLOCKS))
        conditions.append(table.c.recorded_at < wanted.until)
    if wanted.model_name is not None:
        about = table.alias("about")
        runs = select(about.c.dag_id, about.c.run_id).where(about.c.model_name == wanted.model_name)
        firsts = (
            select(func.min(table.c.evidence_id))
            .where(tuple_(table.c.dag_id, table.c.run_id).in_(runs))
            .group_by(table.c.dag_id, table.c.run_id)
        )
        conditions.append(table.c.evidence_id.in_(firsts))
    return conditions


def _id_at(time: datetime) -> str:
    """What the UUIDv7 of that millisecond begin with, so that it sorts before them."""
    digits = f"{max(0, int(time.timestamp() * 1000)):012x}"
    return f"{digits[:8]}-{digits[8:]}"


def recorded_of_runs(
    connection: Connection, keys: Sequence[RunKey]
) -> dict[RunKey, list[Recorded]]:
    """All evidence of the runs, oldest first; of approvals with the body, of others without.

    Every document is checked against its digest and its columns.
    """
    found: dict[RunKey, list[Recorded]] = {key: [] for key in keys}
    if not keys:
        return found
    query = (
        select(*row_columns(), table.c.document)
        .where(_of_runs(table.c, keys))
        .order_by(table.c.evidence_id)
    )
    for row in connection.execute(query):
        with_body = row.kind == EvidenceKind.APPROVAL.value
        item = _recorded(row_of(row), row.document, with_body=with_body)
        found[row.dag_id, row.run_id].append(item)
    return found


def recorded_of_run(connection: Connection, key: RunKey) -> list[Recorded]:
    """All evidence of one run with its bodies, oldest first; the newest ``MOST_EVIDENCE``."""
    query = (
        select(*row_columns(), table.c.document)
        .where(table.c.dag_id == key[0], table.c.run_id == key[1])
        .order_by(table.c.evidence_id.desc())
        .limit(MOST_EVIDENCE)
    )
    rows = connection.execute(query).all()
    return [_recorded(row_of(row), row.document) for row in reversed(rows)]


def waiting_of_runs(connection: Connection, keys: Sequence[RunKey]) -> dict[RunKey, int]:
    """How many people's answers each run waits for."""
    found = dict.fromkeys(keys, 0)
    if not keys:
        return found
    columns = approval_request.c
    query = select(columns.dag_id, columns.run_id).where(
        columns.state == "pending", _of_runs(columns, keys)
    )
    for dag_id, run_id in connection.execute(query):
        found[dag_id, run_id] += 1
    return found


def _of_runs(columns: Any, keys: Sequence[RunKey]) -> ColumnElement[bool]:
    """For each Dag its runs: SQLite finds no index for pairs."""
    by_dag: dict[str, list[str]] = {}
    for dag_id, run_id in keys:
        by_dag.setdefault(dag_id, []).append(run_id)
    return or_(
        *(and_(columns.dag_id == dag, columns.run_id.in_(runs)) for dag, runs in by_dag.items())
    )


def governance_tasks(connection: Connection, key: RunKey) -> list[TaskSeen]:
    """The run's task instances of this package's operators, as their newest events tell.

    Subclasses under another name are not known as such. The newest ``MOST_EVENTS`` of the run.
    """
    newest = (
        select(event.c.seq, event.c.task_id, event.c.map_index, event.c.state, event.c.document)
        .where(event.c.dag_id == key[0], event.c.run_id == key[1], event.c.task_id.is_not(None))
        .order_by(event.c.seq.desc())
        .limit(MOST_EVENTS)
        .subquery()
    )
    named = [newest.c.document.contains(f'"operator":"{name}"') for name in OPERATORS]
    query = select(newest).where(or_(*named)).order_by(newest.c.seq.desc())
    found: dict[tuple[str, int], TaskSeen] = {}
    for row in connection.execute(query):
        place = row.task_id, -1 if row.map_index is None else row.map_index
        kind = _operator(row.document)
        if kind is not None and place not in found:
            found[place] = TaskSeen(
                task_id=place[0], map_index=place[1], kind=kind, state=row.state
            )
    return [found[place] for place in sorted(found)]


def _operator(document: str) -> NodeKind | None:
    try:
        return OPERATORS.get(json.loads(document)["payload"]["operator"])
    except (ValueError, KeyError, TypeError):
        return None


def _recorded(row: EvidenceRow, document: str, *, with_body: bool = True) -> Recorded:
    """Evidence by its columns, whose body is what the document says now."""
    content = document.encode()
    return Recorded(
        evidence=Evidence(
            evidence_id=row.evidence_id,
            kind=EvidenceKind(row.kind),
            origin=row.origin,
            subject=row.subject,
            model=row.model,
            verdict=_verdict(row.verdict),
            summary=row.summary,
            recorded_at=row.recorded_at,
            body=_body(content) if with_body else {},
        ),
        digest=row.digest,
        intact=is_unchanged(row, content),
    )


def _verdict(column: str) -> Verdict:
    """What no release ever wrote was changed, and is no verdict."""
    return Verdict.__members__.get(column, Verdict.INSUFFICIENT)


def _body(document: bytes) -> Mapping[str, Any]:
    try:
        content = json.loads(document)
    except (ValueError, RecursionError):
        return {}
    body = content.get("body") if isinstance(content, dict) else None
    return body if isinstance(body, dict) else {}
