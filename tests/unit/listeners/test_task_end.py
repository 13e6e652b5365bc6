"""Shipping from the task process: when it is needed, how long it may take, and what it never does."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import textwrap
import threading
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from airflow.sdk._shared.listeners.listener import ListenerManager
from airflow.sdk._shared.listeners.spec import lifecycle, taskinstance
from airflow.sdk.execution_time.task_runner import TaskRunnerMarker
from sqlalchemy import select

from airflow_gov_provider.domain.events import Event
from airflow_gov_provider.hooks import shipping
from airflow_gov_provider.listeners import hooks, task_end
from airflow_gov_provider.store import database
from airflow_gov_provider.store.spool import shippers
from airflow_gov_provider.store.spool.claims import claimed_files, spool_state
from airflow_gov_provider.store.spool.records import SpoolWriter
from airflow_gov_provider.store.tables import event as table

AWAY = "postgresql+psycopg://gov:hidden@127.0.0.1:1/governance?connect_timeout=1"


@pytest.fixture
def spool(tmp_path, monkeypatch):
    """Of a process that has written nothing yet."""
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__SPOOL_DIR", str(tmp_path / "spool"))
    monkeypatch.setattr(hooks, "_used", {})
    hooks._settings.cache_clear()
    yield tmp_path / "spool"
    hooks._settings.cache_clear()


@pytest.fixture
def store(store_url, monkeypatch):
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__SQL_ALCHEMY_CONN", store_url)
    return store_url


@pytest.fixture
def manager() -> ListenerManager:
    """As a task process has it."""
    manager = ListenerManager()
    manager.add_hookspecs(lifecycle)
    manager.add_hookspecs(taskinstance)
    manager.add_listener(hooks)
    return manager


def run_a_task(manager, component=None) -> None:
    ti = SimpleNamespace(id="1", dag_id="d", run_id="r", task_id="t", map_index=-1, try_number=1)
    manager.hook.on_task_instance_running(previous_state="queued", task_instance=ti)
    manager.hook.on_task_instance_success(previous_state="running", task_instance=ti)
    manager.hook.before_stopping(component=component or TaskRunnerMarker())


def stored(url: str) -> list[str]:
    with database.transaction(url) as connection:
        return list(connection.scalars(select(table.c.state).order_by(table.c.seq)))


def test_a_task_on_a_host_without_a_collector_ships_its_own_events(spool, store, manager):
    run_a_task(manager)

    assert stored(store) == ["running", "success"]
    assert spool_state(spool).files == 0


def test_what_lies_on_the_host_is_shipped_with_them(spool, store, manager):
    left = Event(event_id="left", type="x", state="old", occurred_at=datetime.now(UTC))  # noqa: TID251
    SpoolWriter(spool).append(left.document)

    run_a_task(manager)

    assert stored(store) == ["old", "running", "success"]


def test_where_a_shipper_shows_itself_the_task_leaves_it_to_that(spool, store, manager):
    shippers.show_presence(spool, lasting=3600)

    run_a_task(manager)

    assert (stored(store), spool_state(spool).files) == ([], 1)


def test_a_task_that_is_to_ship_always_does_so_beside_a_shipper(spool, store, manager, monkeypatch):
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__SHIP_AT_TASK_END", "always")
    shippers.show_presence(spool, lasting=3600)

    run_a_task(manager)

    assert len(stored(store)) == 2


def test_a_task_that_is_never_to_ship_leaves_its_events(spool, store, manager, monkeypatch):
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__SHIP_AT_TASK_END", "never")

    run_a_task(manager)

    assert (stored(store), spool_state(spool).files) == ([], 1)


def test_an_unknown_mode_is_told_and_taken_as_auto(spool, store, manager, monkeypatch, caplog):
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__SHIP_AT_TASK_END", "allways")

    run_a_task(manager)

    assert len(stored(store)) == 2
    assert "'allways'; expected one of auto, always, never" in caplog.text


def test_other_components_that_stop_ship_nothing(spool, store, manager):
    run_a_task(manager, component=SimpleNamespace(job_type="SchedulerJob"))

    assert stored(store) == []


def test_a_process_that_wrote_nothing_ships_nothing(spool, store, manager):
    manager.hook.before_stopping(component=TaskRunnerMarker())

    assert list(spool.parent.glob("spool/*")) == []


def test_a_store_that_is_away_is_told_once_and_the_next_tasks_do_not_wait_for_it(
    spool, manager, monkeypatch, caplog
):
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__SQL_ALCHEMY_CONN", AWAY)
    caplog.set_level(logging.WARNING, task_end.__name__)
    for _ in range(3):
        run_a_task(manager)

    [told] = [r for r in caplog.records if r.name == task_end.__name__]
    assert "events stay on this host for the next task or collector" in told.getMessage()
    assert "hidden" not in caplog.text
    with claimed_files(spool, limit=9) as files:
        assert sum(len(file.read()[0]) for file in files) == 6


def test_when_the_store_is_back_a_later_task_ships_everything(spool, store, manager, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setenv("AIRFLOW__GOVERNANCE__SQL_ALCHEMY_CONN", AWAY)
        run_a_task(manager)
    shippers.clear_failure(spool)  # or the pause is over

    run_a_task(manager)

    assert stored(store) == ["running", "success"] * 2
    assert not shippers.has_failed(spool)


def test_a_store_that_hangs_holds_the_task_up_no_longer_than_allowed(
    spool, manager, monkeypatch, caplog
):
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__SHIP_TIMEOUT", "0.1")
    hanging, returned = threading.Event(), threading.Event()

    def hang(*_args, **_limits) -> None:
        hanging.wait()
        returned.set()

    monkeypatch.setattr(shipping, "ship_once", hang)

    run_a_task(manager)

    assert not returned.is_set()
    assert "longer than [governance] ship_timeout, 0.1 seconds" in caplog.text
    assert spool_state(spool).files == 1
    hanging.set()
    assert returned.wait(60)


def test_a_process_ends_while_its_shipping_still_hangs(tmp_path):
    """As a task process ends, and as any other interpreter does."""
    code = """
        import os, sys, time
        from pathlib import Path
        from airflow_gov_provider.hooks import shipping
        from airflow_gov_provider.listeners.task_end import ship_at_task_end
        shipping.ship_once = lambda *_, **__: time.sleep(3600)
        ship_at_task_end(Path(sys.argv[1]), used=[Path(sys.argv[1])], mode="auto")
        print("ended")
    """
    env = {**os.environ, "AIRFLOW__GOVERNANCE__SHIP_TIMEOUT": "0.1"}
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), str(tmp_path)],
        check=True,
        capture_output=True,
        text=True,
        env=env,
        timeout=120,
    )

    assert ended.stdout.splitlines()[-1] == "ended"


def test_a_driver_that_cannot_be_imported_is_told_by_its_name(spool, manager, monkeypatch, caplog):
    monkeypatch.setitem(sys.modules, "airflow_gov_provider.hooks.shipping", None)

    run_a_task(manager)

    assert "ModuleNotFoundError: airflow_gov_provider.hooks.shipping" in caplog.text
    assert spool_state(spool).files == 1


def test_a_setting_that_cannot_be_read_does_not_reach_the_task(spool, manager, monkeypatch, caplog):
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__SHIP_TIMEOUT", "five")

    run_a_task(manager)

    assert "events stay on this host until they are shipped from it" in caplog.text


def test_no_driver_is_loaded_where_others_ship(spool):
    """The process has what every task process has, and runs all the hooks of a task."""
    code = """
        import airflow.sdk.execution_time.task_runner as runner, sys
        from pathlib import Path
        from types import SimpleNamespace
        from airflow_gov_provider.listeners import hooks
        from airflow_gov_provider.store.spool.shippers import show_presence
        from airflow.sdk._shared.listeners.listener import ListenerManager
        from airflow.sdk._shared.listeners.spec import lifecycle, taskinstance
        manager = ListenerManager()
        manager.add_hookspecs(lifecycle)
        manager.add_hookspecs(taskinstance)
        manager.add_listener(hooks)
        ti = SimpleNamespace(id="1", dag_id="d", run_id="r", task_id="t", map_index=-1, try_number=1)
        show_presence(hooks.config.spool_dir(), lasting=3600)
        known = set(sys.modules)
        manager.hook.on_task_instance_running(previous_state="queued", task_instance=ti)
        manager.hook.on_task_instance_success(previous_state="running", task_instance=ti)
        manager.hook.before_stopping(component=runner.TaskRunnerMarker())
        print("NEW", *sorted(set(sys.modules) - known))
        print("LOADED", *{"psycopg", "psycopg2", "alembic"} & set(sys.modules))
    """
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], check=True, capture_output=True, text=True
    )

    assert run.stdout.splitlines()[-2:] == ["NEW", "LOADED"]
