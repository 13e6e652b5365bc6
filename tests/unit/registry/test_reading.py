from __future__ import annotations

from pathlib import Path

import pytest

from airflow_gov_provider.exceptions import ModelNotFound, RegistryError, RegistryUnavailable
from airflow_gov_provider.registry.connection import Registry, registry_at
from airflow_gov_provider.registry.reading import read_model_file, read_run, read_version


@pytest.fixture
def registry(mlflow_store) -> Registry:
    return registry_at(mlflow_store.uri)


def test_a_version_is_read_with_its_number_as_text(mlflow_store, registry):
    run_id = mlflow_store.run()
    number = mlflow_store.version(run_id=run_id)
    mlflow_store.client.set_model_version_tag("income_model", number, "team", "risk")

    found = read_version(registry, "income_model", number)

    assert (found.name, found.version, found.run_id) == ("income_model", "1", run_id)
    assert found.source == f"runs:/{run_id}/model"
    assert found.registered_at is not None
    assert found.registered_at.utcoffset().total_seconds() == 0
    assert found.tags == {"team": "risk"}


def test_a_missing_version_names_those_there_are(mlflow_store, registry):
    mlflow_store.version()
    mlflow_store.version()

    with pytest.raises(ModelNotFound, match=r"no version 9 .* versions of income_model are 2, 1"):
        read_version(registry, "income_model", "9")


def test_a_missing_model_names_those_there_are(mlflow_store, registry):
    mlflow_store.version("another")

    with pytest.raises(ModelNotFound, match="registered models are another"):
        read_version(registry, "o'hara", "1")


def test_a_version_that_is_no_number_is_refused_with_those_there_are(mlflow_store, registry):
    mlflow_store.version()

    with pytest.raises(ModelNotFound, match="found 'latest'; versions of income_model are 1"):
        read_version(registry, "income_model", "latest")


def test_an_empty_registry_says_so(registry):
    with pytest.raises(ModelNotFound, match="no registered models"):
        read_version(registry, "income_model", "1")


def test_a_run_is_read_with_its_data_sets_and_without_tags_of_mlflow(mlflow_store, registry):
    run_id = mlflow_store.run(
        params={"depth": "3"},
        metrics={"accuracy": 0.8, "loss": float("nan")},
        tags={
            "team": "risk",
            "mlflow.user": "somebody",
            "mlflow.source.name": "train.py",
            "mlflow.source.git.commit": "abc123",
        },
    )

    found = read_run(registry, run_id)

    assert found.params == {"depth": "3"}
    assert found.metrics["accuracy"] == 0.8
    assert found.tags == {"team": "risk"}
    assert found.code == "train.py at commit abc123"
    (used,) = found.datasets
    assert (used.name, used.digest, used.role) == ("uci-adult", "80d88c1d", "training")
    assert (used.source, used.rows) == ("adult.parquet", 33916)


@pytest.mark.parametrize("run_id", ["nope", "0" * 32])
def test_a_missing_run_is_not_found(registry, run_id):
    with pytest.raises(ModelNotFound, match=run_id):
        read_run(registry, run_id)


def test_a_run_id_that_mlflow_refuses_is_an_error_that_no_retry_cures(registry):
    with pytest.raises(RegistryError) as caught:
        read_run(registry, "../escape")

    assert not caught.value.retry_helps


def test_the_model_file_tells_library_versions_and_signature(mlflow_store, registry):
    version = read_version(registry, "income_model", mlflow_store.version())

    found = read_model_file(registry, version)

    assert found.library == "sklearn"
    assert found.versions == {"scikit-learn": "1.9.1", "python": "3.11.7", "mlflow": "3.17.2"}
    assert [(f.name, f.type, f.required) for f in found.inputs] == [
        ("age", "long", True),
        ("job", "string", False),
    ]
    assert found.outputs[0].type == "tensor of int64, shape [-1]"


@pytest.mark.parametrize("content", [None, "not: [yaml", "a list", "signature: {inputs: '[1]'}\n"])
def test_a_model_without_a_readable_model_file_has_no_signature(mlflow_store, registry, content):
    version = read_version(registry, "income_model", mlflow_store.version(model_file=content))

    found = read_model_file(registry, version)

    assert found is None or found.inputs == ()


def test_a_logged_model_is_read_from_where_it_lies(mlflow_store, registry, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", mlflow_store.uri)  # registering one looks there
    client = mlflow_store.client
    location = (mlflow_store.directory / "logged").as_uri()
    experiment = client.create_experiment("logged", artifact_location=location)
    run_id = client.create_run(experiment).info.run_id
    logged = client.create_logged_model(experiment, name="model", source_run_id=run_id)
    lies_in = Path(logged.artifact_location.removeprefix("file://"))
    lies_in.mkdir(parents=True)
    (lies_in / "MLmodel").write_text("flavors: {lightgbm: {lgb_version: 4}}\n")
    number = mlflow_store.version("logged", run_id=run_id, source=f"models:/{logged.model_id}")
    version = read_version(registry, "logged", number)

    found = read_model_file(registry, version)

    assert version.source == f"models:/{logged.model_id}"
    assert found.library == "lightgbm"
    assert (found.inputs, found.outputs) == ((), ())


def test_a_server_that_is_away_is_unavailable_and_says_nothing_secret(monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    registry = registry_at("http://anna:hunter2@127.0.0.1:9")

    with pytest.raises(RegistryUnavailable) as caught:
        read_version(registry, "income_model", "1")

    assert caught.value.retry_helps
    assert "hunter2" not in str(caught.value)
    assert "127.0.0.1:9" in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
