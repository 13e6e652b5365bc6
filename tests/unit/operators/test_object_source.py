"""Gates over object stores. Those that need DuckDB's extension httpfs run where it is installed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
from airflow.sdk.exceptions import AirflowFailException

from airflow_gov_provider import config
from airflow_gov_provider.domain.expectations import CheckKind, Expectation, Reference
from airflow_gov_provider.exceptions import ArgumentInvalid, SourceInvalid, SourceUnavailable
from airflow_gov_provider.operators import object_source
from airflow_gov_provider.operators.quality import DataQualityGate
from airflow_gov_provider.operators.quality_source import data_source
from airflow_gov_provider.profiling.objects import Store, objects_at

STORES = "AIRFLOW__GOVERNANCE__OBJECT_STORES"
UNIQUE = Expectation(check_id="unique", kind=CheckKind.UNIQUE, columns=("a",))


class Quiet(SimpleHTTPRequestHandler):
    asked: list[str] = []  # noqa: RUF012 - of all requests, for a test to read

    def log_message(self, *_: Any) -> None:
        self.asked.append(self.path)


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A web server with ``public/a.parquet``, ``public/c.csv`` and ``b.parquet``."""
    (tmp_path / "public").mkdir()
    for name in ("public/a.parquet", "b.parquet"):
        duckdb.sql("SELECT range AS a FROM range(10)").write_parquet(str(tmp_path / name))
    (tmp_path / "public" / "c.csv").write_text("a,b\n1,x\n2,y\n")
    monkeypatch.setattr(Quiet, "asked", [])
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path))) as web:
        thread = Thread(target=web.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{web.server_port}"
        web.shutdown()
        thread.join()


def has_httpfs() -> bool:
    """Whether it is installed; nothing is fetched for it."""
    with duckdb.connect(config={"autoinstall_known_extensions": False}) as connection:
        try:
            connection.execute("LOAD httpfs")
        except duckdb.Error:
            return False
    return True


needs_httpfs = pytest.mark.skipif(not has_httpfs(), reason="DuckDB has no httpfs here")


def source(address: str) -> Any:
    return data_source(source=address, conn_id=None, table=None, query=None)


def test_no_address_is_reached_unless_the_settings_name_it(server: str) -> None:
    with pytest.raises(ArgumentInvalid, match=r"object_stores names \(none\)"):
        source(f"{server}/public/a.parquet").profile([UNIQUE])

    assert Quiet.asked == []


def test_a_gate_fails_at_once_on_an_address_outside_of_the_stores(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(STORES, f"{server}/public")
    gate = DataQualityGate(
        task_id="gate",
        source=f"{server}/publicity/a.parquet",
        contract={"contract": "c", "version": "1", "checks": [{"not_null": "a"}]},
    )

    with pytest.raises(AirflowFailException, match="expected an address below one of those"):
        gate.execute(
            {"ti": SimpleNamespace(dag_id="d", run_id="r", task_id="t", map_index=-1, try_number=1)}
        )
    assert Quiet.asked == []


@pytest.mark.parametrize(
    "address",
    [
        "s3://lake/clean/../secret.parquet",
        "s3://lake/clean/%2e%2e/secret.parquet",
        "s3://lake/clean/a.parquet?versionId=1",
        "s3://lake/other.parquet",
        "s3://lake/clean/a.json",
    ],
)
def test_no_address_leads_out_of_its_store(address: str) -> None:
    with pytest.raises(SourceInvalid):
        objects_at(address, Store(prefix="s3://lake/clean/"))


def test_patterns_are_for_stores_that_can_list() -> None:
    assert objects_at("s3://lake/*.parquet", Store(prefix="s3://lake/")).format == "parquet"
    with pytest.raises(SourceInvalid, match="lists no files"):
        objects_at("https://lake/*.parquet", Store(prefix="https://lake/"))


def test_the_setting_gives_each_store_its_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(STORES, "s3://lake/clean=aws, https://x.example/p/ , s3://lake/=other")

    assert config.object_stores() == {
        "s3://lake/clean/": "aws",
        "https://x.example/p/": "",
        "s3://lake/": "other",
    }
    monkeypatch.setenv(
        "AIRFLOW_CONN_AWS",
        json.dumps(
            {
                "conn_type": "aws",
                "login": "key",
                "password": "hunter2",
                "extra": {"region_name": "eu-1", "endpoint_url": "http://127.0.0.1:9000"},
            }
        ),
    )
    store = object_source.store_of("s3://lake/clean/a.parquet")
    assert store.secret == {
        "TYPE": "s3",
        "KEY_ID": "key",
        "SECRET": "hunter2",
        "REGION": "eu-1",
        "ENDPOINT": "127.0.0.1:9000",
        "URL_STYLE": "path",
        "USE_SSL": "false",
    }
    assert "hunter2" not in repr(store)


@pytest.mark.skipif(has_httpfs(), reason="DuckDB has httpfs here")
def test_without_the_extension_it_says_what_to_install(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(STORES, f"{server}/public/")

    with pytest.raises(SourceInvalid, match="run INSTALL httpfs in DuckDB once"):
        source(f"{server}/public/a.parquet").profile([UNIQUE])
    assert Quiet.asked == []


@needs_httpfs
def test_an_object_is_measured_where_it_lies(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(STORES, f"{server}/public/")
    known, secret = (
        Expectation(
            check_id=name,
            kind=CheckKind.FOREIGN_KEY,
            columns=("a",),
            reference=Reference(table=table, columns=("a",)),
        )
        for name, table in (("known", "c.csv"), ("secret", "../b.parquet"))
    )

    data = source(f"{server}/public/a.parquet")
    found = data.profile([UNIQUE, known, secret])

    assert (found.rows, found.measurements["unique"].failing) == (10, 0)
    assert found.measurements["known"].failing == 8
    assert "expected a plain address" in str(found.measurements["secret"].error)
    assert data.described()["address"] == f"{server}/public/a.parquet"
    assert not [path for path in Quiet.asked if "b.parquet" in path]


@needs_httpfs
def test_an_object_that_is_not_there_may_come_later(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(STORES, f"{server}/public/")

    with pytest.raises(SourceUnavailable):
        source(f"{server}/public/none.parquet").profile([UNIQUE])
