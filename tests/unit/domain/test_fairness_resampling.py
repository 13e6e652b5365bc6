"""Intervals from counts that are drawn again hold what they promise, at a cost without rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_gov_provider.domain.fairness import Cell, Counts
from airflow_gov_provider.domain.fairness.intervals import newcombe
from airflow_gov_provider.domain.fairness.measures import Facts, estimate
from airflow_gov_provider.domain.fairness.metrics import Gap
from airflow_gov_provider.domain.fairness.replicated import (
    REPLICATED,
    GapOf,
    interval_of_gap,
    rates,
    values,
)
from airflow_gov_provider.domain.fairness.resampling import (
    Resampled,
    Resampling,
    Scheme,
    bca,
    drawn,
    least_replicates,
    weights_of,
)
from airflow_gov_provider.exceptions import ArgumentInvalid

LEVEL = 0.9
SAMPLES = 200
PLAN = Resampling(replicates=400, seed=7)
# Of 200 samples 90 % hold the truth, give or take 2.1 points; three times that is no accident.
TOLERANCE = 0.065


def sampled(rng: Any, rows: int, selected: float, base: float = 0.4) -> Counts:
    """Rows of a group whose decisions do not depend on the label."""
    shares = [base * selected, (1 - base) * selected, base * (1 - selected)]
    tp, fp, fn, tn = rng.multinomial(rows, [*shares, 1 - sum(shares)])
    return Counts.of_rows(tp=int(tp), fp=int(fp), fn=int(fn), tn=int(tn))


def covered(
    groups: list[tuple[int, float]],
    interval: Callable[[list[Counts]], Resampled | None],
    truth: float,
) -> float:
    rng = np.random.default_rng(11)
    held = 0
    for _ in range(SAMPLES):
        found = interval([sampled(rng, rows, selected) for rows, selected in groups])
        assert found is not None
        held += found.interval[0] <= truth <= found.interval[1]
    return held / SAMPLES


def f1(weights: Any) -> Any:
    tp, fp, fn = weights[..., 0], weights[..., 1], weights[..., 2]
    return 2 * tp / (2 * tp + fp + fn)


def thrice(rows: int) -> Cell:
    return Cell(rows=rows, weight=3.0 * rows, squares=9.0 * rows)


def true_f1(selected: float, base: float = 0.4) -> float:
    return 2 * base * selected / (base + selected)


@pytest.mark.parametrize("scheme", Scheme)
def test_nine_of_ten_bca_intervals_of_a_smooth_statistic_hold_the_truth(scheme: Scheme) -> None:
    plan = Resampling(replicates=400, seed=7, scheme=scheme)

    share = covered(
        [(150, 0.5), (100, 0.3)],
        lambda groups: bca(groups, lambda w: f1(w)[:, 0] - f1(w)[:, 1], level=LEVEL, plan=plan),
        true_f1(0.5) - true_f1(0.3),
    )

    assert abs(share - LEVEL) < TOLERANCE


@pytest.mark.parametrize(
    ("selected", "gap", "to_all"),
    [
        ([0.5, 0.3], Gap.DIFFERENCE, False),
        ([0.4, 0.4, 0.4, 0.4], Gap.DIFFERENCE, False),
        ([0.5, 0.42, 0.4, 0.3], Gap.DIFFERENCE, False),
        ([0.5, 0.42, 0.4, 0.3], Gap.RATIO, False),
        ([0.5, 0.42, 0.4, 0.3], Gap.DIFFERENCE, True),
        ([0.4, 0.4, 0.4, 0.4], Gap.RATIO, True),
    ],
)
def test_the_interval_of_a_largest_gap_holds_the_truth_however_many_groups_are_equal(
    selected: list[float],
    gap: Gap,
    to_all: bool,  # noqa: FBT001
) -> None:
    of = GapOf(rates=["selection_rate"], gap=gap, groups=len(selected), to_all=to_all)
    mean = sum(selected) / len(selected)
    if to_all:
        ends = [(min(s, mean), max(s, mean)) for s in selected]
    else:
        ends = [(min(selected), max(selected))]
    truth = (
        max(high - low for low, high in ends)
        if gap is Gap.DIFFERENCE
        else min(low / high for low, high in ends)
    )

    share = covered(
        [(250, s) for s in selected],
        lambda groups: interval_of_gap(groups, of, level=LEVEL, plan=PLAN),
        truth,
    )

    assert share > LEVEL - TOLERANCE


def test_for_two_groups_it_is_about_as_long_as_the_closed_form() -> None:
    groups = [Counts.of_rows(tp=300, fn=200), Counts.of_rows(tp=100, fn=200)]
    of = GapOf(rates=["selection_rate"], gap=Gap.DIFFERENCE, groups=2)

    found = interval_of_gap(groups, of, level=0.95, plan=Resampling(replicates=4000))

    low, high = newcombe(0.6, 500, 1 / 3, 300, 0.95)
    assert found is not None
    assert found.interval == pytest.approx((low, high), abs=0.006)
    assert found.error == pytest.approx((high - low) / 2 / 1.96, rel=0.05)


@pytest.mark.parametrize("scheme", Scheme)
def test_ten_million_rows_are_drawn_as_a_thousand_are(scheme: Scheme) -> None:
    groups = [Counts.of_rows(tp=4_000_000, fp=1_000_000, fn=2_000_000, tn=3_000_000)]

    (weights,) = drawn(groups, Resampling(scheme=scheme))

    assert weights.shape == (2000, 1, 4)
    accuracy = rates("accuracy", weights)
    assert accuracy.mean() == pytest.approx(0.7, abs=1e-5)
    assert accuracy.std() == pytest.approx((0.7 * 0.3 / 1e7) ** 0.5, rel=0.1)


def test_the_same_seed_draws_the_same_however_much_is_drawn_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    groups = [Counts.of_rows(tp=5, fn=7), Counts.of_rows(fp=3, tn=9)]
    whole = list(drawn(groups, PLAN))
    monkeypatch.setattr("airflow_gov_provider.domain.fairness.resampling._AT_A_TIME", 1000)

    pieces = list(drawn(groups, PLAN))

    assert len(pieces) > len(whole) == 1
    assert (np.concatenate(pieces) == whole[0]).all()
    other = np.concatenate(list(drawn(groups, Resampling(replicates=400, seed=8))))
    assert (other != whole[0]).any()


@pytest.mark.parametrize("scheme", Scheme)
def test_weights_count_as_the_rows_that_they_are_worth(scheme: Scheme) -> None:
    """A hundred rows of weight 1 and ten of weight 10 in each cell."""
    cell = Cell(rows=110, weight=200.0, squares=1100.0)
    groups = [Counts(tp=cell, fn=cell)]

    (weights,) = drawn(groups, Resampling(replicates=4000, scheme=scheme))

    rate = rates("true_positive_rate", weights)
    trials = 400.0**2 / 2200.0
    assert rate.std() == pytest.approx((0.25 / trials) ** 0.5, rel=0.05)


@given(st.lists(st.tuples(*[st.integers(0, 40)] * 4), min_size=2, max_size=5))
@settings(max_examples=40)
def test_the_interval_holds_the_estimate_and_scaling_weights_changes_nothing(
    cells: list[tuple[int, int, int, int]],
) -> None:
    plain = [Counts.of_rows(tp=a, fp=b, fn=c, tn=d) for a, b, c, d in cells]
    tripled = [
        Counts(tp=thrice(a), fp=thrice(b), fn=thrice(c), tn=thrice(d)) for a, b, c, d in cells
    ]
    of = GapOf(rates=["selection_rate"], gap=Gap.DIFFERENCE, groups=len(cells))
    plan = Resampling(replicates=100)

    one = interval_of_gap(plain, of, level=0.9, plan=plan)
    other = interval_of_gap(tripled, of, level=0.9, plan=plan)

    if any(not sum(cell) for cell in cells):
        assert one is None
    elif one is not None:  # tiny groups may be drawn empty too often
        estimate = of.value(weights_of(plain)[None])[0]
        assert one.interval[0] <= estimate <= one.interval[1]
        assert other is not None
        assert other.interval == pytest.approx(one.interval)


def test_too_few_replicates_and_a_seed_below_0_are_refused_together() -> None:
    with pytest.raises(ArgumentInvalid) as heard:
        Resampling(replicates=10, seed=-1)

    assert str(heard.value).splitlines() == [
        "replicates is a whole number from 100 to 100000, found 10",
        "seed is a whole number from 0 to 4294967295, found -1",
    ]


@pytest.mark.parametrize(
    ("level", "least"), [(0.5, 100), (0.95, 200), (0.99, 1000), (0.999, 10_000)]
)
def test_longer_intervals_take_more_replicates(level: float, least: int) -> None:
    assert least_replicates(level) == least


@given(st.lists(st.tuples(*[st.integers(0, 40)] * 4), min_size=1, max_size=5))
@settings(max_examples=60)
def test_what_is_computed_of_replicates_is_what_is_computed_of_counts(
    cells: list[tuple[int, int, int, int]],
) -> None:
    groups = [Counts.of_rows(tp=a, fp=b, fn=c, tn=d) for a, b, c, d in cells]

    for name in REPLICATED:
        (found,) = values(name, weights_of(groups)[None])
        expected = [estimate(name, Facts(counts=counts)) for counts in groups]
        assert [None if np.isnan(value) else pytest.approx(value) for value in found] == [
            one.value if one else None for one in expected
        ], name
