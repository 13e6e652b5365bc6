"""Errors of a database driver that is used without SQLAlchemy between."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError


@contextmanager
def as_sqlalchemy_does(connection: Connection, statement: str) -> Iterator[None]:
    """Within it, the driver's errors become those that SQLAlchemy raises elsewhere.

    :raises DBAPIError: of the kind that fits; its message shows no values.
    """
    driver: Any = connection.dialect.loaded_dbapi
    try:
        yield
    except driver.Error as error:
        raise DBAPIError.instance(
            statement, None, error, driver.Error, hide_parameters=True, dialect=connection.dialect
        ) from error
