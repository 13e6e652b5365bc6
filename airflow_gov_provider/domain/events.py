"""The event envelope: what happened to a task instance or a Dag run, who saw it, and its identity.

Identity
    There is one event for each transition, whoever saw it and however often it is told. Two things
    see to that.

    *The same telling twice* is known by its name. A line in a spool may be shipped more than once
    and has its ``event_id``, a SHA-256 over what makes it one occurrence:

    * A Dag run reaches a state: Dag, run, the time the run was queued, its clear number and the
      state. The scheduler announces such a change before it commits, and again if it had to roll
      back, so the time of the announcement is *not* part of it. The time of queueing is: a run that
      is queued again, or deleted and created again under its old id, has it anew. A change that a
      person made is announced once and may be made again, so there the time counts as well.
    * A task instance reaches a state: its UUID (Airflow gives a new one for each try), the try, the
      state and the time in nanoseconds. A deferred task reports ``running`` twice in one try, and
      both are true.

    A row of one of Airflow's tables has the table's name for it: the log's id and time, or the
    task instance's UUID with try and state.

    *The same transition told by two witnesses* is known by what both of them know of it. Sightings
    are of one transition if all of this holds; otherwise they are of two:

    * Dag, run, task, map index, try and state are the same. A witness that cannot tell ``failed``
      from ``up_for_retry`` (the scheduler's row in the log, the history of tries) agrees with both.
      One exception: the scheduler may fail a try whose process is still to be started. That process
      then runs the next try, and its hook tells the number of the try before; with the same UUID it
      meets the log's row of the next one.
    * The task instance's UUIDs, or a run's times of queueing, are the same where both know them.
      This tells runs apart that were deleted and created again under one name.
    * Each witness tells of it once. Only of an end may both the task process and the scheduler
      tell: the task that it fails, the scheduler that it found it dead.
    * Both say that a person did it, or neither; what only a table shows fits both.
    * They are near in time. A try reaches ``running``, ``deferred``, ``up_for_reschedule``,
      ``awaiting_input`` and ``scheduled`` as often as it likes: there the row of the log has to lie
      between the begin of the process that the hook runs in and the hook itself, give or take ten
      seconds for clocks that differ, and the nearest find each other first. Where starts
      follow each other at once and are told out of order, a hook may so meet the row of another
      start; their number is right all the same. Any other state is reached once in a try; the time
      counts only where a UUID is not known, and then within a quarter of an hour.

    ``domain.sightings`` is this rule, and ``store.events.merging`` applies it to whatever arrives.

Bytes
    ``Event.document`` is JSON with sorted keys and no spaces. Keys are ASCII, integers stay below
    2**53 and other numbers in the range where Python and ECMAScript print them alike, so that
    the bytes are those of RFC 8785 without paying for a general implementation in a task.

Standard library only: task processes import this module.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

ENVELOPE_VERSION = 1
LISTENER = "listener"

LONGEST_ID = 250  # what Airflow allows for Dag, task and run ids
LONGEST_TEXT = 1000
DEEPEST = 5
LARGEST_EXACT_INTEGER = 2**53 - 1
SMALLEST_PLAIN_FRACTION = 1e-4  # below, Python turns to exponents, which ECMAScript writes unlike
LARGEST_COUNT = 2**31 - 1
DEEPEST_READABLE = 50
_CUT = "…"

_LONGEST = {
    "event_id": 64,
    "type": 100,
    "witness": 50,
    "state": 50,
    "dag_id": LONGEST_ID,
    "run_id": LONGEST_ID,
    "task_id": LONGEST_ID,
    "actor": LONGEST_ID,
}
_REQUIRED = ("event_id", "type", "witness")
_COUNTS = ("map_index", "try_number")
_FIELDS = {*_LONGEST, *_COUNTS, "v", "occurred_at", "payload"}


class _Read:
    """Where an event that was read keeps its line, if that is canonical."""

    __slots__ = ("_line",)

    _line: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Event(_Read):
    """One thing that happened, as one witness saw it.

    :param type: ``task_instance.`` or ``dag_run.`` and the state that was reached.
    :param actor: the user who did it, where that is known; None for the machinery.
    :param witness: who saw it.
    :param payload: JSON-safe context; never a parameter, a result or an error message.
    """

    event_id: str
    type: str
    occurred_at: datetime
    witness: str = LISTENER
    state: str | None = None
    dag_id: str | None = None
    run_id: str | None = None
    task_id: str | None = None
    map_index: int | None = None
    try_number: int | None = None
    actor: str | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)

    @property
    def document(self) -> bytes:
        """Canonical JSON of everything above, on one line."""
        line: bytes | None = getattr(self, "_line", None)
        if line is not None:
            return line
        content = {name: getattr(self, name) for name in self.__slots__}
        content["v"] = ENVELOPE_VERSION
        content["occurred_at"] = self.occurred_at.astimezone(UTC).isoformat()
        return canonical_line(content)

    @classmethod
    def from_document(cls, document: bytes) -> Event:
        """Read a document back.

        :raises ValueError: if it is not an envelope that this package can read and store; the
            message names every field that is wrong, without its value.
        """
        try:
            content = json.loads(document)
        except (ValueError, RecursionError) as error:
            raise ValueError("expected one JSON object, found something else") from error
        problems = _problems(content)
        if problems:
            raise ValueError(f"expected an event: {'; '.join(problems)}")
        del content["v"]
        return cls(**{**content, "occurred_at": datetime.fromisoformat(content["occurred_at"])})


def task_event_id(*, ti_id: str, try_number: int | None, state: str, occurred_ns: int) -> str:
    return _identity("task_instance", ti_id, try_number, state, occurred_ns)


def dag_run_event_id(
    *,
    dag_id: str,
    run_id: str,
    queued_at: datetime | None,
    clear_number: int | None,
    state: str,
    by_hand_ns: int | None = None,
) -> str:
    """:param by_hand_ns: when a person made the change; None for the scheduler's own."""
    queued = queued_at.astimezone(UTC).isoformat() if queued_at else None
    return _identity("dag_run", dag_id, run_id, queued, clear_number or 0, state, by_hand_ns)


