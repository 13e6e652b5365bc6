"""``airflow governance contract test``"""

from __future__ import annotations

import json
import sqlite3

import duckdb
import pytest

from airflow_gov_provider.domain import contracts
from airflow_gov_provider.domain.quality.evaluation import evaluate
from airflow_gov_provider.hooks.governance import utcnow
from airflow_gov_provider.operators.quality_source import Files
from airflow_gov_provider.profiling.places.addresses import address
from airflow_gov_provider.store.database import transaction
from airflow_gov_provider.store.tables import evidence

CONTRACT = """\
contract: people
version: "1.0.0"
columns:
  age: {type: integer, not_null: true, range: {at_least: 0, at_most: 150}}
  sex: {type: string, accepted_values: [f, m]}
checks:
  - row_count: {at_least: 3}
  - unique: [age, sex]
"""
ROWS = [(17, "f"), (18, "m"), (151, "f")]
KINDS = ("csv", "duckdb", "sqlite", "postgres")


@pytest.fixture
def contract(tmp_path):
    file = tmp_path / "people.yaml"
    file.write_text(CONTRACT)
    return str(file)


@pytest.fixture
def people(tmp_path, request):
    """``people(kind, rows)`` gives the words that name such a table."""

    def make(kind, rows):
        if kind == "csv":
            file = tmp_path / "people.csv"
            file.write_text("age,sex\n" + "".join(f"{age},{sex or ''}\n" for age, sex in rows))
            return [str(file)]
        if kind == "postgres":
            return _in_postgres(request.getfixturevalue("postgres_server"), rows)
        file = tmp_path / f"people.{kind}"
        connection = (duckdb if kind == "duckdb" else sqlite3).connect(str(file))
        connection.execute("CREATE TABLE people (age INTEGER, sex VARCHAR)")
        connection.executemany("INSERT INTO people VALUES (?, ?)", rows)
        connection.commit()
        connection.close()
        return [str(file), "--table", "people"]

    return make


def _in_postgres(server, rows):
    import psycopg

    url = server.replace("postgresql+psycopg://", "postgresql://")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS trial_people")
        connection.execute("CREATE TABLE trial_people (age integer, sex text)")
        with connection.cursor() as cursor:
            cursor.executemany("INSERT INTO trial_people VALUES (%s, %s)", rows)
    return [server, "--table", "trial_people"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_exit_code_is_the_verdict_wherever_the_data_lies(run, people, contract, kind):
    good = run("contract", "test", contract, *people(kind, [(1, "f"), (2, "m"), (3, None)]))
    assert (good.code, good.err) == (0, "")
    assert "PASSED: 9 passed" in good.out


@pytest.mark.parametrize("kind", KINDS)
def test_data_that_breaks_the_contract_fails_with_every_check_told(run, people, contract, kind):
    bad = run("contract", "test", contract, *people(kind, ROWS))

    assert bad.code == 1
    assert "1 of 3 rows fail (33.3%)" in bad.out
    assert "FAILED: 8 passed, 1 failed" in bad.out
    assert "age.range" in bad.out


def test_what_could_not_be_answered_has_an_exit_code_of_its_own(run, people, contract, tmp_path):
    unclear = tmp_path / "unclear.yaml"
    unclear.write_text("contract: x\nversion: '1'\nchecks:\n  - sql: nowhere > 0\n")

    told = run("contract", "test", str(unclear), *people("csv", ROWS))

    assert told.code == 3
    assert "INSUFFICIENT" in told.out


def test_the_findings_are_those_of_a_gate(run, people, contract):
    (path,) = people("csv", ROWS)
    read = contracts.load(contract)
    gate = Files(path=path)
    report = evaluate(read, gate.profile(read.expectations), now=utcnow())

    told = json.loads(run("contract", "test", contract, path, "--output", "json").out)

    assert told["findings"] == [
        json.loads(json.dumps(finding.as_json())) for finding in report.findings
    ]
    assert told["source"] == gate.described()
    assert (told["verdict"], told["contract"]["digest"]) == ("FAILED", read.digest)


def test_a_report_is_written_where_it_is_asked_for_and_nothing_is_recorded(
    run, people, contract, tmp_path, sqlite_store
):
    report = tmp_path / "report.json"

    told = run("contract", "test", contract, *people("csv", ROWS), "--report", str(report))

    assert told.code == 1
    assert json.loads(report.read_text())["summary"] == "FAILED: 8 passed, 1 failed"
    with transaction(sqlite_store) as connection:
        assert connection.execute(evidence.select()).fetchall() == []


def test_a_query_takes_the_place_of_a_table(run, people, contract):
    path, *_ = people("duckdb", ROWS)
    query = "SELECT * FROM people WHERE age < 100 UNION ALL SELECT 19, 'f'"

    assert run("contract", "test", contract, path, "--query", query).code == 0


def test_a_duckdb_file_is_left_as_it_was_and_no_other_file_can_be_read(
    run, people, contract, tmp_path
):
    path, *_ = people("duckdb", ROWS)
    secret = tmp_path / "secret.csv"
    secret.write_text("age,sex\n1,f\n2,m\n3,f\n")

    theft = f"SELECT * FROM read_csv('{secret}')"  # noqa: S608

    stolen = run("contract", "test", contract, path, "--query", theft)
    written = run("contract", "test", contract, path, "--query", "DELETE FROM people")

    assert stolen.code == written.code == 2
    assert stolen.out == written.out == ""
    with duckdb.connect(path, read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM people").fetchone() == (3,)


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["s3://bucket/x.parquet"], "found a URL of 's3'"),
        (["/nowhere.sqlite", "--table", "t"], "no such database file"),
        (["/nowhere.duckdb", "--table", "t"], "no such database file"),
        (["/nowhere.duckdb"], "either --table or --query"),
        (["/nowhere.csv", "--table", "t"], "leave --table"),
        ([""], "found nothing"),
    ],
)
def test_data_that_is_no_data_is_an_error_with_what_was_expected(run, contract, words, problem):
    told = run("contract", "test", contract, *words)

    assert (told.code, told.out) == (2, "")
    assert problem in told.err


