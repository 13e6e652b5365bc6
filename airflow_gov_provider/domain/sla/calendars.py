"""On which days a commitment holds, and when missing it is excused.

Days off are weekdays on which it never holds, and holidays with a reason. Maintenance windows are
stretches of time; one that comes back every week keeps its hour of the wall clock in the calendar's
zone, whatever daylight saving does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EVERY_DAY = tuple(range(7))
WEEK = timedelta(days=7)
_DAY_NAMES = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")
_INSTANT = timedelta(microseconds=1)


@cache
def zone(name: str) -> ZoneInfo:
    """:raises ZoneInfoNotFoundError: (a ``KeyError``) where the name is unknown."""
    return ZoneInfo(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holiday:
    day: date
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Maintenance:
    """A stretch of time that begins at ``starts`` and is over at ``ends`` (which is not in it).

    :param starts: aware; the first time, if it comes back.
    :param weekly: whether it comes back every seven days, at the same time of the wall clock.
    """

    starts: datetime
    ends: datetime
    reason: str
    weekly: bool = False

    def overlaps(self, start: datetime, end: datetime, *, tz: str) -> bool:
        """Whether any of its occurrences shares an instant with ``start`` up to ``end``."""
        end = max(end, start + _INSTANT)
        if not self.weekly:
            return self.starts < end and start < self.ends
        lasts, first = self.ends - self.starts, self.starts.astimezone(zone(tz))
        week = max(0, (start - self.ends) // WEEK - 1)
        while True:
            begins = _later(first, week)
            if begins >= end:
                return False
            if start < begins + lasts:
                return True
            week += 1


def _later(first: datetime, weeks: int) -> datetime:
    """So many weeks later by the wall clock, as an instant."""
    return (first + weeks * WEEK).astimezone(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """:param weekdays: on which it holds, 0 for Monday.
    :param tz: whose days these are, for what is given as an instant, and whose clock weekly
        maintenance keeps.
    :param name: of the entry of a commitments file; alone, it stands for that entry.
    """

    weekdays: tuple[int, ...] = EVERY_DAY
    holidays: tuple[Holiday, ...] = ()
    maintenance: tuple[Maintenance, ...] = ()
    tz: str = "UTC"
    name: str | None = None

    def holds_on(self, day: date) -> bool:
        return self.day_off(day) is None

    def day_off(self, day: date) -> str | None:
        """Why it does not hold on a day; None where it does."""
        for holiday in self.holidays:
            if holiday.day == day:
                return holiday.reason
        if day.weekday() not in self.weekdays:
            return f"does not hold on {_DAY_NAMES[day.weekday()]}"
        return None

    def excuse(self, start: datetime, end: datetime) -> str | None:
        """Why being late is excused for what had from ``start`` until ``end``; None: it is not.

        A maintenance window or a holiday anywhere in between excuses. A weekday on which the
        commitment does not hold excuses only where the time begins or ends on it: the others were
        known when so long a time was agreed upon.
        """
        maintained = self._maintained(start, end)
        if maintained is not None:
            return maintained
        if not self.holidays and len(self.weekdays) == len(EVERY_DAY):
            return None
        last_instant = max(start, end - _INSTANT)
        first, last = (when.astimezone(zone(self.tz)).date() for when in (start, last_instant))
        for holiday in self.holidays:
            if first <= holiday.day <= last:
                return holiday.reason
        return self.day_off(first) or self.day_off(last)

    def excuse_of_day(self, day: date, start: datetime, end: datetime) -> str | None:
        """Why being late is excused for what is of one day, and had from ``start`` until ``end``.

        The day itself may be off, or maintenance fall in between. A neighbouring day excuses
        nothing, even where the time begins on it.

        :param day: a local date of whoever promises; the calendar's own zone does not move it.
        """
        return self._maintained(start, end) or self.day_off(day)

    def _maintained(self, start: datetime, end: datetime) -> str | None:
        for window in self.maintenance:
            if window.overlaps(start, end, tz=self.tz):
                return window.reason
        return None

    @property
    def content(self) -> dict[str, Any]:
        """A JSON value that ``from_content`` reads; what is not special is left out."""
        told: dict[str, Any] = {
            "weekdays": [WEEKDAYS[day] for day in self.weekdays],
            "holidays": [
                {"day": holiday.day.isoformat(), "reason": holiday.reason}
                for holiday in self.holidays
            ],
            "maintenance": [
                {
                    "starts": window.starts.astimezone(UTC).isoformat(),
                    "ends": window.ends.astimezone(UTC).isoformat(),
                    "reason": window.reason,
                    "weekly": window.weekly,
                }
                for window in self.maintenance
            ],
            "tz": self.tz,
            "name": self.name,
        }
        return {key: value for key, value in told.items() if value != _USUAL[key]}

    @classmethod
    def from_content(cls, content: Mapping[str, Any]) -> Calendar:
        told = {**_USUAL, **content}
        return cls(
            weekdays=tuple(WEEKDAYS.index(day) for day in told["weekdays"]),
            holidays=tuple(
                Holiday(day=date.fromisoformat(item["day"]), reason=item["reason"])
                for item in told["holidays"]
            ),
            maintenance=tuple(
                Maintenance(
                    starts=datetime.fromisoformat(item["starts"]),
                    ends=datetime.fromisoformat(item["ends"]),
                    reason=item["reason"],
                    weekly=item["weekly"],
                )
                for item in told["maintenance"]
            ),
            tz=told["tz"],
            name=told["name"],
        )


_USUAL: dict[str, Any] = {
    "weekdays": list(WEEKDAYS),
    "holidays": [],
    "maintenance": [],
    "tz": "UTC",
    "name": None,
}
