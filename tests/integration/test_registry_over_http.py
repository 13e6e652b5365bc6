"""Cards and promotions against an MLflow server, as production has one."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes.task_instances import Airflow, TaskInstance

from airflow_gov_provider.domain.evidence import EvidenceKind, ModelRef
from airflow_gov_provider.domain.verdicts import Verdict
from airflow_gov_provider.exceptions import RegistryUnavailable
from airflow_gov_provider.hooks.governance import recorded_in_run

pytestmark = pytest.mark.integration

MODEL_FILE = """\
flavors: {sklearn: {sklearn_version: 1.9.1}}
signature: {inputs: '[{"type": "long", "name": "age"}]'}
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    directory = tmp_path_factory.mktemp("mlflow-server")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = directory / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1"),
                *("--port", str(port), "--workers", "1"),
                *("--backend-store-uri", f"sqlite:///{directory / 'mlflow.db'}"),
                *("--artifacts-destination", str(directory / "artifacts")),
            ],
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd=directory,
            env={**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"},
        )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(url, process, log)
        yield url
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=30)
        shutil.rmtree(directory, ignore_errors=True)


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(600):
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=2):  # noqa: S310
                return
        except (urllib.error.URLError, OSError):
            assert process.poll() is None, log.read_text()
            time.sleep(0.3)
    pytest.fail(f"MLflow did not start: {log.read_text()[-2000:]}")


@pytest.fixture
def context() -> Callable[[str], Any]:
    airflow = Airflow()

    def made(task_id: str) -> Any:
        ti = TaskInstance(dag_id="a_dag", run_id="run_1", task_id=task_id, airflow=airflow)
        return {"ti": ti}

    return made


@pytest.fixture
def version(server: str) -> str:
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    client = MlflowClient(tracking_uri=server, registry_uri=server)
    run_id = client.create_run(client.create_experiment(f"e{time.time_ns()}")).info.run_id
    client.log_metric(run_id, "accuracy", 0.8)
    client.log_text(run_id, MODEL_FILE, "model/MLmodel")
    with contextlib.suppress(MlflowException):  # the test before this one has made it
        client.create_registered_model("income_model")
    found = client.create_model_version("income_model", f"runs:/{run_id}/model", run_id)
    return str(found.version)


def test_a_card_and_a_promotion_over_http(sqlite_store, server, version, context):
    from mlflow import MlflowClient

    from airflow_gov_provider.operators.base import record_evidence
    from airflow_gov_provider.operators.model_card import ModelCardOperator
    from airflow_gov_provider.operators.registry import PromoteModelOperator

    where = {"model_name": "income_model", "model_version": version, "tracking_uri": server}
    record_evidence(
        context("bias"),
        kind=EvidenceKind.BIAS,
        subject="predictions",
        verdict=Verdict.PASSED,
        summary="PASSED",
        body={},
        model=ModelRef(name="income_model", version=version),
    )

    written = ModelCardOperator(task_id="card", **where).execute(context("card"))
    promoted = PromoteModelOperator(task_id="promote", required=["bias", "card"], **where).execute(
        context("promote")
    )

    client = MlflowClient(tracking_uri=server, registry_uri=server)
    found = client.get_model_version_by_alias("income_model", "champion")
    card = recorded_in_run("a_dag", "run_1")[1].body["card"]
    assert str(found.version) == version == promoted["version"]
    assert found.tags["governance.card_digest"] == written["card_digest"]
    assert card["interface"]["inputs"]["value"][0]["name"] == "age"
    assert written["artifact_uri"].startswith("mlflow-artifacts:/")
    path = written["artifact_uri"].rpartition("/artifacts/")[2]
    names = {item.path.rpartition("/")[2] for item in client.list_artifacts(found.run_id, path)}
    assert names == {"model_card.json", "model_card.md", "model_card.html"}


def test_a_version_without_a_model_file_is_read_without_its_signature(server, version):
    from airflow_gov_provider.registry.connection import registry_at
    from airflow_gov_provider.registry.reading import read_model_file, read_version

    registry = registry_at(server)
    found = read_version(registry, "income_model", version)
    elsewhere = type(found)(
        name=found.name, version=found.version, run_id=found.run_id, source=f"{found.source}/none"
    )

    assert read_model_file(registry, found) is not None
    assert read_model_file(registry, elsewhere) is None


def test_a_server_that_went_away_is_not_a_model_without_a_signature(server, version, monkeypatch):
    from airflow_gov_provider.registry.connection import Registry, registry_at
    from airflow_gov_provider.registry.reading import read_model_file, read_version

    found = read_version(registry_at(server), "income_model", version)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    gone = Registry(tracking_uri="http://127.0.0.1:9", registry_uri="http://127.0.0.1:9")

    with pytest.raises(RegistryUnavailable):
        read_model_file(gone, found)
