"""Records whose sync is left to a thread: what the writer, a shipper and a broken disk then see."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from queue import Queue
from threading import Event

import pytest
from fakes.syncing import SOON, ended_with_the_test

from airflow_gov_provider.exceptions import SpoolError
from airflow_gov_provider.store.spool import records as spool
from airflow_gov_provider.store.spool.claims import claimed_files
from airflow_gov_provider.store.spool.records import SpoolWriter, current_file, frame


@pytest.fixture(autouse=True)
def nobody_left(monkeypatch) -> Iterator[None]:
    with ended_with_the_test(monkeypatch):
        yield


def never(error: Exception) -> None:
    raise AssertionError(error)


def records(directory) -> list[bytes]:
    """What a shipper takes, and then unlinks."""
    with claimed_files(directory, limit=9) as files:
        found = [record for file in files for record in file.read()[0]]
        for file in files:
            file.remove()
    return found


@pytest.fixture
def disk(monkeypatch) -> Iterator[tuple[Queue[bytes], Event]]:
    """What is being synced, and what lets the disk go on."""
    arrived: Queue[bytes] = Queue()
    go_on = Event()

    def sync(opened: int) -> None:
        arrived.put(os.pread(opened, 999, 0))
        assert go_on.wait(SOON)

    monkeypatch.setattr(os, "fdatasync", sync)
    yield arrived, go_on
    go_on.set()


def test_the_writer_goes_on_while_the_disk_is_still_writing(tmp_path, disk):
    arrived, go_on = disk

    assert SpoolWriter(tmp_path).append_ahead(b"one", failed=never) == tmp_path

    assert arrived.get(timeout=SOON) == b"\n" + frame(b"one")
    assert not go_on.is_set()


def test_a_shipper_has_the_record_at_once(tmp_path, disk):
    SpoolWriter(tmp_path).append_ahead(b"one", failed=never)

    assert records(tmp_path) == [b"one"]


def test_the_next_record_does_not_wait_for_the_sync_of_the_one_before(tmp_path, disk):
    writer = SpoolWriter(tmp_path)

    writer.append_ahead(b"one", failed=never)
    writer.append_ahead(b"two", failed=never)

    assert current_file(tmp_path).read_bytes() == b"\n" + frame(b"one") + b"\n" + frame(b"two")


def test_a_process_that_is_killed_before_the_sync_loses_nothing(tmp_path):
    script = """
import os, signal, sys, time
from pathlib import Path
from airflow_gov_provider.store.spool.records import SpoolWriter
os.fdatasync = lambda opened: time.sleep(60)
SpoolWriter(Path(sys.argv[1])).append_ahead(b"one", failed=print)
os.kill(os.getpid(), signal.SIGKILL)
"""
    ended = subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False)

    assert ended.returncode < 0
    assert records(tmp_path) == [b"one"]


def syncing_fails(times: int) -> Callable[[int], None]:
    left = [OSError(errno.EIO, "the disk is broken")] * times
    done = os.fdatasync

    def sync(opened: int) -> None:
        if left:
            raise left.pop()
        done(opened)

    return sync


def test_a_record_whose_sync_failed_is_written_once_more(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "fdatasync", syncing_fails(1))
    monkeypatch.setattr(spool, "start_new_thread", lambda act, arguments: act(*arguments))

    SpoolWriter(tmp_path).append_ahead(b"one", failed=never)

    assert records(tmp_path) == [b"one", b"one"]


def test_who_asked_is_told_if_no_place_takes_the_record(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "fdatasync", syncing_fails(99))
    told: Queue[Exception] = Queue()

    SpoolWriter(tmp_path).append_ahead(b"one", failed=told.put)

    assert isinstance(told.get(timeout=SOON), SpoolError)


def test_where_no_thread_can_be_started_the_writer_waits_for_the_disk(tmp_path, monkeypatch):
    def refuse(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    synced = []
    monkeypatch.setattr(spool, "start_new_thread", refuse)
    monkeypatch.setattr(os, "fdatasync", synced.append)

    SpoolWriter(tmp_path).append_ahead(b"one", failed=never)

    assert len(synced) == 1


def test_a_place_that_cannot_be_written_to_is_told_at_once(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(SpoolError, match="could not be written to"):
        SpoolWriter(tmp_path / "file" / "spool").append_ahead(b"one", failed=never)
