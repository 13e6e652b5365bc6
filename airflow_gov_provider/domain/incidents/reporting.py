"""How long there is to tell an authority of a serious incident.

What has to be told, to whom and within which time stands in ``regulations.json``: it is data, a
paraphrase of the law and no legal advice. All of these times are the longest that are allowed; the
law says *immediately*. A clock runs from the moment somebody became aware of the incident until the
report was sent, or until somebody says that none is due.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

from airflow_gov_provider.exceptions import ArgumentInvalid


@dataclass(frozen=True, slots=True, kw_only=True)
class Regime:
    """One duty to report.

    :param regime: its name here.
    :param ref: the article.
    :param who: whose duty it is.
    """

    regime: str
    framework: str
    ref: str
    obligation: str
    who: str
    within_hours: int

    @property
    def within(self) -> timedelta:
        return timedelta(hours=self.within_hours)


@cache
def regimes() -> Mapping[str, Regime]:
    """Every duty to report that is known, by its name."""
    content = files(__package__).joinpath("regulations.json").read_text(encoding="utf-8")
    return {entry["regime"]: Regime(**entry) for entry in json.loads(content)}


def regime_called(name: str) -> Regime:
    """:raises ArgumentInvalid: if there is none of this name."""
    if found := regimes().get(name):
        return found
    raise ArgumentInvalid(f"regime: expected one of {', '.join(regimes())}; found {name!r}")


class Step(StrEnum):
    """How far a clock has run, where people are reminded of it."""

    HALF = "half"
    NINETY = "ninety_percent"
    OVERDUE = "overdue"


_SHARES = {Step.HALF: 0.5, Step.NINETY: 0.9, Step.OVERDUE: 1.0}


class Ending(StrEnum):
    """Why a clock stands still."""

    SENT = "sent"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """The time that one duty leaves, for one incident.

    :param aware_at: when somebody became aware of the incident.
    :param told: steps of which people were reminded.
    :param reference: how the authority, or whoever was asked, calls the report.
    """

    regime: str
    ref: str
    aware_at: datetime
    due_at: datetime
    marked_at: datetime
    marked_by: str
    told: tuple[Step, ...] = ()
    ended: Ending | None = None
    ended_at: datetime | None = None
    ended_by: str | None = None
    reference: str | None = None

    @property
    def content(self) -> dict[str, Any]:
        """JSON-safe; the inverse of ``from_content``."""
        content = {name: getattr(self, name) for name in self.__slots__}
        for name in _TIMES:
            content[name] = content[name] and content[name].isoformat()
        return content | {"told": list(self.told)}

    @classmethod
    def from_content(cls, content: Mapping[str, Any]) -> Clock:
        times = {name: content[name] and datetime.fromisoformat(content[name]) for name in _TIMES}
        told = tuple(Step(step) for step in content["told"])
        ended = content["ended"] and Ending(content["ended"])
        return cls(**{**content, **times, "told": told, "ended": ended})

    def left(self, now: datetime) -> timedelta | None:
        """What remains, negative once it is overdue; None when it stands still."""
        return None if self.ended else self.due_at - now

    def step_to_tell(self, now: datetime) -> Step | None:
        """The furthest step that is reached and that nobody was reminded of."""
        if self.ended:
            return None
        length = self.due_at - self.aware_at
        reached = [step for step in Step if now >= self.aware_at + length * _SHARES[step]]
        return reached[-1] if reached and reached[-1] not in self.told else None

    def having_told(self, step: Step) -> Clock:
        """With this step told; those before it need no telling any more."""
        steps = list(Step)
        return replace(self, told=tuple(steps[: steps.index(step) + 1]))


_TIMES = ("aware_at", "due_at", "marked_at", "ended_at")


def start(regime: Regime, *, aware_at: datetime, by: str, now: datetime) -> Clock:
    """:raises ArgumentInvalid: for an awareness that lies in the future."""
    if aware_at > now:
        raise ArgumentInvalid(
            f"aware_at: expected a time until now, found {aware_at.isoformat(timespec='seconds')}"
        )
    return Clock(
        regime=regime.regime,
        ref=regime.ref,
        aware_at=aware_at,
        due_at=aware_at + regime.within,
        marked_at=now,
        marked_by=by,
    )
