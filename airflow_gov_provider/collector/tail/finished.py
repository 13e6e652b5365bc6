"""Reading what ended from Airflow's task instances, their history and Dag runs.

Each function opens a session of its own and has everything when it returns.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select, tuple_

TERMINAL = ("success", "failed", "skipped", "upstream_failed", "removed")
ACTIVE_RUN = ("running", "queued")
_IDS_AT_ONCE = 500
_FACTS = (
    "dag_id",
    "run_id",
    "task_id",
    "map_index",
    "try_number",
    "state",
    "start_date",
    "end_date",
    "duration",
    "updated_at",
    "operator",
    "pool",
    "queue",
    "max_tries",
    "hostname",
    "dag_version_id",
)
_RUN_FACTS = (
    "id",
    "dag_id",
    "run_id",
    "state",
    "queued_at",
    "clear_number",
    "start_date",
    "end_date",
    "updated_at",
    "created_at",
    "run_type",
    "triggered_by",
    "triggering_user_name",
    "logical_date",
    "created_dag_version_id",
    "bundle_version",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """Task instances that ended, rows with their UUID as ``ti_id``.

    :param live: of the present try.
    :param history: of tries before it.
    """

    live: Sequence[Row[Any]] = ()
    history: Sequence[Row[Any]] = ()


def highest_ids() -> tuple[int, int]:
    """Of Dag runs and of rows of the log; 0 where there are none."""
    from airflow.models.dagrun import DagRun
    from airflow.models.log import Log

    with _session() as session:
        run: int | None = session.execute(select(func.max(DagRun.id))).scalar_one()
        row: int | None = session.execute(select(func.max(Log.id))).scalar_one()
    return run or 0, row or 0


def active_runs() -> set[int]:
    from airflow.models.dagrun import DagRun

    with _session() as session:
        return set(session.scalars(select(DagRun.id).where(DagRun.state.in_(ACTIVE_RUN))))


def runs_after(run_id: int, *, limit: int) -> list[Row[Any]]:
    """Dag runs with a higher id, the lowest first."""
    from airflow.models.dagrun import DagRun

    query = _run_columns().where(DagRun.id > run_id).order_by(DagRun.id).limit(limit)
    with _session() as session:
        return list(session.execute(query).all())


def runs_with(ids: Iterable[int]) -> list[Row[Any]]:
    from airflow.models.dagrun import DagRun

    wanted, found = sorted(ids), []
    with _session() as session:
        for start in range(0, len(wanted), _IDS_AT_ONCE):
            some = wanted[start : start + _IDS_AT_ONCE]
            found += session.execute(_run_columns().where(DagRun.id.in_(some))).all()
    return found


def runs_touched(log_id: int, *, before: datetime, limit: int) -> tuple[int, list[Row[Any]]]:
    """Runs that rows of the log are about, from behind ``log_id`` on as far as they are ripe.

    :returns: the id of the last of these rows as well.
    """
    from airflow.models.dagrun import DagRun
    from airflow.models.log import Log

    rows = select(Log.id, Log.dttm, Log.dag_id, Log.run_id).where(Log.id > log_id)
    names: set[tuple[str, str]] = set()
    found: list[Row[Any]] = []
    with _session() as session:
        for row in session.execute(rows.order_by(Log.id).limit(limit)).all():
            if row.dttm is not None and row.dttm > before:
                break
            log_id = row.id
            if row.dag_id and row.run_id:
                names.add((row.dag_id, row.run_id))
        wanted = sorted(names)
        for start in range(0, len(wanted), _IDS_AT_ONCE):
            key = tuple_(DagRun.dag_id, DagRun.run_id)
            some = wanted[start : start + _IDS_AT_ONCE]
            found += session.execute(_run_columns().where(key.in_(some))).all()
    return log_id, found


def ended_in_active_runs(*, since: datetime, limit: int) -> Ended:
    """What changed since then, the earliest change first."""
    from airflow.models.dagrun import DagRun
    from airflow.models.taskinstance import TaskInstance
    from airflow.models.taskinstancehistory import TaskInstanceHistory

    def of_active(model: Any, at: Any) -> Any:
        same_run = (DagRun.dag_id == model.dag_id) & (DagRun.run_id == model.run_id)
        return (
            _columns(model)
            .join(DagRun, same_run)
            .where(DagRun.state.in_(ACTIVE_RUN), model.state.in_(TERMINAL), at >= since)
            .order_by(at)
            .limit(limit)
        )

    with _session() as session:
        return Ended(
            live=session.execute(of_active(TaskInstance, TaskInstance.updated_at)).all(),
            history=session.execute(
                of_active(TaskInstanceHistory, TaskInstanceHistory.end_date)
            ).all(),
        )


def ended_in_run(dag_id: str, run_id: str, *, after: Any, limit: int) -> tuple[Ended, Any]:
    """A page of everything that ended in one run.

    :param after: what the page before returned beside its rows; None for the first one.
    :returns: what to begin the next page after; None behind the last.
    """
    from airflow.models.taskinstance import TaskInstance
    from airflow.models.taskinstancehistory import TaskInstanceHistory

    pages = []
    of_live, of_history = after or (None, None)
    with _session() as session:
        for model, ti_id, last in (
            (TaskInstance, TaskInstance.id, of_live),
            (TaskInstanceHistory, TaskInstanceHistory.task_instance_id, of_history),
        ):
            query = _columns(model).where(model.dag_id == dag_id, model.run_id == run_id)
            query = query.where(model.state.in_(TERMINAL)).order_by(ti_id).limit(limit)
            pages.append(
                session.execute(query if last is None else query.where(ti_id > last)).all()
            )
    live, history = pages
    if max(len(live), len(history)) < limit:
        return Ended(live=live, history=history), None
    return Ended(live=live, history=history), (
        live[-1].ti_id if live else of_live,
        history[-1].ti_id if history else of_history,
    )


def failures_in_log(rows: Collection[Row[Any]]) -> set[tuple[Any, ...]]:
    """Those of their tries that the log tells a failure of, as ``try_of`` names them."""
    from airflow.models.log import Log

    columns = (Log.dag_id, Log.task_id, Log.run_id, Log.map_index, Log.try_number)
    wanted = sorted({try_of(row) for row in rows})
    found: set[tuple[Any, ...]] = set()
    if not wanted:
        return found
    with _session() as session:
        for start in range(0, len(wanted), _IDS_AT_ONCE):
            query = select(*columns).where(Log.event.in_(("failed", "up_for_retry")))
            some = wanted[start : start + _IDS_AT_ONCE]
            found.update(map(tuple, session.execute(query.where(tuple_(*columns).in_(some)))))
    return found


def try_of(row: Row[Any]) -> tuple[Any, ...]:
    """In the order of the index of Airflow's log."""
    return (row.dag_id, row.task_id, row.run_id, row.map_index, row.try_number)


def _columns(model: Any) -> Any:
    key = getattr(model, "task_instance_id", None) or model.id
    return select(key.label("ti_id"), *(getattr(model, name) for name in _FACTS))


def _run_columns() -> Any:
    from airflow.models.dagrun import DagRun

    return select(*(getattr(DagRun, name) for name in _RUN_FACTS))


def _session() -> Any:
    from airflow.utils.session import create_session

    return create_session(scoped=False)
