"""Rows of Airflow's own tables, so that the Dag runs of the story can be opened in its UI.

They are written into the throw-away home of the seed and nowhere else.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(slots=True, eq=False)
class TaskRow:
    """One task instance of a run."""

    ti_id: uuid.UUID
    task_id: str
    operator: str
    state: str | None = None
    try_number: int = 0
    max_tries: int = 1
    started_at: datetime | None = None
    ended_at: datetime | None = None
    next_method: str | None = None
    next_kwargs: dict[str, Any] | None = None
    waits_until: datetime | None = None


@dataclass(slots=True, eq=False)
class RunRow:
    dag_id: str
    run_id: str
    run_type: str
    logical_date: datetime | None
    queued_at: datetime
    requester: str | None
    row_id: int
    state: str = "queued"
    clear_number: int = 0
    started_at: datetime | None = None
    ended_at: datetime | None = None
    tasks: dict[str, TaskRow] = field(default_factory=dict)


@dataclass(slots=True)
class AirflowRows:
    """Collects what changes and writes it in batches.

    :param keep_since: runs that were queued earlier leave no task instances, as after
        ``airflow db clean``; None keeps those of all.
    """

    versions: dict[str, Any] = field(default_factory=dict)  # Dag id -> id of its Dag version
    _changed: dict[RunRow, None] = field(default_factory=dict)
    written: set[int] = field(default_factory=set)
    written_tasks: dict[tuple[int, str], uuid.UUID] = field(default_factory=dict)
    _log: list[dict[str, Any]] = field(default_factory=list)
    _requests: list[dict[str, Any]] = field(default_factory=list)
    _rows: int = 0

    def load_versions(self) -> None:
        from airflow.models.dag_version import DagVersion
        from airflow.utils.session import create_session
        from sqlalchemy import select

        with create_session(scoped=False) as session:
            rows = session.execute(select(DagVersion.dag_id, DagVersion.id)).all()
        self.versions = {row.dag_id: row.id for row in rows}

    def next_row_id(self) -> int:
        self._rows += 1
        return self._rows

    def touch(self, run: RunRow) -> None:
        self._changed[run] = None

    def log(self, *, at: datetime, event: str, owner: str, run: RunRow, **more: Any) -> None:
        """A row about what a person did, as the api-server writes it."""
        extra = more.pop("extra", {})
        self._log.append(
            {
                "dttm": at,
                "event": event,
                "owner": owner,
                "owner_display_name": owner,
                "dag_id": run.dag_id,
                "run_id": run.run_id,
                "extra": json.dumps({"dag_id": run.dag_id, "dag_run_id": run.run_id, **extra}),
                **more,
            }
        )

    def ask(self, **row: Any) -> None:
        """What the Required Actions page shows."""
        self._requests.append(row)

    def flush(self, *, now: datetime) -> None:
        changed, self._changed = list(self._changed), {}
        log, self._log = self._log, []
        requests, self._requests = self._requests, []
        if changed or log:
            _write(self, changed, log, now)
        if requests:
            _write_requests(requests)


def _write(
    rows: AirflowRows, changed: list[RunRow], log: list[dict[str, Any]], now: datetime
) -> None:
    from airflow.models.log import Log
    from airflow.utils.session import create_session
    from sqlalchemy import insert

    with create_session(scoped=False) as session:
        for run in changed:
            _write_run(session, rows, run, now)
        fresh = []
        for run in changed:
            fresh += _changed_tasks(session, rows, run, now)
        if fresh:
            session.execute(insert(_tasks()), fresh)
        for row in log:
            session.execute(insert(Log.__table__), row)


def _write_run(session: Any, rows: AirflowRows, run: RunRow, now: datetime) -> None:
    from airflow.models.dagrun import DagRun
    from sqlalchemy import insert

    table, values = DagRun.__table__, _run(rows, run, now)
    if run.row_id in rows.written:
        session.execute(table.update().where(table.c.id == run.row_id).values(values))
    else:
        session.execute(insert(table), values)
    rows.written.add(run.row_id)


def _changed_tasks(
    session: Any, rows: AirflowRows, run: RunRow, now: datetime
) -> list[dict[str, Any]]:
    """Write those that are there, and return those that are not."""
    table, fresh = _tasks(), []
    for task in run.tasks.values():
        values, place = _task(rows, run, task, now), (run.row_id, task.task_id)
        known = rows.written_tasks.get(place)
        rows.written_tasks[place] = task.ti_id
        if known is None:
            fresh.append(values)
        else:
            if known != task.ti_id:  # it was cleared
                _archive(session, known)
            session.execute(table.update().where(table.c.id == known).values(values))
    return fresh


def _archive(session: Any, ti_id: uuid.UUID) -> None:
    """Keep the try before, as Airflow does when it gives a task instance another id."""
    from airflow.models.taskinstancehistory import TaskInstanceHistory
    from sqlalchemy import insert, select

    table, history = _tasks(), TaskInstanceHistory.__table__
    both = [column.name for column in history.c if column.name in table.c]
    before = select(table.c.id, *(table.c[name] for name in both)).where(
        table.c.id == ti_id, table.c.try_number > 0
    )
    session.execute(insert(history).from_select(["task_instance_id", *both], before))


def _tasks() -> Any:
    from airflow.models.taskinstance import TaskInstance

    return TaskInstance.__table__


def _run(rows: AirflowRows, run: RunRow, now: datetime) -> dict[str, Any]:
    return {
        "id": run.row_id,
        "dag_id": run.dag_id,
        "run_id": run.run_id,
        "run_type": run.run_type,
        "state": run.state,
        "logical_date": run.logical_date,
        "data_interval_start": run.logical_date,
        "data_interval_end": run.logical_date,
        "run_after": run.queued_at,
        "queued_at": run.queued_at,
        "start_date": run.started_at,
        "end_date": run.ended_at,
        "created_at": run.queued_at,
        "updated_at": run.ended_at or now,
        "clear_number": run.clear_number,
        "triggered_by": "REST_API" if run.run_type == "manual" else "TIMETABLE",
        "triggering_user_name": run.requester,
        "conf": {},
        "created_dag_version_id": rows.versions.get(run.dag_id),
        "log_template_id": 1,
        "span_status": "not_started",
    }


def _task(rows: AirflowRows, run: RunRow, task: TaskRow, now: datetime) -> dict[str, Any]:
    took = task.started_at and task.ended_at and (task.ended_at - task.started_at).total_seconds()
    return {
        "id": task.ti_id,
        "task_id": task.task_id,
        "dag_id": run.dag_id,
        "run_id": run.run_id,
        "map_index": -1,
        "state": task.state,
        "try_number": task.try_number,
        "max_tries": task.max_tries,
        "start_date": task.started_at,
        "end_date": task.ended_at,
        "duration": took,
        "pool": "default_pool",
        "pool_slots": 1,
        "queue": "default",
        "priority_weight": 1,
        "operator": task.operator,
        "task_display_name": task.task_id,
        "hostname": HOST,
        "unixname": "airflow",
        "executor_config": {},
        "queued_dttm": task.started_at,
        "scheduled_dttm": task.started_at,
        "updated_at": task.ended_at or task.started_at or now,
        "next_method": task.next_method,
        "next_kwargs": task.next_kwargs,
        "trigger_timeout": task.waits_until,
        "dag_version_id": rows.versions.get(run.dag_id),
        "span_status": "not_started",
    }


HOST = "worker-1"


def _write_requests(requests: list[dict[str, Any]]) -> None:
    """What is asked is inserted, and what is answered is written beside it."""
    from airflow.models.hitl import HITLDetail
    from airflow.utils.session import create_session
    from sqlalchemy import insert

    table = HITLDetail.__table__
    with create_session(scoped=False) as session:
        for row in requests:
            if "options" in row:  # one of an earlier try has followed the task instance
                session.execute(table.delete().where(table.c.ti_id == row["ti_id"]))
                session.execute(insert(table), row)
            else:
                session.execute(table.update().where(table.c.ti_id == row["ti_id"]).values(row))
