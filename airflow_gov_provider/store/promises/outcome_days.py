"""Outcomes counted by day and in the order of their deadlines, for calendars and charts."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    case,
    cast,
    extract,
    func,
    literal,
    select,
)

from airflow_gov_provider.domain.sla.days import DayCount, stretches
from airflow_gov_provider.domain.sla.outcomes import Outcome
from airflow_gov_provider.store.promise_tables import sla_outcome as table
from airflow_gov_provider.store.promises.outcomes import outcome_of_row

_SECONDS = 86400
_EPOCH = date(1970, 1, 1)
_TO_THE_SECOND = len("2026-01-31 12:00:00")


def day_counts(
    connection: Connection,
    commitment_ids: Collection[str],
    *,
    since: datetime,
    until: datetime,
    tz: str = "UTC",
) -> list[DayCount]:
    """How many outcomes of each state have their deadlines on each day of a time zone.

    :param since: deadlines at this time or later.
    :param until: deadlines before this time.
    :returns: one for each commitment and day that has any, in no order.
    """
    if not commitment_ids or since >= until:
        return []
    day = _day(connection, tz, since=since, until=until).label("day")
    query = (
        select(table.c.commitment_id, day, table.c.state, func.count().label("n"))
        .where(
            table.c.commitment_id.in_(sorted(commitment_ids)),
            table.c.expected_at >= since,
            table.c.expected_at < until,
        )
        .group_by(table.c.commitment_id, day, table.c.state)
    )
    found: dict[tuple[str, int], dict[str, int]] = {}
    for row in connection.execute(query):
        found.setdefault((row.commitment_id, row.day), {})[row.state] = row.n
    return [
        DayCount(commitment_id=id_, day=_EPOCH + timedelta(days=number), **counts)
        for (id_, number), counts in found.items()
    ]


def _day(
    connection: Connection, tz: str, *, since: datetime, until: datetime
) -> ColumnElement[int]:
    """The number of the local day of a deadline; SQLite knows no zones, so each offset is told."""
    parts = stretches(tz, since=since, until=until)
    seconds = _seconds(connection)
    last = parts[-1].ahead.total_seconds()
    earlier = [(seconds < _epoch(one.until), int(one.ahead.total_seconds())) for one in parts[:-1]]
    ahead = case(*earlier, else_=int(last)) if earlier else literal(int(last))
    return (seconds + ahead) // literal(_SECONDS)


def _epoch(at: datetime) -> int:
    return int(at.astimezone(UTC).timestamp())


def _seconds(connection: Connection) -> ColumnElement[int]:
    """Whole seconds since 1970; both databases would round what is just before midnight."""
    at: Any = table.c.expected_at
    if connection.dialect.name == "sqlite":
        return extract("epoch", func.substr(at, 1, _TO_THE_SECOND))
    return cast(extract("epoch", func.date_trunc("second", at)), BigInteger)


def newest_deadlines(
    connection: Connection,
    commitment_id: str,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int,
) -> list[Outcome]:
    """Those of a commitment whose deadlines are last, in the order of their deadlines."""
    query = select(table).where(
        table.c.commitment_id == commitment_id, table.c.expected_at.is_not(None)
    )
    if since is not None:
        query = query.where(table.c.expected_at >= since)
    if until is not None:
        query = query.where(table.c.expected_at < until)
    query = query.order_by(table.c.expected_at.desc(), table.c.outcome_id.desc()).limit(limit)
    return [outcome_of_row(row) for row in connection.execute(query)][::-1]
