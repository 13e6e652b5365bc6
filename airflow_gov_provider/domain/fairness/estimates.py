"""What is known of a group by one number, and how surely."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from airflow_gov_provider.domain.fairness.intervals import Interval, normal_quantile

# Effective rows, but for rounding.
_ONE_ROW = 1 + 1e-9
# What a sum of n terms may be off by, as a share of it, is no more than n of these halved; a
# variance is made of two sums, one of them squared.
_ROUNDING = 4 * sys.float_info.epsilon


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

    Rows that are all equal do not say how much the quantity varies among those that were not seen,
    and neither does one row, or one that has all the weight. Such a mean has no interval.

    :param variance: of the quantity in one row; 0 where all are equal.
    :param trials: the effective sample size; equal to ``rows`` where nothing is weighted.
    """

    value: float
    rows: int
    variance: float
    trials: float

    @property
    def is_of_one_row(self) -> bool:
        return self.trials <= _ONE_ROW

    @property
    def varies(self) -> bool:
        """Whether the rows tell how sure the mean is."""
        return self.variance > 0 and not self.is_of_one_row

    def interval(self, level: float) -> Interval | None:
        if not self.varies:
            return None
        half = normal_quantile(level) * math.sqrt(self.variance / self.trials)
        return self.value - half, self.value + half


def variance_of(mean: float, mean_square: float, *, rows: int, scale: float) -> float:
    """The mean square less the squared mean; 0 where that is no more than rounding may leave.

    :param rows: how many terms the sums have.
    :param scale: the size of what was added up and taken away; at least the mean square.
    """
    variance = mean_square - mean * mean
    return variance if variance > _ROUNDING * (rows + 2) * scale else 0.0


def difference_of_means(high: Mean, low: Mean, level: float) -> Interval | None:
    """Interval of ``high - low`` (B. L. Welch 1938, with the normal quantile); None where the rows
    of one do not vary.
    """
    if not (high.varies and low.varies):
        return None
    difference = high.value - low.value
    half = normal_quantile(level) * _standard_error(high, low)
    return difference - half, difference + half


def equal_means_p_value(one: Mean, other: Mean) -> float | None:
    """Two-sided, of the same mean in both groups; None where the rows of one do not vary."""
    if not (one.varies and other.varies):
        return None
    error = _standard_error(one, other)
    return math.erfc(abs(one.value - other.value) / error / math.sqrt(2))


def _standard_error(one: Mean, other: Mean) -> float:
    return math.sqrt(one.variance / one.trials + other.variance / other.trials)
