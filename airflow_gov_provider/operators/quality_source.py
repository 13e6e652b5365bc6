"""Where a gate's data comes from: files through DuckDB, or a database through its hook."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from airflow_gov_provider import config
from airflow_gov_provider.domain.quality.expectations import Expectation, Profile
from airflow_gov_provider.domain.quality.quarantine import Kept, Quarantine, Stamp
from airflow_gov_provider.exceptions import ArgumentInvalid, SourceInvalid, SourceUnavailable
from airflow_gov_provider.operators.duckdb_source import DuckDBFile
from airflow_gov_provider.operators.object_source import Objects
from airflow_gov_provider.operators.warehouse_connections import hook_of, warehouse_of
from airflow_gov_provider.profiling.places.source import has_tables, source_of

if TYPE_CHECKING:
    from airflow.providers.common.sql.hooks.sql import DbApiHook

    from airflow_gov_provider.profiling.places.resources import Resources
    from airflow_gov_provider.profiling.places.source import QuerySource, TableSource

T = TypeVar("T")

_DIALECTS = {"sqlite": "sqlite", "postgresql": "postgres", "postgres": "postgres"}


class DataSource(Protocol):
    """Something that can be profiled once, and then described in evidence."""

    def profile(self, expectations: Sequence[Expectation]) -> Profile: ...

    def look(self, work: Callable[..., T]) -> T:
        """What ``work(engine, relation, name)`` finds; the rows stay where they are.

        :raises SourceError: if the data cannot be read.
        """
        ...

    def put_aside(
        self,
        expectations: Sequence[Expectation],
        profile: Profile,
        *,
        spec: Quarantine,
        stamp: Stamp,
    ) -> Kept:
        """Write the rows that fail a check to the quarantine.

        :raises GovernanceError: if that cannot be done.
        """

    def described(self) -> dict[str, Any]: ...


def data_source(
    *,
    source: str | None,
    conn_id: str | None,
    table: str | None,
    query: str | None,
    named: str = "source",
) -> DataSource:
    """The source that the rendered arguments name.

    :param named: what an author calls ``source``.
    :raises ArgumentInvalid: if a template has left one of them empty, or files are expected to have
        several tables.
    """
    arguments = {named: source, "table": table, "query": query}
    for name, value in arguments.items():
        if value is not None and not str(value).strip():
            raise ArgumentInvalid(f"{name} is empty after its template was rendered")
    if source is None:
        return Database(conn_id=str(conn_id), table=table, query=query)
    problem = tables_problem(source, table, query)
    if problem:
        raise ArgumentInvalid(f"{named}={source!r}: {problem}")
    if has_tables(source):
        return DuckDBFile(path=source, table=table, query=query, resources=resources())
    if "://" in source:
        return Objects(address=source, resources=resources())
    return Files(path=source)


def tables_problem(source: str, table: str | None, query: str | None) -> str | None:
    """What is wrong with naming this part of a path or an address."""
    if has_tables(source) and (table is None) == (query is None):
        return (
            "a database file holds many tables, so it is expected with either table= or query=; "
            "add table='the_table'"
        )
    if not has_tables(source) and not (table is None and query is None):
        return "table= and query= belong to conn_id= or to a .duckdb file"
    return None


def problem_as_written(source: Any, table: str | None, query: str | None) -> str | None:
    """As ``tables_problem`` when a Dag is parsed: a template or a task may still give the path."""
    path = fspath(source) if isinstance(source, (str, PathLike)) else "{{"
    return None if "{{" in path or "{%" in path else tables_problem(path, table, query)


@dataclass(slots=True, kw_only=True)
class Files:
    """Parquet or CSV files, by path or glob.

    :param sha256: what identifies the bytes that were read, known once they were profiled.
    """

    path: str
    files: int | None = None
    sha256: str | None = None

    def profile(self, expectations: Sequence[Expectation]) -> Profile:
        """Measure the files, and take their digest.

        :raises SourceInvalid: if there is no such file or it cannot be read as a table.
        :raises SourceUnavailable: if a file changed while it was read.
        """
        from airflow_gov_provider.profiling.places import locations
        from airflow_gov_provider.profiling.places.digests import digest_of_files, unchanged
        from airflow_gov_provider.profiling.places.files import profile_files

        paths = locations.find(self.path).paths
        with unchanged(paths):
            profile = profile_files(self.path, expectations, resources=resources())
            self.files, self.sha256 = len(paths), digest_of_files(paths)
        return profile

    def look(self, work: Callable[..., T]) -> T:
        """As ``profile``, for a look of any other kind."""
        from airflow_gov_provider.profiling.places.look import with_digest

        found, read = with_digest(self.path, work, resources=resources())
        self.files, self.sha256 = read["files"], read["sha256"]
        return found

    def put_aside(
        self,
        expectations: Sequence[Expectation],
        profile: Profile,
        *,
        spec: Quarantine,
        stamp: Stamp,
    ) -> Kept:
        from airflow_gov_provider.profiling.quarantine.files import quarantine_files

        return quarantine_files(
            self.path, expectations, profile, spec=spec, stamp=stamp, resources=resources()
        )

    def described(self) -> dict[str, Any]:
        return {"kind": "files", "path": self.path, "files": self.files, "sha256": self.sha256}


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """A table or a query behind an Airflow connection."""

    conn_id: str
    table: str | None
    query: str | None

    def profile(self, expectations: Sequence[Expectation]) -> Profile:
        """Measure the table.

        :raises ArgumentInvalid: if the connection is missing or no supported database.
        :raises SourceInvalid: if the table is missing or the query is no single SELECT.
        :raises SourceUnavailable: if the database cannot be reached.
        """
        from airflow_gov_provider.profiling.places.sql import profile_table

        with opened(self.conn_id) as (connection, dialect):
            return profile_table(
                connection, dialect, self._source(), expectations, another=self._another()
            )

    def look(self, work: Callable[..., T]) -> T:
        """As ``profile``, for a look of any other kind."""
        from airflow_gov_provider.profiling.places.look import in_table

        with opened(self.conn_id) as (connection, dialect):
            return in_table(connection, dialect, self._source(), work)

    def _another(self) -> Callable[[], Any] | None:
        """Opens one more connection, if the gate may have two."""
        if config.profiling_connections() < 2:  # noqa: PLR2004 - as many as there are lanes
            return None
        return lambda: _hook(self.conn_id).get_conn()

    def put_aside(
        self,
        expectations: Sequence[Expectation],
        profile: Profile,
        *,
        spec: Quarantine,
        stamp: Stamp,
    ) -> Kept:
        """Over a connection of its own, since the one that measures may change nothing."""
        from airflow_gov_provider.profiling.quarantine.tables import quarantine_table
        from airflow_gov_provider.profiling.quarantine.warehouses import quarantine_in_warehouse
        from airflow_gov_provider.profiling.warehouses.known import WAREHOUSES

        source = self._source()
        with opened(self.conn_id) as (connection, dialect):
            where: Any = WAREHOUSES.get(dialect, dialect)
            write = quarantine_in_warehouse if dialect in WAREHOUSES else quarantine_table
            return write(connection, where, source, expectations, profile, spec=spec, stamp=stamp)

    def _source(self) -> TableSource | QuerySource:
        return source_of(table=self.table, query=self.query)

    def described(self) -> dict[str, Any]:
        return {
            "kind": "database",
            "conn_id": self.conn_id,
            "table": self.table,
            "query": self.query,
        }


def resources() -> Resources:
    """What the settings let a look at files take.

    :raises ArgumentInvalid: if ``[governance] profiling_memory`` is no size.
    """
    from airflow_gov_provider.profiling.places.resources import Resources, size

    return Resources(memory=size(config.profiling_memory()), spill=config.profiling_spill_dir())


@contextmanager
def opened(conn_id: str) -> Iterator[tuple[Any, str]]:
    """An open connection, and the dialect that the profiler knows it by.

    :raises ArgumentInvalid: if the connection is missing or no supported database.
    :raises SourceInvalid: if it is a SQLite file that is not there.
    :raises SourceUnavailable: if the database cannot be reached.
    """
    hook = _hook(conn_id)
    dialect = _dialect(hook, conn_id)
    with _connection(hook, conn_id) as connection:
        _limit(connection, dialect)
        yield connection, dialect


def _limit(connection: Any, dialect: str) -> None:
    """A statement that is forgotten goes on, and costs, after its task is gone."""
    from airflow_gov_provider.profiling.warehouses.engine import limit_statements
    from airflow_gov_provider.profiling.warehouses.known import WAREHOUSES

    if dialect in WAREHOUSES:
        limit_statements(connection, WAREHOUSES[dialect], seconds=config.statement_timeout())


def _hook(conn_id: str) -> DbApiHook:
    """The connection's own hook.

    :raises ArgumentInvalid: if there is no such connection, or it speaks no SQL.
    """
    from airflow.providers.common.sql.hooks.sql import DbApiHook
    from airflow.sdk import BaseHook
    from airflow.sdk.exceptions import AirflowException, AirflowNotFoundException

    try:
        connection = BaseHook.get_connection(conn_id)
        hook = hook_of(connection)
    except AirflowNotFoundException:
        raise ArgumentInvalid(
            f"conn_id={conn_id!r}: Airflow has no such connection; create it or correct the name"
        ) from None
    except AirflowException as error:
        raise ArgumentInvalid(f"conn_id={conn_id!r}: {error}") from None
    if not isinstance(hook, DbApiHook):
        raise ArgumentInvalid(
            f"conn_id={conn_id!r}: expected a SQL database, found a {type(hook).__name__}"
        )
    return hook


def _dialect(hook: DbApiHook, conn_id: str) -> str:
    from airflow.sdk import BaseHook

    if warehouse := warehouse_of(BaseHook.get_connection(conn_id)):
        return warehouse
    name = str(hook.dialect_name)
    if name not in _DIALECTS:
        raise ArgumentInvalid(
            f"conn_id={conn_id!r}: expected PostgreSQL, SQLite, Snowflake, BigQuery, Databricks, "
            f"Spark or Trino, found {name!r}; for a connection of a general type, name the "
            'dialect in its extra, as in {"dialect": "spark"}'
        )
    return _DIALECTS[name]


@contextmanager
def _connection(hook: DbApiHook, conn_id: str) -> Iterator[Any]:
    """An open connection; what went wrong is told without its address or password.

    :raises SourceUnavailable: if it cannot be opened.
    """
    _require_sqlite_file(hook, conn_id)
    try:
        connection = hook.get_conn()
    except Exception as error:  # noqa: BLE001 - every driver has its own
        raise SourceUnavailable(
            f"conn_id={conn_id!r}: the database cannot be reached ({type(error).__name__}); "
            "check that it runs and that the connection's host, port and login are right"
        ) from None
    with closing(connection):
        yield connection


def _require_sqlite_file(hook: DbApiHook, conn_id: str) -> None:
    """SQLite would create a missing file, and a gate must not write."""
    if str(hook.dialect_name) != "sqlite":
        return
    from airflow.sdk import BaseHook

    connection = BaseHook.get_connection(conn_id)
    host = connection.host
    if not host and connection.schema:
        raise ArgumentInvalid(
            f"conn_id={conn_id!r}: expected the path of the SQLite file as the connection's host, "
            "found it as its schema; percent-encode its slashes in a URI "
            "(sqlite://%2Fdata%2Fx.db), or write the connection as JSON: "
            '{"conn_type": "sqlite", "host": "/data/x.db"}'
        )
    if host and ":memory:" not in host and not Path(host).exists():
        raise SourceInvalid(f"conn_id={conn_id!r}: there is no SQLite file {Path(host).name!r}")
