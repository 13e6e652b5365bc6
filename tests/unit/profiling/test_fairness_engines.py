"""What fairness is judged by is the same in files, SQLite, PostgreSQL and every warehouse."""

from __future__ import annotations

import dataclasses
import math
import sqlite3
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pytest
from fakes.warehouses import Warehouse
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from airflow_gov_provider.domain.fairness.calibration import brier, mean_score
from airflow_gov_provider.domain.fairness.population import Population
from airflow_gov_provider.domain.fairness.ranking import auc
from airflow_gov_provider.domain.fairness.slice_terms import SliceSearch
from airflow_gov_provider.domain.fairness.slices import SliceCounts
from airflow_gov_provider.exceptions import SourceInvalid
from airflow_gov_provider.profiling.fairness.contingency_spec import ContingencySpec, Task
from airflow_gov_provider.profiling.fairness.populating import populate
from airflow_gov_provider.profiling.fairness.slicing import count_slices
from airflow_gov_provider.profiling.places import locations
from airflow_gov_provider.profiling.places import look as places
from airflow_gov_provider.profiling.places.source import QuerySource, TableSource
from airflow_gov_provider.profiling.warehouses.known import WAREHOUSES

# A column: how DuckDB, SQLite and PostgreSQL declare it.
COLUMNS = {
    "n": ("BIGINT", "INTEGER", "bigint"),
    "huge": ("DECIMAL(38,0)", "TEXT", "numeric"),
    "t": ("VARCHAR", "TEXT COLLATE NOCASE", "text"),
    "padded": ("VARCHAR", "TEXT", "character(3)"),
    "d": ("DOUBLE", "DOUBLE", "double precision"),
    "s": ("FLOAT", "FLOAT", "real"),
    "m": ("DECIMAL(12,4)", "NUMERIC", "numeric(12,4)"),
    "open": ("DECIMAL(12,4)", "NUMERIC", "numeric"),
    "yes": ("BOOLEAN", "BOOLEAN", "boolean"),
    "day": ("DATE", "DATE", "date"),
    "moment": ("TIMESTAMP", "TIMESTAMP", "timestamp"),
    "zoned": ("TIMESTAMP WITH TIME ZONE", "TIMESTAMP", "timestamptz"),
    "raw": ("BLOB", "BLOB", "bytea"),
    "label": ("VARCHAR", "TEXT", "text"),
    "decided": ("VARCHAR", "TEXT", "text"),
    "score": ("DOUBLE", "DOUBLE", "double precision"),
    "weight": ("DOUBLE", "DOUBLE", "double precision"),
}
FEATURES = tuple(COLUMNS)[:-4]
DECISIONS = ContingencySpec(
    features=FEATURES, label="label", positive=("yes",), prediction="decided", weight="weight"
)
SCORES = dataclasses.replace(
    DECISIONS, prediction=None, score="score", threshold=0.5, score_bins=1000
)
NUMBERS = ContingencySpec(
    features=("t", "n"),
    label="weight",
    positive=(),
    prediction="score",
    task=Task.REGRESSION,
    quantiles_by=((), ("t",), ("t", "n")),
)


def single(number: float) -> float:
    return float(struct.unpack("f", struct.pack("f", number))[0])


MOMENT = datetime(2020, 2, 29, 23, 59, 59, 999999)  # noqa: DTZ001
MISSING = st.none()
TEXTS = st.text(alphabet="abAÉé'%😀 \n", max_size=3)
GROUPS = st.tuples(
    st.one_of(MISSING, st.integers(-2, 2), st.sampled_from([2**63 - 1, -(2**63)])),
    st.one_of(MISSING, st.sampled_from([10**37, -(10**37), 7])),
    st.one_of(MISSING, TEXTS, st.sampled_from(["a", "A", "", "(missing)"])),
    st.one_of(MISSING, st.sampled_from(["a", "bcd"])),
    st.one_of(
        MISSING, st.sampled_from([0.1, -0.0, 0.0, 1e22, 1e-7, math.nan, math.inf, -math.inf])
    ),
    st.one_of(MISSING, st.sampled_from([0.1, 1.0, math.nan, math.inf]).map(single)),
    st.one_of(MISSING, st.sampled_from([Decimal("0.1"), Decimal("1.5000"), Decimal(-2)])),
    st.one_of(MISSING, st.sampled_from([Decimal("0.1"), Decimal("0.0005")])),
    st.one_of(MISSING, st.booleans()),
    st.one_of(MISSING, st.sampled_from([date(2020, 2, 29), date(1900, 1, 1)])),
    st.one_of(MISSING, st.sampled_from([MOMENT, MOMENT.replace(microsecond=0, hour=0)])),
    st.one_of(MISSING, st.sampled_from([MOMENT, MOMENT.replace(microsecond=0)])).map(
        lambda moment: moment and moment.replace(tzinfo=UTC)
    ),
    st.one_of(MISSING, st.sampled_from([b"", b"\x00a"])),
)
OUTCOMES = st.tuples(
    st.sampled_from(["yes", "no", None]),
    st.sampled_from(["yes", "no", None]),
    st.one_of(MISSING, st.floats(0, 1), st.sampled_from([0.5, 0.3, math.nan])),
    st.integers(0, 8).map(lambda eighths: eighths / 8),
)
CERTAIN = (*[None] * len(FEATURES), "yes", "yes", 0.25, 1.0)
ROWS = st.lists(st.tuples(GROUPS, OUTCOMES).map(lambda both: (*both[0], *both[1])), max_size=9).map(
    lambda rows: [*rows, CERTAIN]
)
HARD = (
    (1, 7, "a", "a", math.nan, math.nan, None, None, True, None, None, None, b"\x00a"),
    (1, 7, "A", "a", math.inf, math.inf, None, None, True, None, None, None, b"\x00a"),
    (1, 7, "a", "a", -math.inf, 0.5, None, None, False, None, None, None, b"\x00b"),
)

