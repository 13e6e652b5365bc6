"""Gates over object stores, through DuckDB's extension httpfs where it is installed, else fsspec."""

from __future__ import annotations

import json
import re
import sys
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
from fakes.task_instances import TaskInstance

from airflow_gov_provider import config
from airflow_gov_provider.domain.quality.expectations import CheckKind, Expectation, Reference
from airflow_gov_provider.exceptions import ArgumentInvalid, SourceInvalid, SourceUnavailable
from airflow_gov_provider.operators import object_source
from airflow_gov_provider.operators.quality import DataQualityGate
from airflow_gov_provider.operators.quality_source import data_source
from airflow_gov_provider.profiling.places.objects import Store, objects_at

STORES = "AIRFLOW__GOVERNANCE__OBJECT_STORES"
UNIQUE = Expectation(check_id="unique", kind=CheckKind.UNIQUE, columns=("a",))


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and parts of them."""

    asked: list[str] = []  # noqa: RUF012 - of all requests, for a test to read
    sent: list[int] = []  # noqa: RUF012 - bytes of all answers
    headers_seen: list[str | None] = []  # noqa: RUF012

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        self.headers_seen.append(self.headers.get("Authorization"))
        if path.stem == "moved":
            beside = b"a,b\n1,x\n2,y\n" if path.suffix == ".csv" else b""
            self.send_response(302)
            self.send_header("Location", "/b.parquet")
            self.send_header("Content-Length", str(len(beside)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(beside)
            return
        if answer := re.fullmatch(r"answers_(\d+)", path.stem):
            self.send_error(int(answer[1]))
            return
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if not path.is_file() or asked is None:
            super().do_GET()
            return
        content = path.read_bytes()
        start, end = int(asked[1]), int(asked[2] or len(content) - 1)
        part = content[start : end + 1]
        self.send_response(206)
        self.send_header("Content-Range", f"bytes {start}-{start + len(part) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(part)))
        self.end_headers()
        self.wfile.write(part)
        self.sent.append(len(part))

    def do_HEAD(self) -> None:
        if "/moved." in self.path or "/answers_" in self.path:
            self.do_GET()
        else:
            super().do_HEAD()

    def log_message(self, *_: Any) -> None:
        self.asked.append(self.path)


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A web server with ``public/a.parquet``, ``public/c.csv`` and ``b.parquet``."""
    (tmp_path / "public").mkdir()
    for name in ("public/a.parquet", "b.parquet"):
        duckdb.connect().sql("SELECT range AS a FROM range(10)").write_parquet(str(tmp_path / name))
    (tmp_path / "public" / "c.csv").write_text("a,b\n1,x\n2,y\n")
    monkeypatch.setattr(Quiet, "asked", [])
    monkeypatch.setattr(Quiet, "sent", [])
    monkeypatch.setattr(Quiet, "headers_seen", [])
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


needs_no_httpfs = pytest.mark.skipif(has_httpfs(), reason="DuckDB has httpfs here")


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


