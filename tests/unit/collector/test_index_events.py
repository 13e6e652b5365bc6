"""The duty that indexes events."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from airflow_gov_provider.collector.index_events import index_once
from airflow_gov_provider.store import database
from airflow_gov_provider.store.events.rows import insert_events
from airflow_gov_provider.store.search import index as search_index
from airflow_gov_provider.store.search.pages import EventFilter, page_of_events
from tests.unit.api.conftest import NOON, happening


@pytest.fixture
def store(store_url, monkeypatch):
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__SQL_ALCHEMY_CONN", store_url)
    return store_url


def record(url, numbers):
    with database.transaction(url) as connection:
        insert_events(connection, [happening(number) for number in numbers], recorded_at=NOON)


def covered(url):
    with database.transaction(url) as connection:
        return search_index.levels(connection).covered


def test_what_has_arrived_is_indexed_in_stretches_and_once(store):
    assert index_once() == 0
    record(store, range(1, 5200))

    assert index_once(seconds=60) == 4096 + 4 * 256
    assert index_once() == 0
    assert covered(store) == 5120


def test_nothing_is_begun_after_the_time(store):
    record(store, range(1, 1200))
    seconds = iter(range(100))

    assert index_once(seconds=2, monotonic=lambda: next(seconds)) == 256
    assert covered(store) == 256


def test_an_index_that_was_dropped_is_made_again(store):
    record(store, range(1, 1000))
    index_once(seconds=60)
    with database.transaction(store) as connection:
        connection.execute(text("DELETE FROM search_block"))
        connection.execute(text("UPDATE search_state SET complete = 0"))

    assert index_once(seconds=60) == 768
    with database.transaction(store) as connection:
        found = page_of_events(connection, EventFilter(q="pythonoperator"), limit=1000)
    assert len(found.items) == 999
