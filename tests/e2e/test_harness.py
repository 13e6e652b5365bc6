"""The Airflow that the other end-to-end tests rely on."""

from __future__ import annotations

import pytest
from e2e.harness.airflow import RunningAirflow

pytestmark = pytest.mark.e2e


def test_a_component_that_was_killed_comes_back(airflow: RunningAirflow):
    before = airflow.components.running["api-server"].pid
    airflow.restart("api-server")

    assert airflow.components.running["api-server"].pid != before
    assert airflow.api("viewer").get("/api/v2/dags").is_success


def test_a_person_with_a_wrong_password_gets_no_token(airflow: RunningAirflow):
    answer = airflow.api().post(
        "/auth/token", json={"username": "approver", "password": "approver"}
    )

    assert answer.status_code == 401