@needs_no_httpfs
@pytest.mark.parametrize("package", ["s3fs", "fsspec.implementations.http"])
def test_where_nothing_leads_to_a_store_it_says_what_to_install(
    package: str, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    store = "s3://lake" if package == "s3fs" else f"{server}/public"
    monkeypatch.setenv(STORES, store)

    with pytest.raises(SourceInvalid, match="run INSTALL httpfs in DuckDB once") as caught:
        source(f"{store}/a.parquet").profile([UNIQUE])
    assert ("install the package s3fs" in str(caught.value)) is (package == "s3fs")
    assert f"import of {package}" in str(caught.value)
    assert Quiet.asked == []


@pytest.mark.usefixtures("sqlite_store")
def test_rows_of_objects_are_put_aside_on_this_machine(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(STORES, f"{server}/public/")
    known = {"column": "a", "references": {"table": "c.csv", "columns": ["a"]}}
    gate = DataQualityGate(
        task_id="gate",
        source=f"{server}/public/a.parquet",
        contract={"contract": "c", "version": "1", "checks": [{"foreign_key": known}]},
        on_fail="warn",
        quarantine=tmp_path / "aside",
    )

    ti = TaskInstance(dag_id="d", run_id="r", task_id="t", map_index=-1, try_number=1)
    context: Any = {"ti": ti}
    gate.execute(context)

    written = tmp_path / "aside" / "d" / "t" / "r.parquet"
    found = duckdb.connect().sql(f"SELECT a FROM read_parquet('{written}') ORDER BY a").fetchall()  # noqa: S608
    assert found == [(0,), *((a,) for a in range(3, 10))]


@needs_no_httpfs
def test_only_the_columns_that_a_check_needs_are_fetched(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(STORES, f"{server}/public/")
    wide = tmp_path / "public" / "wide.parquet"
    query = "SELECT i % 7 AS a, md5(CAST(i AS VARCHAR)) AS text FROM range(200_000) AS r(i)"
    duckdb.connect().sql(query).write_parquet(str(wide))

    found = source(f"{server}/public/wide.parquet").profile([UNIQUE])

    assert found.measurements["unique"].failing == 200_000
    assert sum(Quiet.sent) < wide.stat().st_size / 4


@needs_no_httpfs
def test_a_server_is_shown_the_token_and_leads_nowhere_else(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(STORES, f"{server}/public=web")
    monkeypatch.setenv("AIRFLOW_CONN_WEB", json.dumps({"conn_type": "http", "password": "t0ken"}))

    source(f"{server}/public/a.parquet").profile([UNIQUE])
    assert set(Quiet.headers_seen) == {"Bearer t0ken"}
    with pytest.raises((SourceInvalid, SourceUnavailable)) as caught:
        source(f"{server}/public/moved.parquet").profile([UNIQUE])
    assert "t0ken" not in str(caught.value)
    assert not [path for path in Quiet.asked if "b.parquet" in path]


@needs_no_httpfs
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
@pytest.mark.parametrize("status", [401, 403, 404, 500, 503])
def test_a_server_that_refuses_is_not_taken_for_a_damaged_file(
    server: str, monkeypatch: pytest.MonkeyPatch, status: int, suffix: str
) -> None:
    monkeypatch.setenv(STORES, f"{server}/public")
    expected: dict[int, tuple[Any, str]] = {
        401: (SourceInvalid, "answered 401; expected a login that may read it"),
        403: (SourceInvalid, "answered 403; expected a login that may read it"),
        404: (SourceUnavailable, "cannot be read from its store"),
    }
    otherwise = (SourceUnavailable, f"cannot be read from its store; the server answered {status}")
    error, said = expected.get(status, otherwise)

    with pytest.raises(error, match=said):
        source(f"{server}/public/answers_{status}.{suffix}").profile([UNIQUE])


@needs_no_httpfs
def test_what_comes_with_a_redirection_is_not_taken_for_the_data(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(STORES, f"{server}/public")

    with pytest.raises((SourceInvalid, SourceUnavailable)):
        source(f"{server}/public/moved.csv").profile([UNIQUE])


@needs_no_httpfs
def test_a_pattern_in_a_bucket_is_read_as_one_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("s3fs", reason="s3fs is not installed")
    moto = pytest.importorskip("moto.server", reason="moto is not installed")
    boto3 = pytest.importorskip("boto3", reason="boto3 is not installed")
    bucket = moto.ThreadedMotoServer(port=0, ip_address="127.0.0.1")
    bucket.start()
    try:
        endpoint = "http://{}:{}".format(*bucket.get_host_and_port())
        keys = {"aws_access_key_id": "key", "aws_secret_access_key": "hunter2"}
        s3 = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", **keys)
        s3.create_bucket(Bucket="lake")
        for name in ("1", "2"):
            duckdb.connect().sql("SELECT range AS a FROM range(10)").write_parquet(
                str(tmp_path / name)
            )
            s3.upload_file(str(tmp_path / name), "lake", f"clean/{name}.parquet")
        monkeypatch.setenv(STORES, "s3://lake/clean=aws")
        extra = {"region_name": "us-east-1", "endpoint_url": endpoint}
        content = {"conn_type": "aws", "login": "key", "password": "hunter2", "extra": extra}
        monkeypatch.setenv("AIRFLOW_CONN_AWS", json.dumps(content))

        found = source("s3://lake/clean/*.parquet").profile([UNIQUE])

        assert (found.rows, found.measurements["unique"].failing) == (20, 20)
    finally:
        bucket.stop()


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


def test_an_object_that_is_not_there_may_come_later(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(STORES, f"{server}/public/")

    with pytest.raises(SourceUnavailable):
        source(f"{server}/public/none.parquet").profile([UNIQUE])
