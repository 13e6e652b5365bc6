"""The collector: when duties run, what a failure does, and what the health page is told."""

from __future__ import annotations

import json
import logging
import threading
from datetime import UTC, datetime, timedelta

import pytest

from airflow_gov_provider.collector import loop
from airflow_gov_provider.collector.loop import SEALING, SHIPPING, Collector, Duty
from airflow_gov_provider.domain.events import Event
from airflow_gov_provider.exceptions import LedgerBroken, StoreUnavailable
from airflow_gov_provider.store.spool import SpoolWriter, note_loss

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Clock:
    """Both clocks of a collector, moved by hand."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def a_collector(clock: Clock, *duties: Duty, holder: str = "one") -> Collector:
    return Collector(duties, clock=clock.now, monotonic=clock.monotonic, holder=holder)


def test_a_duty_runs_at_once_and_then_at_its_interval(clock):
    ran = []
    collector = a_collector(clock, Duty(name="d", run=lambda: ran.append(1) or 1, interval=5))

    pause = collector.round()
    clock.seconds = 4.9
    collector.round()
    assert (pause, len(ran)) == (5, 1)

    clock.seconds = 5
    collector.round()
    assert len(ran) == 2
    assert collector.states["d"].done == 2
    assert collector.states["d"].last_run_at == NOON + timedelta(seconds=5)


def test_a_failing_duty_does_not_stop_the_others(clock):
    ran = []

    def broken() -> int:
        raise RuntimeError

    collector = a_collector(
        clock,
        Duty(name="broken", run=broken, interval=1),
        Duty(name="fine", run=lambda: ran.append(1) or 1, interval=1),
    )

    collector.round()

    assert ran == [1]
    assert collector.states["broken"].failures == 1


def test_an_outage_is_logged_once_and_so_is_its_end(clock, caplog):
    caplog.set_level(logging.INFO)
    answers = [StoreUnavailable("the database is away")] * 3 + [None]

    def duty() -> int:
        if (answer := answers.pop(0)) is not None:
            raise answer
        return 7

    collector = a_collector(clock, Duty(name="d", run=duty, interval=1))
    for seconds in (0, 100, 200, 300):
        clock.seconds = seconds
        collector.round()

    assert [record.message for record in caplog.records] == [
        "d failed: the database is away",
        "d works again after 3 failures",
    ]
    assert collector.states["d"].last_error is None


def test_an_error_that_is_not_ours_is_logged_without_its_text(clock, caplog):
    def duty() -> int:
        raise ValueError("row value 4711")

    a_collector(clock, Duty(name="d", run=duty, interval=1)).round()

    assert [record.message for record in caplog.records] == ["d failed: ValueError"]


def test_the_pauses_grow_with_each_failure_up_to_a_minute(clock):
    def duty() -> int:
        raise StoreUnavailable("away")

    collector = a_collector(clock, Duty(name="d", run=duty, interval=1))
    pauses = []
    for _ in range(8):
        pauses.append(collector.round())
        clock.seconds += pauses[-1]

    assert pauses == [2, 4, 8, 16, 32, 60, 60, 60]


def test_a_single_duty_is_done_by_one_process_until_it_stops_doing_it(clock, sqlite_store):
    done: list[str] = []

    def process(holder: str) -> Collector:
        duty = Duty(name="d", run=lambda: done.append(holder) or 1, interval=1, single=True)
        return a_collector(clock, duty, holder=holder)

    one, two = process("one"), process("two")
    for clock.seconds in (0, 10, 20):
        one.round()
        two.round()
    assert done == ["one", "one", "one"]

    clock.seconds = 60  # the lease of "one", which is gone, has expired
    two.round()
    assert done[-1] == "two"


def test_a_stopped_collector_has_ended_its_thread():
    ran = threading.Event()
    collector = Collector([Duty(name="d", run=lambda: ran.set() or 1, interval=60)])

    collector.start()
    assert ran.wait(30)
    assert collector.running
    collector.stop()

    assert not collector.running


@pytest.fixture
def settings(sqlite_store, tmp_path, monkeypatch):
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__SPOOL_DIR", str(tmp_path / "spool"))
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__SHIP_INTERVAL", "0.05")
    return tmp_path / "spool"


def test_the_embedded_collector_ships_until_it_is_stopped(settings):
    SpoolWriter(settings).append(Event(event_id="a", type="t", occurred_at=NOON).document)

    stop = loop.start_embedded()
    try:
        shipped = threading.Event()
        for _ in range(1000):
            if loop.status()["shipped_total"] == 1 or shipped.wait(0.03):
                break
        facts = loop.status()
    finally:
        stop()

    assert facts == {
        "mode": "embedded",
        "running": True,
        "last_round_at": facts["last_round_at"],
        "last_error": None,
        "failures": 0,
        "sealing_failures": 0,
        "shipped_total": 1,
        "waiting_files": 0,
        "waiting_bytes": 0,
        "quarantined": 0,
        "lost_events": 0,
    }
    assert datetime.fromisoformat(facts["last_round_at"]).tzinfo is not None
    assert loop.status()["running"] is False


def test_a_collector_that_is_off_does_not_start(settings, monkeypatch):
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__COLLECTOR", "off")

    stop = loop.start_embedded()

    assert loop.status()["running"] is False
    assert loop.status()["mode"] == "off"
    stop()


def test_the_health_facts_name_what_waits_and_what_was_lost(settings):
    SpoolWriter(settings).append(b"x" * 100)
    note_loss(settings, "task_instance.running OSError")

    facts = loop.status()

    assert (facts["waiting_files"], facts["lost_events"]) == (1, 1)
    assert facts["waiting_bytes"] > 100
    json.dumps(facts)


def test_a_sealer_that_refuses_is_told(settings, clock, monkeypatch):
    def refuse() -> int:
        raise LedgerBroken("the database was set back")

    fine = Duty(name=SHIPPING, run=lambda: 0, interval=1)
    collector = a_collector(clock, fine, Duty(name=SEALING, run=refuse, interval=1))
    collector.round()
    monkeypatch.setattr(loop, "_embedded", [collector])

    facts = loop.status()

    assert (facts["failures"], facts["sealing_failures"]) == (0, 1)
    assert facts["problem"] == (
        "sealing the ledger failed 1 times in a row (LedgerBroken); the api-server's log says why"
    )


def test_a_problem_is_told_without_hosts_or_paths(settings, clock, monkeypatch):
    def duty() -> int:
        raise StoreUnavailable("the governance database postgresql://db.example.com is away")

    collector = a_collector(clock, Duty(name=SHIPPING, run=duty, interval=1))
    collector.round()
    monkeypatch.setattr(loop, "_embedded", [collector])

    facts = loop.status()

    assert facts["problem"] == (
        "shipping events failed 1 times in a row (StoreUnavailable); the api-server's log says why"
    )
    assert "example.com" not in json.dumps(facts)
