"""Findings about what is not recorded, and what health says of them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from airflow_gov_provider.store import database
from airflow_gov_provider.store.events.coverage import CoverageFinding, close_finding, open_finding
from airflow_gov_provider.store.events.recording import note_gone, note_present
from tests.unit.api.conftest import NOON, assert_error


@pytest.fixture
def found(sqlite_store):
    """Three findings, of which the first was closed; newest first."""
    findings = [
        CoverageFinding(
            finding_id=f"0199f0a0-0000-7000-8000-00000000000{number}",
            kind="missing" if subject.startswith("dag:") else "listener",
            subject=subject,
            details={"lost": number},
            opened_at=NOON + timedelta(minutes=number),
        )
        for number, subject in enumerate(["host:worker", "dag:income", "dag:other"])
    ]
    with database.transaction(sqlite_store) as connection:
        for finding in findings:
            open_finding(connection, finding)
        close_finding(connection, findings[0], now=NOON + timedelta(hours=1))
    return [finding.finding_id for finding in reversed(findings)]


def ids(response):
    assert response.status_code == 200, response.text
    return [item["finding_id"] for item in response.json()["items"]]


def test_open_and_past_findings_are_listed_newest_first(client, found):
    response = client.get("/v1/coverage")

    assert ids(response) == found
    newest, *_, oldest = response.json()["items"]
    assert newest == {
        "finding_id": found[0],
        "kind": "missing",
        "subject": "dag:other",
        "details": {"lost": 2},
        "opened_at": "2026-01-31T12:02:00Z",
        "closed_at": None,
    }
    assert oldest["closed_at"] == "2026-01-31T13:00:00Z"


def test_findings_can_be_filtered_and_paged(client, found):
    assert ids(client.get("/v1/coverage?open=true")) == found[:2]
    assert ids(client.get("/v1/coverage?open=false")) == found[2:]
    page = client.get("/v1/coverage?limit=2")
    cursor = page.json()["next_cursor"]

    assert ids(page) + ids(client.get(f"/v1/coverage?limit=2&cursor={cursor}")) == found
    assert_error(client.get("/v1/coverage?cursor=x"), 400, "invalid_cursor")
    assert_error(client.get("/v1/coverage?opened=true"), 422, "invalid_request")


def test_findings_of_a_dag_are_for_those_who_may_read_it(client, found, permissions):
    permissions.dag_ids = {"income"}

    assert ids(client.get("/v1/coverage")) == found[1:]


def test_health_is_degraded_while_a_finding_is_open(client, found):
    health = client.get("/v1/health").json()

    assert health["status"] == "degraded"
    assert health["recording"]["open_findings"] == 2


def test_health_tells_of_the_last_gap(client, sqlite_store):
    with database.transaction(sqlite_store) as connection:
        note_present(connection, "a", now=NOON)
        note_gone(connection, "a", now=NOON + timedelta(minutes=1))
        note_present(connection, "b", now=NOON + timedelta(minutes=5))

    health = client.get("/v1/health").json()

    assert health["status"] == "ok"
    assert health["recording"] == {
        "since": "2026-01-31T12:00:00Z",
        "stopped_at": None,
        "last_gap": {
            "since": "2026-01-31T12:01:00Z",
            "until": "2026-01-31T12:05:00Z",
            "reason": "clean_stop",
            "filled": None,
        },
        "open_findings": 0,
        "waiting_requests": 0,
        "reconciled_until": None,
        "incomplete_runs": 0,
    }
