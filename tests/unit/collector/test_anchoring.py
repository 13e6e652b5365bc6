"""Anchors that the settings name: each is given checkpoints, and none holds up anything else."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta

import pytest
from fakes import anchors as fake

from airflow_gov_provider.collector import seal
from airflow_gov_provider.collector.anchoring import Anchoring, anchoring_duties
from airflow_gov_provider.collector.duties import Duty
from airflow_gov_provider.collector.loop import Collector
from airflow_gov_provider.domain.events import Event
from airflow_gov_provider.domain.ledger import notes
from airflow_gov_provider.exceptions import AnchorFailed, ArgumentInvalid, LedgerBroken
from airflow_gov_provider.hooks.anchors import configured_anchors, load_anchor
from airflow_gov_provider.store import database
from airflow_gov_provider.store.events.rows import insert_events
from airflow_gov_provider.store.ledger import tree as ledger
from airflow_gov_provider.store.ledger.anchors import anchors, append_anchor
from airflow_gov_provider.store.ledger.receipts import receipts
from airflow_gov_provider.store.tables import event

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(autouse=True)
def _clean(tmp_path, monkeypatch):
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path / "home"))
    for kept in (fake.given, fake.instances):
        kept.clear()
    fake.release.clear()
    yield
    fake.release.set()
    for thread in threading.enumerate():  # whatever is on its way belongs to this test's database
        if thread.name.startswith("governance-anchor"):
            thread.join(30)


@pytest.fixture
def arrive(sqlite_store):
    def insert(*numbers: int) -> None:
        events = [Event(event_id=str(n), type="t", occurred_at=NOON) for n in numbers]
        with database.transaction(sqlite_store) as connection:
            insert_events(connection, events, recorded_at=NOON)

    return insert


@pytest.fixture
def sealed(arrive, clock):
    arrive(1, 2)
    seal.seal_once(clock=clock)


def named(name: str) -> str:
    return f"fakes.anchors.{name}"


def settle() -> None:
    for thread in threading.enumerate():
        if thread.name.startswith("governance-anchor") and "hang" not in thread.name:
            thread.join(30)


def settled(anchoring: Anchoring) -> int:
    """Rounds until the call on its way is over and was looked at."""
    anchoring.round()
    if anchoring._call is not None:
        anchoring._call.thread.join(30)
    return anchoring.round()


def stored(url):
    with database.transaction(url) as connection:
        return list(receipts(connection))


def checkpoint(url) -> str:
    with database.transaction(url) as connection:
        return ledger.last_checkpoint(connection).note


def test_an_anchor_is_given_the_signed_checkpoint_and_its_receipt_is_an_event(
    sealed, sqlite_store, clock
):
    note = checkpoint(sqlite_store)

    assert settled(Anchoring(named("keep"), clock=clock)) == 1

    assert fake.given == [note]
    (receipt,) = stored(sqlite_store)
    assert (receipt.anchor, receipt.size, receipt.note) == (named("keep"), 2, note)
    assert (receipt.content, receipt.received_at) == ("kept as number 1", NOON)
    with database.transaction(sqlite_store) as connection:
        document = connection.scalar(
            event.select().with_only_columns(event.c.document).where(event.c.seq == 3)
        )
    assert json.loads(document)["payload"]["receipt"] == "kept as number 1"
    assert seal.seal_once(clock=clock) == 1  # the receipt itself has a leaf now


@pytest.mark.parametrize(
    ("name", "content"), [("keep_silently", None), ("Bucket", b"\x00version 7")]
)
def test_receipts_come_back_as_they_were_given(sealed, sqlite_store, clock, name, content):
    settled(Anchoring(named(name), clock=clock))

    assert [receipt.content for receipt in stored(sqlite_store)] == [content]


def test_a_class_is_made_once(arrive, sealed, clock):
    anchoring = Anchoring(named("Bucket"), clock=clock)
    for number in (10, 11):
        settled(anchoring)
        arrive(number)
        clock.now += timedelta(hours=1)
        seal.seal_once(clock=clock)

    assert (len(fake.given), len(fake.instances)) == (2, 1)


def test_anchors_keep_their_distance_and_end_when_nothing_but_receipts_arrives(
    arrive, sealed, sqlite_store, clock
):
    anchoring = Anchoring(named("keep"), clock=clock)
    settled(anchoring)
    seal.seal_once(clock=clock)
    for _ in range(5):
        clock.now += timedelta(hours=1)
        assert settled(anchoring) == 0
        seal.seal_once(clock=clock)
    arrive(3)
    seal.seal_once(clock=clock)
    assert settled(anchoring) == 1
    arrive(4)
    clock.now += timedelta(seconds=59)
    seal.seal_once(clock=clock)
    assert settled(anchoring) == 0
    clock.now += timedelta(seconds=1)
    assert settled(anchoring) == 1

    assert [receipt.size for receipt in stored(sqlite_store)] == [6, 4, 2]


def test_another_process_that_takes_over_knows_what_is_anchored(sealed, sqlite_store, clock):
    settled(Anchoring(named("keep"), clock=clock))

    assert settled(Anchoring(named("keep"), clock=clock)) == 0
    assert len(stored(sqlite_store)) == 1


def test_an_answer_that_two_processes_got_is_kept_once(sealed, sqlite_store, clock):
    one, two = (Anchoring(named("meet"), clock=clock) for _ in range(2))
    one.round()
    two.round()
    settled(one)
    settled(two)

    assert len(fake.given) == 2
    assert len(stored(sqlite_store)) == 1


@pytest.mark.parametrize("name", ["fail", "answer_nonsense", "answer_a_book", "missing"])
def test_an_anchor_that_fails_is_told_without_its_message_and_tried_again(
    sealed, sqlite_store, clock, name
):
    anchoring = Anchoring(named(name), clock=clock)

    for _ in range(2):
        with pytest.raises(AnchorFailed, match=f"anchor fakes.anchors.{name} failed") as caught:
            settled(anchoring)
        assert "hunter2" not in str(caught.value)
        assert caught.value.__cause__ is None or name != "fail"
    assert stored(sqlite_store) == []


def test_an_anchor_that_hangs_holds_up_nobody_and_is_told(sealed, clock):
    seconds = [0.0]
    anchoring = Anchoring(named("hang"), clock=clock, monotonic=lambda: seconds[0])

    assert [anchoring.round() for _ in range(3)] == [0, 0, 0]
    seconds[0] = 121.0
    with pytest.raises(AnchorFailed, match="has not answered for 120 s"):
        anchoring.round()

    fake.release.set()
    anchoring._call.thread.join(30)
    assert anchoring.round() == 1


def test_one_that_fails_stops_neither_sealing_nor_the_file_nor_the_others(
    arrive, sqlite_store, clock, tmp_path, monkeypatch
):
    names = [named("fail"), named("hang"), named("keep")]
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__LEDGER_ANCHORS", ", ".join(names))
    arrive(1)
    seconds = [0.0]
    sealing = Duty(name="sealing", run=lambda: seal.seal_once(clock=clock), interval=1, single=True)
    duties = [sealing, *anchoring_duties()]
    collector = Collector(duties, clock=clock, monotonic=lambda: seconds[0])
    counted = []
    for _ in range(6):
        collector.round()
        settle()
        seconds[0] += 61
        counted.append(collector.states[f"anchoring at {names[0]}"].failures)

    assert counted == [0, 1, 2, 3, 4, 5]
    assert [name for name, _ in collector.failing if names[0] not in name] == []
    assert collector.states[f"anchoring at {names[0]}"].last_error_class == "AnchorFailed"
    assert [receipt.anchor for receipt in stored(sqlite_store)] == [named("keep")]
    assert len(list(anchors(tmp_path / "anchors.log"))) >= 1
    collector.stop()


def test_a_ledger_that_was_set_back_is_given_to_nobody(sealed, clock, tmp_path):
    forged = notes.sign(
        notes.Checkpoint("airflow-governance", 9, bytes(32)).text, seal.required_keys().signer
    )
    append_anchor(tmp_path / "anchors.log", forged, now=NOON)

    with pytest.raises(LedgerBroken, match="set back to an older state"):
        Anchoring(named("keep"), clock=clock).round()
    assert fake.given == []


def test_before_the_first_checkpoint_nobody_is_asked(sqlite_store, clock):
    assert settled(Anchoring(named("keep"), clock=clock)) == 0
    assert fake.given == []


def test_without_settings_there_are_no_duties_and_nothing_is_sent():
    assert configured_anchors() == ()
    assert anchoring_duties() == []


def test_names_stand_between_commas_and_count_once(monkeypatch):
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__LEDGER_ANCHORS", " a.b , ,c.d,a.b")
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__TIMESTAMP_URL", "http://127.0.0.1:9/")

    assert configured_anchors() == ("rfc3161", "a.b", "c.d")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("nothing", r"nothing cannot be imported \(ValueError\)"),
        ("no.such.module", r"cannot be imported \(ModuleNotFoundError\)"),
        (named("missing"), r"cannot be imported \(AttributeError\)"),
        (named("not_callable"), "is a str; expected a function"),
    ],
)
def test_a_name_that_stands_for_no_anchor_says_what_was_expected(name, says):
    with pytest.raises(ArgumentInvalid, match=says):
        load_anchor(name)
