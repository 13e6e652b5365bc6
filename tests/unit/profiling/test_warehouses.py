"""Snowflake, BigQuery, Databricks, Spark and Trino answer as DuckDB does natively.

Their SQL is executed by DuckDB after it was parsed in their own dialect.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from fakes.warehouse_tables import (
    CODES,
    EVERYTHING,
    EXPECTATIONS,
    NUMBERED,
    ROWS,
    answers,
    check,
    fill,
    limits,
    natively,
)
from fakes.warehouses import Warehouse
from hypothesis import HealthCheck, given, settings

from airflow_gov_provider.domain.contracts import load
from airflow_gov_provider.domain.quality.expectations import (
    Bounds,
    CheckKind,
    Expectation,
    Profile,
    Reference,
)
from airflow_gov_provider.domain.quality.occasions import Occasion, settled
from airflow_gov_provider.exceptions import SourceInvalid, SourceUnavailable
from airflow_gov_provider.profiling.places.source import QuerySource, TableSource
from airflow_gov_provider.profiling.places.sql import profile_table
from airflow_gov_provider.profiling.warehouses.known import WAREHOUSES


@pytest.fixture(scope="module")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("CREATE TABLE c AS SELECT unnest(?) AS code", [list(CODES)])
        yield connection


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=ROWS)
def test_every_warehouse_agrees_with_duckdb_on_every_check(
    rows: list[Any], database: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    fill(database, rows)
    expected = answers(natively(database, tmp_path))

    for dialect in WAREHOUSES:
        warehouse = Warehouse(database, dialect)
        found = profile_table(warehouse, dialect, TableSource(table="data"), EXPECTATIONS)
        assert answers(found) == expected, dialect


@pytest.fixture(params=list(WAREHOUSES))
def warehouse(request: pytest.FixtureRequest, database: duckdb.DuckDBPyConnection) -> Warehouse:
    fill(database, [EVERYTHING, (2, "b", *EVERYTHING[2:])])
    return Warehouse(database, request.param)


def measured(warehouse: Warehouse, *expectations: Expectation, source: Any = None) -> Profile:
    where = source or TableSource(table="data")
    return profile_table(warehouse, warehouse.dialect, where, expectations)


def test_a_query_is_checked_as_a_table_is(warehouse: Warehouse) -> None:
    source = QuerySource(sql="SELECT n, t FROM data WHERE n > 1")

    found = measured(warehouse, check("one", CheckKind.UNIQUE, "n"), source=source)

    assert (list(found.columns), found.rows) == (["n", "t"], 1)
    assert found.measurements["one"].failing == 0


def test_all_statements_see_the_moment_at_which_the_table_was_opened(warehouse: Warehouse) -> None:
    known = check(
        "x", CheckKind.FOREIGN_KEY, "t", reference=Reference(table="c", columns=("code",))
    )

    measured(warehouse, known)

    reading = [sql for sql in warehouse.sent if " FROM " in sql]
    if WAREHOUSES[warehouse.dialect].keeps_the_past:
        moments = {sql.partition(" AS OF ")[2] or sql.partition(" AT ")[2] for sql in reading}
        assert len(reading) == 4
        assert "" not in moments
    else:
        assert not [sql for sql in reading if " AS OF " in sql]


def test_a_table_without_a_past_is_read_as_it_is(warehouse: Warehouse) -> None:
    warehouse.remembers = False

    found = measured(warehouse, check("one", CheckKind.UNIQUE, "n"))

    assert found.rows == 2
    assert found.measurements["one"].failing == 0


def test_only_settings_of_the_session_and_selects_are_sent(warehouse: Warehouse) -> None:
    measured(warehouse, *EXPECTATIONS)

    allowed = ("SELECT ", "DESCRIBE QUERY SELECT ", "SET ", "ALTER SESSION SET ")
    assert all(sql.startswith(allowed) for sql in warehouse.sent)


def test_a_contract_may_write_names_as_people_do(database: duckdb.DuckDBPyConnection) -> None:
    database.execute('CREATE OR REPLACE TABLE data AS SELECT 1 AS "AGE", 2 AS "Mixed"')
    snowflake, trino = Warehouse(database, "snowflake"), Warehouse(database, "trino")
    young = check("young", CheckKind.RANGE, "age", bounds=Bounds(at_most=0))

    assert measured(snowflake, young).measurements["young"].failing == 1
    assert list(measured(snowflake, young).columns) == ["age", "Mixed"]
    mixed = check("m", CheckKind.NOT_NULL, "mixed")
    assert "no column 'mixed'" in str(measured(snowflake, mixed).measurements["m"].error)
    assert measured(trino, mixed).measurements["m"].failing == 0


def test_a_table_that_is_not_there_is_named(warehouse: Warehouse) -> None:
    with pytest.raises(SourceInvalid, match=r"there is no table x\.y\.gone that can be read"):
        measured(warehouse, source=TableSource(schema="x.y", table="gone"))


def test_a_query_that_changes_something_is_not_sent(warehouse: Warehouse) -> None:
    with pytest.raises(SourceInvalid, match="one SELECT"):
        measured(warehouse, source=QuerySource(sql="DELETE FROM data"))

    assert not [sql for sql in warehouse.sent if "DELETE" in sql]


def test_a_pattern_that_could_mean_something_else_is_not_asked(warehouse: Warehouse) -> None:
    found = measured(warehouse, check("odd", CheckKind.REGEX, "t", pattern=r"\pL[[:^alpha:]]"))

    error = found.measurements["odd"].error
    if warehouse.dialect == "bigquery":  # has RE2 itself
        assert error is None
    else:
        assert "may read otherwise than the engines that know RE2" in str(error)


def test_a_type_that_no_value_compares_with_is_left_alone(
    database: duckdb.DuckDBPyConnection,
) -> None:
    database.execute("CREATE OR REPLACE TABLE data AS SELECT MAP {'a': 1} AS n")

    for dialect in WAREHOUSES:
        found = measured(
            Warehouse(database, dialect), limits("range", "n", at_least=1)
        ).measurements["range"]
        assert "another type" in str(found.error), dialect


class Failing:
    """A connection whose statements fail."""

    def __init__(self, error: Exception, *, dialect: str) -> None:
        self.error, self.dialect = error, dialect

    def cursor(self) -> Failing:
        return self

    def execute(self, sql: str) -> None:
        del sql
        raise self.error

    def close(self) -> None:
        pass


class OperationalError(Exception):
    """As DB-API drivers call a database that went away."""


class DatabaseError(Exception):
    """As DB-API drivers call a statement that fails."""


def test_no_error_quotes_a_value_or_an_address() -> None:
    for error, expected in (
        (OperationalError("cannot reach acme.snowflakecomputing.com as bob"), SourceUnavailable),
        (DatabaseError("Bad double value: hunter2"), SourceInvalid),
        (DatabaseError("statement timed out after 5s on node-3.hunter2"), SourceUnavailable),
    ):
        with pytest.raises(expected) as caught:
            measured(Failing(error, dialect="bigquery"), source=TableSource(table="t"))  # type: ignore[arg-type]
        assert "hunter2" not in str(caught.value)
        assert "acme" not in str(caught.value)


def test_an_unknown_name_is_told_without_what_stands_in_quotes() -> None:
    error = DatabaseError("TrinoUserError(type=USER_ERROR, name=TABLE_NOT_FOUND, message='a.b')")

    with pytest.raises(SourceInvalid, match=r"TABLE_NOT_FOUND, message='\.\.\.'"):
        measured(Failing(error, dialect="trino"), source=TableSource(table="t"))  # type: ignore[arg-type]


VOCABULARY = r"""
contract: orders
version: "1"
columns:
  n: {type: integer, primary_key: true, duplicate_count: 0, distinct_count: {at_least: 1},
      entropy: 0, most_common: 1, ge: 0}
  t: {missing: ["", "n/a"], not_empty: true, null_percent: 5, ne: ab, not_regex: 'b.*',
      like: "a_%", starts_with: a, ends_with: b, contains: "7", outside: {at_least: a, at_most: b},
      format: luhn}
  d: {variance: {at_most: 100}, median: {at_least: 0}, gt: -5, outliers: {method: iqr, factor: 1}}
  m: {le_column: n, eq: 0.1}
  moment: {not_in_future: true, older_than: 1d, gaps: 1d}
  day: {newer_than: 90d}
checks:
  - any_complete: [n, t]
  - rows_complete: [n, t]
  - sum_equals: {columns: [n, d], total: m}
  - correlation: {columns: [n, d], at_least: 0.3}
  - mutual_information: {columns: [n, t], at_most: 0.1}
  - not_null: d
    segment_by: t
  - sql_value: {query: "SELECT count(*) FROM {table}", at_least: 1}
  - failed_rows: SELECT * FROM {table} WHERE n < 0
"""
NOON = datetime(2020, 3, 2, 12, tzinfo=UTC)
RUN = Occasion(now=NOON, logical=NOON, start=NOON - timedelta(days=5), end=NOON)


@settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=NUMBERED)
def test_the_whole_vocabulary_has_the_same_answers(
    rows: list[Any], database: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    fill(database, rows)
    contract = settled(load(VOCABULARY), RUN)
    expected = answers(natively(database, tmp_path, contract.expectations))

    for dialect in WAREHOUSES:
        warehouse = Warehouse(database, dialect)
        found = profile_table(warehouse, dialect, TableSource(table="data"), contract.expectations)
        assert answers(found) == expected, dialect
