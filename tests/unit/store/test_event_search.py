"""Searching events, on SQLite and PostgreSQL: what the index says is what comparing every row says."""

from __future__ import annotations

import itertools
import random
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select, text

from airflow_gov_provider.domain.events import Event
from airflow_gov_provider.domain.words import folded, phrases, words
from airflow_gov_provider.exceptions import ArgumentInvalid
from airflow_gov_provider.store import database
from airflow_gov_provider.store.events.rows import insert_events
from airflow_gov_provider.store.ledger import tree as ledger
from airflow_gov_provider.store.search import index as search_index
from airflow_gov_provider.store.search import pages as event_search
from airflow_gov_provider.store.search import walk as search_walk
from airflow_gov_provider.store.search.blocks import bits_of
from airflow_gov_provider.store.search.pages import EventFilter, page_of_events
from airflow_gov_provider.store.tables import event as table
from airflow_gov_provider.store.tables import search_block

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
ERA = 1 << 20
CHUNK = 1 << 16

STATES = ["running", "success", "failed", None]
DAGS = [f"dag_{number}" for number in range(20)]
ACTORS = ["ada", "Ben Óg", None, None]
NOTES = [
    "retrained on s3://bucket/Census-2026.csv",
    "Größe ≤ 5 \n İstanbul 300 K",
    'a "quoted\\path" and\ttabs',
    "drift alarm",
]


