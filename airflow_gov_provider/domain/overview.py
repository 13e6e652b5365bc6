"""Whether everything is all right, from a few figures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

WEEK = 7
_LATE_SEAL = timedelta(minutes=15)  # a sealer that works seals within seconds


class Level(StrEnum):
    """How much something wants to be looked at.

    UNKNOWN is for what nobody can tell; it is never a GOOD.
    """

    GOOD = "good"
    UNKNOWN = "unknown"
    ATTENTION = "attention"
    BAD = "bad"


def worst_level(levels: Iterable[Level]) -> Level:
    return max(levels, key=list(Level).index, default=Level.UNKNOWN)


def by_day(counts: Iterable[tuple[int, int]], *, days: int) -> list[int]:
    """Oldest first.

    :param counts: pairs of an age in days, 0 for the last one, and a number to be added.
    """
    found = [0] * days
    for age, count in counts:
        found[days - 1 - min(max(age, 0), days - 1)] += count
    return found


def shares(met: Sequence[int], missed: Sequence[int]) -> list[float | None]:
    """The share that was met of each day; None for a day with nothing to count."""
    return [
        kept / (kept + lost) if kept + lost else None
        for kept, lost in zip(met, missed, strict=True)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Promises:
    """How well commitments were kept.

    :param allowed: how many misses their targets allow for what was counted.
    :param below: how many commitments missed more often than that.
    """

    commitments: int
    below: int
    met: int
    missed: int
    allowed: float

    @property
    def attainment(self) -> float | None:
        counted = self.met + self.missed
        return self.met / counted if counted else None

    @property
    def target(self) -> float | None:
        """Of several commitments, weighted by how often each was counted."""
        counted = self.met + self.missed
        return round(1 - self.allowed / counted, 12) if counted else None

    @property
    def level(self) -> Level:
        if not self.met + self.missed:
            return Level.UNKNOWN
        if self.missed > self.allowed:
            return Level.BAD
        return Level.ATTENTION if self.below else Level.GOOD


def promises(kept: Iterable[tuple[float, int, int]]) -> Promises:
    """:param kept: of each commitment its target, how often it was met, and how often missed."""
    known = list(kept)
    # Rounded, because 1 - 0.9 of ten is a little less than the one that may be missed.
    allowances = [round((1 - target) * (met + missed), 9) for target, met, missed in known]
    missed_more = [
        missed > allowed for (_, _, missed), allowed in zip(known, allowances, strict=True)
    ]
    return Promises(
        commitments=len(known),
        below=sum(missed_more),
        met=sum(met for _, met, _ in known),
        missed=sum(missed for _, _, missed in known),
        allowed=round(sum(allowances), 9),
    )


def level_of_incidents(*, critical: int, high: int, other: int) -> Level:
    if critical or high:
        return Level.BAD
    return Level.ATTENTION if other else Level.GOOD


def level_of_approvals(*, mine: int, overdue: int) -> Level:
    """What waits for others is as it should be, until its time is over."""
    return Level.ATTENTION if mine or overdue else Level.GOOD


def level_of_gates(*, failed: int, insufficient: int, warned: int, passed: int) -> Level:
    """Of the last week."""
    if failed or insufficient:
        return Level.BAD
    if warned:
        return Level.ATTENTION
    return Level.GOOD if passed else Level.UNKNOWN


def level_of_ledger(
    status: str,
    *,
    sealed_at: datetime | None,
    unsealed: int,
    findings: int,
    verified_at: datetime | None,
    now: datetime,
) -> Level:
    """:param status: what reading the ledger again has found: intact, broken or unverified.
    :param verified_at: when it was read last; None if it never was.
    """
    if status == "broken":
        return Level.BAD
    is_late = bool(unsealed) and (sealed_at is None or now - sealed_at > _LATE_SEAL)
    is_read_no_more = status == "unverified" and verified_at is not None
    if findings or is_late or is_read_no_more:
        return Level.ATTENTION
    return Level.GOOD if status == "intact" else Level.UNKNOWN
