"""``airflow governance contract suggest``"""

from __future__ import annotations

import sqlite3
from datetime import timedelta

import duckdb
import pytest
import yaml

from airflow_gov_provider.hooks.governance import utcnow

ROWS = 200
PEOPLE = {
    "id": lambda i: i,
    "age": lambda i: 17 + i % 50,
    "sex": lambda i: "fm"[i % 2],
    "email": lambda i: f"somebody{i}@example.org",
    "clerk": lambda i: ("Jane Doe", "John Roe")[i % 2],
    "surname": lambda i: ("Doe", "Roe")[i % 2],
    "desk": lambda i: ("030 123 456", "030 654 321")[i % 2],
    "phone": lambda i: 1_600_000_000 + i % 7,
    "grade": lambda i: None if i % 50 == 0 else f"g{i % 3}",
    "rare": lambda i: "secret" if i == 7 else "usual",
    "score": lambda i: 0.5 + i % 10 / 8,
    "no": lambda _: "open",
    "updated_at": lambda i: utcnow().replace(tzinfo=None) - timedelta(hours=i + 1),
}
TYPES = {
    **dict.fromkeys(("id", "age", "phone"), "BIGINT"),
    "score": "DOUBLE PRECISION",
    "updated_at": "TIMESTAMP",
}
PRIVATE = ("somebody", "Jane", "Roe", "030", "1600000", "secret")


def _created(connection, marks):
    declared = ", ".join(f'"{name}" {TYPES.get(name, "VARCHAR")}' for name in PEOPLE)
    cursor = connection.cursor()
    cursor.execute("DROP TABLE IF EXISTS suggested_people")
    cursor.execute(f"CREATE TABLE suggested_people ({declared})")
    statement = f"INSERT INTO suggested_people VALUES ({', '.join([marks] * len(PEOPLE))})"  # noqa: S608
    cursor.executemany(statement, [[make(i) for make in PEOPLE.values()] for i in range(ROWS)])
    connection.commit()


@pytest.fixture(params=["parquet", "csv", "duckdb", "sqlite", "postgres"])
def data(request, tmp_path):
    """The words that name the same table, wherever it lies."""
    kind = request.param
    if kind == "postgres":
        import psycopg

        server = request.getfixturevalue("postgres_server")
        with psycopg.connect(server.replace("+psycopg", "")) as connection:
            _created(connection, "%s")
        return [server, "--table", "suggested_people"]
    if kind == "sqlite":
        connection = sqlite3.connect(tmp_path / "people.sqlite")
        _created_with_texts(connection)
        connection.close()
        return [str(tmp_path / "people.sqlite"), "--table", "suggested_people"]
    with duckdb.connect(str(tmp_path / "people.duckdb")) as connection:
        _created(connection, "?")
        if kind != "duckdb":
            target = tmp_path / f"people.{kind}"
            connection.execute(f"COPY suggested_people TO '{target}' (FORMAT {kind})")
            return [str(target)]
    return [str(tmp_path / "people.duckdb"), "--table", "suggested_people"]


def _created_with_texts(connection):
    """SQLite has no type for times; it keeps their texts."""
    with pytest.MonkeyPatch.context() as patch:
        make = PEOPLE["updated_at"]
        patch.setitem(PEOPLE, "updated_at", lambda i: make(i).isoformat(sep=" "))
        _created(connection, "?")


@pytest.fixture
def suggested(run, data, tmp_path):
    file = tmp_path / "suggested.yaml"
    told = run("contract", "suggest", *data, "--name", "people", "--output-file", str(file))
    assert (told.code, told.out) == (0, "")
    return file


def test_the_data_passes_what_was_suggested_from_it(run, data, suggested):
    told = run("contract", "test", str(suggested), *data)

    assert told.code == 0, told.out
    assert "PASSED: " in told.out
    assert "WARNED" not in told.out


def test_a_suggestion_lints_clean(run, data, suggested):
    told = run("contract", "lint", str(suggested), "--strict", "--data", *data)

    assert told.code == 0, told.out
    assert "0 errors, 0 warnings, 0 not evaluated" in told.out


