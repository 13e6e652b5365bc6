"""Shipping: every acknowledged event arrives exactly once, whatever dies when."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select, text

from airflow_gov_provider.domain.events import Event
from airflow_gov_provider.exceptions import StoreBehind, StoreError, StoreUnavailable
from airflow_gov_provider.hooks import shipping
from airflow_gov_provider.hooks.shipping import ShipReport, ship_once
from airflow_gov_provider.store import database
from airflow_gov_provider.store.spool.claims import ClaimedFile, spool_state
from airflow_gov_provider.store.spool.records import SpoolWriter, frame
from airflow_gov_provider.store.tables import event as table

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def an_event(name: str, **changes) -> Event:
    return Event(
        event_id=name,
        type="task_instance.running",
        occurred_at=NOON,
        **{"dag_id": "income", "payload": {"operator": "PythonOperator"}, **changes},
    )


@pytest.fixture
def store(store_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A migrated database of each kind that the settings point at."""
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__SQL_ALCHEMY_CONN", store_url)
    return store_url


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    return tmp_path / "spool"


def stored(url: str) -> list[str]:
    with database.transaction(url) as connection:
        return list(connection.scalars(select(table.c.event_id).order_by(table.c.seq)))


def test_events_arrive_in_the_order_of_their_file_and_leave_the_spool(store, spool):
    writer = SpoolWriter(spool)
    for name in ("a", "b", "c"):
        writer.append(an_event(name).document)

    report = ship_once(spool, clock=lambda: NOON)

    assert report == ShipReport(files=1, events=3, new=3, quarantined=0)
    assert stored(store) == ["a", "b", "c"]
    assert spool_state(spool).files == 0


def test_an_empty_spool_is_nothing_to_ship(store, spool):
    assert ship_once(spool) == ShipReport()


def test_an_event_that_is_spooled_twice_arrives_once(store, spool):
    for _ in range(2):
        SpoolWriter(spool).append(an_event("same").document)

    assert ship_once(spool) == ShipReport(files=1, events=2, new=1, quarantined=0)
    assert stored(store) == ["same"]


def test_more_files_than_one_batch_takes_all_arrive(store, spool, monkeypatch):
    monkeypatch.setattr(shipping, "_FILES_AT_ONCE", 3)
    spool.mkdir()
    for number in range(8):
        (spool / f"h-{number}.spool").write_bytes(frame(an_event(str(number)).document))

    assert ship_once(spool).new == 8


def test_a_shipper_takes_no_more_files_than_it_was_told_to(store, spool):
    spool.mkdir()
    for number in range(5):
        (spool / f"h-{number}.spool").write_bytes(frame(an_event(str(number)).document))

    assert ship_once(spool, limit=3).files == 3
    assert ship_once(spool).files == 2


def test_what_cannot_be_read_is_kept_and_does_not_hold_up_the_rest(store, spool, caplog):
    spool.mkdir()
    (spool / "h-1-a.spool").write_bytes(
        frame(an_event("before").document)
        + b"rubbish\n"
        + frame(b'{"v":1,"dag_id":"secret-dag"}')
        + frame(an_event("after").document)
        + frame(an_event("torn").document)[:-9]
    )

    report = ship_once(spool)

    assert report == ShipReport(files=1, events=2, new=2, quarantined=3)
    assert stored(store) == ["before", "after"]
    [kept] = spool.iterdir()
    reasons = [json.loads(line)["reason"] for line in kept.read_text().splitlines()]
    assert reasons[:2] == ["the checksum does not match", "the end is missing"]
    assert "event_id is missing" in reasons[2]
    assert "3 records of h-1-a" in caplog.text
    assert "secret-dag" not in caplog.text
    assert ship_once(spool) == ShipReport()


def test_an_event_that_the_database_refuses_does_not_hold_up_the_rest(
    store, spool, monkeypatch, caplog
):
    with database.transaction(store) as connection:
        refuse = (
            "CREATE TRIGGER refuse BEFORE INSERT ON event WHEN NEW.event_id = 'bad' "
            "BEGIN SELECT RAISE(ABORT, 'no'); END"
        )
        if connection.dialect.name == "postgresql":
            refuse = "ALTER TABLE event ADD CONSTRAINT refuse CHECK (event_id <> 'bad')"
        connection.exec_driver_sql(refuse)
    for name in ("a", "bad", "c"):
        SpoolWriter(spool).append(an_event(name).document)

    report = ship_once(spool)

    assert (report.events, report.new, report.quarantined) == (2, 2, 1)
    assert sorted(stored(store)) == ["a", "c"]
    assert "the database refuses it: " in caplog.text
    assert spool_state(spool).files == 0


