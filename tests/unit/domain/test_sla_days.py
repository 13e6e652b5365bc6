"""Days of a time zone, trends and error budgets that burn down."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from fakes.promises import ZONES
from hypothesis import given
from hypothesis import strategies as st

from airflow_gov_provider.domain.sla.attainment import Tally, attain
from airflow_gov_provider.domain.sla.calendars import zone
from airflow_gov_provider.domain.sla.days import (
    DayCount,
    burn_down,
    by_commitment,
    day_of,
    start_of,
    stretches,
    trend,
)
from airflow_gov_provider.domain.sla.outcomes import State

FIRST = date(2026, 1, 1)
DAY = timedelta(days=1)
seconds = st.integers(0, 3 * 366 * 86400)


def at(second: int) -> datetime:
    return datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=second)


@given(st.sampled_from([*ZONES, "Africa/Casablanca", "Australia/Lord_Howe"]), seconds, seconds)
def test_at_each_time_of_a_stretch_the_clock_is_as_far_ahead_as_it_says(tz, since, length):
    parts = stretches(tz, since=at(since), until=at(since + length + 1))

    begins = at(since)
    for part in parts:
        for moment in (begins, part.until - timedelta(seconds=1)):
            assert moment.astimezone(zone(tz)).utcoffset() == part.ahead
        begins = part.until
    assert begins == at(since + length + 1)


def test_a_day_on_which_clocks_are_put_forward_has_23_hours():
    long = start_of(date(2026, 3, 30), "Europe/Berlin") - start_of(
        date(2026, 3, 29), "Europe/Berlin"
    )

    assert long == timedelta(hours=23)
    assert day_of(datetime(2026, 3, 29, 22, 30, tzinfo=UTC), "Europe/Berlin") == date(2026, 3, 30)


@pytest.mark.parametrize(
    ("counts", "state"),
    [
        ({"met": 23, "missed": 1}, State.MISSED),
        ({"met": 5, "pending": 1}, State.PENDING),
        ({"met": 5, "excused": 1}, State.EXCUSED),
        ({"met": 5, "void": 1}, State.MET),
        ({"void": 1}, State.VOID),
    ],
)
def test_a_day_is_shown_as_what_needs_a_look_most(counts, state):
    assert DayCount(commitment_id="c", day=FIRST, **counts).state is state


missed_days = st.dictionaries(st.integers(0, 29).map(lambda n: FIRST + n * DAY), st.integers(1, 9))


@given(missed_days, st.integers(0, 400), st.sampled_from([0.5, 0.9, 0.99, 1.0]))
def test_a_budget_only_shrinks_and_ends_where_attainment_says(missed, met, target):
    lost = sum(missed.values())
    tally = Tally(
        commitment_id="c",
        name=None,
        dag_id=None,
        owner=None,
        target=target,
        met=met,
        missed=lost,
    )
    found = attain("c", [tally])

    days = burn_down(missed, first=FIRST, last=FIRST + 29 * DAY, allowed=found.allowed)

    assert [one.day for one in days] == [FIRST + n * DAY for n in range(30)]
    left = [one.remaining for one in days if one.remaining is not None]
    assert left == sorted(left, reverse=True)
    if found.counted and found.budget_used is not None:
        assert days[-1].remaining == pytest.approx(1 - found.budget_used)
    elif found.counted:
        assert days[-1].remaining is None


@given(
    st.lists(
        st.builds(
            DayCount,
            commitment_id=st.just("c"),
            day=st.integers(0, 59).map(lambda n: FIRST + n * DAY),
            met=st.integers(0, 5),
            missed=st.integers(0, 5),
        ),
        max_size=30,
    ),
    st.integers(1, 60),
    st.integers(1, 40),
)
def test_the_parts_of_a_trend_come_to_what_all_days_come_to(counts, days, points):
    last = FIRST + (days - 1) * DAY

    parts = trend(counts, first=FIRST, last=last, points=points)

    size = -(-days // points)
    assert len(parts) <= points
    for number, share in enumerate(parts):
        of_part = [one for one in counts if number == (one.day - FIRST).days // size]
        of_part = [one for one in of_part if one.day <= last]
        counted = sum(one.met + one.missed for one in of_part)
        assert share == (sum(one.met for one in of_part) / counted if counted else None)


def test_days_are_put_in_order_for_each_commitment():
    later = DayCount(commitment_id="a", day=FIRST + DAY)
    other, earlier = (
        DayCount(commitment_id="b", day=FIRST),
        DayCount(commitment_id="a", day=FIRST),
    )

    assert by_commitment([later, other, earlier]) == {"a": [earlier, later], "b": [other]}
