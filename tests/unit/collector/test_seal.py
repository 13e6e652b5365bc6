"""The duty that seals: keys made on first use, anchors written after the commit, refusals."""

from __future__ import annotations

import shutil
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from airflow_gov_provider.collector import seal
from airflow_gov_provider.domain.events import Event
from airflow_gov_provider.domain.ledger import notes
from airflow_gov_provider.exceptions import LedgerBroken, LedgerInvalid, StoreError
from airflow_gov_provider.hooks import ledger as hook
from airflow_gov_provider.store import database
from airflow_gov_provider.store.events.rows import insert_events
from airflow_gov_provider.store.ledger import tree as ledger
from airflow_gov_provider.store.ledger.anchors import anchors, append_anchor, last_anchor

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A host of its own: its key file and its anchors lie here."""
    home = tmp_path / "home"
    monkeypatch.setenv("AIRFLOW_HOME", str(home))
    return home


@pytest.fixture
def arrive(sqlite_store, home):
    def insert(*numbers: int) -> None:
        events = [Event(event_id=str(n), type="t", occurred_at=NOON) for n in numbers]
        with database.transaction(sqlite_store) as connection:
            insert_events(connection, events, recorded_at=NOON)

    return insert


@pytest.fixture
def anchor_file(tmp_path) -> Path:
    return tmp_path / "anchors.log"


def state(url):
    with database.transaction(url) as connection:
        return ledger.ledger_state(connection)


def sizes(path: Path) -> list[int]:
    keys = hook.required_keys().verifiers
    return [notes.open_checkpoint(anchor.note, keys)[0].size for anchor in anchors(path)]


def test_what_waits_is_sealed_and_anchored(arrive, sqlite_store, clock, anchor_file):
    arrive(1, 2, 3)

    assert seal.seal_once(clock=clock) == 3

    assert (state(sqlite_store).size, state(sqlite_store).unsealed) == (3, 0)
    assert state(sqlite_store).sealed_at == NOON
    assert sizes(anchor_file) == [3]


def test_more_than_a_batch_is_sealed_in_one_go(arrive, sqlite_store, clock, monkeypatch):
    monkeypatch.setattr(ledger, "BATCH", 2)
    monkeypatch.setattr(ledger.seal, "__kwdefaults__", {**ledger.seal.__kwdefaults__, "limit": 2})
    arrive(*range(5))

    assert seal.seal_once(clock=clock) == 5


def test_the_key_is_made_on_first_use_and_its_owner_alone_can_read_it(arrive, home, clock):
    arrive(1)
    seal.seal_once(clock=clock)
    made = (home / "governance" / "ledger.key").read_text()
    arrive(2)
    seal.seal_once(clock=clock)

    file = home / "governance" / "ledger.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_text() == made
    assert [item.name for item in file.parent.iterdir()] == ["ledger.key"]


def test_a_setting_gives_the_key(arrive, home, clock, anchor_file, monkeypatch):
    key = notes.generate("airflow-governance")
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__LEDGER_KEY", key.text)
    arrive(1)

    seal.seal_once(clock=clock)

    assert not (home / "governance").exists()
    assert notes.open_checkpoint(last_anchor(anchor_file).note, [key.verifier])[0].size == 1


def test_a_host_without_the_key_of_a_ledger_does_not_make_another(arrive, home, clock):
    arrive(1)
    seal.seal_once(clock=clock)
    shutil.rmtree(home)
    arrive(2)

    with pytest.raises(LedgerInvalid, match="copy one from the host that signs"):
        seal.seal_once(clock=clock)
    assert not home.exists()


def test_a_key_that_others_can_read_is_not_used(arrive, home, clock):
    arrive(1)
    seal.seal_once(clock=clock)
    (home / "governance" / "ledger.key").chmod(0o640)
    arrive(2)

    with pytest.raises(LedgerInvalid, match="chmod 600"):
        seal.seal_once(clock=clock)


def test_a_key_that_is_none_is_refused_without_showing_it(arrive, clock, monkeypatch):
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__LEDGER_KEY", "PRIVATE+KEY+hunter2")
    arrive(1)

    with pytest.raises(LedgerInvalid, match=r"\[governance\] ledger_key") as caught:
        seal.seal_once(clock=clock)
    assert "hunter2" not in str(caught.value)


def test_anchors_keep_their_distance(arrive, clock, anchor_file):
    for minute in range(4):
        arrive(minute)
        clock.now = NOON + timedelta(seconds=25 * minute)
        seal.seal_once(clock=clock)
    assert sizes(anchor_file) == [1, 4]

    clock.now += timedelta(hours=1)  # nothing new, nothing to anchor
    seal.seal_once(clock=clock)
    assert sizes(anchor_file) == [1, 4]


def test_every_checkpoint_is_anchored_when_the_interval_is_none(
    arrive, clock, anchor_file, monkeypatch
):
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__ANCHOR_INTERVAL", "0")
    for number in range(3):
        arrive(number)
        seal.seal_once(clock=clock)

    assert sizes(anchor_file) == [1, 2, 3]


@pytest.mark.parametrize("persisted", [False, True])
def test_a_crash_while_anchoring_is_made_good_by_the_next_round(
    arrive, clock, anchor_file, monkeypatch, persisted
):
    def crash(*arguments, **named):
        if persisted:
            append_anchor(*arguments, **named)
        raise KeyboardInterrupt

    arrive(1)
    monkeypatch.setattr(seal, "append_anchor", crash)
    with pytest.raises(KeyboardInterrupt):
        seal.seal_once(clock=clock)
    monkeypatch.setattr(seal, "append_anchor", append_anchor)

    seal.seal_once(clock=clock)

    assert sizes(anchor_file) == [1]


def test_a_torn_line_hides_neither_the_one_before_nor_the_next(arrive, clock, anchor_file):
    arrive(1)
    seal.seal_once(clock=clock)
    with anchor_file.open("ab") as file:
        file.write(anchor_file.read_bytes()[:50])
    arrive(2)
    clock.now += timedelta(hours=1)

    seal.seal_once(clock=clock)

    keys = hook.required_keys().verifiers
    found = [anchor.note for anchor in anchors(anchor_file)]
    assert [note and notes.open_checkpoint(note, keys)[0].size for note in found] == [1, None, 2]


def test_an_anchor_file_that_cannot_be_written_is_told(arrive, clock, sqlite_store, monkeypatch):
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__LEDGER_ANCHOR_FILE", "/proc/anchors.log")
    arrive(1)

    with pytest.raises(StoreError, match=r"/proc/anchors\.log cannot be written"):
        seal.seal_once(clock=clock)
    assert state(sqlite_store).size == 1


def test_a_database_that_was_set_back_is_not_signed(arrive, clock, sqlite_store, tmp_path):
    file = Path(database.make_url(sqlite_store).database)
    arrive(1)
    seal.seal_once(clock=clock)
    copy_of(file, tmp_path / "older.db")
    arrive(2)
    clock.now += timedelta(hours=1)
    seal.seal_once(clock=clock)
    database.engine_for(sqlite_store).dispose()
    copy_of(tmp_path / "older.db", file)
    arrive(3)

    with pytest.raises(LedgerBroken, match="set back to an older state"):
        seal.seal_once(clock=clock)
    assert state(sqlite_store).size == 1


def copy_of(source: Path, target: Path) -> None:
    import sqlite3

    with sqlite3.connect(source) as old, sqlite3.connect(target) as new:
        old.backup(new)


def test_a_history_that_was_written_anew_is_not_continued(
    arrive, clock, tmp_path, monkeypatch, anchor_file
):
    arrive(1, 2)
    seal.seal_once(clock=clock)
    other = f"sqlite:///{tmp_path / 'other.db'}"
    database.migrate(other)
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__SQL_ALCHEMY_CONN", other)
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__LEDGER_ANCHOR_FILE", str(tmp_path / "other.log"))
    with database.transaction(other) as connection:
        forged = [Event(event_id=n, type="t", occurred_at=NOON) for n in "789"]
        insert_events(connection, forged, recorded_at=NOON)
    seal.seal_once(clock=clock)  # whoever has the key can sign this
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__LEDGER_ANCHOR_FILE", str(anchor_file))
    with database.transaction(other) as connection:
        later = Event(event_id="later", type="t", occurred_at=NOON)
        insert_events(connection, [later], recorded_at=NOON)

    with pytest.raises(LedgerBroken, match="the first 2 leaves are not those"):
        seal.seal_once(clock=clock)


def test_an_empty_database_beside_old_anchors_begins_no_new_ledger(
    arrive, clock, tmp_path, monkeypatch
):
    arrive(1)
    seal.seal_once(clock=clock)
    other = f"sqlite:///{tmp_path / 'other.db'}"
    database.migrate(other)
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__SQL_ALCHEMY_CONN", other)
    with database.transaction(other) as connection:
        event = Event(event_id="new", type="t", occurred_at=NOON)
        insert_events(connection, [event], recorded_at=NOON)

    with pytest.raises(LedgerBroken, match="replaced or emptied"):
        seal.seal_once(clock=clock)
