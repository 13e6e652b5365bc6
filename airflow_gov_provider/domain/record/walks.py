"""Reading a growing table by its numbers, where rows may appear late below what was read.

A number is given when a row is written and shows when its transaction is committed, so a row may
turn up below rows that were read already. Every row is therefore read twice: soon after it is
there, and once more when what was read by some moment has settled. Whoever reads does nothing about
a row that it has seen before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

SETTLES_AFTER = timedelta(seconds=60)  # no transaction that writes an event lasts longer
MOST_AT_ONCE = 20_000

Stretch = tuple[int, int]  # numbers above the first one, up to the second


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """How far a table was read.

    :param read: the first time.
    :param settled: the second time.
    :param mark: what ``read`` was at ``marked_at``; None where both are equal.
    :param seen: the highest number that was there at ``seen_at``.
    """

    read: int
    settled: int
    mark: int | None = None
    marked_at: datetime | None = None
    seen: int | None = None
    seen_at: datetime | None = None

    @classmethod
    def begin(cls, last: int) -> Walk:
        """Everything up to this number is left alone."""
        return cls(read=last, settled=last)

    @property
    def content(self) -> dict[str, Any]:
        """JSON-safe; the inverse of ``from_content``."""
        content = {name: getattr(self, name) for name in self.__slots__}
        for name in ("marked_at", "seen_at"):
            content[name] = content[name] and content[name].isoformat()
        return content

    @classmethod
    def from_content(cls, content: Mapping[str, Any]) -> Walk:
        times = {
            name: content[name] and datetime.fromisoformat(content[name])
            for name in ("marked_at", "seen_at")
        }
        return cls(**{**content, **times})

    def step(
        self, *, last: int, now: datetime, lag: timedelta = timedelta(0)
    ) -> tuple[Sequence[Stretch], Walk]:
        """What to read now, and how far it is read then.

        :param last: the highest number that is there.
        :param lag: rows are left alone for so long after they were noticed.
        """
        fresh, walk = _first_time(self, last, now, lag)
        again, walk = _second_time(walk, now)
        return [stretch for stretch in (*again, *fresh) if stretch[0] < stretch[1]], walk


def _first_time(
    walk: Walk, last: int, now: datetime, lag: timedelta
) -> tuple[Sequence[Stretch], Walk]:
    reach = last
    if lag:
        reach = walk.read
        if walk.seen is not None and walk.seen_at is not None and now - walk.seen_at >= lag:
            reach = walk.seen
            walk = replace(walk, seen=None, seen_at=None)
        if walk.seen is None and last > reach:
            walk = replace(walk, seen=last, seen_at=now)
    reach = min(reach, walk.read + MOST_AT_ONCE)
    if reach <= walk.read:
        return (), walk
    return ((walk.read, reach),), replace(walk, read=reach)


def _second_time(walk: Walk, now: datetime) -> tuple[Sequence[Stretch], Walk]:
    if walk.mark is None or walk.marked_at is None:
        if walk.read <= walk.settled:
            return (), walk
        return (), replace(walk, mark=walk.read, marked_at=now)
    if now - walk.marked_at < SETTLES_AFTER:
        return (), walk
    reach = min(walk.mark, walk.settled + MOST_AT_ONCE)
    after = replace(walk, settled=reach)
    if reach == walk.mark:
        after = replace(after, mark=None, marked_at=None)
    return ((walk.settled, reach),), after
