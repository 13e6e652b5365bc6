"""How much of an SQLite file is kept in memory while much is written to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

_KIBIBYTES = 32 * 1024


@contextmanager
def large_page_cache(connection: Connection) -> Iterator[None]:
    """Up to 32 MiB within the block, where SQLite has 2 by itself; nothing on other databases.

    Random identities touch the whole of an index, and what does not fit is written more than once.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    before = connection.exec_driver_sql("PRAGMA cache_size").scalar_one()
    connection.exec_driver_sql(f"PRAGMA cache_size = -{_KIBIBYTES}")
    try:
        yield
    finally:
        connection.exec_driver_sql(f"PRAGMA cache_size = {before}")
