"""Scores, classes and predicted numbers on DuckDB (files), SQLite and PostgreSQL: the same sums."""

from __future__ import annotations

import csv
import dataclasses
import math
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from statistics import quantiles
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlglot import exp

from airflow_gov_provider.domain.fairness.calibration import brier, mean_score, sweep
from airflow_gov_provider.domain.fairness.population import Population
from airflow_gov_provider.domain.fairness.ranking import auc
from airflow_gov_provider.domain.fairness.scores import EDGES
from airflow_gov_provider.exceptions import SourceInvalid
from airflow_gov_provider.profiling.fairness import score_counting
from airflow_gov_provider.profiling.fairness.contingency_spec import ContingencySpec, Task
from airflow_gov_provider.profiling.fairness.populating import populate_files, populate_table
from airflow_gov_provider.profiling.places.source import TableSource

ADULT = Path(__file__).parents[2] / "golden" / "golden_fairness_adult.csv"

Row = tuple[str | None, str | None, float | None, float | None, float]
Populate = Callable[[Sequence[Row], ContingencySpec], Population]

_CREATE = "CREATE TABLE p (g TEXT, label TEXT, score FLOAT8, truth FLOAT8, weight FLOAT8)"
SCORES = ContingencySpec(
    features=("g",), label="label", positive=("yes",), score="score", threshold=0.5, score_bins=1000
)
NUMBERS = ContingencySpec(
    features=("g",),
    label="truth",
    positive=(),
    prediction="score",
    task=Task.REGRESSION,
    quantiles_by=(("g",), ()),
)


def in_duckdb(tmp_path: Path) -> Populate:
    import duckdb

    def populate(rows: Sequence[Row], spec: ContingencySpec) -> Population:
        path = tmp_path / "p.parquet"
        with duckdb.connect() as connection:
            connection.execute(_CREATE.replace("FLOAT8", "DOUBLE"))
            if rows:
                connection.executemany("INSERT INTO p VALUES (?, ?, ?, ?, ?)", rows)
            connection.execute(f"COPY p TO '{path}' (FORMAT parquet)")
        return populate_files(str(path), spec)

    return populate


def in_database(connection: Any, dialect: str) -> Populate:
    mark = "?" if dialect == "sqlite" else "%s"

    def populate(rows: Sequence[Row], spec: ContingencySpec) -> Population:
        cursor = connection.cursor()
        cursor.execute("DROP TABLE IF EXISTS p")
        cursor.execute(_CREATE)
        cursor.executemany(f"INSERT INTO p VALUES ({', '.join([mark] * 5)})", rows)  # noqa: S608
        connection.commit()
        return populate_table(connection, dialect, TableSource(table="p"), spec)

    return populate


@pytest.fixture(params=["duckdb", "sqlite", "postgres"])
def populate(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Populate]:
    if request.param == "duckdb":
        yield in_duckdb(tmp_path)
    elif request.param == "sqlite":
        with closing(sqlite3.connect(tmp_path / "p.db")) as connection:
            yield in_database(connection, "sqlite")
    else:
        psycopg = pytest.importorskip("psycopg")
        url = request.getfixturevalue("postgres_url").replace("+psycopg", "")
        with closing(psycopg.connect(url)) as connection:
            yield in_database(connection, "postgres")


ROWS: list[Row] = [
    ("a", "yes", 0.9, 1.0, 2.0),
    ("a", "no", 0.9, -2.5, 1.0),
    ("a", "yes", 0.3, 0.0, 1.0),
    ("a", "no", 0.29, 4.0, 0.5),
    ("a", "no", 0.0, 4.0, 0.5),
    ("b", "yes", 1.0, 10.0, 1.0),
    ("b", "no", 0.1, 0.1, 1.0),
    ("b", "no", None, 1.0, 1.0),
    ("b", None, 0.5, None, 1.0),
    (None, "yes", 0.7, 0.7, 1.0),
    (None, "no", math.nan, math.nan, 1.0),
]


def known(rows: Sequence[Row], group: str | None) -> list[tuple[bool, float, float]]:
    return [
        (label == "yes", score, weight)
        for g, label, score, _, weight in rows
        if g == group and label is not None and score is not None and not math.isnan(score)
    ]


