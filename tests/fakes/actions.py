"""What Airflow and the api-server leave behind of what people do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from fakes.metadata import BEGIN, Metadata

from airflow_gov_provider.collector.tail.rows import LogRow
from airflow_gov_provider.domain.events import Event
from airflow_gov_provider.store.events.requests import PREFIX, WITNESS

NOW = BEGIN + timedelta(minutes=1)
SECRET = "hunter2-is-no-secret"


class ActionMetadata(Metadata):
    """Also with what people are asked, versions of Dags and import errors."""

    @property
    def tables(self) -> tuple[Any, ...]:
        from airflow.models.dag import DagModel
        from airflow.models.dag_version import DagVersion
        from airflow.models.dagbundle import DagBundleModel
        from airflow.models.errors import ParseImportError
        from airflow.models.hitl import HITLDetail
        from airflow.models.hitl_history import HITLDetailHistory
        from airflow.models.serialized_dag import SerializedDagModel

        more = (HITLDetail, HITLDetailHistory, SerializedDagModel, DagVersion, ParseImportError)
        more += (DagModel, DagBundleModel)
        return (*super().tables, *(model.__table__ for model in more))

    def add(self, table: str, **values: Any) -> None:
        from sqlalchemy import insert

        self._do(insert(next(one for one in self.tables if one.name == table)).values(**values))

    def change(self, table: str, **values: Any) -> None:
        from sqlalchemy import update

        self._do(update(next(one for one in self.tables if one.name == table)).values(**values))


def log_row(event: str, extra: Mapping[str, Any] | str | None = None, **more: Any) -> LogRow:
    """A row as the API logs it, unless it has no user."""
    if isinstance(extra, Mapping) and not event.startswith("cli_"):
        extra = {"method": "POST", **extra}
    known: dict[str, Any] = {
        "log_id": 1,
        "at": BEGIN,
        "event": event,
        "dag_id": None,
        "run_id": None,
        "task_id": None,
        "map_index": None,
        "try_number": None,
        "owner": "ada",
        "extra": json.dumps(extra) if isinstance(extra, Mapping) else extra,
    }
    return LogRow(**(known | more))


def request(
    endpoint: str,
    *,
    status: int = 200,
    start: datetime = BEGIN - timedelta(milliseconds=5),
    end: datetime = BEGIN + timedelta(milliseconds=50),
    user: str = "ada",
    request_id: str = "r1",
    params: Mapping[str, str] | None = None,
    **ids: Any,
) -> Event:
    """What the api-server saw."""
    return Event(
        event_id=request_id,
        type=f"{PREFIX}{endpoint}",
        witness=WITNESS,
        occurred_at=start,
        actor=user,
        payload={
            "client": "10.0.0.7",
            "method": "PATCH",
            "path": "/api/v2/somewhere",
            "status": status,
            "ended_at": end.isoformat(),
            "params": dict(params or {}),
        },
        **ids,
    )
