"""Every check that takes ``segment_by`` finds in each group what it finds in its rows alone."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from airflow_gov_provider.domain.contracts import load
from airflow_gov_provider.domain.contracts.forms import FORMS
from airflow_gov_provider.domain.quality.expectations import Expectation, Measurement
from airflow_gov_provider.domain.quality.occasions import Occasion, settled
from airflow_gov_provider.domain.quality.segments import group_name
from airflow_gov_provider.exceptions import ContractInvalid
from airflow_gov_provider.profiling.places.files import profile_files
from airflow_gov_provider.profiling.places.source import TableSource
from airflow_gov_provider.profiling.places.sql import profile_table

END = datetime(2026, 3, 29, 12, tzinfo=UTC)
OCCASION = Occasion(
    now=END + timedelta(days=40), logical=END, start=END - timedelta(days=3), end=END
)
BY = ["g", "k"]
ANY = {"at_least": 0}
PARENT = {"table": "parent", "columns": ["n"]}
CHECKS: list[dict[str, Any]] = [
    {"not_null": True, "column": "t"},
    {"null_percent": 5, "column": "t"},
    {"missing": ["", "a"], "column": "t"},
    {"not_empty": {"column": "t"}},
    {"rows_complete": ["n", "t"]},
    {"any_complete": ["t", "x"]},
    {"unique": ["n"]},
    {"unique": ["t", "x"], "where": "n > 0"},
    {"primary_key": ["n"]},
    {"duplicate_count": ANY, "column": "t"},
    {"duplicate_percent": ANY, "columns": ["n", "t"]},
    {"distinct_count": ANY, "column": "t"},
    {"distinct_count": ANY, "columns": ["t", "n"]},
    {"distinct_ratio": ANY, "column": "at"},
    {"accepted_values": ["a", "é"], "column": "t"},
    {"rejected_values": [1], "column": "n"},
    {"eq": 1.5, "column": "x"},
    {"ne": "a", "column": "t"},
    {"range": {"at_least": 0}, "column": "n"},
    {"lt": 1, "column": "n"},
    {"le": "a", "column": "t"},
    {"gt": 0, "column": "x"},
    {"ge": 0, "column": "n"},
    {"outside": {"at_least": -1, "less_than": 1}, "column": "n"},
    {"length": 1, "column": "t"},
    {"regex": "[a-z]*", "column": "t"},
    {"no_pii": {"detectors": ["email", "ip"], "sample": 100}, "column": "t"},
    {"no_pii": {"detectors": ["email"], "sample": 100}, "column": "t", "where": "n > 0"},
    {"not_regex": ".*a.*", "column": "t"},
    {"like": "%a_", "column": "t"},
    {"not_like": "a%", "column": "t"},
    {"starts_with": "a", "column": "t"},
    {"ends_with": "g", "column": "t"},
    {"contains": "@", "column": "t"},
    {"format": "email", "column": "t"},
    {"freshness": {"max_age": "1d", "relative_to": "logical_date"}, "column": "at"},
    {"gaps": "5h", "column": "at"},
    {"gaps": {"every": "1d", "zone": "Europe/Berlin"}, "column": "at", "where": "n > 0"},
    {"increasing": "at", "column": "n"},
    {"decreasing": {"by": ["at", "n"], "per": "t", "strictly": True}, "column": "x"},
    {"not_in_future": {"relative_to": "logical_date"}, "column": "at"},
    {"older_than": {"age": "1d", "relative_to": "logical_date"}, "column": "at"},
    {"newer_than": {"age": "36h", "relative_to": "logical_date"}, "column": "at"},
    {"min": ANY, "column": "n"},
    {"max": ANY, "column": "x"},
    {"mean": ANY, "column": "x"},
    {"stddev": ANY, "column": "x"},
    {"sum": ANY, "column": "n"},
    {"quantile": {"q": 0.25, **ANY}, "column": "x"},
    {"median": ANY, "column": "n"},
    {"variance": ANY, "column": "x"},
    {"most_common": 0.5, "column": "t"},
    {"entropy": 1.5, "column": "t"},
    {"entropy": 1.5, "column": "n", "where": "x > 0"},
    {"correlation": ANY, "columns": ["n", "x"]},
    {"mutual_information": ANY, "columns": ["n", "t"]},
    {"outliers": {"method": "iqr", "factor": 0.5}, "column": "x"},
    {"outliers": {"method": "zscore", "factor": 1}, "column": "n", "where": "x > 0"},
    {"distribution": {"at_most": 1, "shares": {"a": 0.5, "": 0.5}}, "column": "t"},
    {"distribution": {"at_most": 1, "bins": [0, 1], "shares": [0.2, 0.3, 0.5]}, "column": "x"},
    {"distribution": {"at_most": 1, "reference": {"table": "parent"}}, "column": "t"},
    {
        "distribution": {"at_most": 1, "reference": {"table": "parent"}, "bins": 3},
        "column": "n",
        "where": "x > 0",
    },
    {"eq_column": "x", "column": "n"},
    {"ne_column": "x", "column": "n"},
    {"lt_column": "x", "column": "n"},
    {"le_column": "x", "column": "n"},
    {"gt_column": "x", "column": "n"},
    {"ge_column": "x", "column": "n"},
    {"sum_equals": {"columns": ["n", "x"], "value": 0}},
    {"foreign_key": {"references": PARENT}, "columns": ["n"]},
    {
        "foreign_key": {"references": {"table": "parent", "columns": ["n", "t"]}},
        "columns": ["n", "t"],
        "where": "x > 0",
    },
    {"row_count": ANY},
    {"row_count_anomaly": {}},
    {"row_count_change": "5%", "where": "n > 0"},
    {"anomaly": "mean", "column": "x"},
    {"change": {"of": "null_percent", "within": 5}, "column": "t"},
    {"sql": "n > 0 OR t = 'a'"},
    {"sql_value": {"query": "SELECT count(DISTINCT n) FROM {table}", **ANY}},
    {"failed_rows": "SELECT n, t FROM {table} WHERE n > 0 OR t = 'a'"},
]
if "json_schema" in FORMS:
    CHECKS.append({"json_schema": {"schema": {"type": "object"}}, "column": "t"})
# What is about the table as a whole, or about no row at all.
REFUSED: dict[str, dict[str, Any]] = {
    "nullable": {"nullable": False, "column": "n"},
    "row_count_matches": {"row_count_matches": {"with": {"table": "parent"}}},
    "matches": {"matches": {"of": "sum", "with": {"table": "parent"}}, "column": "n"},
    "keys_match": {"keys_match": {"references": PARENT}, "columns": ["n"]},
}
TIMES = st.datetimes(datetime(2026, 3, 26), datetime(2026, 3, 31))  # noqa: DTZ001
NUMBERS = st.one_of(st.none(), st.integers(-2, 2))
TEXTS = st.one_of(st.none(), st.sampled_from(["a", "", "é", "it's", "a@b.org", "10.0.0.1"]))
Row = tuple[Any, ...]
ROWS: st.SearchStrategy[list[Row]] = st.lists(
    st.tuples(
        st.sampled_from([None, "it's", "é"]),
        st.sampled_from([None, -1]),
        NUMBERS,
        TEXTS,
        st.one_of(st.none(), TIMES),
        st.one_of(st.none(), st.sampled_from([-1.5, -1.0, 0.0, 0.5, 1.5, 2.25, 2.0**30])),
    ),
    min_size=6,
    max_size=14,
)
PARENTS: list[Row] = [
    ("DE", 0, n, t, None, float(n)) for n, t in [(0, "a"), (1, "é"), (1, "b"), (2, ""), (2, "a")]
]
WIDTH = len(BY)
Measured = Mapping[str, Measurement]
Profiler = Callable[[str, Sequence[Row], Sequence[Expectation]], Measured]


def expectations(**more: Any) -> list[Expectation]:
    checks = [{**check, "id": f"{n}", **more} for n, check in enumerate(CHECKS)]
    contract = settled(load({"contract": "c", "version": "1", "checks": checks}), OCCASION)
    return [check for check in contract.expectations if check.needs_rows]


ALONE = expectations()
SEGMENTED = expectations(segment_by={"columns": BY, "at_least_rows": 1})


def test_every_word_that_takes_groups_is_tried() -> None:
    takes = {word for word, form in FORMS.items() if "segment_by" in form.options}
    tried = {word for check in CHECKS for word in check if word in FORMS}

    assert takes == tried | REFUSED.keys()


@pytest.mark.parametrize("word", REFUSED)
def test_a_check_of_the_whole_is_refused_with_the_reason(word: str) -> None:
    check = {**REFUSED[word], "segment_by": "g"}

    with pytest.raises(ContractInvalid, match=r"takes no groups: it (holds the whole|is about)"):
        load({"contract": "c", "version": "1", "checks": [check]})


@pytest.fixture
def duckdb(tmp_path: Path) -> Profiler:
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = {
        "g": pa.string(),
        "k": pa.int64(),
        "n": pa.int64(),
        "t": pa.string(),
        "at": pa.timestamp("us"),
        "x": pa.float64(),
    }

    def write(name: str, rows: Sequence[Row]) -> Path:
        columns = {
            column: pa.array([row[index] for row in rows], kind)
            for index, (column, kind) in enumerate(types.items())
        }
        pq.write_table(pa.table(columns), tmp_path / f"{name}.parquet")
        return tmp_path / f"{name}.parquet"

    def profile(name: str, rows: Sequence[Row], asked: Sequence[Expectation]) -> Measured:
        write("parent", PARENTS).replace(tmp_path / "parent")
        return profile_files(str(write(name, rows)), asked).measurements

    return profile


@pytest.fixture
def sqlite(sqlite: sqlite3.Connection) -> Profiler:
    def write(name: str, rows: Sequence[Row]) -> None:
        columns = "(g TEXT, k INTEGER, n INTEGER, t TEXT, at TIMESTAMP, x DOUBLE)"
        sqlite.execute(f"DROP TABLE IF EXISTS {name}")
        sqlite.execute(f"CREATE TABLE {name} {columns}")
        written = [(*row[:4], row[4] and row[4].isoformat(sep=" "), row[5]) for row in rows]
        sqlite.executemany(f"INSERT INTO {name} VALUES (?, ?, ?, ?, ?, ?)", written)  # noqa: S608
        sqlite.commit()

    def profile(name: str, rows: Sequence[Row], asked: Sequence[Expectation]) -> Measured:
        write("parent", PARENTS)
        write(name, rows)
        return profile_table(sqlite, "sqlite", TableSource(table=name), asked).measurements

    return profile


@pytest.fixture
def postgresql(postgres: Any) -> Profiler:
    def write(name: str, rows: Sequence[Row]) -> None:
        columns = "(g text, k bigint, n bigint, t text, at timestamp, x double precision)"
        postgres.execute(f"DROP TABLE IF EXISTS {name}")
        postgres.execute(f"CREATE TABLE {name} {columns}")
        with postgres.cursor() as cursor:
            values = "VALUES (%s, %s, %s, %s, %s, %s)"
            cursor.executemany(f"INSERT INTO {name} {values}", rows)
        postgres.commit()

    def profile(name: str, rows: Sequence[Row], asked: Sequence[Expectation]) -> Measured:
        write("parent", PARENTS)
        write(name, rows)
        return profile_table(postgres, "postgres", TableSource(table=name), asked).measurements

    return profile


def grouped(rows: Sequence[Row]) -> dict[str, list[Row]]:
    def label(row: Row) -> str:
        return group_name(BY, row[:WIDTH])

    return {name: list(each) for name, each in groupby(sorted(rows, key=label), key=label)}


def in_groups(profile: Profiler, rows: Sequence[Row]) -> dict[str, dict[str, Any]]:
    """By check and group, what the check of each group measures."""
    measured = profile("data", rows, SEGMENTED)
    assert {each.error for each in measured.values()} == {None}
    return {
        check.check_id: {
            group.name: (group.rows, plain(group.measurement))
            for group in measured[check.check_id].groups
        }
        for check in SEGMENTED
    }


def alone(profile: Profiler, rows: Sequence[Row]) -> dict[str, dict[str, Any]]:
    """The same from the check run on the rows of each group, as if there were no others."""
    found: dict[str, dict[str, Any]] = {check.check_id: {} for check in ALONE}
    for name, own in grouped(rows).items():
        for check_id, measurement in profile("alone", own, ALONE).items():
            found[check_id][name] = (len(own), plain(measurement))
    return found


def plain(found: Measurement) -> tuple[Any, ...]:
    """Without what binary fractions add in another order of rows."""
    value = float(f"{found.value:.9e}") + 0.0 if isinstance(found.value, float) else found.value
    return found.total, found.failing, str(value), dict(found.details), found.error


def examples(most: int) -> settings:
    """Few: an example asks all checks of the table and of each of its groups."""
    return settings(
        max_examples=most,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


@examples(2)
@given(rows=ROWS)
def test_in_duckdb(rows: list[Row], duckdb: Profiler) -> None:
    assert in_groups(duckdb, rows) == alone(duckdb, rows)


@examples(5)
@given(rows=ROWS)
def test_in_sqlite(rows: list[Row], sqlite: Profiler) -> None:
    assert in_groups(sqlite, rows) == alone(sqlite, rows)


@examples(2)
@given(rows=ROWS)
def test_in_postgresql(rows: list[Row], postgresql: Profiler) -> None:
    assert in_groups(postgresql, rows) == alone(postgresql, rows)


@examples(4)
@given(rows=ROWS)
def test_all_engines_find_the_same(
    rows: list[Row], duckdb: Profiler, sqlite: Profiler, postgresql: Profiler
) -> None:
    expected = in_groups(sqlite, rows)

    assert in_groups(duckdb, rows) == expected
    assert in_groups(postgresql, rows) == expected


def test_a_table_without_rows_has_no_groups(
    duckdb: Profiler, sqlite: Profiler, postgresql: Profiler
) -> None:
    for profile in (duckdb, sqlite, postgresql):
        assert not any(in_groups(profile, []).values())
