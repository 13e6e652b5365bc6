"""The gate as a Dag author meets it: real files, real databases, a real evidence store."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from pathlib import Path
from traceback import format_exception
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException
from fakes.task_instances import TaskInstance
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from airflow_gov_provider.domain.evidence import Evidence, EvidenceKind
from airflow_gov_provider.domain.verdicts import Verdict
from airflow_gov_provider.exceptions import (
    ArgumentInvalid,
    ContractInvalid,
    SourceUnavailable,
    StoreUnavailable,
)
from airflow_gov_provider.hooks.governance import recorded_in_run
from airflow_gov_provider.operators.quality import DataQualityGate

PEOPLE = "name,age\nAda,36\nGrace,85\nAlan,41\n"
SPOILED = "name,age\nAda,36\nGrace,98765432\nSECRETNAME,\n"
CONTRACT = """
contract: people
version: "1.0.0"
columns:
  name: {type: string, not_null: true, unique: true}
  age: {type: integer, not_null: true, range: {at_least: 0, at_most: 120}}
checks:
  - row_count: {at_least: 3}
"""

MINIMAL: dict[str, Any] = {
    "contract": "people",
    "version": "1",
    "checks": [{"row_count": {"at_least": 1}}, {"not_null": "name"}],
}


@pytest.fixture
def people(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    path.write_text(PEOPLE)
    return path


@pytest.fixture
def spoiled(tmp_path: Path) -> Path:
    path = tmp_path / "spoiled.csv"
    path.write_text(SPOILED)
    return path


def gate(**arguments: Any) -> DataQualityGate:
    return DataQualityGate(task_id="check", **{"contract": CONTRACT, **arguments})


def context() -> Any:
    ti = TaskInstance(dag_id="d", run_id="r", task_id="check", map_index=-1, try_number=1)
    return {"ti": ti}


def recorded() -> Evidence:
    (evidence,) = recorded_in_run("d", "r")
    return evidence


@pytest.mark.usefixtures("sqlite_store")
class TestOnFiles:
    def test_good_data_passes_and_is_recorded_with_what_it_was_held_to(self, people: Path):
        small = gate(source=str(people)).execute(context())
        evidence = recorded()
        assert small == {
            "evidence_id": evidence.evidence_id,
            "kind": "quality",
            "verdict": "PASSED",
            "summary": "PASSED: 9 passed",
            "digest": evidence.digest,
        }
        assert evidence.kind is EvidenceKind.QUALITY
        assert evidence.subject == "people"
        assert evidence.body["contract"]["version"] == "1.0.0"
        assert len(evidence.body["contract"]["digest"]) == 64
        assert evidence.body["rows"] == 3
        assert evidence.body["columns"] == {"name": "VARCHAR", "age": "BIGINT"}
        assert evidence.body["source"] == {
            "kind": "files",
            "path": str(people),
            "files": 1,
            "sha256": hashlib.sha256(PEOPLE.encode()).hexdigest(),
        }

    def test_bad_data_fails_the_task_for_good_after_the_evidence_is_committed(self, spoiled: Path):
        with pytest.raises(AirflowFailException, match=r"age range: expected >= 0 and <= 120"):
            gate(source=spoiled).execute(context())
        evidence = recorded()
        assert evidence.verdict is Verdict.FAILED
        failed = {f["check"] for f in evidence.body["findings"] if f["verdict"] == "FAILED"}
        assert failed == {"age.range", "age.not_null"}

    def test_the_traceback_of_a_blocked_gate_tells_its_findings_once(self, spoiled: Path):
        with pytest.raises(AirflowFailException) as raised:
            gate(source=spoiled).execute(context())
        assert "".join(format_exception(raised.value)).count("age range: expected") == 1

    def test_what_would_not_have_blocked_alone_is_marked_in_the_error(self, spoiled: Path):
        checks = [
            {"row_count": {"at_least": 9}},
            {"unique": "name"},
            {"range": {"column": "age", "at_most": 120}, "severity": "warning"},
        ]
        with pytest.raises(AirflowFailException) as raised:
            gate(source=spoiled, contract={**MINIMAL, "checks": checks}).execute(context())
        blocking, warned = str(raised.value).splitlines()[1:]
        assert "row_count" in blocking
        assert "[warning]" not in blocking
        assert warned.endswith("[warning]")

    def test_neither_the_evidence_nor_the_error_nor_the_log_holds_a_value_of_a_row(
        self, spoiled: Path, capfd: pytest.CaptureFixture[str]
    ):
        with pytest.raises(AirflowFailException) as raised:
            gate(source=spoiled).execute(context())
        log = "".join(capfd.readouterr())
        assert "age.range" in log
        written = recorded().document.decode() + str(raised.value) + log
        assert "SECRETNAME" not in written
        assert "98765432" not in written

    def test_the_log_has_a_line_for_every_check_and_the_failed_ones_stand_out(
        self, spoiled: Path, capfd: pytest.CaptureFixture[str]
    ):
        with pytest.raises(AirflowFailException):
            gate(source=spoiled).execute(context())
        lines = [line for line in capfd.readouterr().out.splitlines() if "expected" in line]
        assert len(lines) == 9
        (failed,) = (line for line in lines if "age.range" in line)
        assert "warning" in failed
        assert (
            "FAILED        age.range      expected >= 0 and <= 120; found 1 of 2 rows fail (50%) "
            "(no row may fail)"
        ) in failed

    def test_review_lets_the_task_succeed_and_keeps_the_bad_verdict(self, spoiled: Path):
        small = gate(source=spoiled, on_fail="review").execute(context())
        assert small["verdict"] == "FAILED"
        assert recorded().verdict is Verdict.FAILED

    def test_warn_records_a_warning_and_what_it_was_before(self, spoiled: Path):
        small = gate(source=spoiled, on_fail="warn").execute(context())
        assert small["verdict"] == "WARNED"
        assert recorded().body["verdict_before_policy"] == "FAILED"

    def test_the_evidence_speaks_for_the_model_that_it_names(self, people: Path):
        gate(source=people, model_name="m", model_version=3).execute(context())
        assert str(recorded().model) == "m version 3"

    def test_a_model_without_a_version_is_an_error_before_anything_is_recorded(self, people: Path):
        with pytest.raises(AirflowFailException, match="model_version go together"):
            gate(source=people, model_name="m").execute(context())
        assert recorded_in_run("d", "r") == []

    def test_a_table_without_rows_does_not_slip_through(self, tmp_path: Path):
        empty = tmp_path / "empty.csv"
        empty.write_text("name,age\n")
        with pytest.raises(AirflowFailException, match="the table is empty"):
            gate(source=empty, contract=MINIMAL).execute(context())

    def test_a_missing_column_is_a_finding_and_not_a_crash(self, tmp_path: Path):
        path = tmp_path / "nameless.csv"
        path.write_text("age\n36\n41\n42\n")
        with pytest.raises(AirflowFailException, match="column 'name' does not exist"):
            gate(source=path).execute(context())
        by_check = {f["check"]: f for f in recorded().body["findings"]}
        assert by_check["name.exists"]["verdict"] == "FAILED"
        assert by_check["name.not_null"]["verdict"] == "INSUFFICIENT"
        assert by_check["age.range"]["verdict"] == "PASSED"

    def test_a_missing_file_fails_at_once_and_records_nothing(self, tmp_path: Path):
        with pytest.raises(AirflowFailException, match=r"absent\.parquet"):
            gate(source=tmp_path / "absent.parquet").execute(context())
        assert recorded_in_run("d", "r") == []

    def test_several_files_have_one_digest_that_depends_on_each(self, tmp_path: Path):
        for month, row in (("01", "Ada,36"), ("02", "Grace,85"), ("03", "Alan,41")):
            (tmp_path / f"people-{month}.csv").write_text(f"name,age\n{row}\n")
        gate(source=tmp_path / "people-*.csv").execute(context())
        pairs = [
            [path.name, hashlib.sha256(path.read_bytes()).hexdigest()]
            for path in sorted(tmp_path.glob("people-*.csv"))
        ]
        expected = hashlib.sha256(json.dumps(pairs, separators=(",", ":")).encode()).hexdigest()
        source = recorded().body["source"]
        assert (source["files"], source["sha256"]) == (3, expected)

    def test_a_file_that_changes_while_it_is_read_is_read_again_later(
        self, people: Path, monkeypatch: pytest.MonkeyPatch
    ):
        from airflow_gov_provider.profiling.places import files

        measured = files.profile_files

        def profile_and_append(path: str, expectations: Any, **kwargs: Any) -> Any:
            profile = measured(path, expectations, **kwargs)
            people.write_text(PEOPLE + "Kurt,71\n")
            return profile

        monkeypatch.setattr(files, "profile_files", profile_and_append)
        with pytest.raises(SourceUnavailable, match="changed while it was read"):
            gate(source=people).execute(context())
        assert recorded_in_run("d", "r") == []

    def test_a_template_that_renders_to_nothing_is_an_error(self):
        operator = gate(source="{{ nothing }}")
        operator.source = ""
        with pytest.raises(AirflowFailException, match="source is empty"):
            operator.execute(context())


class TestTheContract:
    def test_all_its_mistakes_are_told_before_any_data_is_read(self, tmp_path: Path):
        path = tmp_path / "contract.yaml"
        path.write_text("contract: x\nversion: 1\ncolumns: {a: {typ: string, not_null: 5}}\n")
        missing = tmp_path / "no_such_data.parquet"
        with pytest.raises(AirflowFailException) as raised:
            gate(contract=path, source=missing).execute(context())
        message = str(raised.value)
        assert "3 problems" in message
        assert "did you mean 'type'?" in message
        assert "no_such_data" not in message

    def test_an_inline_one_is_read_when_the_dag_is(self):
        with pytest.raises(ContractInvalid, match="2 problems"):
            gate(contract={"contract": "x", "checks": [{"row_count": -1}]}, source="x.parquet")

    def test_it_cannot_be_weakened_by_who_triggers_the_run(self):
        assert set(DataQualityGate.template_fields) == {
            "source",
            "table",
            "query",
            "model_name",
            "model_version",
        }


class TestArguments:
    @pytest.mark.parametrize(
        "arguments",
        [
            {},
            {"source": "a.csv", "conn_id": "db", "table": "t"},
            {"conn_id": "db"},
            {"table": "t"},
            {"conn_id": "db", "table": "t", "query": "select 1"},
        ],
    )
    def test_exactly_one_source_is_expected(self, arguments: dict[str, str]):
        with pytest.raises(ArgumentInvalid, match=r"source= .* conn_id= with table= or query="):
            gate(**arguments)

    def test_an_unknown_reaction_names_the_known_ones(self):
        with pytest.raises(ArgumentInvalid, match="'block', 'review', 'warn', found 'explode'"):
            gate(source="a.csv", on_fail="explode")


class TestTheStore:
    def test_one_that_cannot_be_reached_lets_nobody_pass_and_can_be_tried_again(
        self, people: Path, monkeypatch: pytest.MonkeyPatch
    ):
        url = "postgresql+psycopg://nobody@127.0.0.1:1/none?connect_timeout=2"
        monkeypatch.setenv("AIRFLOW__GOVERNANCE__SQL_ALCHEMY_CONN", url)
        with pytest.raises(StoreUnavailable):
            gate(source=people).execute(context())


@pytest.fixture
def sqlite_people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "people.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE people (name TEXT, age INTEGER)")
        connection.executemany(
            "INSERT INTO people VALUES (?, ?)", [("Ada", 36), ("Grace", 85), ("Alan", 41)]
        )
    monkeypatch.setenv("AIRFLOW_CONN_PEOPLE", sqlite_connection(path))
    return path


@pytest.mark.usefixtures("sqlite_store")
class TestOnADatabase:
    @pytest.mark.usefixtures("sqlite_people")
    def test_a_table_in_sqlite_is_held_to_the_contract(self):
        small = gate(conn_id="people", table="people").execute(context())
        assert small["verdict"] == "PASSED"
        assert recorded().body["source"] == {
            "kind": "database",
            "conn_id": "people",
            "table": "people",
            "query": None,
        }

    @pytest.mark.usefixtures("sqlite_people")
    def test_a_query_is_held_to_the_contract(self):
        query = "SELECT name, age FROM people WHERE age > 40"
        contract = {**MINIMAL, "checks": [{"row_count": 2}]}
        small = gate(conn_id="people", query=query, contract=contract).execute(context())
        assert small["verdict"] == "PASSED"

    def test_a_table_in_postgresql_is_held_to_the_contract(
        self, postgres_url: str, monkeypatch: pytest.MonkeyPatch
    ):
        engine = create_engine(postgres_url)
        with engine.begin() as connection:
            connection.execute(text("CREATE SCHEMA hr"))
            connection.execute(text("CREATE TABLE hr.people (name varchar(20), age integer)"))
            connection.execute(text("INSERT INTO hr.people VALUES ('A',1),('B',2),('C',300)"))
        engine.dispose()
        monkeypatch.setenv("AIRFLOW_CONN_PG", json.dumps(postgres_connection(postgres_url)))
        with pytest.raises(AirflowFailException, match=r"age range.*1 of 3 rows fail"):
            gate(conn_id="pg", table="hr.people").execute(context())
        assert recorded().body["columns"].keys() == {"name", "age"}

    @pytest.mark.usefixtures("sqlite_people")
    def test_a_missing_table_fails_at_once(self):
        with pytest.raises(AirflowFailException, match="persons"):
            gate(conn_id="people", table="persons").execute(context())

    def test_a_sqlite_path_that_airflow_takes_for_a_schema_is_explained(
        self, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setenv("AIRFLOW_CONN_SLASHES", "sqlite:////data/people.db")

        with pytest.raises(AirflowFailException, match=r"as the connection's host.*%2F"):
            gate(conn_id="slashes", table="people").execute(context())

    def test_a_missing_sqlite_file_is_not_created(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setenv("AIRFLOW_CONN_GONE", sqlite_connection(tmp_path / "gone.db"))
        with pytest.raises(AirflowFailException, match=r"no SQLite file 'gone\.db'"):
            gate(conn_id="gone", table="people").execute(context())
        assert not (tmp_path / "gone.db").exists()

    def test_an_unreachable_database_can_be_tried_again_and_keeps_its_password(
        self, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setenv(
            "AIRFLOW_CONN_AWAY", "postgres://u:hunter2secret@127.0.0.1:1/db?connect_timeout=2"
        )
        with pytest.raises(SourceUnavailable, match="cannot be reached") as raised:
            gate(conn_id="away", table="t").execute(context())
        assert "hunter2secret" not in str(raised.value)
        assert "hunter2secret" not in "".join(format_exception(raised.value))

    def test_an_unknown_connection_fails_at_once(self):
        with pytest.raises(AirflowFailException, match="Airflow has no such connection"):
            gate(conn_id="nowhere", table="t").execute(context())

    def test_a_connection_that_speaks_no_sql_fails_at_once(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("AIRFLOW_CONN_DISK", "fs:///tmp")
        with pytest.raises(AirflowFailException, match="conn_id='disk'"):
            gate(conn_id="disk", table="t").execute(context())


def postgres_connection(url: str) -> dict[str, Any]:
    """The test server's URL (a Unix socket) as an Airflow connection."""
    parts = make_url(url)
    return {
        "conn_type": "postgres",
        "host": parts.query.get("host") or parts.host,
        "login": parts.username,
        "password": parts.password,
        "schema": parts.database,
        "port": parts.port,
    }


def sqlite_connection(path: Path) -> str:
    return json.dumps({"conn_type": "sqlite", "host": str(path)})
