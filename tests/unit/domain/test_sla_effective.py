"""What a Dag's code promises, what files promise for it, and that code never loosens a floor."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta

import pytest
from fakes.promises import calendars, commitments, instants, lengths
from hypothesis import given
from hypothesis import strategies as st

from airflow_gov_provider.domain.severity import Severity
from airflow_gov_provider.domain.sla.calendars import Calendar, Holiday
from airflow_gov_provider.domain.sla.commitments import Commitment, CountsFrom, Kind
from airflow_gov_provider.domain.sla.effective import (
    Dag,
    Entry,
    Selector,
    effective,
    held_to,
    is_as_strict,
    stricter_calendar,
)

HOUR = timedelta(hours=1)
EVERY_DAG = Selector(dag_ids=("*",))


def within(hours: float, **more) -> Commitment:
    return Commitment(
        **{
            "name": "run from queued",
            "kind": Kind.RUN,
            "within": hours * HOUR,
            "counts_from": CountsFrom.QUEUED,
            **more,
        }
    )


def an_entry(*promises: Commitment, is_floor: bool = False, **selector) -> Entry:
    named = tuple(replace(one, source="file: commitments[0]") for one in promises)
    chosen = Selector(**selector) if selector else EVERY_DAG
    return Entry(selector=chosen, promises=named, is_floor=is_floor)


def of_income(*entries: Entry, promises=(), calendars=None, **dag) -> list[Commitment]:
    dags = [Dag(**{"dag_id": "income", "promises": promises, **dag})]
    found = effective(dags, entries, calendars or {})
    assert found.problems == []
    return list(found.promises.values())


@given(commitments, commitments, st.booleans())
def test_what_is_held_to_a_floor_is_as_strict_as_the_floor(one, floor, of_days):
    one, floor = (
        replace(
            promise,
            by=(promise.by or time(10)) if of_days else None,
            within=None if of_days else (promise.within or HOUR),
        )
        for promise in (one, floor)
    )
    held = held_to(one, floor)

    assert is_as_strict(held, floor)
    assert held_to(held, floor) == replace(held, source=held.source)
    assert held.commitment_id == one.commitment_id


@given(calendars, calendars, instants, lengths)
def test_a_stricter_calendar_excuses_nothing_that_the_floor_does_not(one, floor, start, length):
    strict = stricter_calendar(one, floor)
    if strict.excuse(start, start + length) is not None:
        assert floor.excuse(start, start + length) is not None


@given(commitments)
def test_every_promise_is_as_strict_as_itself(one):
    assert is_as_strict(one, one)
    assert held_to(one, one).source == one.source


@pytest.mark.parametrize(
    ("selector", "fits"),
    [
        ({"dag_ids": ("inc*",)}, True),
        ({"dag_ids": ("Inc*",)}, False),
        ({"dag_ids": ("credit", "i?come")}, True),
        ({"tags": ("production", "nightly")}, True),
        ({"tags": ("nightly",)}, False),
        ({"owners": ("ml",)}, True),
        ({"dag_ids": ("*",), "tags": ("production",), "owners": ("risk",)}, False),
    ],
)
def test_a_dag_has_to_fit_all_that_a_selector_gives(selector, fits):
    dag = Dag(dag_id="income", tags=frozenset({"production"}), owners=frozenset({"ml", "data"}))

    assert Selector(**selector).fits(dag) is fits


def test_a_file_promises_for_dags_without_touching_them():
    (one,) = of_income(an_entry(within(2)), owner="ml")

    assert (one.dag_id, one.subject, one.owner) == ("income", "income", "ml")
    assert one.source == "file: commitments[0]"


def test_the_code_of_a_dag_comes_before_a_default_of_a_file():
    (one,) = of_income(an_entry(within(2)), promises=[within(5)])

    assert (one.within, one.source) == (5 * HOUR, "dag")


def test_of_two_defaults_the_later_entry_holds():
    (one,) = of_income(an_entry(within(2)), an_entry(within(3), dag_ids=("income",)))

    assert one.within == 3 * HOUR


def test_code_may_promise_more_than_the_floor():
    strict = within(1, severity=Severity.CRITICAL, target=0.999)
    (one,) = of_income(an_entry(within(2), is_floor=True), promises=[strict])

    assert (one.within, one.severity, one.source) == (HOUR, Severity.CRITICAL, "dag")


def test_code_that_promises_less_is_held_to_the_floor_and_the_source_says_so():
    loose = within(5, severity=Severity.CRITICAL, target=0.5, name="mine")
    floor = within(2, severity=Severity.HIGH)
    (one,) = of_income(an_entry(floor, is_floor=True), promises=[loose])

    assert (one.within, one.severity, one.target) == (2 * HOUR, Severity.CRITICAL, 0.99)
    assert one.name == "mine"
    assert one.source == "dag, held to file: commitments[0]"


def test_code_cannot_excuse_what_the_floor_does_not():
    day_off = Calendar(holidays=(Holiday(day=date(2026, 12, 25), reason="tired"),))
    (one,) = of_income(an_entry(within(2), is_floor=True), promises=[within(1, calendar=day_off)])

    assert one.calendar.holds_on(date(2026, 12, 25))
    assert one.within == HOUR


def test_code_may_do_without_an_excuse_of_the_floor():
    working_days = Calendar(weekdays=(0, 1, 2, 3, 4), tz="Europe/Berlin")
    floor = within(2, calendar=working_days)
    (one,) = of_income(an_entry(floor, is_floor=True), promises=[within(1)])

    assert (one.calendar, one.source) == (Calendar(), "dag")


def test_a_floor_is_satisfied_by_any_of_several_promises():
    soft, hard = within(1, name="soft", severity=Severity.LOW), within(2, name="hard")
    found = of_income(an_entry(within(2), is_floor=True), promises=[soft, hard])

    assert sorted(found, key=str) == sorted((one.of_dag("income") for one in (soft, hard)), key=str)


def test_of_several_that_are_too_loose_the_strictest_is_held():
    soft, hard = within(3, name="soft", severity=Severity.LOW), within(4, name="hard")
    found = of_income(an_entry(within(2), is_floor=True), promises=[soft, hard])

    assert {one.name: one.within for one in found} == {"soft": 3 * HOUR, "hard": 2 * HOUR}


def test_of_two_floors_the_stricter_of_each_term_holds():
    (one,) = of_income(
        an_entry(within(2, severity=Severity.LOW), is_floor=True),
        an_entry(within(4, severity=Severity.HIGH), is_floor=True),
    )

    assert (one.within, one.severity) == (2 * HOUR, Severity.HIGH)


def test_a_floor_about_something_else_stands_beside():
    dated = within(2, name="dated", counts_from=CountsFrom.LOGICAL_DATE)
    found = of_income(an_entry(dated, is_floor=True), promises=[within(1)])

    assert {one.counts_from for one in found} == {CountsFrom.QUEUED, CountsFrom.LOGICAL_DATE}


def of_day(hour: int, tz: str, name: str = "by") -> Commitment:
    return Commitment(name=name, kind=Kind.BY, by=time(hour), tz=tz)


def test_a_floor_in_another_zone_leaves_the_promise_of_code_that_has_its_name():
    code, floor = of_day(6, "Europe/Berlin"), of_day(12, "America/New_York")
    found = of_income(an_entry(floor, is_floor=True), promises=[code])

    assert {one.name: (one.by, one.tz, one.source) for one in found} == {
        "by": (time(6), "Europe/Berlin", "dag"),
        "by (floor America/New_York)": (time(12), "America/New_York", "file: commitments[0]"),
    }


def test_a_floor_with_a_long_name_is_told_apart_within_the_longest_name():
    name = "n" * 250
    dated = within(2, name=name, counts_from=CountsFrom.LOGICAL_DATE)
    found = of_income(an_entry(dated, is_floor=True), promises=[within(1, name=name)])

    assert [len(one.name) for one in found] == [250, 250]
    assert [one.name.lstrip("n") for one in found] == ["", " (floor logical date)"]


days_of_few_names = st.builds(
    of_day,
    st.integers(1, 23),
    st.sampled_from(["UTC", "Europe/Berlin", "Asia/Tokyo"]),
    st.sampled_from(["by", "by (floor UTC)", "by (floor UTC 2)"]),
)


@given(
    st.lists(days_of_few_names, max_size=4, unique_by=lambda one: one.name),
    st.lists(days_of_few_names, max_size=4),
)
def test_every_floor_is_kept_and_nothing_that_code_promises_gives_way(code, floors):
    found = of_income(*(an_entry(one, is_floor=True) for one in floors), promises=code)

    kept = {(one.name, one.tz): one for one in found}
    for one in code:
        assert is_as_strict(kept[one.name, one.tz], one)
    for floor in floors:
        assert any(one.tz == floor.tz and is_as_strict(one, floor) for one in found)


def test_an_earlier_time_of_day_is_stricter_and_a_window_that_opens_when_it_is_over_is_none():
    code = Commitment(name="by", kind=Kind.BY, by=time(11), opens=time(9), tz="UTC")
    floor = replace(code, by=time(8), opens=time(0))
    held = held_to(code, floor)

    assert (held.by, held.opens) == (time(8), time(0))


def test_a_dag_that_says_the_same_twice_is_told_so_and_the_first_counts():
    dag = Dag(dag_id="income", promises=[within(1), within(2)])
    found = effective([dag], [], {})

    assert [one.within for one in found.promises.values()] == [HOUR]
    assert "two promises are called 'run from queued'" in found.problems[0]


def test_a_dag_may_name_a_calendar_of_the_file_and_is_told_when_it_is_not_there():
    working_days = Calendar(weekdays=(0, 1, 2, 3, 4), name="working days")
    promise = within(1, calendar=Calendar(name="working days"))
    (one,) = of_income(promises=[promise], calendars={"working days": working_days})
    assert one.calendar == working_days

    missing = effective([Dag(dag_id="income", promises=[promise])], [], {"workdays": Calendar()})
    assert "unknown calendar 'working days'; did you mean 'workdays'?" in missing.problems[0]


def test_an_asset_may_belong_to_no_dag():
    asset = Commitment(name="asset s3://x", kind=Kind.ASSET, subject="s3://x", within=HOUR)
    found = effective([], [Entry(selector=None, promises=(asset,))], {})

    assert [one.dag_id for one in found.promises.values()] == [None]
