"""A running Airflow whose plugins keep our listener from being called, and what is known of it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from e2e.harness.airflow import RunningAirflow

from airflow_gov_provider.store import database
from airflow_gov_provider.store.events.rows import events_of_run

pytestmark = pytest.mark.e2e

DAG = "events"
WITHIN = 60  # seconds from the last transition to the finding
PLUGIN = """
from airflow.plugins_manager import AirflowPlugin
from pluggy import HookimplMarker

hookimpl = HookimplMarker("airflow")


class Listener:
{hooks}


class StarvingPlugin(AirflowPlugin):
    name = "starving"
    listeners = [Listener()]
"""
HOOKS = ("running", "success", "skipped", "failed")
RAISING = "\n".join(
    f"""
    @hookimpl(wrapper=True, tryfirst=True)
    def on_task_instance_{name}(self, previous_state, task_instance):
        raise RuntimeError("before anybody else is called")
        yield
"""
    for name in HOOKS
)
OF_AIRFLOW_2 = """
    @hookimpl
    def on_task_instance_running(self, previous_state, task_instance, session):
        pass
"""


class Starved:
    """The shared Airflow, with a plugin in its folder or without one."""

    def __init__(self, airflow: RunningAirflow) -> None:
        self.airflow = airflow
        self._plugin = airflow.home / "plugins" / "starving.py"

    def by(self, hooks: str) -> None:
        self._plugin.parent.mkdir(exist_ok=True)
        self._plugin.write_text(PLUGIN.format(hooks=hooks))
        self.airflow.restart("scheduler")  # whose children the task processes are

    def no_more(self) -> None:
        if self._plugin.exists():
            self._plugin.unlink()
            self.airflow.restart("scheduler")

    def run(self) -> str:
        run_id = self.airflow.trigger(DAG)
        self.airflow.wait_for_run(DAG, run_id, "failed")
        return run_id

    def findings(self, *, is_open: bool) -> list[dict[str, Any]]:
        answer = self.airflow.api("viewer").get("/governance/v1/coverage", params={"open": is_open})
        assert answer.is_success, answer.text
        return [item for item in answer.json()["items"] if item["kind"] == "listener"]

    def health(self) -> dict[str, Any]:
        return dict(self.airflow.api("viewer").get("/governance/v1/health").json())


@pytest.fixture(scope="module")
def starved(airflow: RunningAirflow) -> Iterator[Starved]:
    starved = Starved(airflow)
    yield starved
    starved.no_more()


def heard(airflow: RunningAirflow, run_id: str) -> set[str]:
    with database.transaction(airflow.governance_url) as connection:
        found = events_of_run(connection, DAG, run_id)
    return {item.event.witness for item in found if item.event.task_id}


def test_what_airflow_holds_and_what_the_ledger_holds_are_the_same(airflow: RunningAirflow):
    run_id = airflow.trigger(DAG)
    airflow.wait_for_run(DAG, run_id, "failed")
    ended = datetime.fromisoformat(airflow.run(DAG, run_id)["end_date"])

    def reconciled() -> bool:
        until = airflow.api().get("/governance/v1/health").json()["recording"]["reconciled_until"]
        return until is not None and datetime.fromisoformat(until) > ended

    airflow.wait_until("the run is compared", reconciled, within=120)
    report = json.loads(airflow.airflow("governance", "ledger", "reconcile", "--json"))

    assert report["is_complete"] is True
    assert report["compared"] > 10
    assert (report["missing"]["count"], report["doubled"]["count"]) == (0, 0)
    status = json.loads(airflow.airflow("governance", "ledger", "status", "--json"))
    assert status["recording_since"]
    assert status["incomplete_runs"] == 0


@pytest.mark.parametrize("hooks", [RAISING, OF_AIRFLOW_2], ids=["raising", "of Airflow 2"])
def test_a_plugin_that_starves_the_listener_is_a_finding_within_a_minute(starved, airflow, hooks):
    starved.by(hooks)
    run_id = starved.run()
    began = time.monotonic()

    findings = airflow.wait_until(
        "the finding is open",
        lambda: starved.findings(is_open=True),
        within=WITHIN,
        tell=lambda: str(heard(airflow, run_id)),
    )
    took = time.monotonic() - began

    # A host on which much else was heard shortly before is blamed later than the Dag.
    subjects = [item["subject"] for item in findings]
    assert all(one == f"dag:{DAG}" or one.startswith("host:") for one in subjects)
    assert len(set(subjects)) == len(subjects)
    assert all(item["details"]["lost"] >= 3 for item in findings)
    assert starved.health()["status"] == "degraded"
    assert took < WITHIN
    assert heard(airflow, run_id) == {"log"}  # nothing is lost, only less is known of it

    starved.no_more()
    starved.run()
    airflow.wait_until(
        "the findings are closed", lambda: not starved.findings(is_open=True), within=2 * WITHIN
    )
    closed = {item["finding_id"] for item in starved.findings(is_open=False)}
    assert closed >= {item["finding_id"] for item in findings}
