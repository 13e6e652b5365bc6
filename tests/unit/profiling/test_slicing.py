"""Searching for slices in files, SQLite and PostgreSQL: the same rows, the same slices."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_gov_provider.domain.fairness.slice_terms import RARE, SliceSearch
from airflow_gov_provider.domain.fairness.slices import SliceCounts, search_slices
from airflow_gov_provider.exceptions import SourceInvalid
from airflow_gov_provider.profiling.fairness import slicing
from airflow_gov_provider.profiling.fairness.contingency_spec import ContingencySpec
from airflow_gov_provider.profiling.places import locations
from airflow_gov_provider.profiling.places import look as places
from airflow_gov_provider.profiling.places.source import TableSource

SPEC = ContingencySpec(features=(), label="label", positive=(1,), prediction="decided")
FEATURES = ("region", "age", "customer", "income")
_CREATE = (
    "CREATE TABLE predictions (region TEXT, age INTEGER, customer TEXT, income FLOAT8, "
    "label INTEGER, decided INTEGER)"
)

Rows = Sequence[tuple[Any, ...]]
Search = Callable[[Rows, SliceSearch], SliceCounts]


def search_in_files(tmp_path: Path) -> Search:
    import duckdb

    def search(rows: Rows, terms: SliceSearch) -> SliceCounts:
        path = tmp_path / "predictions.parquet"
        with duckdb.connect() as connection:
            connection.execute(_CREATE.replace("FLOAT8", "DOUBLE"))
            if rows:
                connection.executemany("INSERT INTO predictions VALUES (?, ?, ?, ?, ?, ?)", rows)
            connection.execute(f"COPY predictions TO '{path}' (FORMAT parquet)")
        work = partial(slicing.count_slices, spec=SPEC, search=terms)
        return places.in_files(locations.find(str(path)), work)

    return search


def search_in(connection: Any, dialect: str) -> Search:
    mark = "?" if dialect == "sqlite" else "%s"

    def search(rows: Rows, terms: SliceSearch) -> SliceCounts:
        cursor = connection.cursor()
        cursor.execute(_CREATE)
        marks = ", ".join([mark] * 6)
        cursor.executemany(f"INSERT INTO predictions VALUES ({marks})", rows)  # noqa: S608
        connection.commit()
        work = partial(slicing.count_slices, spec=SPEC, search=terms)
        return places.in_table(connection, dialect, TableSource(table="predictions"), work)

    return search


@pytest.fixture(params=["duckdb", "sqlite", "postgres"])
def search(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Search]:
    """Counts for a search in rows that were written into a file or database of each kind."""
    if request.param == "duckdb":
        yield search_in_files(tmp_path)
    elif request.param == "sqlite":
        with closing(sqlite3.connect(tmp_path / "predictions.db")) as connection:
            yield search_in(connection, "sqlite")
    else:
        psycopg = pytest.importorskip("psycopg")
        url = request.getfixturevalue("postgres_url").replace("+psycopg", "")
        with closing(psycopg.connect(url)) as connection:
            yield search_in(connection, "postgres")


def people(count: int = 4000) -> Rows:
    """Nearly all decisions are right, but those about the old in the south half of the time."""
    rng = random.Random(3)  # noqa: S311
    rows = []
    for number in range(count):
        region = rng.choice(["north", "south", "O'Neil", None])
        age = rng.randrange(18, 80)
        income = None if number % 50 == 0 else rng.lognormvariate(0, 1)
        customer = "many" if rng.random() < 0.5 else f"c{number}"
        label = rng.random() < 0.5
        right = rng.random() < (0.5 if region == "south" and age > 60 else 0.95)
        rows.append((region, age, customer, income, int(label), int(label == right)))
    return rows


TERMS = SliceSearch(features=FEATURES, rates=("accuracy",), bins=4, min_rows=30)


def test_the_bad_slice_of_binned_ages_is_found_without_being_named(search: Search) -> None:
    counts = search(people(), TERMS)

    found = search_slices(counts, TERMS)

    worst = found.worst[0]
    assert worst.features == ("region", "age")
    assert worst.key[0] == "south"
    assert worst.key[1] == f"> {counts.bins['age'][-1]:g}"
    assert worst.worse == pytest.approx(0.45, abs=0.1)
    assert found.complete


def test_numbers_with_many_values_are_binned_into_equally_many_rows(search: Search) -> None:
    (table,) = search(people(), TERMS).tables

    ages = table.by("age")
    incomes = table.by("income")
    assert len(ages) == 4
    assert all(800 <= counts.rows <= 1200 for counts in ages.values())
    assert incomes.pop((None,)).rows == 80
    assert [counts.rows for counts in incomes.values()] == [980] * 4


def test_of_a_column_with_many_values_the_frequent_ones_are_kept_apart(search: Search) -> None:
    terms = SliceSearch(features=FEATURES, max_values=5)

    (table,) = search(people(), terms).tables

    found = table.by("customer")
    assert found["many",].rows > 1900
    assert found[RARE,].rows > 1900
    assert len(found) == 6


def test_every_engine_finds_the_same_slices(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    rows = people(1500)
    engines = [search_in_files(tmp_path)]
    psycopg = pytest.importorskip("psycopg")
    url = request.getfixturevalue("postgres_url").replace("+psycopg", "")
    terms = SliceSearch(features=("region", "age", "income"), bins=4, min_rows=20)
    with (
        closing(sqlite3.connect(tmp_path / "predictions.db")) as lite,
        closing(psycopg.connect(url)) as postgres,
    ):
        engines += [search_in(lite, "sqlite"), search_in(postgres, "postgres")]
        found = [engine(rows, terms) for engine in engines]

    assert found[0].bins["income"] == pytest.approx(found[1].bins["income"])
    assert found[0].bins["income"] == pytest.approx(found[2].bins["income"])
    answers = [
        [(s.features, s.rate, s.worse, s.p_adjusted) for s in search_slices(one, terms).worst]
        for one in found
    ]
    assert answers[0]
    assert answers[0] == answers[1] == answers[2]


def test_what_is_no_number_is_missing_and_in_no_bin(tmp_path: Path) -> None:
    rows: list[tuple[Any, ...]] = [("north", age, "c", float(age), 1, 1) for age in range(100)]
    rows += [("north", 1, "c", value, 1, 1) for value in (float("nan"), None, float("inf"))]

    (table,) = search_in_files(tmp_path)(rows, SliceSearch(features=("income",), bins=2)).tables

    assert [(key, counts.rows) for key, counts in table.by("income").items()] == [
        (("<= 50",), 51),
        (("> 50",), 50),
        ((None,), 2),
    ]


def test_the_search_tells_how_far_it_is_and_ends_after_its_time(tmp_path: Path) -> None:
    told: list[str] = []
    terms = SliceSearch(features=FEATURES, max_seconds=0, max_values=50)
    path = tmp_path / "predictions.parquet"
    search_in_files(tmp_path)(people(200), terms)
    work = partial(slicing.count_slices, spec=SPEC, search=terms, tell=told.append)

    counts = places.in_files(locations.find(str(path)), work)

    assert told[0] == "looking at the values of region, feature 1 of 4"
    assert told[4].startswith("counting region, ")
    assert len(counts.tables) == 1
    if not counts.complete:
        assert told[-1].startswith("ending after ")


def test_a_table_without_rows_has_no_slices(search: Search) -> None:
    terms = SliceSearch(features=("region", "income"))

    found = search_slices(search([], terms), terms)

    assert (found.slices, found.tests, found.complete) == (0, 0, True)


def test_a_column_that_is_not_there_is_named(search: Search) -> None:
    with pytest.raises(SourceInvalid, match="has no column shoe_size"):
        search(people(60), SliceSearch(features=("region", "shoe_size")))


@given(
    st.lists(st.integers(2, 52), min_size=1, max_size=9),
    st.integers(1, 3),
)
def test_every_combination_is_in_a_block_that_can_be_counted_at_once(
    sizes: list[int], most: int
) -> None:
    values = {f"f{i}": size for i, size in enumerate(sizes)}

    blocks = list(slicing._blocks(values, most))

    for combination in combinations(values, min(most, len(values))):
        assert any({*combination} <= {*block} for block in blocks)
    assert all(slicing._cells(values, {*b}) or len(b) <= most for b in blocks)
    assert len(blocks) <= len(list(combinations(values, min(most, len(values)))))
