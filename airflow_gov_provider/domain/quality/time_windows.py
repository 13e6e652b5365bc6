"""Windows of time, and which of them hold too few rows."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

MOST_WINDOWS = 10_000
MICROSECOND = timedelta(microseconds=1)
# Every zone of the world begins its days at a whole quarter of an hour of UTC.
_QUARTER = timedelta(minutes=15)
_DAY = timedelta(days=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Windows of one length that cover a span of time without a hole; a last shorter one is left
    out, because it could not be complete.

    :param start: the beginning of the first, inclusive, with a zone.
    :param end: the end of the span, exclusive.
    :param zone: where days begin; for windows of whole days they follow its calendar, so that a day
        may have 23 or 25 hours. None is UTC.
    """

    start: datetime
    end: datetime
    every: timedelta
    zone: str | None = None

    @property
    def step(self) -> timedelta:
        """How finely rows must be counted, so that every window is a sum of such counts."""
        return _QUARTER if self.follows_a_calendar else self.every

    @property
    def origin(self) -> datetime:
        """Where counting in steps begins."""
        return self.windows[0][0] if self.windows else self.start

    @property
    def windows(self) -> Sequence[tuple[datetime, datetime]]:
        """Beginning and end of each. Nothing after ``MOST_WINDOWS + 1``: whoever sees so many
        refuses them all.
        """
        return _windows(self)

    @property
    def follows_a_calendar(self) -> bool:
        """Whether windows are days of the zone, which clocks make longer and shorter."""
        return self.zone is not None and self.every % _DAY == timedelta(0)

    def edge(self, number: int) -> datetime:
        """Where the window of this number begins, and the one before it ends."""
        if not self.follows_a_calendar:
            return self.start + number * self.every
        zone = ZoneInfo(self.zone or "UTC")
        first = self.start.astimezone(zone)
        midnight = first.replace(hour=0, minute=0, second=0, microsecond=0)
        if midnight < first:
            midnight += _DAY
        return (midnight + number * self.every).astimezone(UTC)


@lru_cache(maxsize=8)
def _windows(grid: Grid) -> Sequence[tuple[datetime, datetime]]:
    edges = [grid.edge(0)]
    while len(edges) <= MOST_WINDOWS + 1:
        following = grid.edge(len(edges))
        if following > grid.end:
            break
        edges.append(following)
    return tuple(itertools.pairwise(edges))


@dataclass(frozen=True, slots=True, kw_only=True)
class Thin:
    """A window with fewer rows than asked."""

    start: datetime
    end: datetime
    rows: int


def thin_windows(grid: Grid, counts: Mapping[int, int], *, at_least: int) -> list[Thin]:
    """The windows that hold fewer rows than ``at_least``, in their order.

    :param counts: rows by the number of the step since ``grid.origin``; a step without rows may be
        missing.
    """
    first = grid.origin
    found = []
    for start, end in grid.windows:
        steps = range((start - first) // grid.step, (end - first) // grid.step)
        rows = sum(counts.get(step, 0) for step in steps)
        if rows < at_least:
            found.append(Thin(start=start, end=end, rows=rows))
    return found


def runs_of(windows: Sequence[Thin]) -> list[Thin]:
    """Windows that follow each other as one, with their rows together."""
    joined: list[Thin] = []
    for window in windows:
        if joined and joined[-1].end == window.start:
            last = joined.pop()
            joined.append(Thin(start=last.start, end=window.end, rows=last.rows + window.rows))
        else:
            joined.append(window)
    return joined


def microseconds(moment: datetime) -> int:
    """Since 1970 in UTC."""
    return (moment - _EPOCH) // MICROSECOND
