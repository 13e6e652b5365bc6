"""docker-compose.yaml, looked at as a whole; tests/e2e runs the same composition."""

from __future__ import annotations

import re
from pathlib import Path

import airflow
import pytest
import yaml

from airflow_gov_provider import __version__
from airflow_gov_provider.get_provider_info import get_provider_info

AIRFLOW_PARTS = ("api-server", "scheduler", "dag-processor", "triggerer")


@pytest.fixture(scope="module")
def compose(repository):
    return yaml.safe_load((repository / "docker-compose.yaml").read_text())


def test_every_part_is_there(compose):
    assert set(compose["services"]) == {*AIRFLOW_PARTS, "postgres", "mlflow", "init"}


def test_images_are_pinned(compose):
    for name, service in compose["services"].items():
        _, _, tag = service["image"].partition(":")
        assert re.fullmatch(r"v?\d+\.\d+(\.\d+)?", tag), (name, service["image"])


def test_the_airflow_image_is_built_from_this_version(compose):
    service = compose["services"]["api-server"]

    assert service["image"].endswith(f":{__version__}")
    assert re.search(
        r"FROM apache/airflow:3\.3\.\d+-python3\.\d+", service["build"]["dockerfile_inline"]
    )


def test_everything_that_runs_on_has_a_health_check(compose):
    unchecked = [
        name
        for name, service in compose["services"].items()
        if service["restart"] != "no" and "healthcheck" not in service
    ]

    assert unchecked == []


def test_every_airflow_setting_exists(compose):
    known = yaml.safe_load((Path(airflow.__path__[0]) / "config_templates/config.yml").read_text())
    known |= get_provider_info()["config"]
    core = {"core": {"simple_auth_manager_users"}}
    unknown = []
    for variable in compose["x-airflow"]["environment"]:
        if not variable.startswith("AIRFLOW__"):
            continue
        _, section, option = (part.lower() for part in variable.split("__"))
        options = set(known.get(section, {}).get("options", {})) | core.get(section, set())
        if option not in options:
            unknown.append(variable)

    assert unknown == []


def test_nothing_starts_before_both_databases_are_migrated(compose):
    init = compose["services"]["init"]

    assert "airflow db migrate && airflow governance db migrate" in init["command"]
    assert init["depends_on"]["postgres"] == {"condition": "service_healthy"}
    for part in AIRFLOW_PARTS:
        waits_for = compose["services"][part]["depends_on"]
        assert waits_for["init"] == {"condition": "service_completed_successfully"}


def test_every_part_that_writes_events_shares_the_spool(compose):
    spool = compose["x-airflow"]["environment"]["AIRFLOW__GOVERNANCE__SPOOL_DIR"]

    for part in AIRFLOW_PARTS:
        assert f"spool:{spool}" in compose["services"][part]["volumes"]


def test_the_key_of_the_ledger_outlives_its_container_and_is_out_of_reach_of_tasks(compose):
    key = "ledger:/opt/airflow/governance"
    holders = {n for n, service in compose["services"].items() if key in service["volumes"]}

    assert holders == {"init", "api-server"}
    assert "ledger" in compose["volumes"]


def test_only_this_host_can_reach_it(compose):
    published = [
        port for service in compose["services"].values() for port in service.get("ports", ())
    ]

    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_no_secret_stands_in_the_file(compose):
    for name, value in compose["x-airflow"]["environment"].items():
        if re.search(r"KEY|SECRET|PASSWORD(?!S)", name):
            assert value.startswith("${"), name
    for name, value in compose["services"]["postgres"]["environment"].items():
        if "PASSWORD" in name:
            assert value.startswith("${"), name