def test_what_was_seen_is_suggested_with_its_margin(suggested):
    columns = yaml.safe_load(suggested.read_text())["columns"]

    assert columns["id"]["primary_key"] is True
    assert columns["id"]["range"] == {"at_least": 0}
    assert columns["age"]["type"] == "integer"
    assert columns["age"]["not_null"] is True
    assert columns["age"]["range"] == {"at_least": 12, "at_most": 71}
    assert columns["sex"]["accepted_values"] == ["f", "m"]
    assert columns["grade"] == {
        "type": "string",
        "not_null": {"tolerance": "4.0%"},
        "accepted_values": ["g0", "g1", "g2"],
    }
    assert columns["score"]["range"] == {"at_least": 0.3, "at_most": 1.8}
    assert columns["no"]["accepted_values"] == ["open"]
    assert columns["email"]["format"] == "email"
    assert "length" not in columns["email"]
    assert [name for name in columns if "format" in columns[name]] == ["email"]
    assert columns["updated_at"]["freshness"] == "1d"
    assert yaml.safe_load(suggested.read_text())["checks"] == [{"row_count": {"at_least": 100}}]


def test_a_format_that_one_row_far_down_misses_is_not_suggested(run, tmp_path):
    emails = [f"somebody{n}@example.org" for n in range(ROWS * 5)]
    file = tmp_path / "emails.csv"
    file.write_text("\n".join(["email,backup", *(f"{e},{e}" for e in emails), "a@b.org,none"]))
    outcome = run("contract", "suggest", str(file), "--output-file", str(tmp_path / "s.yaml"))
    assert outcome.code == 0

    columns = yaml.safe_load((tmp_path / "s.yaml").read_text())["columns"]

    assert columns["email"]["format"] == "email"
    assert "format" not in columns["backup"]
    assert "length" in columns["backup"]


def test_no_value_of_a_person_is_written(suggested):
    text = suggested.read_text()

    assert [word for word in PRIVATE if word in text] == []
    columns = yaml.safe_load(text)["columns"]
    for name in ("email", "clerk", "surname", "desk", "rare"):
        assert "accepted_values" not in columns[name]
    assert "range" not in columns["phone"]


def test_every_line_names_the_observation_that_it_rests_on(suggested):
    terms = [line for line in suggested.read_text().splitlines() if line.startswith("    ")]

    assert len(terms) > 20
    assert all("  # " in line for line in terms)


def test_a_table_without_rows_gives_its_types_alone(run, tmp_path):
    with duckdb.connect(str(tmp_path / "empty.duckdb")) as connection:
        connection.execute('CREATE TABLE t (a INTEGER, "b c" VARCHAR, d DATE[])')

    told = run("contract", "suggest", str(tmp_path / "empty.duckdb"), "--table", "t")

    assert told.code == 0
    assert yaml.safe_load(told.out)["columns"] == {
        "a": {"type": "integer"},
        "b c": {"type": "string"},
        "d": {"type": "array"},
    }


def test_what_the_data_itself_does_not_pass_is_left_out_and_told(run, tmp_path):
    with duckdb.connect(str(tmp_path / "odd.duckdb")) as connection:
        connection.execute("CREATE TABLE t AS SELECT 1.5 AS a UNION ALL SELECT 'nan'::DOUBLE")

    told = run("contract", "suggest", str(tmp_path / "odd.duckdb"), "--table", "t")

    assert told.code == 0
    assert "range" not in yaml.safe_load(told.out)["columns"]["a"]


def test_a_file_that_is_there_is_never_written_over(run, tmp_path):
    data, file = tmp_path / "x.csv", tmp_path / "x.yaml"
    data.write_text("a\n1\n")
    file.write_text("mine")

    told = run("contract", "suggest", str(data), "--output-file", str(file))

    assert told.code == 1
    assert "is there already" in told.err
    assert file.read_text() == "mine"


@pytest.fixture
def suggested_as_odcs(run, data, tmp_path):
    file = tmp_path / "suggested.odcs.yaml"
    words = ("--format", "odcs", "--name", "people", "--output-file", str(file))
    outcome = run("contract", "suggest", *data, *words)
    assert outcome.code == 0
    return file


def test_as_odcs_it_asks_the_same_as_in_the_native_format(run, data, suggested_as_odcs, suggested):
    from airflow_gov_provider.domain.contracts import load

    def asked(file):
        return {
            (
                "unique" if each.kind == "primary_key" else each.kind,
                *(each.columns, each.values, str(each.bounds or ""), each.max_age),
            )
            for each in load(file).expectations
            if each.kind not in ("row_count", "not_null")
        }

    odcs = load(suggested_as_odcs)
    assert (odcs.format, odcs.format_version, odcs.not_evaluated) == ("odcs", "v3.1.0", ())
    assert asked(suggested_as_odcs) == asked(suggested)
    outcome = run("contract", "test", str(suggested_as_odcs), *data)
    assert outcome.code == 0
    assert ("row_count" in outcome.out, "not_null" in outcome.out) == (True, True)


def test_as_odcs_it_lints_clean(run, suggested_as_odcs):
    outcome = run("contract", "lint", "--strict", str(suggested_as_odcs))
    assert outcome.code == 0
