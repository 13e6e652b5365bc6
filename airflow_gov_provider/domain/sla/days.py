"""Outcomes by day: of a calendar, of a trend, and of an error budget that burns down.

A day is one of a time zone, which is the reader's; an outcome is of the day of its deadline.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from airflow_gov_provider.domain.sla.calendars import zone
from airflow_gov_provider.domain.sla.outcomes import State

_DAY = timedelta(days=1)
# What a day with several outcomes is shown as: what needs a look comes first.
_TELLING = (State.MISSED, State.PENDING, State.EXCUSED, State.MET, State.VOID)


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCount:
    """How many outcomes of one commitment a day has, of each state."""

    commitment_id: str
    day: date
    met: int = 0
    missed: int = 0
    excused: int = 0
    void: int = 0
    pending: int = 0

    @property
    def state(self) -> State:
        """The one state that tells most: a single miss makes it a day of misses."""
        return next((one for one in _TELLING if getattr(self, one.value)), State.VOID)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A time in which the clock on the wall is that far ahead of UTC; it ends before ``until``."""

    until: datetime
    ahead: timedelta


def start_of(day: date, tz: str) -> datetime:
    """When a day begins in a zone."""
    return datetime.combine(day, time(), tzinfo=zone(tz)).astimezone(UTC)


def day_of(at: datetime, tz: str) -> date:
    return at.astimezone(zone(tz)).date()


def stretches(tz: str, *, since: datetime, until: datetime) -> list[Stretch]:
    """Between two times, to the second: where clocks are put forward or back, the next begins."""
    local = zone(tz)
    found: list[Stretch] = []
    at, ahead = since, since.astimezone(local).utcoffset() or timedelta()
    while at < until:
        later = min(at + _DAY, until)
        then = later.astimezone(local).utcoffset() or timedelta()
        if then != ahead:
            found.append(Stretch(until=_change(tz, at, later), ahead=ahead))
        at, ahead = later, then
    return [*found, Stretch(until=until, ahead=ahead)]


def _change(tz: str, before: datetime, after: datetime) -> datetime:
    """The first second with the offset of ``after``."""
    local, low, high = zone(tz), math.floor(before.timestamp()), math.ceil(after.timestamp())
    first = before.astimezone(local).utcoffset()
    while high - low > 1:
        middle = (low + high) // 2
        same = datetime.fromtimestamp(middle, tz=local).utcoffset() == first
        low, high = (middle, high) if same else (low, middle)
    return datetime.fromtimestamp(high, tz=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetDay:
    """:param remaining: the share of the error budget that is left at the end of the day; negative
    once more was missed than may be, None where nothing may be missed and something was.
    """

    day: date
    missed: int
    remaining: float | None


def burn_down(
    missed: Mapping[date, int], *, first: date, last: date, allowed: float
) -> list[BudgetDay]:
    """What is left of an error budget after each day.

    The budget is that of the whole window, so that the last day agrees with ``budget_used``; see
    ``domain.sla.attainment`` for the terms.

    :param allowed: how many misses the target allows for what is counted in the window.
    """
    found, total = [], 0
    for number in range((last - first).days + 1):
        day = first + number * _DAY
        total += missed.get(day, 0)
        left = 1 - total / allowed if allowed else None if total else 1.0
        found.append(BudgetDay(day=day, missed=missed.get(day, 0), remaining=left))
    return found


def trend(
    counts: Iterable[DayCount], *, first: date, last: date, points: int
) -> list[float | None]:
    """The share that was met in each of some parts of a time, the earliest first.

    :param points: how many parts there are at most; each has whole days, the last may have fewer.
    :returns: None for a part in which nothing is counted.
    """
    days = (last - first).days + 1
    size = max(1, math.ceil(days / points))
    met, counted = [0] * math.ceil(days / size), [0] * math.ceil(days / size)
    for one in counts:
        if first <= one.day <= last:
            part = (one.day - first).days // size
            met[part] += one.met
            counted[part] += one.met + one.missed
    return [met[at] / counted[at] if counted[at] else None for at in range(len(met))]


def by_commitment(counts: Iterable[DayCount]) -> Mapping[str, Sequence[DayCount]]:
    """In the order of their days."""
    found: dict[str, list[DayCount]] = {}
    for one in sorted(counts, key=lambda one: one.day):
        found.setdefault(one.commitment_id, []).append(one)
    return found
