"""Gates and fairness checks on warehouses, through hooks of Airflow."""

from __future__ import annotations

import json
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
from airflow.sdk.exceptions import AirflowFailException
from fakes.task_instances import TaskInstance
from fakes.warehouse_hook import WarehouseHook

from airflow_gov_provider.domain.verdicts import Verdict
from airflow_gov_provider.hooks.governance import recorded_in_run
from airflow_gov_provider.operators import warehouse_connections
from airflow_gov_provider.operators.bias import BiasCheck
from airflow_gov_provider.operators.quality import DataQualityGate
from airflow_gov_provider.profiling.warehouses.known import WAREHOUSES

pytestmark = pytest.mark.usefixtures("sqlite_store")

CONTRACT = """
contract: people
version: "1"
columns:
  name: {type: string, not_null: true, unique: true}
  age: {type: integer, range: {at_least: 0, at_most: 120}, quantile: {q: 0.5, at_most: 60}}
checks:
  - row_count: {at_least: 3}
"""


@pytest.fixture(params=list(WAREHOUSES))
def dialect(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A warehouse with a table of people and one of decisions, as the connection ``house``."""
    path = tmp_path / "house.duckdb"
    with duckdb.connect(path) as database:
        database.execute(
            "CREATE TABLE people AS SELECT * FROM (VALUES "
            "('Ada', 36), ('Grace', 85), ('Alan', 41)) AS t(name, age)"
        )
        database.execute(
            "CREATE TABLE decisions AS SELECT CASE WHEN i % 2 = 0 THEN 'a' ELSE 'b' END "
            "AS team, CAST(i % 3 = 0 AS INTEGER) AS y, i / 100.0 AS score "
            "FROM range(100) AS r(i)"
        )
    _register(monkeypatch)
    connection = {
        "conn_type": "warehouse_double",
        "host": str(path),
        "extra": {"dialect": request.param},
    }
    monkeypatch.setenv("AIRFLOW_CONN_HOUSE", json.dumps(connection))
    monkeypatch.setattr(WarehouseHook, "sent", [])
    return str(request.param)


def _register(monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.sdk.providers_manager_runtime import ProvidersManagerTaskRuntime

    info = SimpleNamespace(
        hook_class_name="fakes.warehouse_hook.WarehouseHook",
        connection_id_attribute_name="warehouse_conn_id",
        hook_name="Warehouse",
        package_name="tests",
    )
    known = {**ProvidersManagerTaskRuntime().hooks, "warehouse_double": info}
    monkeypatch.setattr(ProvidersManagerTaskRuntime, "hooks", known)


def context() -> Any:
    return {"ti": TaskInstance(dag_id="d", run_id="r", task_id="t", map_index=-1, try_number=1)}


def test_a_gate_judges_a_table_of_a_warehouse(dialect: str) -> None:
    small = DataQualityGate(
        task_id="gate", contract=CONTRACT, conn_id="house", table="main.people"
    ).execute(context())

    assert small["verdict"] == Verdict.PASSED
    limits = [sql for sql in WarehouseHook.sent if "3600" in sql]
    assert bool(limits) is (WAREHOUSES[dialect].time_limit is not None)


def test_a_gate_stops_what_fails_in_a_query(dialect: str) -> None:
    gate = DataQualityGate(
        task_id="gate",
        contract=CONTRACT,
        conn_id="house",
        query="SELECT name, age * 2 AS age FROM people",
    )

    with pytest.raises(AirflowFailException, match="age range: expected"):
        gate.execute(context())


def test_rows_that_fail_are_put_aside_in_the_warehouse(
    dialect: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "house.duckdb"
    extra = {"dialect": dialect, "may_write": True}
    connection = {"conn_type": "warehouse_double", "host": str(path), "extra": extra}
    monkeypatch.setenv("AIRFLOW_CONN_HOUSE", json.dumps(connection))
    gate = DataQualityGate(
        task_id="gate",
        contract={
            "contract": "c",
            "version": "1",
            "checks": [{"range": {"column": "age", "at_most": 50}}],
        },
        conn_id="house",
        table="main.people",
        quarantine="rejected",
    )

    for _ in range(2):
        with pytest.raises(AirflowFailException, match="age range: expected"):
            gate.execute(context())

    kept = recorded_in_run("d", "r")[-1].body["quarantine"]
    assert (kept["place"], kept["rows"]) == ("main.rejected", 1)
    with duckdb.connect(path, read_only=True) as database:
        assert database.execute("SELECT name FROM rejected").fetchall() == [("Grace",)]


def test_a_connection_that_may_only_read_says_so_after_the_verdict(dialect: str) -> None:
    contract = {
        "contract": "c",
        "version": "1",
        "checks": [{"not_null": "age"}, {"unique": "name"}],
    }
    gate = DataQualityGate(
        task_id="gate",
        contract=contract,
        conn_id="house",
        query="SELECT name, NULLIF(age, 36) AS age FROM people",
        quarantine="rejected",
        on_fail="warn",
    )

    with pytest.raises(AirflowFailException, match="cannot be written to rejected"):
        gate.execute(context())

    assert recorded_in_run("d", "r")[-1].verdict == Verdict.WARNED


def test_decisions_in_a_warehouse_are_checked_for_fairness(dialect: str) -> None:
    small = BiasCheck(
        task_id="fair",
        conn_id="house",
        table="decisions",
        sensitive_features=["team"],
        label="y",
        positive_label=1,
        score="score",
        threshold=0.5,
        thresholds={"demographic_parity_difference": 0.2},
    ).execute(context())

    assert small["verdict"] == Verdict.PASSED


def test_a_connection_says_what_is_spoken_by_its_type_or_its_extra() -> None:
    def spoken(conn_type: str, extra: dict[str, str] | None = None) -> str | None:
        connection: Any = SimpleNamespace(conn_type=conn_type, extra_dejson=extra or {})
        return warehouse_connections.warehouse_of(connection)

    assert spoken("snowflake") == "snowflake"
    assert spoken("gcpbigquery") == spoken("google_cloud_platform") == "bigquery"
    assert spoken("databricks") == "databricks"
    assert spoken("trino") == "trino"
    assert spoken("hiveserver2") is None
    assert spoken("hiveserver2", {"dialect": "spark"}) == "spark"
    assert spoken("postgres", {"dialect": "something"}) is None


def test_a_missing_provider_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_LAKE", json.dumps({"conn_type": "databricks"}))
    monkeypatch.setitem(sys.modules, "airflow.providers.databricks.hooks.databricks_sql", None)
    gate = DataQualityGate(task_id="gate", contract=CONTRACT, conn_id="lake", table="people")

    with pytest.raises(AirflowFailException, match="apache-airflow-providers-databricks"):
        gate.execute(context())


@pytest.mark.parametrize(
    ("conn_type", "package"),
    [
        ("snowflake", "apache-airflow-providers-snowflake"),
        ("trino", "apache-airflow-providers-trino"),
        ("gcpbigquery", "apache-airflow-providers-google"),
        ("hiveserver2", "apache-airflow-providers-apache-hive"),
    ],
)
def test_a_check_names_the_provider_that_a_connection_needs(
    conn_type: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if _is_installed(package):
        pytest.skip(f"{package} is installed")
    monkeypatch.setenv("AIRFLOW_CONN_LAKE", json.dumps({"conn_type": conn_type}))
    check = BiasCheck(
        task_id="fair",
        conn_id="lake",
        table="decisions",
        sensitive_features=["team"],
        label="y",
        positive_label=1,
        prediction="decided",
        thresholds={"demographic_parity_difference": 0.2},
    )

    with pytest.raises(AirflowFailException, match=f"expected {package} to be installed"):
        check.execute(context())


def test_a_type_that_nobody_knows_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_LAKE", json.dumps({"conn_type": "punchcards"}))
    gate = DataQualityGate(task_id="gate", contract=CONTRACT, conn_id="lake", table="people")

    with pytest.raises(AirflowFailException, match="punchcards"):
        gate.execute(context())


def _is_installed(package: str) -> bool:
    try:
        distribution(package)
    except PackageNotFoundError:
        return False
    return True
