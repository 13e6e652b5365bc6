"""Rows that a gate puts aside, in files, SQLite and PostgreSQL, by the gate itself."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
from airflow.sdk.exceptions import AirflowFailException
from fakes.task_instances import TaskInstance
from sqlalchemy.engine import make_url

from airflow_gov_provider.domain.evidence import Evidence
from airflow_gov_provider.exceptions import ArgumentInvalid, SourceUnavailable
from airflow_gov_provider.hooks.governance import recorded_in_run
from airflow_gov_provider.operators.quality import DataQualityGate, Quarantine

HOSTILE = 'a "quoted" name; DROP TABLE people --'
COLUMNS = {"id": "INTEGER", "email": "VARCHAR(60)", "country": "VARCHAR(9)", HOSTILE: "INTEGER"}
ROWS = [
    (1, "ada@example.com", "AT", 1),
    (2, "SECRETNAME 4711", "AT", 1),
    (3, None, "DE", 1),
    (3, "kurt@example.com", "XX", 1),
    (5, "grace@example.com", "DE", -1),
    (6, "alan@example.com", None, 1),
]
GOOD = [(1, "ada@example.com", "AT", 1)]
CHECKS: list[dict[str, Any]] = [
    {"unique": "id"},
    {"not_null": "email"},
    {"regex": {"column": "email", "pattern": "[a-z]+@[a-z.]+"}, "id": 'it\'s "odd", really'},
    {"range": {"column": HOSTILE, "at_least": 0}, "severity": "warning"},
    {"row_count": {"at_least": 100}},
]
FAILS = {
    (2, "SECRETNAME 4711", "AT", 1): ['it\'s "odd", really'],
    (3, None, "DE", 1): ["id.unique", "email.not_null"],
    (3, "kurt@example.com", "XX", 1): ["id.unique", "country.foreign_key"],
    (5, "grace@example.com", "DE", -1): [f"{HOSTILE}.range"],
}


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


CREATE = f"({', '.join(f'{quoted(name)} {kind}' for name, kind in COLUMNS.items())})"


@dataclass
class Place:
    """One kind of data, and where its quarantine is."""

    kind: str
    directory: Path
    url: str = ""

    def fill(self, rows: Sequence[Sequence[Any]], create: str = CREATE) -> None:
        marks = ", ".join("%s" if self.kind == "postgres" else "?" for _ in rows[0])
        with closing(self.connect()) as connection:
            for statement in (
                "DROP TABLE IF EXISTS people",
                "DROP TABLE IF EXISTS countries",
                f"CREATE TABLE people {create}",
                "CREATE TABLE countries (code VARCHAR(9))",
                "INSERT INTO countries VALUES ('AT'), ('DE')",
            ):
                connection.execute(statement)
            cursor = connection.cursor()
            insert = f"INSERT INTO people VALUES ({marks})"  # noqa: S608
            cursor.executemany(insert, [[*row] for row in rows])
            if self.kind == "files":
                for table in ("people", "countries"):
                    path = self.directory / f"{table}.parquet"
                    cursor.execute(f"COPY {table} TO '{path}' (FORMAT parquet)")
            else:
                connection.commit()

    def connect(self) -> Any:
        if self.kind == "files":
            return duckdb.connect()
        if self.kind == "sqlite":
            return sqlite3.connect(self.directory / "people.db")
        return psycopg.connect(self.url)

    @property
    def arguments(self) -> dict[str, Any]:
        if self.kind == "files":
            return {"source": str(self.directory / "people.parquet")}
        return {"conn_id": "data", "table": "people"}

    @property
    def countries(self) -> str:
        return "countries.parquet" if self.kind == "files" else "countries"

    @property
    def target(self) -> str:
        return str(self.directory / "aside") if self.kind == "files" else "rejected people"

    @property
    def relation(self) -> str:
        if self.kind == "files":
            return f"read_parquet('{self.directory}/aside/**/*.parquet')"
        return '"rejected people"'

    def aside(self, columns: str = "*") -> list[dict[str, Any]]:
        with closing(self.connect()) as connection:
            cursor = connection.cursor()
            cursor.execute(f"SELECT {columns} FROM {self.relation}")  # noqa: S608
            names = [entry[0] for entry in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@pytest.fixture(params=["files", "sqlite", "postgres"])
def place(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    sqlite_store: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Place:
    del sqlite_store
    found = Place(request.param, tmp_path)
    if request.param == "sqlite":
        content: dict[str, Any] = {"conn_type": "sqlite", "host": str(tmp_path / "people.db")}
        monkeypatch.setenv("AIRFLOW_CONN_DATA", json.dumps(content))
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_url")
        parts = make_url(url)
        found.url = url.replace("+psycopg", "")
        content = {
            "conn_type": "postgres",
            "host": parts.query.get("host") or parts.host,
            "login": parts.username,
            "password": parts.password,
            "schema": parts.database,
            "port": parts.port,
        }
        monkeypatch.setenv("AIRFLOW_CONN_DATA", json.dumps(content))
    found.fill(ROWS)
    return found


def contract(place: Place, checks: Sequence[Mapping[str, Any]] = CHECKS) -> dict[str, Any]:
    reference = {"table": place.countries, "columns": ["code"]}
    foreign = {"foreign_key": {"column": "country", "references": reference}}
    return {"contract": "people", "version": "7", "checks": [*checks, foreign]}


def run(place: Place, *, run_id: str = "r", try_number: int = 1, **arguments: Any) -> Any:
    given = {"contract": contract(place), "quarantine": place.target, "on_fail": "warn"}
    gate = DataQualityGate(task_id="check", **{**given, **place.arguments, **arguments})
    ti = TaskInstance(
        dag_id="d", run_id=run_id, task_id="check", map_index=-1, try_number=try_number
    )
    context: Any = {"ti": ti}
    return gate.execute(context)


def evidence(run_id: str = "r") -> Evidence:
    return recorded_in_run("d", run_id)[-1]


def as_found(rows: Sequence[Mapping[str, Any]]) -> dict[tuple[Any, ...], list[str]]:
    return {
        tuple(row[name] for name in COLUMNS): json.loads(row["governance_checks"]) for row in rows
    }


def test_each_row_that_fails_is_written_once_with_the_checks_that_it_fails(place: Place):
    run(place)
    rows = place.aside()
    assert len(rows) == len(FAILS)
    assert as_found(rows) == FAILS


def test_each_row_says_which_try_of_which_task_put_it_aside_by_which_contract(place: Place):
    run(place, try_number=2)
    found = {
        name: {row[f"governance_{name}"] for row in place.aside()}
        for name in ("dag_id", "run_id", "task_id", "map_index", "try_number")
    }
    assert found == {
        "dag_id": {"d"},
        "run_id": {"r"},
        "task_id": {"check"},
        "map_index": {-1},
        "try_number": {2},
    }
    assert {row["governance_contract"] for row in place.aside()} == {"people"}
    assert {row["governance_contract_version"] for row in place.aside()} == {"7"}


def test_a_second_try_replaces_what_the_first_one_wrote_and_leaves_other_runs_alone(place: Place):
    run(place, run_id="earlier")
    run(place)
    run(place, try_number=2)
    runs = [(row["governance_run_id"], row["governance_try_number"]) for row in place.aside()]
    assert sorted(runs) == [("earlier", 1)] * len(FAILS) + [("r", 2)] * len(FAILS)


def test_a_second_try_on_better_data_takes_the_rows_of_the_first_one_away(place: Place):
    run(place, run_id="earlier")
    run(place)
    place.fill(GOOD)
    run(place, try_number=2)
    assert {row["governance_run_id"] for row in place.aside()} == {"earlier"}
    told = evidence().body["quarantine"]
    assert (told["place"], told["rows"]) == (None, 0)


def test_good_data_leaves_nothing_behind(place: Place):
    place.fill(GOOD)
    run(place)
    with pytest.raises(Exception, match=r"(?i)no files found|no such table|does not exist"):
        place.aside()


def test_no_more_rows_are_written_than_were_allowed(place: Place):
    run(place, quarantine=Quarantine(to=place.target, limit=2))
    assert len(place.aside()) == 2
    told = evidence().body["quarantine"]
    assert (told["rows"], told["limit"], told["reached_limit"]) == (2, 2, True)


def test_the_evidence_tells_where_they_are_and_what_they_look_like_and_no_value(
    place: Place, capfd: pytest.CaptureFixture[str]
):
    run(place)
    told = evidence().body["quarantine"]
    assert place.target in str(told["place"])
    assert (told["rows"], told["reached_limit"], told["left_out"]) == (4, False, [])
    assert {tuple(group["checks"]): group["rows"] for group in told["groups"]} == {
        tuple(checks): 1 for checks in FAILS.values()
    }
    assert told["shapes"]['it\'s "odd", really'] == ["aaaaaaaaaa 9999"]
    assert told["shapes"]["country.foreign_key"] == ["aa"]
    written = evidence().document.decode() + "".join(capfd.readouterr())
    assert "SECRETNAME" not in written
    assert "kurt@" not in written


def test_the_log_and_the_evidence_name_the_whole_place(
    place: Place,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
):
    monkeypatch.chdir(place.directory)
    expected = {
        "files": str(place.directory / "aside" / "d" / "check" / "r.parquet"),
        "sqlite": "main.rejected people",
        "postgres": "public.rejected people",
    }[place.kind]

    with caplog.at_level(logging.INFO):
        run(place, quarantine="aside" if place.kind == "files" else place.target)

    assert evidence().body["quarantine"]["place"] == expected
    told = "".join(capfd.readouterr()) + caplog.text
    assert f"4 rows are put aside in {expected}" in told


def test_a_check_says_of_how_many_failing_texts_the_evidence_tells(place: Place):
    found = {}
    for most in (0, 1, 4):
        listed = {"accepted_values": {"column": "email", "values": ["?"]}, "sample_limit": most}
        run(place, run_id=f"r{most}", contract=contract(place, [{**listed, "id": "mails"}]))
        found[most] = evidence(f"r{most}").body["quarantine"]["shapes"].get("mails", [])
    assert [len(shapes) for shapes in found.values()] == [0, 1, 4]
    assert found[4][:1] == found[1]


def test_a_check_in_groups_says_it_as_well(place: Place):
    check = {"not_null": "email", "sample_limit": 0, "id": "mails"}
    pattern = {"regex": {"column": "country", "pattern": "DE"}, "segment_by": "country"}
    checks = [check, {**pattern, "sample_limit": 0, "id": "quiet"}, {**pattern, "id": "telling"}]
    run(place, contract=contract(place, checks))
    assert set(evidence().body["quarantine"]["shapes"]) == {"telling", "country.foreign_key"}


def test_a_gate_that_is_not_asked_writes_no_row(place: Place):
    run(place, quarantine=None)
    assert "quarantine" not in evidence().body
    with pytest.raises(Exception, match=r"(?i)no files found|no such table|does not exist"):
        place.aside()


def test_a_gate_that_blocks_has_put_the_rows_aside_before(place: Place):
    with pytest.raises(AirflowFailException, match="regex"):
        run(place, on_fail="block")
    assert len(place.aside()) == len(FAILS)


def test_data_with_a_column_of_our_names_is_refused_after_its_verdict_is_recorded(place: Place):
    place.fill([(1,), (1,)], "(governance_run_id INTEGER)")
    checks = {"contract": "x", "version": "1", "checks": [{"unique": "governance_run_id"}]}
    with pytest.raises(AirflowFailException, match="has a column 'governance_run_id'"):
        run(place, contract=checks)
    assert evidence().verdict == "WARNED"
    assert "has a column" in evidence().body["quarantine"]["error"]


def test_a_condition_of_the_author_bounds_which_rows_are_put_aside(place: Place):
    checks = [{"unique": "id", "where": "country = 'DE'"}, {"sql": "country <> 'XX'"}]
    run(place, contract=contract(place, checks))
    assert {tuple(checks): key[0] for key, checks in as_found(place.aside()).items()} == {
        ("sql", "country.foreign_key"): 3,
        ("sql",): 6,
    }


in_a_database = pytest.mark.parametrize("place", ["sqlite", "postgres"], indirect=True)


@in_a_database
def test_a_table_that_lacks_a_column_is_refused_and_left_as_it_was(place: Place):
    run(place, run_id="earlier")
    wider = {**COLUMNS, "more": "INTEGER"}
    create = f"({', '.join(f'{quoted(name)} {kind}' for name, kind in wider.items())})"
    place.fill([(*row, 1) for row in ROWS], create)
    with pytest.raises(AirflowFailException, match="lacks the column 'more'"):
        run(place)
    assert {row["governance_run_id"] for row in place.aside()} == {"earlier"}


@in_a_database
def test_the_table_that_is_checked_is_no_place_for_its_own_rows(place: Place):
    with pytest.raises(AirflowFailException, match="is the table that is checked"):
        run(place, quarantine="people")


@in_a_database
def test_rows_of_a_query_are_put_aside_as_well(place: Place):
    query = "SELECT id, email AS address FROM people WHERE id > 1"
    checks = {"contract": "x", "version": "1", "checks": [{"not_null": "address"}]}
    run(place, contract=checks, table=None, query=query)
    (row,) = place.aside()
    assert (row["id"], row["address"]) == (3, None)


def test_every_run_of_a_task_has_a_file_of_its_own_whatever_its_name(
    tmp_path: Path, sqlite_store: str
):
    del sqlite_store
    place = Place("files", tmp_path)
    place.fill(ROWS)
    for run_id in ("../../out", "..", "manual__2026-11-20T00:00:00+00:00"):
        run(place, run_id=run_id)
    files = sorted((tmp_path / "aside").rglob("*"))
    assert {file.parent for file in files if file.is_file()} == {tmp_path / "aside/d/check"}
    assert len([file for file in files if file.is_file()]) == 3
    assert len(place.aside()) == 3 * len(FAILS)


@pytest.mark.parametrize("part", [{"table": "people"}, {"query": "SELECT * FROM people"}])
def test_rows_of_a_database_file_are_put_aside_in_a_directory(
    tmp_path: Path, sqlite_store: str, part: dict[str, str]
):
    del sqlite_store
    place = Place("files", tmp_path)
    place.fill(ROWS)
    file = tmp_path / "people.duckdb"
    with duckdb.connect(file) as database:
        for table in ("people", "countries"):
            database.execute(f"CREATE TABLE {table} AS FROM '{tmp_path}/{table}.parquet'")
    reference = {"table": "countries", "columns": ["code"]}
    foreign = {"foreign_key": {"column": "country", "references": reference}}
    given = {"contract": "people", "version": "7", "checks": [*CHECKS, foreign]}
    run(place, contract=given, source=str(file), **part)
    assert as_found(place.aside()) == FAILS


def test_a_directory_that_cannot_be_written_is_worth_another_try(tmp_path: Path, sqlite_store: str):
    del sqlite_store
    place = Place("files", tmp_path)
    place.fill(ROWS)
    (tmp_path / "aside").write_text("a file")
    with pytest.raises(SourceUnavailable, match="nothing can be written below"):
        run(place)
    assert evidence().verdict == "WARNED"


@pytest.mark.parametrize("limit", [0, -1, True, 1.5])
def test_a_limit_is_a_number_of_rows(limit: Any):
    with pytest.raises(ArgumentInvalid, match="a limit of 1 or more rows"):
        Quarantine(to="x", limit=limit)


def test_a_place_without_a_name_is_told_when_the_dag_is_parsed():
    with pytest.raises(ArgumentInvalid, match="found no name"):
        DataQualityGate(task_id="check", contract="x.yaml", source="x.csv", quarantine=" ")


EVERY_ROW_CHECK: list[dict[str, Any]] = [
    {"not_null": "country"},
    {"missing": {"column": "country", "values": ["XX"]}},
    {"not_empty": "email"},
    {"rows_complete": ["email", "country"]},
    {"any_complete": ["email", "country"]},
    {"unique": "id"},
    {"unique": "id", "where": "email IS NOT NULL"},
    {"primary_key": ["id"]},
    {"primary_key": ["country"]},
    {"accepted_values": {"column": "country", "values": ["AT"]}},
    {"rejected_values": {"column": "country", "values": ["AT"]}},
    {"range": {"column": "id", "at_least": 3}},
    {"outside": {"column": "id", "at_least": 3}},
    {"length": {"column": "country", "at_least": 3}},
    {"regex": {"column": "email", "pattern": "[a-z]+@example[.]com"}},
    {"format": {"column": "email", "name": "email"}},
    {"sql": "id < 3"},
    {"ge_column": {"column": HOSTILE, "other": "id"}},
    {"when": "country = 'DE'", "then": {"not_null": "email"}},
]


def test_as_many_rows_are_put_aside_for_a_check_as_it_counted(place: Place):
    run(place, contract=contract(place, EVERY_ROW_CHECK))
    counted = {f["check"]: f["failing"] for f in evidence().body["findings"] if f["failing"]}
    put_aside: dict[str, int] = {}
    for row in place.aside("governance_checks"):
        for check in json.loads(row["governance_checks"]):
            put_aside[check] = put_aside.get(check, 0) + 1
    assert evidence().body["quarantine"]["left_out"] == []
    assert len(counted) >= len(EVERY_ROW_CHECK) - 2
    assert put_aside == counted


FOUND_BY_A_QUERY = {
    "SELECT * FROM {table} WHERE id = 3": [3, 3],
    "SELECT t.* FROM {table} t LEFT JOIN (SELECT 1 AS n) o ON o.n = t.id WHERE email IS NULL": [3],
    "SELECT id, country FROM {table} WHERE country IS NULL": [6],
    "SELECT email AS address FROM {table} WHERE id > 4": [5, 6],
    "SELECT t.id AS one FROM {table} t JOIN {table} o ON o.id = t.id AND o.id IN (1, 6)": [1, 6],
}


@pytest.mark.parametrize("query", FOUND_BY_A_QUERY)
def test_the_rows_that_a_query_finds_are_put_aside(place: Place, query: str):
    run(place, contract={"contract": "x", "version": "1", "checks": [{"failed_rows": query}]})
    assert evidence().body["quarantine"]["left_out"] == []
    assert sorted(row["id"] for row in place.aside()) == FOUND_BY_A_QUERY[query]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT country FROM {table} WHERE id = 1",  # other people live there, too
        "SELECT id + 1 AS next FROM {table} WHERE id = 1",
        "SELECT max(id) AS id FROM {table}",
        "SELECT * FROM (SELECT id FROM {table}) AS inside",
        "SELECT n AS id FROM (SELECT 1 AS n) AS one",
    ],
)
def test_a_query_that_does_not_tell_which_rows_it_found_is_named(place: Place, query: str):
    checks = [{"failed_rows": query}, {"not_null": "email"}]
    run(place, contract=contract(place, checks))
    assert evidence().body["quarantine"]["left_out"] == ["failed_rows"]
    assert {row["id"] for row in place.aside()} == {3}


FAR = [(n, "x", "AT", n) for n in range(1, 21)] + [(21, "x", "AT", 1000), (22, "x", None, -900)]


@pytest.mark.parametrize(
    "check",
    [
        {"outliers": {"column": HOSTILE, "method": "iqr", "factor": 3}},
        {"outliers": {"column": HOSTILE, "method": "zscore", "factor": 3}},
        {"outliers": {"column": HOSTILE, "method": "iqr", "factor": 3}, "where": "id <> 22"},
    ],
)
def test_values_far_from_the_others_are_put_aside(place: Place, check: dict[str, Any]):
    place.fill(FAR)
    run(place, contract={"contract": "x", "version": "1", "checks": [check]})
    finding = evidence().body["findings"][-1]
    assert evidence().body["quarantine"]["left_out"] == []
    expected = {21, 22} if "where" not in check else {21}
    assert {row["id"] for row in place.aside()} == expected
    assert finding["failing"] == len(expected)


def test_values_that_go_back_are_put_aside(place: Place):
    place.fill([(1, "a", "AT", 5), (2, "a", "AT", 4), (3, "b", "AT", 3), (4, "a", "XX", 1)])
    check = {"increasing": {"column": HOSTILE, "by": "id", "per": "email"}}
    run(place, contract={"contract": "x", "version": "1", "checks": [check]})
    assert {row["id"] for row in place.aside()} == {2, 4}
    checks = [{**check, "where": "country = 'AT'"}]
    run(place, contract={"contract": "x", "version": "1", "checks": checks}, try_number=2)
    assert {row["id"] for row in place.aside()} == {2}


def test_keys_that_only_this_table_has_are_put_aside(place: Place):
    other = {"table": place.countries, "columns": ["code"]}
    check = {"keys_match": {"column": "country", "references": other}}
    run(place, contract={"contract": "x", "version": "1", "checks": [check]})
    assert evidence().body["quarantine"]["left_out"] == []
    assert {row["country"] for row in place.aside()} == {"XX"}


def test_all_rows_of_a_key_of_several_columns_are_put_aside(place: Place):
    place.fill([(1, "a", "AT", 1), (1, "a", "DE", 1), (1, None, "DE", 1), (1, None, "DE", 1)])
    checks = [{"unique": ["id", "email"]}]
    run(place, contract={"contract": "x", "version": "1", "checks": checks})
    assert sorted(row["country"] for row in place.aside()) == ["AT", "DE"]


def test_rows_that_fail_in_one_group_are_put_aside(place: Place):
    check = {"regex": {"column": "email", "pattern": "[a-z]+@[a-z.]+"}, "segment_by": ["country"]}
    run(place, contract={"contract": "x", "version": "1", "checks": [check]})
    assert evidence().body["quarantine"]["left_out"] == []
    assert {row["id"] for row in place.aside()} == {2}


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        ({"unique": "id"}, "abde"),
        ({"primary_key": "id"}, "abdeg"),
        ({"increasing": {"column": HOSTILE, "by": "id"}}, "f"),
    ],
)
def test_rows_that_fail_among_those_of_their_group_are_put_aside(
    place: Place, check: dict[str, Any], expected: str
):
    same = [(1, "a", "AT", 9), (1, "b", "AT", 9), (1, "d", None, 9), (1, "e", None, 9)]
    place.fill([*same, (1, "c", "DE", 1), (2, "f", None, 8), (None, "g", "DE", 9)])
    checks = [{**check, "segment_by": "country"}]
    run(place, contract={"contract": "x", "version": "1", "checks": checks})
    assert evidence().body["quarantine"]["left_out"] == []
    assert "".join(sorted(row["email"] for row in place.aside())) == expected


def test_no_row_is_put_aside_for_a_number_of_the_table(place: Place):
    checks = [
        {"null_percent": {"column": "email", "at_most": 100}},
        {"null_percent": {"column": "email", "at_most": 1}},
        {"distinct_count": {"column": "country", "at_least": 1}},
        {"most_common": {"column": "country", "at_most": 1}},
    ]
    run(place, contract={"contract": "x", "version": "1", "checks": checks})
    kept = evidence().body["quarantine"]
    assert (kept["rows"], kept["left_out"]) == (0, [])
