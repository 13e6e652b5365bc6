"""The slice that nobody named is found, what is noise is not, and the counts are all it takes."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_gov_provider.domain.fairness import Cell, ContingencyTable, Counts
from airflow_gov_provider.domain.fairness.counts import summed
from airflow_gov_provider.domain.fairness.slice_terms import RARE, SliceSearch, parse_search
from airflow_gov_provider.domain.fairness.slices import Found, SliceCounts, search_slices
from airflow_gov_provider.domain.verdicts import Severity
from airflow_gov_provider.exceptions import ArgumentInvalid

NAMES = ("region", "age", "device", "channel")


def population(
    seed: int, *, values: int = 4, rows: int = 40_000, planted: dict[str, str] | None = None, worse: float = 0.25
) -> ContingencyTable:  # fmt: skip
    """Nine of ten decisions are right, but in the planted slice."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, values, size=(rows, len(NAMES)))
    bad = np.full(rows, planted is not None)
    for name, value in (planted or {}).items():
        bad &= codes[:, NAMES.index(name)] == int(value)
    right = rng.random(rows) < np.where(bad, 0.9 - worse, 0.9)
    label = rng.random(rows) < 0.4
    keys, counted = np.unique(np.column_stack([codes, label, right]), axis=0, return_counts=True)
    return ContingencyTable(
        features=NAMES,
        cells=summed(
            (
                tuple(str(v) for v in key[:-2]),
                Counts.of_outcome(
                    label=bool(key[-2]),
                    prediction=bool(key[-2] == key[-1]),
                    cell=Cell.of_rows(int(n)),
                ),
            )
            for key, n in zip(keys, counted, strict=True)
        ),
    )


def search(table: ContingencyTable, **terms: Any) -> Found:
    options: dict[str, Any] = {"features": NAMES, "rates": ("accuracy",), **terms}
    return search_slices(SliceCounts(tables=[table]), SliceSearch(**options))


@given(
    st.integers(0, 2**32 - 1),
    st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True),
    st.data(),
)
@settings(max_examples=25, deadline=None)
def test_the_planted_slice_is_the_worst_one_found(
    seed: int, features: list[str], data: st.DataObject
) -> None:
    planted = {name: data.draw(st.sampled_from("0123")) for name in features}

    found = search(population(seed, planted=planted))

    assert found.complete
    assert found.worst[0].values == planted
    assert found.worst[0].worse == pytest.approx(0.25, abs=0.1)
    assert found.worst[0].p_adjusted < 0.001


def test_what_is_larger_or_smaller_than_the_planted_slice_is_no_news() -> None:
    found = search(population(5, planted={"region": "1", "age": "2"}, worse=0.4))

    (only,) = found.worst
    assert only.values == {"region": "1", "age": "2"}


def test_where_nothing_is_wrong_one_search_in_twenty_says_otherwise() -> None:
    alarms = sum(bool(search(population(seed, rows=8000)).worst) for seed in range(60))

    assert alarms <= 8  # of sixty at q = 0.05: more than eight happen once in 150 such tests


def test_every_slice_with_enough_rows_is_tested_and_no_other() -> None:
    table = population(1, rows=3000)

    found = search(table, min_rows=30, min_share=0.02)

    expected = 0
    for size in (1, 2, 3):
        for features in combinations(NAMES, size):
            expected += sum(c.rows >= 60 for c in table.by(*features).values())
    assert found.least == 60
    assert found.slices == found.tests == expected


@given(st.integers(0, 1000))
@settings(max_examples=10, deadline=None)
def test_tables_of_some_features_each_give_what_one_table_gives(seed: int) -> None:
    table = population(seed, planted={"age": "0", "device": "3"}, rows=10_000)
    parts = [
        ContingencyTable(features=features, cells=table.by(*features))
        for features in combinations(NAMES, 3)
    ]

    whole = search_slices(SliceCounts(tables=[table]), SliceSearch(features=NAMES))
    split = search_slices(SliceCounts(tables=parts), SliceSearch(features=NAMES))

    assert [(s.values, s.rate, s.worse, s.p_adjusted) for s in split.worst] == [
        (s.values, s.rate, s.worse, s.p_adjusted) for s in whole.worst
    ]
    assert (split.tests, split.slices) == (whole.tests, whole.slices)


