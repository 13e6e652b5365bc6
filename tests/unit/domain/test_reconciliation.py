"""The comparison, for any run: what is lost is missing, what is repeated is doubled, nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from airflow_gov_provider.domain.record.reconciliation import (
    FAILURES,
    TERMINAL,
    Attempt,
    Run,
    Seen,
    compare,
)

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
LATER = BEGIN + timedelta(hours=1)


@st.composite
def runs(draw):
    """A finished run and one event for each of its states, in any order."""
    attempts, events, started = [], [], {}
    tasks = draw(st.lists(st.tuples(st.sampled_from("ab"), st.integers(-1, 2)), unique=True))
    for task_id, map_index in tasks:
        count = draw(st.integers(1, 3))
        for number in range(1, count + 1):
            archived = number < count
            attempt = Attempt(
                task_id=task_id,
                map_index=map_index,
                try_number=number,
                state=draw(st.sampled_from(sorted(TERMINAL))),
                ti_id=f"{task_id}{map_index}-{number}",
                at=BEGIN + timedelta(minutes=number),
                archived=archived,
            )
            attempts.append(attempt)
            state = draw(st.sampled_from(sorted(attempt.accepted)))
            events.append(event_of(attempt, state, draw(st.booleans())))
            if draw(st.booleans()):
                started[attempt.key] = [attempt.at]
                events.append(event_of(attempt, "running", False))
    run_state = draw(st.sampled_from(["success", "failed"]))
    run = Run(
        dag_id="dag",
        run_id="run",
        state=run_state,
        queued_at=BEGIN,
        created_at=BEGIN,
        ended_at=LATER,
        attempts=attempts,
        starts=started,
    )
    events.append(
        Seen(
            event_id="run",
            type=f"dag_run.{run_state}",
            witness="listener",
            state=run_state,
            occurred_at=LATER,
            clear_number=0,
            queued_at=BEGIN,
        )
    )
    return run, draw(st.permutations(events))


def event_of(attempt, state, knows_id):
    return Seen(
        event_id=f"{attempt.ti_id}-{state}",
        type=f"task_instance.{state}",
        witness="listener",
        state=state,
        occurred_at=attempt.at,
        task_id=attempt.task_id,
        map_index=attempt.map_index,
        try_number=attempt.try_number,
        ti_id=attempt.ti_id if knows_id else None,
    )


def outcome(run, events):
    return compare(run, events, settled_before=LATER + timedelta(hours=1))


def names(differences):
    return sorted(
        (d.task_id or "", -1 if d.map_index is None else d.map_index, d.try_number or 0)
        for d in differences
    )


@given(runs())
def test_one_event_for_each_state_is_complete_in_any_order(given_run):
    run, events = given_run
    found = outcome(run, events)

    assert (found.missing, found.doubled, found.unmatched) == ([], [], [])
    assert found.compared == len(events)


@given(runs(), st.data())
def test_exactly_what_is_lost_is_missing(given_run, data):
    run, events = given_run
    lost = data.draw(st.sets(st.sampled_from(events)))

    found = outcome(run, [event for event in events if event not in lost])

    assert names(found.missing) == sorted(event.key for event in lost)
    assert (found.doubled, found.unmatched) == ([], [])


@given(runs(), st.data())
def test_exactly_what_is_repeated_is_doubled(given_run, data):
    run, events = given_run
    twice = data.draw(st.sets(st.sampled_from(events)))
    again = [
        Seen(**{n: getattr(e, n) for n in Seen.__slots__} | {"event_id": e.event_id + "+"})
        for e in twice
    ]

    found = outcome(run, [*events, *again])

    assert names(found.doubled) == sorted(event.key for event in twice)
    assert found.missing == []


@given(runs(), st.data())
def test_a_failure_that_contradicts_another_is_doubled(given_run, data):
    run, events = given_run
    failures = [event for event in events if event.task_id and event.state in FAILURES]
    if not failures:
        return
    one = data.draw(st.sampled_from(failures))
    (other,) = FAILURES - {one.state}
    contradiction = Seen(
        **{n: getattr(one, n) for n in Seen.__slots__}
        | {"event_id": "other", "state": other, "type": f"task_instance.{other}"}
    )

    assert names(outcome(run, [*events, contradiction]).doubled) == [one.key]


@given(runs(), st.data())
def test_what_a_person_did_is_never_doubled(given_run, data):
    run, events = given_run
    by_hand = [
        Seen(
            **{n: getattr(e, n) for n in Seen.__slots__}
            | {"event_id": e.event_id + "+", "manual": True}
        )
        for e in data.draw(st.sets(st.sampled_from(events)))
    ]

    found = outcome(run, [*events, *by_hand])

    assert (found.missing, found.doubled) == ([], [])


@given(runs())
def test_nothing_is_missing_of_a_run_under_way_or_of_one_before_the_ledger(given_run):
    run, events = given_run
    going = Run(**{n: getattr(run, n) for n in Run.__slots__} | {"state": "running"})

    under_way = outcome(going, [])
    assert (under_way.missing, under_way.pending) == ([], len(events) - 1)

    old = compare(run, [], settled_before=LATER, recorded_since=LATER + timedelta(days=1))
    assert (old.missing, old.before_recording) == ([], len(events))


def test_a_process_that_began_after_its_try_failed_counts_for_the_next_try():
    first, second = (
        Attempt(
            task_id="a",
            map_index=-1,
            try_number=number,
            state="success",
            ti_id="the-uuid",
            at=BEGIN + timedelta(minutes=number),
        )
        for number in (1, 2)
    )
    run = Run(
        dag_id="dag",
        run_id="run",
        state="running",
        created_at=BEGIN,
        attempts=[second],
        starts={first.key: [BEGIN], second.key: [BEGIN]},
    )
    events = [
        event_of(first, "running", True),
        replace(event_of(first, "running", True), event_id="late"),
        event_of(second, "success", True),
    ]

    found = outcome(run, events)
    assert (found.missing, found.doubled, found.pending) == ([], [], 0)

    third = replace(second, try_number=3)  # the second try was not filed either
    rows = {**run.starts, third.key: [BEGIN]}
    again = replace(event_of(first, "running", True), event_id="later")
    late = replace(event_of(second, "running", True), event_id="latest")
    ended = event_of(third, "success", True)
    run = replace(run, attempts=[third], starts=rows)
    for told in ([*events[:2], late], [events[0], again, late]):
        found = outcome(run, [*told, ended])
        assert (found.missing, found.doubled, found.pending) == ([], [], 0)
    (doubled,) = outcome(run, [*events[:2], again, late, ended]).doubled
    assert (doubled.task_id, doubled.state) == ("a", "running")


@given(runs(), st.data())
def test_what_is_left_of_a_run_deleted_just_before_is_not_one_too_many(given_run, data):
    run, events = given_run
    of_tries = [event for event in events if event.task_id]
    earlier = [
        replace(
            event,
            event_id=event.event_id + "-earlier",
            occurred_at=run.created_at - timedelta(seconds=data.draw(st.floats(0.1, 60))),
            ti_id=data.draw(st.sampled_from([None, "of the earlier run"])),
        )
        for event in of_tries
    ]

    found = outcome(run, [*earlier, *events])

    assert (found.missing, found.doubled) == ([], [])
