"""DuckDB over files: in memory, without network, and without reach beyond the files it is given."""

from __future__ import annotations

import glob
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from sqlglot import exp

from airflow_gov_provider.domain.quality.expectations import Reference
from airflow_gov_provider.exceptions import SourceError, SourceInvalid, SourceUnavailable
from airflow_gov_provider.profiling import repeats
from airflow_gov_provider.profiling.columns import Column, Family, duckdb_family
from airflow_gov_provider.profiling.engines import quantiles
from airflow_gov_provider.profiling.engines.dialects import DuckDB
from airflow_gov_provider.profiling.engines.engine import Relation, Row, StatementFailed
from airflow_gov_provider.profiling.failures import Unmeasurable, in_words, reason
from airflow_gov_provider.profiling.fairness import dense
from airflow_gov_provider.profiling.places.locations import Files
from airflow_gov_provider.profiling.places.resources import Resources

if TYPE_CHECKING:
    import duckdb

# Types whose equal values always have equal hashes. Left out where two representations of one
# value are possible: -0.0 and 0.0, the many NaNs, nested values.
_HASHABLE = frozenset(
    {Family.INTEGER, Family.DECIMAL, Family.TEXT, Family.BOOLEAN, Family.DATE, Family.TIMESTAMP}
    | {Family.INSTANT, Family.SYMBOL}
)


@contextmanager
def opened(resources: Resources) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory, and a directory of its own for what does not fit there.

    :raises SourceUnavailable: if that directory cannot be made.
    """
    try:
        spill = tempfile.TemporaryDirectory(prefix="governance-", dir=resources.spill)
    except OSError as error:
        raise SourceUnavailable(
            f"nothing can be written below {resources.spill} ({error.strerror}); set "
            "[governance] profiling_spill_dir to a directory that exists"
        ) from error
    with spill, closing(connect(Path(spill.name), memory=resources.memory)) as connection:
        yield connection


def connect(spill: Path, *, memory: int = Resources().memory) -> duckdb.DuckDBPyConnection:
    """Open a database in memory that loads nothing from the network.

    :param spill: a directory for what does not fit into memory.
    :param memory: bytes from which on it is written there.
    """
    import duckdb

    return duckdb.connect(
        config={
            "memory_limit": f"{memory}B",
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


class OutOfMemory(StatementFailed):
    """What a statement keeps in memory does not fit there, and it cannot use the disk instead."""


class DuckDBEngine:
    """The engine of ``profile_files``.

    :param references: the files of each reference's ``table``, or why there are none.
    :param memory: bytes that the keys of a column may take while they are compared.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        *,
        references: Mapping[str, Files | SourceError],
        memory: int = Resources().memory,
    ) -> None:
        self.dialect = DuckDB()
        self.statements = 0
        self._connection, self._references, self._memory = connection, references, memory
        self._opened: dict[str, Relation] = {}
        self._opening = threading.RLock()

    def twin(self) -> Self:
        """An engine that sees what this one does, through a connection of its own."""
        twin = copy(self)
        twin._become_second()  # noqa: SLF001 - it is one of our own class
        return twin

    def _become_second(self) -> None:
        self._connection, self.statements = self._connection.cursor(), 0

    def stop(self) -> None:
        """Give up the statement that runs; called from another thread."""
        self._connection.interrupt()

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
        try:
            return self._rows(query)
        except OutOfMemory:
            apart = quantiles.fetched_apart(query, self._rows)
            if apart is None:
                raise
            return apart

    def _rows(self, query: exp.Query) -> list[Row]:
        return list(self._run(query, "fetchall"))

    def write(self, query: exp.Select, path: Path) -> int:
        """Write the rows of a query to a Parquet file; how many there are.

        :raises StatementFailed: if it cannot be written, or its rows cannot be read.
        """
        import duckdb

        place = exp.Literal.string(str(path)).sql(dialect="duckdb")
        try:
            copied = self._connection.execute(
                f"COPY ({query.sql(dialect='duckdb')}) TO {place} (FORMAT parquet)"
            ).fetchall()
        except duckdb.Error as error:
            raise StatementFailed(in_words(error)) from None
        return int(copied[0][0])

    def reference(self, reference: Reference) -> Relation:
        files = self._references[reference.table]
        if isinstance(files, SourceError):
            raise Unmeasurable(f"the referenced data: {files}")
        try:
            with self._opening:
                return self._opened.get(files.shown) or self.open(files)
        except SourceInvalid as error:
            raise Unmeasurable(f"the referenced data: {error}") from None

    def repeated(
        self, relation: Relation, keys: Sequence[Column], where: exp.Expr, total: int
    ) -> int:
        if all(key.hashable for key in keys):
            suspects = self._suspects(relation, keys, where, total)
            if not suspects:
                return 0
            if len(suspects) <= repeats.FEW_SUSPECTS:
                where = repeats.among_suspects(keys, where, suspects)
        ((rows,),) = self.fetch(repeats.repeated_rows(relation, keys, where))
        return int(rows)

    def matched(self, child: exp.Expr, parent: Relation, other: Column) -> int | None:
        ((low, high),) = self.fetch(dense.ends(parent, other))
        if not dense.is_dense(low, high):
            return None
        ((count,),) = self.fetch(dense.matched(child, parent, other))
        return int(count)

    def _suspects(
        self, relation: Relation, keys: Sequence[Column], where: exp.Expr, total: int
    ) -> list[int]:
        """Hashes that occur more than once: all of them, or more than a few."""
        found: list[int] = []
        for part in repeats.parts(keys, where, rounds=repeats.rounds(total, memory=self._memory)):
            hashed = repeats.hashes(relation, keys, part)
            found += repeats.shared(self._run(hashed, "fetchnumpy")["h"])
            if len(found) > repeats.FEW_SUSPECTS:
                break
        return found

    def arrays(self, query: exp.Query) -> list[Any]:
        return list(self._run(query, "fetchnumpy").values())

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
        except duckdb.OutOfMemoryException:
            raise OutOfMemory(
                f"it needs more than the {self._memory // 1024**2} MB of memory that "
                "[governance] profiling_memory allows"
            ) from None
        except duckdb.Error as error:
            raise StatementFailed(reason(error)) from None


def column_of(name: str, physical: str) -> Column:
    """A column as DuckDB describes it."""
    family = duckdb_family(physical)
    return Column(name=name, physical=physical, family=family, hashable=family in _HASHABLE)
