"""Leaves and events read side by side: whatever order they came in, and however they are written."""

from __future__ import annotations

import json
import random
import shutil
import struct
from datetime import datetime, timedelta

import pytest
from fakes.tampering import unguarded
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select, update

from airflow_gov_provider.domain.events import Event
from airflow_gov_provider.domain.ledger import notes
from airflow_gov_provider.store import database
from airflow_gov_provider.store.audit import rows as audit_rows
from airflow_gov_provider.store.audit.columns import column_that_differs, suspects
from airflow_gov_provider.store.audit.reading import reader_of
from airflow_gov_provider.store.audit.rows import REPEATED, SealedRows
from airflow_gov_provider.store.audit.whole import audit
from airflow_gov_provider.store.events.rows import insert_events
from airflow_gov_provider.store.evidence.rows import insert_evidence
from airflow_gov_provider.store.ledger import tree as ledger
from airflow_gov_provider.store.ledger.anchors import Anchor
from airflow_gov_provider.store.ledger.keyring import Keyring
from airflow_gov_provider.store.tables import checkpoint, event, evidence, leaf, ledger_node
from tests.unit.api.conftest import NOON, happening
from tests.unit.api.conftest import evidence as an_evidence

NAME = "ledger.test"
KEYS = Keyring(signer=notes.SignerKey(NAME, bytes(range(32))))


def seal(url: str, limit: int = ledger.BATCH) -> ledger.StoredCheckpoint | None:
    with database.transaction(url) as connection:
        ledger.lock(connection)
        return ledger.seal(connection, KEYS, origin=NAME, now=NOON, limit=limit)


def read(url: str, **options):
    with database.transaction(url) as connection:
        return audit(connection, KEYS, **options)


@pytest.mark.parametrize("batch", [1, 7, 50, 5000])
def test_events_meet_their_leaves_in_whatever_order_they_were_sealed(store_url, monkeypatch, batch):
    monkeypatch.setattr(audit_rows, "BATCH", batch)
    monkeypatch.setattr(audit_rows, "_MOST_WAITING", 4 * batch)
    with database.transaction(store_url) as connection:
        insert_events(connection, map(happening, range(120)), recorded_at=NOON)
    seal(store_url)
    moved = list(range(1000, 1120))
    random.Random(batch).shuffle(moved)  # noqa: S311 - any order will do
    with database.transaction(store_url) as connection, unguarded(connection):
        for number, seq in enumerate(moved):  # what a queue with late commits leaves behind
            where = event.c.event_id == happening(number).event_id
            connection.execute(update(event).where(where).values(seq=seq))

    with database.transaction(store_url) as connection:
        ledger.snapshot(connection)
        rows = SealedRows(reader_of(connection), 0, 120)
        found = [row for _, events in rows.batches() for row in events]

    assert [row[audit_rows.EVENT_ID] for row in found] == [
        happening(n).event_id for n in range(120)
    ]
    assert read(store_url).problems == ()


def test_what_arrives_in_order_is_not_looked_up_one_by_one(store_url, monkeypatch):
    monkeypatch.setattr(audit_rows, "BATCH", 10)
    with database.transaction(store_url) as connection:
        insert_events(connection, map(happening, range(100)), recorded_at=NOON)
    seal(store_url)

    with database.transaction(store_url) as connection:
        ledger.snapshot(connection)
        for start in (0, 35):
            rows = SealedRows(reader_of(connection), start, 100)
            assert sum(len(events) for _, events in rows.batches()) == 100 - start
            assert rows.looked_up == 0


@pytest.mark.parametrize(
    "when", [NOON, NOON + timedelta(microseconds=1), NOON + timedelta(milliseconds=500)]
)
def test_times_agree_however_many_digits_they_have(store_url, when):
    happened = Event(event_id="1", type="t", occurred_at=when, actor='a "quoted" ä\\\n name')
    with database.transaction(store_url) as connection:
        insert_events(connection, [happened], recorded_at=NOON)
    seal(store_url)

    assert read(store_url).problems == ()


