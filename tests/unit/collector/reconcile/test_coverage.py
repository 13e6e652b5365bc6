"""The duty that watches whether listeners are heard, on real databases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from airflow_gov_provider.collector.reconcile.coverage import watch_listeners
from airflow_gov_provider.store import database
from airflow_gov_provider.store.events.coverage import page_of_findings
from airflow_gov_provider.store.events.rows import insert_events
from airflow_gov_provider.store.events.witnesses import Sighting, insert_sightings
from tests.fakes.metadata import BEGIN
from tests.unit.collector.reconcile.conftest import task_event


@pytest.fixture
def arrive(store):
    """A transition as the log tells it; by its listener as well if it is ``heard``."""

    def write(state, *, at, heard, late=False, host="host", task_id=None, **more):
        at = BEGIN + timedelta(seconds=at)
        event = task_event(
            state,
            task_id or f"task-{at}",
            at=at,
            witness="listener" if heard else "log",
            payload={"hostname": host} if host else {},
            **more,
        )
        document = event.document.decode()
        seen = [
            Sighting(
                event_id=event.event_id,
                witness="log",
                reference=event.event_id,
                occurred_at=at,
                document=document,
            )
        ]
        with database.transaction(store) as connection:
            insert_events(connection, [event], recorded_at=at)
            insert_sightings(connection, seen, recorded_at=at)
        if late:
            hear(event)
        return event

    def hear(*events):
        with database.transaction(store) as connection:
            insert_sightings(
                connection,
                [
                    Sighting(
                        event_id=event.event_id,
                        witness="listener",
                        reference=f"late-{event.event_id}",
                        occurred_at=event.occurred_at,
                        document=event.document.decode(),
                    )
                    for event in events
                ],
                recorded_at=BEGIN,
            )

    write.hear = hear
    return write


@pytest.fixture
def watched(store):
    """Findings after a look at this second: (subject, is open)."""

    def look(seconds):
        watch_listeners(clock=lambda: BEGIN + timedelta(seconds=seconds))
        with database.transaction(store) as connection:
            items = page_of_findings(connection).items
        return [(one.subject, one.closed_at is None) for one in reversed(items)]

    return look


def test_a_host_where_the_listener_is_not_heard_is_a_finding_within_seconds(arrive, watched, told):
    for at in range(3):
        arrive("success", at=at, heard=False)

    assert watched(10) == []
    assert watched(23) == [("host:host", True)]
    assert watched(33) == [("host:host", True)]
    (lost,) = told("coverage.lost")
    assert (lost.payload["lost"], lost.payload["of"]) == (3, 3)
    assert len(lost.payload["examples"]) == 3


def test_it_is_closed_when_transitions_there_carry_their_witness_again(arrive, watched, told):
    for at in range(3):
        arrive("success", at=at, heard=False)
    assert watched(30) == [("host:host", True)]
    for at in range(40, 45):
        arrive("skipped", at=at, heard=True)

    assert watched(70) == [("host:host", False)]
    assert watched(80) == [("host:host", False)]
    assert len(told("coverage.restored")) == 1


def test_events_that_come_late_close_it_as_well(arrive, watched):
    late = [arrive("success", at=at, heard=False) for at in range(4)]
    assert watched(30) == [("host:host", True)]
    arrive.hear(*late)

    assert watched(40) == [("host:host", False)]


def test_what_was_heard_late_is_not_lost(arrive, watched):
    for at in range(4):
        arrive("success", at=at, heard=False, late=True)

    assert watched(30) == []


def test_a_try_that_was_killed_is_not_held_against_its_host(arrive, watched):
    for at in range(0, 12, 2):
        more = {"task_id": f"killed-{at}"}
        arrive("running", at=at, heard=at < 6, late=at >= 6, **more)
        arrive("up_for_retry", at=at + 1, heard=False, **more)

    assert watched(40) == []


def test_a_retry_of_which_the_listener_told_nothing_at_all_is(arrive, watched):
    for at in range(0, 12, 2):
        more = {"task_id": f"deaf-{at}"}
        arrive("running", at=at, heard=False, **more)
        arrive("up_for_retry", at=at + 1, heard=False, **more)

    assert watched(40) == [("host:host", True)]


def test_what_the_scheduler_wrote_and_what_no_hook_tells_is_not_expected(arrive, watched):
    for at in range(4):
        arrive("up_for_retry", at=at, heard=False, host=None)
        arrive("failed", at=at, heard=False, task_id=f"killed-{at}")

    assert watched(40) == []