Look = Callable[[Callable[..., Any]], Any]


class Everywhere:
    """The same rows in every engine."""

    def __init__(self, directory: Path, sqlite: sqlite3.Connection, postgres: Any) -> None:
        self._path, self._sqlite, self._postgres = directory / "data.parquet", sqlite, postgres
        self._duckdb = duckdb.connect()

    def hold(self, rows: Sequence[Sequence[Any]]) -> dict[str, Look]:
        """Ways to look at them, by the name of the engine."""
        for place, (connection, mark) in enumerate(
            ((self._duckdb, "?"), (self._sqlite, "?"), (self._postgres, "%s"))
        ):
            self._fill(connection.cursor(), place, mark, rows)
        self._sqlite.commit()
        self._postgres.commit()
        self._duckdb.execute(f"COPY data TO '{self._path}' (FORMAT parquet)")
        table = TableSource(table="data")
        looks: dict[str, Look] = {
            "files": lambda work: places.in_files(locations.find(str(self._path)), work),
            "sqlite": partial(places.in_table, self._sqlite, "sqlite", table),
            "postgres": partial(places.in_table, self._postgres, "postgres", table),
        }
        for dialect in WAREHOUSES:
            warehouse = Warehouse(self._duckdb, dialect)
            looks[dialect] = partial(places.in_table, warehouse, dialect, table)
        return looks

    def _fill(self, cursor: Any, place: int, mark: str, rows: Sequence[Sequence[Any]]) -> None:
        declared = ", ".join(f"{name} {kinds[place]}" for name, kinds in COLUMNS.items())
        cursor.execute("DROP TABLE IF EXISTS data")
        cursor.execute(f"CREATE TABLE data ({declared})")
        written = [[*map(_in_sqlite, row)] if place == 1 else [*row] for row in rows]
        cursor.executemany(
            f"INSERT INTO data VALUES ({', '.join(mark for _ in COLUMNS)})",  # noqa: S608
            written,
        )

    def close(self) -> None:
        self._duckdb.close()


def _in_sqlite(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, int) and abs(value) >= 2**63 and value != -(2**63):
        return str(value)
    return value.isoformat() if isinstance(value, date) else value


@pytest.fixture
def everywhere(tmp_path: Path, sqlite: sqlite3.Connection, postgres: Any) -> Iterator[Everywhere]:
    with closing(Everywhere(tmp_path, sqlite, postgres)) as found:
        yield found


def counted(look: Look, spec: ContingencySpec) -> Population:
    found: Population = look(partial(populate, spec=spec))
    return found


def scores_of(found: Population) -> dict[Any, Any]:
    """What the histograms say of each group, to nine digits."""
    facts = {key: fact.scores for key, fact in found.facts("t").items() if fact.scores}
    return {
        key: (scores.rows, *(_rounded(of(scores)) for of in (auc, brier, mean_score)))
        for key, scores in facts.items()
    }


def _rounded(estimate: Any) -> Any:
    if estimate is None:
        return None
    # Scores so small that their squares are none are left out of sums by some engines.
    return None if estimate.value is None else float(f"{round(estimate.value, 60):.9g}")


def numbers_of(found: Population) -> dict[Any, Any]:
    sums = {} if found.residuals is None else found.residuals.cells
    quantiles = {
        (features, key): tuple(float(f"{value:.9g}") for value in each.values())
        for features, groups in found.quantiles.items()
        for key, each in groups.items()
    }
    plain = {
        key: tuple(
            float(f"{value:.9g}") if isinstance(value, float) else value
            for value in (each.rows, each.unjudged, each.total, each.squares, each.predictions)
        )
        for key, each in sums.items()
    }
    return {**quantiles, **plain}


