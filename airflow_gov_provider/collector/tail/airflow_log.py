"""Reading the table ``log`` of Airflow's metadata database; plain columns only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, Select, func, select

from airflow_gov_provider.collector.tail.rows import LogRow

_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)


def rows_from(session: Any, log_id: int, *, limit: int) -> list[LogRow]:
    """Rows with this id or a higher one, in the order of their ids."""
    return _rows(session, lambda log: _columns(log).where(log.id >= log_id).limit(limit))


def rows_of(session: Any, log_ids: Sequence[int]) -> list[LogRow]:
    return _rows(session, lambda log: _columns(log).where(log.id.in_(log_ids))) if log_ids else []


def last_row(session: Any) -> LogRow | None:
    from airflow.models.log import Log

    last: int | None = session.execute(select(func.max(Log.id))).scalar_one()
    found = rows_of(session, [last]) if last is not None else []
    return found[0] if found else None


def _columns(log: Any) -> Select[Any]:
    return select(
        log.id,
        log.dttm,
        log.event,
        log.dag_id,
        log.run_id,
        log.task_id,
        log.map_index,
        log.try_number,
        log.owner,
        log.extra,
    ).order_by(log.id)


def _rows(session: Any, query: Any) -> list[LogRow]:
    from airflow.models.log import Log

    found: Iterable[Row[Any]] = session.execute(query(Log))
    return [
        LogRow(
            log_id=row.id,
            at=row.dttm or _NO_TIME,
            event=row.event,
            dag_id=row.dag_id,
            run_id=row.run_id,
            task_id=row.task_id,
            map_index=row.map_index,
            try_number=row.try_number,
            owner=row.owner,
            extra=row.extra,
        )
        for row in found
    ]
