"""The real app on a real database; only Airflow's answer to "who is it, and what may they read?" is given."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient

from airflow_gov_provider.api.app import create_app
from airflow_gov_provider.api.deps import authenticated, reader
from airflow_gov_provider.domain.events import Event
from airflow_gov_provider.domain.evidence import Evidence, EvidenceKind, ModelRef, Origin
from airflow_gov_provider.domain.verdicts import Verdict
from airflow_gov_provider.store import database
from airflow_gov_provider.store.events.rows import insert_events
from airflow_gov_provider.store.evidence.rows import insert_evidence

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


@dataclass
class Permissions:
    """Which Dags the user may read; None for all."""

    dag_ids: set[str] | None = None
    asked: list[set[str]] = field(default_factory=list)
    name: str | None = None

    def identity(self):
        return self.name

    def readable(self, dag_ids):
        self.asked.append(set(dag_ids))
        return set(dag_ids) if self.dag_ids is None else set(dag_ids) & self.dag_ids


@pytest.fixture
def permissions() -> Permissions:
    return Permissions()


@pytest.fixture
def app(sqlite_store, permissions):
    app = create_app()
    app.dependency_overrides[authenticated] = lambda: "somebody"
    app.dependency_overrides[reader] = lambda: permissions
    return app


@pytest.fixture
def client(app):
    with TestClient(app, raise_server_exceptions=True) as client:
        yield client


class Named:
    def name(self) -> str:
        return "ada"


@pytest.fixture
def audited(store_url, permissions, monkeypatch, tmp_path):
    """The app on each kind of database, with a ledger of its own."""
    from airflow_gov_provider.api.writers import writer
    from tests.unit.api.audit import Ledger

    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__SQL_ALCHEMY_CONN", store_url)
    anchors = str(tmp_path / "anchors.log")
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__LEDGER_ANCHOR_FILE", anchors)
    app = create_app()
    app.dependency_overrides[authenticated] = lambda: "somebody"
    app.dependency_overrides[reader] = lambda: permissions
    app.dependency_overrides[writer] = Named
    with TestClient(app) as client:
        yield Ledger(url=store_url, client=client, permissions=permissions)


def evidence(number: int, **changes) -> Evidence:
    values = {
        "evidence_id": f"0199f0a0-0000-7000-8000-{number:012d}",
        "kind": EvidenceKind.QUALITY,
        "origin": Origin(dag_id="income", run_id="run 1", task_id="gate"),
        "subject": "census",
        "model": ModelRef(name="income", version="3"),
        "verdict": Verdict.PASSED,
        "summary": "PASSED: 3 passed",
        "recorded_at": NOON + timedelta(minutes=number),
        "body": {"share": 0.1, "note": "Größe ≤ 5"},
    }
    return Evidence(**{**values, **changes})


def of_dag(dag_id: str) -> Origin:
    return Origin(dag_id=dag_id, run_id="run 1", task_id="gate")


def happening(number: int, **changes) -> Event:
    values = {
        "event_id": f"{number:064x}",
        "type": "task_instance.success",
        "state": "success",
        "dag_id": "income",
        "run_id": "run 1",
        "task_id": "train",
        "map_index": -1,
        "try_number": 1,
        "occurred_at": NOON + timedelta(minutes=number),
        "payload": {"operator": "PythonOperator"},
    }
    return Event(**{**values, **changes})


@pytest.fixture
def record(sqlite_store):
    """Write evidence and events as the operators and the collector do."""

    def write(*items: Evidence | Event) -> None:
        with database.transaction(sqlite_store) as connection:
            for item in items:
                if isinstance(item, Evidence):
                    insert_evidence(connection, item)
                else:
                    insert_events(connection, [item], recorded_at=NOON + timedelta(days=1))

    return write


def assert_error(response, status: int, code: str) -> str:
    """The one shape of an error; returns its message."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    assert body.keys() == {"error"}
    assert body["error"].keys() == {"code", "message", "details"}
    assert body["error"]["code"] == code
    assert isinstance(body["error"]["message"], str)
    assert body["error"]["message"]
    assert all(detail.keys() == {"field", "problem"} for detail in body["error"]["details"])
    return body["error"]["message"]
