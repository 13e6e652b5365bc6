"""What a database is asked to profile: one table, or the rows of one SELECT."""

from __future__ import annotations

from dataclasses import dataclass


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