def test_a_database_that_refuses_everything_leaves_the_spool_as_it_was(store, spool):
    with database.transaction(store) as connection:
        connection.exec_driver_sql("ALTER TABLE event RENAME COLUMN document TO other")
    SpoolWriter(spool).append(an_event("a").document)

    with pytest.raises((StoreError, StoreUnavailable)):
        ship_once(spool)

    assert spool_state(spool).files == 1


def test_while_the_database_is_away_the_events_wait(store, spool, monkeypatch):
    SpoolWriter(spool).append(an_event("a").document)
    away = "postgresql+psycopg://gov@127.0.0.1:1/governance?connect_timeout=1"
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__SQL_ALCHEMY_CONN", away)
    with pytest.raises(StoreUnavailable):
        ship_once(spool)
    assert spool_state(spool).files == 1

    monkeypatch.setenv("AIRFLOW__GOVERNANCE__SQL_ALCHEMY_CONN", store)

    assert ship_once(spool).new == 1


def test_a_database_that_is_behind_gets_nothing(empty_store_url, spool, monkeypatch):
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__SQL_ALCHEMY_CONN", empty_store_url)
    SpoolWriter(spool).append(an_event("a").document)

    with pytest.raises(StoreBehind, match="airflow governance db migrate"):
        ship_once(spool)

    assert spool_state(spool).files == 1


class Died(BaseException):
    pass


@pytest.mark.parametrize("persisted", [False, True])
@pytest.mark.parametrize("step", ["insert", "quarantine", "remove"])
def test_a_shipper_that_fails_at_a_step_loses_and_doubles_nothing(
    store, spool, monkeypatch, step, persisted
):
    """Each step fails once before and once after it took effect."""
    spool.mkdir()
    (spool / "h-1-a.spool").write_bytes(frame(an_event("a").document) + b"rubbish\n")
    where = (shipping, "arrive") if step == "insert" else (ClaimedFile, step)
    real = getattr(*where)

    def failing(*args, **kwargs):
        if persisted:
            real(*args, **kwargs)
        raise Died

    with monkeypatch.context() as patch:
        patch.setattr(*where, failing)
        with pytest.raises(Died):
            ship_once(spool)

    ship_once(spool)

    assert stored(store) == ["a"]
    state = spool_state(spool)
    assert (state.files, state.quarantined) == (0, 1)


_WRITE = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from airflow_gov_provider.domain.events import Event
from airflow_gov_provider.store.spool.records import SpoolWriter
writer, name, count = SpoolWriter(Path(sys.argv[1])), sys.argv[2], int(sys.argv[3])
for number in range(count):
    event = Event(event_id=f"{name}-{number}", type="t", occurred_at=datetime(2026, 1, 1, tzinfo=UTC))
    writer.append(event.document)
    sys.stdout.write(f"{event.event_id}\\n")
    sys.stdout.flush()
