"""Markers of what was not recorded: each gap once, whoever comes and goes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from airflow_gov_provider.domain.record.recording import (
    CLEAN_STOP,
    CRASH,
    GAP,
    INTERRUPTED,
    SILENCE,
    STOPPED,
    Gap,
    Recording,
    filled,
    gone,
    present,
    purged,
)

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)


def at(seconds):
    return BEGIN + timedelta(seconds=seconds)


def told(*steps):
    """What the ledger says after ``(holder, what, second)``, with each gap as (reason, from, until)."""
    known, events = None, []
    for holder, what, second in steps:
        if what == "there":
            known, new = present(known, holder, now=at(second))
        else:
            known, new = gone(known, holder, now=at(second))
        events += new
    return known, [_short(event) for event in events]


def _short(event):
    if event.type != GAP:
        return event.type
    span = (datetime.fromisoformat(event.payload[name]) for name in ("since", "until"))
    return (event.payload["reason"], *((one - BEGIN).total_seconds() for one in span))


def test_the_first_collector_begins_the_recording():
    known, events = told(("a", "there", 0), ("a", "there", 10))

    assert (known.since, known.gap, events) == (BEGIN, None, [])


def test_the_last_one_to_stop_says_so_and_who_comes_next_tells_of_the_gap():
    _, events = told(
        ("a", "there", 0),
        ("b", "there", 5),
        ("a", "gone", 9),
        ("b", "gone", 12),
        ("c", "there", 20),
        ("d", "there", 21),
    )

    assert events == [STOPPED, (CLEAN_STOP, 12, 20)]


def test_a_crash_is_a_gap_after_a_minute_of_silence():
    assert told(("a", "there", 0), ("b", "there", 60))[1] == []
    assert told(("a", "there", 0), ("b", "there", 61))[1] == [(CRASH, 0, 61)]


def test_a_collector_that_could_not_write_for_long_was_interrupted():
    assert told(("a", "there", 0), ("a", "there", 90))[1] == [(INTERRUPTED, 0, 90)]


def test_whoever_crashed_does_not_keep_the_last_one_from_stopping():
    _, events = told(
        ("crashed", "there", 0), ("a", "there", 30), ("a", "there", 61), ("a", "gone", 62)
    )

    assert events == [STOPPED]


def test_a_gap_is_filled_once():
    known, _ = told(("a", "there", 0), ("b", "there", 100))
    after, (event,) = filled(known, {"log": 3}, now=at(200))

    assert after.gap.filled == event.payload["filled"] == {"log": 3}
    assert filled(after, {"log": 4}, now=at(201)) == (after, [])


def test_rows_that_were_purged_are_told_with_their_ids():
    event = purged(after=10, before=20, at_most=9, now=BEGIN)

    assert event.payload == {"reason": "log_purged", "after": 10, "before": 20, "at_most": 9}
    assert event.event_id == purged(after=10, before=20, at_most=9, now=at(5)).event_id


def test_a_goodbye_is_a_sign_of_life_as_well():
    _, events = told(("a", "there", 0), ("b", "there", 1), ("b", "gone", 30), ("a", "there", 85))

    assert events == []


STEPS = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from(["there", "gone"]), st.integers(1, 100)),
    max_size=30,
)


@given(STEPS)
def test_the_ledger_tells_of_every_silence_and_of_no_other(steps):
    """However collectors come and go, gaps are the spans longer than the limit, or after a stop."""
    seconds, absolute = 0, [("a", "there", 0)]
    for holder, what, pause in steps:
        seconds += pause
        absolute.append((holder, what, seconds))
    known, events = told(*absolute)
    expected, there, last, stopped = [], {"a": 0}, 0, None
    for holder, what, second in absolute[1:]:
        if what == "there":
            if stopped is not None:
                expected.append((CLEAN_STOP, stopped, second))
            elif second - last > SILENCE.total_seconds():
                expected.append((INTERRUPTED if holder in there else CRASH, last, second))
                there = {}
            there = {n: t for n, t in there.items() if second - t <= 60} | {holder: second}
            last, stopped = second, None
        elif stopped is None:
            there = {n: t for n, t in there.items() if second - t <= 60 and n != holder}
            last = second
            if not there:
                expected.append(STOPPED)
                stopped = second

    assert events == expected
    assert Recording.from_content(json.loads(json.dumps(known.content))) == known
    assert known.gap is None or Gap.from_content(known.gap.content) == known.gap
