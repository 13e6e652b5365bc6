"""Many events at once: the fast way in gives what the slow one gives, whoever else inserts."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from airflow_gov_provider.domain.events import Event
from airflow_gov_provider.store import database
from airflow_gov_provider.store.events import bulk as event_bulk
from airflow_gov_provider.store.events.bulk import copy_rows
from airflow_gov_provider.store.events.rows import insert_events
from airflow_gov_provider.store.tables import event as table
from airflow_gov_provider.store.tables import ledger_queue

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
MANY = 200  # enough for the fast way
COLUMNS = [column for column in table.c if column.name != "seq"]
STRANGE = [
    "a\tb",
    "a\nb\r\nc",
    "\\N",
    "\\",
    "\\.",
    "\\t",
    "'; --\"",
    "",
    " ",
    "é€😀\u2028",
    "\x01\x7f",
    "NULL",
    '"occurred_at":"2001-01-01T00:00:00+00:00"',
]


def an_event(name: object, **changes) -> Event:
    return Event(event_id=str(name), type="t", occurred_at=NOON, **changes)


def some(*names: object) -> list[Event]:
    return [an_event(name) for name in names]


def ids(url: str) -> list[str]:
    with database.transaction(url) as connection:
        return list(connection.scalars(select(table.c.event_id).order_by(table.c.seq)))


def queued(url: str) -> list[int]:
    with database.transaction(url) as connection:
        return list(connection.scalars(select(ledger_queue.c.seq).order_by(ledger_queue.c.seq)))


def insert(url: str, events) -> int:
    with database.transaction(url) as connection:
        return insert_events(connection, events, recorded_at=NOON)


def strange_events(prefix: str) -> Iterator[Event]:
    zones = [UTC, timezone(timedelta(hours=5, minutes=30)), timezone(timedelta(hours=-11))]
    for number in range(MANY):
        word = STRANGE[number % len(STRANGE)]
        yield Event(
            event_id=f"{prefix}{number}{word}",
            type=word,
            state=word,
            dag_id=word or None,
            run_id=word,
            task_id=None,
            map_index=(None, -1, 0, 2**31 - 1)[number % 4],
            try_number=number,
            actor=word,
            witness=word,
            occurred_at=NOON.replace(tzinfo=zones[number % 3]) + timedelta(microseconds=number % 2),
            payload={"text": word, "n": number},
        )


def test_many_are_stored_as_one_by_one(store_url):
    one_by_one, at_once = list(strange_events("")), list(strange_events("+"))

    assert sum(insert(store_url, [event]) for event in one_by_one) == MANY
    assert insert(store_url, at_once) == MANY

    with database.transaction(store_url) as connection:
        rows = [tuple(row) for row in connection.execute(select(*COLUMNS).order_by(table.c.seq))]
    assert [row[-1].encode() for row in rows[MANY:]] == [event.document for event in at_once]
    assert [row[1:-1] for row in rows[:MANY]] == [row[1:-1] for row in rows[MANY:]]
    assert [row[0] for row in rows[MANY:]] == [event.event_id for event in at_once]


def test_times_are_stored_alike_down_to_the_letter(sqlite_store):
    insert(sqlite_store, some("alone"))
    insert(sqlite_store, some(*range(MANY)))

    with database.transaction(sqlite_store) as connection:
        times = connection.exec_driver_sql(
            "SELECT DISTINCT typeof(occurred_at), occurred_at, recorded_at FROM event"
        ).all()
    assert times == [("text", "2026-11-21 12:00:00.000000", "2026-11-21 12:00:00.000000")]


def test_every_new_one_is_queued_for_its_leaf(store_url):
    insert(store_url, some(*range(MANY)))
    insert(store_url, some(*range(MANY // 2, 2 * MANY)))

    with database.transaction(store_url) as connection:
        stored = list(connection.scalars(select(table.c.seq).order_by(table.c.seq)))
    assert len(stored) == 2 * MANY
    assert queued(store_url) == stored


def test_of_two_with_one_id_the_first_is_kept(store_url):
    again = an_event(5, state="another")

    assert insert(store_url, [*some(*range(MANY)), again, *some(*range(MANY))]) == MANY

    with database.transaction(store_url) as connection:
        states = connection.scalars(select(table.c.state)).all()
    assert states == [None] * MANY


@pytest.mark.parametrize("known", [[0], [MANY - 1], [7, 8, 9], list(range(MANY))])
def test_what_is_there_already_is_left_as_it_is(store_url, known):
    insert(store_url, [an_event(name, state="first") for name in known])

    assert insert(store_url, some(*range(MANY))) == MANY - len(known)

    assert sorted(ids(store_url)) == sorted(map(str, range(MANY)))
    with database.transaction(store_url) as connection:
        states = connection.scalars(select(table.c.state)).all()
    assert states.count("first") == len(known)


def test_known_ones_between_several_batches_cost_none_of_the_others(store_url, monkeypatch):
    monkeypatch.setattr("airflow_gov_provider.store.events.rows._BATCH", 100)
    insert(store_url, some(150, 420))

    assert insert(store_url, iter(some(*range(530)))) == 528

    assert sorted(map(int, ids(store_url))) == list(range(530))


def test_a_transaction_that_is_rolled_back_leaves_nothing(store_url):
    with database.engine_for(store_url).connect() as connection:
        insert_events(connection, some(*range(MANY)), recorded_at=NOON)
        connection.rollback()

    assert ids(store_url) == queued(store_url) == []


def test_the_callers_savepoint_undoes_just_what_came_after_it(store_url):
    with database.transaction(store_url) as connection:
        insert_events(connection, some(*range(MANY)), recorded_at=NOON)
        savepoint = connection.begin_nested()
        insert_events(connection, some(*range(MANY, 2 * MANY)), recorded_at=NOON)
        savepoint.rollback()
        insert_events(connection, some("last"), recorded_at=NOON)

    assert ids(store_url) == [*map(str, range(MANY)), "last"]
    assert len(queued(store_url)) == MANY + 1


def test_events_are_drawn_while_the_database_works_and_a_failure_to_draw_leaves_nothing(store_url):
    def torn() -> Iterator[Event]:
        yield from some(*range(MANY))
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        insert(store_url, torn())

    assert ids(store_url) == []


def refuse_bad(url: str) -> None:
    with database.transaction(url) as connection:
        statement = (
            "CREATE TRIGGER refuse BEFORE INSERT ON event WHEN NEW.event_id = 'bad' "
            "BEGIN SELECT RAISE(ABORT, 'no'); END"
        )
        if connection.dialect.name == "postgresql":
            statement = "ALTER TABLE event ADD CONSTRAINT refuse CHECK (event_id <> 'bad')"
        connection.exec_driver_sql(statement)


def test_where_the_database_refuses_one_in_the_middle_none_is_inserted(store_url):
    refuse_bad(store_url)

    with pytest.raises(DBAPIError):
        insert(store_url, some(*range(MANY), "bad", "after"))

    assert ids(store_url) == queued(store_url) == []


def test_a_refused_batch_leaves_the_transaction_usable(store_url):
    refuse_bad(store_url)
    with database.transaction(store_url) as connection:
        insert_events(connection, some("before"), recorded_at=NOON)
        with pytest.raises(DBAPIError), connection.begin_nested():
            insert_events(connection, some(*range(MANY), "bad"), recorded_at=NOON)
        insert_events(connection, some("after"), recorded_at=NOON)

    assert ids(store_url) == ["before", "after"]


def test_a_time_without_a_zone_is_refused(store_url):
    naive = Event(event_id="n", type="t", occurred_at=NOON.replace(tzinfo=None))

    with pytest.raises(ValueError, match="a time with a zone"):
        insert(store_url, [*some(*range(MANY)), naive])


def test_those_who_insert_the_same_at_the_same_time_insert_each_once(store_url, monkeypatch):
    """In opposite orders, so that each comes to wait for the other."""
    monkeypatch.setattr("airflow_gov_provider.store.events.rows._BATCH", 100)
    rounds, both = 5, threading.Barrier(2)
    new: list[int] = []

    def bring(*, backwards: bool) -> None:
        for turn in range(rounds):
            events = some(*(f"{turn}-{number}" for number in range(100)))
            both.wait()
            new.append(insert(store_url, reversed(events) if backwards else events))

    threads = [
        threading.Thread(target=bring, kwargs={"backwards": backwards})
        for backwards in (False, True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(new) == 2 * rounds
    assert sum(new) == 100 * rounds
    assert len(ids(store_url)) == len(set(ids(store_url))) == 100 * rounds
    assert len(queued(store_url)) == 100 * rounds


@pytest.mark.parametrize("between", [[], range(MANY)], ids=["few", "many"])
def test_nobody_who_inserts_in_another_order_than_others_is_ended(postgres_url, between):
    """Each has inserted its first when it comes to wait for the one in the middle."""
    database.migrate(postgres_url)
    few, others = some("a", "m", "z"), some("z", *between, "m", "a")
    with (
        ThreadPoolExecutor(2) as pool,
        database.engine_for(postgres_url).connect() as first,
    ):
        insert_events(first, some("m"), recorded_at=NOON)
        waiting = [pool.submit(insert, postgres_url, events) for events in (few, others)]
        _until_someone_waits(postgres_url, people=2)
        first.rollback()
        counted = [one.result() for one in waiting]

    assert sum(counted) == len(ids(postgres_url)) == 3 + len(between)


def test_prepared_rows_are_stored_as_their_events_are(store_url):
    events = list(strange_events(""))
    twice = [*events, events[0]]
    rows = copy_rows(twice, recorded_at=NOON)

    with database.transaction(store_url) as connection:
        assert insert_events(connection, twice, recorded_at=NOON, rows=rows) == MANY
        assert insert_events(connection, twice, recorded_at=NOON, rows=rows) == 0
        found = connection.execute(select(table.c.document).order_by(table.c.seq)).scalars()
        assert [document.encode() for document in found] == [event.document for event in events]


@pytest.mark.parametrize("known", [[], ["b"]])
def test_few_and_many_keep_the_order_in_which_they_came(store_url, known):
    insert(store_url, some(*known))

    insert(store_url, some("z", "a", *range(MANY, 0, -1), "m"))
    insert(store_url, some("y", "b", "x"))

    expected = [*known, "z", "a", *map(str, range(MANY, 0, -1)), "m", "y", "b", "x"]
    assert ids(store_url) == list(dict.fromkeys(expected))


def test_one_who_waits_for_another_takes_in_what_that_one_leaves(postgres_url):
    database.migrate(postgres_url)
    with database.engine_for(postgres_url).connect() as first:
        insert_events(first, some(3), recorded_at=NOON)
        counted: list[int] = []
        second = threading.Thread(
            target=lambda: counted.append(insert(postgres_url, some(*range(MANY))))
        )
        second.start()
        _until_someone_waits(postgres_url)
        first.commit()
        second.join()

    assert counted == [MANY - 1]
    assert sorted(map(int, ids(postgres_url))) == list(range(MANY))


def _until_someone_waits(url: str, *, people: int = 1) -> None:
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    while True:
        with database.transaction(url) as connection:
            if int(connection.exec_driver_sql(waiting).scalar_one()) >= people:
                return


def test_another_driver_takes_the_slow_way(store_url, monkeypatch):
    monkeypatch.setattr("airflow_gov_provider.store.events.rows.takes_many", lambda _: False)
    monkeypatch.setattr(event_bulk, "insert_unknown", None)

    assert insert(store_url, some(*range(MANY), 1, 2)) == MANY
