"""What Airflow's tables say about runs, tasks, days and assets; they are read and nothing else.

Every function opens a session of its own and has everything when it returns. Tasks are read as one
row for each state, not for each index, so that a task of many thousand indexes is no more to hold
than any other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select, tuple_

from airflow_gov_provider.collector.sla.marks import Mark
from airflow_gov_provider.domain.sla.outcomes import RunFacts, TaskFacts

RunKey = tuple[str, str]  # Dag and run id
_ACTIVE = ("queued", "running")
_DONE = ("success", "skipped")
_AT_ONCE = 400
_MOST_UPDATES = 1000


def active_runs(dag_ids: Collection[str]) -> set[int]:
    """Row ids of the runs of these Dags that have not ended."""
    from airflow.models.dagrun import DagRun

    query = select(DagRun.id, DagRun.dag_id).where(DagRun.state.in_(_ACTIVE))
    with _session() as session:
        rows = session.execute(query.execution_options(yield_per=1000))
        return {row_id for row_id, dag_id in rows if dag_id in dag_ids}


def highest_ids() -> tuple[int, int]:
    """Of Dag runs and of events of assets; 0 where there are none."""
    from airflow.models.asset import AssetEvent
    from airflow.models.dagrun import DagRun

    with _session() as session:
        run: int | None = session.scalar(select(func.max(DagRun.id)))
        event: int | None = session.scalar(select(func.max(AssetEvent.id)))
    return run or 0, event or 0


def run_ids_after(row_id: int, dag_ids: Collection[str], *, limit: int) -> tuple[int, set[int]]:
    """A page of runs with higher row ids.

    :returns: the highest row id of the page, or the one given, and those of these Dags.
    """
    from airflow.models.dagrun import DagRun

    query = select(DagRun.id, DagRun.dag_id).where(DagRun.id > row_id)
    with _session() as session:
        rows = session.execute(query.order_by(DagRun.id).limit(limit)).all()
    return max((row.id for row in rows), default=row_id), {
        row.id for row in rows if row.dag_id in dag_ids
    }


def runs_with(row_ids: Collection[int]) -> dict[int, RunFacts]:
    """Those of the runs that are there, by row id."""
    from airflow.models.dagrun import DagRun

    found: dict[int, RunFacts] = {}
    with _session() as session:
        for some in _batches(sorted(row_ids)):
            rows = session.execute(_runs().where(DagRun.id.in_(some)))
            found.update({row.id: _run(row) for row in rows})
    return found


def runs_named(keys: Collection[RunKey]) -> dict[RunKey, RunFacts]:
    """The runs; one that is not there has no state."""
    from airflow.models.dagrun import DagRun

    found = {key: RunFacts(dag_id=key[0], run_id=key[1], state=None) for key in keys}
    with _session() as session:
        for some in _batches(sorted(keys)):
            query = _runs().where(tuple_(DagRun.dag_id, DagRun.run_id).in_(some))
            found.update({(row.dag_id, row.run_id): _run(row) for row in session.execute(query)})
    return found


def _runs() -> Any:
    from airflow.models.dagrun import DagRun

    return select(
        DagRun.id,
        DagRun.dag_id,
        DagRun.run_id,
        DagRun.state,
        DagRun.run_type,
        DagRun.logical_date,
        DagRun.created_at,
        DagRun.queued_at,
        DagRun.start_date,
        DagRun.end_date,
        DagRun.updated_at,
    )


def _run(row: Any) -> RunFacts:
    state = _plain(row.state)
    return RunFacts(
        dag_id=row.dag_id,
        run_id=row.run_id,
        state=state,
        run_type=_plain(row.run_type),
        logical_date=row.logical_date,
        created_at=row.created_at,
        queued_at=row.queued_at,
        started_at=row.start_date,
        ended_at=None if state in _ACTIVE else row.end_date or row.updated_at,
    )


def _plain(value: Any) -> Any:
    return getattr(value, "value", value)


def tasks_of(
    tasks: Mapping[str, Collection[RunKey]],
) -> dict[tuple[RunKey, str], list[TaskFacts]]:
    """What the tasks of the runs are in: one row for each state, with the lowest index in it.

    Its time is the one that counts: the last of those that are done, the first of all others.

    :param tasks: the runs to look in, by task id.
    """
    found: dict[tuple[RunKey, str], list[TaskFacts]] = {}
    by_run: dict[RunKey, set[str]] = {}
    for task_id, keys in tasks.items():
        for key in keys:
            by_run.setdefault(key, set()).add(task_id)
    with _session() as session:
        for some in _batches(sorted(by_run)):
            wanted = set().union(*(by_run[key] for key in some))
            for row in session.execute(_states(some, sorted(wanted))):
                key = (row.dag_id, row.run_id)
                if row.task_id in by_run[key]:
                    found.setdefault((key, row.task_id), []).append(_task(row))
    return found


def _states(keys: Sequence[RunKey], task_ids: Sequence[str]) -> Any:
    from airflow.models.taskinstance import TaskInstance

    at = func.coalesce(TaskInstance.end_date, TaskInstance.updated_at)
    columns = (TaskInstance.dag_id, TaskInstance.run_id, TaskInstance.task_id, TaskInstance.state)
    query = select(
        *columns,
        func.min(TaskInstance.map_index).label("map_index"),
        func.min(at).label("first"),
        func.max(at).label("last"),
    ).where(tuple_(TaskInstance.dag_id, TaskInstance.run_id).in_(keys))
    if len(task_ids) <= _AT_ONCE:
        query = query.where(TaskInstance.task_id.in_(task_ids))
    return query.group_by(*columns)


def _task(row: Any) -> TaskFacts:
    state = _plain(row.state)
    ended_at = row.last if state in _DONE else row.first
    return TaskFacts(map_index=row.map_index, state=state, ended_at=ended_at)


def task_marked_by(run: RunFacts, task_id: str, marks: Iterable[Mark]) -> str | None:
    """Who has ended an index of the task by hand: it ended when somebody marked it."""
    from airflow.models.taskinstance import TaskInstance

    for mark in marks:
        if not mark.may_be_of(task_id):
            continue
        since, until = mark.window
        query = select(TaskInstance.map_index).where(
            TaskInstance.dag_id == run.dag_id,
            TaskInstance.run_id == run.run_id,
            TaskInstance.task_id == task_id,
            TaskInstance.end_date.between(since, until),
        )
        if mark.map_index is not None:
            query = query.where(TaskInstance.map_index == mark.map_index)
        with _session() as session:
            if session.execute(query.limit(1)).first() is not None:
                return mark.by
    return None


def successes(
    dag_ids: Collection[str], *, since: datetime, until: datetime
) -> dict[str, list[datetime]]:
    """When runs of the Dags ended well in this time, by Dag."""
    from airflow.models.dagrun import DagRun

    found: dict[str, list[datetime]] = {}
    with _session() as session:
        for some in _batches(sorted(dag_ids)):
            query = select(DagRun.dag_id, DagRun.end_date).where(
                DagRun.dag_id.in_(some),
                DagRun.state == "success",
                DagRun.end_date.between(since, until),
            )
            for dag_id, ended_at in session.execute(query):
                found.setdefault(dag_id, []).append(ended_at)
    return found


def paused(dag_ids: Collection[str]) -> set[str]:
    """Those of the Dags that are."""
    from airflow.models.dag import DagModel

    found: set[str] = set()
    with _session() as session:
        for some in _batches(sorted(dag_ids)):
            query = select(DagModel.dag_id).where(
                DagModel.dag_id.in_(some), DagModel.is_paused.is_(True)
            )
            found.update(session.scalars(query))
    return found


def assets_updated(after: int, *, limit: int) -> tuple[int, set[str]]:
    """Names and URIs of the assets that events with higher ids are about.

    :returns: the highest id that was looked at as well.
    """
    from airflow.models.asset import AssetEvent, AssetModel

    query = select(AssetEvent.id, AssetEvent.asset_id).where(AssetEvent.id > after)
    with _session() as session:
        rows = session.execute(query.order_by(AssetEvent.id).limit(limit)).all()
        names: set[str] = set()
        for some in _batches(sorted({row.asset_id for row in rows})):
            found = select(AssetModel.name, AssetModel.uri).where(AssetModel.id.in_(some))
            names.update(text for pair in session.execute(found) for text in pair)
    return max((row.id for row in rows), default=after), names


def updates_of(subject: str, *, after: datetime) -> list[datetime]:
    """When the asset of this name or URI was updated after that, the first of these times."""
    from airflow.models.asset import AssetEvent, AssetModel

    asset_ids = select(AssetModel.id).where(
        or_(AssetModel.name == subject, AssetModel.uri == subject)
    )
    query = (
        select(AssetEvent.timestamp)
        .where(AssetEvent.asset_id.in_(asset_ids), AssetEvent.timestamp > after)
        .order_by(AssetEvent.timestamp)
        .limit(_MOST_UPDATES)
    )
    with _session() as session:
        return list(session.scalars(query))


def _batches(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), _AT_ONCE):
        yield values[start : start + _AT_ONCE]


def _session() -> Any:
    from airflow.utils.session import create_session

    return create_session(scoped=False)
