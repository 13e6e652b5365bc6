"""Leases: one holder per name until a time, on any database, without a lock held open.

A holder that dies gives the lease back by letting it expire.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from airflow_gov_provider.store.tables import lease


def acquire(
    connection: Connection, name: str, *, holder: str, now: datetime, lasting: timedelta
) -> bool:
    """Take or prolong the lease; False while somebody else holds it."""
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
    connection.execute(delete(lease).where(lease.c.name == name, lease.c.holder == holder))
