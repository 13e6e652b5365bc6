"""Reading a line quickly gives what reading it slowly gives."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_gov_provider.domain.events import Event
from airflow_gov_provider.store.events.lines import event_of_line

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["\ud800", "\0", "\x1f\x7f", '\u2028\\"/', "é€😀", "\t\n\r\b\f"])
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=8,
)
texts = st.none() | st.text(max_size=6) | st.sampled_from(["x" * 251, "\0", "a\tb", "é", "\ud800"])
envelopes = st.fixed_dictionaries(
    {
        "event_id": texts | st.just("e"),
        "type": texts | st.just("t"),
        "witness": texts | st.just("listener"),
        "v": st.sampled_from([1, 1, 1, 1, True, 1.0, 2]),
        "occurred_at": st.sampled_from(
            [
                "2026-11-21T12:00:00+00:00",
                "2026-11-21T12:00:00.000001+00:00",
                "2026-11-21T12:00:00Z",
                "2026-11-21T12:00:00.5+00:00",
                "2026-11-21T12:00:00+01:00",
                "2026-11-21T12:00:00",
                7,
            ]
        ),
        "payload": values | st.dictionaries(st.text(max_size=4), values, max_size=4),
        "state": texts | st.just(0),
        "dag_id": texts,
        "run_id": texts,
        "task_id": texts,
        "actor": texts,
        "map_index": st.none() | st.integers(-(2**32), 2**32) | st.booleans() | st.just(1.0),
        "try_number": st.none() | st.integers(0, 3),
    }
)
styles = st.fixed_dictionaries(
    {
        "sort_keys": st.sampled_from([True, True, False]),
        "ensure_ascii": st.sampled_from([False, False, True]),
        "separators": st.sampled_from([(",", ":"), (",", ":"), (", ", ": ")]),
    }
)


def outcome(read, line: bytes):
    try:
        event = read(line)
    except ValueError as error:
        return str(error)
    return repr(event), event.document  # repr: a payload may hold what is unequal to itself


@given(envelopes, styles)
def test_every_line_is_read_as_the_envelope_says(envelope, style):
    line = json.dumps(envelope, **style).encode(errors="surrogatepass")

    assert outcome(event_of_line, line) == outcome(Event.from_document, line)


@given(st.dictionaries(st.text(max_size=6), values, max_size=5), texts)
def test_what_an_event_prints_is_kept_as_it_is(payload, dag_id):
    line = Event(
        event_id="e", type="t", occurred_at=NOON, dag_id=None, payload={**payload, "d": dag_id}
    ).document

    event = event_of_line(line)

    assert event == Event.from_document(line)
    assert event.document == replace(event).document == line


fractions = st.floats(allow_nan=False, allow_infinity=False) | st.builds(
    lambda digits, places: digits / 10**places, st.integers(-(10**17), 10**17), st.integers(0, 20)
)


@given(st.lists(fractions, max_size=4), st.integers(0, 60))
def test_numbers_and_depth_are_read_as_the_slower_reader_does(numbers, depth):
    for payload in (numbers, [str(number) for number in numbers]):
        nested = payload
        for _ in range(depth):
            nested = {"a": nested}
        content = json.loads(Event(event_id="e", type="t", occurred_at=NOON).document)
        line = json.dumps(
            {**content, "payload": {"p": nested}}, sort_keys=True, separators=(",", ":")
        ).encode()

        assert outcome(event_of_line, line) == outcome(Event.from_document, line)


def test_a_canonical_line_is_not_printed_again(monkeypatch):
    line = Event(
        event_id="e",
        type="t",
        occurred_at=NOON,
        dag_id="größe",
        payload={"n": 1, "f": 0.25, "list": [None, True, {"é€": "\\\t"}], "text": "ü"},
    ).document
    monkeypatch.setattr(Event, "from_document", None)

    assert event_of_line(line).document is line


@pytest.mark.parametrize("rubbish", [b"", b"[]", b"nothing", b'{"v":1}', b"\xff", b"[" * 5000])
def test_rubbish_is_refused_in_the_same_words(rubbish):
    assert outcome(event_of_line, rubbish) == outcome(Event.from_document, rubbish)


def test_an_event_made_from_one_that_was_read_prints_itself():
    read = event_of_line(Event(event_id="e", type="t", occurred_at=NOON).document)

    changed = replace(read, state="success")

    assert b'"state":"success"' in changed.document
    assert event_of_line(changed.document) == changed
