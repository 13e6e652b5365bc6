"""Sealing, on SQLite and PostgreSQL: nothing lost, nothing doubled, and nothing signed that is wrong."""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from fakes.tampering import unguarded
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from airflow_gov_provider.domain.events import Event
from airflow_gov_provider.domain.ledger import merkle, notes, proofs
from airflow_gov_provider.exceptions import LedgerBroken, LedgerInvalid
from airflow_gov_provider.store import database
from airflow_gov_provider.store.events.rows import insert_events
from airflow_gov_provider.store.ledger import tree as ledger
from airflow_gov_provider.store.ledger.keyring import Keyring
from airflow_gov_provider.store.tables import checkpoint, event, leaf, ledger_queue

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
NAME = "ledger.test"
KEYS = Keyring(signer=notes.SignerKey(NAME, bytes(range(32))))


def an_event(number: int) -> Event:
    return Event(
        event_id=f"{number:064d}",
        type="task_instance.running",
        occurred_at=NOON + timedelta(seconds=number),
        payload={"number": number, "text": "ä\u0000"},
    )


def arrive(url: str, *numbers: int) -> None:
    with database.transaction(url) as connection:
        insert_events(connection, map(an_event, numbers), recorded_at=NOON)


def seal(url: str, *, limit: int = ledger.BATCH, keys: Keyring = KEYS):
    with database.transaction(url) as connection:
        ledger.lock(connection)
        return ledger.seal(connection, keys, origin=NAME, now=NOON, limit=limit)


def sealed_documents(connection) -> list[str]:
    query = (
        select(event.c.document)
        .join(leaf, leaf.c.event_id == event.c.event_id)
        .order_by(leaf.c.leaf_index)
    )
    return list(connection.scalars(query))


def expected_root(url: str) -> bytes:
    with database.transaction(url) as connection:
        documents = sealed_documents(connection)
    return merkle.root_of(merkle.leaf_hash(document.encode()) for document in documents)


def test_what_arrived_is_sealed_once_in_its_order(store_url):
    arrive(store_url, 3, 1, 2)

    made = seal(store_url)

    signed, tree = made.opened(KEYS)
    assert (signed.origin, signed.size, signed.root) == (NAME, 3, expected_root(store_url))
    assert tree.root == signed.root
    with database.transaction(store_url) as connection:
        assert sealed_documents(connection) == [an_event(n).document.decode() for n in (3, 1, 2)]
    assert seal(store_url) is None


def test_batches_of_any_size_make_the_same_tree(store_url):
    arrive(store_url, *range(700))
    sizes = [seal(store_url, limit=limit).size for limit in (1, 255, 2, 300, 1000)]

    assert sizes == [1, 256, 258, 558, 700]
    with database.transaction(store_url) as connection:
        tree = ledger.StoredTree(connection)
        assert tree.root(700) == expected_root(store_url)
        for signed in ledger.checkpoints_between(connection, 0, 700):
            assert tree.root(signed.size) == signed.opened(KEYS)[0].root


def test_every_leaf_is_proven_from_what_is_stored(store_url):
    arrive(store_url, *range(600))
    root = seal(store_url).opened(KEYS)[0].root
    with database.transaction(store_url) as connection:
        tree = ledger.StoredTree(connection)
        for number in (0, 1, 255, 256, 511, 512, 599):
            index = ledger.leaf_of(connection, an_event(number).event_id)
            content = merkle.leaf_hash(an_event(number).document)
            assert proofs.verify_inclusion(
                leaf=content,
                index=index,
                size=600,
                proof=proofs.inclusion(index, 600, tree.node),
                root=root,
            )


def test_an_event_that_is_known_already_is_not_queued_again(store_url):
    arrive(store_url, 1)
    seal(store_url)
    arrive(store_url, 1)

    assert seal(store_url) is None


def test_a_transaction_that_is_rolled_back_leaves_no_leaf(store_url):
    assert not written(store_url, [1], fails=True)
    arrive(store_url, 2)

    assert seal(store_url).size == 1


def test_an_event_that_commits_late_is_not_passed_over(postgres_url):
    """Its number is smaller than those that are sealed already."""
    database.migrate(postgres_url)
    with database.transaction(postgres_url) as late:
        insert_events(late, [an_event(1)], recorded_at=NOON)
        arrive(postgres_url, 2)
        assert seal(postgres_url).size == 1

    assert seal(postgres_url).size == 2


