"""What OpenLineage's provider receives of a gate, in the classes of OpenLineage's own client."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowFailException
from fakes.task_instances import TaskInstance
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from airflow_gov_provider.operators.bias import BiasCheck
from airflow_gov_provider.operators.dataset_names import of_files, tables_read
from airflow_gov_provider.operators.quality import DataQualityGate

ADULT = Path(__file__).parents[2] / "golden" / "golden_fairness_adult.csv"
PEOPLE = "name,age\nAda,36\nSECRETNAME,98765432\nAlan,\nAlan,41\n"
CONTRACT = """
contract: people
version: "1.0.0"
columns:
  name: {type: string, unique: {severity: warning, description: one row a person}}
  age: {not_null: true, range: {at_most: 120}, max: {at_most: 98765432}}
checks:
  - row_count: {at_least: 3}
  - unique: [name, age]
  - range: {column: age, at_least: 0}
    where: name = 'nobody'
"""


def context() -> Any:
    ti = TaskInstance(dag_id="d", run_id="r", task_id="check", map_index=-1, try_number=1)
    return {"ti": ti}


def gate(**arguments: Any) -> DataQualityGate:
    return DataQualityGate(task_id="check", **{"contract": CONTRACT, **arguments})


def blocked(operator: Any) -> Any:
    """What the failed task tells."""
    with pytest.raises(AirflowFailException):
        operator.execute(context())
    return operator.get_openlineage_facets_on_failure(None)


def as_sent(lineage: Any) -> dict[str, Any]:
    """The event as the client of OpenLineage writes it."""
    client = pytest.importorskip("openlineage.client", reason="OpenLineage's client is not there")
    from openlineage.client.event_v2 import Job, Run, RunEvent, RunState

    event = RunEvent(
        eventTime="2026-11-20T12:00:00Z",
        run=Run(runId="01936f00-0000-7000-8000-000000000000", facets=lineage.run_facets),
        job=Job(namespace="airflow", name="d.check"),
        eventType=RunState.FAIL,
        inputs=lineage.inputs,
        outputs=lineage.outputs,
        producer="tests",
    )
    sent: dict[str, Any] = json.loads(client.serde.Serde.to_json(event))
    return sent


@pytest.fixture
def people(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    path.write_text(PEOPLE)
    return path


@pytest.mark.usefixtures("sqlite_store")
class TestAGate:
    def test_one_that_blocks_tells_each_of_its_checks_about_the_file_that_it_read(
        self, people: Path
    ):
        sent = as_sent(blocked(gate(source=people)))
        (data,) = sent["inputs"]
        assert (data["namespace"], data["name"]) == ("file", str(people))
        assertions = {
            each["name"]: each
            for each in data["inputFacets"]["dataQualityAssertions"]["assertions"]
        }
        assert assertions["age.range"] == {
            "assertion": "range",
            "success": False,
            "column": "age",
            "severity": "error",
            "name": "age.range",
            "expected": "<= 120",
            "actual": "1 of 3 rows fail (33.3%)",
            "params": {
                "verdict": "FAILED",
                "reason": "no row may fail",
                "failing": 1,
                "total": 3,
                "subject": "age",
            },
        }
        assert assertions["name.type"]["success"]
        warned = assertions["name.unique"]
        assert (warned["success"], warned["severity"]) == (False, "warn")
        assert warned["description"] == "one row a person"

    def test_a_check_of_several_columns_is_about_the_whole_data_set(self, people: Path):
        (data,) = as_sent(blocked(gate(source=people)))["inputs"]
        (found,) = (
            each
            for each in data["inputFacets"]["dataQualityAssertions"]["assertions"]
            if each["name"] == "name+age.unique"
        )
        assert "column" not in found
        assert found["params"]["subject"] == "name, age"

    def test_what_could_not_be_answered_did_not_succeed(self, people: Path):
        (data,) = as_sent(blocked(gate(source=people)))["inputs"]
        (found,) = (
            each
            for each in data["inputFacets"]["dataQualityAssertions"]["assertions"]
            if each["params"].get("where")
        )
        assert (found["success"], found["params"]["verdict"]) == (False, "INSUFFICIENT")

    def test_what_was_measured_of_whole_columns_are_metrics(self, people: Path):
        (data,) = as_sent(blocked(gate(source=people)))["inputs"]
        metrics = data["inputFacets"]["dataQualityMetrics"]
        assert (metrics["rowCount"], metrics["fileCount"]) == (4, 1)
        assert list(metrics["columnMetrics"]) == ["age"]
        age = metrics["columnMetrics"]["age"]
        assert (age["nullCount"], age["count"], age["max"]) == (1, 3, 98765432)
        fields = data["facets"]["schema"]["fields"]
        assert [(f["name"], f["type"]) for f in fields] == [("name", "VARCHAR"), ("age", "BIGINT")]

    def test_the_facets_are_of_the_classes_that_openlineage_registers_for_their_names(
        self, people: Path
    ):
        pytest.importorskip("openlineage.client", reason="OpenLineage's client is not there")
        from openlineage.client.facet_v2 import (
            RunFacet,
            data_quality_assertions_dataset,
            data_quality_metrics_input_dataset,
        )

        lineage = blocked(gate(source=people))
        facets = lineage.inputs[0].inputFacets
        assert {name: type(facet) for name, facet in facets.items()} == {
            "dataQualityAssertions": (
                data_quality_assertions_dataset.DataQualityAssertionsDatasetFacet
            ),
            "dataQualityMetrics": (
                data_quality_metrics_input_dataset.DataQualityMetricsInputDatasetFacet
            ),
        }
        assert all(isinstance(facet, RunFacet) for facet in lineage.run_facets.values())

    def test_it_tells_which_evidence_it_recorded_and_no_value_of_a_row(self, people: Path):
        operator = gate(source=people)
        sent = as_sent(blocked(operator))
        assert operator.evidence is not None
        facet = sent["run"]["facets"]["airflowGov_evidence"]
        assert facet["evidenceId"] == operator.evidence.evidence_id
        assert facet["digest"] == operator.evidence.digest
        assert facet["verdict"] == "FAILED"
        assert "SECRETNAME" not in json.dumps(sent)

    def test_one_that_passes_tells_the_same_way(self, people: Path):
        contract = {"contract": "p", "version": "1", "checks": [{"row_count": 4}]}
        operator = gate(source=people, contract=contract)
        operator.execute(context())
        (data,) = as_sent(operator.get_openlineage_facets_on_complete(None))["inputs"]
        found = data["inputFacets"]["dataQualityAssertions"]["assertions"]
        assert [each["success"] for each in found] == [True]

    def test_one_that_came_no_further_than_its_data_tells_nothing(self, tmp_path: Path):
        assert blocked(gate(source=tmp_path / "absent.csv")) is None

    def test_a_second_try_that_breaks_does_not_tell_what_the_first_one_found(self, people: Path):
        operator = gate(source=people)
        assert blocked(operator) is not None
        people.unlink()
        assert blocked(operator) is None

    def test_the_providers_own_extractor_takes_it(self, people: Path):
        pytest.importorskip(
            "airflow.providers.openlineage.extractors.base",
            reason="Airflow's provider for OpenLineage is not installed",
        )
        from airflow.providers.openlineage.extractors.manager import ExtractorManager
        from airflow.utils.state import TaskInstanceState

        with DAG("d", schedule=None):
            operator = gate(source=people)
        with pytest.raises(AirflowFailException):
            operator.execute(context())
        ti = context()["ti"]
        found = ExtractorManager().extract_metadata(ti, operator, TaskInstanceState.FAILED, ti)
        assert [each.name for each in found.inputs] == [str(people)]
        assert "dataQualityAssertions" in found.inputs[0].inputFacets
        assert "airflowGov_evidence" in found.run_facets


@pytest.mark.usefixtures("sqlite_store")
class TestTheNameOfADatabaseTable:
    def test_of_postgresql_it_has_the_server_and_the_schema_that_the_connection_looks_in(
        self, postgres_url: str, monkeypatch: pytest.MonkeyPatch
    ):
        engine = create_engine(postgres_url)
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE people (name text, age integer)"))
        engine.dispose()
        url = make_url(postgres_url)
        extra = {"host": url.query["host"]} if "host" in url.query else {}
        monkeypatch.setenv(
            "AIRFLOW_CONN_PG",
            json.dumps(
                {
                    "conn_type": "postgres",
                    "host": url.host or extra.get("host") or "localhost",
                    "login": url.username,
                    "password": url.password,
                    "port": url.port,
                    "schema": url.database,
                }
            ),
        )
        (data,) = as_sent(blocked(gate(conn_id="pg", table="people")))["inputs"]
        assert data["namespace"].startswith("postgres://")
        assert data["namespace"].endswith(f":{url.port or 5432}")
        assert data["name"] == f"{url.database}.public.people"
        (data,) = as_sent(blocked(gate(conn_id="pg", table="public.people")))["inputs"]
        assert data["name"] == f"{url.database}.public.people"

    @pytest.fixture
    def shop(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        path = tmp_path / "shop.db"
        with sqlite3.connect(path) as connection:
            connection.execute("CREATE TABLE people (name TEXT, age INTEGER)")
            connection.execute("CREATE TABLE orders (name TEXT)")
        content = json.dumps({"conn_type": "sqlite", "host": str(path)})
        monkeypatch.setenv("AIRFLOW_CONN_SHOP", content)
        return path

    def test_of_sqlite_it_has_the_file(self, shop: Path):
        (data,) = as_sent(blocked(gate(conn_id="shop", table="people")))["inputs"]
        assert (data["namespace"], data["name"]) == ("sqlite", f"{shop}.people")

    def test_without_its_connection_the_evidence_is_told_still(
        self, shop: Path, monkeypatch: pytest.MonkeyPatch
    ):
        del shop
        operator = gate(conn_id="shop", table="people")
        with pytest.raises(AirflowFailException):
            operator.execute(context())
        monkeypatch.delenv("AIRFLOW_CONN_SHOP")
        sent = as_sent(operator.get_openlineage_facets_on_failure(None))
        assert not sent.get("inputs")
        assert sent["run"]["facets"]["airflowGov_evidence"]["verdict"] == "FAILED"

    def test_a_query_of_one_table_is_an_assertion_about_it_with_the_query(self, shop: Path):
        query = "SELECT name, age FROM people WHERE age > 3"
        (data,) = as_sent(blocked(gate(conn_id="shop", query=query)))["inputs"]
        assert data["name"] == f"{shop}.people"
        found = data["inputFacets"]["dataQualityAssertions"]["assertions"]
        assert {(each["content"], each["contentType"]) for each in found} == {(query, "sql")}

    def test_of_a_query_of_two_tables_neither_was_judged(self, shop: Path):
        query = "SELECT p.name, p.age FROM people p JOIN orders o ON o.name = p.name"
        inputs = as_sent(blocked(gate(conn_id="shop", query=query)))["inputs"]
        assert [each["name"] for each in inputs] == [f"{shop}.people", f"{shop}.orders"]
        assert not any(each.get("inputFacets") for each in inputs)


def test_a_check_of_bias_tells_what_it_found_as_a_facet_of_the_run(sqlite_store: str):
    del sqlite_store
    operator = BiasCheck(
        task_id="check",
        predictions=ADULT,
        label="y_true",
        positive_label=1,
        prediction="y_pred",
        sensitive_features=["sex"],
        thresholds={"demographic_parity_difference": 0.1},
    )
    sent = as_sent(blocked(operator))
    assert [each["name"] for each in sent["inputs"]] == [str(ADULT)]
    facet = sent["run"]["facets"]["airflowGov_evidence"]
    (found,) = (f for f in facet["findings"] if f["kind"] == "demographic_parity_difference")
    assert found["verdict"] == "FAILED"
    assert found["observed"] == pytest.approx(0.19948, abs=1e-4)


@pytest.mark.parametrize(
    ("path", "namespace", "name"),
    [
        ("/data/people.parquet", "file", "/data/people.parquet"),
        ("/data/people/*.parquet", "file", "/data/people"),
        ("/data/day=?/part-[0-9].csv", "file", "/data"),
        ("s3://lake/people/a.parquet", "s3://lake", "people/a.parquet"),
        ("s3://lake/people/*.parquet", "s3://lake", "people"),
        ("gs://lake/*.parquet", "gs://lake", "/"),
    ],
)
def test_files_are_named_by_their_path_and_patterns_by_what_is_fixed_of_it(
    path: str, namespace: str, name: str
):
    found = of_files(path)
    assert (found.namespace, found.name) == (namespace, name)


def test_a_common_table_expression_is_no_table():
    query = "WITH p AS (SELECT * FROM hr.people) SELECT * FROM p JOIN orders ON true"
    assert set(tables_read(query, dialect="postgres")) == {("hr", "people"), (None, "orders")}


def test_a_gate_does_not_bring_openlineage_into_a_process_that_does_not_ask_for_it():
    code = (
        "import sys; import airflow_gov_provider.operators.quality, "
        "airflow_gov_provider.operators.bias; "
        "print([m for m in sys.modules if m.startswith('openlineage')])"
    )
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert run.stdout.strip().splitlines()[-1] == "[]"
