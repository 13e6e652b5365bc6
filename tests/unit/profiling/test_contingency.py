"""Counting on DuckDB (files), SQLite and PostgreSQL: the same rows, the same table."""

from __future__ import annotations

import csv
import dataclasses
import math
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from airflow_gov_provider.domain.fairness import ContingencyTable
from airflow_gov_provider.exceptions import ArgumentInvalid, SourceInvalid, SourceUnavailable
from airflow_gov_provider.profiling.fairness.contingency_spec import ContingencySpec
from airflow_gov_provider.profiling.fairness.populating import (
    populate_and_digest,
    populate_files,
    populate_table,
)
from airflow_gov_provider.profiling.places.digests import digest_of_files, unchanged
from airflow_gov_provider.profiling.places.source import QuerySource, TableSource

ADULT = Path(__file__).parents[2] / "golden" / "golden_fairness_adult.csv"
FEATURES = ("sex", "race", "age_band")

# Two groups and a missing one; a missing label, a missing prediction; a value with a quote.
COLUMNS = ('se"x', "label", "decided", "score", "weight")
ROWS: list[tuple[Any, ...]] = [
    ("F", "yes", "yes", 0.9, 2.0),
    ("F", "yes", "no", 0.2, 1.0),
    ("F", "no", "no", 0.1, 1.0),
    ("O'Neil", "no", "yes", 0.5, 0.5),
    ("O'Neil", "yes", "yes", 0.7, 0.0),
    ("O'Neil", None, "yes", 0.7, 1.0),
    (None, "no", "no", 0.3, 1.0),
    (None, "yes", None, None, 1.0),
]
SPEC = ContingencySpec(features=('se"x',), label="label", positive=("yes",), prediction="decided")


def count_files(path: str, spec: ContingencySpec) -> ContingencyTable:
    return populate_files(path, spec).counts


def count_table(
    connection: Any, dialect: str, source: Any, spec: ContingencySpec
) -> ContingencyTable:
    return populate_table(connection, dialect, source, spec).counts


Count = Callable[[Sequence[tuple[Any, ...]], ContingencySpec], ContingencyTable]


def count_in_duckdb(tmp_path: Path) -> Count:
    import duckdb

    def count(rows: Sequence[tuple[Any, ...]], spec: ContingencySpec) -> ContingencyTable:
        path = tmp_path / "predictions.parquet"
        with duckdb.connect() as connection:
            connection.execute(_CREATE.replace("FLOAT8", "DOUBLE"))
            if rows:
                connection.executemany("INSERT INTO predictions VALUES (?, ?, ?, ?, ?)", rows)
            connection.execute(f"COPY predictions TO '{path}' (FORMAT parquet)")
        return count_files(str(path), spec)

    return count


def count_in(connection: Any, dialect: str) -> Count:
    mark = "?" if dialect == "sqlite" else "%s"

    def count(rows: Sequence[tuple[Any, ...]], spec: ContingencySpec) -> ContingencyTable:
        cursor = connection.cursor()
        cursor.execute(_CREATE)
        marks = ", ".join([mark] * 5)
        cursor.executemany(f"INSERT INTO predictions VALUES ({marks})", rows)  # noqa: S608
        connection.commit()
        return count_table(connection, dialect, TableSource(table="predictions"), spec)

    return count


_CREATE = (
    'CREATE TABLE predictions ("se""x" TEXT, label TEXT, decided TEXT, score FLOAT8, weight FLOAT8)'
)


@pytest.fixture(params=["duckdb", "sqlite", "postgres"])
def count(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Count]:
    """Counts rows that were written into a file or database of each kind."""
    if request.param == "duckdb":
        yield count_in_duckdb(tmp_path)
    elif request.param == "sqlite":
        with closing(sqlite3.connect(tmp_path / "predictions.db")) as connection:
            yield count_in(connection, "sqlite")
    else:
        psycopg = pytest.importorskip("psycopg")
        url = request.getfixturevalue("postgres_url").replace("+psycopg", "")
        with closing(psycopg.connect(url)) as connection:
            yield count_in(connection, "postgres")


