"""Events and sightings on real databases, in any order and with everybody writing at once."""

from __future__ import annotations

import random
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from airflow_gov_provider.domain.events import LISTENER, Event
from airflow_gov_provider.domain.sightings import DAG_RUN, LOG, TASK_INSTANCE
from airflow_gov_provider.store import database
from airflow_gov_provider.store.events.merging import View, alone, arrive, merge
from airflow_gov_provider.store.events.seen import seen_of_run
from airflow_gov_provider.store.events.witnesses import WITNESSED, known_references, sightings_of
from airflow_gov_provider.store.tables import event as event_table
from airflow_gov_provider.store.tables import request_queue
from tests.unit.api.conftest import NOON


@pytest.fixture
def store(store_url):
    return Store(store_url)


class Store:
    def __init__(self, url):
        self.url = url

    def arrive(self, *events):
        with database.transaction(self.url) as connection:
            return arrive(connection, events, recorded_at=NOON)

    def merge(self, *views):
        """Only what is not known by its reference yet, as whoever reads a table does it."""
        with database.transaction(self.url) as connection:
            alone(connection)
            known = {
                reference
                for witness in (LOG, TASK_INSTANCE, DAG_RUN)
                for reference in known_references(
                    connection,
                    witness,
                    [view.reference for view in views if view.event.witness == witness],
                )
            }
            fresh = [view for view in views if view.reference not in known]
            return merge(connection, fresh, recorded_at=NOON)

    @property
    def witnesses(self):
        """Of every transition in the store, by the id of its event."""
        with database.transaction(self.url) as connection:
            events = connection.execute(
                select(event_table.c.event_id, event_table.c.witness).where(
                    event_table.c.type != WITNESSED
                )
            ).all()
            sightings = sightings_of(connection, [row.event_id for row in events])
        return {
            row.event_id: sorted(
                {row.witness, *(one.witness for one in sightings.get(row.event_id, ()))}
            )
            for row in events
        }


def event(state="success", *, witness=LISTENER, at=0.0, task_id="train", **changes) -> Event:
    event_id = changes.pop("event_id", f"{witness}-{task_id}-{state}-{at}")
    payload = {"ti_id": f"id-of-{task_id}", **changes.pop("payload", {})}
    return Event(
        **{
            "event_id": event_id,
            "type": f"task_instance.{state}",
            "state": state,
            "witness": witness,
            "dag_id": "income",
            "run_id": "run_1",
            "task_id": task_id,
            "map_index": -1,
            "try_number": 1,
            "occurred_at": NOON + timedelta(seconds=at),
            "payload": payload,
            **changes,
        }
    )


def row(state="success", *, witness=LOG, reference=None, only_joins=False, **changes) -> View:
    told = event(state, witness=witness, **changes)
    return View(event=told, reference=reference or f"row-{told.event_id}", only_joins=only_joins)


def test_a_row_of_the_log_joins_the_event_that_the_listener_gave(store):
    hook = event()
    store.arrive(hook)

    assert store.merge(row()) == [hook.event_id]
    assert store.witnesses == {hook.event_id: ["listener", "log"]}


def test_whose_event_it_is_may_be_known_from_a_later_witness_alone(store):
    nameless = {"ti_id": None}
    store.merge(row(payload=nameless), row("running", payload=nameless))
    store.arrive(event(at=0.2))

    with database.transaction(store.url) as connection:
        seen = {one.state: one.ti_id for one in seen_of_run(connection, "income", "run_1")}
    assert seen == {"success": "id-of-train", "running": None}


def test_a_late_listener_event_joins_the_event_that_the_log_gave_and_is_kept(store):
    (event_id,) = store.merge(row())
    hook = event(at=0.2)

    assert store.arrive(hook) == 1
    assert store.witnesses == {event_id: ["listener", "log"]}
    with database.transaction(store.url) as connection:
        kept = {one.witness: one for one in sightings_of(connection, [event_id])[event_id]}
    assert Event.from_document(kept["listener"].document.encode()) == hook
    assert kept["listener"].reference == hook.event_id


@pytest.mark.parametrize("log_first", [True, False])
def test_what_is_shipped_again_changes_nothing(store, log_first):
    again = event("running", at=100)
    if log_first:
        store.merge(row("running"))
    store.arrive(event("running"), again)
    store.merge(row("running"))
    before = store.witnesses
    # The second occurrence stands with the listener alone; its row must not draw the first.
    store.merge(row("running", at=100))

    assert store.arrive(event("running"), again) == 0
    assert store.merge(row("running"), row("running", at=100)) == []
    assert len(before) == len(store.witnesses) == 2
    assert list(store.witnesses.values()) == [["listener", "log"]] * 2


@pytest.mark.parametrize("order", [(0, 3, 1, 2), (0, 3, 2, 1), (3, 0, 2, 1)], ids=str)
def test_a_start_that_is_told_before_the_one_before_it_makes_no_third_one(store, order):
    began = {"process_started_at": (NOON + timedelta(seconds=4)).isoformat()}
    tell = [
        lambda: store.merge(row("running")),
        lambda: store.arrive(event("running", at=1)),
        lambda: store.merge(row("running", at=14, try_number=2)),
        lambda: store.arrive(event("running", at=15, payload=began)),
    ]
    for place in order:
        tell[place]()

    assert len(store.witnesses) == 2


