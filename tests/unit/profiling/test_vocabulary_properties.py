"""Random tables: every word of the vocabulary has one answer, whichever engine gives it."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from airflow_gov_provider.domain import contracts
from airflow_gov_provider.domain.quality.expectations import Measurement
from airflow_gov_provider.profiling.places.files import profile_files
from airflow_gov_provider.profiling.places.source import TableSource
from airflow_gov_provider.profiling.places.sql import profile_table

NUMBERS = st.one_of(st.none(), st.integers(-5, 5), st.integers(-(2**53), 2**53))
TEXTS = st.one_of(
    st.none(), st.text(alphabet="aB'%_\\.é😀 \n1", max_size=4), st.sampled_from(["", "18", "{}"])
)
FLOATS = st.one_of(
    st.none(),
    st.floats(-1e6, 1e6, allow_nan=False),
    st.sampled_from([0.0, -0.0, 1.5, math.inf, -math.inf]),
)
TABLES = st.lists(st.tuples(NUMBERS, NUMBERS, TEXTS, TEXTS, FLOATS), max_size=14)
ANY = {"at_least": 0}
CHECKS: list[dict[str, Any]] = [
    {"null_percent": ANY, "column": "t"},
    {"missing": ["", "a"], "column": "t"},
    {"missing": [0, 1], "column": "x"},
    {"not_empty": {"column": "t"}},
    {"rows_complete": ["n", "t"]},
    {"any_complete": ["t", "x"]},
    {"primary_key": ["n"]},
    {"primary_key": ["t", "x"]},
    {"duplicate_count": ANY, "column": "t"},
    {"duplicate_percent": ANY, "columns": ["n", "t"]},
    {"distinct_count": ANY, "column": "x"},
    {"distinct_ratio": ANY, "columns": ["t", "u"]},
    {"eq": 1.5, "column": "x"},
    {"ne": "a", "column": "t"},
    {"gt": 0, "column": "x"},
    {"le": "a", "column": "t"},
    {"outside": {"at_least": -1, "less_than": 3}, "column": "n"},
    {"outside": {"at_least": "B", "at_most": "a"}, "column": "t"},
    {"outside": {"at_least": 1}, "column": "x"},
    {"not_regex": ".*a.*", "column": "t"},
    {"like": "%a_", "column": "t"},
    {"not_like": "\\%%", "column": "t"},
    {"starts_with": "a", "column": "t"},
    {"ends_with": "\\", "column": "t"},
    {"contains": "%", "column": "t"},
    {"format": "luhn", "column": "t"},
    {"format": "json", "column": "t"},
    {"format": "hostname", "column": "t"},
    {"ge_column": "m", "column": "n"},
    {"lt_column": "u", "column": "t"},
    {"eq_column": "u", "column": "t"},
    {"ne_column": "n", "column": "x"},
    {"sum_equals": {"columns": ["n", "m"], "value": 0}},
    {"sum_equals": {"columns": ["n", "x"], "total": "m"}},
    {"median": ANY, "column": "n"},
    {"variance": ANY, "column": "n"},
    {"most_common": ANY, "column": "t"},
    {"entropy": ANY, "column": "t"},
    {"entropy": ANY, "column": "x"},
    {"mutual_information": ANY, "columns": ["t", "u"]},
    {"correlation": ANY, "columns": ["n", "m"]},
    {"outliers": "iqr", "column": "n"},
    {"outliers": {"method": "zscore", "factor": 1.25}, "column": "m"},
    {"sql_value": {"query": "SELECT count(n) FROM {table}", **ANY}},
    {"failed_rows": "SELECT n, t FROM {table} WHERE n > 0 OR t = 'a'"},
    {"when": "n > 0", "then": {"not_empty": {"column": "t"}}},
]
CONTRACT = contracts.load(
    {"contract": "c", "version": "1", "checks": [{**c, "id": f"{n}"} for n, c in enumerate(CHECKS)]}
)
NAMES = ("n", "m", "t", "u", "x")


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(rows=TABLES)
def test_three_engines_measure_the_same(
    rows: list[Any], tmp_path: Path, sqlite: Any, postgres: Any
):
    asked = CONTRACT.expectations
    sqlite.execute("DROP TABLE IF EXISTS data")
    sqlite.execute("CREATE TABLE data (n INTEGER, m INTEGER, t TEXT, u TEXT, x REAL)")
    sqlite.executemany("INSERT INTO data VALUES (?, ?, ?, ?, ?)", rows)
    sqlite.commit()
    types = "(n bigint, m bigint, t text, u text, x double precision)"
    postgres.execute("DROP TABLE IF EXISTS data")
    postgres.execute(f"CREATE TABLE data {types}")
    with postgres.cursor() as cursor:
        cursor.executemany("INSERT INTO data VALUES (%s, %s, %s, %s, %s)", rows)
    postgres.commit()
    table = TableSource(table="data")

    of_files = profile_files(written(rows, tmp_path), asked).measurements
    of_sqlite = profile_table(sqlite, "sqlite", table, asked).measurements
    of_postgres = profile_table(postgres, "postgres", table, asked).measurements

    for number, check in enumerate(CHECKS):
        ours, theirs, others = (each[f"{number}"] for each in (of_files, of_sqlite, of_postgres))
        assert alike(ours, theirs), (check, "sqlite", ours, theirs)
        assert alike(ours, others), (check, "postgres", ours, others)


def written(rows: list[Any], directory: Path) -> str:
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = (pa.int64(), pa.int64(), pa.string(), pa.string(), pa.float64())
    columns = list(zip(*rows, strict=True)) or [()] * len(NAMES)
    arrays = [pa.array(list(each), kind) for each, kind in zip(columns, kinds, strict=True)]
    path = str(directory / "data.parquet")
    pq.write_table(pa.table(arrays, names=list(NAMES)), path)
    return path


def alike(one: Measurement, other: Measurement) -> bool:
    if (one.total, one.failing) != (other.total, other.failing):
        return False
    if (one.error is None) is not (other.error is None):
        return False
    if isinstance(one.value, float) and isinstance(other.value, (int, float)):
        return one.value == pytest.approx(other.value, rel=1e-6, abs=1e-6)
    return one.value == other.value


def test_an_estimate_says_that_it_is_one(tmp_path: Path):
    rows = [(n, n % 7, f"{n}", None, float(n)) for n in range(2000)]
    contract = contracts.load(
        {
            "contract": "c",
            "version": "1",
            "checks": [
                {"distinct_count": {"at_least": 1, "approximate": True}, "column": "t", "id": "d"},
                {
                    "quantile": {"q": 0.9, "at_least": 0, "approximate": True},
                    "column": "x",
                    "id": "q",
                },
                {"distinct_count": {"at_least": 1}, "column": "t", "id": "exact"},
            ],
        }
    )

    found = profile_files(written(rows, tmp_path), contract.expectations).measurements

    assert found["d"].details == {"approximate": "HyperLogLog"}
    assert found["d"].value == pytest.approx(2000, rel=0.1)
    assert found["q"].details == {"approximate": "t-digest"}
    assert found["q"].value == pytest.approx(1799, rel=0.05)
    assert (found["exact"].value, found["exact"].details) == (2000, {})