@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=ROWS)
@example(rows=[(*groups, "yes", "no", 0.3, 0.5) for groups in HARD] + [CERTAIN])
def test_groups_and_counts_are_the_same_everywhere(rows: list[Any], everywhere: Everywhere) -> None:
    looks = everywhere.hold(rows)
    expected = {each: counted(looks["files"], each).counts for each in (DECISIONS, SCORES)}
    scores, numbers = counted(looks["files"], SCORES), counted(looks["files"], NUMBERS)

    for name, look in looks.items():
        for spec, table in expected.items():
            assert counted(look, spec).counts.cells == table.cells, name
        assert scores_of(counted(look, SCORES)) == scores_of(scores), name
        assert numbers_of(counted(look, NUMBERS)) == numbers_of(numbers), name


def test_odd_values_have_names_of_their_own(everywhere: Everywhere) -> None:
    odd = (5, 10**37, "é", "a", math.nan, math.inf, Decimal("1.5"), Decimal("0.0005"), True)
    times = (date(2020, 2, 29), MOMENT, MOMENT.replace(tzinfo=UTC), b"\x00a")
    looks = everywhere.hold([(*odd, *times, "yes", "yes", 0.5, 1.0)])

    for name, look in looks.items():
        (key,) = counted(look, DECISIONS).counts.cells
        assert dict(zip(FEATURES, key, strict=True)) == {
            "n": "5",
            "huge": "1" + "0" * 37,
            "t": "é",
            "padded": "a",
            "d": None,
            "s": "inf",
            "m": "1.5",
            "open": "0.0005",
            "yes": "true",
            "day": "2020-02-29",
            "moment": "2020-02-29T23:59:59.999999",
            "zoned": "2020-02-29T23:59:59.999999",
            "raw": "0061",
        }, name


SEARCH = SliceSearch(
    features=("t", "n", "yes"), max_values=3, bins=4, min_rows=1, min_share=0.0, max_features=3
)
SEARCHED = [
    (
        i % 17,
        None,
        ("a", "B", "b", "A", "é", None, "")[i % 7],
        *[None] * 5,
        i % 4 == 0,
        *[None] * 4,
        "yes" if i % 3 else "no",
        "yes" if i % 2 else "no",
        i / 200,
        1.0,
    )
    for i in range(200)
]


def test_a_search_counts_the_same_slices_everywhere(everywhere: Everywhere) -> None:
    looks = everywhere.hold(SEARCHED)
    spec = dataclasses.replace(DECISIONS, features=(), weight=None)

    def searched(look: Look) -> SliceCounts:
        found: SliceCounts = look(partial(count_slices, spec=spec, search=SEARCH))
        return found

    expected = searched(looks["files"])

    assert expected.bins["n"]
    for name, look in looks.items():
        found = searched(look)
        assert [each.cells for each in found.tables] == [each.cells for each in expected.tables], (
            name
        )
        assert found.bins == expected.bins, name


@pytest.mark.parametrize("dialect", WAREHOUSES)
def test_columns_may_be_named_as_people_write_them(dialect: str) -> None:
    with duckdb.connect() as database:
        stored = 'i % 2 AS "TEAM", i % 3 AS "Y", i % 2 AS "P", CAST(i AS DOUBLE) AS "E"'
        database.execute(f"CREATE TABLE data AS SELECT {stored} FROM range(30) AS r(i)")  # noqa: S608
        warehouse = Warehouse(database, dialect)
        look = partial(places.in_table, warehouse, dialect, TableSource(table="data"))
        decisions = ContingencySpec(
            features=("team",), label="y", positive=(1,), prediction="p", task=Task.BINARY
        )
        numbers = dataclasses.replace(NUMBERS, features=("p",), label="y", prediction="e")
        numbers = dataclasses.replace(numbers, quantiles_by=(("p",),))
        search = SliceSearch(features=("team", "e"), max_values=2, bins=3, max_features=2)

        assert [*counted(look, decisions).counts.cells] == [("0",), ("1",)]
        assert [*counted(look, numbers).quantiles[("p",)]] == [("0",), ("1",)]
        found = look(partial(count_slices, spec=decisions, search=search))
        assert [*found.bins] == ["e"]


def test_a_database_that_cannot_rank_within_such_groups_says_so(everywhere: Everywhere) -> None:
    looks = everywhere.hold([CERTAIN])
    spec = dataclasses.replace(NUMBERS, features=("d",), quantiles_by=(("d",),))

    assert counted(looks["trino"], spec).quantiles
    with pytest.raises(SourceInvalid, match="no quantiles by groups of d, which holds floating"):
        counted(looks["bigquery"], spec)


@pytest.mark.parametrize("dialect", WAREHOUSES)
def test_the_rows_of_a_query_are_counted(dialect: str) -> None:
    with duckdb.connect() as database:
        database.execute("CREATE TABLE data AS SELECT i % 2 AS g, 1 AS y FROM range(9) AS r(i)")
        source = QuerySource(sql="SELECT g, y, y AS p FROM data WHERE g = 1")
        look = partial(places.in_table, Warehouse(database, dialect), dialect, source)
        spec = ContingencySpec(features=("g",), label="y", positive=(1,), prediction="p")

        assert counted(look, spec).counts.overall.rows == 4