def test_a_password_is_never_shown(run, contract):
    url = "postgresql+psycopg://reader:hunter2@127.0.0.1:1/shop?password=hunter3"

    told = run("contract", "test", contract, url, "--table", "people")

    assert told.code == 2
    assert "postgresql://127.0.0.1:1/shop" in told.err
    assert "hunter" not in told.err + address(url, table="people").shown


def test_a_file_that_is_no_duckdb_database_is_an_error(run, contract, tmp_path):
    file = tmp_path / "x.duckdb"
    file.write_text("no database")

    told = run("contract", "test", contract, str(file), "--table", "people")

    assert (told.code, told.out) == (2, "")
    assert "x.duckdb" in told.err


def test_a_terminal_shows_that_something_runs(monkeypatch, capsys):
    import sys
    import threading

    from airflow_gov_provider.cli.progress import step

    asked = threading.Event()
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)

    with step("measuring", lambda: asked.set() or "statement 1"):
        assert asked.wait(30)

    assert asked.is_set()


def test_data_behind_a_connection_of_airflow_is_measured_as_a_gate_would(
    run, people, contract, monkeypatch
):
    path, *_ = people("sqlite", ROWS)
    content = json.dumps({"conn_type": "sqlite", "host": path})
    monkeypatch.setenv("AIRFLOW_CONN_SHOP", content)

    def trial(*words):
        return run("contract", "test", contract, *words, "--conn-id", "shop", "-o", "json")

    outcome = trial("people")

    assert outcome.code == 1
    report = json.loads(outcome.out)
    assert report["source"] == {
        "kind": "database",
        "conn_id": "shop",
        "table": "people",
        "query": None,
    }
    queried = trial("-", "--query", "SELECT * FROM people WHERE age < 20")
    assert json.loads(queried.out)["rows"] == 2


@pytest.mark.parametrize("words", [("-",), ("t", "--table", "t"), ("t", "--query", "SELECT 1")])
def test_a_connection_needs_a_table_or_a_query_and_nothing_else(run, contract, words):
    outcome = run("contract", "test", contract, *words, "--conn-id", "shop")
    assert outcome.code != 0
    assert "expected the name of a table as DATA, or a - there and --query" in outcome.err


@pytest.mark.parametrize("kind", ["csv", "duckdb"])
def test_it_takes_the_memory_of_the_settings(run, people, contract, kind, monkeypatch):
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__PROFILING_MEMORY", "plenty")

    tested = run("contract", "test", contract, *people(kind, ROWS))

    assert tested.code == 2
    assert "profiling_memory is 'plenty'" in tested.err
