"""Incidents with entries, in both databases, and rules about them."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from airflow_gov_provider.store import database
from airflow_gov_provider.store.promise_tables import incident, incident_entry

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def later(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(store_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__SQL_ALCHEMY_CONN", store_url)
    return store_url


@pytest.fixture
def happen(store: str) -> Callable[..., str]:
    """Insert an incident and entries of these kinds."""
    numbers = itertools.count(1)

    def make(*kinds: str, details: str = "{}", **fields: Any) -> str:
        incident_id = f"{next(numbers):036d}"
        row = {
            "incident_id": incident_id,
            "dedup_key": incident_id,
            "kind": "sla_miss",
            "state": "open",
            "severity": "high",
            "title": "income is late",
            "dag_id": "income",
            "run_id": "manual 1/a",
            "occurrences": 1,
            "version": 1,
            "opened_at": NOON,
            "last_seen_at": NOON,
            "details": "{}",
            "affected": "{}",
            "auto_resolve": False,
        }
        with database.transaction(store) as connection:
            connection.execute(insert(incident), row | fields)
        more(incident_id, *kinds, details=details)
        return incident_id

    def more(incident_id: str, *kinds: str, details: str = "{}") -> None:
        with database.transaction(store) as connection:
            for kind in kinds:
                connection.execute(
                    insert(incident_entry).values(
                        incident_id=incident_id,
                        kind=kind,
                        actor="ada",
                        at=NOON,
                        details=details,
                        event_id="e",
                    )
                )

    make.more = more  # type: ignore[attr-defined]
    return make


@pytest.fixture
def rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Write the file of rules that the settings name."""
    path = tmp_path / "rules.yaml"
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__INCIDENT_RULES", str(path))

    def write(text: str) -> Path:
        path.write_text(text, encoding="utf-8")
        return path

    return write
