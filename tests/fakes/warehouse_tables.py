"""A table with a column of each type, and checks of each kind on it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
from hypothesis import strategies as st

from airflow_gov_provider.domain.evidence import Origin
from airflow_gov_provider.domain.quality.expectations import (
    Bounds,
    CheckKind,
    Expectation,
    Profile,
    Reference,
    Statistic,
)
from airflow_gov_provider.domain.quality.quarantine import Stamp
from airflow_gov_provider.profiling.places.files import profile_files

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

# The same without what no statistic survives: NaN, and whole numbers that no double holds.
NUMBERED = st.lists(
    st.tuples(
        st.one_of(st.none(), st.integers(-3, 3)),
        st.one_of(st.none(), st.text(alphabet="abé\n 79", max_size=3), st.just("79927398713")),
        st.one_of(st.none(), st.integers(-8, 8).map(lambda eighths: eighths / 8)),
        st.one_of(st.none(), st.decimals(-3, 3, places=1)),
        st.one_of(st.none(), st.dates(date(2019, 1, 1), date(2021, 1, 1))),
        st.one_of(st.none(), st.datetimes(datetime(2020, 2, 25), datetime(2020, 3, 4))),  # noqa: DTZ001
        st.none(),
        st.one_of(st.none(), st.booleans()),
    ),
    max_size=8,
)


# Each kind of check that singles out rows.
ROW_CHECKS = r"""
contract: orders
version: "1"
checks:
  - unique: n
  - unique: [n, t]
    where: t <> 'a'
  - primary_key: [t]
  - not_null: t
  - regex: {column: t, pattern: "[ab]+"}
    id: it's "odd" \ really
  - range: {column: d, at_least: 0}
  - foreign_key: {column: t, references: {table: c, columns: [code]}}
  - keys_match: {column: t, references: {table: c, columns: [code]}}
  - outliers: {column: m, method: iqr, factor: 0.73}
  - increasing: {column: m, by: n}
  - sql: n >= 0 OR t = 'a'
  - failed_rows: SELECT * FROM {table} WHERE yes
  - failed_rows: SELECT t.* FROM {table} AS t WHERE n > 1
    id: found
  - not_null: d
    segment_by: [t]
  - row_count: {at_least: 1}
"""


def stamp(run_id: str = "r", try_number: int = 1) -> Stamp:
    origin = Origin(dag_id="d'", run_id=run_id, task_id="t", map_index=-1, try_number=try_number)
    return Stamp(origin=origin, contract="orders", version="1", recorded_at="2026-03-02T12:00:00")


def fill(database: duckdb.DuckDBPyConnection, rows: Sequence[Sequence[Any]]) -> None:
    declared = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    database.execute(f"CREATE OR REPLACE TABLE data ({declared})")
    if rows:
        marks = ", ".join("?" for _ in COLUMNS)
        statement = f"INSERT INTO data VALUES ({marks})"  # noqa: S608
        database.executemany(statement, [list(row) for row in rows])


def natively(
    database: duckdb.DuckDBPyConnection,
    directory: Path,
    expectations: Sequence[Expectation] = tuple(EXPECTATIONS),
) -> Profile:
    """What DuckDB finds in the same rows, as Parquet files in a directory."""
    for table in ("data", "c"):
        database.execute(f"COPY {table} TO '{directory / table}' (FORMAT parquet)")
        (directory / table).rename(directory / f"{table}.parquet")
    (directory / "c").unlink(missing_ok=True)
    (directory / "c.parquet").rename(directory / "c")
    return profile_files(str(directory / "data.parquet"), expectations)


_NOTHING = 1e-12  # what is left where a number and its interpolated neighbour make zero


def answers(profile: Profile) -> dict[str, Any]:
    """What was found; why something was not found may be told in other words."""
    return {
        name: "error" if found.error else (found.total, found.failing, _rounded(found.value))
        for name, found in profile.measurements.items()
    }


def _rounded(value: Any) -> Any:
    if not isinstance(value, float):
        return value
    return float(f"{value:.9g}") if abs(value) > _NOTHING else 0.0