def _identity(*parts: str | int | None) -> str:
    line = f"[{','.join([printed(part) for part in parts])}]"
    digest: str = _sha256(line.encode()).hexdigest()
    return digest


def _plain_sha256() -> Any:
    """Python's own where it has one: a process just forked enters OpenSSL only after page faults.

    They cost fifty times what hashing a name does.
    """
    for module in ("_sha2", "_sha256"):  # of Python 3.12, of 3.11
        with suppress(ImportError, AttributeError):
            return import_module(module).sha256
    return hashlib.sha256


_sha256 = _plain_sha256()


def printed(value: Any) -> str:
    """``canonical_line(value)`` as text, without the encoder where nothing has to be escaped.

    A process that was just forked pays for each page of code that it is the first to enter; for a
    few short values that is more than the encoding.
    """
    kind = type(value)
    if kind is str:
        if not needs_escapes(value):
            return f'"{value}"'
    elif value is None:
        return "null"
    elif kind is bool:
        return "true" if value else "false"
    elif kind is int or kind is float:
        number = _number(value)
        if number is None:
            return "null"
        return f'"{number}"' if type(number) is str else repr(number)
    return canonical_line(value).decode()


def needs_escapes(text: str) -> bool:
    """Whether it may be that JSON does not show the text as it is."""
    return not (text.isascii() and text.isprintable()) or '"' in text or "\\" in text


def canonical_line(value: Any) -> bytes:
    """The bytes of ``plain(value)``, without a line break."""
    return _line(plain(value))