def a_row(document: str, **columns):
    """The row that fits the document, but for these columns."""
    content = json.loads(document)
    time = datetime.fromisoformat(content["occurred_at"]).isoformat(timespec="microseconds")
    shown = {name: content[name] for name in REPEATED} | {"occurred_at": time} | columns
    return (1, document.encode(), *(shown[name] for name in REPEATED))


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
optional = st.none() | texts
counts = st.none() | st.integers(-(2**31), 2**31)


@st.composite
def rows(draw):
    happened = Event(
        event_id=draw(texts),
        type=draw(texts),
        witness=draw(texts),
        occurred_at=NOON + timedelta(microseconds=draw(st.integers(0, 10**7))),
        **{name: draw(optional) for name in ("state", "dag_id", "run_id", "task_id", "actor")},
        **{name: draw(counts) for name in ("map_index", "try_number")},
        payload=draw(st.dictionaries(texts, texts | counts | st.lists(texts), max_size=3)),
    )
    document = happened.document.decode()
    time = happened.occurred_at.isoformat(timespec="microseconds")
    columns = {}
    if draw(st.booleans()):
        name = draw(st.sampled_from(REPEATED))
        others = {
            "map_index": counts,
            "try_number": counts,
            "occurred_at": st.just(time[:-7] + "9+00:00"),
        }
        columns[name] = draw(others.get(name, optional))
    return a_row(document, **columns)


@given(st.lists(rows(), min_size=1, max_size=4))
@settings(max_examples=300)
def test_the_fast_comparison_lets_no_difference_pass(some):
    differing = [at for at, row in enumerate(some) if column_that_differs(row) is not None]

    assert set(differing) <= set(suspects(some))


leaf_rows = st.lists(
    st.tuples(
        st.integers(-3, 9),
        st.text(",ab", max_size=3),
        st.binary(min_size=31, max_size=33) | st.binary(min_size=32, max_size=32),
    ),
    min_size=1,
    max_size=4,
)
in_order = st.integers(0, 2**40).flatmap(
    lambda first: st.integers(1, 4).map(
        lambda count: [(first + at, f"id-{at}", bytes([at]) * 32) for at in range(count)]
    )
)


@given(leaf_rows | in_order)
@settings(max_examples=300)
def test_leaves_that_come_joined_are_those_that_are_there_or_are_read_one_by_one(some):
    indexes, ids, hashes = zip(*some, strict=True)
    plain = (
        indexes == tuple(range(indexes[0], indexes[0] + len(some)))
        and {len(content) for content in hashes} == {32}
        and not any("," in name for name in ids)
    )

    found = audit_rows._taken_apart(
        struct.pack(f">{len(some)}q", *indexes),
        ",".join(ids).encode(),
        b"".join(hashes),
        all(len(content) == 32 for content in hashes),
    )

    assert found == ((indexes, ids, hashes) if plain else None)


def test_a_byte_that_went_from_one_leaf_hash_to_the_next_is_found(store_url):
    with database.transaction(store_url) as connection:
        insert_events(connection, map(happening, range(6)), recorded_at=NOON)
    seal(store_url)
    with database.transaction(store_url) as connection, unguarded(connection):
        at = leaf.c.leaf_index
        one, two = connection.scalars(select(leaf.c.leaf_hash).where(at.in_([2, 3])).order_by(at))
        for index, content in ((2, one[:-1]), (3, one[-1:] + two)):
            connection.execute(update(leaf).where(at == index).values(leaf_hash=content))

    named = {problem.leaf_index for problem in read(store_url).problems}

    assert {2, 3} <= named


PLAIN = happening(1).document.decode()


