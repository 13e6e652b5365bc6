"""Dags that the dag processor wrote anew."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from fakes.actions import BEGIN, ActionMetadata
from sqlalchemy import select

from airflow_gov_provider.collector.actions.dag_versions import note_dag_versions
from airflow_gov_provider.domain.events import Event
from airflow_gov_provider.store import database
from airflow_gov_provider.store.tables import event as table

MINUTE = timedelta(minutes=1)
DAG = {
    "is_paused": False,
    "is_stale": False,
    "max_active_tasks": 16,
    "max_consecutive_failed_dag_runs": 0,
    "has_task_concurrency_limits": False,
}


class Dags:
    """What the dag processor does, and what the collector makes of it."""

    def __init__(self, store: str, metadata: ActionMetadata) -> None:
        self.store, self.metadata = store, metadata
        metadata.add("dag_bundle", name="bundle")
        metadata.add("dag", dag_id="dag", bundle_name="bundle", **DAG)

    def version(self, number: int, at: datetime, *, bundle: str | None = None) -> None:
        key = uuid.UUID(int=number)
        times = {"created_at": at, "last_updated": at}
        named = {"dag_id": "dag", "bundle_name": "bundle", "bundle_version": bundle}
        self.metadata.add("dag_version", id=key, version_number=number, **named, **times)
        self.metadata.add(
            "serialized_dag",
            id=key,
            dag_version_id=key,
            dag_id="dag",
            data={},
            dag_hash=f"hash {number}",
            **times,
        )

    def note(self, at: datetime) -> list[Event]:
        note_dag_versions(clock=lambda: at)
        with database.transaction(self.store) as connection:
            found = connection.scalars(select(table.c.document).order_by(table.c.seq))
            return [Event.from_document(document.encode()) for document in found]


@pytest.fixture
def dags(store: str, metadata: ActionMetadata) -> Any:
    return Dags(store, metadata)


def test_what_was_there_before_recording_began_is_no_change(dags: Dags) -> None:
    dags.version(1, BEGIN)
    assert dags.note(BEGIN + MINUTE) == []
    assert dags.note(BEGIN + 2 * MINUTE) == []


def test_a_new_version_is_told_once_with_what_was_before(dags: Dags) -> None:
    dags.version(1, BEGIN, bundle="abc")
    dags.note(BEGIN + MINUTE)
    dags.version(2, BEGIN + 2 * MINUTE, bundle="def")
    for minutes in (3, 4, 30):
        (event,) = dags.note(BEGIN + minutes * MINUTE)
    assert (event.type, event.dag_id, event.witness) == ("change.dag", "dag", "dag_version")
    assert event.occurred_at == BEGIN + 2 * MINUTE
    assert event.payload == {
        "change": "updated",
        "version_id": str(uuid.UUID(int=2)),
        "version_number": 2,
        "bundle_name": "bundle",
        "bundle_version": "def",
        "dag_hash": "hash 2",
        "new": ["version", "bundle_version"],
        "previous": {"version_number": 1, "bundle_name": "bundle", "bundle_version": "abc"},
    }


def test_a_dag_that_is_new_is_created(dags: Dags) -> None:
    dags.note(BEGIN)
    dags.version(1, BEGIN + MINUTE)
    (event,) = dags.note(BEGIN + 2 * MINUTE)
    assert (event.payload["change"], event.payload["new"]) == ("created", ["version"])
    assert event.payload["previous"] is None


def test_a_version_that_is_written_over_is_told_each_time(dags: Dags) -> None:
    dags.version(1, BEGIN)
    dags.note(BEGIN + MINUTE)
    for minutes in (2, 4):
        at = BEGIN + minutes * MINUTE
        dags.metadata.change("serialized_dag", dag_hash=f"at {minutes}", last_updated=at)
        dags.note(at + MINUTE)
    dags.metadata.change("dag_version", bundle_version="def", last_updated=BEGIN + 6 * MINUTE)
    found = dags.note(BEGIN + 7 * MINUTE)
    assert [event.payload["dag_hash"] for event in found] == ["at 2", "at 4", "at 4"]
    assert [event.payload["new"] for event in found[:2]] == [["content"], ["content"]]
    assert "bundle_version" in found[2].payload["new"]


def test_content_that_is_written_over_is_told_though_versions_are_made_all_the_time(
    dags: Dags,
) -> None:
    dags.version(1, BEGIN - MINUTE)
    dags.note(BEGIN)
    dags.metadata.change("serialized_dag", dag_hash="other", last_updated=BEGIN + MINUTE / 2)
    for number in range(2, 6):
        at = BEGIN + number * MINUTE / 3
        dags.version(number, at)
        found = dags.note(at)
    assert ["content"] in [event.payload["new"] for event in found]


def test_a_commit_that_is_late_is_seen_all_the_same(dags: Dags) -> None:
    dags.note(BEGIN)
    dags.note(BEGIN + 8 * MINUTE)
    dags.version(1, BEGIN + MINUTE)
    assert len(dags.note(BEGIN + 9 * MINUTE)) == 1


def test_after_an_outage_of_days_nothing_is_missing(dags: Dags) -> None:
    dags.note(BEGIN)
    for number in (1, 2, 3):
        dags.version(number, BEGIN + timedelta(days=number))
    found = dags.note(BEGIN + timedelta(days=5))
    assert [event.payload["version_number"] for event in found] == [1, 2, 3]
