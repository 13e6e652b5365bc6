"""The duty that compares finished runs, round by round, on real databases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from airflow_gov_provider.collector.reconcile import finished
from airflow_gov_provider.collector.reconcile.finished import Progress, reconcile_finished
from airflow_gov_provider.store import database
from airflow_gov_provider.store.events.coverage import open_findings, page_of_findings
from airflow_gov_provider.store.events.recording_state import RECONCILIATION
from airflow_gov_provider.store.events.witnesses import read_position
from tests.fakes.metadata import BEGIN
from tests.unit.collector.reconcile.conftest import run_event, task_event

START = BEGIN - timedelta(minutes=5)
ENDED = BEGIN + timedelta(minutes=1)  # when runs of the fake end


@pytest.fixture
def round_at(metadata, store):
    """``round_at(seconds)`` is one call, so many seconds after the runs have ended."""
    assert reconcile_finished(clock=lambda: START) == 0
    return lambda seconds: reconcile_finished(clock=lambda: ENDED + timedelta(seconds=seconds))


@pytest.fixture
def progress(store):
    def read():
        with database.transaction(store) as connection:
            return Progress.from_content(read_position(connection, RECONCILIATION).content)

    return read


@pytest.fixture
def findings(store):
    def read():
        with database.transaction(store) as connection:
            return page_of_findings(connection).items

    return read


def complete(metadata, record, run_id="run"):
    metadata.run(run_id)
    metadata.task(run_id=run_id)
    record(task_event("success", run_id=run_id), run_event("success", run_id=run_id))


def test_a_run_is_compared_once_half_a_minute_after_it_finished(
    metadata, record, round_at, progress
):
    complete(metadata, record)

    assert [round_at(seconds) for seconds in (10, 31, 41, 51)] == [0, 1, 0, 0]
    assert (progress().runs, progress().states) == (1, 2)
    assert progress().until == ENDED + timedelta(seconds=21)


def test_a_run_under_way_is_compared_when_it_has_finished(metadata, record, round_at):
    metadata.run(state="running")
    assert round_at(31) == 0
    metadata.set_run("run", state="success", end_date=ENDED)
    record(run_event("success"))

    assert round_at(41) == 1


def test_a_run_that_goes_on_again_is_compared_again(metadata, record, round_at):
    complete(metadata, record)
    assert round_at(31) == 1
    metadata.set_run("run", state="queued", clear_number=1)
    assert round_at(41) == 0
    metadata.set_run("run", state="success")
    record(run_event("success", clear_number=1))

    assert round_at(51) == 1


def test_runs_that_had_finished_before_the_first_round_are_left_alone(metadata, store):
    metadata.run()

    assert reconcile_finished(clock=lambda: ENDED + timedelta(hours=1)) == 0
    assert reconcile_finished(clock=lambda: ENDED + timedelta(hours=2)) == 0


def test_what_stays_missing_is_a_finding_until_it_arrives(
    metadata, record, round_at, findings, told
):
    metadata.run()
    metadata.task()
    record(run_event("success"))
    round_at(31)
    assert findings() == []

    round_at(31 + 121)
    (finding,) = findings()
    assert finding.subject == "dag:dag"
    assert finding.details == {"missing": 1, "doubled": 0, "runs": 1, "examples": ["run"]}

    record(task_event("success", witness="task_instance"))
    round_at(31 + 131)
    (finding,) = findings()
    assert finding.closed_at == ENDED + timedelta(seconds=31 + 131)
    lost, restored = told("coverage.")
    assert (lost.type, restored.type) == ("coverage.lost", "coverage.restored")
    assert lost.payload["missing"] == 1


def test_a_finding_says_how_much_is_missing_now(metadata, record, round_at, findings):
    for run_id in ("run-1", "run-2"):
        metadata.run(run_id)
    round_at(31)
    round_at(152)
    assert findings()[0].details["missing"] == 2

    record(run_event("success", run_id="run-1"))
    round_at(162)

    assert findings()[0].details["examples"] == ["run-2"]


def test_a_run_that_is_deleted_is_no_finding_any_more(metadata, round_at, findings, store):
    metadata.run()
    round_at(31)
    round_at(152)
    metadata.delete_run("run")
    round_at(162)

    with database.transaction(store) as connection:
        assert open_findings(connection) == []


def test_a_backlog_is_worked_off_in_order_and_the_mark_says_so(
    metadata, record, round_at, progress, monkeypatch
):
    monkeypatch.setattr(finished, "_MOST_STATES", 2)
    for number in range(5):
        end = ENDED + timedelta(seconds=number)
        metadata.run(f"run-{number}", end=end)
        metadata.task(run_id=f"run-{number}")
        record(
            task_event("success", run_id=f"run-{number}"),
            run_event("success", run_id=f"run-{number}", at=end),
        )

    assert round_at(100) == 1
    assert progress().until == ENDED + timedelta(seconds=1)
    assert [round_at(100) for _ in range(5)] == [1, 1, 1, 1, 0]
    assert progress().until == ENDED + timedelta(seconds=70)