def pairwise_auc(rows: Sequence[tuple[bool, float, float]]) -> float:
    won = total = 0.0
    for y, s, w in rows:
        for other, t, v in rows:
            if y and not other:
                total += w * v
                won += w * v * (1.0 if s > t else 0.5 if s == t else 0.0)
    return won / total


def test_scores_are_summed_by_group_label_and_tenth(populate: Populate) -> None:
    found = populate(ROWS, SCORES)

    assert found.scores is not None
    a = found.facts("g")[("a",)].scores
    assert a is not None
    assert a.rows == 5
    assert auc(a).value == pytest.approx(
        pairwise_auc([(y, s, 1.0) for y, s, _ in known(ROWS, "a")])
    )
    assert auc(a).error == 0.0
    assert mean_score(a).value == pytest.approx((0.9 + 0.9 + 0.3 + 0.29 + 0.0) / 5)
    # 0.3 reaches the edge of 0.3, and 0.29 does not, whatever 0.29 * 100 may be.
    rows, _, _ = sweep(a)
    assert rows[EDGES.index(0.3)].tolist() == [2, 1, 0, 2]
    b = found.facts("g")[("b",)]
    assert b.counts.unjudged == 2
    assert b.scores is not None
    assert b.scores.rows == 2


@pytest.mark.parametrize("bins", [0, 10, 1000])
def test_scores_just_below_an_edge_do_not_reach_it(populate: Populate, bins: int) -> None:
    edges = [0.0, *EDGES, 1.0]
    scores = [*edges, *(math.nextafter(edge, 0.0) for edge in edges[1:])]
    rows: list[Row] = [("a", "yes", score, 0.0, 1.0) for score in scores]

    found = populate(rows, dataclasses.replace(SCORES, score_bins=bins)).facts("g")[("a",)]

    reached = [sum(score >= edge for score in scores) for edge in EDGES]
    assert found.scores is not None
    assert sweep(found.scores)[0][:, 0].tolist() == reached
    assert found.counts.tp.rows == sum(score >= 0.5 for score in scores)
    assert found.counts.fn.rows == sum(score < 0.5 for score in scores)


def test_groups_that_look_alike_in_the_engine_are_one(populate: Populate) -> None:
    rows: list[Row] = [
        (group, label, score, 0.0, 1.0)
        for group in ("a", "", None)
        for label in ("yes", "no", None)
        for score in (0.2, None, math.nan, 0.7)
    ]

    found = populate(rows, SCORES)

    assert {key: c.rows for key, c in found.counts.cells.items()} == {
        ("",): 4,
        ("a",): 4,
        (None,): 4,
    }
    assert found.scores is not None
    assert {key: h.rows for key, h in found.scores.cells.items()} == {
        ("",): 4,
        ("a",): 4,
        (None,): 4,
    }


def test_counts_beside_scores_are_those_without(populate: Populate) -> None:
    plain = dataclasses.replace(SCORES, score_bins=None)

    assert populate(ROWS, SCORES).counts.cells == populate(ROWS, plain).counts.cells


def test_weights_weigh_scores(populate: Populate) -> None:
    found = populate(ROWS, dataclasses.replace(SCORES, weight="weight"))

    a = found.facts("g")[("a",)].scores
    rows = known(ROWS, "a")
    assert auc(a).value == pytest.approx(pairwise_auc(rows))
    weight = sum(w for _, _, w in rows)
    assert brier(a).value == pytest.approx(sum(w * (s - y) ** 2 for y, s, w in rows) / weight)


@pytest.mark.parametrize("score", [1.5, -0.1, math.inf])
def test_a_score_that_is_no_probability_is_an_error(populate: Populate, score: float) -> None:
    with pytest.raises(SourceInvalid, match="from 0 to 1 in score, found 1 rows outside"):
        populate([*ROWS, ("a", "no", score, 0.0, 1.0)], SCORES)


def test_coarse_bins_say_how_far_the_auc_may_be_off_and_single_scores_are_exact(
    populate: Populate,
) -> None:
    rows: list[Row] = [
        ("a", "yes" if i % 3 else "no", (i * 37 % 101) / 101, 0.0, 1.0) for i in range(90)
    ]
    exact = pairwise_auc(known(rows, "a"))

    coarse = auc(
        populate(rows, dataclasses.replace(SCORES, score_bins=5)).facts("g")[("a",)].scores
    )
    single = auc(
        populate(rows, dataclasses.replace(SCORES, score_bins=0)).facts("g")[("a",)].scores
    )

    assert coarse.error > 0
    assert abs(coarse.value - exact) <= coarse.error
    assert (single.value, single.error) == (pytest.approx(exact, abs=1e-12), 0.0)


