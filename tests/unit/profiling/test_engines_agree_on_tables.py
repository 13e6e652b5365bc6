"""Random tables: the checks of times, groups, order and distributions agree in all engines."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from airflow_gov_provider.domain.contracts import load
from airflow_gov_provider.domain.quality.expectations import Expectation, Measurement, Profile
from airflow_gov_provider.domain.quality.occasions import Occasion, settled
from airflow_gov_provider.profiling.places.files import profile_files
from airflow_gov_provider.profiling.places.source import TableSource
from airflow_gov_provider.profiling.places.sql import profile_table

END = datetime(2026, 3, 29, 12, 30, tzinfo=UTC)
OCCASION = Occasion(
    now=END + timedelta(days=40), logical=END, start=END - timedelta(days=3), end=END
)
CHECKS: list[dict[str, Any]] = [
    {"freshness": {"max_age": "1d", "relative_to": "logical_date"}, "column": "at"},
    {"not_in_future": {"relative_to": "logical_date"}, "column": "at"},
    {"older_than": {"age": "1d", "relative_to": "logical_date"}, "column": "at"},
    {"newer_than": {"age": "36h", "relative_to": "logical_date"}, "column": "at"},
    {"gaps": "5h", "column": "at"},
    {"gaps": {"every": "1d", "zone": "Europe/Berlin"}, "column": "at", "where": "n > 0"},
    {"increasing": "at", "column": "n"},
    {"decreasing": {"by": ["at", "n"], "per": "t", "strictly": True}, "column": "x"},
    {"increasing": {"by": "n"}, "column": "t"},
    {"range": {"at_least": 0}, "column": "n", "segment_by": "t"},
    {"mean": {"at_least": 0}, "column": "x", "segment_by": ["t", "n"]},
    {"max": {"at_least": 0}, "column": "n", "where": "x > 0", "segment_by": "t"},
    {"row_count": {"at_least": 2}, "segment_by": "t"},
    {"row_count_anomaly": {}, "where": "t = 'a'"},
    {"anomaly": "median", "column": "x"},
    {"change": {"of": "null_percent", "within": 5}, "column": "t"},
    {"distribution": {"at_most": 1, "shares": {"a": 0.5, "": 0.5}}, "column": "t"},
    {
        "distribution": {"at_most": 1, "bins": [-1, 0.5], "shares": [0.2, 0.3, 0.5]},
        "column": "x",
    },
    {"no_pii": {"detectors": ["email", "ip"], "sample": 100}, "column": "t"},
]
TIMES = st.datetimes(datetime(2026, 3, 26), datetime(2026, 3, 31))  # noqa: DTZ001
ROWS = st.lists(
    st.tuples(
        st.one_of(st.none(), st.integers(-2, 2), st.just(2**62)),
        st.one_of(st.none(), st.sampled_from(["a", "", "é", "a@b.org", "10.0.0.1", "Z z"])),
        st.one_of(st.none(), TIMES),
        st.one_of(st.none(), st.sampled_from([-1.5, -1.0, 0.0, 0.5, 2.25, 1e12])),
    ),
    max_size=14,
)
Row = tuple[Any, ...]


def _expectations() -> list[Expectation]:
    contract = load({"contract": "c", "version": "1", "checks": CHECKS})
    return [check for check in settled(contract, OCCASION).expectations if check.needs_rows]


def in_sqlite(rows: list[Row]) -> Profile:
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute("CREATE TABLE data (n INTEGER, t TEXT, at TIMESTAMP, x DOUBLE)")
        written = [(n, t, at and at.isoformat(sep=" "), x) for n, t, at, x in rows]
        connection.executemany("INSERT INTO data VALUES (?, ?, ?, ?)", written)
        connection.commit()
        return profile_table(connection, "sqlite", TableSource(table="data"), _expectations())
    finally:
        connection.close()


def in_duckdb(rows: list[Row], path: Path) -> Profile:
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = {"n": pa.int64(), "t": pa.string(), "at": pa.timestamp("us"), "x": pa.float64()}
    columns = {
        name: pa.array([row[index] for row in rows], kind)
        for index, (name, kind) in enumerate(types.items())
    }
    pq.write_table(pa.table(columns), path)
    return profile_files(str(path), _expectations())


def in_postgres(rows: list[Row], connection: Any) -> Profile:
    connection.execute("DROP TABLE IF EXISTS data")
    connection.execute("CREATE TABLE data (n bigint, t text, at timestamp, x double precision)")
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO data VALUES (%s, %s, %s, %s)", rows)
    connection.commit()
    return profile_table(connection, "postgres", TableSource(table="data"), _expectations())


def plain(found: Mapping[str, Measurement]) -> dict[str, Any]:
    """Measurements without what binary fractions add in another order of rows."""
    return {name: _plain(measurement) for name, measurement in found.items()}


def _plain(found: Measurement) -> tuple[Any, ...]:
    value = found.value
    groups = sorted((group.name, group.rows, _plain(group.measurement)) for group in found.groups)
    rounded = float(f"{value:.9e}") if isinstance(value, float) else value
    return (
        found.total,
        found.failing,
        str(rounded),
        dict(found.details) or None,
        groups,
        found.error,
    )


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=ROWS)
def test_every_engine_finds_the_same(rows: list[Row], postgres: Any, tmp_path: Path) -> None:
    expected = plain(in_sqlite(rows).measurements)

    assert plain(in_duckdb(rows, tmp_path / "data.parquet").measurements) == expected
    assert plain(in_postgres(rows, postgres).measurements) == expected


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=ROWS, order=st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_nothing(rows: list[Row], order: Any, tmp_path: Path) -> None:
    shuffled = list(rows)
    order.shuffle(shuffled)

    assert plain(in_duckdb(shuffled, tmp_path / "b.parquet").measurements) == plain(
        in_duckdb(rows, tmp_path / "a.parquet").measurements
    )


def test_no_engine_refuses_a_check(postgres: Any, tmp_path: Path) -> None:
    rows: list[Row] = [(1, "a", datetime(2026, 3, 29), 1.0)]  # noqa: DTZ001

    for profile in (
        in_sqlite(rows),
        in_duckdb(rows, tmp_path / "data.parquet"),
        in_postgres(rows, postgres),
    ):
        errors = {name: found.error for name, found in profile.measurements.items() if found.error}
        assert errors == {}