@cache
def at(number: int) -> Event:
    """The event with this sequence number: unlike its neighbours, and like itself at each call."""
    category = ("task_instance", "dag_run", "override")[number % 7 % 3]
    state = STATES[number // 3 % 4]
    dag_id = None if number % 23 == 0 else DAGS[number // 5 % 20 if number < ERA else number % 3]
    return Event(
        event_id=f"{number:064x}",
        type=f"{category}.{state or 'marked'}",
        state=state,
        dag_id=dag_id,
        run_id=f"run_{number // 100}",
        task_id=f"task_{number % 4}" if category == "task_instance" else None,
        map_index=number % 5 - 1,
        try_number=number % 3 + 1,
        actor=ACTORS[number // 7 % 4],
        witness="airflow" if number % 11 == 0 else "listener",
        # Some events arrive an hour late.
        occurred_at=NOON + timedelta(seconds=number // 10 - (3600 if number % 9 == 0 else 0)),
        payload={"note": NOTES[number // 2 % 4], "rows": number % 50, "nested": [{"deep": "Tief"}]},
    )


# Enough in one chunk for bitmaps, an era that is complete, a chunk and shorter stretches that
# belong to none, and a rest that is not indexed.
NUMBERS = [
    *range(1, 400),
    *range(CHUNK * 3, CHUNK * 3 + 2600),
    *range(ERA - 300, ERA + 300),
    *range(ERA + CHUNK * 2 + 4000, ERA + CHUNK * 2 + 4600),
    ERA + CHUNK * 3 - 1,
    ERA + CHUNK * 3 + 4096,
    *range(ERA + CHUNK * 3 + 4096 + 700, ERA + CHUNK * 3 + 4096 + 900),
]


def put(connection, numbers):
    rows = []
    for number in numbers:
        event = at(number)
        columns = {name: getattr(event, name) for name in Event.__slots__ if name != "payload"}
        rows.append(
            {"seq": number, **columns, "recorded_at": NOON, "document": event.document.decode()}
        )
    for start in range(0, len(rows), 500):
        connection.execute(insert(table), rows[start : start + 500])
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT setval('event_seq_seq', (SELECT max(seq) FROM event))"))


def index(connection):
    below = search_index.settled(connection)
    while search_index.index_next(connection, below) or search_index.join_era(connection):
        pass


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def indexed(request, tmp_path_factory):
    """A database with events that are indexed at every level."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('search') / 'governance.db'}"
    else:
        from sqlalchemy import create_engine
        from sqlalchemy.engine import make_url

        server = request.getfixturevalue("postgres_server")
        admin = create_engine(server, isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.execute(text("DROP DATABASE IF EXISTS search WITH (FORCE)"))
            connection.execute(text("CREATE DATABASE search"))
        admin.dispose()
        url = make_url(server).set(database="search").render_as_string(hide_password=False)
    database.migrate(url)
    with database.transaction(url) as connection:
        put(connection, NUMBERS)
    with database.transaction(url) as connection:
        index(connection)
    with database.transaction(url) as connection:
        yield connection
    database.engine_for(url).dispose()


def matches(event: Event, wanted: EventFilter) -> bool:
    comparing = {
        "dag_ids": lambda value: event.dag_id in value,
        "category": lambda value: event.type.split(".")[0] == value,
        "without_type": lambda value: event.type != value,
        "since": lambda value: event.occurred_at >= value,
        "until": lambda value: event.occurred_at < value,
        "q": lambda value: has(event, value),
    }
    asked = {field.name: getattr(wanted, field.name) for field in fields(wanted)}
    return all(
        comparing[name](value) if name in comparing else getattr(event, name) == value
        for name, value in asked.items()
        if value is not None
    )


def texts_in(value):
    """Every text, key and number."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from texts_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts_in(item)
    else:
        yield str(value)


@cache
def pieces_at(event_id: str) -> list[list[str]]:
    event = at(int(event_id, 16))
    names = ("event_id", "type", "state", "dag_id", "run_id", "task_id", "actor", "witness")
    texts = [getattr(event, name) for name in names] + list(texts_in(dict(event.payload)))
    pieces = [piece for text in texts if text for piece in text.replace('"', " ").split()]
    return [words(folded(piece)) for piece in pieces]


def has(event: Event, query: str) -> bool:
    return all(
        any(
            list(phrase) == piece[start : start + len(phrase)]
            for piece in pieces_at(event.event_id)
            for start in range(len(piece))
        )
        for phrase in phrases(query)
    )


def all_pages(connection, wanted, *, limit=50):
    found, before = [], None
    while True:
        page = page_of_events(connection, wanted, before=before, limit=limit)
        assert len(page.items) <= limit
        found += page.items
        if page.next_cursor is None:
            return found
        assert before is None or int(page.next_cursor) < before
        before = int(page.next_cursor)


def optional(strategy):
    return st.none() | strategy


QUERIES = [
    "retrained", "RETRAINED s3://bucket", "census-2026", "2026-census", "größe", "istanbul", "300 k",
    "quoted\\path", "nquoted", "tief", "run_3", "dag", "17", f"{ERA:064x}", "nowhere", "drift dag_1",
    "deep 3", "drift-alarm", "retrained-on", "note-drift", 'a"quoted', "path-and", "task_instance.failed", "ben óg",
]  # fmt: skip
MOMENTS = st.sampled_from([0, 1, 10, 5_000, 19_700, 100_000, 104_857, 118_000]).flatmap(
    lambda second: st.integers(-3, 300).map(lambda more: NOON + timedelta(seconds=second + more))
)
FILTERS = st.builds(
    EventFilter,
    dag_ids=optional(st.sets(st.sampled_from([*DAGS, "unknown"]), max_size=20)),
    dag_id=optional(st.sampled_from([*DAGS[:4], "dag_x"])),
    run_id=optional(st.sampled_from(["run_1", "run_1968", f"run_{ERA // 100}", "run_x"])),
    task_id=optional(st.sampled_from(["task_0", "task_3"])),
    map_index=optional(st.sampled_from([-1, 3])),
    try_number=optional(st.sampled_from([1, 3])),
    type=optional(st.sampled_from(["task_instance.failed", "override.marked", "task_instance"])),
    category=optional(st.sampled_from(["task_instance", "override", "task"])),
    without_type=optional(st.sampled_from(["task_instance.failed", "override.marked"])),
    state=optional(st.sampled_from(["failed", "success", "odd"])),
    actor=optional(st.sampled_from(["ada", "Ben Óg"])),
    witness=optional(st.sampled_from(["airflow", "listener"])),
    q=optional(st.sampled_from(QUERIES)),
    since=optional(MOMENTS),
    until=optional(MOMENTS),
)


def few_fields(wanted, kept):
    """Filters of all fields at once find nothing; two or three of them tell more."""
    names = [field.name for field in fields(EventFilter)]
    dropped = {name: None for place, name in enumerate(names) if place not in kept}
    return replace(wanted, **dropped)


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    wanted=FILTERS,
    kept=st.sets(st.integers(0, len(fields(EventFilter)) - 1), min_size=1, max_size=3),
    limit=st.sampled_from([7, 50, 1000]),
    budget=st.sampled_from([0, 60_000, 1_000_000]),
)
def test_any_filters_find_what_comparing_every_event_finds(indexed, wanted, kept, limit, budget):
    wanted = few_fields(wanted, kept)
    expected = [at(number) for number in reversed(NUMBERS) if matches(at(number), wanted)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(event_search, "_BUDGET", budget)
        found = all_pages(indexed, wanted, limit=limit)

    assert [item.event for item in found] == expected


@pytest.mark.parametrize("limit", [1, 1000])
def test_no_filter_is_every_event(indexed, limit):
    found = page_of_events(indexed, EventFilter(), limit=limit)

    assert [item.seq for item in found.items] == NUMBERS[::-1][:limit]


def test_an_era_that_is_half_joined_is_searched_all_the_same(empty_store_url):
    database.migrate(empty_store_url)
    numbers = [*range(1, 300), *range(CHUNK, CHUNK + 1500), *range(ERA + 1, ERA + 10)]
    with database.transaction(empty_store_url) as connection:
        put(connection, numbers)
        while search_index.index_next(connection, ERA + 10):
            pass
        assert search_index.join_era(connection)

        for wanted in (EventFilter(state="failed"), EventFilter(q="census-2026")):
            expected = [n for n in reversed(numbers) if matches(at(n), wanted)]
            assert [item.seq for item in all_pages(connection, wanted)] == expected


def test_pages_hold_every_event_once_while_others_arrive_and_are_indexed(store_url):
    wanted = EventFilter(state="failed", q="drift")
    with database.transaction(store_url) as connection:
        put(connection, range(1, 5000))
    seen, before, arrived = [], None, 5000
    while True:
        with database.transaction(store_url) as connection:
            page = page_of_events(connection, wanted, before=before, limit=20)
        seen += [item.seq for item in page.items]
        if page.next_cursor is None:
            break
        before = int(page.next_cursor)
        with database.transaction(store_url) as connection:
            put(connection, range(arrived, arrived + 10))
            search_index.index_next(connection, arrived + 10)
        arrived += 10

    assert seen == [n for n in reversed(range(1, 5000)) if matches(at(n), wanted)]
    assert arrived > 5000


def test_a_reader_in_the_middle_of_a_search_is_not_shown_half_an_index(store_url):
    wanted = EventFilter(state="failed", q="drift")
    expected = [n for n in reversed(range(1, 4100)) if matches(at(n), wanted)]
    with database.transaction(store_url) as connection:
        put(connection, range(1, 4100))
        for _ in range(15):
            search_index.index_next(connection, 256 * 15)
    with database.transaction(store_url) as reading:
        ledger.snapshot(reading)
        first = page_of_events(reading, wanted, limit=10)
        with database.transaction(store_url) as connection:
            index(connection)  # which joins the short stretches to a long one
            assert search_index.levels(connection).complete[1] == 1
        rest = page_of_events(reading, wanted, before=int(first.next_cursor), limit=1000)

    assert [item.seq for item in (*first.items, *rest.items)] == expected


def test_an_event_that_commits_after_later_ones_is_found(postgres_url):
    database.migrate(postgres_url)
    engine = database.engine_for(postgres_url)
    with engine.connect() as slow:
        insert_events(slow, [replace(at(1), actor="slow")], recorded_at=NOON)
        with database.transaction(postgres_url) as connection:
            others = [at(number) for number in range(2, 700)]
            insert_events(connection, others, recorded_at=NOON)
        with database.transaction(postgres_url) as connection:
            below = search_index.settled(connection, patience=0.05)
            while search_index.index_next(connection, below):
                pass
            unsettled = search_index.levels(connection).covered
        slow.commit()
    with database.transaction(postgres_url) as connection:
        index(connection)
        found = page_of_events(connection, EventFilter(actor="slow"))

        assert (below, unsettled) == (0, 0)
        assert search_index.levels(connection).covered == 512
        assert [item.seq for item in found.items] == [1]


def test_whoever_indexes_later_than_another_changes_nothing(store_url):
    with database.transaction(store_url) as connection:
        put(connection, range(1, 600))
    with database.transaction(store_url) as connection:
        before = search_index.levels(connection)
        assert search_index.index_next(connection, 600) == 256
        assert not search_index._is_still(connection, before)
    with database.transaction(store_url) as connection:
        found = all_pages(connection, EventFilter(state="failed"))

    assert len(found) == sum(at(n).state == "failed" for n in range(1, 600))


def test_the_dags_of_indexed_events_and_of_others_are_known(store_url):
    with database.transaction(store_url) as connection:
        assert search_index.event_dag_ids(connection) == frozenset()
        put(connection, range(1, 300))
        index(connection)
        new = replace(at(1), event_id="f" * 64, dag_id="new")
        insert_events(connection, [new], recorded_at=NOON)

        assert search_index.event_dag_ids(connection) == {*DAGS, "new"}


def test_dags_are_known_where_nothing_was_indexed_for_long(store_url, monkeypatch):
    monkeypatch.setattr(search_index, "_LONGEST_TAIL", 10)
    with database.transaction(store_url) as connection:
        put(connection, range(1, 300))

        assert search_index.event_dag_ids(connection) == frozenset(DAGS)


# By whether they find the payload below.
FOUND = ["two", "one,two", "1,2", "tab", 'say"so', "c:\\temp\\file", "temp/file", "true", "hidden"]
NOT_FOUND = ["tabbed", "ntab", "filetab", "elsewhere", "κelvin", "so-list"]


@pytest.mark.parametrize("is_indexed", [False, True])
def test_words_are_found_as_they_are_read_and_not_as_json_writes_them(store_url, is_indexed):
    payload = {
        "path": "c:\\temp\\file\ttab",
        "said": 'they say "so"',
        "list": ["one,two", 1, 2],
        "flag": True,
        "odd": {"payload": 'x "payload":{"run_id": "y"},"run_id":"z"', "run_id": "hidden"},
    }
    with database.transaction(store_url) as connection:
        put(connection, range(1, 256))
        insert_events(connection, [replace(at(256), payload=payload)], recorded_at=NOON)
        put(connection, range(257, 600))
        if is_indexed:
            index(connection)
        found = {
            query
            for query in FOUND + NOT_FOUND
            if 256 in [one.seq for one in page_of_events(connection, EventFilter(q=query)).items]
        }

    assert found == set(FOUND)


def test_a_damaged_document_is_found_by_its_columns(store_url):
    with database.transaction(store_url) as connection:
        put(connection, range(1, 300))
        damaged = {"seq": 300, "event_id": "d" * 64, "type": "task_instance.odd", "witness": "w"}
        times = {"occurred_at": NOON, "recorded_at": NOON}
        connection.execute(insert(table).values(**damaged, **times, document="{"))
        put(connection, range(301, 600))
        index(connection)

        for wanted in (EventFilter(type="task_instance.odd"), EventFilter(witness="w")):
            [found] = page_of_events(connection, wanted).items
            assert (found.seq, found.event.payload) == (300, {"unreadable": True})


def test_events_without_an_index_are_found_in_pages_of_bounded_work(store_url, monkeypatch):
    monkeypatch.setattr(event_search, "_TAIL", 100)
    with database.transaction(store_url) as connection:
        put(connection, range(1, 500))

        first = page_of_events(connection, EventFilter(actor="nobody"))
        found = all_pages(connection, EventFilter(run_id="run_0"))

    assert (first.items, first.next_cursor) == ([], "400")
    assert [item.seq for item in found] == list(reversed(range(1, 100)))


@pytest.mark.parametrize("query", ["", " ", '-- "', "_" * 10])
def test_a_query_without_a_word_is_refused(store_url, query):
    with (
        database.transaction(store_url) as connection,
        pytest.raises(ValueError, match="expected at least one letter or digit"),
    ):
        page_of_events(connection, EventFilter(q=query))


def test_an_export_cannot_be_filtered_by_words():
    with pytest.raises(ArgumentInvalid, match="without q"):
        event_search.filtered(select(table), EventFilter(q="x"))


@pytest.mark.parametrize("budget", [0, 70_000, 1_000_000])
def test_bitmaps_of_many_chunks_are_walked_whatever_is_read_at_once(store_url, budget):
    draw, chunks, names = random.Random(budget), 40, (1, 2)  # noqa: S311
    rows: dict[int, set[int]] = {name: set() for name in names}
    with database.transaction(store_url) as connection:
        for name, segment in itertools.product(names, range(chunks)):
            if draw.random() < 0.7:
                some = draw.sample(range(12), 5)
                rows[name].update(segment * CHUNK + row for row in some)
                put_block(connection, search_index.BITMAP, name, segment, bits_of(some))
        for level, complete in enumerate((chunks << 8, chunks << 4, chunks, chunks >> 4)):
            connection.execute(
                text("UPDATE search_state SET complete = :complete WHERE level = :level"),
                {"level": level, "complete": complete},
            )
        state, found, below = search_index.levels(connection), [], chunks * CHUNK
        wanted = search_walk.Wanted(terms=[[name] for name in names])
        while below:
            walk = search_walk.Walk(
                connection, state, wanted, below=below, budget=search_walk.Budget(budget)
            )
            found += walk
            assert walk.position < below
            below = walk.position

    assert found == sorted(rows[1] & rows[2], reverse=True)


def put_block(connection, kind, slot, segment, bits):
    data = bits.to_bytes(CHUNK // 8, "little")
    connection.execute(
        insert(search_block).values(kind=kind, slot=slot, segment=segment, data=data)
    )


@given(st.sets(st.tuples(st.integers(0, 3), st.integers(0, 12))))
def test_runs_are_the_same_places(places):
    runs = list(search_walk._runs(places))

    assert {(name, at) for name, first, last in runs for at in range(first, last + 1)} == places
    assert len({(name, last + 1) for name, _, last in runs} & places) == 0
