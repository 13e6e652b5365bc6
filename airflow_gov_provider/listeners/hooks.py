"""The hooks that Airflow calls; this module is what the plugin registers.

Each one writes its event before anything else runs, and as a pluggy wrapper it runs before the
plain hooks of other plugins: one that raises or hangs cannot starve it. A wrapper of another plugin
still can, so what this witness says is true and need not be complete.

Parameters have no defaults, because pluggy passes nothing to those that have one. No ``Exception``
leaves this module; what is not an ``Exception`` (a timeout, an interrupt) is meant for the task
and passes.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from pluggy import HookimplMarker

from airflow_gov_provider import config
from airflow_gov_provider.listeners.observation import dag_run_line, task_line
from airflow_gov_provider.listeners.rehearsal import rehearse
from airflow_gov_provider.listeners.task_end import ship_at_task_end
from airflow_gov_provider.store.spool.records import SpoolWriter, note_loss

hookimpl = HookimplMarker("airflow")
_log = logging.getLogger(__name__)
_reported: set[tuple[str, type[Exception]]] = set()
_used: dict[str, Path] = {}  # where this process has left events
_TASK_RUNNER = "TaskRunnerMarker"

Hook = Generator[None, object, object]


@hookimpl(wrapper=True)
def on_task_instance_running(previous_state: Any, task_instance: Any) -> Hook:
    _write_task("running", task_instance, previous_state)
    return (yield)


@hookimpl(wrapper=True)
def on_task_instance_success(previous_state: Any, task_instance: Any) -> Hook:
    _write_task("success", task_instance, previous_state)
    return (yield)


@hookimpl(wrapper=True)
def on_task_instance_skipped(previous_state: Any, task_instance: Any) -> Hook:
    _write_task("skipped", task_instance, previous_state)
    return (yield)


@hookimpl(wrapper=True)
def on_task_instance_failed(previous_state: Any, task_instance: Any, error: Any) -> Hook:
    _write_task("failed", task_instance, previous_state, error)
    return (yield)


@hookimpl(wrapper=True)
def on_dag_run_running(dag_run: Any, msg: Any) -> Hook:
    _write_dag_run("running", dag_run, msg)
    return (yield)


@hookimpl(wrapper=True)
def on_dag_run_success(dag_run: Any, msg: Any) -> Hook:
    _write_dag_run("success", dag_run, msg)
    return (yield)


@hookimpl(wrapper=True)
def on_dag_run_failed(dag_run: Any, msg: Any) -> Hook:
    _write_dag_run("failed", dag_run, msg)
    return (yield)


@hookimpl(wrapper=True)
def before_stopping(component: Any) -> Hook:
    """The last that a task process calls, whatever became of its task."""
    if type(component).__name__ == _TASK_RUNNER:
        _ship()
    return (yield)


def _write_task(state: str, task_instance: Any, previous_state: Any, error: Any = None) -> None:
    _write(
        f"task_instance.{state}",
        lambda max_bytes: task_line(
            state, task_instance, previous_state=previous_state, error=error, max_bytes=max_bytes
        ),
        ahead=state == "running",
    )


def _write_dag_run(state: str, dag_run: Any, msg: Any) -> None:
    _write(
        f"dag_run.{state}",
        lambda max_bytes: dag_run_line(state, dag_run, msg, max_bytes=max_bytes),
    )


def _write(what: str, observe: Callable[[int], bytes], *, ahead: bool = False) -> None:
    """:param ahead: whether what follows may begin while the disk is still writing."""
    try:
        settings = _settings()
        writer, line = settings.writer, observe(settings.max_bytes)
        if ahead:
            place = writer.append_ahead(line, failed=partial(_lost, what))
        else:
            place = writer.append(line)
        if str(place) not in _used:
            _used[str(place)] = place
            if place is not writer.directory:
                _log.error(
                    "%s cannot be written to; events are left in %s, from where the shippers of "
                    "this user on this host take them; see [governance] spool_dir",
                    writer.directory,
                    place,
                )
    except Exception as error:  # noqa: BLE001 - nothing that fails here may reach the task
        _lost(what, error)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Settings:
    """Of this process and those that are forked from it."""

    writer: SpoolWriter
    max_bytes: int
    shipping: str


@cache
def _settings() -> _Settings:
    """Read once a process, because a scheduler writes a great many events."""
    return _Settings(
        writer=SpoolWriter(config.spool_dir(), elsewhere=True),
        max_bytes=config.max_payload_bytes(),
        shipping=config.ship_at_task_end(),
    )


def _before_fork() -> None:
    """What a task would otherwise do for itself, its supervisor does once for all of them."""
    with suppress(Exception):  # the hook meets it again, and tells of it
        settings = _settings()
        rehearse(settings.writer, max_bytes=settings.max_bytes)


os.register_at_fork(before=_before_fork)


def _ship() -> None:
    try:
        if _used:
            settings = _settings()
            ship_at_task_end(settings.writer.directory, used=_used.values(), mode=settings.shipping)
    except Exception:  # noqa: BLE001 - as below
        _log.exception("events stay on this host until they are shipped from it")


def _lost(what: str, error: Exception) -> None:
    """Count the event, and say so in the log once for each kind of failure in this process."""
    try:
        if (what, type(error)) not in _reported:
            _reported.add((what, type(error)))
            _log.error("the event %s is lost to the governance audit", what, exc_info=error)
        if not note_loss(config.spool_dir(), f"{what} {type(error).__name__}"):
            _log.error("the loss of the event %s could be noted nowhere but here", what)
    except Exception:  # noqa: BLE001 - there is nowhere left to say it
        return
