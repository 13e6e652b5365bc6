from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_gov_provider.domain.quality.anomalies import (
    FEWEST_RUNS,
    AnomalyRule,
    Earlier,
    Season,
    Side,
    Taken,
    comparable_runs,
    taken_numbers,
    usual,
)

NUMBERS = st.lists(st.floats(min_value=-1e9, max_value=1e9), min_size=FEWEST_RUNS, max_size=40)
DAY = datetime(2026, 3, 2, tzinfo=UTC)


def runs(*values: float) -> list[Earlier]:
    return [
        Earlier(moment=DAY + timedelta(days=day), value=value) for day, value in enumerate(values)
    ]


@given(numbers=NUMBERS, order=st.randoms(use_true_random=False))
def test_the_order_of_the_past_does_not_matter(numbers: list[float], order: random.Random) -> None:
    shuffled = list(numbers)
    order.shuffle(shuffled)

    assert usual(shuffled, AnomalyRule()) == usual(numbers, AnomalyRule())


@given(numbers=st.lists(st.integers(-1000, 1000), min_size=FEWEST_RUNS, max_size=40))
def test_a_shift_of_all_numbers_shifts_what_is_usual(numbers: list[int]) -> None:
    found, moved = (usual([n + by for n in numbers], AnomalyRule()) for by in (0, 5000))

    assert found.low is not None
    assert found.high is not None
    assert moved.low == pytest.approx(found.low + 5000)
    assert moved.high == pytest.approx(found.high + 5000)


@given(numbers=NUMBERS)
def test_fewer_false_alarms_need_a_wider_interval(numbers: list[float]) -> None:
    rare, frequent = (usual(numbers, AnomalyRule(false_alarms=rate)) for rate in (0.001, 0.1))

    assert rare.low <= frequent.low <= frequent.median <= frequent.high <= rare.high  # type: ignore[operator]


@pytest.mark.parametrize("count", [7, 8, 14, 30, 60])
@pytest.mark.parametrize("rate", [0.1, 0.01])
def test_the_stated_rate_of_false_alarms_is_not_exceeded_by_normal_numbers(
    count: int, rate: float
) -> None:
    source = random.Random(count)  # noqa: S311
    rule = AnomalyRule(false_alarms=rate)
    rounds = 20_000
    alarms = 0
    for _ in range(rounds):
        *past, following = (source.gauss(100, 15) for _ in range(count + 1))
        alarms += not usual(past, rule).holds(following)

    assert 0.3 * rate < alarms / rounds < 1.25 * rate


def test_a_few_odd_runs_do_not_hide_an_anomaly() -> None:
    past = [1000, 1010, 990, 1005, 995, 1002, 998, 1001, 999, 1003, 997, 1004, 50_000, 0]

    found = usual(past, AnomalyRule())

    assert found.holds(1006)
    assert not found.holds(1300)


def test_a_past_without_any_change_promises_no_more_than_its_length_allows() -> None:
    found = usual([500.0] * 14, AnomalyRule(false_alarms=0.01))

    assert found.holds(500)
    assert not found.holds(501)
    assert found.false_alarms == pytest.approx(1 / 15)


def test_what_the_author_ignores_is_no_anomaly_however_steady_the_past_was() -> None:
    found = usual([500.0] * 14, AnomalyRule(ignore=0.02))

    assert found.holds(510)
    assert not found.holds(511)


def test_only_the_side_that_was_asked_for_can_be_unusual() -> None:
    past = [float(n % 5) + 100 for n in range(20)]

    assert usual(past, AnomalyRule(side=Side.LOW)).holds(10_000)
    assert not usual(past, AnomalyRule(side=Side.LOW)).holds(0)
    assert usual(past, AnomalyRule(side=Side.HIGH)).holds(0)


def test_a_backfill_sees_its_own_past_only() -> None:
    past = comparable_runs(
        reversed(runs(*range(10))), moment=DAY + timedelta(days=4), season=Season.NONE, window=3
    )

    assert [run.value for run in past] == [1, 2, 3]


def test_a_monday_is_compared_with_mondays() -> None:
    past = comparable_runs(
        runs(*range(28)), moment=DAY + timedelta(days=28), season=Season.WEEKDAY, window=60
    )

    assert [run.value for run in past] == [0, 7, 14, 21]


def test_what_is_not_a_number_is_no_past() -> None:
    past = comparable_runs(
        runs(1, float("nan"), float("inf"), 2),
        moment=DAY + timedelta(days=9),
        season=Season.NONE,
        window=60,
    )

    assert [run.value for run in past] == [1, 2]


def test_changes_are_between_neighbours_and_a_change_from_zero_is_unknown() -> None:
    assert taken_numbers([1, 3, 0, 5], Taken.CHANGE) == [2, -3, 5]
    assert taken_numbers([1, 3, 0, 5], Taken.RELATIVE_CHANGE) == [2, -1]