def test_predicted_numbers_are_summed_by_group(populate: Populate) -> None:
    found = populate(ROWS, NUMBERS)

    a = found.facts("g")[("a",)].residuals
    errors = [s - t for g, _, s, t, _ in ROWS if g == "a"]
    assert a is not None
    assert (a.rows, a.unjudged) == (5, 0)
    assert a.total == pytest.approx(sum(errors))
    assert a.absolute == pytest.approx(sum(map(abs, errors)))
    assert a.squares == pytest.approx(sum(e * e for e in errors))
    assert a.fourth == pytest.approx(sum(e**4 for e in errors))
    assert a.quantiles[0.5] == pytest.approx(sorted(errors)[2])
    assert a.quantiles[0.1] == pytest.approx(quantiles(errors, n=10, method="inclusive")[0])
    b = found.facts("g")[("b",)].residuals
    assert b is not None
    assert (b.rows, b.unjudged) == (2, 2)
    assert found.whole.residuals.quantiles.keys() == {0.1, 0.5, 0.9}


def test_weights_of_rows_that_are_not_judged_weigh_nothing(populate: Populate) -> None:
    found = populate(ROWS, dataclasses.replace(NUMBERS, weight="weight", quantiles_by=()))

    a = found.facts("g")[("a",)].residuals
    assert (a.weight, a.weight_squares) == (5.0, 6.5)
    assert a.total == pytest.approx(sum(w * (s - t) for g, _, s, t, w in ROWS if g == "a"))
    assert found.facts("g")[("b",)].residuals.weight == 2.0


def test_an_infinite_prediction_is_not_judged(populate: Populate) -> None:
    found = populate([*ROWS, ("a", "no", math.inf, 1.0, 1.0)], NUMBERS)

    assert found.facts("g")[("a",)].residuals.unjudged == 1


@pytest.mark.parametrize("weight", [-1.0, None])
def test_a_weight_that_is_none_is_an_error_for_numbers_as_well(
    populate: Populate, weight: float | None
) -> None:
    rows: list[Any] = [*ROWS, ("a", "no", 0.5, 0.5, weight)]

    with pytest.raises(SourceInvalid, match="expected a finite weight"):
        populate(rows, dataclasses.replace(NUMBERS, weight="weight", quantiles_by=()))


def test_classes_are_counted_by_label_and_prediction(populate: Populate) -> None:
    spec = ContingencySpec(
        features=("g",), label="label", positive=(), prediction="g", task=Task.MULTICLASS
    )

    found = populate(
        [*ROWS, ("a", "a", 0.5, 0.0, 1.0)],
        dataclasses.replace(spec, prediction="label", label="g", features=("g",)),
    )

    a = found.facts("g")[("a",)].classes
    assert a is not None
    assert {place: cell.rows for place, cell in a.cells.items()} == {
        ("a", "yes"): 2,
        ("a", "no"): 3,
        ("a", "a"): 1,
    }
    assert found.facts("g")[(None,)].classes.unjudged == 2


def test_too_many_classes_are_refused_without_their_names(populate: Populate) -> None:
    rows: list[Row] = [("a", f"secret {i}", 0.5, 0.0, 1.0) for i in range(150)]
    spec = ContingencySpec(
        features=("g",), label="label", positive=(), prediction="label", task=Task.MULTICLASS
    )

    with pytest.raises(SourceInvalid, match="at most 100 classes") as error:
        populate(rows, spec)
    assert "secret" not in str(error.value)


def test_more_groups_than_allowed_are_refused_for_every_task(populate: Populate) -> None:
    rows: list[Row] = [(f"group {i}", "yes", 0.5, 0.0, 1.0) for i in range(20)]
    classes = dataclasses.replace(NUMBERS, task=Task.MULTICLASS, label="label", quantiles_by=())

    for spec in (SCORES, NUMBERS, classes):
        with pytest.raises(SourceInvalid, match="at most 10 groups, found more"):
            populate(rows, dataclasses.replace(spec, max_groups=10))


def test_no_rows_are_no_groups_for_every_task(populate: Populate) -> None:
    for spec in (SCORES, NUMBERS):
        found = populate([], spec)
        assert found.facts("g") == {}
        assert found.whole.counts.rows == 0


