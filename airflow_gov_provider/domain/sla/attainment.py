"""How well promises are kept: shares, error budgets and how fast they are used up.

What is excused, void or pending is shown and not counted. The terms are those of the SRE books of
Google (Beyer et al., "Site Reliability Engineering" 2016, ch. 4; "The Site Reliability Workbook"
2018, ch. 5): the *error budget* is the share that may be missed, one minus the target, and the
*burn rate* of a window is the share that was missed in it, divided by that. A rate of 1 uses the
budget up in just the time that it is meant for.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum

BURN_WINDOWS: Mapping[str, timedelta] = {
    "1h": timedelta(hours=1),
    "6h": timedelta(hours=6),
    "3d": timedelta(days=3),
    "30d": timedelta(days=30),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Outcomes of one commitment and one owner.

    :param target: the share that should be met, of the commitment as it is now.
    :param recent: by burn window: how many were missed, and how many were met or missed.
    """

    commitment_id: str
    name: str | None
    dag_id: str | None
    owner: str | None
    target: float
    met: int = 0
    missed: int = 0
    excused: int = 0
    void: int = 0
    pending: int = 0
    recent: Mapping[str, tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attainment:
    """What several tallies come to.

    :param subject: the commitment, the Dag or the owner; None for those that have none.
    :param name: of a commitment.
    :param dag_id: of a commitment or a Dag.
    :param allowed: how many misses the targets allow for what was counted; not a whole number.
    """

    subject: str | None
    met: int
    missed: int
    excused: int
    void: int
    pending: int
    allowed: float
    burn_rates: Mapping[str, float | None]
    name: str | None = None
    dag_id: str | None = None

    @property
    def counted(self) -> int:
        return self.met + self.missed

    @property
    def attainment(self) -> float | None:
        """The share that was met; None where nothing is counted."""
        return self.met / self.counted if self.counted else None

    @property
    def target(self) -> float | None:
        """That of one commitment; of several, weighted by how often each was counted."""
        return round(1 - self.allowed / self.counted, 12) if self.counted else None

    @property
    def budget_used(self) -> float | None:
        """The share of the error budget that is used; above 1 where the target is missed.

        None where nothing is counted, or where nothing may be missed and something was.
        """
        if not self.counted:
            return None
        if not self.allowed:
            return None if self.missed else 0.0
        return self.missed / self.allowed


class Grouping(StrEnum):
    COMMITMENT = "commitment"
    DAG = "dag"
    OWNER = "owner"


def attain_by(grouping: Grouping, tallies: Iterable[Tally]) -> list[Attainment]:
    """One for each commitment, Dag or owner; what has used most of its budget comes first."""
    groups: dict[str | None, list[Tally]] = {}
    for one in tallies:
        groups.setdefault(_subject(grouping, one), []).append(one)
    found = [attain(subject, some) for subject, some in groups.items()]
    if grouping is Grouping.COMMITMENT:
        named = {subject: some[0] for subject, some in groups.items()}
        found = [
            replace(one, name=named[one.subject].name, dag_id=named[one.subject].dag_id)
            for one in found
        ]
    elif grouping is Grouping.DAG:
        found = [replace(one, dag_id=one.subject) for one in found]
    return sorted(found, key=worst_first)


def _subject(grouping: Grouping, tally: Tally) -> str | None:
    match grouping:
        case Grouping.COMMITMENT:
            return tally.commitment_id
        case Grouping.DAG:
            return tally.dag_id
        case Grouping.OWNER:
            return tally.owner


def worst_first(one: Attainment) -> tuple[float, float, str, str]:
    """A key to sort by: what has used most of its error budget, then what was met least."""
    used = one.budget_used
    if used is None:
        used = math.inf if one.missed else -1.0
    kept = 2.0 if one.attainment is None else one.attainment
    return -used, kept, one.dag_id or "", one.name or one.subject or ""


def attain(
    subject: str | None,
    tallies: Iterable[Tally],
    *,
    name: str | None = None,
    dag_id: str | None = None,
) -> Attainment:
    """What the tallies come to together."""
    known = list(tallies)
    sums = {
        name: sum(getattr(one, name) for one in known)
        for name in ("met", "missed", "excused", "void", "pending")
    }
    return Attainment(
        subject=subject,
        name=name,
        dag_id=dag_id,
        **sums,
        allowed=sum((1 - one.target) * (one.met + one.missed) for one in known),
        burn_rates={name: _burn_rate(known, name) for name in BURN_WINDOWS},
    )


def _burn_rate(tallies: Iterable[Tally], window: str) -> float | None:
    """None where the window has nothing that is counted, or where nothing may be missed."""
    missed, allowed = 0, 0.0
    for one in tallies:
        of_window, counted = one.recent.get(window, (0, 0))
        missed += of_window
        allowed += (1 - one.target) * counted
    return missed / allowed if allowed else None
