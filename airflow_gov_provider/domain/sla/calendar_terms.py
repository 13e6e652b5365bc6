"""Calendars as somebody writes them: weekdays, holidays with reasons, maintenance windows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from airflow_gov_provider.domain.contracts.problems import Node
from airflow_gov_provider.domain.sla.calendars import (
    EVERY_DAY,
    WEEK,
    WEEKDAYS,
    Calendar,
    Holiday,
    Maintenance,
    zone,
)
from airflow_gov_provider.domain.sla.terms import time_zone

_FULL_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def read_calendar(node: Node, *, name: str | None = None, tz: str = "UTC") -> Calendar:
    """Problems are noted in ``node``, and what is wrong is left out of the result.

    :param tz: the zone of a calendar that names none.
    """
    fields = node.fields(("tz", "weekdays", "holidays", "maintenance"))
    tz = time_zone(fields["tz"]) if "tz" in fields else tz
    return Calendar(
        weekdays=_weekdays(fields["weekdays"]) if "weekdays" in fields else EVERY_DAY,
        holidays=_holidays(fields["holidays"]) if "holidays" in fields else (),
        maintenance=_maintenance(fields["maintenance"], tz) if "maintenance" in fields else (),
        tz=tz,
        name=name,
    )


def _weekdays(node: Node) -> tuple[int, ...]:
    days = set()
    items = node.items()
    for item in items:
        word = item.text()
        known = {**dict.fromkeys(WEEKDAYS), **dict.fromkeys(_FULL_NAMES)}
        if word is None or (chosen := item.choice(list(known))) is None:
            continue
        days.add(WEEKDAYS.index(chosen[:3]))
    if isinstance(node.value, (list, tuple)) and not items:
        node.wrong("expected at least one weekday; a commitment without days promises nothing")
    return tuple(sorted(days)) or EVERY_DAY


def _holidays(node: Node) -> tuple[Holiday, ...]:
    """A mapping of dates to reasons, or a list of dates."""
    if isinstance(node.value, Mapping):
        given = [(node.child(day, str(day)), reason) for day, reason in node.value.items()]
    else:
        given = [(item, "holiday") for item in node.items()]
    found: dict[date, str] = {}
    for item, reason in given:
        day = _date(item)
        words = Node(reason, item.place, item.problems).text()
        if day is not None and words is not None:
            if day in found:
                item.wrong("stands in the list twice")
            found[day] = words
    return tuple(Holiday(day=day, reason=reason) for day, reason in sorted(found.items()))


def _date(node: Node) -> date | None:
    value = node.value
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(value.strip())
    except (AttributeError, ValueError):  # no text, or no date
        node.expected("a date such as 2026-12-25")
        return None


def _maintenance(node: Node, tz: str) -> tuple[Maintenance, ...]:
    windows = [_window(item, tz) for item in node.items()]
    return tuple(window for window in windows if window is not None)


def _window(node: Node, tz: str) -> Maintenance | None:
    fields = node.fields(
        ("from", "until", "reason", "weekly"), required=("from", "until", "reason")
    )
    starts, ends = (_moment(fields.get(key), tz) for key in ("from", "until"))
    reason = fields["reason"].text() if "reason" in fields else None
    weekly = bool(fields["weekly"].flag()) if "weekly" in fields else False
    if starts is None or ends is None or reason is None:
        return None
    if ends <= starts:
        fields["until"].wrong("expected a time after 'from'")
        return None
    if weekly and ends - starts >= WEEK:
        fields["until"].wrong("expected less than a week of what comes back every week")
        return None
    return Maintenance(starts=starts, ends=ends, reason=reason, weekly=weekly)


def _moment(node: Node | None, tz: str) -> datetime | None:
    """A time as an instant; one without a zone is of the calendar's."""
    if node is None:
        return None
    value: Any = node.value
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            value = None
    if not isinstance(value, datetime):
        node.expected('a time such as "2026-12-24 22:00"')
        return None
    aware = value if value.tzinfo else value.replace(tzinfo=zone(tz))
    return aware.astimezone(UTC)
