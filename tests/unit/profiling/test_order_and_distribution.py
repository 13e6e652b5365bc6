"""Rows in an order, and distributions against a reference: the same in every engine."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from airflow_gov_provider.domain.contracts import Contract, load
from airflow_gov_provider.domain.quality.distances import Distance, distance
from airflow_gov_provider.domain.quality.evaluation import evaluate
from airflow_gov_provider.domain.verdicts import Finding, Verdict
from airflow_gov_provider.exceptions import ContractInvalid

NOW = datetime(2026, 6, 1, tzinfo=UTC)
STEPS = {"at": "integer", "reading": "integer", "meter": "text"}
SCORES = {"score": "double", "label": "text"}
Rows = list[tuple[Any, ...]]
Found = Callable[..., Finding]


def contract(check: Mapping[str, Any]) -> Contract:
    return load({"contract": "c", "version": "1", "checks": [check]})


@pytest.fixture
def found(source: Any) -> Found:
    """``$other`` in a check stands for the reference table."""

    def judged(
        columns: Mapping[str, str], rows: Rows, check: Mapping[str, Any], others: Rows | None = None
    ) -> Finding:
        source.create("data", columns, rows)
        if others is not None:
            source.create("reference", columns, others)
        read = contract(_with_name(check, source.reference("reference")))
        return evaluate(read, source.profile("data", read.expectations), now=NOW).findings[-1]

    return judged


def _with_name(value: Any, name: str) -> Any:
    if isinstance(value, Mapping):
        return {key: _with_name(item, name) for key, item in value.items()}
    return name if value == "$other" else value


def test_a_meter_that_runs_backwards_is_counted(found: Found) -> None:
    rows = [(2, 11, "a"), (1, 10, "a"), (3, 9, "a"), (4, 9, "a"), (5, 12, "a"), (6, None, "a")]

    finding = found(STEPS, rows, {"increasing": "at", "column": "reading"})

    assert (finding.total, finding.failing) == (5, 1)
    assert finding.expected == "increasing in the order of at"


def test_standing_still_fails_where_it_must_move(found: Found) -> None:
    rows = [(1, 10, "a"), (2, 10, "a"), (3, 11, "a")]

    finding = found(
        STEPS, rows, {"increasing": {"by": "at", "strictly": True}, "column": "reading"}
    )

    assert finding.failing == 1


@pytest.mark.parametrize("strictly", [True, False])
def test_rows_that_all_stand_at_one_place_are_in_no_order(found: Found, strictly: bool) -> None:  # noqa: FBT001
    rows = [(1, 12, "a"), (1, 10, "a"), (1, 11, "b")]

    finding = found(
        STEPS, rows, {"increasing": {"by": "at", "strictly": strictly}, "column": "reading"}
    )

    assert finding.verdict is Verdict.INSUFFICIENT
    assert "rows beside each other have the same at, so that none comes after" in finding.reason


def test_one_row_is_in_order(found: Found) -> None:
    alone = found(STEPS, [(1, 10, "a")], {"decreasing": "at", "column": "reading"})

    assert (alone.verdict, alone.total) == (Verdict.PASSED, 1)


def test_each_meter_is_a_sequence_of_its_own(found: Found) -> None:
    rows = [(1, 10, "a"), (2, 1, "b"), (3, 11, "a"), (4, 2, "b")]

    alone = found(STEPS, rows, {"increasing": {"by": "at", "per": "meter"}, "column": "reading"})

    assert (alone.total, alone.failing) == (4, 0)


def test_what_falls_may_not_rise(found: Found) -> None:
    rows = [(1, 10, "a"), (2, 9, "a"), (3, 10, "a"), (3, 12, "a")]

    finding = found(STEPS, rows, {"decreasing": "at", "column": "reading", "tolerance": 1})

    assert (finding.failing, finding.verdict) == (1, Verdict.PASSED)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    values=st.lists(st.integers(-3, 3), min_size=1, max_size=12),
    strictly=st.booleans(),
    word=st.sampled_from(["increasing", "decreasing"]),
)
def test_a_row_fails_exactly_if_it_goes_back(
    values: list[int],
    strictly: bool,  # noqa: FBT001
    word: str,
    sqlite: Any,
) -> None:
    from airflow_gov_provider.profiling.places.source import TableSource
    from airflow_gov_provider.profiling.places.sql import profile_table

    sqlite.execute("DROP TABLE IF EXISTS t")
    sqlite.execute("CREATE TABLE t (at INTEGER, reading INTEGER)")
    sqlite.executemany("INSERT INTO t VALUES (?, ?)", list(enumerate(values)))
    sqlite.commit()
    read = contract({word: {"by": "at", "strictly": strictly}, "column": "reading", "id": "x"})
    sign = 1 if word == "increasing" else -1
    expected = sum(
        sign * (after - before) < strictly for before, after in itertools.pairwise(values)
    )

    profile = profile_table(sqlite, "sqlite", TableSource(table="t"), read.expectations)

    assert profile.measurements["x"].failing == expected


def scores(*values: float | None) -> Rows:
    return [(value, None) for value in values]


def labels(**counts: int) -> Rows:
    return [(1.0, name) for name, count in counts.items() for _ in range(count)]


def distribution(column: str, **more: Any) -> dict[str, Any]:
    return {"distribution": {"at_most": 0.1, "at_least_rows": 2, **more}, "column": column}


def test_shares_of_categories_are_held_against_those_of_the_contract(found: Found) -> None:
    shares = {"yes": 0.5, "no": 0.5}

    finding = found(
        SCORES, [*labels(yes=8, no=1, maybe=1), (1.0, None)], distribution("label", shares=shares)
    )

    assert finding.verdict is Verdict.FAILED
    assert finding.observed == pytest.approx(distance(Distance.PSI, [0.5, 0.5, 0], [8, 1, 1]))
    assert finding.details["bins"] == ("yes", "no", "any other value")
    assert finding.reason == "most has moved in no: from 0.5 of the reference to 0.1"


def test_shares_of_bins_are_held_against_those_of_the_contract(found: Found) -> None:
    check = distribution("score", distance="ks", bins=[0, 10], shares=[0.25, 0.5, 0.25])

    finding = found(SCORES, scores(-1, 0, 5, 10), check)

    assert (finding.verdict, finding.observed) == (Verdict.PASSED, 0)
    assert finding.details["bins"] == ("< 0", ">= 0 and < 10", ">= 10")


def test_numbers_are_held_against_the_quantiles_of_a_table(found: Found) -> None:
    reference = scores(*(float(n) for n in range(100)), None)
    check = distribution("score", distance="total_variation", bins=4, reference="$other")

    same = found(SCORES, scores(*(float(n) + 0.1 for n in range(100))), check, reference)

    assert (same.verdict, same.observed) == (Verdict.PASSED, 0)
    assert len(same.details["bins"]) == 4  # type: ignore[arg-type]


def test_numbers_that_moved_are_told(found: Found) -> None:
    reference = scores(*(float(n) for n in range(100)))
    check = distribution("score", distance="ks", bins=4, reference="$other")

    moved = found(SCORES, scores(*(float(n) + 25 for n in range(100))), check, reference)

    assert moved.verdict is Verdict.FAILED
    assert moved.observed == pytest.approx(0.25, abs=0.011)


def test_texts_are_held_against_a_table_and_stay_there(found: Found) -> None:
    check = distribution(
        "label", distance="total_variation", reference={"table": "$other", "column": "label"}
    )

    finding = found(SCORES, labels(a=5, b=4, c=1), check, labels(a=5, b=5))

    assert finding.observed == pytest.approx(0.1)
    assert finding.verdict is Verdict.PASSED
    assert finding.details["distinct"] == 3
    assert finding.details["shares"] is None


def test_few_values_have_no_distribution(found: Found) -> None:
    check = distribution("label", shares={"a": 1.0}, at_least_rows=100)

    finding = found(SCORES, labels(a=99), check)

    assert finding.verdict is Verdict.INSUFFICIENT
    assert finding.reason == "99 values are fewer than 100"


def test_an_empty_reference_is_insufficient(found: Found) -> None:
    finding = found(SCORES, labels(a=9), distribution("label", reference="$other"), labels(b=1))

    assert finding.verdict is Verdict.INSUFFICIENT
    assert finding.reason == "the reference has 1 values, fewer than 2"


@pytest.mark.parametrize(
    ("check", "problem"),
    [
        ({"increasing": {}, "column": "a"}, "'by' is missing"),
        (distribution("a"), "either 'reference'"),
        (distribution("a", reference="t", shares={"a": 1}), "either 'reference'"),
        (distribution("a", shares={"a": 0.5}), "sum to 1"),
        (distribution("a", shares={"a": 1}, distance="ks"), "categories have no order"),
        (distribution("a", shares=[0.5, 0.5], bins=[1, 2]), "2 edges make 3 bins"),
        (distribution("a", shares=[0.5, 0.5]), "'bins' is missing"),
        (distribution("a", shares=[0.2, 0.3, 0.5], bins=[2, 1]), "edges that grow"),
        (distribution("a", reference="t", at_most=0), "expected more than 0"),
        (distribution("a", reference="t", distance="far"), "unknown value 'far'"),
        (distribution("a", reference={"table": "t", "bins": 3}), "unknown key 'bins'"),
    ],
)
def test_a_slip_of_the_pen_is_told(check: dict[str, Any], problem: str) -> None:
    with pytest.raises(ContractInvalid, match=problem):
        contract(check)
