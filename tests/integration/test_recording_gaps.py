"""Collectors as processes that come and go, and what the ledger says of the time between."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest
from sqlalchemy import select

from airflow_gov_provider.domain.events import Event
from airflow_gov_provider.store import database
from airflow_gov_provider.store.events.recording import recording_of
from airflow_gov_provider.store.tables import event as table

pytestmark = pytest.mark.integration
WAIT_SECONDS = 180


@pytest.fixture
def start(tmp_path, store_url):
    """``start()`` is a collector that was started."""
    environment = {
        **os.environ,
        "AIRFLOW_HOME": str(tmp_path),
        "AIRFLOW__GOVERNANCE__SQL_ALCHEMY_CONN": store_url,
        "AIRFLOW__GOVERNANCE__SPOOL_DIR": str(tmp_path / "spool"),
    }
    processes = []

    def start():
        words = [sys.executable, "-m", "airflow", "governance", "collector"]
        process = subprocess.Popen(
            words,
            env=environment,
            cwd=tmp_path,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.wait()


@pytest.fixture
def markers(store_url):
    def read():
        query = select(table.c.document).where(table.c.type.startswith("recording."))
        with database.transaction(store_url) as connection:
            found = connection.scalars(query.order_by(table.c.seq)).all()
        events = [Event.from_document(document.encode()) for document in found]
        return [(event.type, event.payload.get("reason")) for event in events]

    return read


def wait_until_present(store_url, count):
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        with database.transaction(store_url) as connection:
            known = recording_of(connection)
        if known is not None and len(known.present) == count and known.stopped_at is None:
            return
        assert time.monotonic() < deadline, known
        time.sleep(0.1)


def ended(process):
    process.send_signal(signal.SIGTERM)
    return process.wait(WAIT_SECONDS)


def test_the_last_collector_to_stop_and_the_first_to_come_again_leave_one_marker_each(
    start, markers, store_url
):
    first, second = start(), start()
    wait_until_present(store_url, 2)
    assert ended(first) == 0
    assert markers() == []
    assert ended(second) == 0
    assert markers() == [("recording.stopped", None)]

    start(), start()
    wait_until_present(store_url, 2)

    assert markers() == [("recording.stopped", None), ("recording.gap", "clean_stop")]