def written(url: str, numbers: list[int], *, fails: bool) -> bool:
    """One transaction of a writer, which may fail before its end."""
    try:
        with database.transaction(url) as connection:
            insert_events(connection, map(an_event, numbers), recorded_at=NOON)
            if fails:
                raise KeyError  # noqa: TRY301 - the transaction shall see it
    except KeyError:
        return False
    return True


def write_often(url: str, writer: int) -> list[int]:
    """What one writer has committed."""
    chance = random.Random(writer)  # noqa: S311 - no secret
    kept: list[int] = []
    for round_ in range(15):
        numbers = [writer * 10_000 + round_ * 10 + n for n in range(chance.randint(1, 5))]
        if written(url, numbers, fails=chance.random() < 0.3):
            kept += numbers
    return kept


def test_queued_events_that_lie_far_apart_are_sealed_in_order(store_url):
    arrive(store_url, *range(900))
    with database.transaction(store_url) as connection:
        seqs = connection.scalars(select(event.c.seq).order_by(event.c.seq)).all()
        connection.execute(delete(ledger_queue).where(ledger_queue.c.seq.not_in(seqs[::300])))

    assert seal(store_url).size == 3

    with database.transaction(store_url) as connection:
        assert sealed_documents(connection) == [
            an_event(number).document.decode() for number in (0, 300, 600)
        ]


@pytest.mark.parametrize("where", ["event_id", "document"])
def test_line_breaks_in_what_was_stored_do_not_move_a_leaf(store_url, where):
    """No writer of ours stores them; whoever inserts by SQL can."""
    arrive(store_url, *range(4))
    strange = {"event_id": "a\nb\\\t\r", "type": "t", "witness": "w", "document": '{"a":1}'}
    strange |= {"occurred_at": NOON, "recorded_at": NOON}
    if where == "document":
        strange |= {"event_id": "c", "document": '{"a":\n1}\n'}
    with database.transaction(store_url) as connection:
        connection.execute(insert(event), strange)
    arrive(store_url, *range(4, 8))

    made = seal(store_url)

    signed, _ = made.opened(KEYS)
    assert (signed.size, signed.root) == (9, expected_root(store_url))
    with database.transaction(store_url) as connection:
        assert sealed_documents(connection)[4] == strange["document"]
        assert ledger.leaf_of(connection, strange["event_id"]) == 4


def test_many_writers_and_two_sealers_lose_and_double_nothing(store_url):
    writing = threading.Event()
    writing.set()

    def keep_sealing() -> None:
        while writing.is_set():
            seal(store_url, limit=7)

    with ThreadPoolExecutor(6) as pool:
        sealers = [pool.submit(keep_sealing) for _ in range(2)]
        writers = [pool.submit(write_often, store_url, number) for number in range(4)]
        kept = [number for writer in writers for number in writer.result()]
        writing.clear()
        for sealer in sealers:
            sealer.result()
    seal(store_url)

    with database.transaction(store_url) as connection:
        indexes = list(connection.scalars(select(leaf.c.leaf_index).order_by(leaf.c.leaf_index)))
        ids = list(connection.scalars(select(leaf.c.event_id)))
        last = ledger.last_checkpoint(connection)
        assert connection.scalars(select(ledger_queue.c.seq)).all() == []
    assert indexes == list(range(len(kept)))
    assert sorted(ids) == sorted(an_event(number).event_id for number in kept)
    assert last.opened(KEYS)[0].root == expected_root(store_url)


