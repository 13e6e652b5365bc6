"""DuckDB over files: in memory, without network, and without reach beyond the files it is given."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from airflow_gov_provider.domain.expectations import Reference
from airflow_gov_provider.exceptions import SourceError, SourceInvalid
from airflow_gov_provider.profiling import repeats
from airflow_gov_provider.profiling.columns import Column, Family, duckdb_family
from airflow_gov_provider.profiling.dialects import DuckDB
from airflow_gov_provider.profiling.engine import Relation, Row, StatementFailed
from airflow_gov_provider.profiling.failures import Unmeasurable, in_words, reason
from airflow_gov_provider.profiling.locations import Files

if TYPE_CHECKING:
    import duckdb

# Types whose equal values always have equal hashes. Left out where two representations of one
# value are possible: -0.0 and 0.0, the many NaNs, nested values.
_HASHABLE = frozenset(
    {Family.INTEGER, Family.DECIMAL, Family.TEXT, Family.BOOLEAN, Family.DATE, Family.TIMESTAMP}
    | {Family.INSTANT, Family.SYMBOL}
)


def connect(spill: Path) -> duckdb.DuckDBPyConnection:
    """Open a database in memory that loads nothing from the network.

    :param spill: a directory for what does not fit into memory.
    """
    import duckdb

    return duckdb.connect(
        config={
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
            "temp_directory": str(spill),
            "preserve_insertion_order": False,
        }
    )


def restrict(connection: duckdb.DuckDBPyConnection, *, readable: Iterable[Path]) -> None:
    """Let SQL read these files, and nothing else on disk or elsewhere, from now on for good."""
    # A path is compared as it is written in SQL, and again after the pattern in it is resolved.
    allowed = [name for path in readable for name in {str(path), glob.escape(str(path))}]
    connection.execute("SET allowed_paths = ?", [allowed])
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def tell_progress(connection: duckdb.DuckDBPyConnection) -> None:
    """Let ``DuckDBEngine.progress`` know how far a statement is; nothing is printed."""
    connection.execute("SET enable_progress_bar = true")
    connection.execute("SET enable_progress_bar_print = false")


class DuckDBEngine:
    """The engine of ``profile_files``.

    :param references: the files of each reference's ``table``, or why there are none.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        *,
        references: Mapping[str, Files | SourceError],
    ) -> None:
        self.dialect = DuckDB()
        self.statements = 0
        self._connection, self._references = connection, references
        self._opened: dict[str, Relation] = {}

    def open(self, files: Files) -> Relation:
        """Make the files one table.

        :raises SourceInvalid: if they are not what their names say.
        """
        import duckdb

        name = f"governance_{len(self._opened)}"
        table = exp.Table(this=exp.to_identifier(name, quoted=True))
        create = exp.Create(
            this=table,
            # A CSV file is parsed once and not again for each statement.
            kind="TABLE" if files.reader == "read_csv" else "VIEW",
            properties=exp.Properties(expressions=[exp.TemporaryProperty()]),
            expression=exp.select("*").from_(files.relation()),
        )
        try:
            self._connection.execute(create.sql(dialect="duckdb"))
            rows = self._connection.execute(f"DESCRIBE {name}").fetchall()
        except duckdb.Error as error:
            raise SourceInvalid(
                f"{files.shown} is not a readable {files.format} file ({in_words(error)}); "
                "write it again, or name the files of one table only"
            ) from None
        relation = Relation(table=table, columns={row[0]: column_of(*row[:2]) for row in rows})
        self._opened[files.shown] = relation
        return relation

    def fetch(self, query: exp.Query) -> list[Row]:
        return list(self._run(query, "fetchall"))

    def reference(self, reference: Reference) -> Relation:
        files = self._references[reference.table]
        if isinstance(files, SourceError):
            raise Unmeasurable(f"the referenced data: {files}")
        try:
            return self._opened.get(files.shown) or self.open(files)
        except SourceInvalid as error:
            raise Unmeasurable(f"the referenced data: {error}") from None

    def repeated(
        self, relation: Relation, keys: Sequence[Column], where: exp.Expr, total: int
    ) -> int:
        if all(key.hashable for key in keys) and total <= repeats.MOST_KEYS_IN_MEMORY:
            hashed = repeats.hashes(relation, keys, where)
            suspects = repeats.shared(self._run(hashed, "fetchnumpy")["h"])
            if not suspects:
                return 0
            if len(suspects) <= repeats.FEW_SUSPECTS:
                where = repeats.among_suspects(keys, where, suspects)
        ((rows,),) = self.fetch(repeats.repeated_rows(relation, keys, where))
        return int(rows)

    def progress(self) -> float | None:
        """How much of the statement that runs is done, from 0 to 1; asked from another thread.

        None where that is not known, and always without ``tell_progress``.
        """
        percent = self._connection.query_progress()
        return percent / 100 if percent >= 0 else None

    def _run(self, query: exp.Query, fetch: str) -> Any:
        import duckdb

        self.statements += 1
        try:
            return getattr(self._connection.execute(query.sql(dialect="duckdb")), fetch)()
        except duckdb.Error as error:
            raise StatementFailed(reason(error)) from None


def column_of(name: str, physical: str) -> Column:
    """A column as DuckDB describes it."""
    family = duckdb_family(physical)
    return Column(name=name, physical=physical, family=family, hashable=family in _HASHABLE)
