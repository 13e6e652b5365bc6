"""Every transition of a running Airflow is one event that names everyone who saw it."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest
from e2e.harness.airflow import RunningAirflow

from airflow_gov_provider.store import database
from airflow_gov_provider.store.events.rows import events_of_run
from airflow_gov_provider.store.events.witnesses import sightings_of

pytestmark = pytest.mark.e2e

SETTINGS = {
    "core__parallelism": "6",
    "scheduler__task_instance_heartbeat_timeout": "20",
    "scheduler__task_instance_heartbeat_timeout_detection_interval": "2",
    "scheduler__orphaned_tasks_check_interval": "5",
}

PATIENCE = 90  # seconds, with what is still on its way
HOOK_AND_LOG = ("listener", "log")
EVERYONE = ("listener", "log", "task_instance")
LOG_AND_TABLE = ("log", "task_instance")
ONLY_LOG = ("log",)
ONLY_TABLE = ("task_instance",)
RUNS = ("running", *HOOK_AND_LOG)
SUCCEEDS = ("success", *EVERYONE)

# (task, map index, try) and what it went through: states, each with who saw it.
EXPECTED = {
    "completeness": {
        ("succeed", -1, 1): [RUNS, SUCCEEDS],
        ("all_failed", -1, 0): [("skipped", *ONLY_TABLE)],
        ("fail_twice", -1, 1): [RUNS, ("up_for_retry", *EVERYONE)],
        ("fail_twice", -1, 2): [RUNS, ("failed", *EVERYONE)],
        ("after_failure", -1, 0): [("upstream_failed", *ONLY_TABLE)],
        ("skip", -1, 1): [RUNS, ("skipped", *EVERYONE)],
        ("after_skip", -1, 0): [("skipped", *ONLY_TABLE)],
        ("branch", -1, 1): [RUNS, SUCCEEDS],
        ("taken", -1, 1): [("success", *ONLY_TABLE)],
        ("not_taken", -1, 0): [("skipped", *ONLY_TABLE)],
        ("pause", -1, 1): [RUNS, ("deferred", *ONLY_LOG), RUNS, SUCCEEDS],
        ("second_look", -1, 1): [RUNS, ("up_for_reschedule", *ONLY_LOG), RUNS, SUCCEEDS],
        ("each", 0, 1): [RUNS, SUCCEEDS],
        ("each", 1, 1): [RUNS, ("failed", *EVERYONE)],
        ("each", 2, 1): [RUNS, SUCCEEDS],
        (None, None, None): [("running", "listener"), ("failed", "dag_run", "listener")],
    },
    "completeness_kill": {
        ("killed", -1, 1): [RUNS, ("failed", *LOG_AND_TABLE)],
        (None, None, None): [("running", "listener"), ("failed", "dag_run", "listener")],
    },
    "completeness_worker": {
        ("killed_with_its_worker", -1, 1): [RUNS, ("up_for_retry", *EVERYONE)],
        ("killed_with_its_worker", -1, 2): [RUNS, SUCCEEDS],
        (None, None, None): [("running", "listener"), ("success", "dag_run", "listener")],
    },
    "completeness_park": {
        ("park", -1, 1): [RUNS, ("awaiting_input", *ONLY_LOG), RUNS, SUCCEEDS],
        (None, None, None): [("running", "listener"), ("success", "dag_run", "listener")],
    },
    "completeness_restart": {
        ("before", -1, 1): [RUNS, SUCCEEDS],
        ("during", -1, 1): [RUNS, ("failed", *ONLY_TABLE)],
        ("during", -1, 2): [RUNS, SUCCEEDS],
        (None, None, None): [("running", "listener"), ("success", "dag_run", "listener")],
    },
}

Transition = tuple[str | None, int | None, int | None, tuple[str, ...]]


def transitions(airflow: RunningAirflow, dag_id: str, run_id: str) -> Counter[Transition]:
    """How often the store has (task, map index, try, (state, everyone who saw it))."""
    with database.transaction(airflow.governance_url) as connection:
        events = [item.event for item in events_of_run(connection, dag_id, run_id)]
        sightings = sightings_of(connection, [event.event_id for event in events])
    found: Counter[Transition] = Counter()
    for event in events:
        if event.type.startswith(("task_instance.", "dag_run.")):
            others = {one.witness for one in sightings.get(event.event_id, ())}
            seen = (str(event.state), *sorted({event.witness, *others}))
            found[event.task_id, event.map_index, event.try_number, seen] += 1
    return found


def expected(dag_id: str) -> Counter[Transition]:
    return Counter((*of, state) for of, states in EXPECTED[dag_id].items() for state in states)


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """What the ledger lacks, and what it has too much."""

    missing: Counter[Transition]
    beyond: Counter[Transition]


NONE = Differences(missing=Counter(), beyond=Counter())


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """An Airflow that has run every Dag of this module once."""

    airflow: RunningAirflow
    run_ids: Mapping[str, str]

    def differences(self, dag_id: str, *task_ids: str | None) -> Differences:
        """From what these tasks should go through, once none are left or a while has passed."""
        run_id = self.run_ids[dag_id]
        wanted = only(expected(dag_id), task_ids)
        until = time.monotonic() + PATIENCE
        while True:
            found = only(transitions(self.airflow, dag_id, run_id), task_ids)
            if found == wanted or time.monotonic() > until:
                return Differences(missing=wanted - found, beyond=found - wanted)
            time.sleep(0.5)


def only(found: Counter[Transition], task_ids: tuple[str | None, ...]) -> Counter[Transition]:
    return Counter({key: count for key, count in found.items() if key[0] in task_ids})


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    airflow = RunningAirflow(tmp_path_factory.mktemp("completeness"), SETTINGS)
    airflow.start()
    try:
        first = [dag_id for dag_id in EXPECTED if dag_id != "completeness_restart"]
        run_ids = {dag_id: airflow.trigger(dag_id) for dag_id in first}
        kill_task_and_worker(airflow, run_ids["completeness_worker"])
        answer(airflow, run_ids["completeness_park"])
        for dag_id in first:
            airflow.wait_for_run(dag_id, run_ids[dag_id])
        run_ids["completeness_restart"] = restart_in_the_middle(airflow)
        yield Ran(airflow=airflow, run_ids=run_ids)
    finally:
        airflow.stop()


def kill_task_and_worker(airflow: RunningAirflow, run_id: str) -> None:
    """SIGKILL to the processes that the task has named: its supervisor and itself."""
    told = airflow.home / f"{run_id}.pids"
    airflow.wait_until("the task tells who runs it", told.exists)
    for pid in told.read_text().split():
        os.kill(int(pid), signal.SIGKILL)


def answer(airflow: RunningAirflow, run_id: str) -> None:
    airflow.wait_for_request("completeness_park", run_id, "park")
    path = f"/api/v2/dags/completeness_park/dagRuns/{run_id}/taskInstances/park/-1/hitlDetails"
    given = {"chosen_options": ["Yes"], "params_input": {}}
    airflow.api("approver").patch(path, json=given).raise_for_status()


def restart_in_the_middle(airflow: RunningAirflow) -> str:
    """Kill the scheduler while a task runs, which ends with it, and start another one."""
    run_id = airflow.trigger("completeness_restart")
    airflow.wait_for_task("completeness_restart", run_id, "during", "running")
    hooks = ("during", -1, 1, RUNS)
    airflow.wait_until(
        "the running task is recorded",
        lambda: transitions(airflow, "completeness_restart", run_id)[hooks],
    )
    airflow.restart("scheduler")
    airflow.wait_for_run("completeness_restart", run_id, "success")
    return run_id


def test_a_task_that_succeeds(ran):
    assert ran.differences("completeness", "succeed") == NONE


def test_a_task_that_is_tried_again_is_told_from_one_that_fails(ran):
    assert ran.differences("completeness", "fail_twice") == NONE


def test_a_task_that_skips_itself(ran):
    assert ran.differences("completeness", "skip") == NONE


def test_tasks_that_a_branch_or_a_trigger_rule_skips(ran):
    assert (
        ran.differences("completeness", "branch", "not_taken", "all_failed", "after_skip") == NONE
    )


def test_a_task_whose_upstream_failed(ran):
    assert ran.differences("completeness", "after_failure") == NONE


def test_a_task_that_is_never_executed(ran):
    assert ran.differences("completeness", "taken") == NONE


def test_a_task_that_is_deferred_and_resumed_runs_twice_in_one_try(ran):
    assert ran.differences("completeness", "pause") == NONE


def test_a_sensor_that_is_rescheduled(ran):
    assert ran.differences("completeness", "second_look") == NONE


def test_mapped_tasks(ran):
    assert ran.differences("completeness", "each") == NONE


def test_a_task_that_waits_for_a_person(ran):
    assert ran.differences("completeness_park", "park") == NONE


def test_a_task_process_that_is_killed(ran):
    assert ran.differences("completeness_kill", "killed") == NONE


def test_a_task_that_is_killed_with_its_worker(ran):
    assert ran.differences("completeness_worker", "killed_with_its_worker") == NONE


def test_a_scheduler_that_is_killed_with_its_tasks_and_started_again(ran):
    assert ran.differences("completeness_restart", "before", "during") == NONE


@pytest.mark.parametrize("dag_id", EXPECTED)
def test_of_a_whole_run_nothing_is_missing_and_nothing_doubled(ran, dag_id):
    assert ran.differences(dag_id, *{task_id for task_id, _, _ in EXPECTED[dag_id]}) == NONE
