"""Outcomes counted by the days of a time zone, as each database does it."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from fakes.promises import ZONES

from airflow_gov_provider.domain.sla.commitments import Commitment, CountsFrom, Kind
from airflow_gov_provider.domain.sla.days import DayCount, day_of
from airflow_gov_provider.domain.sla.outcomes import Outcome, State
from airflow_gov_provider.store import database
from airflow_gov_provider.store.promises.outcome_days import day_counts, newest_deadlines
from airflow_gov_provider.store.promises.outcomes import add_pending

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
TERMS = Commitment(
    name="an hour",
    kind=Kind.RUN,
    dag_id="income",
    within=timedelta(hours=1),
    counts_from=CountsFrom.QUEUED,
)
STATES = list(State)


def outcome(number: int, expected_at: datetime | None, *, commitment_id: str = "a" * 64) -> Outcome:
    return Outcome(
        outcome_id=f"0199f0a0-0000-7000-8000-{number:012d}",
        commitment_id=commitment_id,
        occasion=f"{commitment_id[0]} {number}",
        state=STATES[number % len(STATES)],
        created_at=NEW_YEAR,
        terms=TERMS,
        dag_id="income",
        run_id=f"run {number}",
        expected_at=expected_at,
    )


@pytest.fixture
def keep(store_url):
    def write(*outcomes: Outcome) -> None:
        with database.transaction(store_url) as connection:
            add_pending(connection, outcomes)

    return write


@pytest.fixture
def counted(store_url):
    def count(*commitment_ids: str, since: datetime, until: datetime, tz: str = "UTC"):
        with database.transaction(store_url) as connection:
            return day_counts(connection, commitment_ids, since=since, until=until, tz=tz)

    return count


@pytest.mark.parametrize("tz", [*ZONES, "Australia/Lord_Howe"])
def test_each_deadline_counts_on_its_local_day_through_changes_of_the_clock(keep, counted, tz):
    odd = timedelta(hours=5, minutes=29, seconds=59, microseconds=999999)
    outcomes = [outcome(number, NEW_YEAR + number * odd) for number in range(1500)]
    keep(*outcomes)

    found = counted("a" * 64, since=NEW_YEAR, until=NEW_YEAR + timedelta(days=400), tz=tz)

    expected = Counter((day_of(one.expected_at, tz), one.state.value) for one in outcomes)
    told = {
        (one.day, state.value): getattr(one, state.value)
        for one in found
        for state in STATES
        if getattr(one, state.value)
    }
    assert told == expected


def test_what_is_just_before_midnight_is_not_of_the_next_day(keep, counted):
    keep(outcome(1, NEW_YEAR - timedelta(microseconds=1)), outcome(2, NEW_YEAR))

    found = counted("a" * 64, since=NEW_YEAR - timedelta(days=1), until=NEW_YEAR + timedelta(1))

    assert sorted(one.day for one in found) == [date(2025, 12, 31), date(2026, 1, 1)]


def test_only_the_commitments_and_the_time_that_are_asked_for_are_counted(keep, counted):
    hour = timedelta(hours=1)
    keep(
        outcome(1, NEW_YEAR),
        outcome(2, NEW_YEAR + hour),
        outcome(3, NEW_YEAR, commitment_id="b" * 64),
        outcome(4, NEW_YEAR, commitment_id="c" * 64),
        outcome(5, None),
    )

    found = counted("a" * 64, "b" * 64, since=NEW_YEAR, until=NEW_YEAR + hour)

    first = DayCount(commitment_id="a" * 64, day=NEW_YEAR.date(), met=1)
    assert sorted(found, key=lambda one: one.commitment_id) == [
        first,
        DayCount(commitment_id="b" * 64, day=NEW_YEAR.date(), excused=1),
    ]
    assert counted(since=NEW_YEAR, until=NEW_YEAR + hour) == []
    assert counted("a" * 64, since=NEW_YEAR, until=NEW_YEAR) == []


def test_the_newest_deadlines_come_in_their_order(keep, store_url):
    hour = timedelta(hours=1)
    keep(*(outcome(9 - n, NEW_YEAR + n * hour) for n in range(5)), outcome(20, None))

    def newest(**wanted):
        with database.transaction(store_url) as connection:
            found = newest_deadlines(connection, "a" * 64, **{"limit": 9, **wanted})
        return [int(one.outcome_id[-2:]) for one in found]

    assert newest(limit=3) == [7, 6, 5]
    assert newest(since=NEW_YEAR + hour, until=NEW_YEAR + 3 * hour) == [8, 7]