def outcomes(table: ContingencyTable) -> dict[tuple[str | None, ...], tuple[int, ...]]:
    """Rows per group: tp, fp, fn, tn, unjudged."""
    return {
        key: (c.tp.rows, c.fp.rows, c.fn.rows, c.tn.rows, c.unjudged)
        for key, c in table.cells.items()
    }


def test_rows_are_counted_by_group_label_and_prediction(count: Count) -> None:
    table = count(ROWS, SPEC)

    assert outcomes(table) == {
        ("F",): (1, 0, 1, 1, 0),
        ("O'Neil",): (1, 1, 0, 0, 1),
        (None,): (0, 0, 0, 1, 1),
    }
    assert (table.label_values, table.prediction_values) == (2, 2)


def test_a_score_is_positive_from_its_threshold_on(count: Count) -> None:
    spec = dataclasses.replace(SPEC, prediction=None, score="score", threshold=0.5)

    assert outcomes(count(ROWS, spec)) == {
        ("F",): (1, 0, 1, 1, 0),
        ("O'Neil",): (1, 1, 0, 0, 1),
        (None,): (0, 0, 0, 1, 1),
    }


def test_a_score_that_is_no_number_is_missing_and_not_above_every_threshold(count: Count) -> None:
    spec = dataclasses.replace(SPEC, prediction=None, score="score", threshold=0.5)
    rows = [*ROWS, ("F", "yes", "yes", math.nan, 1.0)]

    assert outcomes(count(rows, spec))[("F",)] == (1, 0, 1, 1, 1)


def test_weights_are_summed_with_their_squares(count: Count) -> None:
    table = count(ROWS, dataclasses.replace(SPEC, weight="weight"))

    female = table.cells[("F",)]
    assert table.weighted
    assert (female.tp.rows, female.tp.weight, female.tp.squares) == (1, 2.0, 4.0)
    # A row that weighs nothing is a row all the same.
    assert (table.cells[("O'Neil",)].tp.rows, table.cells[("O'Neil",)].tp.weight) == (1, 0.0)


@pytest.mark.parametrize("weight", [-1.0, None, math.nan])
def test_a_weight_that_is_none_is_an_error(count: Count, weight: float | None) -> None:
    rows = [*ROWS, ("F", "yes", "yes", 0.9, weight)]

    with pytest.raises(SourceInvalid, match="found 1 rows with another or none"):
        count(rows, dataclasses.replace(SPEC, weight="weight"))


def test_a_weight_without_end_is_an_error(count: Count) -> None:
    rows = [*ROWS, ("F", "yes", "yes", 0.9, math.inf)]

    with pytest.raises(SourceInvalid, match="expected a finite weight"):
        count(rows, dataclasses.replace(SPEC, weight="weight"))


def test_features_are_crossed_once_and_summed_to_their_margins(count: Count) -> None:
    table = count(ROWS, dataclasses.replace(SPEC, features=('se"x', "score")))

    assert outcomes(table)[("F", "0.9")] == (1, 0, 0, 0, 0)
    single = ContingencyTable(features=('se"x',), cells=table.by('se"x'))
    assert outcomes(single)[("F",)] == (1, 0, 1, 1, 0)


def test_unknown_columns_are_named_beside_those_that_there_are(count: Count) -> None:
    spec = dataclasses.replace(SPEC, features=("sex", "race"))

    with pytest.raises(SourceInvalid) as error:
        count(ROWS, spec)

    assert 'has no column sex, race; found se"x, label, decided, score, weight' in str(error.value)


def test_a_positive_label_that_never_occurs_is_an_error_without_the_values_that_do(
    count: Count,
) -> None:
    with pytest.raises(SourceInvalid) as error:
        count(ROWS, dataclasses.replace(SPEC, positive=("YES",)))

    assert "expected 'YES' among the values of label, found 2 other values" in str(error.value)
    assert "'yes'" not in str(error.value)


def test_a_positive_prediction_that_never_occurs_is_an_error(count: Count) -> None:
    with pytest.raises(SourceInvalid, match="among the values of decided"):
        count(ROWS, dataclasses.replace(SPEC, positive_prediction=("granted",)))


