"""Snowflake, BigQuery, Databricks, Spark and Trino answer as DuckDB does natively.

Their SQL is executed by DuckDB after it was parsed in their own dialect.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from fakes.warehouses import Warehouse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from airflow_gov_provider.domain.expectations import (
    Bounds,
    CheckKind,
    Expectation,
    Profile,
    Reference,
    Statistic,
)
from airflow_gov_provider.exceptions import SourceInvalid, SourceUnavailable
from airflow_gov_provider.profiling.files import profile_files
from airflow_gov_provider.profiling.source import QuerySource, TableSource
from airflow_gov_provider.profiling.sql import profile_table
from airflow_gov_provider.profiling.warehouses.known import WAREHOUSES

COLUMNS = {
    "n": "BIGINT",
    "t": "VARCHAR",
    "d": "DOUBLE",
    "m": "DECIMAL(12,4)",
    "day": "DATE",
    "moment": "TIMESTAMP",
    "zoned": "TIMESTAMP WITH TIME ZONE",
    "yes": "BOOLEAN",
}
EVERYTHING = (1, "a", 1.0, Decimal(1), date(2020, 1, 1), datetime(2020, 1, 1), None, True)  # noqa: DTZ001
CODES = ("a", "é", "ab")


def check(name: str, kind: CheckKind, *columns: str, **fields: Any) -> Expectation:
    return Expectation(check_id=name, kind=kind, columns=columns, **fields)


def limits(name: str, column: str, **bounds: Any) -> Expectation:
    return check(name, CheckKind.RANGE, column, bounds=Bounds(**bounds))


def statistics(column: str, *which: Statistic, where: str | None = None) -> list[Expectation]:
    return [
        check(
            f"{each} {column} {where}",
            CheckKind.STATISTIC,
            column,
            statistic=each,
            quantile=0.3 if each is Statistic.QUANTILE else None,
            where=where,
        )
        for each in which
    ]


EXPECTATIONS = [
    check("not null", CheckKind.NOT_NULL, "t"),
    check("not null where", CheckKind.NOT_NULL, "t", where="n >= 0"),
    check("unique", CheckKind.UNIQUE, "n"),
    check("unique text", CheckKind.UNIQUE, "t"),
    check("unique where", CheckKind.UNIQUE, "t", where="n >= 0"),
    check("unique pair", CheckKind.UNIQUE, "n", "t"),
    check("unique day", CheckKind.UNIQUE, "day"),
    check("accepted", CheckKind.ACCEPTED_VALUES, "t", values=("a", "'", "é")),
    check("accepted decimals", CheckKind.ACCEPTED_VALUES, "m", values=(0.1, 2, 1.25)),
    check("accepted truth", CheckKind.ACCEPTED_VALUES, "yes", values=(True,)),
    check("rejected", CheckKind.REJECTED_VALUES, "n", values=(1, -1, 0)),
    limits("range", "n", more_than=-2, at_most=2),
    limits("range of text", "t", at_least="a", less_than="é"),
    limits("range of doubles", "d", at_least=-0.1, less_than=0.1),
    limits("range open above", "d", at_least=0),
    limits("range of decimals", "m", at_least=-0.1, at_most=1.25),
    limits("range of days", "day", at_least="2020-02-29"),
    limits("range of moments", "moment", less_than="2020-02-29T00:00:00.000001"),
    limits("range of instants", "zoned", at_most="2020-02-29T01:00:00+01:00"),
    check("length", CheckKind.LENGTH, "t", bounds=Bounds(at_least=1, at_most=2)),
    check("regex", CheckKind.REGEX, "t", pattern=r"^(?:a|b.|\W+?|(?P<other>[^a\n]))$"),
    check("regex of any case", CheckKind.REGEX, "t", pattern=r"(?i)A|É.*"),
    check("rows", CheckKind.ROW_COUNT, where="t IS NULL"),
    *statistics("n", *Statistic),
    *statistics("n", *Statistic, where="t IS NOT NULL"),
    *statistics("d", Statistic.MIN, Statistic.QUANTILE, Statistic.MAX),
    *statistics("m", *Statistic),
    *statistics("day", Statistic.MIN, Statistic.MAX),
    *statistics("moment", Statistic.MIN, Statistic.MAX, where="n IS NOT NULL"),
    *statistics("zoned", Statistic.MIN, Statistic.MAX),
    check("fresh", CheckKind.FRESHNESS, "zoned"),
    check("rule", CheckKind.SQL_EXPRESSION, expression="n >= 0 OR t = 'a'"),
    check("known", CheckKind.FOREIGN_KEY, "t", reference=Reference(table="c", columns=("code",))),
]
MOMENTS = st.one_of(
    st.none(),
    st.just(datetime(2020, 2, 29)),  # noqa: DTZ001
    st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)),  # noqa: DTZ001
)
ROWS = st.lists(
    st.tuples(
        st.one_of(st.none(), st.integers(-3, 3), st.integers(-(2**63), 2**63 - 1)),
        st.one_of(st.none(), st.text(alphabet="abAÉé'%😀 \n", max_size=3)),
        st.one_of(st.none(), st.floats(-1e6, 1e6), st.sampled_from([0.1, -0.1, float("nan")])),
        st.one_of(st.none(), st.decimals(-1000, 1000, places=4), st.just(Decimal("0.1"))),
        st.one_of(st.none(), st.dates(date(1900, 1, 1), date(2100, 1, 1))),
        MOMENTS,
        MOMENTS.map(lambda moment: moment and moment.replace(tzinfo=UTC)),
        st.one_of(st.none(), st.booleans()),
    ),
    max_size=8,
)


@pytest.fixture(scope="module")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("CREATE TABLE c AS SELECT unnest(?) AS code", [list(CODES)])
        yield connection


def fill(database: duckdb.DuckDBPyConnection, rows: Sequence[Sequence[Any]]) -> None:
    declared = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    database.execute(f"CREATE OR REPLACE TABLE data ({declared})")
    if rows:
        marks = ", ".join("?" for _ in COLUMNS)
        statement = f"INSERT INTO data VALUES ({marks})"  # noqa: S608
        database.executemany(statement, [list(row) for row in rows])


def natively(database: duckdb.DuckDBPyConnection, directory: Path) -> Profile:
    for table in ("data", "c"):
        database.execute(f"COPY {table} TO '{directory / table}' (FORMAT parquet)")
        (directory / table).rename(directory / f"{table}.parquet")
    (directory / "c").unlink(missing_ok=True)
    (directory / "c.parquet").rename(directory / "c")
    return profile_files(str(directory / "data.parquet"), EXPECTATIONS)


def answers(profile: Profile) -> dict[str, Any]:
    """What was found; why something was not found may be told in other words."""
    return {
        name: "error" if found.error else (found.total, found.failing, _rounded(found.value))
        for name, found in profile.measurements.items()
    }


def _rounded(value: Any) -> Any:
    return float(f"{value:.9g}") if isinstance(value, float) else value


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
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
