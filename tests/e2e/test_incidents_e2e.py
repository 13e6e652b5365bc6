"""Incidents in a real Airflow: a gate that blocks, people who decide, an approval that is bypassed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from e2e.harness.airflow import RunningAirflow

pytestmark = pytest.mark.e2e


def incident(airflow: RunningAirflow, **wanted: Any) -> dict[str, Any]:
    """The one incident about a Dag, with its timeline, once it is as it is wanted."""

    def found() -> dict[str, Any] | None:
        query = {"dag_id": wanted["dag_id"]}
        page = airflow.api().get("/governance/v1/incidents", params=query).json()
        assert len(page["items"]) <= 1, page
        for item in page["items"]:
            detail = airflow.api().get(f"/governance/v1/incidents/{item['incident_id']}").json()
            fits = all(detail[name] == value for name, value in wanted.items())
            return detail if fits and detail["affected"] is not None else None
        return None

    return airflow.wait_until(f"an incident with {wanted} is there", found, within=150)


def test_a_gate_that_blocks_is_an_incident_until_it_passes(airflow: RunningAirflow, tmp_path: Path):
    spoiled, good = tmp_path / "spoiled.csv", tmp_path / "good.csv"
    spoiled.write_text("name,age\nann,30\nbob,\n")
    good.write_text("name,age\nann,30\nbob,40\n")

    run_id = airflow.trigger("incident_gate", conf={"file": str(spoiled)})
    airflow.wait_for_run("incident_gate", run_id, "failed")
    opened = incident(airflow, dag_id="incident_gate", state="open")
    assert (opened["kind"], opened["severity"], opened["owner"]) == (
        "gate_blocked",
        "high",
        "leads-team",
    )
    assert (opened["run_id"], opened["task_id"]) == (run_id, "gate")
    assert [one["dag_id"] for one in opened["affected"]["dags"]] == ["incident_consumer"]

    path = f"/governance/v1/incidents/{opened['incident_id']}/acknowledge"
    statuses = {
        user: airflow.api(user).post(path, json={"version": opened["version"]}).status_code
        for user in ("viewer", "reviewer", "approver")
    }
    assert statuses == {"viewer": 403, "reviewer": 200, "approver": 409}

    airflow.wait_for_run(
        "incident_gate", airflow.trigger("incident_gate", conf={"file": str(good)}), "success"
    )
    over = incident(airflow, dag_id="incident_gate", state="resolved")
    assert (over["resolution"], over["acknowledged_by"]) == ("healed", "reviewer")
    told = [(entry["kind"], entry["actor"]) for entry in over["timeline"]]
    assert told == [("opened", None), ("acknowledged", "reviewer"), ("resolved", None)]
    for entry in over["timeline"]:
        event = airflow.api().get(f"/governance/v1/events/{entry['event_id']}").json()
        assert (event["type"], event["actor"]) == (f"incident.{entry['kind']}", entry["actor"])


def test_an_approval_that_is_marked_as_success_by_hand_is_a_critical_incident(
    airflow: RunningAirflow,
):
    run_id = airflow.trigger("incident_approval")
    airflow.wait_for_request("incident_approval", run_id, "approve")
    path = f"/api/v2/dags/incident_approval/dagRuns/{run_id}/taskInstances/approve"
    answer = airflow.api("reviewer").patch(path, json={"new_state": "success"})
    assert answer.is_success, answer.text
    airflow.wait_for_run("incident_approval", run_id, "success")

    found = incident(airflow, dag_id="incident_approval", state="open")
    assert (found["kind"], found["severity"]) == ("approval_bypass", "critical")
    assert found["details"]["request_state"] == "pending"
    assert found["details"]["marked_by"] == "reviewer"
    assert not found["auto_resolve"]
