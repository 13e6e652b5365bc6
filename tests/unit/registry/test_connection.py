from __future__ import annotations

import os

import pytest

from airflow_gov_provider.exceptions import RegistryError
from airflow_gov_provider.registry import alias
from airflow_gov_provider.registry.connection import REQUEST_DEFAULTS, Registry, registry_at
from airflow_gov_provider.registry.writing import log_artifacts, tag_version


def test_arguments_come_before_settings_and_settings_before_mlflow(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://environment")
    assert registry_at().tracking_uri == "http://environment"

    monkeypatch.setenv("AIRFLOW__GOVERNANCE__MLFLOW_TRACKING_URI", "http://settings")
    assert registry_at().tracking_uri == "http://settings"

    assert registry_at("http://argument").tracking_uri == "http://argument"


def test_a_tracking_server_is_its_own_registry_unless_another_is_named(monkeypatch):
    assert registry_at("http://tracking").registry_uri == "http://tracking"
    assert registry_at("http://tracking", "http://registry").registry_uri == "http://registry"

    monkeypatch.setenv("AIRFLOW__GOVERNANCE__MLFLOW_REGISTRY_URI", "http://settings")
    assert registry_at("http://tracking").registry_uri == "http://settings"


def test_the_name_of_a_registry_has_no_credentials():
    registry = Registry(
        tracking_uri="x", registry_uri="postgresql://u:p@ss@host/db?sslpassword=hidden&a=b"
    )

    assert registry.name == "postgresql://***@host/db?sslpassword=***&a=b"


def test_mlflow_keeps_its_own_settings(mlflow_store, monkeypatch):
    import mlflow

    for name in REQUEST_DEFAULTS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "7")
    before = mlflow.get_tracking_uri(), mlflow.get_registry_uri()

    with registry_at(mlflow_store.uri).client():
        assert os.environ["MLFLOW_HTTP_REQUEST_TIMEOUT"] == "7"
        assert os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] == "2"

    assert "MLFLOW_HTTP_REQUEST_MAX_RETRIES" not in os.environ
    assert (mlflow.get_tracking_uri(), mlflow.get_registry_uri()) == before


def test_a_scheme_that_mlflow_does_not_know_is_refused():
    with pytest.raises(RegistryError) as caught:
        alias.version_of(registry_at("gopher://host"), "income_model", "champion")

    assert not caught.value.retry_helps


def test_an_alias_is_read_back_as_text_and_can_be_moved(mlflow_store):
    registry = registry_at(mlflow_store.uri)
    first, second = mlflow_store.version(), mlflow_store.version()

    assert alias.version_of(registry, "income_model", "champion") is None
    alias.point(registry, "income_model", "champion", first)
    assert alias.version_of(registry, "income_model", "champion") == "1"
    alias.point(registry, "income_model", "champion", second)
    assert alias.version_of(registry, "income_model", "champion") == "2"


def test_artifacts_and_tags_arrive(mlflow_store):
    registry = registry_at(mlflow_store.uri)
    run_id = mlflow_store.run()
    version = mlflow_store.version(run_id=run_id)

    uri = log_artifacts(registry, run_id, {"a.txt": b"hello"}, path="cards/1")
    tag_version(registry, "income_model", version, {"governance.card_digest": "abc"})

    assert uri.endswith(f"{run_id}/artifacts/cards/1")
    stored = mlflow_store.directory / "artifacts" / run_id / "artifacts" / "cards/1/a.txt"
    assert stored.read_bytes() == b"hello"
    found = mlflow_store.client.get_model_version("income_model", version)
    assert found.tags == {"governance.card_digest": "abc"}
