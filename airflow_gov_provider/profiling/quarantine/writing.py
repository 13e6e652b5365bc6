"""One transaction that may change a database, on a connection that nothing is measured on."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from airflow_gov_provider.exceptions import ArgumentInvalid, SourceUnavailable
from airflow_gov_provider.profiling.engines import sqlite
from airflow_gov_provider.profiling.failures import reason
from airflow_gov_provider.profiling.shapes import SQLITE_SHAPE, shape_of

_IDLE = 0
_BUSY = "the connection is in a transaction; commit it or roll it back first"


@contextmanager
def in_sqlite(connection: sqlite3.Connection) -> Iterator[None]:
    """Undone where anything is raised.

    :raises ArgumentInvalid: if the connection is in the middle of a transaction.
    :raises SourceUnavailable: if another process writes just now.
    """
    if connection.in_transaction:
        raise ArgumentInvalid(_BUSY)
    sqlite._register(connection)  # noqa: SLF001 - the functions that conditions are written with
    connection.create_function(SQLITE_SHAPE, 1, shape_of, deterministic=True)
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.Error as error:
        raise SourceUnavailable(f"SQLite cannot write its file: {reason(error)}") from None
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        connection.rollback()
        raise


@contextmanager
def in_postgres(connection: Any) -> Iterator[None]:
    """Undone where anything is raised; all statements see one state of the other tables.

    :raises ArgumentInvalid: if the connection is in the middle of a transaction.
    :raises SourceUnavailable: if the database cannot be reached.
    """
    if connection.info.transaction_status != _IDLE:
        raise ArgumentInvalid(_BUSY)
    mode = "ISOLATION LEVEL REPEATABLE READ READ WRITE"
    cursor = connection.cursor()
    try:
        cursor.execute(f"BEGIN {mode}" if connection.autocommit else f"SET TRANSACTION {mode}")
        cursor.execute("SET LOCAL standard_conforming_strings = on")
    except connection.Error as error:
        raise SourceUnavailable(f"PostgreSQL cannot be reached: {reason(error)}") from None
    try:
        yield
        cursor.execute("COMMIT") if connection.autocommit else connection.commit()
    except BaseException:
        if not connection.closed:
            cursor.execute("ROLLBACK") if connection.autocommit else connection.rollback()
        raise
