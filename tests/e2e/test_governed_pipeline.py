"""The example Dags on a running Airflow, with the api-server killed on the way."""

from __future__ import annotations

import pytest
from mlflow import MlflowClient

from airflow_gov_provider.domain.evidence import EvidenceKind, standing
from airflow_gov_provider.domain.verdicts import Verdict

pytestmark = pytest.mark.e2e

GOVERNED, BLOCKED = "governed_income_model", "blocked_by_quality"
TASKS = ("check_data", "train", "check_bias", "write_card", "approve", "promote")
REASON = "Reviewed with the data owner; the gap is documented on the card."


def events_of(airflow, dag_id, run_id):
    answer = airflow.api().get(
        "/governance/v1/events", params={"dag_id": dag_id, "run_id": run_id, "limit": 500}
    )
    assert answer.is_success, answer.text
    return [(item["task_id"], item["state"]) for item in answer.json()["items"]]


def test_killing_the_api_server_during_the_governed_run_loses_no_event(airflow):
    run_id = airflow.trigger(GOVERNED, user="requester")
    airflow.wait_for_task(GOVERNED, run_id, "check_data", "success")
    airflow.restart("api-server")
    airflow.wait_for_request(GOVERNED, run_id, "approve")
    airflow.restart("api-server")
    answer = airflow.answer(GOVERNED, run_id, "approve", "Approve", REASON)
    assert answer.is_success, answer.text
    airflow.wait_for_run(GOVERNED, run_id, "success")

    expected = {(task, state) for task in TASKS for state in ("running", "success")}
    expected |= {(None, "running"), (None, "success")}
    airflow.wait_until(
        "every event is in the ledger",
        lambda: expected <= set(events_of(airflow, GOVERNED, run_id)),
        within=120,
        tell=lambda: str(expected - set(events_of(airflow, GOVERNED, run_id))),
    )
    seen = events_of(airflow, GOVERNED, run_id)
    assert len([event for event in seen if event[1] == "success"]) == len(TASKS) + 1

    evidence = {item.kind: item for item in standing(airflow.evidence(GOVERNED, run_id))}
    assert evidence[EvidenceKind.QUALITY].verdict is Verdict.PASSED
    assert evidence[EvidenceKind.BIAS].verdict is Verdict.FAILED
    assert evidence[EvidenceKind.APPROVAL].body["decided_by"]["id"] == "approver"
    promoted = evidence[EvidenceKind.PROMOTION]
    assert promoted.verdict is Verdict.PASSED
    client = MlflowClient(tracking_uri=airflow.mlflow_uri, registry_uri=airflow.mlflow_uri)
    champion = client.get_model_version_by_alias("income_model", "champion")
    assert str(champion.version) == promoted.model.version


def test_spoiled_data_stops_at_the_gate_and_the_finding_is_on_record(airflow):
    run_id = airflow.trigger(BLOCKED, user="requester")
    airflow.wait_for_run(BLOCKED, run_id, "failed")

    assert airflow.task_states(BLOCKED, run_id) == {
        "spoil": "success",
        "check_data": "failed",
        "train": "upstream_failed",
    }
    (gate,) = airflow.evidence(BLOCKED, run_id)
    failed = {f["subject"] for f in gate.body["findings"] if f["verdict"] == "FAILED"}
    assert gate.verdict is Verdict.FAILED
    assert {"education", "age", "income", "person_id"} <= failed
