"""Shipping by hand: once, or until somebody interrupts."""

from __future__ import annotations

import json

import pytest

from airflow_gov_provider.cli.commands import ship as command
from airflow_gov_provider.exceptions import StoreUnavailable
from airflow_gov_provider.store.spool.records import SpoolWriter
from tests.unit.api.conftest import happening


@pytest.fixture
def spool_dir(tmp_path, monkeypatch):
    directory = tmp_path / "spool"
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__SPOOL_DIR", str(directory))
    return directory


@pytest.fixture
def waiting(spool_dir):
    """Two events, one of them twice, and a record that nobody can use."""
    writer = SpoolWriter(spool_dir)
    for record in (happening(1), happening(2), happening(2)):
        writer.append(record.document)
    writer.append(b"no event")
    return spool_dir


def test_an_empty_spool_is_named(run, sqlite_store, spool_dir):
    outcome = run("ship")

    assert (outcome.code, outcome.out) == (0, f"nothing waits in {spool_dir}\n")


def test_what_waits_is_shipped_once_and_what_cannot_be_used_is_kept(run, sqlite_store, waiting):
    outcome = run("ship")

    assert (outcome.code, outcome.out) == (0, "shipped 3 events from 1 file, 2 of them new\n")
    assert f"kept 1 record that could not be used in {waiting}" in outcome.err
    assert len(json.loads(run("events", "-o", "json").out)) == 2
    assert run("ship").out.startswith("nothing waits")


def test_events_stay_while_the_database_is_away(run, sqlite_store, waiting, monkeypatch):
    away = "postgresql+psycopg://gov:hunter2@127.0.0.1:1/governance?connect_timeout=1"
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__SQL_ALCHEMY_CONN", away)
    failed = run("ship")
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__SQL_ALCHEMY_CONN", sqlite_store)

    assert failed.code == 1
    assert "hunter2" not in failed.err
    assert "2 of them new" in run("ship").out


def test_following_survives_an_outage_and_ends_when_interrupted(
    run, sqlite_store, waiting, monkeypatch
):
    pauses = []

    def sleep(seconds):
        pauses.append(seconds)
        if len(pauses) == 3:
            raise KeyboardInterrupt

    ship_once = command.ship_once

    def away_at_first():
        if not pauses:
            raise StoreUnavailable("the database rests")
        return ship_once()

    monkeypatch.setattr(command.time, "sleep", sleep)
    monkeypatch.setattr(command, "ship_once", away_at_first)

    outcome = run("ship", "--follow")

    assert outcome.code == 130
    assert "the database rests; the events stay on this host" in outcome.err
    assert outcome.out == "shipped 3 events from 1 file, 2 of them new\n"
    assert "Traceback" not in outcome.err
