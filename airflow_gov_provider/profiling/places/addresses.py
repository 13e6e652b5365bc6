"""Data by one address, for commands: files, a database file, or a database URL."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from airflow_gov_provider.domain.quality.expectations import Expectation, Profile
from airflow_gov_provider.exceptions import ArgumentInvalid, SourceInvalid, SourceUnavailable
from airflow_gov_provider.profiling.engines import duck, duck_tables, postgres, sqlite
from airflow_gov_provider.profiling.engines.engine import Engine, Relation
from airflow_gov_provider.profiling.measure import measure
from airflow_gov_provider.profiling.places import locations
from airflow_gov_provider.profiling.places.digests import digest_of_files, unchanged
from airflow_gov_provider.profiling.places.files import references_of
from airflow_gov_provider.profiling.places.resources import Resources
from airflow_gov_provider.profiling.places.source import DUCKDB_SUFFIXES, QuerySource, TableSource

_DATABASE_FILES = {
    **dict.fromkeys(DUCKDB_SUFFIXES, "duckdb"),
    ".sqlite": "sqlite",
    ".sqlite3": "sqlite",
    ".db": "sqlite",
}
_SCHEMES = {
    "postgresql": "postgres",
    "postgres": "postgres",
    "sqlite": "sqlite",
    "duckdb": "duckdb",
}
_EXPECTED = (
    "a path or pattern of Parquet or CSV files, a .duckdb or .sqlite file, or a URL such as "
    "postgresql://user@host/database (the password from PGPASSWORD or ~/.pgpass)"
)
_CONNECT_SECONDS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where data lies.

    :param kind: ``files``, ``duckdb``, ``sqlite`` or ``postgres``.
    :param shown: what may be printed: it holds no password.
    """

    kind: str
    target: str
    shown: str
    source: TableSource | QuerySource | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """One table that is ready to be measured; all statements see one state of it."""

    where: Address
    engine: Engine
    relation: Relation

    def profile(self, expectations: Sequence[Expectation]) -> Profile:
        """:raises SourceError: if the rows cannot be read, or a file changes meanwhile."""
        with unchanged(self._paths()):
            return measure(self.engine, self.relation, expectations, source=self.where.shown)

    def described(self) -> dict[str, Any]:
        """What was read, in the words of a gate's evidence."""
        if self.where.kind == "files":
            paths = self._paths()
            return {
                "kind": "files",
                "path": self.where.target,
                "files": len(paths),
                "sha256": digest_of_files(paths),
            }
        source = self.where.source
        return {
            "kind": "database",
            "address": self.where.shown,
            "table": str(source) if isinstance(source, TableSource) else None,
            "query": source.sql if isinstance(source, QuerySource) else None,
        }

    def _paths(self) -> Sequence[Path]:
        return locations.find(self.where.target).paths if self.where.kind == "files" else ()

    def progress(self) -> float | None:
        """How much of the statement that runs is done, from 0 to 1; None if nobody knows."""
        ask = getattr(self.engine, "progress", None)
        return None if ask is None else ask()


def address(data: str, *, table: str | None = None, query: str | None = None) -> Address:
    """What the words of a command mean.

    :raises ArgumentInvalid: if they mean nothing, with what is expected.
    """
    kind, target, shown = _taken_apart(data)
    if kind == "files":
        if table or query:
            raise ArgumentInvalid(f"{shown}: files are one table; leave --table and --query out")
        return Address(kind=kind, target=target, shown=shown)
    if bool(table) is bool(query):
        raise ArgumentInvalid(f"{shown}: a database needs either --table or --query")
    if table:
        schema, _, name = table.rpartition(".")
        source: TableSource | QuerySource = TableSource(schema=schema or None, table=name)
        shown = f"{shown} ({table})"
    else:
        source = QuerySource(sql=str(query))
    return Address(kind=kind, target=target, shown=shown, source=source)