scored = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "", "é", None]),
        st.sampled_from(["yes", "no", None]),
        st.one_of(
            st.none(),
            st.just(math.nan),
            st.floats(0, 1),
            st.sampled_from([0.0, 0.1, 0.2, 0.29, 0.3, 0.7, 0.9, 1.0, -0.0]),
        ),
        st.one_of(st.none(), st.floats(-1e6, 1e6), st.sampled_from([math.inf, math.nan])),
        st.integers(0, 8).map(lambda n: n / 4),
    ),
    max_size=30,
)


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(rows=scored, weight=st.sampled_from([None, "weight"]), bins=st.sampled_from([0, 7, 1000]))
def test_every_engine_sums_the_same(
    rows: list[Row], weight: str | None, bins: int, tmp_path: Path, postgres_url: str
) -> None:
    psycopg = pytest.importorskip("psycopg")
    # A positive label that never occurs is refused, which is not what this is about.
    rows = [*rows, ("z", "yes", 0.5, 0.5, 1.0), ("z", "no", 0.5, 0.25, 1.0)]
    scores = dataclasses.replace(SCORES, weight=weight, score_bins=bins)
    numbers = dataclasses.replace(NUMBERS, weight=weight)
    with (
        closing(sqlite3.connect(":memory:")) as sqlite,
        closing(psycopg.connect(postgres_url.replace("+psycopg", ""))) as postgres,
    ):
        engines = [
            in_duckdb(tmp_path),
            in_database(sqlite, "sqlite"),
            in_database(postgres, "postgres"),
        ]
        for spec in (scores, numbers):
            first, *others = [flat(populate(rows, spec)) for populate in engines]
            for other in others:
                assert other.keys() == first.keys()
                for key, value in first.items():
                    assert other[key] == pytest.approx(value, rel=1e-9, abs=1e-9), key


def flat(found: Population) -> dict[Any, float]:
    """Every number by where it stands."""
    numbers: dict[Any, float] = {}
    for key, facts in found.facts("g").items():
        for name in ("tp", "fp", "fn", "tn"):
            cell = getattr(facts.counts, name)
            numbers[key, name, "rows"], numbers[key, name, "weight"] = cell.rows, cell.weight
        numbers[key, "unjudged"] = facts.counts.unjudged
        if facts.scores is not None:
            for place, one in facts.scores.bins:
                numbers[key, place, "n"], numbers[key, place, "sum"] = one.rows, one.total
                numbers[key, place, "squares"] = one.squares
                numbers[key, place, "low"], numbers[key, place, "high"] = one.low, one.high
        if facts.residuals is not None:
            for name in ("rows", "total", "absolute", "squares", "fourth", "labels"):
                numbers[key, name] = getattr(facts.residuals, name)
            for share, value in facts.residuals.quantiles.items():
                numbers[key, share] = value
    return numbers


def test_scores_of_the_census_are_exact_once_each_score_has_a_bin() -> None:
    spec = ContingencySpec(
        features=("sex", "race", "age_band"),
        label="y_true",
        positive=(1,),
        score="y_score",
        threshold=0.5,
        score_bins=10_000,
    )

    found = populate_files(str(ADULT), spec)

    women = found.facts("sex")[("Female",)].scores
    with ADULT.open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["sex"] == "Female"]
    assert women is not None
    assert women.rows == len(rows)
    assert auc(women).error == 0.0
    assert mean_score(women).value == pytest.approx(
        math.fsum(float(row["y_score"]) for row in rows) / len(rows), abs=1e-12
    )
    without_bins = dataclasses.replace(spec, score_bins=None)
    assert found.counts == populate_files(str(ADULT), without_bins).counts


def test_two_groups_with_the_same_number_are_counted_by_their_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    populate = in_duckdb(tmp_path)
    expected = populate(ROWS, SCORES)
    one = exp.Anonymous(this="hash", expressions=[exp.Literal.number(1)])
    monkeypatch.setattr(score_counting, "_group_number", lambda _: one.copy())

    found = populate(ROWS, SCORES)

    assert found.counts.cells == expected.counts.cells
    assert found.scores is not None
    assert expected.scores is not None
    for key, scores in found.scores.cells.items():
        assert list(scores.bins) == list(expected.scores.cells[key].bins)
