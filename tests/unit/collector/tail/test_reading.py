"""Airflow's log becomes events: every row once, whatever happens in between."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from airflow_gov_provider.collector.tail import reading
from airflow_gov_provider.collector.tail.log_position import MOST_MISSING, LogPosition
from airflow_gov_provider.collector.tail.rows import LogRow
from airflow_gov_provider.domain.events import Event
from airflow_gov_provider.store import database
from airflow_gov_provider.store.tables import event as table
from tests.unit.collector.tail.conftest import at, heard

ONLY_LOG = ("log",)


def test_recording_starts_at_the_end_of_the_log_and_says_where(metadata, ledger):
    metadata.log("running")
    metadata.log("success")

    assert ledger.read(100) == ledger.read(102) == 0
    metadata.log("running", dttm=at(101))
    assert ledger.read(120) == 1

    assert ledger.witnesses == {("task", "running", ONLY_LOG): 1}
    with database.transaction(ledger.url) as connection:
        query = select(table.c.document).where(table.c.type == reading.STARTED)
        started = Event.from_document(connection.scalars(query).one().encode())
    assert started.payload["log_id"] == metadata.rows("log")[1].id


@pytest.fixture
def begun(metadata, ledger):
    """Recording has started, before the first row that a test writes."""
    ledger.read(0)
    return ledger


def test_a_row_is_read_once_it_is_ripe(metadata, begun):
    metadata.log("running", dttm=at(10))
    metadata.log("success", dttm=at(14))

    assert [begun.read(14.9), begun.read(15.1), begun.read(18.9), begun.read(19.1)] == [0, 1, 0, 1]


def test_a_row_that_claims_to_be_of_tomorrow_holds_up_nothing(metadata, begun):
    metadata.log("running", dttm=at(86400))
    metadata.log("success", dttm=at(10))

    assert begun.read(20) == 2


def test_each_transition_that_the_log_has_is_an_event_with_its_names_and_facts(metadata, begun):
    metadata.run(state="running")
    ti_id = metadata.task(operator="PythonOperator", map_index=3, try_number=2, max_tries=2)
    metadata.log("running", map_index=3, try_number=2, owner="ml-team")
    begun.read(100)

    (event,) = begun.events

    assert (event.type, event.state) == ("task_instance.running", "running")
    assert (event.task_id, event.map_index, event.try_number) == ("task", 3, 2)
    assert event.payload["ti_id"] == ti_id
    assert event.payload["operator"] == "PythonOperator"
    assert (event.payload["owner"], event.payload["hostname"]) == ("ml-team", "host")
    assert [one.witness for one in begun.sightings(event)] == ["log"]


def test_a_row_joins_the_event_of_the_listener_whichever_comes_first(metadata, begun):
    metadata.log("running", dttm=at(10))
    begun.arrive(heard("running", seconds=10.4))
    begun.read(20)
    metadata.log("success", dttm=at(30))
    begun.read(40)
    begun.arrive(heard("success", seconds=30.1))

    both = ("listener", "log")
    assert begun.witnesses == {("task", "running", both): 1, ("task", "success", both): 1}


def test_a_task_that_comes_back_after_a_pause_runs_twice(metadata, begun):
    for seconds, state in ((10, "running"), (11, "deferred"), (13, "running"), (14, "success")):
        metadata.log(state, dttm=at(seconds))
    begun.arrive(heard("running", seconds=13.5))  # of the first one nobody heard
    begun.read(30)

    assert begun.witnesses == {
        ("task", "running", ONLY_LOG): 1,
        ("task", "running", ("listener", "log")): 1,
        ("task", "deferred", ONLY_LOG): 1,
        ("task", "success", ONLY_LOG): 1,
    }


@pytest.mark.parametrize(
    ("live", "state"),
    [
        ({"state": "up_for_retry", "max_tries": 1}, "up_for_retry"),
        ({"state": "failed", "max_tries": 1}, "failed"),
        ({"state": "running", "try_number": 2, "max_tries": 1}, "up_for_retry"),
        ({"state": "queued", "try_number": 2, "max_tries": 0}, "failed"),
        (None, "failed"),
    ],
)
def test_what_the_scheduler_logs_as_failed_is_called_what_it_became(metadata, begun, live, state):
    metadata.run(state="running")
    if live is not None:
        metadata.task(**live)
        metadata.earlier(max_tries=live["max_tries"])
    metadata.log("failed", host_name=None)
    begun.read(100)

    assert [event.state for event in begun.events] == [state]


def test_a_try_that_was_never_filed_has_the_id_that_the_next_one_goes_on_with(metadata, begun):
    metadata.run(state="running")
    ti_id = metadata.task(state="running", try_number=3, max_tries=3)
    metadata.log("running", dttm=at(10))
    metadata.log("running", dttm=at(14), try_number=2)
    for seconds in (11, 15):  # the second process was to run the first try
        begun.arrive(heard("running", seconds=seconds, payload={"ti_id": ti_id}))
    begun.read(30)

    assert begun.witnesses == {("task", "running", ("listener", "log")): 2}


def test_what_a_worker_reports_as_failed_has_failed(metadata, begun):
    metadata.run(state="running")
    metadata.task(state="running", try_number=2, max_tries=3)  # somebody has cleared it since
    metadata.log("failed")
    begun.read(100)

    assert [event.state for event in begun.events] == ["failed"]


def test_a_failure_that_the_scheduler_announced_with_the_next_id_is_one_event(metadata, begun):
    metadata.run(state="running")
    metadata.task(state="running", try_number=2, max_tries=1)
    metadata.earlier(max_tries=1)
    metadata.log("failed", host_name=None)
    begun.arrive(heard("up_for_retry", seconds=10, payload={"process": "scheduler"}))
    begun.read(100)

    assert begun.witnesses == {("task", "up_for_retry", ("listener", "log")): 1}


def test_a_run_that_is_created_again_has_transitions_of_its_own(metadata, begun):
    first, second = {"payload": {"ti_id": "old"}}, {}
    begun.arrive(heard("success", seconds=10, **first))
    metadata.run(state="running")
    second["payload"] = {"ti_id": metadata.task()}
    metadata.log("success", dttm=at(20))
    begun.read(30)
    begun.arrive(heard("success", seconds=20, **second))

    assert begun.witnesses == {
        ("task", "success", ("listener",)): 1,
        ("task", "success", ("listener", "log")): 1,
    }


def test_rows_of_a_deleted_run_are_not_of_the_one_made_again_before_they_were_read(metadata, begun):
    for state, seconds in (("running", 10), ("success", 11)):
        metadata.log(state, dttm=at(seconds))
        begun.arrive(heard(state, seconds=seconds + 0.1, payload={"ti_id": "old"}))
    metadata.run(state="running", begin=at(12))
    ti_id = metadata.task()
    for state, seconds in (("running", 13), ("success", 14)):
        metadata.log(state, dttm=at(seconds))
        begun.arrive(heard(state, seconds=seconds + 0.1, payload={"ti_id": ti_id}))
    begun.read(30)

    both = ("listener", "log")
    assert begun.witnesses == {("task", "running", both): 2, ("task", "success", both): 2}
    assert [event.payload["ti_id"] for event in begun.events] == ["old", "old", ti_id, ti_id]


def test_every_other_row_is_an_action_and_leaves_its_sighting_too(metadata, begun):
    metadata.log("state mismatch", host_name=None)
    metadata.log("trigger_dag_run", None, map_index=None, try_number=None)
    begun.read(100)

    assert len(begun.events) == 2
    assert all(begun.sightings(event)[0].witness == "log" for event in begun.events)


def test_a_row_whose_transaction_ended_late_is_read_as_well(metadata, begun):
    metadata.log("running", id=1001, dttm=at(10))
    metadata.log("deferred", id=1003, dttm=at(10))
    begun.read(20)
    assert begun.read(22) == 0

    metadata.log("success", id=1002, dttm=at(10))

    assert [begun.read(24), begun.read(26)] == [1, 0]
    assert len(begun.events) == 3


def test_a_row_that_does_not_come_is_given_up_in_the_end(metadata, begun):
    metadata.log("running", id=1001, dttm=at(10))
    metadata.log("deferred", id=1003, dttm=at(10))
    begun.read(20)
    begun.read(20 + 600)
    metadata.log("success", id=1002, dttm=at(10))

    assert begun.read(630) == 0


def test_reading_that_breaks_off_takes_in_nothing_and_begins_again(metadata, begun, monkeypatch):
    metadata.log("running")
    metadata.log("success")
    with monkeypatch.context() as patch:
        patch.setattr(reading, "write_position", _break_off)
        with pytest.raises(ConnectionAbortedError):
            begun.read(100)
    assert begun.events == []

    assert [begun.read(102), begun.read(104)] == [2, 0]
    assert sum(begun.witnesses.values()) == 2


def _break_off(*_args, **_kwargs):
    raise ConnectionAbortedError


def test_collectors_that_read_at_the_same_time_take_each_row_in_once(metadata, begun):
    for number in range(30):
        metadata.log("running", f"task_{number}")
    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(lambda _: begun.read(100), range(4)))

    assert sum(counts) == 30
    assert begun.witnesses == Counter({(f"task_{n}", "running", ONLY_LOG): 1 for n in range(30)})


def test_a_backlog_is_worked_off_in_parts(metadata, begun, monkeypatch):
    monkeypatch.setattr(reading, "_AT_ONCE", 3)
    monkeypatch.setattr(reading, "_MOST_BATCHES", 2)
    for number in range(8):
        metadata.log("running", f"task_{number}")

    assert [begun.read(100), begun.read(102), begun.read(104)] == [6, 2, 0]
    assert len(begun.events) == 8


def test_a_log_that_is_purged_is_read_on_and_one_that_begins_anew_is_read_whole(metadata, begun):
    metadata.log("running", id=500, dttm=at(10))
    begun.read(20)
    metadata.purge_log(at(15))
    assert begun.read(22) == 0

    metadata.log("success", id=1, dttm=at(30))
    assert begun.read(40) == 1
    metadata.log("running", "other", id=2, dttm=at(50))
    assert begun.read(60) == 1
    assert len(begun.events) == 3


def test_another_database_with_higher_ids_is_noticed_by_the_time_of_the_last_row(metadata, begun):
    metadata.log("running", id=2, dttm=at(10))
    begun.read(20)
    metadata.purge_log(at(15))
    for number in range(1, 6):
        metadata.log("running", f"task_{number}", id=number, dttm=at(30))

    assert begun.read(40) == 5


def row(log_id: int) -> LogRow:
    nothing = dict.fromkeys(("dag_id", "run_id", "task_id", "map_index", "try_number", "owner"))
    return LogRow(log_id=log_id, at=at(0), event="running", extra=None, **nothing)


def test_a_position_is_bounded_and_survives_being_stored():
    position = LogPosition(log_id=1, at=at(0)).after([row(10**6), row(10**6 + 2)], now=at(5))

    assert len(position.missing) == MOST_MISSING
    assert max(position.missing) == 10**6 + 1
    assert LogPosition.from_content(position.content) == position
    assert not position.after([], now=at(5) + timedelta(minutes=11)).missing