@contextmanager
def opened(
    where: Address,
    expectations: Sequence[Expectation] = (),
    *,
    resources: Resources | None = None,
) -> Iterator[Opened]:
    """Open data for reading only.

    :param expectations: those with a reference name the other files that will be read.
    :param resources: what reading files may use of the machine.
    :raises SourceInvalid: if there is no such file, table or database file.
    :raises SourceUnavailable: if the database cannot be reached.
    """
    openers = {"files": _files, "duckdb": _duckdb, "sqlite": _sqlite, "postgres": _postgres}
    with openers[where.kind](where, expectations, resources or Resources()) as (engine, relation):
        yield Opened(where=where, engine=engine, relation=relation)


Open = Iterator[tuple[Any, Relation]]


@contextmanager
def _files(where: Address, expectations: Sequence[Expectation], resources: Resources) -> Open:
    files = locations.find(where.target)
    references = references_of(expectations, directory=files.paths[0].parent)
    found = [each for each in (files, *references.values()) if isinstance(each, locations.Files)]
    with duck.opened(resources) as connection:
        duck.tell_progress(connection)
        duck.restrict(connection, readable=[path for each in found for path in each.paths])
        engine = duck.DuckDBEngine(connection, references=references, memory=resources.memory)
        yield engine, engine.open(files)


@contextmanager
def _duckdb(where: Address, expectations: Sequence[Expectation], resources: Resources) -> Open:
    del expectations  # their references are tables of the same file
    path = Path(where.target)
    with duck_tables.opened(path, resources=resources, progress=True) as engine:
        yield engine, engine.open_source(_source(where))


@contextmanager
def _sqlite(where: Address, expectations: Sequence[Expectation], resources: Resources) -> Open:
    del expectations, resources  # a server has its own bounds
    _require_file(where)
    path = Path(where.target).resolve()
    with (
        closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection,
        sqlite.snapshot(connection),
    ):
        engine = sqlite.SQLiteEngine(connection, schema=_schema(where))
        yield engine, engine.open(_source(where))


@contextmanager
def _postgres(where: Address, expectations: Sequence[Expectation], resources: Resources) -> Open:
    del expectations, resources  # a server has its own bounds
    import psycopg

    try:
        connection = psycopg.connect(where.target, connect_timeout=_CONNECT_SECONDS)
    except (psycopg.Error, UnicodeError) as error:
        raise SourceUnavailable(
            f"{where.shown} cannot be reached ({type(error).__name__}); check that it runs and "
            "that host, port, database and login are right"
        ) from None
    with closing(connection), postgres.snapshot(connection):
        engine = postgres.PostgresEngine(connection, schema=_schema(where))
        yield engine, engine.open(_source(where))


def _taken_apart(data: str) -> tuple[str, str, str]:
    """Kind, target and what may be shown."""
    if not data.strip():
        raise ArgumentInvalid(f"expected {_EXPECTED}; found nothing")
    scheme, separator, rest = data.partition("://")
    if not separator:
        kind = _DATABASE_FILES.get(Path(data).suffix.lower(), "files")
        return kind, data, data
    family, _, _ = scheme.lower().partition("+")
    kind = _SCHEMES.get(family, "")
    if not kind:
        raise ArgumentInvalid(f"expected {_EXPECTED}; found a URL of {scheme!r}")
    if kind != "postgres":
        path = unquote(rest.removeprefix("/"))
        return kind, path, path
    return kind, f"postgresql://{rest}", _without_login(rest)


def _without_login(rest: str) -> str:
    """Host and database: names and passwords stand before them and in the query string."""
    parts = urlsplit(f"postgresql://{rest}")
    host = parts.netloc.rpartition("@")[2]
    return f"postgresql://{host}{parts.path}"


def _require_file(where: Address) -> None:
    if not Path(where.target).is_file():
        raise SourceInvalid(f"{where.target}: there is no such database file")


def _source(where: Address) -> TableSource | QuerySource:
    if where.source is None:
        raise ArgumentInvalid(f"{where.shown}: a database needs either --table or --query")
    return where.source


def _schema(where: Address) -> str | None:
    return where.source.schema if isinstance(where.source, TableSource) else None
