"""Little memory makes a profile slower, and never another one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
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
from airflow_gov_provider.exceptions import ArgumentInvalid, SourceUnavailable
from airflow_gov_provider.profiling import repeats
from airflow_gov_provider.profiling.engines import duck
from airflow_gov_provider.profiling.measure import measure
from airflow_gov_provider.profiling.places.files import profile_files
from airflow_gov_provider.profiling.places.locations import find
from airflow_gov_provider.profiling.places.resources import Resources, size

LEAST = Resources(memory=size("64MB"))
ROWS = 3_000_000


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rows whose keys alone are larger than the least memory, with one repeat at the far end."""
    path = tmp_path_factory.mktemp("large") / "data.parquet"
    with duckdb.connect() as connection:
        rows = connection.sql(
            "SELECT range AS n, range + 0.5 AS x, 'key ' || least(range, $most) AS t "
            "FROM range($rows)",
            params={"most": ROWS - 2, "rows": ROWS},
        )
        rows.write_parquet(str(path))
    return path


def test_keys_that_do_not_fit_are_compared_in_rounds(large: Path) -> None:
    checks = [
        Expectation(check_id="n", kind=CheckKind.UNIQUE, columns=("n",)),
        Expectation(check_id="t", kind=CheckKind.UNIQUE, columns=("t",)),
        Expectation(check_id="rows", kind=CheckKind.ROW_COUNT, bounds=Bounds(at_least=1)),
    ]

    roomy, tight = (profile_files(str(large), checks, resources=r) for r in (None, LEAST))

    assert tight.measurements == roomy.measurements
    assert tight.statements > roomy.statements
    assert tight.measurements["t"] == Measurement(total=ROWS, failing=2)


def test_groups_that_do_not_fit_are_written_to_disk(large: Path) -> None:
    by_number = Expectation(check_id="x", kind=CheckKind.UNIQUE, columns=("x", "t"))

    found = profile_files(str(large), [by_number], resources=LEAST).measurements["x"]

    assert found == Measurement(total=ROWS, failing=0)


def test_a_quantile_that_does_not_fit_is_worked_out_on_disk(large: Path) -> None:
    median = Expectation(
        check_id="x",
        kind=CheckKind.STATISTIC,
        columns=("x",),
        statistic=Statistic.QUANTILE,
        quantile=0.5,
    )

    found = profile_files(str(large), [median], resources=LEAST).measurements["x"]

    assert found == Measurement(total=ROWS, value=ROWS / 2)


def test_nothing_is_left_in_the_directory_of_what_did_not_fit(large: Path, tmp_path: Path) -> None:
    spill = tmp_path / "spill"
    spill.mkdir()
    check = Expectation(check_id="x", kind=CheckKind.UNIQUE, columns=("x",))

    profile_files(str(large), [check], resources=Resources(memory=LEAST.memory, spill=spill))

    assert list(spill.iterdir()) == []


def test_a_directory_that_is_not_there_is_told_by_its_setting(large: Path, tmp_path: Path) -> None:
    nowhere = Resources(spill=tmp_path / "nowhere")

    with pytest.raises(SourceUnavailable, match="profiling_spill_dir"):
        profile_files(str(large), [], resources=nowhere)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    keys=st.lists(
        st.one_of(st.none(), st.integers(-3, 3), st.integers(-(2**63), 2**63 - 1)), max_size=30
    ),
    memory=st.integers(1, 3000),
)
def test_the_number_of_rounds_never_changes_what_is_found(keys, memory, tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = tmp_path / "keys.parquet"
    pq.write_table(pa.table({"n": pa.array(keys, pa.int64())}), path)
    check = Expectation(check_id="n", kind=CheckKind.UNIQUE, columns=("n",))
    present = [key for key in keys if key is not None]

    with duckdb.connect() as connection:
        engine = duck.DuckDBEngine(connection, references={}, memory=memory)
        relation = engine.open(find(str(path)))
        found = measure(engine, relation, [check], source="keys").measurements["n"]

    repeated = sum(present.count(key) > 1 for key in present)
    assert found == Measurement(total=len(present), failing=repeated)


def test_rounds_keep_the_keys_of_one_within_half_of_the_memory() -> None:
    assert repeats.rounds(0, memory=1) == 1
    assert repeats.rounds(10_000_000, memory=2 * 1024**3) == 1
    assert repeats.rounds(10_000_000, memory=64 * 1024**2) == 8


@pytest.mark.parametrize(
    ("text", "found"),
    [("64MB", 2**26), ("2GB", 2**31), (" 1.5 gib ", 3 * 2**29), ("1TB", 2**40)],
)
def test_a_size_is_written_with_its_unit(text: str, found: int) -> None:
    assert size(text) == found


@pytest.mark.parametrize("text", ["", "2", "2GBs", "-1GB", "63MB", "much"])
def test_a_size_that_is_none_or_too_small_is_refused(text: str) -> None:
    with pytest.raises(ArgumentInvalid, match="at least 64MB"):
        size(text)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    numbers=st.lists(st.one_of(st.none(), st.integers(-1000, 1000)), max_size=20),
    share=st.sampled_from([0, 0.05, 1 / 3, 0.5, 0.95, 1]),
    where=st.sampled_from([None, "n > 0"]),
)
def test_a_quantile_of_sorted_rows_is_that_of_the_aggregate(
    numbers, share, where, tmp_path
) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = tmp_path / "numbers.parquet"
    pq.write_table(pa.table({"n": pa.array(numbers, pa.int64())}), path)
    check = Expectation(
        check_id="n",
        kind=CheckKind.STATISTIC,
        columns=("n",),
        where=where,
        statistic=Statistic.QUANTILE,
        quantile=share,
    )

    class Forgetful(duck.DuckDBEngine):
        """Has no memory for an aggregate that keeps all of its values."""

        def _rows(self, query: Any) -> Any:
            if "QUANTILE_CONT" in query.sql(dialect="duckdb").upper():
                raise duck.OutOfMemory("too much")
            return super()._rows(query)

    with duckdb.connect() as one, duckdb.connect() as other:
        usual, forgetful = (
            measure(engine, engine.open(find(str(path))), [check], source="numbers").measurements
            for engine in (
                duck.DuckDBEngine(one, references={}),
                Forgetful(other, references={}),
            )
        )

    assert forgetful["n"].error is None
    assert forgetful["n"].total == usual["n"].total
    assert forgetful["n"].value == pytest.approx(usual["n"].value)
