"""Sightings and positions, on real databases."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError

from airflow_gov_provider.store import database
from airflow_gov_provider.store.events.witnesses import (
    Sighting,
    digest_of,
    insert_sightings,
    known_references,
    read_position,
    sightings_of,
    sightings_of_batch,
    write_position,
)
from airflow_gov_provider.store.tables import event_witness
from tests.unit.api.conftest import NOON


@pytest.fixture
def connection(store_url):
    database.migrate(store_url)
    with database.transaction(store_url) as connection:
        yield connection


def sighting(number, *, witness="log"):
    return Sighting(
        event_id=f"event-{number % 2}",
        witness=witness,
        reference=str(number),
        occurred_at=NOON,
        document="{}",
    )


def test_sightings_are_found_by_their_event_and_by_their_reference(connection):
    insert_sightings(connection, [sighting(1), sighting(2), sighting(3)], recorded_at=NOON)

    found = sightings_of(connection, ["event-1", "event-7"])
    assert [one.reference for one in found["event-1"]] == ["1", "3"]
    assert known_references(connection, "log", ["2", "9"]) == {"2"}
    assert known_references(connection, "task_instance", ["2"]) == set()


def test_a_set_of_sightings_is_sealed_by_one_event_with_its_digest(connection):
    given = [sighting(1), sighting(2)]
    insert_sightings(connection, given, recorded_at=NOON)

    batch = connection.scalars(event_witness.select().with_only_columns(event_witness.c.batch))
    (name,) = set(batch)
    assert digest_of(sightings_of_batch(connection, name)) == digest_of(reversed(given))


def test_a_witness_uses_a_reference_once(connection):
    insert_sightings(connection, [sighting(1)], recorded_at=NOON)

    with pytest.raises(IntegrityError), connection.begin_nested():
        insert_sightings(connection, [sighting(1)], recorded_at=NOON)
    insert_sightings(connection, [sighting(1, witness="listener")], recorded_at=NOON)


@pytest.mark.parametrize(
    "change", [event_witness.delete(), event_witness.update().values(document="")]
)
def test_a_sighting_is_never_changed(connection, change):
    insert_sightings(connection, [sighting(1)], recorded_at=NOON)

    with pytest.raises(DBAPIError, match="never changed"), connection.begin_nested():
        connection.execute(change)


def test_a_position_is_what_was_written_last(connection):
    assert read_position(connection, "log") is None
    write_position(connection, "log", {"log_id": 1}, now=NOON)
    write_position(connection, "log", {"log_id": 7}, now=NOON)

    assert read_position(connection, "log").content == {"log_id": 7}
