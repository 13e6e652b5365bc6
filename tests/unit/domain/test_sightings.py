"""Which sightings are of one transition, whoever saw it and in whatever order they are told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_gov_provider.domain.events import LISTENER, Event
from airflow_gov_provider.domain.sightings import (
    CLOCKS,
    DAG_RUN,
    LOG,
    STARTING,
    TASK_INSTANCE,
    Occurrence,
    Seen,
    Try,
    attribute,
    seen_in,
)

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
LONG = (CLOCKS + timedelta(seconds=1)).total_seconds() * 2
PARKED = ("deferred", "up_for_reschedule", "awaiting_input")
ENDS = ("success", "failed", "skipped", "up_for_retry")
SILENT_ENDS = ("skipped", "upstream_failed", "success", "removed")


def seen(state="success", *, witness=LOG, reference=None, at=0.0, began=None, **changes) -> Seen:
    moment = NOON + timedelta(seconds=at)
    return Seen(
        **{
            "witness": witness,
            "reference": reference or f"{witness}-{state}-{at}",
            "of": Try("income", "run_1", "train", -1, 1),
            "state": state,
            "at": moment,
            "began": moment if began is None else NOON + timedelta(seconds=began),
            "by_hand": None if witness in (TASK_INSTANCE, DAG_RUN) else False,
            **changes,
        }
    )


def met(*sightings: Seen) -> int:
    """Into how many transitions the sightings fall, told one by one in this order."""
    return len(told([[one] for one in sightings]))


def told(batches) -> list[Occurrence]:
    known: list[Occurrence] = []
    for batch in batches:
        for occurrence in attribute(batch, known):
            if all(occurrence is not other for other in known):
                known.append(occurrence)
    return known


# ------------------------------------------------------------------ true histories


@st.composite
def a_try(draw, *, number, run, starts, gap):
    """The transitions of one try, each with what its witnesses may tell of it, and its end."""
    of = Try("income", run, "train", -1, number)
    ti_id = str(UUID(int=round(starts * 1000) * 16 + number))
    at, transitions = starts, []

    def view(witness, state, when, *, began=None, ids=(ti_id,), **changes):
        name = f"{witness}:{ti_id}:{number}:{state}:{len(transitions)}"
        return seen(
            state,
            witness=witness,
            reference=name,
            at=when,
            began=began,
            of=of,
            ti_ids=frozenset(ids),
            **changes,
        )

    def pause():
        return draw(st.floats(gap, gap + 100))

    if draw(st.integers(0, 4)) == 0:
        transitions.append([view(TASK_INSTANCE, draw(st.sampled_from(SILENT_ENDS)), at)])
        return transitions, at + pause(), False
    for _ in range(draw(st.integers(1, 4))):
        began, heard = at - draw(st.floats(0, 0.1)), at + draw(st.floats(0, 3))
        hook = view(LISTENER, "running", heard, began=began, told_by="task")
        transitions.append([hook, view(LOG, "running", at)])
        at = heard + pause()
        transitions.append([view(LOG, draw(st.sampled_from(PARKED)), at)])
        at += pause()
    transitions.pop()
    state = draw(st.sampled_from(ENDS))
    transitions.append(_end(draw, view, state, at))
    return transitions, at + pause(), state == "up_for_retry"


def _end(draw, view, state, at):
    """The task tells before its end is written down; the history calls every failure failed."""
    hook = view(LISTENER, state, at - draw(st.floats(0, 5)), told_by="task")
    row = view(LOG, state, at)
    if state != "up_for_retry":
        return [hook, row, view(TASK_INSTANCE, state, at)]
    filed = view(TASK_INSTANCE, "failed", at, is_inferred=True)
    if draw(st.booleans()):  # the scheduler found it dead, and does not know which id it had
        unknown = {"ids": (), "told_by": "scheduler"}
        hook = view(LISTENER, state, at + draw(st.floats(0, 0.1)), **unknown)
        row = view(LOG, state, at, is_inferred=draw(st.booleans()))
    return [hook, row, filed]


@st.composite
def histories(draw, *, gap=LONG):
    """What truly happened to a task: in one run, or in two of one name, tried again or not."""
    transitions, at = [], 0.0
    for _ in range(draw(st.integers(1, 2))):
        for number in range(1, 4):
            more, at, again = draw(a_try(number=number, run="run_1", starts=at, gap=gap))
            transitions += more
            if not again:
                break
        at += 2 * STARTING.total_seconds()
    return transitions


def partition(groups) -> set[frozenset[str]]:
    return {frozenset(one.reference for one in group) for group in groups if group}


@given(st.data())
def test_everything_that_is_seen_of_a_transition_meets_in_one_event(data):
    history = data.draw(histories())
    chosen = [[one for one in views if data.draw(st.booleans())] for views in history]
    arriving = data.draw(st.permutations([one for views in chosen for one in views]))

    repeated = [one for one in arriving if data.draw(st.integers(0, 3)) == 0]
    batches = cut(data, [*arriving, *repeated])

    assert partition(one.seen for one in told(batches)) == partition(chosen)


@given(st.data())
def test_occurrences_that_follow_at_once_are_told_apart_if_each_witness_tells_in_order(data):
    history = data.draw(histories(gap=0.2))
    queues: dict[str, list[Seen]] = {}
    for views in history:
        for one in views:
            queues.setdefault(one.witness, []).append(one)
    arriving = []
    while any(queues.values()):
        witness = data.draw(st.sampled_from(sorted(name for name, rest in queues.items() if rest)))
        arriving.append(queues[witness].pop(0))

    assert partition(one.seen for one in told(cut(data, arriving))) == partition(history)


@st.composite
def starts_of_a_task_that_parks(draw):
    """Hooks and rows of starts of one task instance in quick succession, each pair of one start.

    Where Airflow fails a parked try ("state mismatch"), the process that it has queued runs the
    next try under the same UUID, and its hook tells the number of the one before.
    """
    history, at, number = [], 0.0, 1
    for turn in range(draw(st.integers(1, 6))):
        row_of = Try("income", "run_1", "train", -1, number)
        is_late = turn > 0 and draw(st.booleans())
        if is_late:
            row_of = row_of._replace(try_number=number + 1)
        began, heard = at - draw(st.floats(0, 20)), at + draw(st.floats(0, 3))
        told = {"ti_ids": frozenset({"the-uuid"})}
        hook_of = row_of._replace(try_number=number)
        history.append(
            [
                seen("running", witness=LISTENER, at=heard, began=began, of=hook_of, **told),
                seen("running", at=at, of=row_of, **told),
            ]
        )
        number, at = row_of.try_number, heard + draw(st.floats(0.2, 20))
    return history


@given(st.data())
def test_there_are_as_many_starts_as_there_were_in_whatever_order_they_are_told(data):
    history = data.draw(starts_of_a_task_that_parks())
    arriving = data.draw(st.permutations([one for views in history for one in views]))

    assert len(told(cut(data, arriving))) == len(history)


@given(st.data())
def test_a_start_whose_hook_was_lost_is_one_too(data):
    history = data.draw(starts_of_a_task_that_parks())
    kept = [views if data.draw(st.booleans()) else views[1:] for views in history]
    arriving = data.draw(st.permutations([one for views in kept for one in views]))

    assert len(told(cut(data, arriving))) == len(history)


def cut(data, sightings):
    batches: list[list[Seen]] = [[]]
    for one in sightings:
        if batches[-1] and data.draw(st.booleans()):
            batches.append([])
        batches[-1].append(one)
    return batches


# ------------------------------------------------------------------ the rule, case by case


def test_a_task_that_runs_again_after_a_pause_has_reached_the_state_twice():
    first = seen("running", witness=LISTENER, at=0.4, began=0)
    second = seen("running", witness=LISTENER, at=60.4, began=60)

    rows = seen("running", at=0.2), seen("running", at=60.2)

    assert met(second, rows[0], first, rows[1]) == 2
    assert partition(one.seen for one in told([[second], [*rows], [first]])) == partition(
        [[first, rows[0]], [second, rows[1]]]
    )


def test_a_hook_whose_process_does_not_say_when_it_began_meets_the_row_before_it():
    hook = event(state="running", witness=LISTENER, payload={})

    assert seen_in(hook, "1").began == hook.occurred_at - STARTING


@pytest.mark.parametrize(
    ("apart", "events"), [(CLOCKS, 1), (CLOCKS + timedelta(seconds=1), 2)], ids=str
)
def test_clocks_of_two_hosts_may_differ_a_little(apart, events):
    hook = seen("running", witness=LISTENER, at=0.4, began=0)
    row = seen("running", at=-apart.total_seconds())

    assert met(hook, row) == events


def test_a_run_that_is_deleted_and_created_again_has_transitions_of_its_own():
    old, new = frozenset({"old"}), frozenset({"new"})

    assert met(seen(ti_ids=old), seen(witness=LISTENER, ti_ids=new, at=1)) == 2
    assert met(seen(ti_ids=old), seen(ti_ids=new, at=1), seen(ti_ids=frozenset(), at=2)) == 3


def test_a_process_that_begins_after_its_try_failed_meets_the_row_of_the_next_try():
    ids = {"ti_ids": frozenset({"the-uuid"})}
    first, second = (Try("income", "run_1", "train", -1, number) for number in (1, 2))
    started = seen("running", at=0, of=first, **ids)
    hook = seen("running", witness=LISTENER, at=1, began=0.5, of=first, **ids)
    again = seen("running", at=5, of=second, **ids)
    late = seen("running", witness=LISTENER, at=6, began=4, of=first, **ids)

    for order in permutations((started, hook, again, late)):
        assert met(*order) == 2
    other = replace(late, ti_ids=frozenset({"another-uuid"}))
    assert met(started, hook, again, other) == 3


def test_a_hook_that_is_told_before_the_one_before_it_makes_no_third_start():
    ids = {"ti_ids": frozenset({"the-uuid"})}
    first, second = (Try("income", "run_1", "train", -1, number) for number in (1, 2))
    started = seen("running", at=0, of=first, **ids)
    hook = seen("running", witness=LISTENER, at=1, began=-0.5, of=first, **ids)
    again = seen("running", at=14, of=second, **ids)  # it had to wait for the api-server
    late = seen("running", witness=LISTENER, at=15, began=4, of=first, **ids)

    for order in permutations((started, late, hook, again)):
        assert met(*order) == 2


def test_a_start_that_follows_at_once_is_told_from_the_one_before():
    hooks = [seen("running", witness=LISTENER, at=at + 1, began=at) for at in (0, 5, 10)]
    rows = [seen("running", at=at + 0.5) for at in (0, 5, 10)]

    for order in permutations((*hooks, *rows)):
        assert met(*order) == 3
    assert met(*hooks, rows[1]) == met(rows[1], *hooks) == 3


def test_a_log_has_one_row_for_each_transition():
    assert met(seen(at=0, ti_ids=frozenset("1")), seen(at=1, ti_ids=frozenset("1"))) == 2


def test_a_failure_that_the_task_and_the_scheduler_tell_is_one():
    task = seen("up_for_retry", witness=LISTENER, told_by="task", ti_ids=frozenset({"1"}))
    scheduler = seen("up_for_retry", witness=LISTENER, told_by="scheduler", at=20)

    assert met(task, scheduler) == met(scheduler, task) == 1
    assert met(task, replace(task, reference="again", ti_ids=frozenset({"2"}))) == 2


def test_what_the_log_calls_failed_is_what_the_listener_says_it_was():
    row = seen("failed", is_inferred=True)

    assert met(row, seen("up_for_retry", witness=LISTENER)) == 1
    assert met(seen("up_for_retry", witness=LISTENER), row) == 1
    assert met(seen("failed"), seen("up_for_retry", witness=LISTENER)) == 2


def test_what_a_person_marks_is_apart_from_what_the_machinery_does():
    ids = frozenset({"1"})
    by_hand = seen(witness=LISTENER, by_hand=True, ti_ids=ids, told_by="api-server")
    machinery = seen(ti_ids=ids, at=1)

    assert met(machinery, by_hand) == met(by_hand, machinery) == 2
    assert met(by_hand, replace(by_hand, reference="again")) == 2


def test_a_state_that_a_table_shows_is_the_one_that_a_person_gave():
    ids = frozenset({"1"})
    by_hand = seen(witness=LISTENER, by_hand=True, ti_ids=ids, at=100)
    row = seen(witness=TASK_INSTANCE, ti_ids=ids, changed_at=by_hand.at)

    assert met(by_hand, row) == met(row, by_hand) == 1
    assert met(replace(row, changed_at=NOON), by_hand) == 2


def event(**changes) -> Event:
    return Event(
        **{
            "event_id": "1",
            "type": "task_instance.success",
            "state": "success",
            "dag_id": "income",
            "run_id": "run_1",
            "task_id": "train",
            "map_index": -1,
            "try_number": 1,
            "occurred_at": NOON,
            **changes,
        }
    )


def test_a_sighting_is_read_from_the_event_of_its_witness():
    payload = {"ti_id": "a", "later_ti_id": "b", "state_is_inferred": True}
    row = seen_in(event(witness=LOG, payload=payload), "7@noon")

    assert (row.reference, row.of.task_id, row.ti_ids) == ("7@noon", "train", frozenset("ab"))
    assert row.is_inferred
    assert seen_in(event(payload={"manual": True}), "1").by_hand
    assert seen_in(event(witness=TASK_INSTANCE), "1").by_hand is None


def test_a_dag_run_is_told_apart_by_its_clearing_and_its_queueing():
    def run(**payload):
        facts = {"clear_number": 1, "queued_at": "2026-11-21T12:00:00Z", **payload}
        told = event(type="dag_run.failed", state="failed", task_id=None, payload=facts)
        return seen_in(replace(told, map_index=None, try_number=None), "1")

    row = seen_in(
        event(
            type="dag_run.failed",
            state="failed",
            witness=DAG_RUN,
            task_id=None,
            map_index=None,
            try_number=None,
            payload={"clear_number": 1, "queued_at": "2026-11-21T13:00:00+01:00"},
        ),
        "2",
    )

    assert met(run(), row) == 1
    assert met(run(clear_number=2), row) == 2
    assert met(run(queued_at="2026-11-21T12:00:01Z"), row) == 2
