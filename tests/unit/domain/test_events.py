"""The event envelope: its identity, its bytes and its limits."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from airflow_gov_provider.domain.events import (
    Event,
    bounded,
    canonical_line,
    dag_run_event_id,
    plain,
    task_event_id,
)

NOON = datetime(2026, 11, 21, 12, 0, 0, 123456, tzinfo=UTC)

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def an_event(**changes) -> Event:
    return Event(
        **{
            "event_id": "e" * 64,
            "type": "task_instance.success",
            "occurred_at": NOON,
            "state": "success",
            "dag_id": "income",
            "run_id": "manual__1",
            "task_id": "train",
            "map_index": -1,
            "try_number": 1,
            "payload": {"operator": "PythonOperator", "duration": 1.25},
            **changes,
        }
    )


def a_document(**changes) -> bytes:
    return json.dumps({**json.loads(an_event().document), **changes}).encode()


def test_its_bytes_are_pinned():
    assert an_event().document.decode() == (
        '{"actor":null,"dag_id":"income","event_id":"' + "e" * 64 + '","map_index":-1,'
        '"occurred_at":"2026-11-21T12:00:00.123456+00:00",'
        '"payload":{"duration":1.25,"operator":"PythonOperator"},"run_id":"manual__1",'
        '"state":"success","task_id":"train","try_number":1,"type":"task_instance.success",'
        '"v":1,"witness":"listener"}'
    )


def test_a_time_means_the_same_in_every_zone():
    there = NOON.astimezone(timezone(timedelta(hours=-7)))

    assert an_event(occurred_at=there).document == an_event().document


@given(values)
def test_the_bytes_are_those_of_rfc_8785(value):
    assert canonical_line(value) == rfc8785.dumps(plain(value))


@given(values)
def test_a_line_holds_no_line_break(value):
    assert b"\n" not in canonical_line(value)


@given(values)
def test_what_is_plain_already_stays_as_it_is(value):
    assert plain(plain(value)) == plain(value)


@given(st.dictionaries(st.text(max_size=10), values, max_size=5))
def test_an_event_survives_its_own_bytes(payload):
    event = an_event(payload=bounded(payload, max_bytes=4096))

    assert Event.from_document(event.document) == event


@given(st.dictionaries(st.text(max_size=10), values, max_size=8), st.integers(200, 2000))
def test_a_bounded_payload_fits(payload, limit):
    assert len(canonical_line(bounded(payload, max_bytes=limit))) <= limit


def test_what_had_to_go_is_named():
    payload = {"operator": "Bash", "big": ["x" * 900] * 9, "bigger": ["x" * 900] * 20}

    kept = bounded(payload, max_bytes=1000)

    assert kept == {"operator": "Bash", "cut": ["big", "bigger"]}


def test_a_long_text_is_cut_and_marked_where_it_stands():
    kept = bounded({"text": "x" * 5000}, max_bytes=16_384)

    assert kept["text"] == "x" * 1000 + "…"


def test_what_nests_too_deep_is_replaced_by_a_mark():
    kept = bounded({"a": [[[[[["deep"]]]]]]}, max_bytes=16_384)

    assert kept == {"a": [[[["…"]]]]}


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        (b"not json", "expected one JSON object"),
        (b"\xff\xfe", "expected one JSON object"),
        (b"[" * 100_000, "expected one JSON object"),
        (b"[]", "not an object"),
        (a_document(v=2), "v must be 1"),
        (a_document(extra=1), "extra is unknown"),
        (a_document(event_id=None), "event_id is empty"),
        (a_document(dag_id="x" * 251), "dag_id must be a text of at most 250 characters"),
        (a_document(dag_id=7), "dag_id must be a text"),
        (a_document(dag_id="a\0b"), "dag_id holds characters that no database keeps"),
        (a_document(actor="\ud800"), "actor holds characters that no database keeps"),
        (a_document(try_number=2**40), "try_number must be a small integer"),
        (a_document(map_index=True), "map_index must be a small integer"),
        (a_document(occurred_at="2026-11-21T12:00:00"), "with its zone"),
        (a_document(occurred_at=None), "with its zone"),
        (a_document(payload=[]), "payload must be an object"),
        (b'{"v":1}', "event_id is missing"),
    ],
)
def test_an_envelope_that_cannot_be_read_says_what_is_wrong_with_it(document, complaint):
    with pytest.raises(ValueError, match=complaint):
        Event.from_document(document)


def test_every_problem_of_an_envelope_is_named_at_once():
    with pytest.raises(ValueError, match="dag_id") as caught:
        Event.from_document(a_document(dag_id=1, run_id=2, payload=3))

    assert all(name in str(caught.value) for name in ("dag_id", "run_id", "payload"))


def test_a_repeated_announcement_of_a_dag_run_state_is_the_same_event():
    once = {"dag_id": "d", "run_id": "r", "clear_number": 0, "state": "running"}

    assert dag_run_event_id(**once, queued_at=NOON) == dag_run_event_id(**once, queued_at=NOON)


@pytest.mark.parametrize(
    "change",
    [
        {"state": "success"},
        {"clear_number": 1},
        {"queued_at": NOON + timedelta(seconds=1)},
        {"run_id": "other"},
        {"dag_id": "other"},
        {"by_hand_ns": 1},
    ],
)
def test_another_occurrence_of_a_dag_run_state_is_another_event(change):
    once = {"dag_id": "d", "run_id": "r", "queued_at": NOON, "clear_number": 0, "state": "running"}

    assert dag_run_event_id(**once) != dag_run_event_id(**{**once, **change})


@pytest.mark.parametrize(
    "change", [{"ti_id": "b"}, {"try_number": 2}, {"state": "failed"}, {"occurred_ns": 2}]
)
def test_another_occurrence_of_a_task_state_is_another_event(change):
    once = {"ti_id": "a", "try_number": 1, "state": "running", "occurred_ns": 1}

    assert task_event_id(**once) != task_event_id(**{**once, **change})
