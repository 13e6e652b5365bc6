"""Every single change of what is sealed is found and named by whoever reads it all again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from fakes.tampering import unguarded
from sqlalchemy import delete, insert, update

from airflow_gov_provider.domain.approvals.request import Answer, Person, Vote
from airflow_gov_provider.domain.ledger import merkle, notes
from airflow_gov_provider.store import database
from airflow_gov_provider.store.approvals.requests import record_vote
from airflow_gov_provider.store.audit.whole import audit
from airflow_gov_provider.store.events.rows import insert_events
from airflow_gov_provider.store.events.witnesses import Sighting, insert_sightings
from airflow_gov_provider.store.evidence.rows import insert_evidence
from airflow_gov_provider.store.ledger import tree as ledger
from airflow_gov_provider.store.ledger.anchors import Anchor
from airflow_gov_provider.store.ledger.keyring import Keyring
from airflow_gov_provider.store.ledger.sealed_records import EVIDENCE, VOTES, event_id_of
from airflow_gov_provider.store.tables import (
    checkpoint,
    event,
    event_witness,
    evidence,
    leaf,
    ledger_node,
    ledger_queue,
    vote,
)
from tests.unit.api.conftest import NOON, happening
from tests.unit.api.conftest import evidence as an_evidence

NAME = "ledger.test"
KEYS = Keyring(signer=notes.SignerKey(NAME, bytes(range(32))))
OTHER = notes.SignerKey(NAME, bytes(32))
EVENTS = 600
A_VOTE = Vote(
    vote_id="0199f0a0-0000-7000-8000-000000000009",
    request_id="r",
    answer=Answer(
        choice="Approve",
        reason="reviewed",
        by=Person(id="ada", name="Ada"),
        answered_at=datetime(2026, 1, 31, 14, tzinfo=UTC),
        saw=None,
    ),
    effective=True,
    refusal=None,
    recorded_at=NOON,
)


def seal(url, limit=ledger.BATCH, hours=0):
    with database.transaction(url) as connection:
        ledger.lock(connection)
        when = NOON + timedelta(hours=hours)
        return ledger.seal(connection, KEYS, origin=NAME, now=when, limit=limit)


def read(url, keys=KEYS, **options):
    with database.transaction(url) as connection:
        return audit(connection, keys, **options)


def found(url, **options) -> list[str]:
    return [str(problem) for problem in read(url, **options).problems]


@pytest.fixture
def sealed(store_url):
    """602 events in three checkpoints: 600 of tasks, one of evidence, one of a vote."""
    with database.transaction(store_url) as connection:
        events = [happening(number) for number in range(EVENTS)]
        insert_events(connection, events, recorded_at=NOON)
        insert_evidence(connection, an_evidence(1))
        record_vote(connection, A_VOTE)
    made = [seal(store_url, 100), seal(store_url, 300, 1), seal(store_url, hours=2)]
    store_url_and_anchors = [
        Anchor(line=n, anchored_at=NOON, note=item.note) for n, item in enumerate(made, start=1)
    ]
    return store_url, store_url_and_anchors


@pytest.fixture
def change(sealed):
    url, _ = sealed

    def execute(*statements) -> None:
        with database.transaction(url) as connection, unguarded(connection):
            for statement in statements:
                connection.execute(statement)

    return execute


def test_a_ledger_that_nobody_touched_is_intact(sealed):
    url, anchors = sealed

    report = read(url, anchors=anchors)

    assert report.problems == ()
    assert report.is_intact
    assert (report.origin, report.size, report.events) == (NAME, 602, 602)
    assert (report.checkpoints, report.anchors, report.records, report.unsealed) == (3, 3, 2, 0)


def test_an_empty_ledger_is_intact(store_url):
    report = read(store_url)

    assert (report.problems, report.size, report.origin) == ((), 0, None)


def test_events_that_wait_are_counted_and_are_no_problem(sealed):
    url, _ = sealed
    with database.transaction(url) as connection:
        insert_events(connection, [happening(9999)], recorded_at=NOON)

    report = read(url)

    assert (report.problems, report.unsealed) == ((), 1)


def named(number: int) -> str:
    return f"leaf {number}, event {happening(number).event_id}, seq {number + 1}: "


@pytest.mark.parametrize("number", [0, 99, 100, 255, 256, 599])
def test_an_event_that_was_changed_is_named(sealed, change, number):
    where = event.c.event_id == happening(number).event_id
    changed = happening(number, payload={"operator": "Other"}).document.decode()
    change(update(event).where(where).values(document=changed))

    assert found(sealed[0]) == [
        named(number) + "the event is not the one that was sealed: it was changed"
    ]


def test_an_event_that_was_deleted_is_named(sealed, change):
    change(delete(event).where(event.c.event_id == happening(7).event_id))

    assert found(sealed[0]) == [f"leaf 7, event {happening(7).event_id}: the event is gone"]


@pytest.mark.parametrize(
    "column", ["type", "state", "dag_id", "run_id", "task_id", "actor", "witness"]
)
def test_a_column_that_contradicts_its_document_is_named(sealed, change, column):
    where = event.c.event_id == happening(7).event_id
    change(update(event).where(where).values({column: "other"}))

    assert found(sealed[0]) == [
        named(7) + f"the column {column} does not say what the sealed event says"
    ]


def test_numbers_and_times_beside_the_document_are_compared_too(sealed, change):
    at = event.c.event_id
    change(
        update(event).where(at == happening(1).event_id).values(try_number=2),
        update(event).where(at == happening(2).event_id).values(map_index=2),
        update(event).where(at == happening(3).event_id).values(occurred_at=NOON),
    )

    assert [line.split("the column ")[1].split()[0] for line in found(sealed[0])] == [
        "try_number",
        "map_index",
        "occurred_at",
    ]


def test_two_events_that_changed_places_are_both_named(sealed, change):
    one, two = happening(3), happening(4)
    by_id = leaf.c.event_id
    change(
        update(leaf).where(by_id == one.event_id).values(event_id="x"),
        update(leaf).where(by_id == two.event_id).values(event_id=one.event_id),
        update(leaf).where(by_id == "x").values(event_id=two.event_id),
    )

    assert [line.split(",")[0] for line in found(sealed[0])] == ["leaf 3", "leaf 4"]


def test_an_event_that_was_changed_together_with_its_leaf_is_found_by_the_roots(sealed, change):
    other = happening(150, payload={}).document
    change(
        update(event)
        .where(event.c.event_id == happening(150).event_id)
        .values(document=other.decode()),
        update(leaf).where(leaf.c.leaf_index == 150).values(leaf_hash=merkle.leaf_hash(other)),
    )

    root, node = found(sealed[0])
    assert "the checkpoint of size 400 has another root" in root
    assert "leaves 100 to 399 are not all as they were sealed" in root
    assert "is not what leaves 0 to 255 are folded into" in node


def test_an_event_that_was_put_behind_the_ledger_is_named(sealed, change):
    values = {
        "event_id": "intruder",
        "type": "t",
        "witness": "w",
        "occurred_at": NOON,
        "recorded_at": NOON,
        "document": "{}",
    }
    change(insert(event).values(values), delete(ledger_queue))

    (line,) = found(sealed[0])
    assert "event intruder" in line
    assert "put there behind the ledger" in line


def test_an_event_that_vanished_before_it_was_sealed_is_found(sealed, change):
    change(insert(ledger_queue).values(seq=99999))

    assert found(sealed[0]) == ["seq 99999: an event that was to be sealed is gone"]


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        (delete(leaf).where(leaf.c.leaf_index == 601), "leaf 601 is missing, although"),
        (delete(leaf).where(leaf.c.leaf_index == 5), "leaf 5 is missing"),
        (
            insert(leaf).values(leaf_index=602, event_id="x", leaf_hash=bytes(32)),
            "no checkpoint signs the leaf",
        ),
        (update(ledger_node).values(hash=bytes(32)), "node 0 of level 8"),
        (delete(ledger_node), "node 0 of level 8"),
        (delete(checkpoint).where(checkpoint.c.size == 602), "no checkpoint signs the leaf"),
        (
            update(checkpoint).where(checkpoint.c.size == 400).values(compact_range=b""),
            "the checkpoint of size 400",
        ),
        (
            update(checkpoint)
            .where(checkpoint.c.size == 400)
            .values(note=notes.sign(notes.Checkpoint(NAME, 400, bytes(32)).text, OTHER)),
            "no key that is trusted here has signed it",
        ),
        (delete(evidence), "was recorded, and is gone"),
        (delete(vote), "was recorded, and is gone"),
        (update(evidence).values(document="{}"), "it was changed"),
        (update(evidence).values(summary="PASSED"), "the column summary"),
        (update(evidence).values(verdict="WARNED"), "the column verdict"),
        (update(evidence).values(digest="0"), "the column digest"),
        (update(vote).values(option="Reject"), "it was changed"),
        (update(vote).values(reason="another"), "it was changed"),
        (update(vote).values(user_id="eve"), "it was changed"),
        (update(evidence).values(evidence_id="other"), "was never recorded in the ledger"),
    ],
)
def test_every_other_change_is_found(sealed, change, statement, sentence):
    change(statement)

    assert any(sentence in line for line in found(sealed[0]))


def test_a_truncated_ledger_is_found_through_its_anchor(sealed, change):
    """Whoever sets everything back to an earlier checkpoint leaves no contradiction inside."""
    url, anchors = sealed
    ids = [happening(n).event_id for n in range(400, EVENTS)]
    ids += [event_id_of(EVIDENCE, an_evidence(1).evidence_id), event_id_of(VOTES, A_VOTE.vote_id)]
    change(
        delete(checkpoint).where(checkpoint.c.size == 602),
        delete(leaf).where(leaf.c.leaf_index >= 400),
        delete(ledger_node).where(ledger_node.c.node_index == 1),
        delete(event).where(event.c.event_id.in_(ids)),
        delete(evidence),
        delete(vote),
    )

    assert found(url) == []
    (line,) = found(url, anchors=anchors)
    assert "line 3 is of 602 leaves, and the database has 400: it was set back" in line


def test_a_ledger_that_was_signed_anew_with_its_own_key_is_found_through_its_anchor(
    sealed, store_url, change
):
    url, anchors = sealed
    change(*(delete(table) for table in (checkpoint, leaf, ledger_node)))
    changed = happening(150, payload={}).document.decode()
    change(
        update(event).where(event.c.event_id == happening(150).event_id).values(document=changed),
        insert(ledger_queue).from_select(["seq"], event.select().with_only_columns(event.c.seq)),
    )
    seal(url)

    assert found(url) == []
    (line,) = found(url, anchors=anchors)
    assert "the anchor on line 2 has another root than the leaves" in line


def test_an_anchor_of_another_key_or_a_damaged_one_is_told(sealed):
    url, _ = sealed
    forged = notes.sign(notes.Checkpoint(NAME, 602, bytes(32)).text, OTHER)
    anchors = [
        Anchor(line=1, anchored_at=None, note=None),
        Anchor(line=2, anchored_at=NOON, note=forged),
    ]

    report = read(url, anchors=anchors)

    assert report.remarks == ("the anchor on line 1 cannot be read; a crash may have torn it",)
    assert [str(problem)[:21] for problem in report.problems] == ["the anchor on line 2:"]


def test_another_key_believes_nothing(sealed):
    lines = found(sealed[0], keys=Keyring(trusted=(OTHER.verifier,)))

    assert len(lines) == 3
    assert all("no key that is trusted here" in line for line in lines)


def test_since_a_time_only_what_was_sealed_later_is_read(sealed, change):
    url, anchors = sealed
    for number in (50, 550):
        where = event.c.event_id == happening(number).event_id
        change(update(event).where(where).values(document="{}"))

    report = read(url, anchors=anchors, since=NOON + timedelta(minutes=90))

    assert (report.first, report.events) == (400, 202)
    assert [problem.leaf_index for problem in report.problems] == [550]


def test_what_goes_on_while_it_is_read_does_not_disturb(sealed):
    url, anchors = sealed
    with database.transaction(url) as connection:
        ledger.snapshot(connection)
        ledger.ledger_state(connection)
        with database.transaction(url) as other:
            insert_events(other, [happening(5000)], recorded_at=NOON)
        seal(url)
        assert ledger.ledger_state(connection).size == 602
    assert read(url, anchors=anchors).size == 603


def test_a_flood_of_problems_is_counted_and_not_listed(sealed, change, monkeypatch):
    from airflow_gov_provider.store.audit.findings import Findings

    monkeypatch.setattr(Findings, "MOST", 10)
    change(update(event).values(document="{}"))

    report = read(sealed[0])

    assert len(report.problems) == 10
    assert report.uncounted >= 592


def sighting(number: int, **more) -> Sighting:
    given = {"event_id": happening(number).event_id, "witness": "log", "reference": str(number)}
    return Sighting(**{**given, "occurred_at": NOON, "document": "{}", **more})


@pytest.fixture
def witnessed(sealed):
    """Two sets of sightings, one of them sealed already."""
    url, anchors = sealed
    for numbers in ((1, 2, 3), (4, 5)):
        with database.transaction(url) as connection:
            insert_sightings(connection, [sighting(n) for n in numbers], recorded_at=NOON)
        if numbers == (1, 2, 3):
            seal(url, hours=3)
    return url, anchors


def test_what_further_witnesses_saw_is_compared_too(witnessed):
    url, anchors = witnessed

    for since in (None, NOON + timedelta(minutes=90)):
        report = read(url, anchors=anchors, since=since)
        assert (report.problems, report.sightings, report.unsealed) == ((), 5, 1)


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        (update(event_witness).values(document='{"actor":"eve"}'), "not those that were sealed"),
        (update(event_witness).values(occurred_at=NOON + timedelta(seconds=1)), "not those"),
        (update(event_witness).values(event_id="other"), "not those that were sealed"),
        (delete(event_witness).where(event_witness.c.reference == "2"), "not those"),
        (delete(event_witness).where(event_witness.c.reference > "3"), "not those"),
        (
            update(event_witness).where(event_witness.c.reference == "5").values(batch="none"),
            "the sighting 5 of the log is of no set that was sealed",
        ),
    ],
)
@pytest.mark.parametrize("since", [None, NOON + timedelta(minutes=90)])
def test_a_sighting_that_was_changed_put_in_or_taken_out_is_found(
    witnessed, change, statement, sentence, since
):
    change(statement)

    assert any(sentence in line for line in found(witnessed[0], since=since))


def test_a_sighting_that_nobody_sealed_is_found(witnessed, change):
    values = {name: getattr(sighting(9), name) for name in Sighting.__slots__}
    change(insert(event_witness).values(**values, recorded_at=NOON, batch="none"))

    assert found(witnessed[0]) == [
        f"event {happening(9).event_id}: the sighting 9 of the log is of no set that was sealed"
    ]
