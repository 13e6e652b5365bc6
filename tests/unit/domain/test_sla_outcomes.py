"""What becomes of promises, against a second reading of the rules and over time zones."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_gov_provider.domain.sla.calendars import Calendar, Holiday, Maintenance
from airflow_gov_provider.domain.sla.commitments import Commitment, CountsFrom, Kind
from airflow_gov_provider.domain.sla.outcomes import (
    RunFacts,
    State,
    TaskFacts,
    applies,
    deadline,
    first_day,
    judge_day,
    judge_run,
    judge_task,
    judge_update,
    next_day,
    window_of,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
EXPECTED = 100  # seconds after noon
seconds = st.integers(0, 200)


def at(number: float | None) -> datetime | None:
    return None if number is None else NOON + timedelta(seconds=number)


def promise(kind: Kind = Kind.RUN, **changes) -> Commitment:
    made = Commitment(
        name="promise",
        kind=kind,
        dag_id="dag",
        subject="dag",
        within=timedelta(seconds=EXPECTED),
        counts_from=CountsFrom.QUEUED,
    )
    return replace(made, **changes)


def run(state: str | None = "running", ended: float | None = None, **facts) -> RunFacts:
    content = {"queued_at": NOON, "started_at": NOON, "ended_at": at(ended)} | facts
    return RunFacts(dag_id="dag", run_id="run", state=state, **content)


runs = st.one_of(
    st.just(run()),
    st.just(run("queued", started_at=None)),
    st.builds(
        lambda state, ended, by: run(state, ended, marked_by=by),
        st.sampled_from(["success", "failed"]),
        seconds,
        st.sampled_from([None, "alice"]),
    ),
)


def told_otherwise(facts: RunFacts, now: int) -> str:
    """The same rules for a run, as a table of what was seen at the deadline."""
    over = now > EXPECTED
    ended = None if facts.ended_at is None else (facts.ended_at - NOON).total_seconds()
    if ended is None:
        return "missed" if over else "pending"
    in_time = ended <= EXPECTED
    by_hand = facts.marked_by is not None
    return {
        (True, True, False): "met",
        (True, True, True): "void",
        (True, False, False): "void",
        (True, False, True): "void",
    }.get((in_time, facts.state == "success", by_hand), "missed")


@given(runs, seconds)
def test_a_run_is_judged_as_the_table_of_the_rules_says(facts, now):
    judged = judge_run(promise(), facts, expected_at=at(EXPECTED), now=at(now))

    assert judged.state == told_otherwise(facts, now)
    if judged.state == "met":
        assert judged.actual_at == facts.ended_at <= at(EXPECTED)
    if judged.state == "void":
        assert judged.reason


@given(runs, st.lists(seconds, max_size=6))
def test_asking_early_or_often_does_not_change_what_is_said_in_the_end(facts, times):
    """At each time the run is seen as it is then; what is settled first is what stands."""
    ended = facts.ended_at
    said = None
    for now in sorted({*times, 500}):
        has_ended = ended is None or ended <= at(now)
        seen = facts if has_ended else run()
        judged = judge_run(promise(), seen, expected_at=at(EXPECTED), now=at(now))
        if said is None and judged.state is not State.PENDING:
            said = judged.state

    assert said == judge_run(promise(), facts, expected_at=at(EXPECTED), now=at(500)).state


indexes = st.lists(
    st.builds(
        lambda index, state, ended: TaskFacts(map_index=index, state=state, ended_at=at(ended)),
        st.integers(0, 5),
        st.sampled_from(["success", "skipped", "failed", "upstream_failed", "removed"]),
        seconds,
    )
    | st.builds(TaskFacts, map_index=st.integers(0, 5), state=st.sampled_from([None, "running"])),
    max_size=5,
)


@given(indexes, runs, seconds)
def test_a_task_is_met_when_all_of_its_indexes_are_done_in_time_and_missed_only_after(
    of_task, facts, now
):
    judged = judge_task(promise(Kind.TASK), facts, of_task, expected_at=at(EXPECTED), now=at(now))

    there = [one for one in of_task if one.state != "removed"]
    done = bool(there) and all(one.state in ("success", "skipped") for one in there)
    last = max((one.ended_at for one in there if one.ended_at), default=None)
    assert (judged.state == "met") == (done and last <= at(EXPECTED))
    if judged.state == "missed":
        assert now > EXPECTED or (done and last > at(EXPECTED)) or facts.ended_at > at(EXPECTED)
        assert not any(
            one.state in ("failed", "upstream_failed") and one.ended_at <= at(EXPECTED)
            for one in there
        )
    if judged.state == "pending":
        assert now <= EXPECTED


@given(st.permutations([TaskFacts(map_index=n, state="success", ended_at=at(n)) for n in range(5)]))
def test_the_order_of_indexes_does_not_matter(shuffled):
    judged = judge_task(promise(Kind.TASK), run(), shuffled, expected_at=at(EXPECTED), now=NOON)

    assert (judged.state, judged.actual_at) == ("met", at(4))


@pytest.mark.parametrize(
    ("counts_from", "base"),
    [
        (CountsFrom.QUEUED, 1),
        (CountsFrom.LOGICAL_DATE, 2),
        (CountsFrom.RUN_START, 3),
    ],
)
def test_a_deadline_counts_from_what_the_promise_says(counts_from, base):
    facts = run(queued_at=at(1), logical_date=at(2), started_at=at(3))

    assert deadline(promise(counts_from=counts_from), facts) == at(base + EXPECTED)
    assert deadline(promise(Kind.TASK, counts_from=None), facts) == at(3 + EXPECTED)


@given(seconds, st.none() | seconds)
def test_what_was_over_when_the_promise_was_made_is_no_occasion(declared, ended):
    facts = run("running" if ended is None else "success", ended)

    counts = applies(promise(), facts, declared_at=at(declared))

    assert counts == (declared <= EXPECTED and (ended is None or ended >= declared))


def test_a_miss_in_which_a_holiday_lies_is_excused():
    calendar = Calendar(holidays=(Holiday(day=NOON.date(), reason="Fair"),))

    judged = judge_run(promise(calendar=calendar), run(), expected_at=at(100), now=at(101))

    assert (judged.state, judged.reason) == ("excused", "Fair")


@given(seconds, st.none() | seconds)
def test_an_asset_is_fresh_until_the_last_instant(now, updated):
    updated = None if updated is None or updated > now else updated
    judged = judge_update(
        promise(Kind.ASSET), expected_at=at(EXPECTED), updated_at=at(updated), now=at(now)
    )

    in_time = updated is not None and updated <= EXPECTED
    late = not in_time and now > EXPECTED
    assert judged.state == ("met" if in_time else "missed" if late else "pending")
    assert judged.actual_at == at(updated)


def by(hour: int, minute: int = 0, *, tz: str = "Europe/Berlin", **changes) -> Commitment:
    terms = {"by": time(hour, minute), "tz": tz, "within": None, "counts_from": None}
    return promise(Kind.BY, **terms, **changes)


@pytest.mark.parametrize(
    ("day", "hour", "instant"),
    [
        (date(2026, 3, 28), 2, "2026-03-28T01:30:00+00:00"),  # winter
        (date(2026, 3, 29), 2, "2026-03-29T01:30:00+00:00"),  # there is no half past two
        (date(2026, 3, 29), 3, "2026-03-29T01:30:00+00:00"),  # summer
        (date(2026, 10, 25), 2, "2026-10-25T00:30:00+00:00"),  # the first of two
        (date(2026, 10, 25), 3, "2026-10-25T02:30:00+00:00"),
    ],
)
def test_a_time_of_day_is_an_instant_when_clocks_are_changed_too(day, hour, instant):
    assert window_of(by(hour, 30), day).expected_at.isoformat() == instant


zones = st.sampled_from(
    ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]
)
days = st.dates(date(2026, 1, 1), date(2027, 12, 31))


@given(zones, days, st.times(), st.times())
def test_a_window_lies_in_its_local_day_whatever_the_zone(tz, day, until, opens):
    terms = promise(Kind.BY, by=until, opens=opens, tz=tz, within=None)
    window = window_of(terms, day)

    assert window.opens_at - timedelta(hours=1) <= window.expected_at
    assert window.expected_at <= window.ends_at + timedelta(hours=1)
    assert (
        timedelta(hours=22)
        <= window.ends_at - window_of(replace(terms, opens=time(0)), day).opens_at
        <= timedelta(hours=26)
    )
    wall = window.expected_at.astimezone(ZoneInfo(tz)).replace(tzinfo=None)
    exact = datetime.combine(day, until)
    assert wall - exact in {timedelta(), timedelta(hours=1), timedelta(minutes=30)}


@given(zones, days, st.integers(0, 23), st.sets(st.integers(0, 6), min_size=1))
def test_days_follow_one_another_without_gap_or_repetition(tz, day, hour, weekdays):
    terms = by(hour, tz=tz, calendar=Calendar(weekdays=tuple(sorted(weekdays))))
    since = datetime.combine(day, time(12), tzinfo=ZoneInfo(tz))
    first = first_day(terms, since=since)

    assert window_of(terms, first).expected_at >= since
    walked, one = [], first
    for _ in range(10):
        walked.append(one)
        one = next_day(terms, after=one)
    span = (walked[-1] - walked[0]).days + 1
    held = [
        walked[0] + timedelta(days=n)
        for n in range(span)
        if (walked[0] + timedelta(days=n)).weekday() in weekdays
    ]
    assert walked == held
    assert all(
        window_of(terms, before).expected_at < since
        for n in range(1, 9)
        if (before := first - timedelta(days=n)).weekday() in weekdays
    )


@given(st.lists(st.integers(-3, 30), max_size=6), st.integers(-3, 30))
def test_a_day_is_of_the_first_run_that_succeeds_in_its_window(hours, now):
    midnight = datetime(2026, 3, 1, tzinfo=UTC)
    ends = [midnight + timedelta(hours=hour) for hour in hours]
    window = window_of(by(10, tz="UTC"), midnight.date())

    judged = judge_day(by(10, tz="UTC"), window, ends, now=midnight + timedelta(hours=now))

    in_time = [hour for hour in hours if 0 <= hour <= 10]
    late = [hour for hour in hours if 10 < hour < 24]
    if in_time:
        expected = ("met", min(in_time))
    elif now <= 10:
        expected = ("pending", None)
    else:
        expected = ("missed", min(late, default=None))
    hour = None if judged.actual_at is None else (judged.actual_at - midnight) / timedelta(hours=1)
    assert (judged.state, hour) == expected


def test_a_window_that_opens_later_than_it_ends_opened_the_day_before():
    terms = by(6, tz="UTC", opens=time(20))
    window = window_of(terms, date(2026, 3, 2))

    assert window.opens_at == datetime(2026, 3, 1, 20, tzinfo=UTC)
    assert judge_day(terms, window, [window.opens_at], now=window.expected_at).state == "met"


WEEK_OF_WORK = [date(2026, 6, day) for day in (1, 2, 3, 4, 5)]  # Monday to Friday
of_any_zone = pytest.mark.parametrize(
    "terms",
    [
        by(10, tz="Europe/Berlin"),  # the window opens on the evening before, by UTC
        by(17, tz="America/Los_Angeles"),  # ends on the morning after, by UTC
        by(6, tz="UTC", opens=time(22)),  # opens on the evening before, by its own clock
        by(6, tz="Asia/Tokyo", opens=time(22)),
    ],
    ids=["Berlin", "Los Angeles", "over midnight", "over midnight in Tokyo"],
)
of_any_calendar = pytest.mark.parametrize("tz", ["UTC", "Europe/Berlin", "Pacific/Apia"])


def of_nothing(terms: Commitment, day: date):
    """What a day comes to on which no run succeeded."""
    window = window_of(terms, day)
    return judge_day(terms, window, [], now=window.ends_at)


@of_any_zone
@of_any_calendar
def test_weekdays_excuse_none_of_the_days_on_which_a_time_of_day_is_promised(terms, tz):
    terms = replace(terms, calendar=Calendar(weekdays=(0, 1, 2, 3, 4), tz=tz))
    days, day = [], WEEK_OF_WORK[0] - timedelta(days=2)
    while day < WEEK_OF_WORK[-1]:
        day = next_day(terms, after=day)
        days.append(day)

    assert days == WEEK_OF_WORK
    assert [of_nothing(terms, day).state for day in days] == ["missed"] * 5


@of_any_zone
@of_any_calendar
def test_a_holiday_excuses_its_own_local_day_and_neither_of_its_neighbours(terms, tz):
    fair = Holiday(day=WEEK_OF_WORK[2], reason="Fair")
    terms = replace(terms, calendar=Calendar(holidays=(fair,), tz=tz))

    judged = [of_nothing(terms, day) for day in WEEK_OF_WORK]

    assert [one.reason for one in judged] == [None, None, "Fair", None, None]
    assert [one.state for one in judged] == ["missed", "missed", "excused", "missed", "missed"]


def test_a_day_that_was_taken_off_after_its_row_was_made_is_excused():
    saturday = date(2026, 6, 6)
    terms = by(10, calendar=Calendar(weekdays=(0, 1, 2, 3, 4)))

    assert of_nothing(terms, saturday).reason == "does not hold on Saturdays"


def test_maintenance_in_the_window_excuses_a_day_and_beside_it_does_not():
    night = Maintenance(
        starts=datetime(2026, 6, 1, 22, tzinfo=UTC),  # midnight in Berlin
        ends=datetime(2026, 6, 1, 23, tzinfo=UTC),
        reason="backup",
    )
    terms = by(10, calendar=Calendar(maintenance=(night,)))

    reasons = [of_nothing(terms, day).reason for day in WEEK_OF_WORK[:3]]
    assert reasons == [None, "backup", None]
