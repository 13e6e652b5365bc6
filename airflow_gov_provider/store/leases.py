"""Leases: one holder per name until a time, on any database, without a lock held open.

A holder that dies gives the lease back by letting it expire. What counts as expired is told by the
database's clock where it has one, so hosts whose clocks differ agree. SQLite has no clock of its
own and no other host either.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from airflow_gov_provider.store.tables import lease


def acquire(
    connection: Connection,
    name: str,
    *,
    holder: str,
    lasting: timedelta,
    now: datetime | None = None,
) -> bool:
    """Take or prolong the lease; False while somebody else holds it.

    The time is read before the row is locked. Whoever has to wait for the row therefore takes a
    lease that ends earlier, never one that seems to have ended too early.

    :param now: instead of what the database's clock says.
    """
    now = now or database_clock(connection)
    values = {"holder": holder, "expires_at": now + lasting}
    taken = connection.execute(
        update(lease)
        .where(lease.c.name == name, or_(lease.c.holder == holder, lease.c.expires_at <= now))
        .values(**values)
    )
    if taken.rowcount == 1:
        return True
    if connection.scalar(select(lease.c.name).where(lease.c.name == name)):
        return False
    try:
        with connection.begin_nested():
            connection.execute(insert(lease).values(name=name, **values))
    except IntegrityError:  # somebody else inserted the row first
        return False
    return True


def release(connection: Connection, name: str, *, holder: str) -> None:
    """Give the lease back; nothing happens if it is somebody else's by now."""
    connection.execute(delete(lease).where(lease.c.name == name, lease.c.holder == holder))


def holder_of(connection: Connection, name: str, *, now: datetime | None = None) -> str | None:
    """Who holds the lease now; None if nobody does."""
    now = now or database_clock(connection)
    return connection.scalar(
        select(lease.c.holder).where(lease.c.name == name, lease.c.expires_at > now)
    )


def database_clock(connection: Connection) -> datetime:
    """The time that every user of this database agrees on."""
    if connection.dialect.name == "sqlite":  # its own functions ask this very host
        return datetime.now(tz=UTC)  # noqa: TID251 - stands for a database's clock
    found: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
    return found.astimezone(UTC)
