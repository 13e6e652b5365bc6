"""What Airflow reads about this provider."""

from __future__ import annotations

import importlib.metadata
import json
from pathlib import Path

import airflow
import jsonschema

import airflow_gov_provider
from airflow_gov_provider import config
from airflow_gov_provider.get_provider_info import get_provider_info


def test_it_meets_airflows_schema():
    schema = json.loads((Path(airflow.__path__[0]) / "provider_info.schema.json").read_text())
    validator = jsonschema.validators.validator_for(schema)(schema)

    assert list(validator.iter_errors(get_provider_info())) == []


def test_the_package_and_the_provider_agree_on_the_version():
    assert importlib.metadata.version("airflow-gov-provider") == airflow_gov_provider.__version__
    assert get_provider_info()["versions"] == [airflow_gov_provider.__version__]


def test_every_setting_has_a_function_that_reads_it():
    options = get_provider_info()["config"]["governance"]["options"]

    assert {name for name in options if callable(getattr(config, name, None))} == set(options)


def test_a_setting_is_read_when_it_is_asked_for(monkeypatch):
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__SHIP_INTERVAL", "7.5")

    assert config.ship_interval() == 7.5


def test_the_database_lies_in_airflows_home_unless_it_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path))
    assert config.sql_alchemy_conn() == f"sqlite:///{tmp_path}/governance.db"

    monkeypatch.setenv("AIRFLOW__GOVERNANCE__SQL_ALCHEMY_CONN", "postgresql://u@h/d")
    assert config.sql_alchemy_conn() == "postgresql://u@h/d"
