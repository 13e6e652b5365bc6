"""One look at data, wherever it lies: files, objects, a DuckDB database, a database behind a
connection.

A look is ``work(engine, relation, name)``: everything that it asks is answered from one state of
the data, as far as the place can keep one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from airflow_gov_provider.exceptions import ArgumentInvalid
from airflow_gov_provider.profiling.engines import duck, duck_tables, postgres, sqlite
from airflow_gov_provider.profiling.engines.engine import Relation
from airflow_gov_provider.profiling.places import locations, objects
from airflow_gov_provider.profiling.places.digests import digest_of_files, unchanged
from airflow_gov_provider.profiling.places.locations import Files
from airflow_gov_provider.profiling.places.resources import Resources
from airflow_gov_provider.profiling.places.source import QuerySource, TableSource
from airflow_gov_provider.profiling.warehouses.known import ENGINES as WAREHOUSE_ENGINES

_DATABASES: Mapping[str, tuple[Any, Callable[[Any], AbstractContextManager[None]]]] = {
    "sqlite": (sqlite.SQLiteEngine, sqlite.snapshot),
    "postgres": (postgres.PostgresEngine, postgres.snapshot),
    **WAREHOUSE_ENGINES,
}
T = TypeVar("T")


@contextmanager
def opened_table(
    connection: Any, dialect: str, source: TableSource | QuerySource
) -> Iterator[tuple[Any, Relation]]:
    """A table, or the rows of one SELECT, in one snapshot that nothing can be changed in.

    :param connection: ``sqlite3``, ``psycopg2`` or ``psycopg``, outside of a transaction; or the
        DB-API connection of a warehouse.
    :param dialect: ``sqlite``, ``postgres``, or a name of ``warehouses.known``.
    :raises SourceInvalid: if there is no such table, or the query is not one SELECT.
    :raises SourceUnavailable: if the database cannot be reached.
    :raises ArgumentInvalid: for another dialect, or a connection inside a transaction.
    """
    if dialect not in _DATABASES:
        known = ", ".join(sorted(_DATABASES))
        raise ArgumentInvalid(f"expected one of {known}, found {dialect!r}")
    make_engine, snapshot = _DATABASES[dialect]
    schema = source.schema if isinstance(source, TableSource) else None
    with snapshot(connection):
        engine = make_engine(connection, schema=schema)
        yield engine, engine.open(source)


def in_table(
    connection: Any, dialect: str, source: TableSource | QuerySource, work: Callable[..., T]
) -> T:
    """What ``work`` finds in a table or query; see ``opened_table``."""
    with opened_table(connection, dialect, source) as (engine, relation):
        return work(engine, relation, str(source))


def in_files(files: Files, work: Callable[..., T], *, resources: Resources | None = None) -> T:
    """What ``work`` finds in Parquet or CSV files.

    :param resources: what it may use of the machine.
    :raises SourceInvalid: if they cannot be read as one table.
    """
    allowed = resources or Resources()
    with duck.opened(allowed) as connection:
        duck.restrict(connection, readable=files.paths)
        engine = duck.DuckDBEngine(connection, references={}, memory=allowed.memory)
        return work(engine, engine.open(files), files.shown)


def with_digest(
    path: str, work: Callable[..., T], *, resources: Resources | None = None
) -> tuple[T, dict[str, Any]]:
    """What ``work`` finds in files, and what they were: ``files`` and their ``sha256``.

    :param path: one file or a glob.
    :raises SourceInvalid: if there is no such file, or it cannot be read as a table.
    :raises SourceUnavailable: if the files change while they are read.
    """
    files = locations.find(path)
    with unchanged(files.paths):
        digest = digest_of_files(files.paths)
        found = in_files(files, work, resources=resources)
    return found, {"files": len(files.paths), "sha256": digest}


def in_duckdb(
    path: Path,
    source: TableSource | QuerySource,
    work: Callable[..., T],
    *,
    resources: Resources | None = None,
) -> T:
    """What ``work`` finds in a table or query of a DuckDB database file.

    :raises SourceInvalid: if there is no such file or table, or the query is not one SELECT.
    :raises SourceUnavailable: if another process writes the file just now.
    """
    with duck_tables.opened(path, resources=resources) as engine:
        return work(engine, engine.open_source(source), str(source))


def in_objects(
    address: str,
    work: Callable[..., T],
    *,
    store: objects.Store,
    resources: Resources | None = None,
) -> T:
    """What ``work`` finds in an object, or in all objects that a pattern matches.

    :raises SourceInvalid: if it is not in the store or not a table, or httpfs is not installed.
    :raises SourceUnavailable: if the store cannot be reached.
    """
    with objects.opened_objects(address, store=store, resources=resources) as (engine, relation):
        return work(engine, relation, address)
