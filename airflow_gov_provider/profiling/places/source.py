"""What a database is asked to profile: one table, or the rows of one SELECT."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath

DUCKDB_SUFFIXES = (".duckdb", ".ddb")


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSource:
    """A table or view, named exactly as the database stores the name.

    :param schema: None takes the first one on the connection's search path.
    """

    schema: str | None = None
    table: str

    def __str__(self) -> str:
        return f"{self.schema}.{self.table}" if self.schema else self.table


@dataclass(frozen=True, slots=True, kw_only=True)
class QuerySource:
    """One SELECT, in the dialect of the connection."""

    sql: str

    def __str__(self) -> str:
        return "query"


def has_tables(path: str) -> bool:
    """Whether a path is that of a database file: files of rows are one table each."""
    return "://" not in path and PurePath(path).suffix.lower() in DUCKDB_SUFFIXES


def source_of(*, table: str | None, query: str | None) -> TableSource | QuerySource:
    """The query if there is one, else the table, which may be written with its schema."""
    if query is not None:
        return QuerySource(sql=query)
    schema, _, name = str(table).rpartition(".")
    return TableSource(schema=schema or None, table=name)
