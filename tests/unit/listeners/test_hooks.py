"""The hooks as Airflow calls them: through its own listener manager, beside other listeners."""

from __future__ import annotations

import inspect
import logging
import os
from types import ModuleType, SimpleNamespace

import pytest
from airflow._shared.listeners.listener import ListenerManager
from airflow._shared.listeners.spec import taskinstance as task_specs
from airflow.listeners import hookimpl
from airflow.listeners.spec import dagrun as run_specs

from airflow_gov_provider.domain.events import Event
from airflow_gov_provider.listeners import hooks
from airflow_gov_provider.store.spool.claims import claimed_files, spool_state

TASK_HOOKS = {
    "on_task_instance_running": "task_instance.running",
    "on_task_instance_success": "task_instance.success",
    "on_task_instance_skipped": "task_instance.skipped",
    "on_task_instance_failed": "task_instance.failed",
}
RUN_HOOKS = {
    "on_dag_run_running": "dag_run.running",
    "on_dag_run_success": "dag_run.success",
    "on_dag_run_failed": "dag_run.failed",
}


@pytest.fixture
def spool(tmp_path, monkeypatch):
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__SPOOL_DIR", str(tmp_path / "spool"))
    monkeypatch.setattr(hooks, "_used", {})
    hooks._settings.cache_clear()
    hooks._reported.clear()
    yield tmp_path / "spool"
    hooks._settings.cache_clear()
    hooks._reported.clear()


@pytest.fixture
def manager() -> ListenerManager:
    manager = ListenerManager()
    manager.add_hookspecs(task_specs)
    manager.add_hookspecs(run_specs)
    manager.add_listener(hooks)
    return manager


def call(manager: ListenerManager, hook: str):
    """What Airflow does, for either kind of hook."""
    if hook in RUN_HOOKS:
        run = SimpleNamespace(dag_id="d", run_id="r", clear_number=0, queued_at=None)
        return getattr(manager.hook, hook)(dag_run=run, msg="started")
    ti = SimpleNamespace(
        id="1", dag_id="d", run_id="r", task_id="t", map_index=-1, try_number=1, state="failed"
    )
    arguments = {"previous_state": "running", "task_instance": ti}
    if hook == "on_task_instance_failed":
        arguments["error"] = ValueError("text")
    return getattr(manager.hook, hook)(**arguments)


def events(spool) -> list[Event]:
    with claimed_files(spool, limit=100) as files:
        return [Event.from_document(record) for file in files for record in file.read()[0]]


@pytest.mark.parametrize(("hook", "kind"), [*TASK_HOOKS.items(), *RUN_HOOKS.items()])
def test_each_hook_leaves_its_event(spool, manager, hook, kind):
    call(manager, hook)

    assert [event.type for event in events(spool)] == [kind]


@pytest.mark.parametrize("hook", [*TASK_HOOKS, *RUN_HOOKS])
def test_a_hook_declares_what_airflow_passes_and_no_defaults(hook):
    spec = getattr(run_specs if hook in RUN_HOOKS else task_specs, hook)
    ours = inspect.signature(getattr(hooks, hook)).parameters

    assert list(ours) == list(inspect.signature(spec).parameters)
    assert all(parameter.default is parameter.empty for parameter in ours.values())


def a_listener(behaviour) -> ModuleType:
    other = ModuleType("other")

    @hookimpl
    def on_task_instance_success(previous_state, task_instance):
        return behaviour()

    other.on_task_instance_success = on_task_instance_success
    return other


def raise_value_error():
    raise ValueError("another plugin")


def exit_process():
    raise SystemExit(1)


@pytest.mark.parametrize("first", [True, False])
def test_a_raising_listener_of_another_plugin_starves_nobody(spool, manager, first):
    if first:
        manager.pm.unregister(hooks)
    manager.add_listener(a_listener(raise_value_error))
    if first:
        manager.add_listener(hooks)

    with pytest.raises(ValueError, match="another plugin"):
        call(manager, "on_task_instance_success")

    assert len(events(spool)) == 1