@pytest.mark.parametrize(
    ("document", "name"),
    [
        (PLAIN, None),
        (PLAIN.replace('"payload":{', '"dag_id":"other","payload":{'), "dag_id"),
        (PLAIN.replace(',"witness":', ',"dag_id":"other","witness":'), "dag_id"),
        (PLAIN.replace('"payload":{', '"\\u0064ag_id":"other","payload":{'), "dag_id"),
        (PLAIN.replace('"payload":', '"payload" : '), None),
        (PLAIN[:-1], "document"),
        (PLAIN + "{}", "document"),
        (PLAIN.replace('"actor"', '"akteur"'), "document"),
        (PLAIN.replace('"payload":{', '"payload":{"x":NaN,'), None),
        (PLAIN.replace('"payload":{', '"payload":{"x":tru,'), "document"),
    ],
)
def test_a_document_says_what_json_says(document, name):
    row = (1, document.encode(), *a_row(PLAIN)[2:])

    assert column_that_differs(row) == name
    assert suspects([a_row(PLAIN), row]) or name is None


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A sealed ledger of 300 events, one of them of evidence, and its anchors."""
    file = tmp_path_factory.mktemp("audit") / "ledger.db"
    url = f"sqlite:///{file}"
    database.migrate(url)
    with database.transaction(url) as connection:
        insert_events(connection, map(happening, range(299)), recorded_at=NOON)
        insert_evidence(connection, an_evidence(1))
    made = [seal(url, 150), seal(url)]
    with database.transaction(url) as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.engine_for(url).dispose()
    return file, [Anchor(line=n, anchored_at=NOON, note=one.note) for n, one in enumerate(made, 1)]


# Where a row is in the order of arrival, and when it was stored, is nowhere signed.
CHANGEABLE = {
    event: [c for c in event.c if c.name not in {"seq", "recorded_at"}],
    leaf: list(leaf.c),
    ledger_node: list(ledger_node.c),
    checkpoint: [checkpoint.c.note, checkpoint.c.compact_range, checkpoint.c.size],
    evidence: list(evidence.c),
}


places = st.integers(0, 299)


@st.composite
def changes(draw):
    table = draw(st.sampled_from(list(CHANGEABLE)))
    how = draw(st.sampled_from(["edit", "delete", "exchange"]))
    column = draw(st.sampled_from(CHANGEABLE[table]))
    return table, how, column, draw(places), draw(places), draw(texts)


def other(value: object, word: str) -> object:
    if isinstance(value, int):
        return value + 1000 + len(word)
    if isinstance(value, bytes):
        return value[:-1] + bytes([value[-1] ^ (1 + len(word))])
    if value is None or isinstance(value, str):
        return f"{value or ''}{word}x"
    return value + timedelta(microseconds=1 + len(word))


def apply(change, url: str) -> None:
    table, how, column, one, two, word = change
    keys = list(table.primary_key)
    with database.transaction(url) as connection, unguarded(connection):
        stored = connection.execute(select(table).order_by(*keys)).mappings().all()
        first, second = stored[one % len(stored)], stored[two % len(stored)]
        if table is checkpoint and how == "delete":
            first = stored[-1]  # that an older one is not kept any more changes nothing

        def at(row):
            return [key == row[key.name] for key in keys]

        if how == "delete":
            connection.execute(delete(table).where(*at(first)))
        elif how == "edit" or first[column.name] == second[column.name]:
            values = {column.name: other(first[column.name], word)}
            connection.execute(update(table).where(*at(first)).values(values))
        else:
            connection.execute(delete(table).where(*at(first)))
            connection.execute(delete(table).where(*at(second)))
            changed = [dict(first), dict(second)]
            for row, source in zip(changed, (second, first), strict=True):
                row[column.name] = source[column.name]
            connection.execute(insert(table), changed)


@given(changes())
@example((leaf, "exchange", leaf.c.event_id, 0, 299, ""))
@settings(max_examples=150, deadline=None)
def test_every_single_change_is_found_by_whoever_holds_an_anchor(
    template, tmp_path_factory, change
):
    file, anchors = template
    copy = tmp_path_factory.mktemp("changed") / "ledger.db"
    shutil.copy(file, copy)
    url = f"sqlite:///{copy}"
    apply(change, url)

    report = read(url, anchors=anchors)
    database.engine_for(url).dispose()

    assert report.problems, f"{change} was not found"


def test_a_document_that_is_no_text_any_more_is_found_and_stops_nothing(sqlite_store):
    """SQLite keeps whatever it is given; its driver refuses to read such a text."""
    with database.transaction(sqlite_store) as connection:
        insert_events(connection, map(happening, range(3)), recorded_at=NOON)
    seal(sqlite_store)
    with database.transaction(sqlite_store) as connection, unguarded(connection):
        damage = "UPDATE event SET document = CAST(x'7bff' AS TEXT) WHERE seq = 2"
        connection.exec_driver_sql(damage)

    (problem,) = read(sqlite_store).problems
    assert (problem.leaf_index, problem.seq) == (1, 2)
    assert "it was changed" in problem.what
