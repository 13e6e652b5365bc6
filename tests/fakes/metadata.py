"""Rows in the tables of a real Airflow, written as Airflow would leave them."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select, update

BEGIN = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Metadata:
    """The metadata database that the settings of this process point at, emptied before use."""

    def __init__(self) -> None:
        import airflow.models
        from airflow import settings
        from airflow.models.base import Base

        airflow.models.import_all_models()
        Base.metadata.create_all(settings.engine)
        self.clear()

    @property
    def tables(self) -> tuple[Any, ...]:
        from airflow.models.dagrun import DagRun
        from airflow.models.log import Log
        from airflow.models.taskinstance import TaskInstance
        from airflow.models.taskinstancehistory import TaskInstanceHistory

        models = (TaskInstanceHistory, TaskInstance, DagRun, Log)
        return tuple(model.__table__ for model in models)

    def _do(self, statement: Any) -> Any:
        from airflow.utils.session import create_session

        with create_session(scoped=False) as session:
            return session.execute(statement)

    def clear(self) -> None:
        for table in self.tables:
            self._do(delete(table))

    def run(
        self,
        run_id: str = "run",
        state: str = "success",
        *,
        dag_id: str = "dag",
        begin: datetime = BEGIN,
        end: datetime | None = None,
        **more: Any,
    ) -> None:
        finished = state in ("success", "failed")
        end = end or begin + timedelta(minutes=1)
        row = {
            "dag_id": dag_id,
            "run_id": run_id,
            "state": state,
            "run_type": "manual",
            "queued_at": begin,
            "created_at": begin,
            "start_date": begin,
            "run_after": begin,
            "end_date": end if finished else None,
            "updated_at": end if finished else begin,
            "log_template_id": None,
        }
        self._do(insert(self.tables[2]).values(**row | more))

    def set_run(self, run_id: str, *, dag_id: str = "dag", **values: Any) -> None:
        table = self.tables[2]
        self._do(
            update(table)
            .where(table.c.dag_id == dag_id, table.c.run_id == run_id)
            .values(**{"updated_at": BEGIN} | values)
        )

    def delete_run(self, run_id: str, *, dag_id: str = "dag") -> None:
        for table in self.tables[:3]:
            self._do(delete(table).where(table.c.dag_id == dag_id, table.c.run_id == run_id))

    def task(self, task_id: str = "task", state: str | None = "success", **more: Any) -> str:
        """The newest try of a task instance; :returns: its UUID."""
        return self._try(self.tables[1], "id", task_id, state, more)

    def earlier(self, task_id: str = "task", state: str | None = "failed", **more: Any) -> str:
        """An earlier try of a task instance that is there already; :returns: its UUID."""
        return self._try(self.tables[0], "task_instance_id", task_id, state, more)

    def _try(self, table: Any, name: str, task_id: str, state: str | None, more: Any) -> str:
        ti_id = more.pop("ti_id", None) or str(uuid.uuid4())
        row = {
            "dag_id": "dag",
            "run_id": "run",
            "task_id": task_id,
            "state": state,
            "map_index": -1,
            "try_number": 1,
            "max_tries": 0,
            "pool": "default_pool",
            "pool_slots": 1,
            "hostname": "host",
            "start_date": BEGIN + timedelta(seconds=10),
            "end_date": BEGIN + timedelta(seconds=30),
            "updated_at": BEGIN + timedelta(seconds=30),
            "executor_config": {},
            name: uuid.UUID(ti_id),
        }
        self._do(insert(table).values(**row | more))
        return ti_id

    def log(self, event: str, task_id: str | None = "task", **more: Any) -> None:
        """A row of the log as the execution API writes it; ``host_name=None`` for the scheduler's."""
        host = more.pop("host_name", "host")
        row = {
            "dag_id": "dag",
            "run_id": "run",
            "task_id": task_id,
            "event": event,
            "map_index": -1,
            "try_number": 1,
            "owner": "airflow",
            "dttm": BEGIN + timedelta(seconds=10),
            "extra": json.dumps({"host_name": host}) if host else None,
        }
        self._do(insert(self.tables[3]).values(**row | more))

    def rows(self, name: str) -> list[Any]:
        """All rows of one of the tables."""
        from airflow.utils.session import create_session

        (table,) = (table for table in self.tables if table.name == name)
        with create_session(scoped=False) as session:
            return list(session.execute(select(table)).all())

    def purge_log(self, before: datetime) -> None:
        """As ``airflow db clean`` does."""
        table = self.tables[3]
        self._do(delete(table).where(table.c.dttm < before))
