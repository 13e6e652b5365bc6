"""Intervals of inequality indices: drawn from the counts, held to the truth, and decided on."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_gov_provider.domain.fairness import ContingencyTable, Counts, Threshold, evaluate
from airflow_gov_provider.domain.fairness.inequality import INEQUALITIES
from airflow_gov_provider.domain.fairness.inequality_replicas import (
    REPLICATED,
    STATISTICS,
    interval_of_inequality,
)
from airflow_gov_provider.domain.fairness.measures import Facts
from airflow_gov_provider.domain.fairness.resampling import Resampling, weights_of
from airflow_gov_provider.domain.verdicts import Finding, Verdict

PLAN = Resampling(replicates=400, seed=3)
PEOPLE = ("generalized_entropy_index", "theil_index", "coefficient_of_variation")
# Shares of true and false positives, false and true negatives in three groups.
SHARES = {
    "a": (0.30, 0.05, 0.10, 0.55),
    "b": (0.25, 0.02, 0.23, 0.50),
    "c": (0.35, 0.20, 0.05, 0.40),
}


def index(name: str, groups: list[Counts]) -> float:
    found = INEQUALITIES[name]([Facts(counts=counts) for counts in groups])
    assert found is not None
    return found


def counts_of(found: np.ndarray) -> Counts:
    tp, fp, fn, tn = (int(n) for n in found)
    return Counts.of_rows(tp=tp, fp=fp, fn=fn, tn=tn)


def covered(name: str, rows: int, *, rounds: int = 300) -> float:
    truth = index(name, [counts_of(np.array(s) * 1_000_000) for s in SHARES.values()])
    draws = np.random.default_rng(5)
    held = 0
    for _ in range(rounds):
        groups = [counts_of(draws.multinomial(rows, shares)) for shares in SHARES.values()]
        found = interval_of_inequality(name, groups, level=0.95, plan=PLAN)
        assert found is not None
        held += found.interval[0] <= truth <= found.interval[1]
    return held / rounds


@pytest.mark.parametrize("rows", [100, 1000])
@pytest.mark.parametrize("name", sorted(REPLICATED))
def test_the_interval_holds_the_truth_as_often_as_it_says(name: str, rows: int) -> None:
    assert 0.9 <= covered(name, rows) <= 0.99


@given(
    st.lists(st.tuples(*[st.integers(1, 60)] * 4), min_size=2, max_size=5),
    st.sampled_from(sorted(REPLICATED)),
    st.integers(0, 2**32 - 1),
)
@settings(deadline=None, max_examples=60)
def test_the_replicas_are_computed_as_the_index_is(
    cells: list[tuple[int, int, int, int]], name: str, seed: int
) -> None:
    groups = [counts_of(np.array(some)) for some in cells]
    plan = Resampling(replicates=100, seed=seed)

    found = interval_of_inequality(name, groups, level=0.9, plan=plan)

    assert found is not None
    assert found == interval_of_inequality(name, groups, level=0.9, plan=plan)
    (value,) = STATISTICS[name](weights_of(groups)[None])
    # Of equal groups rounding leaves something like 1e-16, whose root is 1e-8.
    assert value == pytest.approx(index(name, groups), abs=1e-7)


def test_more_rows_make_it_shorter_and_cost_no_more_draws() -> None:
    few, many = (
        interval_of_inequality(
            "theil_index",
            [counts_of(np.array(shares) * rows) for shares in SHARES.values()],
            level=0.95,
            plan=PLAN,
        )
        for rows in (200, 2_000_000)
    )

    assert few is not None
    assert many is not None
    assert np.diff(many.interval) < np.diff(few.interval) / 50


def test_nobody_with_a_benefit_has_no_index_and_so_no_interval() -> None:
    refused = [Counts.of_rows(fn=50), Counts.of_rows(fn=70)]

    for name in PEOPLE:
        assert interval_of_inequality(name, refused, level=0.95, plan=PLAN) is None


def judged(rows: int, **demand: object) -> Finding:
    cells = {(g,): counts_of(np.array(shares) * rows) for g, shares in SHARES.items()}
    assessment = evaluate(
        ContingencyTable(features=("g",), cells=cells),
        subject="model",
        thresholds=[Threshold(decide_on="interval", **demand)],  # type: ignore[arg-type]
        plan=PLAN,
    )
    (found,) = (f for f in assessment.report.findings if f.kind == demand["metric"])
    return found


@pytest.mark.parametrize("name", sorted(REPLICATED))
def test_an_index_within_its_limit_passes_only_if_its_interval_is_as_well(name: str) -> None:
    value = judged(100_000, metric=name, at_most=9.0).observed
    assert isinstance(value, float)
    limit = value * 1.1

    many, few = (judged(rows, metric=name, at_most=limit) for rows in (100_000, 100))
    beyond = judged(100_000, metric=name, at_most=value * 0.9)

    assert many.verdict is Verdict.PASSED
    assert few.verdict is Verdict.INSUFFICIENT
    assert "its interval reaches" in str(few.reason)
    assert few.details["bound"]["pair"] is None
    assert few.details["bound"]["value"] == few.details["interval"][1] > limit
    assert few.details["resampled"]["seed"] == 3
    assert few.details["resampled"]["replicates"] == 400
    assert beyond.verdict is Verdict.FAILED
