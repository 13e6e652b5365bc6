"""The app as a whole: its errors, headers, health, collector and its description of itself."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.exc import TimeoutError as PoolTimeout

from airflow_gov_provider.api.app import Collector, create_app
from airflow_gov_provider.api.deps import authenticated
from airflow_gov_provider.api.routes import evidence as routes
from tests.unit.api.conftest import NOON, assert_error, evidence

GOLDEN = Path(__file__).parents[2] / "golden" / "openapi.json"
DATA_ROUTES = ["/v1/events", "/v1/evidence", f"/v1/evidence/{evidence(1).evidence_id}"]
DATA_ROUTES += [f"/v1/cards/{evidence(1).evidence_id}"]


def test_the_api_is_what_clients_were_promised():
    """GOLDEN_UPDATE=1 rewrites the file; read the difference before you commit it."""
    described = json.dumps(create_app().openapi(), indent=2, sort_keys=True) + "\n"
    if os.environ.get("GOLDEN_UPDATE"):
        GOLDEN.write_text(described)

    assert described == GOLDEN.read_text()


def test_the_description_is_served_to_those_who_are_known(client):
    assert client.get("/v1/openapi.json").json() == create_app().openapi()


@pytest.mark.parametrize("path", ["/", "/v2/events", "/v1/evidence/", "/docs", "/openapi.json"])
def test_an_unknown_path_is_an_error_of_the_one_shape(client, path):
    assert_error(client.get(path), 404, "not_found")


@pytest.mark.parametrize("path", [*DATA_ROUTES, "/v1/health", "/nowhere"])
def test_every_answer_is_kept_out_of_caches_and_is_what_it_says_it_is(client, path):
    headers = client.get(path).headers

    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in headers["content-security-policy"]


@pytest.mark.parametrize("path", DATA_ROUTES)
def test_an_error_of_ours_shows_no_inside(app, monkeypatch, path):
    from contextlib import contextmanager

    @contextmanager
    def broken():
        raise ZeroDivisionError("s3cret")
        yield

    for name in ("events", "evidence", "cards"):
        monkeypatch.setattr(
            f"airflow_gov_provider.api.routes.{name}.governance_transaction", broken
        )

    # The error is answered inside the app; Airflow's own app around it never sees it.
    response = TestClient(app, raise_server_exceptions=True).get(path)

    assert_error(response, 500, "internal_error")
    assert "s3cret" not in response.text
    assert "Traceback" not in response.text


@pytest.mark.parametrize("path", DATA_ROUTES)
def test_a_database_that_does_not_answer_is_worth_a_retry(app, monkeypatch, path):
    monkeypatch.setenv(
        "AIRFLOW__GOVERNANCE__SQL_ALCHEMY_CONN",
        "postgresql+psycopg://gov:hunter2@127.0.0.1:1/governance?connect_timeout=1",
    )

    response = TestClient(app).get(path)

    assert_error(response, 503, "store_unavailable")
    assert int(response.headers["retry-after"]) > 0
    assert "hunter2" not in response.text
    assert "127.0.0.1" not in response.text


@pytest.mark.parametrize("path", DATA_ROUTES)
def test_a_database_that_is_behind_names_the_command_that_helps(app, monkeypatch, tmp_path, path):
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__SQL_ALCHEMY_CONN", f"sqlite:///{tmp_path}/old.db")

    response = TestClient(app).get(path)

    assert "airflow governance db migrate" in assert_error(response, 503, "store_behind")
    assert "retry-after" not in response.headers


def test_a_setting_that_cannot_be_used_is_not_printed(app, monkeypatch):
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__SQL_ALCHEMY_CONN", "hunter2 is no URL")

    response = TestClient(app).get("/v1/events")

    assert_error(response, 503, "misconfigured")
    assert "hunter2" not in response.text


def test_waiting_in_vain_for_a_connection_is_worth_a_retry(app, monkeypatch):
    def busy():
        raise PoolTimeout("QueuePool limit of size 5 overflow 10 reached")

    monkeypatch.setattr(routes, "governance_transaction", busy)

    response = TestClient(app).get("/v1/evidence")

    assert_error(response, 503, "store_unavailable")
    assert "retry-after" in response.headers


def test_health_of_a_good_day(client, sqlite_store):
    health = client.get("/v1/health").json()

    assert health["status"] == "ok"
    assert health["database"]["reachable"] is True
    assert health["database"]["is_current"] is True
    assert health["database"]["url"] == sqlite_store
    assert health["database"]["revision"] == health["database"]["needed_revision"]


def test_health_tells_how_far_the_ledger_is(client, record):
    record(evidence(1))

    health = client.get("/v1/health").json()

    assert health["ledger"] == {"size": 0, "unsealed_events": 1, "last_checkpoint_at": None}


def test_health_names_the_database_without_user_password_and_parameters(app, monkeypatch):
    monkeypatch.setenv(
        "AIRFLOW__GOVERNANCE__SQL_ALCHEMY_CONN",
        "postgresql+psycopg://gov:hunter2@127.0.0.1:1/governance?connect_timeout=1&sslpassword=s3cret",
    )

    response = TestClient(app).get("/v1/health")

    assert response.status_code == 200
    assert response.json()["status"] == "unavailable"
    assert response.json()["database"]["url"] == "postgresql://127.0.0.1:1/governance"
    assert "hunter2" not in response.text
    assert "s3cret" not in response.text


def test_health_says_that_the_schema_is_behind(app, monkeypatch, tmp_path):
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__SQL_ALCHEMY_CONN", f"sqlite:///{tmp_path}/old.db")

    health = TestClient(app).get("/v1/health").json()

    assert (health["status"], health["database"]["reachable"]) == ("unavailable", True)
    assert "airflow governance db migrate" in health["database"]["problem"]


WELL = {
    "mode": "embedded",
    "running": True,
    "last_round_at": NOON,
    "last_error": None,
    "failures": 0,
    "shipped_total": 12,
    "waiting_files": 1,
    "waiting_bytes": 300,
    "quarantined": 0,
    "lost_events": 0,
}


class Recorder:
    """A collector that only notes what is asked of it."""

    def __init__(self, *, error=None, **facts):
        self.calls, self.error, self.facts = [], error, {**WELL, **facts}

    def start(self):
        self.calls.append("start")
        if self.error:
            raise self.error
        return lambda: self.calls.append("stop")

    def status(self):
        return self.facts


def with_collector(recorder):
    app = create_app(Collector(start=recorder.start, status=recorder.status))
    app.dependency_overrides[authenticated] = lambda: "somebody"
    return TestClient(app)


def test_the_collector_runs_for_as_long_as_the_app(sqlite_store):
    recorder = Recorder()

    with with_collector(recorder) as client:
        health = client.get("/v1/health").json()
        assert recorder.calls == ["start"]

    assert recorder.calls == ["start", "stop"]
    assert health["status"] == "ok"
    assert health["collector"]["waiting_bytes"] == 300
    assert health["collector"]["shipped_total"] == 12


@pytest.mark.parametrize(
    "facts",
    [
        {"failures": 3},
        {"sealing_failures": 1},
        {"lost_events": 1},
        {"quarantined": 2},
        {"running": False},
        {"led": False, "mode": "external", "running": False},
        {"mode": "elsewhere"},
        {"duties": [{"name": "d", "failures": 1, "last_run_at": None, "done": 0}]},
    ],
    ids=lambda facts: next(iter(facts)),
)
def test_health_of_a_collector_in_trouble_is_degraded(sqlite_store, facts):
    recorder = Recorder(last_error="db.example.com says hunter2", **facts)

    response = with_collector(recorder).get("/v1/health")

    assert response.json()["status"] == "degraded"
    assert "hunter2" not in response.text


def test_a_collector_that_is_switched_off_is_no_trouble(sqlite_store):
    health = with_collector(Recorder(mode="off", running=False)).get("/v1/health").json()

    assert health["status"] == "ok"


def test_a_collector_that_does_not_start_leaves_the_api_running(sqlite_store):
    recorder = Recorder(error=OSError("no room"), running=False)

    with with_collector(recorder) as client:
        assert client.get("/v1/health").json()["status"] == "degraded"


def test_the_embedded_collector_tells_all_that_health_shows(sqlite_store):
    from airflow_gov_provider.collector import loop

    app = create_app(Collector(start=loop.start_embedded, status=loop.status))
    app.dependency_overrides[authenticated] = lambda: "somebody"

    with TestClient(app) as client:
        health = client.get("/v1/health").json()

    assert health["status"] == "ok"
    assert health["collector"]["running"] is True
