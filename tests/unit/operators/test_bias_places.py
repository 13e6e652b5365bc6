"""BiasCheck reads data wherever a DataQualityGate does, through the same doors."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pytest
from airflow.sdk.exceptions import AirflowFailException
from sqlglot import exp

from airflow_gov_provider.exceptions import ArgumentInvalid
from airflow_gov_provider.hooks.governance import recorded_in_run
from airflow_gov_provider.operators.bias import BiasCheck
from airflow_gov_provider.operators.dataset_names import DatasetName, names_of
from airflow_gov_provider.operators.quality import DataQualityGate
from airflow_gov_provider.operators.quality_source import data_source

DECISIONS = (
    "SELECT CASE WHEN i % 2 = 0 THEN 'a' ELSE 'b' END AS team, "
    "CAST(i % 3 = 0 AS INTEGER) AS y, CAST(i % 5 = 0 AS INTEGER) AS decided FROM range(300) AS r(i)"
)
PLACES = ("parquet", "glob", "csv", "duckdb", "duckdb query", "sqlite", "postgres")


def check(**arguments: Any) -> BiasCheck:
    return BiasCheck(
        **{
            "task_id": "fair",
            "label": "y",
            "positive_label": 1,
            "prediction": "decided",
            "sensitive_features": ["team"],
            "thresholds": {"demographic_parity_difference": 0.2},
            "search": {"features": ["team"]},
            **arguments,
        }
    )


@pytest.fixture(params=PLACES)
def place(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """The same decisions in each place, as the arguments that name it."""
    kind = request.param.partition(" ")[0]
    if kind in ("sqlite", "postgres"):
        connection = {"sqlite": _in_sqlite, "postgres": _in_postgres}[kind](request, tmp_path)
        monkeypatch.setenv("AIRFLOW_CONN_DATA", json.dumps(connection))
        return {"conn_id": "data", "table": "decisions"}
    path = tmp_path / f"decisions.{'parquet' if kind == 'glob' else kind}"
    if kind != "duckdb":
        with duckdb.connect() as database:
            database.execute(f"COPY ({DECISIONS}) TO '{path}'")
        return {"predictions": str(path if kind != "glob" else tmp_path / "*.parquet")}
    with duckdb.connect(path) as database:
        database.execute(f"CREATE SCHEMA models; CREATE TABLE models.decisions AS {DECISIONS}")
    if "query" in request.param:
        return {"predictions": str(path), "query": "SELECT * FROM models.decisions"}
    return {"predictions": str(path), "table": "models.decisions"}


def write(path: Path) -> None:
    with duckdb.connect() as database:
        database.sql(DECISIONS).write_parquet(str(path))


def _rows() -> list[Any]:
    with duckdb.connect() as database:
        return list(database.execute(DECISIONS).fetchall())


def _in_sqlite(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, Any]:
    del request
    path = tmp_path / "data.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE decisions (team TEXT, y INTEGER, decided INTEGER)")
        connection.executemany("INSERT INTO decisions VALUES (?, ?, ?)", _rows())
        connection.commit()
    return {"conn_type": "sqlite", "host": str(path)}


def _in_postgres(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, Any]:
    del tmp_path
    import psycopg
    from sqlalchemy import make_url

    url = make_url(request.getfixturevalue("postgres_url"))
    written = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(written) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE decisions (team text, y integer, decided integer)")
        cursor.executemany("INSERT INTO decisions VALUES (%s, %s, %s)", _rows())
    host = url.host or url.query.get("host")
    return {
        "conn_type": "postgres",
        "host": str(host),
        "port": url.port,
        "login": url.username,
        "password": url.password,
        "schema": url.database,
    }


def test_the_same_decisions_are_judged_alike_wherever_they_lie(
    place: dict[str, str], sqlite_store: str, task_context: Callable[..., Any]
) -> None:
    told = check(**place).execute(task_context("fair", dag_id="d", run_id="r"))

    (evidence,) = recorded_in_run("d", "r")
    groups = evidence.body["features"][0]["groups"]
    assert told["verdict"] == "PASSED"
    assert [(g["group"], g["counts"]) for g in groups] == [
        ("a", {"tp": 10, "fp": 20, "fn": 40, "tn": 80}),
        ("b", {"tp": 10, "fp": 20, "fn": 40, "tn": 80}),
    ]
    assert evidence.body["source"].items() >= {**place, **_named(place)}.items() - _renamed(place)


def _named(place: dict[str, str]) -> dict[str, str]:
    return {"path": place["predictions"]} if "predictions" in place else {}


def _renamed(place: dict[str, str]) -> set[tuple[str, str]]:
    return {("predictions", place["predictions"])} if "predictions" in place else set()


def test_a_gate_reads_a_table_of_a_duckdb_database(
    sqlite_store: str, tmp_path: Path, task_context: Callable[..., Any]
) -> None:
    path = tmp_path / "data.duckdb"
    with duckdb.connect(path) as database:
        database.execute(f"CREATE TABLE decisions AS {DECISIONS}")
    contract = {
        "contract": "decisions",
        "version": "1",
        "columns": {"team": {"not_null": True, "accepted_values": ["a", "b"]}},
    }

    for part in ({"table": "decisions"}, {"query": "SELECT team FROM decisions"}):
        gate = DataQualityGate(task_id="gate", contract=contract, source=path, **part)
        assert gate.execute(task_context("gate"))["verdict"] == "PASSED"


@pytest.mark.parametrize("table", ["decisions", None])
def test_only_a_database_file_has_tables(table: str | None) -> None:
    file = "data.duckdb" if table is None else "data.parquet"

    with pytest.raises(ArgumentInvalid, match=f"predictions='{file}': .*table="):
        data_source(
            source=file, conn_id=None, table=table, query=None, named="predictions"
        ).described()


def test_a_database_file_that_is_not_there_is_named(
    sqlite_store: str, tmp_path: Path, task_context: Callable[..., Any]
) -> None:
    missing = check(predictions=tmp_path / "gone.duckdb", table="decisions")

    with pytest.raises(AirflowFailException, match="there is no such database file"):
        missing.execute(task_context("fair"))


def test_a_query_cannot_reach_beyond_the_database_file(tmp_path: Path) -> None:
    path, secret = tmp_path / "data.duckdb", tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    duckdb.connect(path).close()
    data = data_source(
        source=str(path),
        conn_id=None,
        table=None,
        query=f"SELECT * FROM '{secret}'",  # noqa: S608
    )

    with pytest.raises(Exception, match="the query fails"):
        data.look(lambda *_: None)


@pytest.mark.parametrize("suffix", ["parquet", "duckdb"])
def test_memory_and_directory_of_a_look_are_those_of_the_settings(
    suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__PROFILING_MEMORY", "96MB")
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__PROFILING_SPILL_DIR", str(tmp_path))
    path = tmp_path / f"data.{suffix}"
    table = None
    if suffix == "duckdb":
        table = "t"
        with duckdb.connect(path) as database:
            database.execute("CREATE TABLE t AS SELECT 1 AS a")
    else:
        duckdb.connect().sql("SELECT 1 AS a").write_parquet(str(path))

    def settings(engine: Any, *_: Any) -> list[str]:
        names = ("memory_limit", "temp_directory")
        asked = [exp.func("current_setting", exp.Literal.string(name)) for name in names]
        ((memory, spill),) = engine.fetch(exp.select(*asked))
        return [memory, spill]

    memory, spill = data_source(source=str(path), conn_id=None, table=table, query=None).look(
        settings
    )

    assert memory == "96.0 MiB"
    assert Path(spill).parent == tmp_path


def test_a_check_refuses_a_memory_that_is_no_size(
    sqlite_store: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    task_context: Callable[..., Any],
) -> None:
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__PROFILING_MEMORY", "plenty")
    path = tmp_path / "data.parquet"
    write(path)

    with pytest.raises(AirflowFailException, match="profiling_memory is 'plenty'"):
        check(predictions=path).execute(task_context("fair"))


def test_no_store_is_reached_that_the_settings_do_not_name(
    sqlite_store: str, task_context: Callable[..., Any]
) -> None:
    with pytest.raises(AirflowFailException, match=r"object_stores names \(none\)"):
        check(predictions="s3://lake/decisions.parquet").execute(task_context("fair"))


def test_lineage_names_database_files_and_objects() -> None:
    duck = {"kind": "duckdb", "path": "/data/x.duckdb", "table": "models.y", "query": None}
    query = {**duck, "table": None, "query": "SELECT * FROM a JOIN m.b USING (i)"}
    stored = {"kind": "objects", "address": "s3://lake/clean/*.parquet", "sha256": None}

    assert names_of(duck) == [DatasetName(namespace="duckdb", name="/data/x.duckdb.models.y")]
    assert [name.name for name in names_of(query)] == ["/data/x.duckdb.a", "/data/x.duckdb.m.b"]
    assert names_of(stored) == [DatasetName(namespace="s3://lake", name="clean")]
