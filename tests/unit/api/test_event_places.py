"""Up and down the timeline: newer pages, counts, and where a time is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from airflow_gov_provider.store.search import places as event_places
from airflow_gov_provider.store.search.pages import EventFilter, numbers_of_events
from airflow_gov_provider.store.search.places import count_of_events, page_of_newer_events
from tests.unit.api.conftest import NOON, assert_error, happening

FILTERS = [
    {},
    {"dag_id": "income"},
    {"category": "override"},
    {"without_type": "override.clear"},
    {"without_type": "task_instance.success"},
    {"q": "drift"},
    {"actor": "ada", "dag_id": "income"},
    {"q": "nothing has this"},
]


def mixed(number):
    return happening(
        number,
        type="override.clear" if number % 7 == 0 else "task_instance.success",
        dag_id="income" if number % 3 else "other",
        actor="ada" if number % 5 == 0 else None,
        payload={"note": "drift alarm" if number % 11 == 0 else "calm"},
    )


def numbers(items) -> list[int]:
    return [item["seq"] for item in items]


def everything(audited, **wanted) -> list[int]:
    return numbers(audited.get("/v1/events", limit=1000, **wanted).json()["items"])


@pytest.fixture
def timeline(audited):
    """Of which a part is indexed."""
    audited.record(*map(mixed, range(600)))
    audited.index()
    audited.record(*map(mixed, range(600, 700)))
    return audited


@pytest.mark.parametrize("wanted", FILTERS)
def test_pages_upward_show_the_same_as_pages_downward(timeline, wanted):
    start = timeline.get("/v1/events", at=NOON.isoformat(), limit=10, **wanted).json()
    assert start["has_newer"]
    seen, page = numbers(start["items"]), start
    while page["has_newer"]:
        before = page["newer_cursor"]
        page = timeline.get("/v1/events", newer=before, limit=37, **wanted).json()
        assert page["newer_cursor"] != before
        assert len(page["items"]) <= 37
        seen = numbers(page["items"]) + seen

    assert seen == everything(timeline, **wanted)


def test_below_a_page_that_was_reached_from_below_comes_what_was_left(timeline):
    start = timeline.get("/v1/events", at=(NOON + timedelta(minutes=300)).isoformat(), limit=5)
    above = timeline.get("/v1/events", newer=start.json()["newer_cursor"], limit=5).json()

    below = timeline.get("/v1/events", cursor=above["next_cursor"], limit=5).json()

    assert below["items"] == start.json()["items"]
    assert below["newer_cursor"] == start.json()["newer_cursor"]


def test_a_time_leads_to_what_arrived_around_it_even_where_some_came_late(audited):
    late = happening(900, occurred_at=NOON + timedelta(minutes=100))
    audited.record(*map(happening, range(200)), late)

    moment = (NOON + timedelta(minutes=100)).isoformat()
    [item] = audited.get("/v1/events", at=moment, limit=1).json()["items"]

    assert abs(item["seq"] - 100) < 60
    assert audited.get("/v1/events", at="2020-01-01T00:00:00Z").json()["items"] == []


def test_one_page_has_one_place(audited):
    cursor = audited.get("/v1/events").json()["newer_cursor"]

    response = audited.get("/v1/events", newer=cursor, at=NOON.isoformat())

    assert "one of cursor, newer and at" in assert_error(response, 422, "invalid_request")
    assert_error(audited.get("/v1/events", newer="ZXZlbnQ6MQ"), 400, "invalid_cursor")


@pytest.mark.parametrize("wanted", FILTERS)
def test_a_count_is_how_many_a_list_shows(timeline, wanted):
    counted = timeline.get("/v1/events/count", **wanted).json()

    assert counted == {"count": len(everything(timeline, **wanted)), "is_exact": True}


@pytest.mark.parametrize("wanted", FILTERS)
def test_a_count_of_what_is_new_begins_above_a_page(timeline, wanted):
    newest = timeline.get("/v1/events").json()["newer_cursor"]
    assert timeline.get("/v1/events/count", newer=newest, **wanted).json()["count"] == 0
    timeline.record(*map(mixed, range(700, 777)))

    counted = timeline.get("/v1/events/count", newer=newest, **wanted).json()["count"]

    assert counted == sum(number > 700 for number in everything(timeline, **wanted))


def test_counting_ends_at_a_bound_and_says_so(timeline, monkeypatch):
    monkeypatch.setattr(event_places, "MOST_COUNTED", 50)
    monkeypatch.setattr(event_places, "MOST_COUNTED_WITH_WORDS", 20)

    more = [timeline.get("/v1/events/count", **wanted).json() for wanted in FILTERS]

    assert [one["count"] for one in more] == [50, 50, 50, 50, 50, 20, 50, 0]
    assert [one["is_exact"] for one in more] == [False] * 7 + [True]


def test_what_a_reader_may_not_see_is_neither_counted_nor_paged(timeline):
    timeline.permissions.dag_ids = {"other"}
    start = timeline.get("/v1/events", at=NOON.isoformat(), limit=10).json()
    above = timeline.get("/v1/events", newer=start["newer_cursor"], limit=300).json()

    assert {item["dag_id"] for item in start["items"] + above["items"]} == {"other"}
    assert timeline.get("/v1/events/count").json()["count"] == 234
    timeline.permissions.dag_ids = set()
    assert timeline.get("/v1/events/count").json()["count"] == 0


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_from_anywhere_upward_nothing_is_missed(timeline, data):
    wanted = EventFilter(**data.draw(st.sampled_from(FILTERS)))
    after = data.draw(st.integers(0, 701))
    limit = data.draw(st.integers(1, 60))
    with timeline.transaction() as connection:
        listed, before = [], None
        while before != 0:
            some = numbers_of_events(connection, wanted, before=before, most=97)
            listed, before = [*listed, *(number for number, _ in some.found)], some.position
        expected = [number for number in listed if number > after]
        seen, at = [], after
        while at < 700:
            page = page_of_newer_events(connection, wanted, after=at, limit=limit)
            assert at < page.newest
            assert len(page.items) <= limit
            seen, at = [*(item.seq for item in page.items), *seen], page.newest
        counted = count_of_events(connection, wanted, after=after)

    assert seen == expected
    assert (counted.count, counted.is_exact) == (len(expected), True)