def test_three_witnesses_of_a_transition_are_named_together(store):
    filed = row("failed", witness=TASK_INSTANCE, payload={"state_is_inferred": True})
    (event_id,) = store.merge(row("up_for_retry"))

    assert store.merge(filed) == [event_id]
    store.arrive(event("up_for_retry"))
    assert store.witnesses == {event_id: ["listener", "log", "task_instance"]}


def test_what_somebody_else_will_tell_founds_no_event_but_joins_one(store):
    filed = row("failed", witness=TASK_INSTANCE, only_joins=True)

    assert store.merge(filed) == [None]
    assert store.witnesses == {}
    (event_id,) = store.merge(row("failed"))
    assert store.merge(filed) == [event_id]


def test_a_failure_that_the_scheduler_announces_after_the_task_is_one_event(store):
    task = event("failed", payload={"process": "task"})
    scheduler = event("failed", at=30, payload={"process": "scheduler"})

    assert [store.arrive(task), store.arrive(scheduler)] == [1, 1]
    assert store.arrive(task, scheduler) == 0
    assert store.witnesses == {task.event_id: ["listener"]}


def test_a_mark_by_hand_is_an_event_beside_what_the_log_has(store):
    by_hand = event(at=60, payload={"manual": True})
    store.merge(row())

    assert store.arrive(by_hand) == 1
    assert sorted(map(tuple, store.witnesses.values())) == [("listener",), ("log",)]


def test_a_dag_run_that_its_row_told_first_is_the_event_of_its_hook(store):
    payload = {"clear_number": 0, "queued_at": NOON.isoformat()}
    whole = {"type": "dag_run.success", "map_index": None, "try_number": None, "payload": payload}
    hook = event(task_id=None, event_id="one-and-the-same", **whole)
    told = View(event=replace(hook, witness=DAG_RUN), reference="1:0:success")

    store.merge(told)
    store.arrive(hook)
    store.arrive(hook)

    assert store.witnesses == {hook.event_id: ["dag_run", "listener"]}


def test_events_of_other_kinds_arrive_as_they_are_and_in_their_order(store):
    store.merge(row())
    vote = event(event_id="a-vote", type="vote.accepted", witness="sensor")

    assert store.arrive(event("running", at=-1), vote, event()) == 3
    with database.transaction(store.url) as connection:
        stored = connection.scalars(
            select(event_table.c.event_id)
            .where(event_table.c.type != WITNESSED)
            .order_by(event_table.c.seq)
        ).all()
    assert stored[1:] == ["listener-train-running--1", "a-vote"]


def test_a_request_waits_for_the_row_that_it_made(store):
    told = {"method": "POST", "path": "/x", "status": 200, "ended_at": NOON.isoformat()}
    request = event(event_id="r", type="request.trigger", witness="request", payload=told)

    store.arrive(request)
    store.arrive(request)

    assert store.witnesses == {}
    with database.transaction(store.url) as connection:
        assert connection.scalars(select(request_queue.c.request_id)).all() == ["r"]


def test_a_damaged_event_does_not_keep_others_from_arriving(store):
    store.merge(row())
    with database.transaction(store.url) as connection:
        damaged = event_table.insert().values(
            event_id="damaged",
            type="task_instance.success",
            state="success",
            dag_id="income",
            run_id="run_1",
            task_id="train",
            map_index=-1,
            try_number=1,
            witness=LOG,
            occurred_at=NOON,
            recorded_at=NOON,
            document="{",
        )
        connection.execute(damaged)

    store.arrive(event())

    assert ["listener", "log"] in store.witnesses.values()


STATES = ("running", "deferred", "running", "success")
TASKS, SHIPPERS = 60, 4


def history(chance):
    """What the listeners tell, what the log has, and who saw each transition in the end."""
    hooks, rows, expected = [], [], Counter()
    for number in range(TASKS):
        for place, state in enumerate(STATES):
            told = {"task_id": f"task_{number}", "at": place * 30.0}
            began = {"process_started_at": (NOON + timedelta(seconds=place * 30 - 1)).isoformat()}
            rows.append(row(state, **told))
            heard = state != "deferred" and chance.random() < 0.8
            if heard:
                hooks.append(event(state, payload=began, **told))
            expected[(f"task_{number}", state, ("listener", "log") if heard else ("log",))] += 1
    return hooks, sorted(rows, key=lambda view: view.event.occurred_at), expected


def test_everybody_writing_at_once_gives_one_event_for_each_transition(store):
    """Shippers hand on everything twice, in parts, while the log is read on; some hooks are lost."""
    hooks, rows, expected = history(random.Random(4711))  # noqa: S311
    start = threading.Barrier(SHIPPERS + 1, timeout=60)

    def ship(seed):
        mine = [hook for hook in hooks for _ in range(2)]
        random.Random(seed).shuffle(mine)  # noqa: S311
        start.wait()
        for at in range(0, len(mine), 25):
            store.arrive(*mine[at : at + 25])

    def read():
        start.wait()
        for at in range(0, len(rows), 20):
            store.merge(*rows[max(0, at - 5) : at + 20])

    with ThreadPoolExecutor(SHIPPERS + 1) as pool:
        for done in [pool.submit(read), *(pool.submit(ship, seed) for seed in range(SHIPPERS))]:
            done.result()

    assert seen_by_task(store) == expected


def seen_by_task(store) -> Counter:
    witnesses = store.witnesses
    with database.transaction(store.url) as connection:
        rows = connection.execute(
            select(event_table.c.event_id, event_table.c.task_id, event_table.c.state).where(
                event_table.c.type != WITNESSED
            )
        ).all()
    return Counter((row.task_id, row.state, tuple(witnesses[row.event_id])) for row in rows)
