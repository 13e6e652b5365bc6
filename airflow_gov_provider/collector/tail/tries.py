"""What Airflow's task instances and their history say about tries."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Row, select, tuple_

from airflow_gov_provider.collector.tail.rows import LogRow

_AT_ONCE = 200
_FACTS = ("operator", "pool", "queue", "max_tries", "dag_version_id")


class TaskKey(NamedTuple):
    """A task instance, whatever its try; in the order of Airflow's unique index."""

    dag_id: str
    task_id: str
    run_id: str
    map_index: int


class Tries:
    """The tries of some task instances: the present one and those before.

    A row of the log that is older than the run is of a deleted one that had the same id. Nothing is
    known of its tries.
    """

    def __init__(self, live: Iterable[Row[Any]], history: Iterable[Row[Any]]) -> None:
        self._live = {_key(row): row for row in live}
        self._history = {(_key(row), row.try_number): row for row in history}
        self._by_key: dict[TaskKey, list[Row[Any]]] = {}
        self._created: dict[TaskKey, datetime] = {}
        for row in (*self._history.values(), *self._live.values()):
            self._by_key.setdefault(_key(row), []).append(row)
            if row.run_created_at is not None:
                self._created[_key(row)] = row.run_created_at

    def rows_of(self, row: LogRow) -> tuple[Row[Any] | None, Row[Any] | None]:
        """The row of the try in the history, and the present one if it is of this try still."""
        key = key_of(row)
        if self._is_of_a_deleted_run(row):
            return None, None
        live = self._live.get(key)
        if live is not None and live.try_number != row.try_number:
            live = None
        return self._history.get((key, row.try_number)), live

    def ids_of(self, row: LogRow) -> list[str]:
        """UUIDs that the task instance had in this try, the first one first.

        A try that Airflow fails while it is not running is not filed, and the next one goes on
        under its UUID; so one without a row has that of the first row after it.
        """
        own = [str(found.ti_id) for found in self.rows_of(row) if found is not None]
        if own or self._is_of_a_deleted_run(row):
            return own
        tried = row.try_number or 0
        later = [found for found in self._by_key.get(key_of(row), ()) if found.try_number > tried]
        first = min(later, key=lambda found: found.try_number, default=None)
        return [] if first is None else [str(first.ti_id)]

    def _is_of_a_deleted_run(self, row: LogRow) -> bool:
        created = self._created.get(key_of(row))
        return created is not None and row.at < created


def key_of(row: LogRow) -> TaskKey:
    index = -1 if row.map_index is None else row.map_index
    return TaskKey(str(row.dag_id), str(row.task_id), str(row.run_id), index)


def _key(row: Row[Any]) -> TaskKey:
    return TaskKey(row.dag_id, row.task_id, row.run_id, row.map_index)


def tries_of(session: Any, keys: Collection[TaskKey]) -> Tries:
    from airflow.models.taskinstance import TaskInstance
    from airflow.models.taskinstancehistory import TaskInstanceHistory

    wanted = sorted(keys)
    return Tries(
        _rows(session, TaskInstance, TaskInstance.id, wanted),
        _rows(session, TaskInstanceHistory, TaskInstanceHistory.task_instance_id, wanted),
    )


def _rows(session: Any, model: Any, ti_id: Any, keys: list[TaskKey]) -> list[Row[Any]]:
    """Rows with their UUID as ``ti_id``, and when their run was created."""
    from airflow.models.dagrun import DagRun

    key = tuple_(model.dag_id, model.task_id, model.run_id, model.map_index)
    columns = (model.dag_id, model.task_id, model.run_id, model.map_index, model.try_number)
    facts = [getattr(model, name) for name in _FACTS]
    created = DagRun.created_at.label("run_created_at")
    query = select(ti_id.label("ti_id"), model.state, created, *columns, *facts).join(
        DagRun, (DagRun.dag_id == model.dag_id) & (DagRun.run_id == model.run_id), isouter=True
    )
    found: list[Row[Any]] = []
    for start in range(0, len(keys), _AT_ONCE):
        found += session.execute(query.where(key.in_(keys[start : start + _AT_ONCE]))).all()
    return found


def facts_of(row: Row[Any] | None) -> Mapping[str, Any]:
    return {} if row is None else {name: getattr(row, name) for name in _FACTS}