def test_an_error_rate_is_worse_when_it_is_higher_and_selection_either_way() -> None:
    table = ContingencyTable(
        features=("g",),
        cells={
            ("often",): Counts.of_rows(fp=300, tn=700, tp=900, fn=100),
            ("seldom",): Counts.of_rows(fp=100, tn=900, tp=900, fn=100),
        },
    )

    errors = search(table, features=("g",), rates=("false_positive_rate",))
    chosen = search(table, features=("g",), rates=("selection_rate",))

    assert [s.key for s in errors.worst] == [("often",)]
    assert {s.key for s in chosen.worst} == {("often",), ("seldom",)}


def test_rare_values_are_no_slice_but_count_among_the_others() -> None:
    table = ContingencyTable(
        features=("g",),
        cells={
            ("a",): Counts.of_rows(tp=900, fn=100),
            (RARE,): Counts.of_rows(tp=1000, fn=1000),
            (None,): Counts.of_rows(tp=500, fn=500),
        },
    )

    found = search(table, features=("g",))

    assert found.slices == 2
    assert found.whole[0].sum() == 4000
    # Half against 1,900 of 3,000 elsewhere: the missing slice is worse, "a" is better.
    (missing,) = found.worst
    assert missing.key == (None,)
    assert missing.worse == pytest.approx(1900 / 3000 - 0.5)


def test_the_search_ends_at_its_bound_and_says_so() -> None:
    found = search(population(1), max_slices=10)

    assert not found.complete
    assert found.slices == 10


def test_no_rows_are_no_slices() -> None:
    found = search_slices(SliceCounts(tables=[]), SliceSearch(features=NAMES))

    assert (found.slices, found.tests, list(found.worst)) == (0, 0, [])


def test_weights_count_and_not_only_rows() -> None:
    heavy = Cell(rows=100, weight=1000.0, squares=10_000.0)
    table = ContingencyTable(
        features=("g",),
        cells={
            ("a",): Counts(tp=heavy, fn=heavy),
            ("b",): Counts(tp=heavy + heavy + heavy, fn=heavy),
        },
        weighted=True,
    )

    (found,) = search(table, features=("g",)).worst

    assert found.worse == pytest.approx(0.25)
    # As 200 and 400 rows, not as 2,000 and 4,000.
    assert found.p_value > 1e-10


@pytest.mark.parametrize(
    ("given_as", "heard"),
    [
        ({"features": ["a"], "max_features": 4}, "max_features is a whole number from 1 to 3"),
        ({"features": ["a", "a"]}, "features are different columns"),
        ({"features": ["a"], "rates": ["kindness"]}, "rates are of selection_rate"),
        ({"features": ["a"], "at_most": "0.1"}, "at_most is a number from 0 to 1, found '0.1'"),
        ({"features": ["a"], "severity": "bad"}, "severity is 'error' or 'warning', found 'bad'"),
        ({"featurs": ["a"]}, "unknown featurs"),
        ({}, "features is missing"),
        ("age", "search is a SliceSearch, a list of columns or a mapping"),
    ],
)
def test_a_mistake_in_the_terms_is_named(given_as: Any, heard: str) -> None:
    with pytest.raises(ArgumentInvalid, match=heard):
        parse_search(given_as)


def test_the_terms_can_be_written_short() -> None:
    assert parse_search(None) is None
    assert parse_search(["a", "b"]) == SliceSearch(features=("a", "b"))
    assert parse_search({"features": ["a"], "severity": "error"}) == SliceSearch(
        features=("a",), severity=Severity.ERROR
    )
