import json
from datetime import UTC

from hypothesis import given
from hypothesis import strategies as st

from airflow_gov_provider.api.event_pages import _Item, _Page, printed_page
from airflow_gov_provider.api.schemas import EventItem, EventPage
from airflow_gov_provider.domain.events import Event
from airflow_gov_provider.store.events.rows import StoredEvent

TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
SOME_TEXTS = st.none() | TEXTS
COUNTS = st.none() | st.integers(-1, 2**31 - 1)
NUMBERS = st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda some: st.lists(some, max_size=3) | st.dictionaries(TEXTS, some, max_size=3),
    max_leaves=6,
)
TIMES = st.datetimes(timezones=st.just(UTC))
EVENTS = st.builds(
    Event,
    event_id=TEXTS,
    type=TEXTS,
    occurred_at=TIMES,
    witness=TEXTS,
    state=SOME_TEXTS,
    dag_id=SOME_TEXTS,
    run_id=SOME_TEXTS,
    task_id=SOME_TEXTS,
    map_index=COUNTS,
    try_number=COUNTS,
    actor=SOME_TEXTS,
    payload=st.dictionaries(TEXTS, VALUES, max_size=4),
)
STORED = st.builds(StoredEvent, seq=st.integers(1, 2**62), recorded_at=TIMES, event=EVENTS)


def as_its_model_prints_it(shown, others, rest):
    items = [EventItem.of(one, others.get(one.event.event_id, ())) for one in shown]
    return json.loads(EventPage(items=items, **rest).model_dump_json())


@given(
    shown=st.lists(STORED, max_size=3),
    witnesses=st.lists(st.sets(TEXTS, max_size=3), min_size=3, max_size=3),
    rest=st.fixed_dictionaries(
        {"next_cursor": SOME_TEXTS, "newer_cursor": TEXTS, "has_newer": st.booleans()}
    ),
)
def test_a_page_is_printed_as_its_model_would_print_it(shown, witnesses, rest):
    ids = [one.event.event_id for one in shown]
    others = {event_id: some for event_id, some in zip(ids, witnesses, strict=False) if some}

    printed = printed_page(shown, others, **rest)

    assert json.loads(printed) == as_its_model_prints_it(shown, others, rest)


def test_a_page_is_printed_with_every_field_of_its_model_in_the_same_order():
    assert list(_Item.__struct_fields__) == list(EventItem.model_fields)
    assert list(_Page.__struct_fields__) == list(EventPage.model_fields)
