"""Small random tables: DuckDB and SQLite agree with a few lines of Python."""

from __future__ import annotations

import re
import sqlite3
import statistics
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from airflow_gov_provider.domain.quality.expectations import (
    Bounds,
    CheckKind,
    Expectation,
    Measurement,
    Profile,
    Statistic,
)
from airflow_gov_provider.profiling.places.files import profile_files
from airflow_gov_provider.profiling.places.source import TableSource
from airflow_gov_provider.profiling.places.sql import profile_table

Row = tuple[int | None, str | None]

NUMBERS = st.one_of(st.none(), st.integers(-5, 5), st.integers(-(2**63), 2**63 - 1))
TEXTS = st.one_of(st.none(), st.text(alphabet="ab'%é😀 ", max_size=3))
TABLES = st.lists(st.tuples(NUMBERS, TEXTS), max_size=12)


def _check(name: str, kind: CheckKind, *columns: str, **fields: Any) -> Expectation:
    return Expectation(check_id=name, kind=kind, columns=columns, **fields)


EXPECTATIONS = [
    _check("not null", CheckKind.NOT_NULL, "t"),
    _check("not null where", CheckKind.NOT_NULL, "t", where="n >= 0"),
    _check("unique", CheckKind.UNIQUE, "n"),
    _check("unique where", CheckKind.UNIQUE, "t", where="n >= 0"),
    _check("unique pair", CheckKind.UNIQUE, "n", "t"),
    _check("accepted", CheckKind.ACCEPTED_VALUES, "t", values=("a", "'", "é")),
    _check("rejected", CheckKind.REJECTED_VALUES, "n", values=(1, -1, -(2**63))),
    _check("range", CheckKind.RANGE, "n", bounds=Bounds(more_than=-2, at_most=2**62)),
    _check("range of text", CheckKind.RANGE, "t", bounds=Bounds(at_least="a", less_than="é")),
    _check("length", CheckKind.LENGTH, "t", bounds=Bounds(at_least=1, at_most=2)),
    _check("regex", CheckKind.REGEX, "t", pattern="a|b.|[^a]+"),
    _check("rows", CheckKind.ROW_COUNT, where="t IS NULL"),
    _check("least", CheckKind.STATISTIC, "n", statistic=Statistic.MIN),
    _check("most", CheckKind.STATISTIC, "n", statistic=Statistic.MAX, where="t IS NOT NULL"),
    _check("rule", CheckKind.SQL_EXPRESSION, expression="n >= 0 OR t = 'a'"),
]


def _holds(row: Row) -> bool:
    number, text = row
    return (number is not None and number >= 0) or text == "a"


def _row_check(values: list[Any], is_failing: Any) -> Measurement:
    return Measurement(total=len(values), failing=sum(map(is_failing, values)))


def _unique(keys: list[Any]) -> Measurement:
    times = Counter(keys)
    return _row_check(keys, lambda key: times[key] > 1)


def in_python(rows: list[Row]) -> dict[str, Measurement]:
    numbers = [n for n, _ in rows if n is not None]
    texts = [t for _, t in rows if t is not None]
    positive = [(n, t) for n, t in rows if n is not None and n >= 0]
    beside_text = [n for n, t in rows if n is not None and t is not None]
    pattern = re.compile("a|b.|[^a]+")
    return {
        "not null": _row_check([t for _, t in rows], lambda t: t is None),
        "not null where": _row_check([t for _, t in positive], lambda t: t is None),
        "unique": _unique(numbers),
        "unique where": _unique([t for _, t in positive if t is not None]),
        "unique pair": _unique([row for row in rows if None not in row]),
        "accepted": _row_check(texts, lambda t: t not in ("a", "'", "é")),
        "rejected": _row_check(numbers, lambda n: n in (1, -1, -(2**63))),
        "range": _row_check(numbers, lambda n: not -2 < n <= 2**62),
        "range of text": _row_check(texts, lambda t: not "a" <= t < "é"),
        "length": _row_check(texts, lambda t: not 1 <= len(t) <= 2),
        "regex": _row_check(texts, lambda t: pattern.fullmatch(t) is None),
        "rows": Measurement(
            total=sum(t is None for _, t in rows), value=sum(t is None for _, t in rows)
        ),
        "least": Measurement(total=len(numbers), value=min(numbers, default=None)),
        "most": Measurement(total=len(beside_text), value=max(beside_text, default=None)),
        "rule": _row_check(rows, lambda row: not _holds(row)),
    }


def in_sqlite(rows: list[Row], expectations: list[Expectation]) -> Profile:
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute("CREATE TABLE data (n INTEGER, t TEXT)")
        connection.executemany("INSERT INTO data VALUES (?, ?)", rows)
        connection.commit()
        return profile_table(connection, "sqlite", TableSource(table="data"), expectations)
    finally:
        connection.close()


def in_duckdb(rows: list[Row], expectations: list[Expectation], path: Path) -> Profile:
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = {
        "n": pa.array([n for n, _ in rows], pa.int64()),
        "t": pa.array([t for _, t in rows], pa.string()),
    }
    pq.write_table(pa.table(columns), path)
    return profile_files(str(path), expectations)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=TABLES)
def test_every_check_agrees_with_python(rows: list[Row], tmp_path: Path) -> None:
    expected = in_python(rows)

    assert in_sqlite(rows, EXPECTATIONS).measurements == expected
    assert in_duckdb(rows, EXPECTATIONS, tmp_path / "data.parquet").measurements == expected


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    numbers=st.lists(st.integers(-(10**6), 10**6), min_size=2, max_size=20),
    share=st.floats(0, 1).filter(lambda share: share == 0 or share > 1e-9),
)
def test_statistics_agree_with_python(numbers: list[int], share: float, tmp_path: Path) -> None:
    rows = [(number, None) for number in numbers]
    ordered = sorted(numbers)
    rank = share * (len(ordered) - 1)
    below, above = ordered[int(rank)], ordered[min(int(rank) + 1, len(ordered) - 1)]
    expected = {
        Statistic.MEAN: statistics.fmean(numbers),
        Statistic.STDDEV: statistics.stdev(numbers),
        Statistic.SUM: sum(numbers),
        Statistic.QUANTILE: below + (above - below) * (rank - int(rank)),
    }
    checks = [
        _check(name, CheckKind.STATISTIC, "n", statistic=name, quantile=share) for name in expected
    ]

    for profile in (
        in_sqlite(rows, checks),
        in_duckdb(rows, checks, tmp_path / "data.parquet"),
    ):
        found = {name: profile.measurements[name].value for name in expected}
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-6)
