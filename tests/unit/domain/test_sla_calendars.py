"""Days off, maintenance, and what they excuse."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from fakes.promises import calendars, instants, lengths, windows, zones
from hypothesis import given

from airflow_gov_provider.domain.events import canonical_line
from airflow_gov_provider.domain.sla.calendars import WEEK, Calendar, Holiday, Maintenance, zone

BERLIN = zone("Europe/Berlin")
WORKING_DAYS = Calendar(weekdays=(0, 1, 2, 3, 4), tz="Europe/Berlin")
CHRISTMAS = Calendar(
    holidays=(Holiday(day=date(2026, 12, 25), reason="Christmas"),), tz="Europe/Berlin"
)


def berlin(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=BERLIN).astimezone(UTC)


def maintained(*, weekly: bool = False) -> Calendar:
    window = Maintenance(
        starts=berlin(2026, 3, 22, 2), ends=berlin(2026, 3, 22, 4), reason="backup", weekly=weekly
    )
    return Calendar(maintenance=(window,), tz="Europe/Berlin")


@given(calendars)
def test_a_calendar_comes_back_from_its_json(calendar):
    assert Calendar.from_content(json.loads(canonical_line(calendar.content))) == calendar


def test_a_calendar_without_anything_special_has_nothing_to_tell():
    assert Calendar().content == {}


def test_a_weekday_that_is_not_in_it_is_off_and_says_which():
    assert WORKING_DAYS.holds_on(date(2026, 11, 20))
    assert WORKING_DAYS.day_off(date(2026, 11, 21)) == "does not hold on Saturdays"


def test_a_holiday_is_off_with_its_own_reason():
    assert CHRISTMAS.day_off(date(2026, 12, 25)) == "Christmas"
    assert CHRISTMAS.holds_on(date(2026, 12, 26))


@pytest.mark.parametrize(
    ("start", "end", "excused"),
    [
        (berlin(2026, 3, 22, 1), berlin(2026, 3, 22, 2), False),  # ends as it begins
        (berlin(2026, 3, 22, 1), berlin(2026, 3, 22, 2, 1), True),
        (berlin(2026, 3, 22, 3), berlin(2026, 3, 22, 3, 30), True),
        (berlin(2026, 3, 22, 4), berlin(2026, 3, 22, 5), False),  # begins as it ends
        (berlin(2026, 3, 20, 0), berlin(2026, 3, 30, 0), True),
    ],
)
def test_maintenance_excuses_what_shares_an_instant_with_it(start, end, excused):
    assert maintained().excuse(start, end) == ("backup" if excused else None)


def test_weekly_maintenance_keeps_its_hour_of_the_clock_over_daylight_saving():
    weekly = maintained(weekly=True)
    assert weekly.excuse(berlin(2026, 4, 5, 2, 10), berlin(2026, 4, 5, 2, 20)) == "backup"
    assert weekly.excuse(berlin(2026, 4, 5, 1, 10), berlin(2026, 4, 5, 1, 50)) is None
    assert weekly.excuse(berlin(2026, 4, 5, 4, 10), berlin(2026, 4, 5, 4, 50)) is None


def test_weekly_maintenance_excuses_nothing_before_its_first_time():
    week_before = berlin(2026, 3, 15, 2, 10)
    assert maintained(weekly=True).excuse(week_before, week_before + timedelta(minutes=5)) is None


def test_a_holiday_in_the_middle_excuses_and_its_midnight_is_not_in_the_day_before():
    assert CHRISTMAS.excuse(berlin(2026, 12, 24), berlin(2026, 12, 27)) == "Christmas"
    assert CHRISTMAS.excuse(berlin(2026, 12, 24), berlin(2026, 12, 25)) is None
    assert CHRISTMAS.excuse(berlin(2026, 12, 26), berlin(2026, 12, 27)) is None


def test_a_holiday_is_a_day_in_the_zone_of_the_calendar():
    almost = datetime(2026, 12, 24, 23, 30, tzinfo=UTC)  # half past midnight in Berlin
    assert CHRISTMAS.excuse(almost, almost + timedelta(minutes=5)) == "Christmas"


def test_a_weekend_excuses_what_begins_or_ends_on_it_and_not_what_runs_over_it():
    friday, saturday, monday = (berlin(2026, 11, day, 12) for day in (20, 21, 23))
    assert WORKING_DAYS.excuse(friday, saturday) == "does not hold on Saturdays"
    assert WORKING_DAYS.excuse(saturday, monday) == "does not hold on Saturdays"
    assert WORKING_DAYS.excuse(friday, monday) is None


@given(windows(), instants, lengths, zones)
def test_a_weekly_window_overlaps_where_one_of_its_occurrences_does(window, start, length, tz):
    end = start + length
    first, lasts = window.starts.astimezone(zone(tz)), window.ends - window.starts
    expected = False
    for week in range(1100 if window.weekly else 1):
        begins = (first + week * WEEK).astimezone(UTC) if window.weekly else window.starts
        expected = expected or (begins < end and start < begins + lasts)
        if expected or begins >= end:
            break
    assert window.overlaps(start, end, tz=tz) is expected
