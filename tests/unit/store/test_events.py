"""Event rows, on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from airflow_gov_provider.domain.events import Event
from airflow_gov_provider.store import database
from airflow_gov_provider.store.events.rows import events_of_run, insert_events
from airflow_gov_provider.store.search.pages import EventFilter, page_of_events
from airflow_gov_provider.store.tables import event as table

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def an_event(number: int, **changes) -> Event:
    return Event(
        **{
            "event_id": f"{number:064d}",
            "type": "task_instance.running",
            "state": "running",
            "occurred_at": NOON + timedelta(seconds=number),
            "dag_id": "income",
            "run_id": "r1",
            "task_id": "train",
            "map_index": -1,
            "try_number": 1,
            "payload": {"operator": "PythonOperator", "text": "ä\u0000\u2028"},
            **changes,
        }
    )


@pytest.fixture
def connection(store_url):
    with database.transaction(store_url) as connection:
        yield connection


def test_an_event_comes_back_as_it_was(connection):
    insert_events(connection, [an_event(1)], recorded_at=NOON)

    [stored] = page_of_events(connection, EventFilter()).items

    assert stored.event == an_event(1)
    assert stored.recorded_at == NOON


def test_an_event_that_is_there_already_is_not_new_and_stays_as_it_was(connection):
    first = insert_events(connection, [an_event(1), an_event(2)], recorded_at=NOON)
    again = insert_events(
        connection,
        [an_event(2, payload={"other": "content"}), an_event(3)],
        recorded_at=NOON + timedelta(hours=1),
    )

    assert (first, again) == (2, 1)
    assert [item.event for item in page_of_events(connection, EventFilter()).items] == [
        an_event(3),
        an_event(2),
        an_event(1),
    ]


def test_an_event_twice_in_one_batch_is_one_event(connection):
    assert insert_events(connection, [an_event(1), an_event(1)], recorded_at=NOON) == 1


def test_many_events_arrive_in_order_however_they_are_batched(connection):
    many = [an_event(number) for number in range(2500)]

    assert insert_events(connection, iter(many), recorded_at=NOON) == 2500
    assert connection.scalar(select(func.count()).select_from(table)) == 2500
    assert [item.event for item in events_of_run(connection, "income", "r1")] == many


def test_nothing_to_insert_is_nothing_new(connection):
    assert insert_events(connection, [], recorded_at=NOON) == 0


def test_pages_hold_every_event_once_while_others_arrive(connection):
    insert_events(connection, [an_event(n) for n in range(7)], recorded_at=NOON)
    seen, before = [], None
    while True:
        page = page_of_events(connection, EventFilter(), before=before, limit=3)
        seen += [item.event for item in page.items]
        insert_events(connection, [an_event(100 + len(seen))], recorded_at=NOON)
        if page.next_cursor is None:
            break
        before = int(page.next_cursor)

    assert seen == [an_event(n) for n in reversed(range(7))]


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        (EventFilter(dag_id="other"), [2]),
        (EventFilter(run_id="r2"), [3]),
        (EventFilter(task_id="card"), [4]),
        (EventFilter(type="dag_run.success"), [5]),
        (EventFilter(actor="alice"), [6]),
        (EventFilter(since=NOON + timedelta(seconds=5)), [6, 5]),
        (EventFilter(until=NOON + timedelta(seconds=2)), [1]),
        (EventFilter(dag_ids={"other"}), [2]),
        (EventFilter(dag_ids={"other", "income"}, run_id="r2"), [3]),
        (EventFilter(dag_ids=()), []),
        (EventFilter(dag_ids={"income"}, dag_id="other"), []),
    ],
)
def test_a_filter_finds_what_it_names(connection, wanted, numbers):
    every = {
        1: an_event(1),
        2: an_event(2, dag_id="other"),
        3: an_event(3, run_id="r2"),
        4: an_event(4, task_id="card"),
        5: an_event(5, type="dag_run.success"),
        6: an_event(6, actor="alice"),
    }
    insert_events(connection, every.values(), recorded_at=NOON)

    found = page_of_events(connection, wanted)

    assert [item.event for item in found.items] == [every[number] for number in numbers]
    assert found.next_cursor is None


def test_the_events_of_a_run_are_told_in_the_order_of_occurrence(connection):
    late, early = an_event(9), an_event(1)
    insert_events(connection, [late, early, an_event(5, run_id="r2")], recorded_at=NOON)

    assert [item.event for item in events_of_run(connection, "income", "r1")] == [early, late]
