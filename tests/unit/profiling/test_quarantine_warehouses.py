"""Snowflake, BigQuery, Databricks, Spark and Trino put aside the rows that DuckDB puts aside.

Their SQL is executed by DuckDB after it was parsed in their own dialect.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest
from fakes.warehouse_tables import CODES, NUMBERED, ROW_CHECKS, fill, natively, stamp
from fakes.warehouses import Warehouse
from hypothesis import HealthCheck, Phase, given, settings

from airflow_gov_provider.domain.contracts import load
from airflow_gov_provider.domain.quality.quarantine import Kept, Quarantine
from airflow_gov_provider.exceptions import ArgumentInvalid, SourceInvalid
from airflow_gov_provider.profiling.places.source import QuerySource, TableSource
from airflow_gov_provider.profiling.places.sql import profile_table
from airflow_gov_provider.profiling.quarantine.files import quarantine_files
from airflow_gov_provider.profiling.quarantine.warehouses import quarantine_in_warehouse
from airflow_gov_provider.profiling.warehouses.known import WAREHOUSES

GOLDEN = Path(__file__).parents[2] / "golden" / "dialects"
PUT_ASIDE = "rejected"
SOURCE = TableSource(table="data")
SPEC = Quarantine(to=PUT_ASIDE)


@pytest.fixture
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("CREATE TABLE c AS SELECT unnest(?) AS code", [list(CODES)])
        yield connection


def put_aside(
    warehouse: Warehouse, *, contract: str = ROW_CHECKS, source: Any = SOURCE, **given: Any
) -> Kept:
    expectations = load(contract).expectations
    profile = profile_table(warehouse, warehouse.dialect, source, expectations)
    arguments = {"spec": SPEC, "stamp": stamp(), **given}
    known = WAREHOUSES[warehouse.dialect]
    return quarantine_in_warehouse(warehouse, known, source, expectations, profile, **arguments)


def rows_of(database: duckdb.DuckDBPyConnection, relation: str) -> Counter[tuple[str, ...]]:
    names = [row[0] for row in database.execute(f"DESCRIBE FROM {relation}").fetchall()]
    selected = ", ".join(f'"{name}"' for name in sorted(names))
    found = database.execute(f"SELECT {selected} FROM {relation}").fetchall()  # noqa: S608
    return Counter(tuple(map(repr, row)) for row in found)


@settings(
    max_examples=5,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@given(rows=NUMBERED)
def test_every_warehouse_puts_aside_the_rows_that_duckdb_does(
    rows: list[Any], database: duckdb.DuckDBPyConnection, tmp_path_factory: pytest.TempPathFactory
) -> None:
    directory = tmp_path_factory.mktemp("rows")
    fill(database, rows)
    expectations = load(ROW_CHECKS).expectations
    profile = natively(database, directory, expectations)
    aside = Quarantine(to=str(directory / "aside"))
    kept = quarantine_files(
        str(directory / "data.parquet"), expectations, profile, spec=aside, stamp=stamp()
    )

    for dialect in WAREHOUSES:
        database.execute(f"DROP TABLE IF EXISTS {PUT_ASIDE}")
        found = put_aside(Warehouse(database, dialect))
        assert (found.rows, found.left_out) == (kept.rows, kept.left_out), dialect
        if kept.place:
            expected = rows_of(database, f"read_parquet('{kept.place}')")
            assert rows_of(database, PUT_ASIDE) == expected, dialect
            assert (found.groups, found.shapes) == (kept.groups, kept.shapes), dialect


BAD = (-1, "zz", -1.0, 1, None, None, None, True)
GOOD = (1, "a", 1.0, 1, None, None, None, False)
PLAIN = """
contract: orders
version: "1"
checks: [{range: {column: n, at_least: 0}}, {unique: t}]
"""


@pytest.fixture(params=list(WAREHOUSES))
def warehouse(request: pytest.FixtureRequest, database: duckdb.DuckDBPyConnection) -> Warehouse:
    fill(database, [GOOD, BAD, (2, "b", *GOOD[2:]), (3, "b", *GOOD[2:])])
    return Warehouse(database, request.param)


def written(warehouse: Warehouse) -> list[tuple[str, int, int, list[str]]]:
    query = (
        "SELECT governance_run_id, governance_try_number, n, governance_checks "  # noqa: S608
        f"FROM {PUT_ASIDE} ORDER BY ALL"
    )
    found = warehouse.connection.execute(query).fetchall()
    return [(run, attempt, n, json.loads(checks)) for run, attempt, n, checks in found]


FAILS: Sequence[tuple[int, list[str]]] = ((-1, ["n.range"]), (2, ["t.unique"]), (3, ["t.unique"]))


def test_a_further_try_takes_the_place_of_the_one_before_and_of_no_other_run(
    warehouse: Warehouse,
) -> None:
    put_aside(warehouse, contract=PLAIN, stamp=stamp("earlier"))
    put_aside(warehouse, contract=PLAIN)

    kept = put_aside(warehouse, contract=PLAIN, stamp=stamp(try_number=2))

    assert kept.rows == len(FAILS)
    assert written(warehouse) == [
        *(("earlier", 1, n, checks) for n, checks in FAILS),
        *(("r", 2, n, checks) for n, checks in FAILS),
    ]


def test_a_further_try_on_better_data_takes_the_rows_away(warehouse: Warehouse) -> None:
    put_aside(warehouse, contract=PLAIN, stamp=stamp("earlier"))
    put_aside(warehouse, contract=PLAIN)
    fill(warehouse.connection, [GOOD])

    kept = put_aside(warehouse, contract=PLAIN, stamp=stamp(try_number=2))

    assert (kept.place, kept.rows) == (None, 0)
    assert {row[0] for row in written(warehouse)} == {"earlier"}


def test_good_data_makes_no_table(warehouse: Warehouse) -> None:
    fill(warehouse.connection, [GOOD])

    put_aside(warehouse, contract=PLAIN)

    assert not [sql for sql in warehouse.sent if sql.startswith("CREATE")]


def test_no_row_leaves_the_warehouse(warehouse: Warehouse) -> None:
    put_aside(warehouse)

    reading = [sql for sql in warehouse.sent if "governance_judged" in sql]
    assert reading
    assert all(sql.startswith(("INSERT ", "MERGE ")) for sql in reading)


def test_rows_that_cannot_be_written_leave_those_of_the_try_before_where_changes_can_be_undone(
    warehouse: Warehouse,
) -> None:
    put_aside(warehouse, contract=PLAIN)
    warehouse.fails_on = "INSERT " if warehouse.dialect != "bigquery" else "MERGE "

    with pytest.raises(SourceInvalid, match="cannot be written to rejected") as caught:
        put_aside(warehouse, contract=PLAIN, stamp=stamp(try_number=2))

    assert "no space" not in str(caught.value)
    left = [] if warehouse.dialect == "trino" else [("r", 1, n, checks) for n, checks in FAILS]
    assert written(warehouse) == left


def test_a_table_with_more_columns_in_another_order_is_filled_by_name(warehouse: Warehouse) -> None:
    put_aside(warehouse, contract=PLAIN)
    warehouse.connection.execute(
        f"CREATE OR REPLACE TABLE {PUT_ASIDE} AS SELECT 1 AS more, t, * EXCLUDE t "  # noqa: S608
        f"FROM {PUT_ASIDE} LIMIT 0"
    )

    put_aside(warehouse, contract=PLAIN)

    assert [row[2:] for row in written(warehouse)] == list(FAILS)


def test_a_table_that_lacks_a_column_is_refused(warehouse: Warehouse) -> None:
    put_aside(warehouse, contract=PLAIN)
    warehouse.connection.execute(f"ALTER TABLE {PUT_ASIDE} DROP COLUMN d")

    with pytest.raises(SourceInvalid, match="lacks the column 'd'"):
        put_aside(warehouse, contract=PLAIN)


def test_the_table_that_is_checked_is_no_place_for_its_own_rows(warehouse: Warehouse) -> None:
    stored = "DATA" if warehouse.dialect != "snowflake" else "data"
    with pytest.raises(ArgumentInvalid, match="is the table that is checked"):
        put_aside(warehouse, spec=Quarantine(to=stored))


def test_a_place_without_a_schema_lies_beside_the_table(warehouse: Warehouse) -> None:
    source = TableSource(schema="memory.main", table="data")

    kept = put_aside(warehouse, contract=PLAIN, source=source)

    assert kept.place == "memory.main.rejected"


def test_rows_of_a_query_are_put_aside(warehouse: Warehouse) -> None:
    source = QuerySource(sql="SELECT n, t FROM data WHERE n <> 3")

    kept = put_aside(warehouse, contract=PLAIN, source=source)

    assert (kept.rows, [row[2] for row in written(warehouse)]) == (1, [-1])


@pytest.mark.parametrize("dialect", WAREHOUSES)
def test_the_statements_that_write_are_what_was_reviewed(
    dialect: str, database: duckdb.DuckDBPyConnection
) -> None:
    """GOLDEN_UPDATE=1 rewrites the files; read the difference before you commit it."""
    fill(database, [GOOD, BAD, (2, "b", *GOOD[2:]), (3, "b", *GOOD[2:])])
    warehouse = Warehouse(database, dialect, remembers=False)
    put_aside(warehouse)
    bad = [sql for sql in warehouse.sent if PUT_ASIDE in sql or sql in ("BEGIN", "COMMIT")]
    warehouse.sent.clear()
    fill(database, [GOOD])
    put_aside(warehouse, contract=PLAIN, stamp=stamp(try_number=2))
    good = [sql for sql in warehouse.sent if PUT_ASIDE in sql]
    script = ";\n\n".join([*bad, *good]) + ";\n"
    file = GOLDEN / f"quarantine.{dialect}.sql"
    if os.environ.get("GOLDEN_UPDATE"):
        file.write_text(script, encoding="utf-8")

    assert script == file.read_text(encoding="utf-8")
