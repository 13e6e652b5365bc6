"""Searching among several classes and among predicted numbers, in every engine."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from airflow_gov_provider.domain.fairness.slice_terms import SliceSearch, parse_search
from airflow_gov_provider.domain.fairness.slices import Found, SliceCounts, search_slices
from airflow_gov_provider.exceptions import SourceInvalid
from airflow_gov_provider.profiling.fairness import slicing
from airflow_gov_provider.profiling.fairness.contingency_spec import ContingencySpec, Task
from airflow_gov_provider.profiling.places import locations
from airflow_gov_provider.profiling.places import look as places
from airflow_gov_provider.profiling.places.source import TableSource

CLASSES = ContingencySpec(
    features=(), label="label", positive=(), prediction="decided", task=Task.MULTICLASS
)
NUMBERS = replace(CLASSES, label="truth", prediction="guess", task=Task.REGRESSION)
_CREATE = (
    "CREATE TABLE predictions (region TEXT, age INTEGER, label TEXT, decided TEXT, "
    "truth FLOAT8, guess FLOAT8, weight FLOAT8)"
)

Search = Callable[[Sequence[Any], ContingencySpec, SliceSearch], SliceCounts]


def people(count: int = 3000) -> list[tuple[Any, ...]]:
    """Old people in the south: their "high" is seldom seen, and their numbers are too large."""
    rng = random.Random(11)  # noqa: S311
    rows: list[tuple[Any, ...]] = []
    for number in range(count):
        region, age = rng.choice(["north", "south", None]), rng.randrange(18, 80)
        bad = region == "south" and age > 60
        label = rng.choice(["low", "middle", "high"])
        seen = rng.random() < (0.3 if bad and label == "high" else 0.95)
        decided = label if seen else "low" if label != "low" else "middle"
        truth = rng.gauss(10, 3)
        guess = truth + rng.gauss(2 if bad else 0, 1)
        missing = number % 100 == 0
        rows.append((region, age, None if missing else label, decided, truth, guess, 1.0))
    return rows


def in_files(tmp_path: Path) -> Search:
    import duckdb

    def search(rows: Sequence[Any], spec: ContingencySpec, terms: SliceSearch) -> SliceCounts:
        path = tmp_path / "predictions.parquet"
        with duckdb.connect() as connection:
            connection.execute(_CREATE.replace("FLOAT8", "DOUBLE"))
            connection.executemany("INSERT INTO predictions VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
            connection.execute(f"COPY predictions TO '{path}' (FORMAT parquet)")
        work = partial(slicing.count_slices, spec=spec, search=terms)
        return places.in_files(locations.find(str(path)), work)

    return search


def in_database(connection: Any, dialect: str) -> Search:
    marks = ", ".join(["?" if dialect == "sqlite" else "%s"] * 7)

    def search(rows: Sequence[Any], spec: ContingencySpec, terms: SliceSearch) -> SliceCounts:
        cursor = connection.cursor()
        cursor.execute("DROP TABLE IF EXISTS predictions")
        cursor.execute(_CREATE)
        cursor.executemany(f"INSERT INTO predictions VALUES ({marks})", rows)  # noqa: S608
        connection.commit()
        work = partial(slicing.count_slices, spec=spec, search=terms)
        return places.in_table(connection, dialect, TableSource(table="predictions"), work)

    return search


@pytest.fixture(params=["duckdb", "sqlite", "postgres"])
def search(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Search]:
    if request.param == "duckdb":
        yield in_files(tmp_path)
    elif request.param == "sqlite":
        with closing(sqlite3.connect(tmp_path / "predictions.db")) as connection:
            yield in_database(connection, "sqlite")
    else:
        psycopg = pytest.importorskip("psycopg")
        url = request.getfixturevalue("postgres_url").replace("+psycopg", "")
        with closing(psycopg.connect(url)) as connection:
            yield in_database(connection, "postgres")


def terms(task: str, **options: Any) -> SliceSearch:
    found = parse_search({"features": ["region", "age"], "bins": 4, **options}, task)
    assert found is not None
    return found


def is_of_the_old_in_the_south(found: Found) -> bool:
    worst = found.worst[0]
    return worst.values["region"] == "south" and str(worst.values["age"]).startswith("> ")


def test_the_class_that_is_missed_in_one_slice_is_found(search: Search) -> None:
    of_high = terms("multiclass", positive_class="high", rates=["true_positive_rate"])

    found = search_slices(search(people(), CLASSES, of_high), of_high)

    assert is_of_the_old_in_the_south(found)
    assert found.worst[0].worse == pytest.approx(0.65, abs=0.15)


def test_without_a_class_predictions_are_right_or_wrong(search: Search) -> None:
    rows = people()

    found = search_slices(search(rows, CLASSES, terms("multiclass")), terms("multiclass"))

    assert is_of_the_old_in_the_south(found)
    assert found.worst[0].rate == "accuracy"
    judged = [row for row in rows if row[2] is not None]
    right = sum(row[2] == row[3] for row in judged)
    assert found.whole[0].tolist() == [right, 0, len(judged) - right, 0]


def test_a_class_that_never_occurs_is_an_error(search: Search) -> None:
    with pytest.raises(SourceInvalid, match="expected 'huge' among the values of label"):
        search(people(300), CLASSES, terms("multiclass", positive_class="huge"))


def test_classes_that_are_numbers_on_one_side_and_texts_on_the_other_are_compared_as_texts(
    search: Search,
) -> None:
    rows = [("north", 30, str(n % 3), "x", 0.0, 0.0, 1.0) for n in range(90)]
    asked = terms("multiclass", min_rows=1)
    spec = replace(CLASSES, prediction="age")

    counts = search([(r, n % 3, c, *rest) for n, (r, _, c, *rest) in enumerate(rows)], spec, asked)

    assert search_slices(counts, asked).whole[0].tolist() == [90, 0, 0, 0]


@pytest.mark.parametrize("weight", [None, "weight"])
def test_numbers_that_are_too_large_in_one_slice_are_found(
    search: Search, weight: str | None
) -> None:
    asked = terms("regression", at_most=0.5)

    found = search_slices(search(people(), replace(NUMBERS, weight=weight), asked), asked)

    assert is_of_the_old_in_the_south(found)
    assert found.worst[0].worse == pytest.approx(1.7, abs=0.5)
    assert found.complete
