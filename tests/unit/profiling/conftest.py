"""The same small tables as a Parquet file, a CSV file, in SQLite and in PostgreSQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from airflow_gov_provider.domain.quality.expectations import (
    CheckKind,
    Expectation,
    Measurement,
    Profile,
)
from airflow_gov_provider.profiling.places.files import profile_files
from airflow_gov_provider.profiling.places.source import TableSource
from airflow_gov_provider.profiling.places.sql import profile_table

Rows = Sequence[Sequence[Any]]
# A logical type: how DuckDB, SQLite and PostgreSQL declare it.
TYPES = {
    "integer": ("BIGINT", "INTEGER", "bigint"),
    "small": ("TINYINT", "TINYINT", "smallint"),
    "double": ("DOUBLE", "DOUBLE", "double precision"),
    "single": ("FLOAT", "FLOAT", "real"),
    "decimal": ("DECIMAL(12,4)", "NUMERIC", "numeric(12,4)"),
    "text": ("VARCHAR", "TEXT", "text"),
    "boolean": ("BOOLEAN", "BOOLEAN", "boolean"),
    "date": ("DATE", "DATE", "date"),
    "timestamp": ("TIMESTAMP", "TIMESTAMP", "timestamp"),
    "instant": ("TIMESTAMP WITH TIME ZONE", "TIMESTAMP", "timestamptz"),
}


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _declared(columns: Mapping[str, str], engine: int) -> str:
    return ", ".join(f"{quoted(name)} {TYPES[kind][engine]}" for name, kind in columns.items())


def _marks(columns: Mapping[str, str], mark: str) -> str:
    return ", ".join(mark for _ in columns)


@cache
def _duckdb() -> Any:
    """One for all tests, since opening one takes longer than a test does."""
    import duckdb

    return duckdb.connect()


@dataclass
class Files:
    directory: Path
    suffix: str

    def create(self, name: str, columns: Mapping[str, str], rows: Rows) -> None:
        with _duckdb().cursor() as connection:
            connection.execute(f"CREATE OR REPLACE TABLE t ({_declared(columns, 0)})")
            if rows:
                statement = f"INSERT INTO t VALUES ({_marks(columns, '?')})"  # noqa: S608
                connection.executemany(statement, [list(row) for row in rows])
            connection.execute(f"COPY t TO '{self.path(name)}' (FORMAT {self.suffix})")

    def path(self, name: str) -> str:
        return str(self.directory / f"{name}.{self.suffix}")

    def reference(self, name: str) -> str:
        return f"{name}.{self.suffix}"

    def profile(self, name: str, expectations: Sequence[Expectation]) -> Profile:
        return profile_files(self.path(name), expectations)


@dataclass
class Database:
    connection: Any
    dialect: str

    def create(self, name: str, columns: Mapping[str, str], rows: Rows) -> None:
        engine, mark = (1, "?") if self.dialect == "sqlite" else (2, "%s")
        cursor = self.connection.cursor()
        cursor.execute(f"CREATE TABLE {quoted(name)} ({_declared(columns, engine)})")
        if rows:
            marks = _marks(columns, mark)
            statement = f"INSERT INTO {quoted(name)} VALUES ({marks})"  # noqa: S608
            cursor.executemany(statement, [[*row] for row in rows])
        self.connection.commit()

    def reference(self, name: str) -> str:
        return name

    def profile(self, name: str, expectations: Sequence[Expectation]) -> Profile:
        return profile_table(self.connection, self.dialect, TableSource(table=name), expectations)


@pytest.fixture(scope="session")
def postgres_database(postgres_server: str) -> Iterator[str]:
    """A libpq URL of a database that the tests of this directory share."""
    import psycopg

    server = postgres_server.replace("postgresql+psycopg://", "postgresql://")
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute("DROP DATABASE IF EXISTS profiling WITH (FORCE)")
        admin.execute("CREATE DATABASE profiling")
        yield psycopg.conninfo.make_conninfo(server, dbname="profiling")
        admin.execute("DROP DATABASE IF EXISTS profiling WITH (FORCE)")


@pytest.fixture
def postgres(postgres_database: str) -> Iterator[Any]:
    """A connection to an empty schema."""
    import psycopg

    with psycopg.connect(postgres_database) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
        connection.commit()
        yield connection
        connection.rollback()


@pytest.fixture
def sqlite() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:")
    yield connection
    connection.close()


Source = Files | Database
ENGINES = ("parquet", "csv", "sqlite", "postgres")


@pytest.fixture(params=ENGINES)
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Source:
    """Each kind of source in turn."""
    return _source(request.param, request, tmp_path)


@pytest.fixture(params=[engine for engine in ENGINES if engine != "csv"])
def typed_source(request: pytest.FixtureRequest, tmp_path: Path) -> Source:
    """Each kind of source that keeps the type of a column apart from how its values look."""
    return _source(request.param, request, tmp_path)


@pytest.fixture(params=["parquet", "postgres"])
def nan_source(request: pytest.FixtureRequest, tmp_path: Path) -> Source:
    """The sources that can hold a NaN; SQLite stores NULL in its place."""
    return _source(request.param, request, tmp_path)


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Source:
    return _source(request.param, request, tmp_path)


def _source(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Source:
    if engine in ("parquet", "csv"):
        return Files(tmp_path, engine)
    return Database(request.getfixturevalue(engine), engine)


def one(kind: CheckKind, *columns: str, **fields: Any) -> Expectation:
    return Expectation(check_id="check", kind=kind, columns=columns, **fields)


Measure = Callable[..., Measurement]


@pytest.fixture
def expect() -> Callable[..., Expectation]:
    """A single expectation: ``expect(kind, *columns, **fields)``."""
    return one


@pytest.fixture
def measured(source: Source) -> Measure:
    """Measure one expectation on one table: ``measured(columns, rows, kind, *columns, ...)``."""
    return _measuring(source)


@pytest.fixture
def typed_measured(typed_source: Source) -> Measure:
    return _measuring(typed_source)


def _measuring(source: Source) -> Measure:
    def measure(columns: Mapping[str, str], rows: Rows, expectation: Expectation) -> Measurement:
        source.create("data", columns, rows)
        return source.profile("data", [expectation]).measurements["check"]

    return measure
