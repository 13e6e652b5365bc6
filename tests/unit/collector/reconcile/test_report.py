"""Airflow's real tables against events in real databases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from airflow_gov_provider.collector.reconcile.report import reconcile
from airflow_gov_provider.collector.reconcile.tables import Scope
from airflow_gov_provider.store import database
from airflow_gov_provider.store.events.recording import note_present
from tests.fakes.metadata import BEGIN
from tests.unit.collector.reconcile.conftest import run_event, task_event

LATER = BEGIN + timedelta(hours=1)


def compared(scope=None, *, now=LATER, **options):
    return reconcile(scope or Scope(), clock=lambda: now, **options)


def named(findings):
    return [(one.task_id, one.try_number, one.state) for one in findings.first]


@pytest.fixture
def complete(metadata, record):
    """A finished run of one task, with all its events."""
    metadata.run()
    ti_id = metadata.task()
    metadata.log("running")
    metadata.log("success")
    record(
        task_event("running", at=BEGIN + timedelta(seconds=11), payload={"ti_id": ti_id}),
        task_event("success", payload={"ti_id": ti_id}),
        run_event("running"),
        run_event("success"),
    )
    return ti_id


def test_nothing_differs_when_every_state_has_its_event(complete):
    report = compared()

    assert report.is_complete
    assert (report.runs, report.compared) == (1, 3)
    assert (report.missing.count, report.doubled.count, report.unmatched.count) == (0, 0, 0)


@pytest.mark.parametrize("state", ["success", "failed", "skipped", "upstream_failed", "removed"])
def test_a_terminal_state_without_an_event_is_missing(metadata, record, state):
    metadata.run()
    ti_id = metadata.task("lonely", state, map_index=3)
    record(run_event("success"))

    report = compared()

    assert not report.is_complete
    assert named(report.missing) == [("lonely", 1, state)]
    assert report.missing.first[0].map_index == 3
    assert report.missing.first[0].ti_id == ti_id


def test_an_earlier_try_that_was_to_be_tried_again_needs_one_of_the_two_failures(metadata, record):
    metadata.run()
    metadata.task(try_number=3)
    metadata.earlier(try_number=1)
    metadata.earlier(try_number=2)
    record(
        run_event("success"),
        task_event("up_for_retry", try_number=1),
        task_event("success", try_number=3),
    )

    assert named(compared().missing) == [("task", 2, "failed")]


def test_a_try_that_never_began_needs_no_event(metadata, record):
    metadata.run()
    metadata.task(try_number=1)
    metadata.earlier(try_number=0, start_date=None)
    record(run_event("success"), task_event("success"))

    assert compared().is_complete


def test_a_task_that_is_skipped_again_after_a_clear_needs_two_events(metadata, record):
    metadata.run()
    now = metadata.task(state="skipped", try_number=0, start_date=None)
    before = metadata.earlier(state="skipped", try_number=0, start_date=None)
    record(run_event("success"), task_event("skipped", try_number=0, payload={"ti_id": before}))
    missing = compared().missing

    assert [one.ti_id for one in missing.first] == [now]

    record(task_event("skipped", try_number=0, payload={"ti_id": now}))
    assert compared().is_complete


def test_a_dag_run_without_an_event_of_its_end_is_missing(metadata, record):
    metadata.run(state="failed", clear_number=1)
    record(run_event("failed", clear_number=0))

    report = compared()

    assert named(report.missing) == [(None, None, "failed")]


def test_what_a_person_marked_stands_for_the_state(metadata, record):
    metadata.run()
    metadata.task(state="success")
    record(
        task_event("failed"),
        task_event("success", payload={"manual": True}, at=LATER),
        run_event("failed"),
        run_event("success", payload={"manual": True}, at=LATER),
    )

    report = compared()

    assert report.is_complete
    assert [one.why for one in report.unmatched.first] == ["another state stands now"]


def test_one_transition_with_two_events_is_doubled(complete, record):
    record(task_event("success", witness="log", at=BEGIN + timedelta(seconds=31)))

    report = compared()

    assert not report.is_complete
    assert named(report.doubled) == [("task", 1, "success")]
    assert len(report.doubled.first[0].event_ids) == 2


def test_what_a_table_says_again_after_a_person_marked_it_is_not_doubled(metadata, record):
    metadata.run(state="failed")
    ti_id = metadata.task(state="failed")
    for witness in ("log", "task_instance"):
        record(task_event("failed", witness=witness, payload={"ti_id": ti_id}))
    record(run_event("failed"), run_event("failed", witness="dag_run", at=LATER))
    assert compared().doubled.count == 2

    record(task_event("success", payload={"manual": True}))
    record(run_event("success", payload={"manual": True}))

    assert compared().is_complete


def test_a_dag_run_that_ended_twice_in_one_round_is_doubled(complete, record):
    record(run_event("success", witness="dag_run", at=LATER))

    assert named(compared().doubled) == [(None, None, "success")]


def test_a_try_that_failed_and_was_to_be_tried_again_contradicts_itself(metadata, record):
    metadata.run()
    metadata.task(try_number=2)
    metadata.earlier(try_number=1)
    record(
        run_event("success"),
        task_event("success", try_number=2),
        task_event("failed"),
        task_event("up_for_retry"),
    )

    assert named(compared().doubled) == [("task", 1, "failed")]


def test_every_start_that_the_log_tells_of_has_its_event(complete, metadata, record):
    metadata.log("running", dttm=BEGIN + timedelta(seconds=20))

    assert named(compared().missing) == [("task", 1, "running")]

    record(*(task_event("running", at=BEGIN + timedelta(seconds=at)) for at in (21, 22)))
    report = compared()
    assert named(report.doubled) == [("task", 1, "running")]
    assert report.missing.count == 0


def test_a_log_that_was_cleaned_says_nothing_of_the_runs_before(complete, metadata, record):
    metadata.log("cli_migratedb", None, dttm=LATER)
    record(task_event("running", at=BEGIN + timedelta(seconds=20)))
    assert not compared().is_complete

    metadata.purge_log(LATER)

    assert compared().is_complete


def test_a_run_under_way_is_listed_and_misses_nothing(metadata, store):
    metadata.run("going", state="running")
    metadata.task(run_id="going", state="success")

    report = compared()

    assert report.is_complete
    assert report.under_way == [("dag", "going")]
    assert report.pending == 1


def test_what_ended_half_a_minute_ago_may_still_be_on_its_way(metadata, store):
    metadata.run()
    metadata.task()

    assert compared(now=BEGIN + timedelta(seconds=65)).missing.count == 1
    assert compared(now=BEGIN + timedelta(seconds=55)).is_complete
    assert compared(now=LATER).missing.count == 2


def test_what_ended_before_the_ledger_began_is_not_missing(metadata, store):
    metadata.run()
    metadata.task()

    assert compared().missing.count == 2

    with database.transaction(store) as connection:
        note_present(connection, "collector", now=LATER)
    report = compared()

    assert report.is_complete
    assert report.before_recording == 2


def test_events_of_a_deleted_run_are_told_and_are_nothing_wrong(complete, metadata, record):
    metadata.delete_run("run")
    why = {one.why for one in compared().unmatched.first}
    assert why == {"the run is not in Airflow's tables any more"}

    record(task_event(None, None, type="action.delete_dag_run", try_number=None))

    report = compared()
    assert report.is_complete
    assert {one.why for one in report.unmatched.first} == {"the run was deleted"}


def test_events_of_a_run_that_was_cleaned_away_or_of_a_deleted_dag_are_explained(
    complete, metadata, record
):
    metadata.delete_run("run")
    metadata.run("later", begin=LATER, state="running")
    why = {one.why for one in compared().unmatched.first}
    assert why == {"it is older than every run in Airflow's tables"}

    record(task_event(None, None, type="override.delete_dag", run_id=None, try_number=None))

    assert {one.why for one in compared().unmatched.first} == {"the Dag was deleted"}


def test_events_of_an_earlier_run_of_the_same_id_do_not_stand_for_the_new_one(
    complete, metadata, record
):
    metadata.delete_run("run")
    metadata.run(begin=LATER)
    metadata.task(end_date=LATER + timedelta(seconds=20), updated_at=LATER + timedelta(seconds=20))

    report = compared(now=LATER + timedelta(hours=1))

    assert named(report.missing) == [("task", 1, "success"), (None, None, "success")]
    assert {one.why for one in report.unmatched.first} == {"an earlier run of the same id"}


def test_the_scope_is_of_runs_that_were_under_way_in_it(metadata, store):
    for name, begin in (("early", BEGIN), ("late", LATER)):
        metadata.run(name, begin=begin)
    metadata.run("other", dag_id="other")

    def missing(**scope):
        found = compared(Scope(**scope), now=LATER + timedelta(hours=1)).missing.first
        return {(one.dag_id, one.run_id) for one in found}

    assert missing() == {("dag", "early"), ("dag", "late"), ("other", "other")}
    assert missing(since=BEGIN + timedelta(minutes=2)) == {("dag", "late")}
    assert missing(until=BEGIN + timedelta(minutes=2), dag_id="dag") == {("dag", "early")}


def test_many_runs_are_read_page_by_page(metadata, store):
    for number in range(450):
        metadata.run(f"run-{number}")

    told = []
    report = compared(progress=lambda report: told.append(report.runs))

    assert report.runs == report.missing.count == 450
    assert told == list(range(1, 451))