def test_a_model_that_never_predicts_the_positive_label_is_believed(count: Count) -> None:
    rows = [(group, label, "no", score, weight) for group, label, _, score, weight in ROWS]

    assert outcomes(count(rows, SPEC))[("F",)] == (0, 0, 2, 1, 0)


def test_labels_and_predictions_may_have_words_of_their_own(count: Count) -> None:
    words = {"yes": "granted", "no": "refused", None: None}
    rows = [(g, label, words[decided], s, w) for g, label, decided, s, w in ROWS]
    spec = dataclasses.replace(SPEC, positive_prediction=("granted",))

    assert outcomes(count(rows, spec)) == outcomes_of_rows()


def outcomes_of_rows() -> dict[tuple[str | None, ...], tuple[int, ...]]:
    tally: dict[tuple[str | None], Counter[int]] = {}
    for group, label, decided, _, _ in ROWS:
        # tp, fp, fn, tn, and 4 for what cannot be judged
        cell = {("yes", "yes"): 0, ("no", "yes"): 1, ("yes", "no"): 2, ("no", "no"): 3}
        tally.setdefault((group,), Counter())[cell.get((label, decided), 4)] += 1
    return {key: tuple(c[i] for i in range(5)) for key, c in tally.items()}


def test_several_values_can_be_positive(count: Count) -> None:
    table = count(ROWS, dataclasses.replace(SPEC, positive=("yes", "no")))

    assert outcomes(table)[("F",)] == (3, 0, 0, 0, 0)


def test_no_rows_are_no_groups(count: Count) -> None:
    assert outcomes(count([], SPEC)) == {}


def test_a_feature_with_too_many_values_has_to_be_put_into_bins(count: Count) -> None:
    rows = [(f"person {i}", "yes", "yes", 0.9, 1.0) for i in range(50)]

    with pytest.raises(SourceInvalid, match="at most 10 groups, found more") as error:
        count(rows, dataclasses.replace(SPEC, max_groups=10))

    assert 'se"x 50, label 1, decided 1' in str(error.value)
    assert "Put numbers into bins" in str(error.value)
    assert "person" not in str(error.value)


def test_scores_in_place_of_predictions_are_too_many_values(count: Count) -> None:
    rows = [("F", "yes", "no", i / 1000, 1.0) for i in range(1000)]

    with pytest.raises(SourceInvalid, match="score 1000"):
        count(rows, dataclasses.replace(SPEC, prediction="score", max_groups=5))


def test_a_table_or_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "empty.db")) as connection:
        with pytest.raises(SourceInvalid, match="no table nowhere"):
            count_table(connection, "sqlite", TableSource(table="nowhere"), SPEC)
        with pytest.raises(ArgumentInvalid, match=r"expected one of .*postgres.*sqlite"):
            count_table(connection, "oracle", TableSource(table="nowhere"), SPEC)
    with pytest.raises(SourceInvalid, match="no such file"):
        count_files(str(tmp_path / "nowhere.parquet"), SPEC)


def test_the_rows_of_a_query_can_be_counted(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "predictions.db")) as connection:
        connection.execute(_CREATE)
        connection.executemany("INSERT INTO predictions VALUES (?, ?, ?, ?, ?)", ROWS)
        connection.commit()
        source = QuerySource(sql='SELECT * FROM predictions WHERE "se""x" = \'F\' -- women')

        table = count_table(connection, "sqlite", source, SPEC)

        assert outcomes(table) == {("F",): (1, 0, 1, 1, 0)}
        with pytest.raises(SourceInvalid, match="one SELECT"):
            count_table(connection, "sqlite", QuerySource(sql="DELETE FROM predictions"), SPEC)


def test_text_in_a_score_column_of_sqlite_does_not_reach_the_threshold(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "predictions.db")) as connection:
        connection.execute("CREATE TABLE p (g, label, score)")
        connection.execute("INSERT INTO p VALUES ('a', 1, 'n/a'), ('a', 1, 0.9), ('a', 0, 1)")
        connection.commit()
        spec = ContingencySpec(
            features=("g",), label="label", positive=(1,), score="score", threshold=0.5
        )

        table = count_table(connection, "sqlite", TableSource(table="p"), spec)

        assert outcomes(table) == {("a",): (1, 1, 0, 0, 1)}


