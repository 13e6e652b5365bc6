from __future__ import annotations

from datetime import UTC, datetime

from fakes.tampering import unguarded
from sqlalchemy import update

from airflow_gov_provider.domain.events import Event
from airflow_gov_provider.store import database
from airflow_gov_provider.store.events.rows import insert_events
from airflow_gov_provider.store.search.pages import EventFilter, page_of_events
from airflow_gov_provider.store.tables import event as table


def test_an_event_whose_document_was_damaged_is_shown_by_its_columns(store_url):
    noon = datetime(2026, 1, 31, 12, tzinfo=UTC)
    first, second = (
        Event(event_id=letter * 64, type="dag_run.success", occurred_at=noon, dag_id="income")
        for letter in "ab"
    )
    with database.transaction(store_url) as connection:
        insert_events(connection, [first, second], recorded_at=noon)
        with unguarded(connection):
            connection.execute(
                update(table).where(table.c.event_id == "b" * 64).values(document="{damaged")
            )

        found = [stored.event for stored in page_of_events(connection, EventFilter()).items]

    assert found[1] == first
    assert found[0].payload == {"unreadable": True}
    assert (found[0].event_id, found[0].dag_id, found[0].occurred_at) == ("b" * 64, "income", noon)
