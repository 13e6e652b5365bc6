"""The collector: when duties run, what a failure does, and what the health page is told."""

from __future__ import annotations

import json
import logging
import threading
from datetime import UTC, datetime, timedelta

import pytest

from airflow_gov_provider.collector import loop
from airflow_gov_provider.collector.duties import Duty
from airflow_gov_provider.collector.leadership import Leadership
from airflow_gov_provider.collector.loop import SEALING, SHIPPING, Collector
from airflow_gov_provider.domain.events import Event
from airflow_gov_provider.exceptions import LedgerBroken, StoreUnavailable
from airflow_gov_provider.store.spool.records import SpoolWriter, note_loss

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
    leadership = Leadership(
        holder=holder, monotonic=clock.monotonic, clock=lambda _connection: clock.now()
    )
    return Collector(duties, clock=clock.now, monotonic=clock.monotonic, leadership=leadership)


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
    answers = [
        StoreUnavailable("the database is away"),
        StoreUnavailable("the database is starting"),
        StoreUnavailable("the database is away"),
        None,
    ]

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


@pytest.fixture
def two_processes(clock, sqlite_store):
    """Two collectors of one deployment, and who has done the duty so far."""
    done: list[str] = []

    def process(holder: str, interval: float) -> Collector:
        duty = Duty(name="d", run=lambda: done.append(holder) or 1, interval=interval, single=True)
        return a_collector(clock, duty, holder=holder)

    return process("one", 1), process("two", 600), done


def test_a_single_duty_is_done_by_the_leader_alone(clock, two_processes):
    one, two, done = two_processes

    for clock.seconds in (0, 2, 4, 6, 8):
        one.round()
        two.round()

    assert done == ["one"] * 5
    assert (one.leadership.held, two.leadership.held) == (True, False)


def test_when_the_leader_is_gone_its_lease_ends_and_the_next_does_at_once_what_is_due(
    clock, two_processes
):
    one, two, done = two_processes
    one.round()
    for clock.seconds in (0, 2, 4):
        assert two.round() <= 2
    assert done == ["one"]

    clock.seconds = 6
    two.round()

    assert done == ["one", "two"]


def test_a_leader_that_stops_hands_over_at_once(clock, two_processes):
    one, two, done = two_processes
    one.round()

    one.stop()
    two.round()

    assert done == ["one", "two"]


def test_a_leader_that_was_frozen_past_its_lease_does_nothing_until_it_has_asked_again(
    clock, two_processes
):
    one, two, done = two_processes
    one.round()
    clock.seconds = 7
    two.round()

    one.round()

    assert done == ["one", "two"]
    assert not one.leadership.held


def test_a_leader_that_cannot_reach_the_database_leads_until_its_lease_is_over(
    clock, two_processes, monkeypatch
):
    one, _, done = two_processes
    one.round()
    monkeypatch.setenv(
        "AIRFLOW__GOVERNANCE__SQL_ALCHEMY_CONN", "postgresql+psycopg://127.0.0.1:1/x"
    )

    for clock.seconds in (3, 6, 9):
        one.round()

    assert done == ["one", "one"]
    assert one.leadership.state.last_error_class == "StoreUnavailable"


def test_after_an_outage_of_the_database_what_failed_is_due_at_once(
    clock, sqlite_store, monkeypatch
):
    ran: list[float] = []

    def duty() -> int:
        ran.append(clock.seconds)
        if clock.seconds < 200:
            raise StoreUnavailable("away")
        return 1

    collector = a_collector(
        clock,
        Duty(name="d", run=duty, interval=1),
        Duty(name="s", run=lambda: 0, interval=1, single=True),
    )
    with monkeypatch.context() as away:
        away.setenv("AIRFLOW__GOVERNANCE__SQL_ALCHEMY_CONN", "postgresql+psycopg://127.0.0.1:1/x")
        while clock.seconds < 199:
            pause = collector.round()
            assert pause <= 2
            clock.seconds += pause

    clock.seconds = 200
    collector.round()

    assert ran[-1] == 200
    assert collector.failing == []


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

    failures = {duty["name"]: duty["failures"] for duty in facts.pop("duties")}
    assert (failures[SHIPPING], failures[SEALING]) == (0, 0)
    # Others need Airflow's tables, which other tests may have made here or not.
    for name in ("problem", "unread_log_rows", "unread_log_since"):
        facts.pop(name, None)
    assert facts == {
        "mode": "embedded",
        "running": True,
        "leads": True,
        "led": True,
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


@pytest.mark.parametrize("mode", ["off", "external"])
def test_a_collector_that_is_not_wanted_here_does_not_start(settings, monkeypatch, mode):
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__COLLECTOR", mode)

    stop = loop.start_embedded()

    assert loop.status()["running"] is False
    assert loop.status()["mode"] == mode
    stop()


def test_a_deployment_whose_only_collector_does_not_run_is_told(settings, monkeypatch):
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__COLLECTOR", "external")
    nobody = loop.status()

    elsewhere = Leadership()
    elsewhere.keep()
    somebody = loop.status()

    assert (nobody["led"], somebody["led"]) == (False, True)
    assert nobody["problem"] == "no `airflow governance collector` is running"
    assert "problem" not in somebody


def test_a_mode_that_does_not_exist_is_told_with_those_that_do(settings, monkeypatch, caplog):
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__COLLECTOR", "seperate")

    loop.start_embedded()

    expected = "[governance] collector is 'seperate'; expected one of embedded, external, off"
    assert loop.status()["problem"] == expected
    assert expected in caplog.text


def test_the_health_facts_name_what_waits_and_what_was_lost(settings):
    SpoolWriter(settings).append(b"x" * 100)
    note_loss(settings, "task_instance.running OSError")

    facts = loop.status()

    assert (facts["waiting_files"], facts["lost_events"]) == (1, 1)
    assert "1 events could be written to no disk of this host and are lost" in facts["problem"]
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
        "sealing the ledger failed 1 times in a row (LedgerBroken); the log of the process says why"
    )


def test_every_duty_that_fails_is_told(settings, clock, monkeypatch):
    def fail() -> int:
        raise ZeroDivisionError

    collector = a_collector(clock, Duty(name="counting sheep", run=fail, interval=1))
    collector.round()
    monkeypatch.setattr(loop, "_embedded", [collector])

    facts = loop.status()

    [told] = facts["duties"]
    assert (told["name"], told["failures"]) == ("counting sheep", 1)
    assert facts["problem"].startswith("counting sheep failed 1 times in a row (ZeroDivisionError)")


def test_events_that_the_spool_directory_did_not_take_are_told(settings, tmp_path, monkeypatch):
    (tmp_path / "tmp").mkdir()
    (tmp_path / "spool").touch()  # where a directory should be
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    SpoolWriter(tmp_path / "spool", elsewhere=True).append(b"kept")

    facts = loop.status()

    assert facts["waiting_files"] == 1
    assert "events lie outside [governance] spool_dir" in facts["problem"]


def test_a_problem_is_told_without_hosts_or_paths(settings, clock, monkeypatch):
    def duty() -> int:
        raise StoreUnavailable("the governance database postgresql://db.example.com is away")

    collector = a_collector(clock, Duty(name=SHIPPING, run=duty, interval=1))
    collector.round()
    monkeypatch.setattr(loop, "_embedded", [collector])

    facts = loop.status()

    assert facts["problem"] == (
        "shipping events failed 1 times in a row (StoreUnavailable); the log of the process says why"
    )
    assert "example.com" not in json.dumps(facts)
