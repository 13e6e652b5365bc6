"""A real Spark answers as DuckDB does. Needs pyspark and Java: ``pip install pyspark``."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from fakes.warehouse_tables import (
    CODES,
    EXPECTATIONS,
    ROW_CHECKS,
    ROWS,
    answers,
    check,
    fill,
    natively,
    stamp,
)
from hypothesis import HealthCheck, given, settings

from airflow_gov_provider.domain.contracts import load
from airflow_gov_provider.domain.quality.expectations import CheckKind
from airflow_gov_provider.domain.quality.quarantine import Kept, Quarantine
from airflow_gov_provider.exceptions import SourceInvalid
from airflow_gov_provider.profiling.places.source import QuerySource, TableSource
from airflow_gov_provider.profiling.places.sql import profile_table
from airflow_gov_provider.profiling.quarantine.files import quarantine_files
from airflow_gov_provider.profiling.quarantine.warehouses import quarantine_in_warehouse
from airflow_gov_provider.profiling.warehouses.functions import DOCUMENTED
from airflow_gov_provider.profiling.warehouses.known import WAREHOUSES

pyspark = pytest.importorskip("pyspark", reason="pyspark is not installed")
if shutil.which("java") is None:
    pytest.skip("Spark needs Java", allow_module_level=True)

# Grammar, and so not among the functions that Spark lists.
GRAMMAR = {"TRY_CAST", "TIMESTAMPDIFF"}
NAIVE = datetime(2020, 2, 29, 23, 59, 59, 999999)  # noqa: DTZ001
HARD: Sequence[Sequence[Any]] = (
    (
        2**63 - 1,
        "A",
        0.1,
        Decimal("0.1"),
        date(2020, 2, 29),
        NAIVE,
        NAIVE.replace(tzinfo=UTC),
        True,
    ),
    (-(2**63), "é", -0.0, Decimal("-0.1"), date(1900, 1, 1), NAIVE, None, False),
    (0, "É\n", 0.0, Decimal("1.25"), None, None, NAIVE.replace(year=1952, tzinfo=UTC), None),
    (0, "😀", float("nan"), None, date(2100, 1, 1), NAIVE.replace(year=1952), None, None),
    (None, "", None, None, None, None, None, None),
)


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    from pyspark.sql import SparkSession

    settings = {
        "spark.ui.enabled": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.shuffle.partitions": "1",
        "spark.sql.session.timeZone": "America/New_York",
        "spark.sql.warehouse.dir": str(tmp_path_factory.mktemp("warehouse")),
    }
    builder = SparkSession.builder.master("local[1]")
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    yield session
    session.stop()


@pytest.fixture(scope="module")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("CREATE TABLE c AS SELECT unnest(?) AS code", [list(CODES)])
        yield connection


class Connection:
    """A session of Spark as DB-API."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self._rows: list[Any] = []
        self.description: list[Any] = []

    def cursor(self) -> Connection:
        return self

    def execute(self, sql: str) -> None:
        found = self._session.sql(sql)
        self._rows = [tuple(row) for row in found.collect()]
        self.description = [(name, kind) for name, kind in found.dtypes]

    def fetchall(self) -> list[Any]:
        return self._rows

    def close(self) -> None:
        pass


def in_spark(session: Any, directory: Path) -> Connection:
    for name, file in (("data", "data.parquet"), ("c", "c")):
        session.read.parquet(str(directory / file)).createOrReplaceTempView(name)
    return Connection(session)


@pytest.mark.parametrize("dialect", ["spark", "databricks"])
def test_the_hard_values_of_each_type_have_the_same_answers(
    dialect: str, spark: Any, database: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    fill(database, HARD)
    expected = answers(natively(database, tmp_path))

    connection = in_spark(spark, tmp_path)
    found = profile_table(connection, dialect, TableSource(table="data"), EXPECTATIONS)

    assert answers(found) == expected


@settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=ROWS)
def test_any_rows_have_the_same_answers(
    rows: list[Any],
    spark: Any,
    database: duckdb.DuckDBPyConnection,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    directory = tmp_path_factory.mktemp("rows")  # Spark remembers files by their names
    fill(database, rows)
    expected = answers(natively(database, directory))

    connection = in_spark(spark, directory)
    found = profile_table(connection, "spark", TableSource(table="data"), EXPECTATIONS)

    assert answers(found) == expected


def put_aside(connection: Connection, try_number: int = 1) -> Kept:
    expectations = load(ROW_CHECKS).expectations
    source = TableSource(table="data")
    profile = profile_table(connection, "spark", source, expectations)
    return quarantine_in_warehouse(
        connection,
        WAREHOUSES["spark"],
        source,
        expectations,
        profile,
        spec=Quarantine(to="rejected"),
        stamp=stamp(try_number=try_number),
    )


def shown(rows: Sequence[Any]) -> list[str]:
    return sorted(repr(tuple(row)) for row in rows)


def test_the_rows_that_fail_are_put_aside_once_however_often_it_is_tried(
    spark: Any, database: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    fill(database, HARD[1:])
    expectations = load(ROW_CHECKS).expectations
    profile = natively(database, tmp_path, expectations)
    expected = quarantine_files(
        str(tmp_path / "data.parquet"),
        expectations,
        profile,
        spec=Quarantine(to=str(tmp_path / "aside")),
        stamp=stamp(),
    )
    connection = in_spark(spark, tmp_path)

    put_aside(connection)
    found = put_aside(connection, try_number=2)

    assert (found.rows, found.groups, found.shapes) == (
        expected.rows,
        expected.groups,
        expected.shapes,
    )
    query = "SELECT n, t, m, governance_checks FROM {} ORDER BY ALL"
    there = database.sql(query.format(f"read_parquet('{expected.place}')")).fetchall()
    assert shown(spark.sql(query.format("rejected")).collect()) == shown(there)
    tries = spark.sql("SELECT DISTINCT governance_try_number, governance_dag_id FROM rejected")
    assert shown(tries.collect()) == ['(2, "d\'")']
    database.execute("DELETE FROM data")
    natively(database, tmp_path)
    spark.catalog.refreshTable("data")
    assert put_aside(in_spark(spark, tmp_path), try_number=3).rows == 0
    assert spark.sql("SELECT * FROM rejected").collect() == []


def test_what_spark_refuses_is_told_by_its_names_only(spark: Any) -> None:
    connection = Connection(spark)

    with pytest.raises(SourceInvalid, match="TABLE_OR_VIEW_NOT_FOUND"):
        profile_table(connection, "spark", TableSource(table="gone"), [])
    query = QuerySource(sql="SELECT CAST('hunter2' AS INT) AS a")
    found = profile_table(connection, "spark", query, [check("a", CheckKind.UNIQUE, "a")])
    assert found.measurements["a"].error
    assert "hunter2" not in str(found.measurements["a"].error)


def test_the_functions_that_are_sent_are_functions_of_spark(spark: Any) -> None:
    known = {row[0].upper() for row in spark.sql("SHOW FUNCTIONS").collect()}

    assert DOCUMENTED["spark"] - known <= GRAMMAR