STEPS = ["give_leaves", "dequeue", "_sign"]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("persisted", [False, True])
def test_a_crash_at_any_step_of_sealing_changes_nothing(store_url, monkeypatch, step, persisted):
    arrive(store_url, *range(300))
    seal(store_url, limit=40)
    original = getattr(ledger, step)

    def crash(*arguments):
        if persisted:
            original(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(ledger, step, crash)
    with pytest.raises(KeyboardInterrupt):
        seal(store_url)
    monkeypatch.undo()
    with database.transaction(store_url) as connection:
        state = ledger.ledger_state(connection)
    assert (state.size, state.unsealed) == (40, 260)

    assert seal(store_url).opened(KEYS)[0].root == expected_root(store_url)


def test_a_commit_whose_answer_was_lost_is_not_repeated(store_url):
    arrive(store_url, 1, 2)
    seal(store_url)  # the sealer dies here, before it hears of the commit

    assert seal(store_url) is None
    arrive(store_url, 3)
    assert seal(store_url).size == 3


# ---------------------------------------------------------------- refusals

OTHER = notes.SignerKey(NAME, bytes(32))


def forge_checkpoint(connection):
    text_ = notes.Checkpoint(NAME, 3, bytes(32)).text
    connection.execute(update(checkpoint).values(note=notes.sign(text_, OTHER)))


def flip_signature(connection):
    note = connection.scalar(select(checkpoint.c.note))
    flipped = note[:-5] + ("A" if note[-5] != "A" else "B") + note[-4:]
    connection.execute(update(checkpoint).values(note=flipped))


def swap_tree(connection):
    tree = merkle.CompactRange().extend([bytes(32)] * 3)
    connection.execute(update(checkpoint).values(compact_range=tree.to_bytes()))


def shorten_tree(connection):
    tree = merkle.CompactRange().extend([bytes(32)] * 2)
    connection.execute(update(checkpoint).values(compact_range=tree.to_bytes()))


def drop_checkpoint(connection):
    connection.execute(delete(checkpoint))


def drop_last_leaf(connection):
    connection.execute(delete(leaf).where(leaf.c.leaf_index == 2))


def add_a_leaf(connection):
    connection.execute(insert(leaf).values(leaf_index=3, event_id="x", leaf_hash=bytes(32)))


def queue_again(connection):
    connection.execute(insert(ledger_queue).values(seq=1))


@pytest.mark.parametrize(
    "change",
    [
        forge_checkpoint,
        flip_signature,
        swap_tree,
        shorten_tree,
        drop_checkpoint,
        drop_last_leaf,
        add_a_leaf,
        queue_again,
    ],
)
def test_a_tree_that_does_not_continue_the_signed_one_is_not_signed(store_url, change):
    arrive(store_url, 1, 2, 3)
    seal(store_url)
    with database.transaction(store_url) as connection, unguarded(connection):
        change(connection)
    arrive(store_url, 4)

    with pytest.raises(LedgerBroken):
        seal(store_url)

    with database.transaction(store_url) as connection:
        assert an_event(4).event_id not in connection.scalars(select(leaf.c.event_id)).all()


def test_another_name_is_refused(store_url):
    arrive(store_url, 1)
    seal(store_url)
    arrive(store_url, 2)

    with (
        pytest.raises(LedgerBroken, match="ledger_origin"),
        database.transaction(store_url) as connection,
    ):
        ledger.seal(connection, KEYS, origin="other", now=NOON)


def test_keys_that_only_verify_do_not_sign(store_url):
    arrive(store_url, 1)

    with pytest.raises(LedgerInvalid, match="no signer key here"):
        seal(store_url, keys=Keyring(trusted=KEYS.verifiers))


def test_a_key_that_was_replaced_still_vouches_for_what_it_signed(store_url):
    arrive(store_url, 1)
    seal(store_url)
    arrive(store_url, 2)

    fresh = KEYS.rotated(notes.SignerKey(NAME, bytes(32)))

    assert seal(store_url, keys=fresh).opened(fresh)[0].size == 2
    with database.transaction(store_url) as connection:
        assert ledger.checkpoint_from(connection, 1).opened(fresh)[0].size == 1


# ---------------------------------------------------------------- the database helps


@pytest.mark.parametrize(
    "table", ["event", "evidence", "vote", "leaf", "ledger_node", "checkpoint"]
)
@pytest.mark.parametrize("statement", ["UPDATE {0} SET {1} = {1}", "DELETE FROM {0}"])
def test_rows_are_neither_changed_nor_deleted(store_url, table, statement):
    from airflow_gov_provider.store.evidence.rows import insert_evidence
    from airflow_gov_provider.store.tables import metadata
    from tests.unit.api.conftest import evidence

    arrive(store_url, *range(256))
    with database.transaction(store_url) as connection:
        insert_evidence(connection, evidence(1))
        connection.execute(
            text(
                "INSERT INTO vote (vote_id, request_id, option, effective, answered_at, recorded_at)"
                " VALUES ('v', 'r', 'Approve', true, :now, :now)"
            ),
            {"now": NOON},
        )
    seal(store_url)
    column = metadata.tables[table].columns.keys()[0]

    with (
        pytest.raises(DBAPIError, match=f"rows of {table} are never changed or deleted"),
        database.transaction(store_url) as connection,
    ):
        connection.execute(text(statement.format(table, column)))


def test_a_table_of_the_ledger_is_not_truncated(postgres_url):
    database.migrate(postgres_url)
    with (
        pytest.raises(DBAPIError, match="rows of event are never changed"),
        database.transaction(postgres_url) as connection,
    ):
        connection.execute(text("TRUNCATE event"))
