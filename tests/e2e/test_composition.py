"""docker-compose.yaml's composition in plain processes: PostgreSQL twice, MLflow over HTTP, Airflow.

The settings and MLflow's command line are read from the file itself; only hosts, ports and paths
are put in the place of what the containers provide.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
import yaml
from e2e.harness.airflow import RunningAirflow
from e2e.harness.processes import Components
from e2e.harness.settings import USERS, free_port
from mlflow import MlflowClient
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

pytestmark = pytest.mark.e2e

GOVERNED = "governed_income_model"
MLFLOW_SECONDS = 180


@pytest.fixture(scope="module")
def compose(repository):
    return yaml.safe_load((repository / "docker-compose.yaml").read_text())


@pytest.fixture(scope="module")
def databases(postgres_server):
    """What the service `postgres` holds after its first start."""
    names = ("airflow_composed", "governance_composed")
    admin = create_engine(postgres_server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        for name in names:
            connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
            connection.execute(text(f"CREATE DATABASE {name}"))
    yield dict(zip(("airflow", "governance"), names, strict=True))
    with admin.connect() as connection:
        for name in names:
            connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture(scope="module")
def mlflow_url(compose, tmp_path_factory):
    """The service `mlflow`, by its own command line."""
    place, port = tmp_path_factory.mktemp("mlflow"), free_port()
    command = compose["services"]["mlflow"]["command"]
    command = command.replace("--host 0.0.0.0", "--host 127.0.0.1")
    command = re.sub(r"\b5000\b", str(port), command).replace("/mlflow/", f"{place}/")
    command = re.sub(r"--allowed-hosts mlflow:", "--allowed-hosts 127.0.0.1:", command)
    program, *arguments = shlex.split(command)
    with (place / "mlflow.log").open("wb") as log:
        server = subprocess.Popen(
            [Path(sys.executable).parent / program, *arguments],
            cwd=place,
            env={**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"},
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_for_mlflow(url, server, place / "mlflow.log")
        yield url
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def _wait_for_mlflow(url, server, log):
    deadline = time.monotonic() + MLFLOW_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            if httpx.get(f"{url}/health", timeout=5).is_success:
                return
        except httpx.TransportError:
            time.sleep(1)
    pytest.fail(f"MLflow did not become healthy:\n{log.read_text()[-3000:]}")


@pytest.fixture(scope="module")
def composed(compose, databases, postgres_server, mlflow_url, tmp_path_factory):
    """Every Airflow service of the file, and what the service `init` does before them."""
    running = RunningAirflow(tmp_path_factory.mktemp("composed"))
    given = compose["x-airflow"]["environment"]
    running.env |= {
        name: value
        for name, value in given.items()
        if not value.startswith("${") and name != "AIRFLOW__CORE__DAGS_FOLDER"
    }
    for name, value in given.items():
        if name.endswith("SQL_ALCHEMY_CONN"):
            driver = value.split("://")[0]
            database = databases[value.rsplit("/", 1)[1]]
            local = make_url(postgres_server).set(drivername=driver, database=database)
            running.env[name] = local.render_as_string(hide_password=False)
    running.env |= {
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{running.url}/execution/",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{u}:{r}" for u, r in USERS.items()),
        "AIRFLOW__GOVERNANCE__SPOOL_DIR": str(running.home / "spool"),
        "AIRFLOW__GOVERNANCE__MLFLOW_TRACKING_URI": mlflow_url,
        "MLFLOW_TRACKING_URI": mlflow_url,
    }
    running.components = Components(home=running.home, env=running.env)
    for step in re.findall(r"airflow ([a-z ]+)", compose["services"]["init"]["command"]):
        running.airflow(*step.split())
    running.start()
    yield running
    running.stop()


def test_the_composition_takes_a_model_from_data_to_promotion(composed, mlflow_url):
    run_id = composed.trigger(GOVERNED, user="requester")
    composed.wait_for_request(GOVERNED, run_id, "approve")
    reason = "Reviewed; the gap is documented on the card."
    answer = composed.answer(GOVERNED, run_id, "approve", "Approve", reason)
    assert answer.is_success, answer.text
    composed.wait_for_run(GOVERNED, run_id, "success")

    found = composed.api().get("/governance/v1/evidence", params={"run_id": run_id}).json()
    verdicts = {item["kind"]: item["verdict"] for item in reversed(found["items"])}
    champion = MlflowClient(mlflow_url).get_model_version_by_alias("income_model", "champion")
    health = composed.api().get("/governance/v1/health").json()

    assert verdicts == {
        "quality": "PASSED",
        "bias": "FAILED",
        "card": "PASSED",
        "approval": "PASSED",
        "promotion": "PASSED",
    }
    assert str(champion.version) == "1"
    assert health["status"] == "ok", health
    assert "postgresql" in health["database"]["url"]
    assert "governance" in composed.airflow("governance", "db", "info")