def test_real_predictions_are_counted_as_the_csv_module_counts_them() -> None:
    spec = ContingencySpec(features=FEATURES, label="y_true", positive=(1,), prediction="y_pred")

    table = count_files(str(ADULT), spec)

    with ADULT.open(newline="") as file:
        tally = Counter(
            (tuple(row[f] for f in FEATURES), row["y_true"], row["y_pred"])
            for row in csv.DictReader(file)
        )
    for key, counts in table.cells.items():
        assert counts.tp.rows == tally[(key, "1", "1")]
        assert counts.fp.rows == tally[(key, "0", "1")]
        assert counts.fn.rows == tally[(key, "1", "0")]
        assert counts.tn.rows == tally[(key, "0", "0")]
    assert table.overall.rows == sum(tally.values()) == 11306


def test_the_score_gives_what_the_frozen_prediction_says() -> None:
    by_score = ContingencySpec(
        features=FEATURES, label="y_true", positive=(1,), score="y_score", threshold=0.5
    )
    by_prediction = dataclasses.replace(by_score, score=None, threshold=None, prediction="y_pred")

    assert count_files(str(ADULT), by_score).cells == count_files(str(ADULT), by_prediction).cells


def test_the_positive_label_is_found_in_numbers_and_in_text() -> None:
    as_text = ContingencySpec(
        features=("sex",), label="y_true", positive=("1",), prediction="y_pred"
    )
    as_number = dataclasses.replace(as_text, positive=(1.0,))

    assert count_files(str(ADULT), as_text) == count_files(str(ADULT), as_number)


@pytest.mark.parametrize("positive", [True, 1, "true", "TRUE", "True"], ids=repr)
def test_a_boolean_is_found_however_it_is_written(tmp_path: Path, positive: Any) -> None:
    (tmp_path / "p.csv").write_text("g,label,decided\na,True,False\na,False,True\na,True,True\n")
    spec = ContingencySpec(
        features=("g",), label="label", positive=(positive,), prediction="decided"
    )

    assert outcomes(count_files(str(tmp_path / "p.csv"), spec)) == {("a",): (1, 1, 1, 0, 0)}


def test_true_finds_the_ones_of_a_database_without_booleans(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "predictions.db")) as connection:
        connection.execute("CREATE TABLE p (g, label BOOLEAN, decided BOOLEAN)")
        connection.execute("INSERT INTO p VALUES ('a', 1, 0), ('a', 0, 1), ('a', 1, 1)")
        connection.commit()
        spec = ContingencySpec(
            features=("g",), label="label", positive=(True,), prediction="decided"
        )

        table = count_table(connection, "sqlite", TableSource(table="p"), spec)

        assert outcomes(table) == {("a",): (1, 1, 1, 0, 0)}


def test_files_are_counted_together_and_known_by_one_digest(tmp_path: Path) -> None:
    head, *lines = ADULT.read_text().splitlines(keepends=True)
    (tmp_path / "a.csv").write_text(head + "".join(lines[:4000]))
    (tmp_path / "b.csv").write_text(head + "".join(lines[4000:]))
    spec = ContingencySpec(features=("sex",), label="y_true", positive=(1,), prediction="y_pred")

    found, read = populate_and_digest(str(tmp_path / "*.csv"), spec)

    assert found.counts == count_files(str(ADULT), spec)
    assert read["files"] == 2
    assert read["sha256"] == digest_of_files([tmp_path / "b.csv", tmp_path / "a.csv"])
    assert read["sha256"] != digest_of_files([tmp_path / "a.csv"])


def test_a_file_that_changes_while_it_is_read_is_tried_again(tmp_path: Path) -> None:
    path = tmp_path / "predictions.csv"
    path.write_text("a")

    with pytest.raises(SourceUnavailable, match="changed while it was read"), unchanged([path]):
        path.write_text("another length")
