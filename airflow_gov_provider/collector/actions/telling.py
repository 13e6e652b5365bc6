"""What the row of an action, or its request, tells by itself.

Only what is known to be harmless is taken: ids, names of things, names of fields, states, flags.
Never the value of a Connection, Variable, XCom or parameter, never a note, never a command line.
A name stands in the place of a name, but whoever asks for something may write anything there: it is
cut to the length that Airflow allows.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from airflow_gov_provider.collector.actions import kinds
from airflow_gov_provider.collector.actions.kinds import Kind, kind_of
from airflow_gov_provider.domain.events import LONGEST_ID

_MASK = "***"
_MOST_NAMED = 100
_STATE = re.compile(r"[a-z_]{1,30}")
_FIELD = re.compile(r"[a-z_]{1,40}")
_FLAGS = (
    "include_upstream",
    "include_downstream",
    "include_future",
    "include_past",
    "only_failed",
    "only_new",
    "only_running",
    "reset_dag_runs",
    "run_on_latest_version",
    "prevent_running_task",
)
_NO_FIELDS = {"method", "update_mask", "actions", "map_index"}
_COMMANDS = {"connections", "variables", "pools"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What was tried.

    :param name: as Airflow logs it.
    :param facts: what the log row tells; None where there is no row.
    :param params: what the path of the request names.
    """

    name: str
    facts: Mapping[str, Any] | None
    params: Mapping[str, str]

    def given(self, *names: str) -> str | None:
        """The first of these that has a value, from the body before the path."""
        for source in (self.facts or {}, self.params):
            for name in names:
                if (value := _name(source.get(name))) is not None:
                    return value
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    type: str
    payload: Mapping[str, Any]


def told(action: Action, *, by_person: bool) -> Told:
    """What it is called, and what may be kept of it."""
    kind = kind_of(action.name, by_person=by_person)
    if action.facts is not None:
        kind = _as_it_turns_out(kind, action)
    payload: dict[str, Any] = {"change": kind.change, "flags": _flags(action.facts or {})}
    if kind.names:
        payload |= _thing(kind, action)
    elif kind.type in (kinds.MARK_RUN, kinds.DELETE_RUN):
        payload |= {"new_state": _state(action, "state"), "runs": _entities(action, _run)}
    elif kind.type == kinds.MARK_TASK:
        payload |= {"new_state": _state(action, "new_state"), "group_id": action.given("group_id")}
    elif kind.type == kinds.CLEAR:
        payload |= _cleared(action.facts or {})
    payload["conf_keys"] = _conf_keys(action.facts or {})
    payload["backfill_id"] = action.given("backfill_id")
    return Told(type=kind.type, payload={name: it for name, it in payload.items() if it})


def _as_it_turns_out(kind: Kind, action: Action) -> Kind:
    """The same endpoint marks or only annotates, pauses or unpauses, does or only tries out."""
    facts = action.facts or {}
    plain = replace(kind, type=f"action.{action.name}", change=None)
    match action.name:
        case "patch_dag" | "patch_dags" if "is_paused" in facts:
            paused = str(facts["is_paused"]).lower() == "true"
            kind = replace(plain, type=kinds.PAUSE if paused else kinds.UNPAUSE)
        case "patch_task_instance" | "patch_task_group_instances" if not facts.get("new_state"):
            kind = plain
        case "patch_dag_run" if not facts.get("state"):
            kind = plain
        case "clear_dag_runs" | "clear_dag_run_partitions" if facts.get("dry_run", True):
            kind = plain
        case name if name.startswith("bulk_"):
            kind = _in_bulk(kind, {entity["action"] for entity in _entities(action, lambda _: {})})
    return kind


def _in_bulk(kind: Kind, actions: set[str]) -> Kind:
    if kind.type == kinds.MARK_RUN:
        return replace(kind, type=kinds.DELETE_RUN) if actions == {"delete"} else kind
    return replace(kind, change=_BULK.get(actions.pop()) if len(actions) == 1 else None)


