"""Dag runs as Airflow's own tables hold them.

Every function opens a session of its own and closes it before it returns, because a reader that
stays would hold up the writers of an Airflow on SQLite.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from airflow_gov_provider.domain.record.reconciliation import RUNNING, Attempt, Run, TryKey

_RUNS_AT_ONCE = 200
_TASKS_AT_ONCE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which runs: those that were under way at some time between ``since`` and ``until``."""

    since: datetime | None = None
    until: datetime | None = None
    dag_id: str | None = None


def runs_in(scope: Scope) -> Iterator[tuple[int, Run]]:
    """The runs of the scope with their row ids, oldest first, without their task instances."""
    last = 0
    while page := page_of_runs(scope, after=last):
        yield from page
        last = page[-1][0]


def page_of_runs(scope: Scope, *, after: int) -> list[tuple[int, Run]]:
    """Some runs of the scope, those with the next higher row ids."""
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy import or_

    runs = DagRun.__table__
    query = _runs().where(runs.c.id > after)
    if scope.since is not None:
        ended = runs.c.end_date
        query = query.where(
            or_(ended.is_(None), ended >= scope.since, runs.c.updated_at >= scope.since)
        )
    if scope.until is not None:
        query = query.where(or_(runs.c.created_at.is_(None), runs.c.created_at < scope.until))
    if scope.dag_id is not None:
        query = query.where(runs.c.dag_id == scope.dag_id)
    with create_session(scoped=False) as session:
        rows = session.execute(query.order_by(runs.c.id).limit(_RUNS_AT_ONCE)).all()
    return [(row.id, _run(row)) for row in rows]


def runs_by_id(ids: Collection[int]) -> dict[int, Run]:
    """Those of the runs that are still there, without their task instances."""
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session

    found: dict[int, Run] = {}
    with create_session(scoped=False) as session:
        for some in _batches(sorted(ids)):
            rows = session.execute(_runs().where(DagRun.__table__.c.id.in_(some)))
            found.update({row.id: _run(row) for row in rows})
    return found


def _runs() -> Any:
    from airflow.models.dagrun import DagRun
    from sqlalchemy import select

    columns = DagRun.__table__.c
    return select(
        columns.id,
        columns.dag_id,
        columns.run_id,
        columns.state,
        columns.clear_number,
        columns.queued_at,
        columns.created_at,
        columns.end_date,
        columns.updated_at,
    )


def _run(row: Any) -> Run:
    return Run(
        dag_id=row.dag_id,
        run_id=row.run_id,
        state=row.state,
        clear_number=row.clear_number,
        queued_at=row.queued_at,
        created_at=row.created_at,
        ended_at=row.end_date or row.updated_at,
    )


def with_task_instances(run: Run, log_begins: datetime | None) -> Run:
    """The run with every try of its task instances, and how often the log says that they began.

    :param log_begins: the time from which Airflow's log is whole; None for all times.
    """
    from airflow.models.taskinstance import TaskInstance
    from airflow.models.taskinstancehistory import TaskInstanceHistory
    from airflow.utils.session import create_session

    now, before = TaskInstance.__table__.c, TaskInstanceHistory.__table__.c
    with create_session(scoped=False) as session:
        attempts = [
            *_attempts(session, run, now, now.id, archived=False),
            *_attempts(session, run, before, before.task_instance_id, archived=True),
        ]
        is_whole = log_begins is None or (run.created_at and run.created_at >= log_begins)
        tasks = {attempt.task_id for attempt in attempts}
        started = _started(session, run, tasks) if is_whole else {}
    return replace(run, attempts=attempts, starts=started)


def _attempts(session: Any, run: Run, c: Any, ti_id: Any, *, archived: bool) -> list[Attempt]:
    from sqlalchemy import select

    query = select(
        ti_id.label("ti_id"),
        c.task_id,
        c.map_index,
        c.try_number,
        c.state,
        c.start_date,
        c.end_date,
        c.updated_at,
    ).where(c.dag_id == run.dag_id, c.run_id == run.run_id)
    return [
        Attempt(
            task_id=row.task_id,
            map_index=row.map_index,
            try_number=row.try_number,
            state=row.state,
            ti_id=str(row.ti_id),
            at=row.end_date or row.updated_at,
            archived=archived,
            started=row.start_date is not None,
        )
        for row in session.execute(query.execution_options(yield_per=1000))
    ]


def _started(session: Any, run: Run, tasks: Collection[str]) -> Mapping[TryKey, Sequence[datetime]]:
    """By task, because the log's index has the task between the Dag and the run."""
    from airflow.models.log import Log
    from sqlalchemy import select

    log = Log.__table__.c
    query = select(log.task_id, log.map_index, log.try_number, log.dttm).where(
        log.dag_id == run.dag_id, log.run_id == run.run_id, log.event == RUNNING
    )
    if run.created_at is not None:
        query = query.where(log.dttm >= run.created_at)
    started: dict[TryKey, list[datetime]] = {}
    for some in _batches(sorted(tasks)):
        for row in session.execute(query.where(log.task_id.in_(some))):
            index = -1 if row.map_index is None else row.map_index
            started.setdefault((row.task_id, index, row.try_number or 0), []).append(row.dttm)
    return started


def _batches(values: list[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(values), _TASKS_AT_ONCE):
        yield values[start : start + _TASKS_AT_ONCE]


def log_begins() -> datetime | None:
    """The time from which Airflow's log is whole; None if no row was ever taken from it."""
    row = _first_log_row_after(0)
    return None if row is None or row.id == 1 else row.dttm


def first_log_row_after(log_id: int) -> datetime | None:
    """When the next row of Airflow's log was written; None if there is none."""
    row = _first_log_row_after(log_id)
    return None if row is None else row.dttm


def _first_log_row_after(log_id: int) -> Any:
    from airflow.models.log import Log
    from airflow.utils.session import create_session
    from sqlalchemy import select

    log = Log.__table__.c
    query = select(log.id, log.dttm).where(log.id > log_id).order_by(log.id).limit(1)
    with create_session(scoped=False) as session:
        return session.execute(query).one_or_none()


def log_span() -> tuple[int, int] | None:
    """The ids of the first and of the last row of Airflow's log; None if it is empty."""
    from airflow.models.log import Log
    from airflow.utils.session import create_session
    from sqlalchemy import func, select

    log = Log.__table__.c
    with create_session(scoped=False) as session:
        first, last = (
            session.scalar(select(func.min(log.id))),
            session.scalar(select(func.max(log.id))),
        )
    return None if first is None or last is None else (first, last)


def oldest_run() -> datetime | None:
    """When the first run that Airflow has was created; None if it has none."""
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy import select

    runs = DagRun.__table__.c
    query = select(runs.created_at).order_by(runs.id).limit(1)
    with create_session(scoped=False) as session:
        created: datetime | None = session.scalar(query)
    return created


def existing(names: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
    """Those of the runs, named by Dag and run id, that Airflow still has."""
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy import select

    runs = DagRun.__table__.c
    by_dag: dict[str, list[str]] = {}
    for dag_id, run_id in names:
        by_dag.setdefault(dag_id, []).append(run_id)
    found: set[tuple[str, str]] = set()
    with create_session(scoped=False) as session:
        for dag_id, run_ids in by_dag.items():
            for some in _batches(run_ids):
                query = select(runs.run_id).where(runs.dag_id == dag_id, runs.run_id.in_(some))
                found.update((dag_id, run_id) for run_id in session.scalars(query))
    return found
