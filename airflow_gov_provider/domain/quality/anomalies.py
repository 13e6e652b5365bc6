"""Whether a number is unlike those that the same check measured before.

The interval in which the next number is expected is centred on the median of the earlier ones, and
as wide as their median absolute deviation (MAD) demands: a few odd runs in the past move neither.
For values that vary like a normal distribution the next one lies outside with the probability that
the author chose. The factor is a quantile of Student's t with 0.38 n degrees of freedom, since the
MAD of n values knows as much of the spread as the standard deviation of 0.37 n does (Rousseeuw and
Croux, JASA 88, 1993), times 1 + 1/(2n) + 8/n². By simulation of 7 to 365 earlier runs the true rate
is between 0.4 and 1.2 times the one stated; it is the lower the fewer the runs.
"""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from math import isfinite, sqrt

FEWEST_RUNS = 7
DEFAULT_RUNS = 14
DEFAULT_WINDOW = 60
DEFAULT_FALSE_ALARMS = 0.01
# The MAD of a normal distribution is this part of its standard deviation.
_MAD_OF_NORMAL = 0.6744897501960817
_MEAN_OF_NORMAL = sqrt(0.6366197723675814)  # and the mean absolute deviation sqrt(2 / pi) of it
_KNOWLEDGE_OF_MAD = 0.38


class Season(StrEnum):
    """Which earlier runs are comparable."""

    NONE = "none"
    WEEKDAY = "weekday"


class Side(StrEnum):
    """Which deviation is an anomaly."""

    BOTH = "both"
    LOW = "low"
    HIGH = "high"


class Taken(StrEnum):
    """What is compared: the numbers, or by how much each differs from the one before.

    A table that grows from run to run has no usual size, but it has a usual growth.
    """

    VALUE = "value"
    CHANGE = "change"
    RELATIVE_CHANGE = "relative_change"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnomalyRule:
    """What counts as an anomaly.

    :param false_alarms: the probability that a number like the earlier ones is called one.
    :param runs: INSUFFICIENT while there are fewer comparable earlier numbers.
    :param window: so many of the latest comparable ones are looked at.
    :param ignore: deviations up to this share of the median are none, however steady the past was.
    """

    false_alarms: float = DEFAULT_FALSE_ALARMS
    runs: int = DEFAULT_RUNS
    window: int = DEFAULT_WINDOW
    season: Season = Season.NONE
    side: Side = Side.BOTH
    taken: Taken = Taken.VALUE
    ignore: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """What an earlier run measured.

    :param moment: the run's logical date or the end of its data interval; with a zone.
    :param group: in which group of rows; None for the whole table.
    """

    moment: datetime
    value: float
    group: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    """Where the next number is expected.

    :param low: None where only a high number would be an anomaly; ``high`` the other way round.
    :param false_alarms: the stated probability of a number outside; larger than the rule's where
        all earlier numbers are equal, because n equal numbers promise no more than 1 / (n + 1).
    """

    low: float | None
    high: float | None
    median: float
    spread: float
    runs: int
    false_alarms: float

    def holds(self, value: float) -> bool:
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)


def comparable_runs(
    earlier: Iterable[Earlier], *, moment: datetime, season: Season, window: int
) -> list[Earlier]:
    """The latest runs before ``moment`` that count, oldest first; those of its own time do not.

    :param moment: of the run that is judged; a backfill is compared with its own past only.
    """
    before = sorted(
        (
            run
            for run in earlier
            if run.moment < moment and isfinite(run.value) and _same_season(run, moment, season)
        ),
        key=lambda run: run.moment,
    )
    return before[-window:]


def taken_numbers(values: Sequence[float], taken: Taken) -> list[float]:
    """The numbers that are compared: the values, or their changes from each to the next.

    A relative change from zero is unknown and left out.
    """
    if taken is Taken.VALUE:
        return list(values)
    pairs = itertools.pairwise(values)
    if taken is Taken.CHANGE:
        return [after - before for before, after in pairs]
    return [(after - before) / abs(before) for before, after in pairs if before]


def usual(numbers: Sequence[float], rule: AnomalyRule) -> Usual:
    """The interval of the next number after these.

    :param numbers: at least ``FEWEST_RUNS`` finite ones.
    """
    from scipy.special import stdtrit

    count = len(numbers)
    median = statistics.median(numbers)
    spread = _spread(numbers, median)
    tail = rule.false_alarms / (2 if rule.side is Side.BOTH else 1)
    factor = (1 + 0.5 / count + 8 / count**2) * float(stdtrit(_KNOWLEDGE_OF_MAD * count, 1 - tail))
    reach = max(factor * spread, rule.ignore * abs(median))
    rate = rule.false_alarms if spread else max(rule.false_alarms, 1 / (count + 1))
    return Usual(
        low=None if rule.side is Side.HIGH else median - reach,
        high=None if rule.side is Side.LOW else median + reach,
        median=median,
        spread=spread,
        runs=count,
        false_alarms=rate,
    )


def _spread(numbers: Sequence[float], median: float) -> float:
    """A robust standard deviation; where most numbers are equal, the mean deviation of all."""
    deviations = [abs(number - median) for number in numbers]
    middle = statistics.median(deviations)
    if middle:
        return middle / _MAD_OF_NORMAL
    return statistics.fmean(deviations) / _MEAN_OF_NORMAL


def _same_season(run: Earlier, moment: datetime, season: Season) -> bool:
    if season is Season.NONE:
        return True
    here = run.moment.astimezone(moment.tzinfo)
    return here.weekday() == moment.weekday()