def _line(value: Any) -> bytes:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def plain(value: Any, *, depth: int | None = None, longest: int | None = None) -> Any:
    """The nearest JSON value of the restricted kind that the module describes.

    :param depth: how many containers may nest; what lies deeper is replaced by a mark.
    :param longest: characters that a text may have before it is cut and marked.
    """
    if value is None or isinstance(value, bool) or _is_plain_text(value, longest):
        return value
    if isinstance(value, (int, float)):
        return _number(value)
    if isinstance(value, (dict, list, tuple, Mapping)):  # the abstract class is slow to ask
        if depth == 0:
            return _CUT
        below = None if depth is None else depth - 1
        if isinstance(value, (list, tuple)):
            return [plain(item, depth=below, longest=longest) for item in value]
        return {
            _ascii(key): plain(item, depth=below, longest=longest) for key, item in value.items()
        }
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    if longest is not None and len(text) > longest:
        text = text[:longest] + _CUT
    return text.encode(errors="replace").decode()


def _number(value: Any) -> int | float | str | None:
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        if not value.is_integer():
            return float(value) if abs(value) >= SMALLEST_PLAIN_FRACTION else repr(float(value))
    return int(value) if abs(value) <= LARGEST_EXACT_INTEGER else str(int(value))


def _is_plain_text(value: Any, longest: int | None) -> bool:
    return type(value) is str and value.isascii() and (longest is None or len(value) <= longest)


def _ascii(key: object) -> str:
    if type(key) is str and key.isascii():
        return key
    return str(key).encode("ascii", errors="backslashreplace").decode()


def bounded(payload: Mapping[str, Any], *, max_bytes: int) -> dict[str, Any]:
    """The payload within its limits of size and depth.

    Long texts and deep containers are shortened where they stand. If that is not enough, the
    largest entries go until the rest fits, and ``cut`` names them (or counts them, where even their
    names are too long).
    """
    kept = {
        _ascii(key): plain(value, depth=DEEPEST - 1, longest=LONGEST_TEXT)
        for key, value in payload.items()
    }
    if len(_line(kept)) <= max_bytes:
        return kept
    sizes = {key: len(_line(value)) for key, value in kept.items()}
    cut: list[str] = []
    for key in sorted(sizes, key=lambda name: (-sizes[name], name)):
        del kept[key]
        cut.append(key)
        if len(_line({**kept, "cut": sorted(cut)})) <= max_bytes:
            return {**kept, "cut": sorted(cut)}
    return {"cut": len(cut)}


def _is_count(value: Any) -> bool:
    return type(value) is int and abs(value) <= LARGEST_COUNT


def _problems(content: Any) -> list[str]:
    if not isinstance(content, dict):
        return ["not an object"]
    if content.get("v") != ENVELOPE_VERSION:
        return [f"v must be {ENVELOPE_VERSION}"]
    problems = [f"{_ascii(name)[:50]} is unknown" for name in sorted(content.keys() - _FIELDS)]
    problems += [f"{name} is missing" for name in sorted(_FIELDS - content.keys())]
    for name, longest in _LONGEST.items():
        problems += _problems_of_text(name, content.get(name), longest, required=name in _REQUIRED)
    for name in _COUNTS:
        value = content.get(name)
        if value is not None and not _is_count(value):
            problems.append(f"{name} must be a small integer")
    payload = content.get("payload")
    if not isinstance(payload, dict) or not _nests_within(payload, DEEPEST_READABLE):
        problems.append("payload must be an object that nests reasonably")
    return problems + _problems_of_time(content.get("occurred_at"))


def _nests_within(value: Any, depth: int) -> bool:
    if not isinstance(value, (dict, list)):
        return True
    items = value.values() if isinstance(value, dict) else value
    return depth > 0 and all(_nests_within(item, depth - 1) for item in items)


def _problems_of_text(name: str, value: Any, longest: int, *, required: bool) -> list[str]:
    if value is None:
        return [f"{name} is empty"] if required else []
    if not isinstance(value, str) or len(value) > longest:
        return [f"{name} must be a text of at most {longest} characters"]
    surrogates = not value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in value)
    if "\0" in value or surrogates:
        return [f"{name} holds characters that no database keeps"]
    return []


def _problems_of_time(value: Any) -> list[str]:
    try:
        zone = datetime.fromisoformat(value).tzinfo
    except (TypeError, ValueError):
        zone = None
    return [] if zone else ["occurred_at must be an ISO 8601 time with its zone"]
