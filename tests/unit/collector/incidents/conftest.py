"""Both databases, with the settings pointing at them, and an Airflow that knows some Dags."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from airflow_gov_provider.domain.events import Event
from airflow_gov_provider.domain.evidence import Evidence, EvidenceKind, Origin
from airflow_gov_provider.domain.verdicts import Verdict
from airflow_gov_provider.store import database
from airflow_gov_provider.store.events.rows import insert_events
from airflow_gov_provider.store.evidence.rows import insert_evidence
from airflow_gov_provider.store.incidents import rows as stored
from airflow_gov_provider.store.promise_tables import incident

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def later(self, **span: float) -> datetime:
        self.now += timedelta(**span)
        return self.now


class Store:
    """The governance database, and what happens in it."""

    def __init__(self, url: str, clock: Clock) -> None:
        self.url, self.clock = url, clock
        self._numbers = itertools.count(1)

    def transaction(self):
        return database.transaction(self.url)

    def happen(self, type_: str, **fields) -> str:
        event_id = f"{next(self._numbers):064x}"
        told = Event(event_id=event_id, type=type_, occurred_at=self.clock(), **fields)
        with self.transaction() as connection:
            insert_events(connection, [told], recorded_at=self.clock())
        return event_id

    def record(self, verdict: Verdict, *, task_id="gate", on_fail="block", **fields) -> Evidence:
        evidence = Evidence(
            evidence_id=f"01990000-0000-7000-8000-{next(self._numbers):012d}",
            kind=fields.pop("kind", EvidenceKind.QUALITY),
            origin=Origin(
                dag_id="income", run_id="run 1", task_id=task_id, **fields.pop("origin", {})
            ),
            subject="census",
            verdict=verdict,
            summary=f"{verdict}: 3 checks",
            recorded_at=self.clock(),
            body={"on_fail": on_fail},
            **fields,
        )
        with self.transaction() as connection:
            insert_evidence(connection, evidence)
        return evidence

    def incidents(self):
        with self.transaction() as connection:
            rows = connection.execute(select(incident).order_by(incident.c.incident_id)).all()
        return [stored.incident_of(row) for row in rows]

    def told(self, incident_id):
        with self.transaction() as connection:
            return [entry.kind for entry in stored.entries_of(connection, incident_id)]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(store_url, clock, monkeypatch, tmp_path) -> Store:
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__SQL_ALCHEMY_CONN", store_url)
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__LEDGER_ANCHOR_FILE", str(tmp_path / "anchors.log"))
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path / "home"))
    return Store(store_url, clock)


@pytest.fixture
def metadata():
    from fakes.metadata import Metadata

    return Metadata()
