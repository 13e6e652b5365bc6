"""``airflow governance ledger status``"""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from airflow_gov_provider.store import database
from airflow_gov_provider.store.events.coverage import CoverageFinding, open_finding
from airflow_gov_provider.store.events.recording import note_gone, note_present
from tests.fakes.metadata import BEGIN, Metadata


@pytest.fixture
def metadata():
    made = Metadata()
    yield made
    made.clear()


def test_the_status_of_an_unused_installation(run, metadata, sqlite_store):
    done = run("ledger", "status")

    assert done.code == 0
    assert "recording since   -\n" in done.out
    assert "last gap          none\n" in done.out
    assert "open findings     0\n" in done.out


def test_the_status_names_gaps_findings_and_what_waits(run, metadata, sqlite_store):
    finding = CoverageFinding(
        finding_id="0199f0a0-0000-7000-8000-000000000001",
        kind="listener",
        subject="host:worker-\x1b1",
        details={"lost": 3, "of": 4, "examples": ["a"]},
        opened_at=BEGIN,
    )
    with database.transaction(sqlite_store) as connection:
        note_present(connection, "a", now=BEGIN)
        note_gone(connection, "a", now=BEGIN + timedelta(minutes=1))
        note_present(connection, "b", now=BEGIN + timedelta(minutes=5))
        open_finding(connection, finding)

    people = run("ledger", "status").out
    document = json.loads(run("ledger", "status", "--json").out)

    assert "2026-03-01 12:01:00 to 2026-03-01 12:05:00, clean stop; what was written" in people
    assert (
        "host:worker-�1: the listener is not heard since 2026-03-01 12:00:00 (lost 3, of 4)"
        in people
    )
    assert document["last_gap"]["reason"] == "clean_stop"
    assert document["recording_since"] == BEGIN.isoformat()
    assert document["open_findings"][0]["subject"] == "host:worker-\x1b1"
    assert document["unsealed"] == 3