"""

_SHIP_AND_DIE = """
import os, signal, sys
from pathlib import Path
from airflow_gov_provider.hooks.shipping import ship_once
from airflow_gov_provider.store.spool.claims import ClaimedFile
ClaimedFile.remove = lambda self: os.kill(os.getpid(), signal.SIGKILL)
ship_once(Path(sys.argv[1]))
"""


def start_writer(spool: Path, name: str, count: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", _WRITE, str(spool), name, str(count)],
        stdout=subprocess.PIPE,
        text=True,
    )


def test_what_a_killed_writer_had_acknowledged_arrives_exactly_once(store, spool):
    acknowledged: list[str] = []
    for turn in range(5):
        writer = start_writer(spool, f"w{turn}", 1_000_000)
        acknowledged += [writer.stdout.readline().strip() for _ in range(40 * turn + 1)]
        writer.send_signal(signal.SIGKILL)
        acknowledged += writer.stdout.read().split()
        writer.wait()

    ship_once(spool)

    arrived = stored(store)
    assert len(arrived) == len(set(arrived))
    assert set(acknowledged) <= set(arrived)
    assert len(arrived) <= len(acknowledged) + 5  # the one on its way when its writer died


def test_a_shipper_killed_between_commit_and_unlink_leaves_no_trace(store, spool):
    writer = SpoolWriter(spool)
    names = [f"e{number}" for number in range(30)]
    for name in names:
        writer.append(an_event(name).document)

    died = subprocess.run(
        [sys.executable, "-c", _SHIP_AND_DIE, str(spool)], check=False, env=dict(os.environ)
    )

    assert died.returncode == -signal.SIGKILL
    assert stored(store) == names
    assert spool_state(spool).files == 1
    assert ship_once(spool) == ShipReport(files=1, events=30, new=0, quarantined=0)
    assert stored(store) == names


def test_writers_and_shippers_at_the_same_time_lose_and_double_nothing(store, spool):
    writers = [start_writer(spool, f"w{number}", 300) for number in range(3)]
    ended = threading.Event()
    reports: list[ShipReport] = []

    def keep_shipping() -> None:
        while not ended.is_set():
            reports.append(ship_once(spool))

    shippers = [threading.Thread(target=keep_shipping) for _ in range(2)]
    for shipper in shippers:
        shipper.start()
    acknowledged = [name for writer in writers for name in writer.communicate()[0].split()]
    ended.set()
    for shipper in shippers:
        shipper.join()
    reports.append(ship_once(spool))

    assert len(acknowledged) == 900
    assert sorted(stored(store)) == sorted(acknowledged)
    assert sum(report.new for report in reports) == 900
    assert sum(report.quarantined for report in reports) == 0
    assert spool_state(spool).files == 0


def spool_file(spool: Path, name: str, events: list[Event]) -> None:
    spool.mkdir(exist_ok=True)
    (spool / name).write_bytes(b"".join(frame(event.document) for event in events))


def test_more_events_than_are_read_at_once_arrive_in_order(store, spool, monkeypatch):
    monkeypatch.setattr(shipping, "_EVENTS_AT_ONCE", 70)
    events = [an_event(str(number)) for number in range(500)]
    spool_file(spool, "h-1-a.spool", events[:333])
    assert ship_once(spool) == ShipReport(files=1, events=333, new=333)
    spool_file(spool, "h-1-b.spool", [*events[300:], *events[:10]])

    assert ship_once(spool) == ShipReport(files=1, events=210, new=167)

    assert stored(store) == [event.event_id for event in events]
    assert spool_state(spool).files == 0


_UNSYNCED_BYTES = text("SELECT pg_current_wal_insert_lsn() - pg_current_wal_flush_lsn()")


@pytest.mark.parametrize("known", [0, 5])
def test_nothing_is_unlinked_before_postgresql_has_it_on_its_disk(store, spool, monkeypatch, known):
    """Also if the last of the parts that are read together changes nothing."""
    if not store.startswith("postgresql"):
        pytest.skip("SQLite takes everything in one transaction")
    monkeypatch.setattr(shipping, "_EVENTS_AT_ONCE", 60)
    events = [an_event(f"{number:03}", payload={"text": "x" * 500}) for number in range(185)]
    for event in events[-known:] if known else []:
        SpoolWriter(spool).append(event.document)
    ship_once(spool)
    for event in events:
        SpoolWriter(spool).append(event.document)
    left: list[int] = []
    remove = ClaimedFile.remove

    def look_and_remove(file):
        with database.transaction(store) as connection:
            left.append(int(connection.scalar(_UNSYNCED_BYTES)))
        remove(file)

    monkeypatch.setattr(ClaimedFile, "remove", look_and_remove)
    assert ship_once(spool).new == 185 - known

    assert len(stored(store)) == 185
    assert left
    assert max(left) < 500  # less than an event; a page of the log begins with a few bytes


def test_commits_before_the_last_do_not_wait_for_the_disk(store, spool, monkeypatch):
    waited = []

    def ask(connection, *given, **others):
        if connection.dialect.name == "postgresql":
            waited.append(connection.scalar(text("SHOW synchronous_commit")))
        return arrive(connection, *given, **others)

    arrive = shipping.arrive
    monkeypatch.setattr(shipping, "arrive", ask)
    monkeypatch.setattr(shipping, "_EVENTS_AT_ONCE", 60)
    for number in range(130):
        SpoolWriter(spool).append(an_event(f"{number:03}").document)

    assert ship_once(spool).new == 130
    assert waited == (["off", "off", "on"] if store.startswith("postgresql") else [])


def test_what_is_stored_is_the_line_that_was_spooled(store, spool):
    texts = ["a\tb", "\\N", "line\nbreak\r", "quote\"'", "é€😀\u2028", "\x01\x7f", "\\\\."]
    events = [
        an_event(f"{number}", run_id=text, payload={"text": text, "n": [number, {"deep": text}]})
        for number, text in enumerate(texts * 20)
    ]
    spool_file(spool, "h-1-a.spool", events)

    assert ship_once(spool).new == len(events)

    with database.transaction(store) as connection:
        rows = connection.execute(select(table.c.run_id, table.c.document).order_by(table.c.seq))
        assert [(run_id, line.encode()) for run_id, line in rows] == [
            (event.run_id, event.document) for event in events
        ]


def test_a_line_that_is_no_canonical_one_is_stored_as_its_event_prints(store, spool):
    event = an_event("a", payload={"b": 1.5, "a": [None, True]})
    spaced = json.dumps(dict(reversed(json.loads(event.document).items()))).encode()
    spool.mkdir()
    (spool / "h-1-a.spool").write_bytes(frame(spaced))

    ship_once(spool)

    with database.transaction(store) as connection:
        assert connection.scalar(select(table.c.document)).encode() == event.document


@pytest.mark.parametrize("bad", [[0], [250], [499], [10, 11, 260], list(range(1, 500, 97))])
def test_refused_events_anywhere_in_many_stay_behind_alone(store, spool, bad, caplog):
    with database.transaction(store) as connection:
        refuse = (
            "CREATE TRIGGER refuse BEFORE INSERT ON event WHEN NEW.actor = 'bad' "
            "BEGIN SELECT RAISE(ABORT, 'no'); END"
        )
        if connection.dialect.name == "postgresql":
            refuse = "ALTER TABLE event ADD CONSTRAINT refuse CHECK (actor <> 'bad')"
        connection.exec_driver_sql(refuse)
    events = [an_event(str(n), actor="bad" if n in bad else "good") for n in range(500)]
    spool_file(spool, "h-1-a.spool", events[:400])
    spool_file(spool, "h-1-b.spool", events[400:])

    report = ship_once(spool)

    assert (report.events, report.new, report.quarantined) == (500 - len(bad),) * 2 + (len(bad),)
    assert sorted(map(int, stored(store))) == [n for n in range(500) if n not in bad]
    assert spool_state(spool).quarantined == len(bad)


def test_shippers_of_the_same_events_bring_each_once(store, tmp_path, monkeypatch):
    """As after a restored backup of a spool: hosts ship what is the same, in another order."""
    monkeypatch.setattr(shipping, "_EVENTS_AT_ONCE", 100)
    events = [an_event(str(number)) for number in range(600)]
    for host in ("one", "two", "three"):
        in_order = reversed(events) if host == "two" else events
        spool_file(tmp_path / host, "h-1-a.spool", in_order)
    reports: list[ShipReport] = []
    together = threading.Barrier(3)

    def ship(host: str) -> None:
        together.wait()
        reports.append(ship_once(tmp_path / host))

    threads = [threading.Thread(target=ship, args=(host,)) for host in ("one", "two", "three")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(report.new for report in reports) == 600
    assert sum(report.events for report in reports) == 1800
    assert sorted(stored(store)) == sorted(event.event_id for event in events)


def test_a_disk_that_fails_in_the_middle_of_reading_leaves_the_spool_as_it_was(
    store, spool, monkeypatch
):
    spool_file(spool, "h-1-a.spool", [an_event(f"a{number}") for number in range(100)])
    spool_file(spool, "h-1-b.spool", [an_event(f"b{number}") for number in range(100)])
    monkeypatch.setattr(shipping, "_EVENTS_AT_ONCE", 60)
    real, calls = ClaimedFile.read, []

    def failing(file: ClaimedFile):
        calls.append(file)
        if len(calls) == 2:
            raise OSError("the disk is gone")
        return real(file)

    with monkeypatch.context() as patch:
        patch.setattr(ClaimedFile, "read", failing)
        with pytest.raises(OSError, match="the disk is gone"):
            ship_once(spool)

    arrived = stored(store)
    assert spool_state(spool).files == 2
    assert ship_once(spool) == ShipReport(files=2, events=200, new=200 - len(arrived))
    assert len(stored(store)) == 200
