"""Who saw an event, in the list of events and one by one."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from airflow_gov_provider.store import database
from airflow_gov_provider.store.events.witnesses import Sighting, insert_sightings
from airflow_gov_provider.store.tables import event as table
from tests.unit.api.conftest import NOON, assert_error, happening

EVENT = happening(1)
PATH = f"/v1/events/{EVENT.event_id}"


@pytest.fixture
def seen(sqlite_store, record):
    """An event that the log and the task instance have shown as well, and one that nobody else saw."""
    record(EVENT, happening(2))
    with database.transaction(sqlite_store) as connection:
        sightings = [
            Sighting(
                event_id=EVENT.event_id,
                witness=witness,
                reference=f"{witness}-7",
                occurred_at=NOON,
                document=json.dumps({"seen by": witness}),
            )
            for witness in ("task_instance", "log")
        ]
        insert_sightings(connection, sightings, recorded_at=NOON)


def test_a_list_names_everyone_who_saw_each_event(client, seen):
    items = client.get("/v1/events?dag_id=income").json()["items"]

    assert [item["witnesses"] for item in items] == [
        ["listener"],
        ["listener", "log", "task_instance"],
    ]
    assert {item["witness"] for item in items} == {"listener"}


def test_an_event_comes_with_what_everyone_saw(client, seen):
    detail = client.get(PATH).json()

    (item,) = (
        item
        for item in client.get("/v1/events").json()["items"]
        if item["event_id"] == EVENT.event_id
    )
    assert detail.items() >= item.items()
    assert [(one["reference"], one["document"]) for one in detail["sightings"]] == [
        ("log-7", {"seen by": "log"}),
        ("task_instance-7", {"seen by": "task_instance"}),
    ]


def test_an_event_of_a_dag_that_the_reader_may_not_read_is_not_there(client, seen, permissions):
    permissions.dag_ids = {"another"}

    assert_error(client.get(PATH), 404, "event_not_found")


def test_an_event_of_no_dag_is_for_those_who_may_read_every_dag(
    client, seen, permissions, sqlite_store
):
    query = select(table.c.event_id).where(table.c.type == "ledger.witnessed")
    with database.transaction(sqlite_store) as connection:
        path = f"/v1/events/{connection.scalars(query).one()}"

    assert client.get(path).status_code == 200
    permissions.dag_ids = {"another"}
    assert_error(client.get(path), 404, "event_not_found")


@pytest.mark.parametrize("event_id", ["nothing", "0" * 64, "x" * 5000, "' OR 1=1", "%00"])
def test_an_id_that_no_event_has_is_not_found(client, seen, event_id):
    assert_error(client.get(f"/v1/events/{event_id}"), 404, "event_not_found")
