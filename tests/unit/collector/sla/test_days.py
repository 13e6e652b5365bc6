"""Promises for a time of day, judged from rows of a real Airflow on real databases."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import insert

from airflow_gov_provider.domain.sla.calendars import Calendar, Holiday
from airflow_gov_provider.domain.sla.commitments import Kind
from tests.fakes.metadata import BEGIN
from tests.unit.collector.sla.conftest import promise

SUNDAY = date(2026, 3, 1)  # BEGIN is at noon of this day


def by(hour: int, **changes):
    terms = {"by": time(hour), "tz": "UTC"} | changes
    return promise(Kind.BY, within=None, **terms)


def when(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, 1, hour, minute, tzinfo=UTC) + timedelta(days=day)


@pytest.fixture
def judge_at(judge):
    return lambda at: judge.judge((at - BEGIN).total_seconds())


def declare(judge, terms, *, day: int = 0, hour: int = 0) -> None:
    judge.declare(terms, at=when(day, hour))


def test_a_day_without_any_run_is_missed(judge, judge_at):
    declare(judge, by(10))

    judge_at(when(0, 9))
    assert judge.states == [("2026-03-01", "pending")]
    judge_at(when(0, 10, 1))

    assert judge.states == [("2026-03-01", "missed"), ("2026-03-02", "pending")]
    (incident,) = judge.incidents
    assert (incident.dag_id, incident.last_seen_at) == ("dag", when(0, 10))
    assert judge.told == {"sla.missed": 1}


def test_a_day_is_met_as_soon_as_a_run_succeeds(judge, judge_at, metadata):
    declare(judge, by(10))
    judge_at(when(0, 8))
    metadata.run("run", begin=when(0, 8), end=when(0, 8, 30))

    judge_at(when(0, 8, 31))

    assert judge.states == [("2026-03-01", "met"), ("2026-03-02", "pending")]
    assert judge.outcomes[0].actual_at == when(0, 8, 30)


def test_the_first_run_in_the_window_meets_it(judge, judge_at, metadata):
    declare(judge, by(10, opens=time(6)))
    judge_at(when(0, 5))
    for name, ended in (("early", 5), ("first", 7), ("second", 8)):
        metadata.run(name, begin=when(0, 4), end=when(0, ended))
    metadata.run("failed", "failed", begin=when(0, 6), end=when(0, 6, 30))

    judge_at(when(0, 9))

    assert judge.outcomes[0].actual_at == when(0, 7)


def test_what_is_before_the_window_does_not_count(judge, judge_at, metadata):
    declare(judge, by(10, opens=time(6)))
    judge_at(when(0, 5))
    metadata.run("early", begin=when(0, 4), end=when(0, 5, 30))

    judge_at(when(0, 11))

    assert judge.states[0] == ("2026-03-01", "missed")


def test_a_run_later_on_the_day_is_when_it_happened_after_all(judge, judge_at, metadata):
    declare(judge, by(10))
    judge_at(when(0, 10, 1))
    metadata.run("late", begin=when(0, 10), end=when(0, 14))
    judge_at(when(0, 14, 1))
    metadata.run("later", begin=when(0, 14), end=when(0, 15))
    judge_at(when(0, 15, 1))

    assert judge.outcomes[0].state == "missed"
    assert judge.outcomes[0].actual_at == when(0, 14)


def test_days_on_which_no_collector_ran_are_judged_when_it_is_back(judge, judge_at, metadata):
    declare(judge, by(10))
    judge_at(when(0, 8))
    metadata.run("first", begin=when(0, 8), end=when(0, 9))
    metadata.run("third", begin=when(2, 8), end=when(2, 13))

    judge_at(when(4, 8))

    assert judge.states == [
        ("2026-03-01", "met"),
        ("2026-03-02", "missed"),
        ("2026-03-03", "missed"),
        ("2026-03-04", "missed"),
        ("2026-03-05", "pending"),
    ]
    assert judge.outcomes[2].actual_at == when(2, 13)
    assert [one.occurrences for one in judge.incidents] == [3]


def test_no_day_before_the_promise_is_judged(judge, judge_at):
    declare(judge, by(10), hour=11)

    judge_at(when(1, 9))

    assert judge.states == [("2026-03-02", "pending")]


def test_only_days_of_the_week_that_the_promise_is_for_are_days(judge, judge_at):
    declare(judge, by(10, calendar=Calendar(weekdays=(0, 4))))

    judge_at(when(5, 11))

    assert judge.states == [
        ("2026-03-02", "missed"),
        ("2026-03-06", "missed"),
        ("2026-03-09", "pending"),
    ]


def test_a_holiday_excuses_a_day_and_is_its_reason(judge, judge_at):
    declare(judge, by(10, calendar=Calendar(holidays=(Holiday(day=SUNDAY, reason="Fair"),))))

    judge_at(when(0, 11))

    assert [one.reason for one in judge.outcomes] == ["Fair", None]
    assert judge.states[0] == ("2026-03-01", "excused")
    assert judge.incidents == []


def test_a_paused_dag_breaks_its_promise_and_the_reason_tells(judge, judge_at, metadata):
    from airflow.models.dag import DagModel
    from airflow.models.dagbundle import DagBundleModel
    from airflow.utils.session import create_session
    from sqlalchemy import delete

    with create_session(scoped=False) as session:
        session.execute(delete(DagModel.__table__))
        session.execute(delete(DagBundleModel.__table__))
        session.execute(insert(DagBundleModel.__table__).values(name="bundle", active=True))
        row = dict.fromkeys(("is_stale", "exceeds_max_non_backfill", "fail_fast"), False)
        row |= {"timetable_partitioned": False, "timetable_periodic": False}
        row |= {"has_task_concurrency_limits": True, "max_active_tasks": 1}
        row |= {"max_consecutive_failed_dag_runs": 0}
        row |= {"dag_id": "dag", "is_paused": True, "bundle_name": "bundle"}
        row |= {"timetable_type": "", "partition_mapper_info": {}}
        session.execute(insert(DagModel.__table__).values(**row))
    declare(judge, by(10))

    judge_at(when(0, 11))
    with create_session(scoped=False) as session:
        session.execute(delete(DagModel.__table__))
        session.execute(delete(DagBundleModel.__table__))

    assert judge.outcomes[0].reason == "the Dag is paused"
    assert judge.outcomes[0].state == "missed"


def test_another_time_counts_from_the_next_day_that_has_not_begun(judge, judge_at):
    declare(judge, by(10))
    judge_at(when(0, 9))
    declare(judge, by(8), hour=9)
    judge_at(when(0, 9, 30))
    assert judge.outcomes[0].expected_at == when(0, 10)

    judge_at(when(0, 10, 1))
    assert judge.outcomes[1].expected_at == when(1, 8)
    declare(judge, by(7), hour=11)
    judge_at(when(0, 12))

    assert judge.outcomes[1].expected_at == when(1, 7)


def test_a_promise_that_is_withdrawn_has_no_further_days(judge, judge_at):
    terms = by(10)
    declare(judge, terms)
    judge_at(when(0, 9))
    judge.retire(terms, at=when(0, 9, 30))

    judge_at(when(3, 9))

    assert judge.states == [("2026-03-01", "missed")]


def test_a_run_in_time_that_comes_to_light_later_corrects_the_miss(judge, judge_at, metadata):
    declare(judge, by(10))
    metadata.run("run", "running", begin=when(0, 8))
    judge_at(when(0, 10, 1))
    assert (judge.states[0][1], judge.incidents[0].state) == ("missed", "open")
    metadata.set_run("run", state="success", end_date=when(0, 9, 59))

    judge_at(when(0, 10, 2))

    assert judge.states == [("2026-03-01", "met"), ("2026-03-02", "pending")]
    assert judge.outcomes[0].actual_at == when(0, 9, 59)
    assert judge.told == {"sla.missed": 1, "sla.corrected": 1}
    assert [one.state for one in judge.incidents] == ["resolved"]


def test_a_day_that_begins_after_the_promise_was_taken_back_is_void(judge, judge_at):
    terms = by(10)
    declare(judge, terms)
    judge_at(when(0, 10, 1))
    judge.retire(terms, at=when(0, 11))

    judge_at(when(1, 9))
    assert judge.states[1] == ("2026-03-02", "pending")
    judge_at(when(3, 9))

    assert judge.states == [("2026-03-01", "missed"), ("2026-03-02", "void")]
    assert judge.outcomes[1].reason == "the promise was taken back"
    assert judge.told == {"sla.missed": 1, "sla.void": 1}
    assert [one.occurrences for one in judge.incidents] == [1]


def test_a_day_that_a_promise_was_not_for_until_it_changed_is_judged(judge, judge_at):
    declare(judge, by(10, calendar=Calendar(weekdays=(0,))))
    judge_at(when(1, 10, 1))
    assert judge.states == [("2026-03-02", "missed"), ("2026-03-09", "pending")]
    terms = by(10)
    judge.declare(terms, at=when(3, 9))
    judge_at(when(3, 9, 1))

    for day in range(4, 9):
        judge_at(when(day, 11))

    days = [f"2026-03-{day:02}" for day in (2, 5, 6, 7, 8, 9)]
    assert judge.states == [(day, "missed") for day in days] + [("2026-03-10", "pending")]
