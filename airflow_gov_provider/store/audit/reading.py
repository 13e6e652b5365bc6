"""Rows as a driver gives them, from a connection of SQLAlchemy or from one without it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy import Connection


def _untranslated(_statement: str) -> AbstractContextManager[None]:
    return nullcontext()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """A connection of a driver.

    :param dialect: the kind of database, and ``driver`` the name of its driver, as SQLAlchemy
        calls them.
    :param errors: within what it makes of a statement, that statement is executed.
    """

    raw: Any
    dialect: str
    driver: str
    errors: Callable[[str], AbstractContextManager[None]] = _untranslated

    @property
    def takes_texts_as_they_come(self) -> bool:
        """Whether the server sends its texts in UTF-8, and they are not decoded here."""
        return self.driver == "psycopg" and bool(self.raw.info.encoding == "utf-8")

    def rows(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """:param statement: with ``?`` for each parameter."""
        if self.dialect != "sqlite":
            statement = statement.replace("?", "%s")
        options = {"binary": True} if self.driver == "psycopg" else {}
        with self.errors(statement), closing(self.raw.cursor(**options)) as cursor:
            if self.driver == "psycopg":
                _leave_as_bytes(cursor)
            cursor.execute(statement, parameters)
            found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def reader_of(connection: Connection) -> Reader:
    from airflow_gov_provider.store.driver_errors import as_sqlalchemy_does

    return Reader(
        raw=connection.connection.driver_connection,
        dialect=connection.dialect.name,
        driver=connection.dialect.driver,
        errors=partial(as_sqlalchemy_does, connection),
    )


def _leave_as_bytes(cursor: Any) -> None:
    """What is of the type `text`; `varchar`, which all but documents are, becomes a string."""
    from psycopg.types.string import ByteaBinaryLoader

    cursor.adapters.register_loader("text", ByteaBinaryLoader)
