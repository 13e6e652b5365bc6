"""What a promotion makes of evidence that Airflow itself does not vouch for."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from e2e.harness.airflow import RunningAirflow
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from airflow_gov_provider.domain.evidence import EvidenceKind

pytestmark = pytest.mark.e2e

DAG_ID, MODEL = "promotion_vouched", "vouched_model"
REASON = "Reviewed, and fit for its use"


@pytest.fixture
def registry(airflow: RunningAirflow) -> MlflowClient:
    """With one version of the model and no alias."""
    client = MlflowClient(tracking_uri=airflow.mlflow_uri, registry_uri=airflow.mlflow_uri)
    with contextlib.suppress(MlflowException):  # the test before this one has made it
        client.create_registered_model(MODEL)
        client.create_model_version(MODEL, "file:///nowhere/model")
    client.delete_registered_model_alias(MODEL, "champion")
    return client


def champion(registry: MlflowClient) -> Any:
    return registry.get_registered_model(MODEL).aliases.get("champion")


def reasons(airflow: RunningAirflow, run_id: str) -> str:
    (refused,) = (
        item for item in airflow.evidence(DAG_ID, run_id) if item.kind is EvidenceKind.PROMOTION
    )
    return "\n".join(refused.body["reasons"])


def test_an_approval_marked_success_by_hand_promotes_nothing_until_somebody_approves(
    airflow: RunningAirflow, registry: MlflowClient
):
    run_id = airflow.trigger(DAG_ID)
    airflow.wait_for_request(DAG_ID, run_id, "approve")
    marked = airflow.api().patch(
        f"/api/v2/dags/{DAG_ID}/dagRuns/{run_id}/taskInstances/approve",
        json={"new_state": "success"},
    )
    assert marked.is_success, marked.text
    airflow.wait_for_run(DAG_ID, run_id, "failed")
    assert "task approve is success in Airflow" in reasons(airflow, run_id)
    assert champion(registry) is None

    airflow.clear(DAG_ID, run_id, "approve", downstream=True)
    airflow.wait_for_request(DAG_ID, run_id, "approve")
    answer = airflow.answer(DAG_ID, run_id, "approve", "Approve", REASON)

    assert answer.is_success, answer.text
    airflow.wait_for_run(DAG_ID, run_id, "success")
    assert str(champion(registry)) == "1"


def test_a_run_made_again_under_the_id_of_a_deleted_one_has_to_be_checked_again(
    airflow: RunningAirflow, registry: MlflowClient
):
    run_id = airflow.trigger(DAG_ID, run_id="same-id")
    airflow.wait_for_request(DAG_ID, run_id, "approve")
    airflow.delete_run(DAG_ID, run_id)

    airflow.trigger(DAG_ID, run_id="same-id", conf={"silent": True})
    airflow.wait_for_request(DAG_ID, run_id, "approve")
    answer = airflow.answer(DAG_ID, run_id, "approve", "Approve", REASON)

    assert answer.is_success, answer.text
    airflow.wait_for_run(DAG_ID, run_id, "failed")
    found = reasons(airflow, run_id)
    assert "no quality evidence" in found
    assert "task check_data[1] is success in Airflow" in found
    assert champion(registry) is None
