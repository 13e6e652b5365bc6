"""Tables of a DuckDB database file, read through a connection that can write nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlglot import exp

from airflow_gov_provider.domain.quality.expectations import Reference
from airflow_gov_provider.exceptions import SourceInvalid, SourceUnavailable
from airflow_gov_provider.profiling import conditions
from airflow_gov_provider.profiling.engines import duck
from airflow_gov_provider.profiling.engines.duck import DuckDBEngine, column_of
from airflow_gov_provider.profiling.engines.engine import Relation
from airflow_gov_provider.profiling.failures import Unmeasurable, in_words
from airflow_gov_provider.profiling.places.resources import Resources
from airflow_gov_provider.profiling.places.source import QuerySource, TableSource

if TYPE_CHECKING:
    import duckdb

_NAME = "governed"


def attached(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Make a database file the one that statements read.

    :raises SourceUnavailable: if another process writes it just now.
    :raises SourceInvalid: if it is no DuckDB database.
    """
    import duckdb

    literal = exp.Literal.string(str(path)).sql(dialect="duckdb")
    try:
        connection.execute(f"ATTACH {literal} AS {_NAME} (READ_ONLY, TYPE duckdb)")
        connection.execute(f"USE {_NAME}")
    except duckdb.IOException as error:
        raise SourceUnavailable(f"{path.name} cannot be opened: {in_words(error)}") from None
    except duckdb.Error as error:
        raise SourceInvalid(f"{path.name} is no DuckDB database: {in_words(error)}") from None


@contextmanager
def opened(
    path: Path,
    *,
    resources: Resources | None = None,
    progress: bool = False,
    also: Sequence[Path] = (),
) -> Iterator[DuckDBTables]:
    """An engine over the tables of a database file, with no reach beyond it.

    :param progress: whether somebody will ask the engine for it.
    :param also: files beside it that may be read and written.
    :raises SourceUnavailable: if another process writes it just now.
    :raises SourceInvalid: if there is no such file, or it is no DuckDB database.
    """
    if not path.is_file():
        raise SourceInvalid(f"{path}: there is no such database file")
    allowed = resources or Resources()
    with duck.opened(allowed) as connection:
        attached(connection, path)
        if progress:
            duck.tell_progress(connection)
        duck.restrict(connection, readable=also)
        yield DuckDBTables(connection, references={}, memory=allowed.memory)


class DuckDBTables(DuckDBEngine):
    """The engine over the tables of one attached file."""

    def open_source(self, source: TableSource | QuerySource) -> Relation:
        """:raises SourceInvalid: if there is no such table, or the query is not one SELECT."""
        if isinstance(source, TableSource):
            schema = exp.to_identifier(source.schema, quoted=True) if source.schema else None
            table: exp.Expr = exp.Table(
                this=exp.to_identifier(source.table, quoted=True), db=schema
            )
            return self._described(table, f"there is no table {source}; check its name")
        query = conditions.query(source.sql, dialect="duckdb")
        return self._described(exp.alias_(query, "source", table=True), "the query fails")

    def reference(self, reference: Reference) -> Relation:
        schema, table = conditions.table_name(reference.table)
        try:
            return self.open_source(TableSource(schema=schema, table=table))
        except SourceInvalid as error:
            raise Unmeasurable(f"the referenced data: {error}") from None

    def _become_second(self) -> None:
        super()._become_second()
        self._connection.execute(f"USE {_NAME}")

    def _described(self, table: exp.Expr, problem: str) -> Relation:
        import duckdb

        query = exp.select("*").from_(table).sql(dialect="duckdb")
        try:
            rows = self._connection.execute(f"DESCRIBE {query}").fetchall()
        except duckdb.Error as error:
            raise SourceInvalid(f"{problem} ({in_words(error)})") from None
        names = [row[0] for row in rows]
        if len(set(names)) != len(names):
            raise SourceInvalid("two columns of the query have the same name; give each its own")
        return Relation(table=table, columns={row[0]: column_of(*row[:2]) for row in rows})
