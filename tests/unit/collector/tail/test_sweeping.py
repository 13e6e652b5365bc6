"""What ends without a word is found in Airflow's task instances, once."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest
from sqlalchemy import update

from airflow_gov_provider.collector.tail import finished, sweeping
from airflow_gov_provider.domain.events import dag_run_event_id
from tests.unit.collector.tail.conftest import at, heard

BOTH = ("listener", "task_instance")
ALONE = ("task_instance",)
RUN_ALONE = ("dag_run",)


@pytest.fixture
def begun(metadata, ledger):
    """Recording has started, before the first row that a test writes."""
    ledger.read(0)
    ledger.sweep(0)
    return ledger


def ended(seconds: float, **more):
    return {"start_date": at(seconds), "end_date": at(seconds), "updated_at": at(seconds), **more}


@pytest.mark.parametrize("state", ["skipped", "upstream_failed", "success", "removed"])
def test_what_the_scheduler_ends_by_itself_is_an_event_while_the_run_goes_on(
    metadata, begun, state
):
    metadata.run(state="running")
    ti_id = metadata.task(state=state, try_number=0, operator="EmptyOperator", **ended(10))

    assert [begun.sweep(17), begun.sweep(19), begun.sweep(24)] == [0, 1, 0]
    (event,) = begun.events
    assert (event.state, event.witness, event.occurred_at) == (state, "task_instance", at(10))
    assert (event.try_number, event.map_index) == (0, -1)
    assert event.payload["ti_id"] == ti_id
    assert event.payload["operator"] == "EmptyOperator"


@pytest.mark.parametrize("state", ["running", "deferred", "queued", "up_for_retry", None])
def test_what_goes_on_is_left_to_other_witnesses(metadata, begun, state):
    metadata.run(state="running")
    metadata.task(state=state)

    assert begun.sweep(100) == 0


def test_an_end_that_others_have_told_names_this_witness_too(metadata, begun):
    metadata.run(state="running")
    ti_id = metadata.task(**ended(10))
    begun.arrive(heard("success", seconds=10, payload={"ti_id": ti_id}))
    metadata.log("success", dttm=at(10))
    begun.read(20)
    begun.sweep(20)

    assert begun.witnesses == {("task", "success", ("listener", "log", "task_instance")): 1}


def test_a_late_listener_joins_what_only_the_table_had_told(metadata, begun):
    metadata.run(state="running")
    ti_id = metadata.task(**ended(10))
    begun.sweep(20)
    begun.arrive(heard("success", seconds=10, payload={"ti_id": ti_id}))

    assert begun.witnesses == {("task", "success", BOTH): 1}


def test_what_had_ended_before_recording_began_is_not_recorded(metadata, ledger):
    metadata.run("long", state="running")
    metadata.task("before", "skipped", run_id="long", **ended(10))
    ledger.sweep(50)
    metadata.task("after", "skipped", run_id="long", **ended(60))
    ledger.sweep(80)
    metadata.set_run("long", state="success", end_date=at(90), updated_at=at(90))
    ledger.sweep(110)

    assert ledger.witnesses == {
        ("after", "skipped", ALONE): 1,
        (None, "dag_run.success", RUN_ALONE): 1,
    }


def test_a_run_that_came_and_went_between_two_calls_is_looked_through(metadata, begun):
    metadata.run(end=at(11))
    metadata.task("one", "skipped", **ended(10))
    metadata.task("two", "upstream_failed", **ended(10))

    assert [begun.sweep(18), begun.sweep(20), begun.sweep(25)] == [0, 3, 0]


def test_a_run_that_is_cleared_long_after_its_end_is_looked_through_again(metadata, begun):
    metadata.run(end=at(11))
    begun.sweep(20)
    metadata.task("again", "skipped", **ended(1000))
    metadata.log("clear", None, dttm=at(1000), map_index=None, try_number=None)

    assert [begun.sweep(1005), begun.sweep(1010), begun.sweep(1015)] == [0, 1, 0]


def test_the_end_of_a_run_is_the_event_that_its_hook_announces(metadata, begun):
    metadata.run(state="failed", queued_at=at(1), clear_number=2, end=at(10))
    begun.sweep(30)

    (event,) = begun.events
    assert event.event_id == dag_run_event_id(
        dag_id="dag", run_id="run", queued_at=at(1), clear_number=2, state="failed"
    )
    payload = {"clear_number": 2, "queued_at": at(1).isoformat()}
    nothing = {"task_id": None, "map_index": None, "try_number": None}
    hook = heard("failed", seconds=10, type="dag_run.failed", payload=payload, **nothing)
    begun.arrive(replace(hook, event_id=event.event_id))
    assert begun.witnesses == {(None, "dag_run.failed", ("dag_run", "listener")): 1}


def test_an_earlier_try_that_was_repeated_is_not_told_again_as_failed(metadata, begun):
    metadata.run(state="running")
    metadata.task(state="running", try_number=2)
    ti_id = metadata.earlier(**ended(10))
    begun.arrive(heard("up_for_retry", seconds=10, payload={"ti_id": ti_id}))
    begun.sweep(20)

    assert begun.witnesses == {("task", "up_for_retry", BOTH): 1}


def test_an_earlier_try_is_left_to_the_log_where_that_knows_more(metadata, begun):
    metadata.run(state="running")
    metadata.task(state="running", try_number=2)
    metadata.earlier(**ended(10))
    metadata.log("up_for_retry", dttm=at(10))

    assert begun.sweep(20) == 0
    begun.read(22)
    begun.sweep(25)
    assert begun.witnesses == {("task", "up_for_retry", ("log", "task_instance")): 1}


def test_a_try_that_was_cleared_while_it_ran_ended_without_a_word(metadata, begun):
    metadata.run(state="running")
    metadata.task(state="running", try_number=2)
    metadata.earlier(**ended(10))
    metadata.log("running", dttm=at(5))
    begun.read(20)
    begun.sweep(20)

    assert begun.witnesses == {("task", "running", ("log",)): 1, ("task", "failed", ALONE): 1}


def test_a_try_that_never_began_has_not_failed(metadata, begun):
    metadata.run(state="running")
    metadata.task(state="running", try_number=2)
    metadata.earlier(**ended(10, start_date=None))

    assert begun.sweep(20) == 0


def test_a_task_that_is_skipped_once_more_after_it_was_cleared_was_skipped_twice(metadata, begun):
    metadata.run(state="running")
    metadata.task(state="skipped", try_number=0, **ended(10))
    begun.sweep(20)
    metadata._do(update(metadata.tables[1]).values(id=uuid.uuid4(), **ended(30)))
    begun.sweep(40)

    assert begun.witnesses == {("task", "skipped", ALONE): 2}


def test_a_state_that_a_person_gave_is_not_told_a_second_time(metadata, begun):
    metadata.run(state="running")
    by_hand = {"payload": {"manual": True, "process": "api-server"}}
    ti_id = metadata.task(state="failed", **ended(10, updated_at=at(50)))
    by_hand["payload"]["ti_id"] = ti_id
    begun.arrive(heard("failed", seconds=50, **by_hand))
    begun.sweep(60)

    assert begun.witnesses == {("task", "failed", BOTH): 1}


def test_large_runs_are_read_in_pages(metadata, begun, monkeypatch):
    monkeypatch.setattr(sweeping, "_ROWS", 3)
    metadata.run(state="running")
    for number in range(10):
        metadata.task("mapped", "skipped", map_index=number, **ended(10 + number))
    counts = [begun.sweep(100 + 5 * number) for number in range(10)]

    assert sum(counts) == 10
    for number in range(10, 17):
        metadata.task("mapped", "skipped", map_index=number, **ended(200))
        metadata.task("mapped_again", "skipped", map_index=number, **ended(200))
    metadata.set_run("run", state="success", end_date=at(201), updated_at=at(201))
    begun.sweep(300)
    assert len(begun.events) == 25


def test_what_is_too_much_for_one_call_is_left_to_the_next(metadata, begun, monkeypatch):
    monkeypatch.setattr(sweeping, "_MOST_NEW", 2)
    for number in range(3):
        metadata.run(f"run_{number}", end=at(10))
        for name in ("one", "two"):
            metadata.task(name, "skipped", run_id=f"run_{number}", **ended(5))

    assert [begun.sweep(seconds) for seconds in (30, 35, 40, 45)] == [3, 3, 3, 0]


def test_a_run_that_is_too_large_for_one_call_is_gone_on_with(metadata, begun, monkeypatch):
    monkeypatch.setattr(sweeping, "_MOST_NEW", 4)
    monkeypatch.setattr(sweeping, "_ROWS", 3)
    metadata.run(end=at(10))
    for number in range(10):
        metadata.task("mapped", "skipped", map_index=number, **ended(5))

    assert [begun.sweep(seconds) for seconds in (30, 35, 40, 45)] == [4, 6, 1, 0]


def test_a_call_that_breaks_off_is_repeated_without_doubling(metadata, begun, monkeypatch):
    for number in range(2):
        metadata.run(f"run_{number}", end=at(10))
        metadata.task("one", "skipped", run_id=f"run_{number}", **ended(5))
    with monkeypatch.context() as patch:
        patch.setattr(sweeping, "write_position", _break_off)
        with pytest.raises(ConnectionAbortedError):
            begun.sweep(30)

    begun.sweep(35)
    assert len(begun.events) == 4


def _break_off(*_args, **_kwargs):
    raise ConnectionAbortedError


def test_nothing_is_searched_while_nothing_happens(metadata, begun, monkeypatch):
    metadata.run(end=at(10))
    begun.sweep(30)

    def refuse(*_args, **_kwargs):
        raise AssertionError

    for name in ("runs_after", "runs_with", "runs_touched", "ended_in_run", "ended_in_active_runs"):
        monkeypatch.setattr(finished, name, refuse)
    assert begun.sweep(35) == 0
