"""DuckDB over files: in memory, without network, and without reach beyond the files it is given."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from airflow_gov_provider.domain.expectations import Reference
from airflow_gov_provider.exceptions import SourceError, SourceInvalid
from airflow_gov_provider.profiling import locations, repeats
from airflow_gov_provider.profiling.columns import Column, Family, duckdb_family
from airflow_gov_provider.profiling.dialects import DuckDB, named
from airflow_gov_provider.profiling.engine import Relation, Row, StatementFailed
from airflow_gov_provider.profiling.failures import Unmeasurable, reason
from airflow_gov_provider.profiling.locations import Files

if TYPE_CHECKING:
    import duckdb

# One array of hashes and the copy that DuckDB makes of it: 2 GiB at this many rows.
_MOST_ROWS_IN_MEMORY = 2**27
_FEW_REPEATS = 1000
_HASHABLE = frozenset(Family) - {Family.FLOAT, Family.OTHER, Family.UNKNOWN}


def connect(spill: Path) -> duckdb.DuckDBPyConnection:
    """:param spill: a directory for what does not fit into memory."""
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


class DuckDBEngine:
    def __init__(self, connection: duckdb.DuckDBPyConnection, *, directory: Path) -> None:
        """:param directory: what the paths of references are relative to."""
        self.dialect = DuckDB()
        self.statements = 0
        self._connection, self._directory = connection, directory
        self._relations: dict[str, Relation] = {}

    def open(self, files: Files) -> Relation:
        """
        :raises SourceInvalid: if the files are not what their names say.
        """
        import duckdb

        name = f"governance_{len(self._relations)}"
        kind = "TABLE" if files.reader == "read_csv" else "VIEW"
        self._relations[name] = relation = Relation(
            table=exp.Table(this=exp.to_identifier(name, quoted=True)), columns={}
        )
        create = exp.Create(
            this=relation.table,
            kind=kind,
            properties=exp.Properties(expressions=[exp.TemporaryProperty()]),
            expression=exp.select("*").from_(files.relation()),
        )
        try:
            self._connection.execute(create.sql(dialect="duckdb"))
            rows = self._connection.execute(f'DESCRIBE "{name}"').fetchall()
        except duckdb.Error as error:
            raise SourceInvalid(
                f"{files.shown} cannot be read as {files.format}: {reason(error)}"
            ) from None
        columns = {row[0]: _column(row[0], row[1]) for row in rows}
        self._relations[name] = Relation(table=relation.table, columns=columns)
        return self._relations[name]

    def fetch(self, query: exp.Query) -> list[Row]:
        return list(self._run(query).fetchall())

    def reference(self, reference: Reference) -> Relation:
        try:
            return self.open(locations.find(reference.table, directory=self._directory))
        except SourceError as error:
            raise Unmeasurable(f"the referenced data: {error}") from None

    def repeated(
        self, relation: Relation, keys: Sequence[str], where: exp.Expression, total: int
    ) -> int:
        columns = [relation.columns[key] for key in keys]
        if all(column.hashable for column in columns) and total <= _MOST_ROWS_IN_MEMORY:
            suspects = self._repeated_hashes(relation, columns, where)
            if not len(suspects):
                return 0
            if len(suspects) <= _FEW_REPEATS:
                listed = [exp.Literal.number(int(value)) for value in suspects]
                where = exp.and_(where, exp.In(this=_hash(columns), expressions=listed))
        ((rows,),) = self.fetch(repeats.repeated_rows(relation, columns, where))
        return int(rows)

    def _repeated_hashes(
        self, relation: Relation, columns: Sequence[Column], where: exp.Expression
    ) -> Any:
        """Hashes that several rows share. Equal keys have equal hashes, so none means unique."""
        import numpy as np

        query = exp.select(exp.alias_(_hash(columns), "h")).from_(relation.table).where(where)
        hashes = self._run(query).fetchnumpy()["h"]
        hashes.sort()
        return np.unique(hashes[1:][hashes[1:] == hashes[:-1]])

    def _run(self, query: exp.Query) -> duckdb.DuckDBPyConnection:
        import duckdb

        self.statements += 1
        try:
            return self._connection.execute(query.sql(dialect="duckdb"))
        except duckdb.Error as error:
            raise StatementFailed(reason(error)) from None


def _column(name: str, physical: str) -> Column:
    family = duckdb_family(physical)
    return Column(name=name, physical=physical, family=family, hashable=family in _HASHABLE)


def _hash(columns: Sequence[Column]) -> exp.Expression:
    return exp.Anonymous(this="hash", expressions=[named(column) for column in columns])