_BULK = {"create": kinds.CREATED, "update": kinds.UPDATED, "delete": kinds.DELETED}


def _flags(facts: Mapping[str, Any]) -> list[str]:
    return [name for name in _FLAGS if facts.get(name) is True]


def _state(action: Action, name: str) -> str | None:
    value = str((action.facts or {}).get(name)).lower()
    return value if value != "none" and _STATE.fullmatch(value) else None


def _thing(kind: Kind, action: Action) -> dict[str, Any]:
    """The Connection, Variable, Pool or the like that was changed; names only."""
    facts = action.facts or {}
    if action.name.startswith(kinds.CLI):
        return {"name": _named_in_command(facts.get("full_command"))}
    if action.name.startswith("bulk_"):

        def named(entity: Any) -> dict[str, Any]:
            found = Action(name="", facts=entity if isinstance(entity, dict) else {}, params={})
            return {"name": _name(entity) or found.given(*kind.names)}

        return {"things": _entities(action, named)}
    fields = sorted(
        key
        for key in facts
        if key not in _NO_FIELDS and key not in kind.names and _FIELD.fullmatch(key)
        if key not in action.params and facts[key] is not None
    )
    return {"name": action.given(*kind.names), "fields": fields}


def _run(entity: Any) -> dict[str, Any]:
    if not isinstance(entity, dict):
        return {"run_id": _name(entity)}
    one = Action(name="", facts=entity, params={})
    return {
        "dag_id": one.given("dag_id"),
        "run_id": one.given("dag_run_id"),
        "new_state": _state(one, "state"),
    }


def _entities(action: Action, read: Any) -> list[dict[str, Any]]:
    """What a request in bulk names, each with what was to be done with it."""
    found: list[dict[str, Any]] = []
    for one in _list((action.facts or {}).get("actions")):
        if not isinstance(one, dict):
            continue
        what = str(one.get("action"))
        for entity in _list(one.get("entities")):
            facts = {"action": what if what in _BULK else "unknown", **read(entity)}
            found.append({name: it for name, it in facts.items() if it is not None})
    return found[:_MOST_NAMED]


def _cleared(facts: Mapping[str, Any]) -> dict[str, Any]:
    """What was asked to be cleared; the tasks by id, with the map index where one is given."""
    asked = [task if isinstance(task, str) else list(task) for task in _tasks(facts)]
    runs = [_run(run) for run in _list(facts.get("dag_runs"))]
    return {"asked_tasks": asked[:_MOST_NAMED], "runs": runs[:_MOST_NAMED]}


def _tasks(facts: Mapping[str, Any]) -> list[str | Sequence[Any]]:
    tasks: list[str | Sequence[Any]] = []
    for task in _list(facts.get("task_ids")):
        match task:
            case str() if (name := _name(task)) is not None:
                tasks.append(name)
            case [str() as name, int() as index]:
                tasks.append((name[:LONGEST_ID], index))
    return tasks


def _conf_keys(facts: Mapping[str, Any]) -> list[str]:
    """Names of what a run was given, without what was given."""
    conf = facts.get("conf") or facts.get("dag_run_conf")
    return sorted(str(key)[:LONGEST_ID] for key in conf)[:50] if isinstance(conf, dict) else []


def _named_in_command(command: Any) -> str | None:
    """The first argument after ``connections add`` and the like, if it is no option.

    What follows it can be a value, so nothing else is looked at.
    """
    try:
        words = ast.literal_eval(str(command))
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    match words:
        case [_, command, verb, str() as name, *_] if command in _COMMANDS and verb != "import":
            return None if name.startswith("-") else _name(name)
    return None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _name(value: Any) -> str | None:
    """:returns: None for what is no text, nothing, or hidden."""
    if isinstance(value, str) and value and value != _MASK:
        return value[:LONGEST_ID]
    return None
