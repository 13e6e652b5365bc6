"""From what somebody wrote, in a Dag file or in YAML, to promises, with all mistakes at once.

One entry makes one kind of promise; the tasks of one entry are promises of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfoNotFoundError

from airflow_gov_provider.domain.contracts.problems import Node, hint
from airflow_gov_provider.domain.durations import duration as written_duration
from airflow_gov_provider.domain.events import LONGEST_ID
from airflow_gov_provider.domain.severity import Severity
from airflow_gov_provider.domain.sla.calendars import Calendar, zone
from airflow_gov_provider.domain.sla.commitments import (
    LONGEST,
    MIDNIGHT,
    SHORTEST,
    USUAL_TARGET,
    Commitment,
    CountsFrom,
    Kind,
    usual_name,
)

TERMS = (
    "name",
    "within",
    "from",
    "tasks",
    "by",
    "tz",
    "opens",
    "asset",
    "severity",
    "owner",
    "description",
    "target",
    "calendar",
)
_ALLOWED = {
    Kind.RUN: {"within", "from"},
    Kind.TASK: {"tasks", "from"},
    Kind.BY: {"by", "tz", "opens"},
    Kind.ASSET: {"asset", "within"},
}
_SPECIFIC = ("within", "from", "tasks", "by", "tz", "opens", "asset")
_LONGEST_ASSET = 1500
_ORIGINS = [origin.value for origin in CountsFrom]
_HOUR = 60
_TIME_WORDS = 'a time of day such as "10:00"'


def read_promises(
    node: Node,
    fields: Mapping[str, Node],
    *,
    source: str,
    calendars: Mapping[str, Calendar] | None,
) -> list[Commitment]:
    """The promises of one entry; where a problem is noted, they are not to be used.

    :param fields: of the entry, those named in ``TERMS``.
    :param calendars: that an entry may name; None where its calendar is looked up later.
    """
    kind = _kind(node, fields)
    shared = _shared(fields, calendars)
    if kind is None:
        return []
    for key in _SPECIFIC:
        if key in fields and key not in _ALLOWED[kind]:
            fields[key].wrong(f"has no meaning for {_WORDS[kind]}; leave it out")
    promises = _READERS[kind](fields)
    if "name" in fields and len(promises) > 1:
        fields["name"].wrong("names one promise; give tasks that need names entries of their own")
    name = _text(fields.get("name"))
    return [
        Commitment(
            name=name or usual_name(kind, **_naming(kind, terms)),
            kind=kind,
            source=source,
            **terms,
            **shared,
        )
        for terms in promises
    ]


_WORDS = {
    Kind.RUN: "a promise about a run",
    Kind.TASK: "a promise about tasks",
    Kind.BY: "a promise about a time of day",
    Kind.ASSET: "a promise about an asset",
}


def _naming(kind: Kind, terms: Mapping[str, Any]) -> dict[str, Any]:
    if kind is Kind.RUN:
        return {"counts_from": terms["counts_from"]}
    return {"subject": terms.get("subject", "")}


def _kind(node: Node, fields: Mapping[str, Node]) -> Kind | None:
    marks = {"tasks": Kind.TASK, "by": Kind.BY, "asset": Kind.ASSET}
    given = [key for key in marks if key in fields]
    if len(given) > 1:
        keys = " and ".join(repr(key) for key in given)
        node.wrong(f"expected one kind of promise, found {keys}; declare each by itself")
        return None
    if given:
        return marks[given[0]]
    if "within" not in fields:
        node.wrong("expected one of 'within', 'tasks', 'by' and 'asset'; nothing is promised")
        return None
    return Kind.RUN


def _shared(fields: Mapping[str, Node], calendars: Mapping[str, Calendar] | None) -> dict[str, Any]:
    severity = (
        fields["severity"].choice([level.value for level in Severity])
        if "severity" in fields
        else None
    )
    tz = time_zone(fields.get("tz"))
    return {
        "severity": Severity(severity) if severity else Severity.MEDIUM,
        "owner": _text(fields.get("owner")),
        "description": _text(fields.get("description"), longest=None),
        "target": _target(fields.get("target")),
        "calendar": _calendar(fields.get("calendar"), calendars, tz=tz),
    }


def _run(fields: Mapping[str, Node]) -> list[dict[str, Any]]:
    origin = fields["from"].choice(_ORIGINS) if "from" in fields else None
    counts_from = CountsFrom(origin) if origin else CountsFrom.QUEUED
    return [{"within": length(fields["within"]), "counts_from": counts_from}]


def _tasks(fields: Mapping[str, Node]) -> list[dict[str, Any]]:
    if "from" in fields and fields["from"].choice(_ORIGINS) not in (
        None,
        CountsFrom.RUN_START.value,
    ):
        fields["from"].wrong("tasks are counted from the start of the run; leave it out")
    tasks = fields["tasks"].fields(None)
    if isinstance(fields["tasks"].value, Mapping) and not fields["tasks"].value:
        fields["tasks"].wrong("expected at least one task")
    for task_id, task in tasks.items():
        if not 0 < len(task_id) <= LONGEST_ID:
            task.wrong(f"expected the id of a task, of at most {LONGEST_ID} characters")
    return [
        {"subject": task_id, "within": length(task), "counts_from": CountsFrom.RUN_START}
        for task_id, task in tasks.items()
    ]


def _by(fields: Mapping[str, Node]) -> list[dict[str, Any]]:
    by = _time(fields["by"])
    opens = _time(fields["opens"]) if "opens" in fields else MIDNIGHT
    if by is not None and by == opens:
        fields["by"].wrong(f"expected another time than {by:%H:%M}, when the day opens")
    return [{"by": by, "opens": opens or MIDNIGHT, "tz": time_zone(fields.get("tz"))}]


def _asset(fields: Mapping[str, Node]) -> list[dict[str, Any]]:
    if "within" not in fields:
        fields["asset"].wrong("'within' is missing beside it: how old the asset may be")
        return []
    subject = _text(fields["asset"], longest=_LONGEST_ASSET)
    return [{"subject": subject or "", "within": length(fields["within"])}]


_READERS = {Kind.RUN: _run, Kind.TASK: _tasks, Kind.BY: _by, Kind.ASSET: _asset}


def length(node: Node) -> timedelta | None:
    """A length of time that can be promised, as text or as a ``timedelta``."""
    value = node.value if isinstance(node.value, timedelta) else written_duration(node)
    if value is not None and not SHORTEST <= value <= LONGEST:
        node.wrong(f"expected from 1 second to {LONGEST.days} days, found {value}")
        return None
    return value


def time_zone(node: Node | None) -> str:
    """The name of a zone of the IANA database; UTC where none is given or the name is wrong."""
    name = _text(node)
    if node is None or name is None:
        return "UTC"
    try:
        zone(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        node.wrong(f'expected the name of a time zone such as "Europe/Berlin", found {name!r}')
        return "UTC"
    return name


def _time(node: Node) -> time | None:
    """The time of day of the clock on the wall; YAML makes a number of a time without quotes."""
    value = node.value
    if isinstance(value, str):
        try:
            value = time.fromisoformat(value.strip())
        except ValueError:
            node.expected(_TIME_WORDS)
            return None
    if isinstance(value, time):
        if value.tzinfo is None:
            return value
        node.wrong("expected a time without a zone; the zone stands in 'tz'")
        return None
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 24 * _HOUR:
        meant = f"{value // _HOUR:02}:{value % _HOUR:02}"
        node.wrong(f"expected {_TIME_WORDS} in quotes, found {value}; is {meant!r} meant?")
        return None
    node.expected(_TIME_WORDS)
    return None


def _target(node: Node | None) -> float:
    if node is None:
        return USUAL_TARGET
    value = node.value
    if isinstance(value, str) and value.strip().endswith("%"):
        try:
            share = float(Decimal(value.strip().removesuffix("%").strip()) / 100)
        except (ArithmeticError, ValueError):
            share = -1.0
    else:
        number = node.number()
        if number is None:
            return USUAL_TARGET
        share = float(number)
    if not 0 < share <= 1:
        node.wrong(f'expected a share above 0 and at most 1 such as 0.99 or "99%", found {value!r}')
        return USUAL_TARGET
    return share


def _calendar(node: Node | None, calendars: Mapping[str, Calendar] | None, *, tz: str) -> Calendar:
    if node is None:
        return Calendar(tz=tz)
    if isinstance(node.value, Calendar):
        return node.value
    if isinstance(node.value, Mapping):
        from airflow_gov_provider.domain.sla.calendar_terms import read_calendar

        return read_calendar(node, tz=tz)
    name = _text(node)
    if name is None or calendars is None:
        return Calendar(name=name)
    if name not in calendars:
        node.wrong(f"unknown calendar {name!r}{hint(name, calendars)}")
        return Calendar()
    return calendars[name]


def _text(node: Node | None, *, longest: int | None = LONGEST_ID) -> str | None:
    if node is None:
        return None
    text = node.text()
    if text is not None and longest is not None and len(text) > longest:
        node.wrong(f"expected at most {longest} characters, found {len(text)}")
        return None
    return None if text is None else str(text)
