"""What collectors leave in the ledger as they come and go, on real databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from airflow_gov_provider.collector.reconcile.presence import Presence
from airflow_gov_provider.collector.tail.log_position import NAME as LOG_NAME
from airflow_gov_provider.collector.tail.log_position import LogPosition
from airflow_gov_provider.store import database
from airflow_gov_provider.store.events.recording import recording_of
from airflow_gov_provider.store.events.rows import insert_events
from airflow_gov_provider.store.events.witnesses import write_position
from tests.fakes.metadata import BEGIN
from tests.unit.collector.reconcile.conftest import task_event


class Clock:
    def __init__(self):
        self.now = BEGIN

    def __call__(self, _connection):
        return self.now

    def set(self, seconds):
        self.now = BEGIN + timedelta(seconds=seconds)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def markers(told):
    return lambda: told("recording.")


@pytest.fixture
def presence(metadata, clock):
    return Presence(clock=clock)


@pytest.fixture
def logged(metadata):
    """Four rows, a second apart."""
    for number in (1, 2, 3, 4):
        metadata.log("running", id=number, dttm=BEGIN + timedelta(seconds=number))
    return metadata


@pytest.fixture
def read_up_to(store):
    """Airflow's log was read as far as this."""

    def write(log_id, missing=()):
        position = LogPosition(log_id=log_id, at=BEGIN, missing=dict.fromkeys(missing, BEGIN))
        with database.transaction(store) as connection:
            write_position(connection, LOG_NAME, position.content, now=BEGIN)

    return write


def test_a_clean_stop_of_the_last_one_and_the_gap_after_it_are_in_the_ledger(
    metadata, clock, markers
):
    first, second, third = (Presence(clock=clock) for _ in range(3))
    first.tell()
    second.tell()
    clock.set(20)
    first.say_goodbye()
    assert markers() == []
    clock.set(30)
    second.say_goodbye()
    clock.set(90)
    third.tell()

    stopped, gap = markers()
    assert stopped.type == "recording.stopped"
    assert gap.payload == {
        "since": (BEGIN + timedelta(seconds=30)).isoformat(),
        "until": (BEGIN + timedelta(seconds=90)).isoformat(),
        "seconds": 60,
        "reason": "clean_stop",
    }


def test_who_never_said_hello_does_not_say_goodbye(metadata, clock, markers):
    Presence(clock=clock).say_goodbye()

    assert markers() == []


def test_two_collectors_that_come_at_once_write_one_marker(metadata, clock, markers):
    Presence(clock=clock).tell()
    clock.set(300)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda one: one.tell(), [Presence(clock=clock) for _ in range(4)]))

    assert [event.payload["reason"] for event in markers()] == ["crash"]


def test_the_ledger_says_what_was_filled_in_once_the_log_is_read(
    metadata, clock, markers, store, read_up_to
):
    metadata.log("running", dttm=BEGIN + timedelta(seconds=50))
    read_up_to(0)
    Presence(clock=clock).tell()
    clock.set(100)
    again = Presence(clock=clock)
    again.tell()
    clock.set(160)
    again.tell()
    assert [event.type for event in markers()] == ["recording.gap"]

    (row,) = [row.id for row in metadata.rows("log")]
    read_up_to(row)
    with database.transaction(store) as connection:
        late = task_event("running", witness="log", at=BEGIN + timedelta(seconds=50))
        insert_events(connection, [late], recorded_at=BEGIN + timedelta(seconds=101))
        in_time = task_event("success", at=BEGIN + timedelta(seconds=10))
        insert_events(connection, [in_time], recorded_at=BEGIN + timedelta(seconds=11))
    again.tell()
    clock.set(170)
    again.tell()

    assert [event.type for event in markers()] == ["recording.gap", "recording.filled"]
    assert markers()[1].payload["filled"] == {"log": 1}
    with database.transaction(store) as connection:
        assert recording_of(connection).gap.filled == {"log": 1}


@pytest.mark.parametrize("case", [(1, [], 2), (4, [2, 3], 2), (4, [3], 1)])
def test_rows_that_were_purged_before_they_were_read_are_told_once(
    logged, presence, markers, read_up_to, case
):
    read, missing, at_most = case
    read_up_to(1)
    presence.tell()
    logged.purge_log(BEGIN + timedelta(seconds=4))
    read_up_to(read, missing)
    presence.tell()
    presence.tell()

    (told,) = markers()
    assert told.payload == {"reason": "log_purged", "after": 1, "before": 4, "at_most": at_most}


@pytest.mark.parametrize("read", [3, 4])
def test_rows_that_were_purged_after_they_were_read_are_not_told(
    logged, presence, markers, read_up_to, read
):
    read_up_to(read)
    presence.tell()
    logged.purge_log(BEGIN + timedelta(seconds=4))
    presence.tell()

    assert markers() == []
