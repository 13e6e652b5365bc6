"""From what Airflow hands to a listener to an event.

A task instance comes in two shapes: in the task process a ``RuntimeTaskInstance``, in the
scheduler and the api-server a database row. Of a row only what is loaded is read, because reaching
for more would run queries in a session that belongs to Airflow; only the columns of its identity
are worth a read of an expired attribute.

Never read: ``dag_run.conf``, params, rendered fields, XComs, notes and error messages. They can
hold data.

Nothing heavier than the standard library is imported here: it is loaded in every task process.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from airflow_gov_provider.domain.events import LONGEST_ID, dag_run_event_id, task_event_id
from airflow_gov_provider.listeners.acting import acting
from airflow_gov_provider.listeners.lines import as_text, event_line

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MADE_UP_PREFIX = "unusual_prefix_"  # which, with a hash, Airflow puts before modules of Dag files
_forked_ns: list[int] = []  # when, if that was after this module had been imported
_BY_HAND = "manually set"  # in the message with which the api-server announces a person's change


def task_line(
    state: str,
    task_instance: Any,
    *,
    previous_state: Any = None,
    error: BaseException | str | None = None,
    max_bytes: int,
) -> bytes:
    """The document of the event that a task instance hook is about.

    :param state: the state the hook is named after; ``failed`` may turn out to be a retry.
    """
    at_ns = time.time_ns()
    ti, now, is_row = task_instance, _time(at_ns), _is_row(task_instance)
    own = _own(ti)
    known = own.get if not is_row and "dag_id" in own else partial(_column, ti)
    if state == "failed" and as_text(known("state")) == "up_for_retry":
        state = "up_for_retry"
    try_number, index, actor = known("try_number"), known("map_index"), None
    if is_row and _by_hand(ti, previous_state) and (who := acting.get()):
        actor = who.user
    told = {
        "event_id": task_event_id(
            ti_id=str(known("id")), try_number=try_number, state=state, occurred_ns=at_ns
        ),
        "type": f"task_instance.{state}",
        "state": state,
        "dag_id": known("dag_id"),
        "run_id": known("run_id"),
        "task_id": known("task_id"),
        "map_index": -1 if index is None else index,
        "try_number": try_number,
        "occurred_at": now,
        "actor": actor,
    }
    facts = _of_row(ti, previous_state) if is_row else _of_task_process(ti)
    facts |= _times(ti, state, now)
    facts["previous_state"], facts["error_class"] = previous_state, _class_name(error)
    return event_line(told, facts, max_bytes=max_bytes)


def _of_task_process(ti: Any) -> dict[str, Any]:
    """What it knows of its task, whose instance names are looked up where they are kept.

    Asking a pydantic model for what it does not have is slow.
    """
    own, run = _own(ti), _own(_read(ti, "_ti_context_from_server", "dag_run"))
    task, bundle = own.get("task"), own.get("bundle_instance")
    return {
        "process": "task",
        "ti_id": own.get("id"),
        "operator": _read(task, "task_type"),
        "owner": _read(task, "owner"),
        "pool": _read(task, "pool"),
        "queue": own.get("queue"),
        "max_tries": own.get("max_tries"),
        "dag_version_id": own.get("dag_version_id"),
        "bundle_name": _read(bundle, "name"),
        "bundle_version": _read(bundle, "version"),
        "hostname": own.get("hostname") or os.uname().nodename,
        "pid": os.getpid(),
        "triggering_user": run.get("triggering_user_name"),
        "run_type": run.get("run_type"),
        "logical_date": run.get("logical_date"),
        "clear_number": run.get("clear_number"),
    }


def _own(thing: Any) -> dict[str, Any]:
    own: dict[str, Any] = getattr(thing, "__dict__", {})
    return own


def _of_row(ti: Any, previous_state: Any) -> dict[str, Any]:
    by_hand = _by_hand(ti, previous_state)
    return {
        "process": "api-server" if by_hand else "scheduler",
        "manual": by_hand or None,
        "request": _request() if by_hand else None,
        "ti_id": _id_of_this_try(ti),
        "operator": _read(ti, "operator") or _read(ti, "task", "task_type"),
        "owner": _read(ti, "task", "owner"),
        "pool": _read(ti, "pool") or _read(ti, "task", "pool"),
        "queue": _read(ti, "queue"),
        "max_tries": _read(ti, "max_tries"),
        "dag_version_id": _read(ti, "dag_version_id"),
        "dag_version_number": _read(ti, "dag_version", "version_number"),
        "bundle_name": _read(ti, "dag_version", "bundle_name"),
        "bundle_version": _read(ti, "dag_version", "bundle_version"),
        "hostname": _read(ti, "hostname"),
        "pid": _read(ti, "pid"),
        "triggering_user": _read(ti, "dag_run", "triggering_user_name"),
        "run_type": _read(ti, "dag_run", "run_type"),
        "logical_date": _read(ti, "dag_run", "logical_date"),
        "clear_number": _read(ti, "dag_run", "clear_number"),
    }


def _by_hand(ti: Any, previous_state: Any) -> bool:
    """Whether the api-server announces what a person has done."""
    return _is_row(ti) and previous_state is None


def _request() -> dict[str, Any] | None:
    """From where a person makes the change that is being announced."""
    who = acting.get()
    return who.told if who else None


def _id_of_this_try(ti: Any) -> Any:
    """The scheduler has given the row of a task that is to be tried again its next id already."""
    if as_text(_column(ti, "state")) == "up_for_retry":
        return None
    return _column(ti, "id")


def _times(ti: Any, state: str, now: datetime) -> dict[str, Any]:
    """A task that skips itself has no end yet when its hook is called: it ends now."""
    start, end = _read(ti, "start_date"), _read(ti, "end_date")
    if state == "running":
        began = None if _is_row(ti) else _process_began(now)
        return {"start_date": start, "process_started_at": began}
    if end is None and not _is_row(ti):
        end = now
    return {"start_date": start, "end_date": end, "duration": _seconds(start, end)}


def dag_run_line(state: str, dag_run: Any, msg: Any, *, max_bytes: int) -> bytes:
    """The document of the event that a Dag run hook is about."""
    at_ns = time.time_ns()
    by_hand = _BY_HAND in str(msg)
    dag_id, run_id = _column(dag_run, "dag_id"), _column(dag_run, "run_id")
    user = _read(dag_run, "triggering_user_name") if state == "running" else None
    if by_hand and (who := acting.get()):
        user = who.user
    told = {
        "event_id": dag_run_event_id(
            dag_id=dag_id,
            run_id=run_id,
            queued_at=_column(dag_run, "queued_at"),
            clear_number=_column(dag_run, "clear_number"),
            state=state,
            by_hand_ns=at_ns if by_hand else None,
        ),
        "type": f"dag_run.{state}",
        "state": state,
        "dag_id": dag_id,
        "run_id": run_id,
        "occurred_at": _time(at_ns),
        "actor": str(user)[:LONGEST_ID] if user else None,
    }
    facts = _dag_run_payload(dag_run, msg, by_hand=by_hand)
    return event_line(told, facts, max_bytes=max_bytes)


def _dag_run_payload(run: Any, msg: Any, *, by_hand: bool) -> dict[str, Any]:
    start, end = _read(run, "start_date"), _read(run, "end_date")
    return {
        "process": "api-server" if by_hand else "scheduler",
        "manual": by_hand or None,
        "request": _request() if by_hand else None,
        "reason": msg,
        "owner": _owners(_read(run, "dag", "tasks")),
        "run_type": _read(run, "run_type"),
        "triggered_by": _read(run, "triggered_by"),
        "triggering_user": _read(run, "triggering_user_name"),
        "logical_date": _read(run, "logical_date"),
        "queued_at": _read(run, "queued_at"),
        "start_date": start,
        "end_date": end,
        "duration": _seconds(start, end),
        "clear_number": _read(run, "clear_number"),
        "dag_version_id": _read(run, "created_dag_version_id"),
        "dag_version_number": _read(run, "created_dag_version", "version_number"),
        "bundle_version": _read(run, "bundle_version"),
        "hostname": os.uname().nodename,
        "pid": os.getpid(),
    }


def _is_row(thing: Any) -> bool:
    return "_sa_instance_state" in getattr(thing, "__dict__", ())


def _read(thing: Any, *names: str) -> Any:
    """Follow attributes; None where one is missing, not loaded or raises."""
    for name in names:
        if thing is None:
            return None
        try:
            thing = vars(thing).get(name) if _is_row(thing) else getattr(thing, name, None)
        except Exception:  # noqa: BLE001 - a property of somebody else's class
            return None
    return thing


def _column(thing: Any, name: str) -> Any:
    value = _read(thing, name)
    if value is None and _is_row(thing):
        with suppress(Exception):  # a detached row
            return getattr(thing, name)
    return value


def _owners(tasks: Any) -> str | None:
    with suppress(Exception):  # somebody else's classes again
        return ", ".join(sorted({task.owner for task in tasks}))
    return None


def _seconds(start: Any, end: Any) -> float | None:
    if isinstance(start, datetime) and isinstance(end, datetime):
        return round((end - start).total_seconds(), 3)
    return None


def _class_name(error: Any) -> str | None:
    """Where an error's class is defined and its name; not what it says."""
    if not isinstance(error, BaseException):
        return None
    module, name = type(error).__module__, type(error).__qualname__
    if module.startswith(_MADE_UP_PREFIX):
        module = module.removeprefix(_MADE_UP_PREFIX).partition("_")[2]
    return name if module == "builtins" else f"{module}.{name}"


def _process_began(now: datetime) -> datetime | None:
    """When this process was forked or, to a hundredth of a second, started; only Linux says."""
    if _forked_ns:
        return _time(_forked_ns[0])
    try:
        with open("/proc/self/stat", "rb", buffering=0) as file:  # noqa: PTH123 - half the time
            ticks = int(file.read(4096).rpartition(b")")[2].split()[19])
        age = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, AttributeError):
        return None
    return now - timedelta(seconds=age)


def _time(at_ns: int) -> datetime:
    return _EPOCH + timedelta(microseconds=at_ns // 1000)


def _note_fork() -> None:
    _forked_ns[:] = [time.time_ns()]


os.register_at_fork(after_in_child=_note_fork)
