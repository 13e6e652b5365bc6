"""What Airflow's tables say that an action did; they are read and nothing else.

Airflow's log has its row before the action is tried. What came of it is looked for in the time
between that row and the answer to the request, or a few seconds where no request is known.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

_MILLISECONDS_ABOVE = 80  # bits of a UUIDv7 below its milliseconds
_MOST_CLEARED = 2000
_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """When an action had its effect."""

    since: datetime
    until: datetime

    @property
    def ids(self) -> tuple[UUID, UUID]:
        """The lowest and the highest UUIDv7 that can have been made in it."""
        low, high = (int(at.timestamp() * 1000) for at in (self.since, self.until))
        ceiling = ((high + 1) << _MILLISECONDS_ABOVE) - 1
        return UUID(int=low << _MILLISECONDS_ABOVE), UUID(int=ceiling)

    def holds(self, at: datetime | None) -> bool:
        if at is None:
            return False
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        return self.since <= at <= self.until


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleared:
    """A task instance that was made ready for another try.

    :param before: its state until then; ``unfinished`` for one that was on its way.
    :param try_number: the try that ended with it.
    """

    run_id: str
    task_id: str
    map_index: int
    try_number: int
    before: str | None


def cleared(
    session: Any, *, dag_id: str, run_ids: Collection[str] | None, window: Window
) -> list[Cleared]:
    """The task instances that were given a new try in this time.

    Airflow gives a task instance a new UUIDv7 when it does that, and keeps the old one, with the
    state, in its history. A task that is retried of its own accord at the same moment looks alike.

    :param run_ids: of these runs only; None for all of the Dag.
    """
    from airflow.models.taskinstance import TaskInstance
    from airflow.models.taskinstancehistory import TaskInstanceHistory

    low, high = window.ids
    touched: set[tuple[str, str, int]] = set()
    for model, column in (
        (TaskInstance, TaskInstance.id),
        (TaskInstanceHistory, TaskInstanceHistory.task_instance_id),
    ):
        query = _of_dag(model, dag_id, run_ids, (model.run_id, model.task_id, model.map_index))
        query = query.where(column.between(low, high)).limit(_MOST_CLEARED)
        touched.update(
            (run_id, task_id, index) for run_id, task_id, index in session.execute(query)
        )
    return _before(session, dag_id, touched, low, window) if touched else []


def _of_dag(model: Any, dag_id: str, run_ids: Collection[str] | None, columns: Any) -> Any:
    from sqlalchemy import select

    query = select(*columns).where(model.dag_id == dag_id)
    return query if run_ids is None else query.where(model.run_id.in_(sorted(run_ids)))


def _before(
    session: Any, dag_id: str, touched: Collection[tuple[str, str, int]], low: UUID, window: Window
) -> list[Cleared]:
    """The last try of each that was archived under an id of before; a new task has none."""
    from airflow.models.taskinstancehistory import TaskInstanceHistory as History

    columns = (
        History.task_instance_id,
        History.run_id,
        History.task_id,
        History.map_index,
        History.try_number,
        History.state,
        History.start_date,
        History.end_date,
    )
    tasks = sorted({task_id for _, task_id, _ in touched})
    runs = {run_id for run_id, _, _ in touched}
    last: dict[tuple[str, str, int], Any] = {}
    for start in range(0, len(tasks), _AT_ONCE):
        query = _of_dag(History, dag_id, runs, columns)
        query = query.where(History.task_id.in_(tasks[start : start + _AT_ONCE]))
        for row in session.execute(query.where(History.task_instance_id < low)):
            key = (row.run_id, row.task_id, row.map_index)
            if key in touched and (
                key not in last or last[key].task_instance_id < row.task_instance_id
            ):
                last[key] = row
    return [
        Cleared(
            run_id=row.run_id,
            task_id=row.task_id,
            map_index=row.map_index,
            try_number=row.try_number,
            before=_state(row, window),
        )
        for _, row in sorted(last.items())
    ]


def _state(row: Any, window: Window) -> str | None:
    """What it was in; Airflow archives whatever had not ended as failed."""
    state = None if row.state is None else str(getattr(row.state, "value", row.state))
    if state == "failed" and row.start_date is None:
        return None
    return "unfinished" if state == "failed" and window.holds(row.end_date) else state


def triggered_run(session: Any, *, dag_id: str, user: str, window: Window) -> str | None:
    """The run that the user has started in this time; None if there is none, or several."""
    from airflow.models.dagrun import DagRun
    from sqlalchemy import select

    query = select(DagRun.run_id).where(
        DagRun.dag_id == dag_id,
        DagRun.triggering_user_name == user,
        DagRun.created_at.between(window.since, window.until),
    )
    found: Sequence[str] = session.scalars(query.limit(2)).all()
    return found[0] if len(found) == 1 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What somebody was asked, as far as it is needed to judge an answer."""

    options: tuple[str, ...]
    chosen: tuple[str, ...]
    answered_by: str | None
    answered_at: datetime | None


def questions(
    session: Any, *, dag_id: str, run_id: str, task_id: str, map_index: int
) -> list[Question]:
    """Everything that this task instance has asked, in any try; params are not read."""
    from airflow.models.hitl import HITLDetail
    from airflow.models.hitl_history import HITLDetailHistory
    from airflow.models.taskinstance import TaskInstance
    from airflow.models.taskinstancehistory import TaskInstanceHistory
    from sqlalchemy import select

    found = []
    for detail, owner, joined in (
        (HITLDetail, TaskInstance, HITLDetail.ti_id == TaskInstance.id),
        (
            HITLDetailHistory,
            TaskInstanceHistory,
            HITLDetailHistory.ti_history_id == TaskInstanceHistory.task_instance_id,
        ),
    ):
        columns = (detail.options, detail.chosen_options, detail.responded_by, detail.responded_at)
        query = select(*columns).join(owner, joined)
        query = query.where(
            owner.dag_id == dag_id,
            owner.run_id == run_id,
            owner.task_id == task_id,
            owner.map_index == map_index,
        )
        found += [
            Question(
                options=tuple(options or ()),
                chosen=tuple(chosen or ()),
                answered_by=(by or {}).get("name"),
                answered_at=at,
            )
            for options, chosen, by, at in session.execute(query)
        ]
    return found