def test_what_another_listener_does_to_the_process_is_left_to_it(spool, manager):
    manager.add_listener(a_listener(exit_process))

    with pytest.raises(SystemExit):
        call(manager, "on_task_instance_success")

    assert len(events(spool)) == 1


def test_the_results_of_other_listeners_pass_through(spool, manager):
    manager.add_listener(a_listener(lambda: "result"))

    assert call(manager, "on_task_instance_success") == ["result"]


@pytest.mark.parametrize("hook", [*TASK_HOOKS, *RUN_HOOKS])
def test_a_spool_that_cannot_be_written_to_is_told_and_no_concern_of_the_task(
    manager, hook, spool, caplog
):
    spool.touch()  # where a directory should be

    for _ in range(2):
        assert call(manager, hook) == []

    assert len(events(spool)) == 2
    [record] = caplog.records
    assert f"{spool} cannot be written to; events are left in" in record.getMessage()


def test_a_loss_is_logged_once_and_counted_each_time(spool, manager, caplog, monkeypatch):
    def full(_writer, _record):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("airflow_gov_provider.store.spool.records.SpoolWriter.append", full)

    for _ in range(3):
        call(manager, "on_task_instance_success")

    assert spool_state(spool).lost == 3
    assert [record.getMessage() for record in caplog.records] == [
        "the event task_instance.success is lost to the governance audit"
    ]


def test_the_loss_of_an_event_whose_sync_failed_is_counted(spool, manager, monkeypatch):
    def broken(_opened):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fdatasync", broken)
    monkeypatch.setattr(
        "airflow_gov_provider.store.spool.records.start_new_thread",
        lambda act, arguments: act(*arguments),
    )

    call(manager, "on_task_instance_running")

    assert spool_state(spool).lost == 1


def test_settings_that_cannot_be_read_are_no_concern_of_the_task(spool, manager, monkeypatch):
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__MAX_PAYLOAD_BYTES", "many")

    assert call(manager, "on_task_instance_running") == []
    assert spool_state(spool).lost == 1


def test_a_supervisor_reads_the_settings_before_it_forks(spool, manager, monkeypatch):
    os.waitpid(_forked(), 0)
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__SPOOL_DIR", str(spool.parent / "other"))

    call(manager, "on_task_instance_running")

    assert len(events(spool)) == 1


def test_what_a_supervisor_rehearses_before_it_forks_leaves_no_event(spool, manager):
    os.waitpid(_forked(), 0)
    assert not spool.exists()  # who forks need not be who writes

    call(manager, "on_task_instance_success")
    os.waitpid(_forked(), 0)

    assert [event.type for event in events(spool)] == ["task_instance.success"]
    assert spool_state(spool).lost == 0


def test_a_supervisor_that_cannot_read_a_setting_forks_all_the_same(spool, manager, monkeypatch):
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__MAX_PAYLOAD_BYTES", "many")

    os.waitpid(_forked(), 0)
    call(manager, "on_task_instance_running")

    assert spool_state(spool).lost == 1


def _forked() -> int:
    child = os.fork()
    if not child:
        os._exit(0)
    return child


class Hostile:
    """A task instance whose every attribute raises."""

    def __getattr__(self, name):
        raise RuntimeError(name)


def test_a_task_instance_that_nobody_can_read_still_leaves_an_event(spool, manager, caplog):
    caplog.set_level(logging.ERROR)

    manager.hook.on_task_instance_running(previous_state=None, task_instance=Hostile())

    [event] = events(spool)
    assert (event.type, event.dag_id) == ("task_instance.running", None)
    assert caplog.records == []


class Interrupted(BaseException):
    pass


def test_what_is_meant_for_the_task_is_not_swallowed(spool, manager, monkeypatch):
    """A timeout or an interrupt that arrives while a hook runs."""

    def interrupted(_writer, _record):
        raise Interrupted

    monkeypatch.setattr("airflow_gov_provider.store.spool.records.SpoolWriter.append", interrupted)

    with pytest.raises(Interrupted):
        call(manager, "on_task_instance_success")
