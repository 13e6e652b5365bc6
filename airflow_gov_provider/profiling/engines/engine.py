"""What the profiler needs of a database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from sqlglot import exp

from airflow_gov_provider.domain.quality.expectations import Reference
from airflow_gov_provider.profiling.columns import Column, Columns
from airflow_gov_provider.profiling.engines.dialects import DuckDB

Row = Sequence[Any]


class StatementFailed(Exception):
    """A statement was refused; the connection still works. The message may be shown to people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """Something that can stand in a FROM, and its columns in order."""

    table: exp.Expr
    columns: Columns


class Engine(Protocol):
    """One snapshot of one database, read only.

    :ivar statements: how many statements have looked at rows.
    """

    statements: int

    @property
    def dialect(self) -> DuckDB: ...

    def fetch(self, query: exp.Query) -> list[Row]:
        """All rows of the answer.

        :raises StatementFailed: if the database refuses this statement.
        :raises SourceUnavailable: if the database went away.
        """

    def reference(self, reference: Reference) -> Relation:
        """The other side of a foreign key.

        :raises Unmeasurable: if there is no such table or file.
        """

    def repeated(
        self, relation: Relation, keys: Sequence[Column], where: exp.Expr, total: int
    ) -> int:
        """Count the rows that meet ``where`` and share their key with another such row.

        :param total: how many rows meet ``where``; none of their keys is NULL.
        :raises StatementFailed: if the database refuses.
        """


@runtime_checkable
class LooksUpNumbers(Protocol):
    """An engine with a short way to find whole numbers that lie close together."""

    def matched(self, child: exp.Expr, parent: Relation, other: Column) -> int | None:
        """Count the rows of ``child`` whose ``k_0`` is in a column of ``parent``.

        None if that column's numbers do not lie close together.

        :raises StatementFailed: if the database refuses.
        """


@runtime_checkable
class FetchesArrays(Protocol):
    """An engine whose numbers come as arrays of numpy's, without an object for each."""

    def arrays(self, query: exp.Query) -> list[Any]:
        """The columns of the answer, which are numbers and none of them NULL.

        :raises StatementFailed: if the database refuses this statement.
        """
