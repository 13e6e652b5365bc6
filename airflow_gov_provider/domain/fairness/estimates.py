"""What is known of a group by one number, and how surely."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from airflow_gov_provider.domain.fairness.intervals import Interval, normal_quantile


class Estimate(Protocol):
    """A number about one group, and the rows that it rests on."""

    @property
    def value(self) -> float: ...

    @property
    def rows(self) -> int: ...

    def interval(self, level: float) -> Interval | None:
        """None where there is no closed form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A number without an interval of its own.

    :param error: how far the number may be from that of the single rows, where they were put into
        bins; 0 where it is exact.
    """

    value: float
    rows: int
    error: float = 0.0

    def interval(self, level: float) -> Interval | None:
        del level
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranged(Point):
    """A number with a rule for its interval.

    :param ends: the interval at a level, without the ``error`` of bins.
    """

    ends: Callable[[float], Interval] = field(compare=False)

    def interval(self, level: float) -> Interval:
        low, high = self.ends(level)
        return low - self.error, high + self.error


@dataclass(frozen=True, slots=True, kw_only=True)
class Mean:
    """The mean of some quantity.

    :param variance: of the quantity in one row.
    :param trials: the effective sample size; equal to ``rows`` where nothing is weighted.
    """

    value: float
    rows: int
    variance: float
    trials: float

    def interval(self, level: float) -> Interval:
        half = normal_quantile(level) * math.sqrt(self.variance / self.trials)
        return self.value - half, self.value + half


def difference_of_means(high: Mean, low: Mean, level: float) -> Interval:
    """Interval of ``high - low`` (B. L. Welch 1938, with the normal quantile)."""
    difference = high.value - low.value
    half = normal_quantile(level) * _standard_error(high, low)
    return difference - half, difference + half


def equal_means_p_value(one: Mean, other: Mean) -> float | None:
    """Two-sided, of the same mean in both groups; None where nothing varies."""
    error = _standard_error(one, other)
    if error <= 0:
        return None
    return math.erfc(abs(one.value - other.value) / error / math.sqrt(2))


def _standard_error(one: Mean, other: Mean) -> float:
    return math.sqrt(one.variance / one.trials + other.variance / other.trials)
