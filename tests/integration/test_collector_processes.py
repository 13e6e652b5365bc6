"""Several collectors of one deployment as processes: killed, frozen, stopped."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from airflow_gov_provider.collector.leadership import LEASE
from airflow_gov_provider.domain.events import Event
from airflow_gov_provider.store import database
from airflow_gov_provider.store.events.rows import insert_events
from airflow_gov_provider.store.leases import holder_of
from airflow_gov_provider.store.ledger import tree as ledger
from airflow_gov_provider.store.spool.records import SpoolWriter

pytestmark = pytest.mark.integration

SCRIPT = Path(__file__).parents[1] / "fakes" / "collector_process.py"
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
WAIT_SECONDS = 120


class Deployment:
    """Processes on one host and one governance database."""

    def __init__(self, home: Path, url: str) -> None:
        self.home, self.url, self.journal = home, url, home / "journal"
        self.spool = home / "spool"
        self.journal.touch()
        self.env = {
            **os.environ,
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__GOVERNANCE__SQL_ALCHEMY_CONN": url,
            "AIRFLOW__GOVERNANCE__SPOOL_DIR": str(self.spool),
            "PYTHONUNBUFFERED": "1",
        }
        self.processes: list[subprocess.Popen[str]] = []

    def candidate(self, name: str, *, seconds: float = 0.05) -> subprocess.Popen[str]:
        """A collector whose only duty takes so long."""
        return self._start(str(SCRIPT), name, str(self.journal), str(seconds))

    def command(self, *words: str) -> subprocess.Popen[str]:
        return self._start("-m", "airflow", "governance", "collector", *words)

    def _start(self, *words: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, *words],
            env=self.env,
            cwd=self.home,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.processes.append(process)
        return process

    @property
    def done(self) -> list[str]:
        """Who began and ended, in the order in which it happened."""
        return self.journal.read_text().splitlines()

    @property
    def leader(self) -> str | None:
        with database.transaction(self.url) as connection:
            return holder_of(connection, LEASE)

    def wait_for(self, what: str, look) -> None:
        deadline = time.monotonic() + WAIT_SECONDS
        while not look():
            if time.monotonic() > deadline:
                raise AssertionError(f"{what}: not within {WAIT_SECONDS} s; {self.done[-5:]}")
            time.sleep(0.05)

    def wait_for_work_of(self, name: str, *, after: int = 0) -> None:
        self.wait_for(f"{name} works", lambda: f"{name} ends" in self.done[after:])

    def end(self) -> None:
        for process in self.processes:
            with suppress(ProcessLookupError):
                process.kill()  # also ends a frozen one
            process.wait()
            process.stdout.close()


@pytest.fixture
def deployment(tmp_path, store_url):
    deployment = Deployment(tmp_path, store_url)
    yield deployment
    deployment.end()


def test_when_the_leader_is_killed_the_other_one_takes_over(deployment):
    one = deployment.candidate("one")
    deployment.wait_for_work_of("one")
    deployment.candidate("two")
    time.sleep(1)

    one.kill()
    one.wait()
    before = len(deployment.done)

    deployment.wait_for_work_of("two")
    assert not any(line.startswith("one") for line in deployment.done[before:])
    assert deployment.leader == "two"


def test_a_duty_that_takes_longer_than_the_lease_does_not_lose_it(deployment):
    deployment.candidate("one", seconds=5)
    deployment.wait_for("one works", lambda: deployment.done)
    deployment.candidate("two", seconds=5)

    deployment.wait_for("the second run ends", lambda: len(deployment.done) >= 4)

    assert deployment.done[:4] == ["one begins", "one ends"] * 2


def test_a_leader_that_stops_ends_its_duty_and_leaves_no_lease(deployment):
    one = deployment.candidate("one", seconds=2)
    deployment.wait_for("one works", lambda: deployment.done)

    one.terminate()

    assert one.wait(WAIT_SECONDS) == 0
    assert deployment.done[-1] == "one ends"
    assert deployment.leader is None


def test_a_leader_that_was_frozen_past_its_lease_does_nothing_while_another_leads(deployment):
    one = deployment.candidate("one")
    deployment.wait_for_work_of("one")
    two = deployment.candidate("two")

    freeze(one, deployment)
    deployment.wait_for_work_of("two")
    thawed = len(deployment.done)
    one.send_signal(signal.SIGCONT)
    deployment.wait_for("two works on", lambda: len(deployment.done) > thawed + 100)
    since = deployment.done[thawed:]
    assert "one begins" not in since
    assert since.count("one ends") <= 1  # of the run in which it was frozen

    two.terminate()
    assert two.wait(WAIT_SECONDS) == 0
    deployment.wait_for_work_of("one", after=thawed + 101)


def events(first: int, last: int) -> list[Event]:
    return [Event(event_id=f"{n:064}", type="t", occurred_at=NOON) for n in range(first, last)]


def sealed(url: str) -> int:
    with database.transaction(url) as connection:
        return ledger.ledger_state(connection).size


def freeze(process, deployment):
    """Stop it where it is not writing: nobody can write to a SQLite file beside it otherwise."""
    while True:
        process.send_signal(signal.SIGSTOP)
        if not deployment.url.startswith("sqlite"):
            return
        with closing(sqlite3.connect(make_url(deployment.url).database, timeout=1)) as connection:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                process.send_signal(signal.SIGCONT)
                time.sleep(0.05)
            else:
                connection.rollback()
                return


def test_collectors_that_are_killed_and_frozen_ship_and_seal_every_event_once(deployment):
    writer = SpoolWriter(deployment.spool)
    one = deployment.command()
    for event in events(0, 50):
        writer.append(event.document)
    deployment.wait_for("50 are sealed", lambda: sealed(deployment.url) == 50)
    two = deployment.command()

    freeze(one, deployment)
    for event in events(50, 100):
        writer.append(event.document)
    with database.transaction(deployment.url) as connection:  # as if from another host
        insert_events(connection, events(100, 150), recorded_at=NOON)
    deployment.wait_for("150 are sealed", lambda: sealed(deployment.url) == 150)
    one.send_signal(signal.SIGCONT)
    two.kill()
    for event in events(140, 200):  # ten of them have arrived before
        writer.append(event.document)

    deployment.wait_for("200 are sealed", lambda: sealed(deployment.url) == 200)
    one.terminate()
    assert one.wait(WAIT_SECONDS) == 0
    assert sealed(deployment.url) == 200
    assert deployment.leader is None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda s: s.name)
def test_the_process_says_that_it_starts_and_ends_cleanly_when_told(deployment, number):
    process = deployment.command()
    deployment.wait_for("it leads", lambda: deployment.leader)

    process.send_signal(number)
    said, _ = process.communicate(timeout=WAIT_SECONDS)

    assert process.returncode == 0, said
    assert f"its spool is {deployment.spool}" in said
    assert f"{number.name}: the collector ends after the duty on its way" in said
    assert said.rstrip().endswith("the collector has ended")
    assert deployment.leader is None


def test_one_round_of_each_duty_is_done_and_reported(deployment):
    SpoolWriter(deployment.spool).append(events(0, 1)[0].document)

    process = deployment.command("--once")
    said, _ = process.communicate(timeout=WAIT_SECONDS)

    assert "shipping events: 1 done" in said
    assert "sealing the ledger: 1 done" in said
    assert sealed(deployment.url) == 1
    assert deployment.leader is None


def test_one_round_leaves_to_the_leader_what_only_it_may_do(deployment):
    deployment.candidate("leader")
    deployment.wait_for_work_of("leader")

    said, _ = deployment.command("--once").communicate(timeout=WAIT_SECONDS)

    assert "sealing the ledger: left to the collector that leads" in said
    assert deployment.leader == "leader"


def test_a_round_in_which_a_duty_fails_ends_with_1(tmp_path):
    away = "postgresql+psycopg://governance:hunter2@127.0.0.1:1/governance"
    deployment = Deployment(tmp_path, away)
    SpoolWriter(deployment.spool).append(events(0, 1)[0].document)
    try:
        process = deployment.command("--once")
        said, _ = process.communicate(timeout=WAIT_SECONDS)
    finally:
        deployment.end()

    assert process.returncode == 1
    assert "shipping events" in said.splitlines()[-1]
    assert "hunter2" not in said
