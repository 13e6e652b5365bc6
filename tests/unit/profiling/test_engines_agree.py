"""The same rows give the same answers in DuckDB, PostgreSQL and SQLite, in any order and chunks."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from airflow_gov_provider.domain.quality.expectations import (
    Bounds,
    CheckKind,
    Expectation,
    Measurement,
    Statistic,
)
from airflow_gov_provider.profiling.places.files import profile_files
from airflow_gov_provider.profiling.places.source import TableSource
from airflow_gov_provider.profiling.places.sql import profile_table

Row = tuple[Any, ...]
NAMES = ("i", "d", "x", "t", "day", "at", "z")
ARROW = pa.schema(
    [
        ("i", pa.int64()),
        ("d", pa.decimal128(12, 4)),
        ("x", pa.float64()),
        ("t", pa.string()),
        ("day", pa.date32()),
        ("at", pa.timestamp("us")),
        ("z", pa.timestamp("us", tz="UTC")),
    ]
)
POSTGRES = (
    "i bigint, d numeric(12,4), x double precision, t text, day date, at timestamp, z timestamptz"
)
SQLITE = "i INTEGER, d NUMERIC, x DOUBLE, t TEXT, day DATE, at TIMESTAMP, z TIMESTAMP"
# Composed and decomposed letters, case without a counterpart, four bytes, quotes and escapes.
LETTERS = [
    "a",
    "B",
    "ß",
    "İ",
    "é",
    "e\u0301",
    "😀",
    "中",
    "'",
    '"',
    "\\",
    "%",
    " ",
    "\t",
    "\n",
    "0",
]
OFFSETS = [timezone(timedelta(hours=hours)) for hours in (-11, -1, 0, 5, 14)]

TEXTS = st.lists(st.sampled_from(LETTERS), max_size=3).map("".join)
NUMBERS = st.one_of(st.integers(-3, 3), st.integers(-(2**63), 2**63 - 1))
DECIMALS = st.decimals(-10_000_000, 10_000_000, places=4).map(lambda d: d + 0)
FINITE = st.one_of(
    st.sampled_from([0.0, -0.0, 1.5, -1.5, 1e300, 5e-324]), st.floats(-1e6, 1e6, width=32)
)
ANY_FLOAT = st.one_of(FINITE, st.sampled_from([math.inf, -math.inf, math.nan]))
DAYS = st.dates(date(1900, 1, 1), date(2100, 1, 1))
TIMES = st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1))  # noqa: DTZ001 - a naive column
ZONED = st.builds(lambda at, zone: at.replace(tzinfo=zone), TIMES, st.sampled_from(OFFSETS))


def tables(floats: st.SearchStrategy[float]) -> st.SearchStrategy[list[Row]]:
    values = (NUMBERS, DECIMALS, floats, TEXTS, DAYS, TIMES, ZONED)
    row = st.tuples(*(st.one_of(st.none(), each, each) for each in values))
    # Some rows once more, since random values hardly ever repeat.
    return st.lists(row, max_size=10).flatmap(
        lambda rows: (
            st.lists(st.sampled_from(rows), max_size=3).map(lambda more: rows + more)
            if rows
            else st.just(rows)
        )
    )


def check(name: str, kind: CheckKind, *columns: str, **fields: Any) -> Expectation:
    return Expectation(check_id=name, kind=kind, columns=columns, **fields)


def statistic(column: str, which: Statistic, **fields: Any) -> Expectation:
    name = f"{which} {column}"
    return check(name, CheckKind.STATISTIC, column, statistic=which, **fields)


def in_range(column: str, **bounds: Any) -> Expectation:
    return check(f"range {column}", CheckKind.RANGE, column, bounds=Bounds(**bounds))


NOON = datetime(2000, 6, 15, 12, tzinfo=UTC)
CHECKS = [
    *(check(f"not null {name}", CheckKind.NOT_NULL, name) for name in NAMES),
    *(check(f"unique {name}", CheckKind.UNIQUE, name) for name in NAMES if name != "z"),
    check("unique pair", CheckKind.UNIQUE, "i", "t"),
    check("unique pair of few", CheckKind.UNIQUE, "t", "day", where="i > 0"),
    in_range("i", at_least=-(2**53) - 1, less_than=2**62 + 1),
    in_range("d", more_than=-0.5, at_most=5_000_000.0001),
    in_range("x", at_least=-1.5, at_most=1e6),
    in_range("t", at_least="a", less_than="é"),
    in_range("day", at_least=date(1950, 1, 1)),
    in_range("at", more_than=NOON.replace(tzinfo=None)),
    in_range("z", at_least=NOON),
    check("above x", CheckKind.RANGE, "x", bounds=Bounds(at_least=0)),
    check("accepted t", CheckKind.ACCEPTED_VALUES, "t", values=("", "a", "é", "'", "\\", "%")),
    check("rejected i", CheckKind.REJECTED_VALUES, "i", values=(0, 2**63 - 1, -(2**63))),
    check("length", CheckKind.LENGTH, "t", bounds=Bounds(at_least=1, at_most=2)),
    check("regex", CheckKind.REGEX, "t", pattern=r"\w*|[é\s].*|(?:a|B)+😀?"),
    check("rows", CheckKind.ROW_COUNT, where="t <> ''"),
    check("rule", CheckKind.SQL_EXPRESSION, expression="i < 2 OR t = 'é'"),
    *(statistic(name, Statistic.MIN) for name in ("i", "d", "x", "day", "at", "z")),
    *(statistic(name, Statistic.MAX) for name in ("i", "d", "x", "day", "at", "z")),
    *(statistic("d", which) for which in (Statistic.MEAN, Statistic.SUM, Statistic.STDDEV)),
    statistic("d", Statistic.QUANTILE, quantile=0.9),
    statistic("x", Statistic.QUANTILE, quantile=0.5),
    *(check(f"fresh {name}", CheckKind.FRESHNESS, name) for name in ("day", "at", "z")),
]
SETTINGS = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def plain(measurements: Mapping[str, Measurement]) -> dict[str, tuple[Any, ...]]:
    """What must be equal; errors are worded by each database, and numbers rounded by each."""
    return {
        name: (found.total, found.failing, _rounded(found.value), found.error is not None)
        for name, found in measurements.items()
    }


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return pytest.approx(value, rel=1e-9, abs=1e-6)
    return value


def as_arrow(rows: Sequence[Row]) -> pa.Table:
    columns = zip(*rows, strict=True) if rows else [[] for _ in NAMES]
    return pa.table([list(column) for column in columns], schema=ARROW)


def in_duckdb(rows: Sequence[Row], directory: Path) -> dict[str, tuple[Any, ...]]:
    path = directory / "all.parquet"
    pq.write_table(as_arrow(rows), path)
    return plain(profile_files(str(path), CHECKS).measurements)


def in_postgres(rows: Sequence[Row], connection: Any) -> dict[str, tuple[Any, ...]]:
    connection.execute("DROP TABLE IF EXISTS data")
    connection.execute(f"CREATE TABLE data ({POSTGRES})")
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO data VALUES (%s, %s, %s, %s, %s, %s, %s)", rows)
    connection.commit()
    profile = profile_table(connection, "postgres", TableSource(table="data"), CHECKS)
    return plain(profile.measurements)


def in_sqlite(rows: Sequence[Row]) -> dict[str, tuple[Any, ...]]:
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute(f"CREATE TABLE data ({SQLITE})")
        written = [tuple(map(_for_sqlite, row)) for row in rows]
        connection.executemany("INSERT INTO data VALUES (?, ?, ?, ?, ?, ?, ?)", written)
        connection.commit()
        profile = profile_table(connection, "sqlite", TableSource(table="data"), CHECKS)
        return plain(profile.measurements)
    finally:
        connection.close()


def _for_sqlite(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="microseconds")
    return value.isoformat() if isinstance(value, date) else value


@SETTINGS
@given(rows=tables(FINITE))
def test_three_engines_give_the_same_answers(rows: list[Row], postgres: Any, tmp_path) -> None:
    expected = in_duckdb(rows, tmp_path)

    assert in_postgres(rows, postgres) == expected
    assert in_sqlite(rows) == expected


@SETTINGS
@given(rows=tables(ANY_FLOAT))
def test_what_is_no_finite_number_is_the_same_where_it_can_be_stored(
    rows: list[Row], postgres: Any, tmp_path
) -> None:
    assert in_postgres(rows, postgres) == in_duckdb(rows, tmp_path)


@SETTINGS
@given(data=st.data())
def test_neither_order_nor_files_nor_row_groups_change_an_answer(data, tmp_path: Path) -> None:
    rows = data.draw(tables(ANY_FLOAT))
    shuffled = data.draw(st.permutations(rows))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(rows)), max_size=3)))
    parts = tmp_path / "parts"
    parts.mkdir(exist_ok=True)
    for old in parts.iterdir():
        old.unlink()
    for index, (start, end) in enumerate(zip([0, *cuts], [*cuts, len(rows)], strict=True)):
        group = data.draw(st.integers(1, 5))
        pq.write_table(
            as_arrow(shuffled[start:end]), parts / f"{index}.parquet", row_group_size=group
        )

    found = plain(profile_files(str(parts / "*.parquet"), CHECKS).measurements)

    assert found == in_duckdb(rows, tmp_path)
