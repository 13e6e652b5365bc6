"""How far apart two groups are, and which two are furthest apart."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import combinations

from airflow_gov_provider.domain.fairness.counts import Key
from airflow_gov_provider.domain.fairness.estimates import (
    Estimate,
    Mean,
    difference_of_means,
    equal_means_p_value,
)
from airflow_gov_provider.domain.fairness.furthest import furthest
from airflow_gov_provider.domain.fairness.intervals import (
    Interval,
    between,
    katz_log,
    newcombe,
    ratio_of,
    two_proportion_p_value,
)
from airflow_gov_provider.domain.fairness.metrics import Gap
from airflow_gov_provider.domain.fairness.rates import Proportion

OVERALL: Key = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One group compared with another (or with all rows, whose key is ``OVERALL``)."""

    rate: str
    group: Key
    against: Key
    of_group: Estimate
    of_against: Estimate

    def size(self, gap: Gap) -> float | None:
        """The unsigned difference or ratio; None for a ratio of two zeros."""
        low, high = self.in_order
        if gap is Gap.DIFFERENCE:
            return high.value - low.value
        return low.value / high.value if high.value > 0 else None

    def signed(self, gap: Gap) -> float | None:
        """Group minus against, or group by against; None for a ratio to zero."""
        if gap is Gap.DIFFERENCE:
            return self.of_group.value - self.of_against.value
        return self.of_group.value / self.of_against.value if self.of_against.value > 0 else None

    def interval(self, gap: Gap, level: float) -> Interval | None:
        """Of the larger rate minus the smaller, or the smaller by the larger.

        It may reach beyond parity (below 0, above 1): then the data do not say which of the two
        groups is ahead.
        """
        if OVERALL in (self.group, self.against):
            return None
        return _interval(*self.in_order, gap, level)

    @property
    def in_order(self) -> tuple[Estimate, Estimate]:
        if self.of_group.value <= self.of_against.value:
            return self.of_group, self.of_against
        return self.of_against, self.of_group

    @property
    def p_value(self) -> float | None:
        """Of equal rates in both groups."""
        if OVERALL in (self.group, self.against):
            return None
        one, other = self.of_group, self.of_against
        if isinstance(one, Proportion) and isinstance(other, Proportion):
            return two_proportion_p_value(one.value, one.trials, other.value, other.trials)
        if isinstance(one, Mean) and isinstance(other, Mean):
            return equal_means_p_value(one, other)
        return None


def comparisons(rate: str, groups: Mapping[Key, Estimate], to: Key | None) -> list[Pair]:
    """Each group against ``to``, or against the group with the highest rate where that is None.

    ``to`` is one of the groups; there have to be two groups at least.
    """
    best = max(groups, key=lambda key: groups[key].value) if to is None else to
    return [_pair(rate, groups, key, best) for key in groups if key != best]


def worst_pair(pairs: Iterable[Pair], gap: Gap) -> Pair | None:
    """The pair furthest from parity; None if none of them can be compared."""
    sizes = [(size, pair) for pair in pairs if (size := pair.size(gap)) is not None]
    choose = max if gap is Gap.DIFFERENCE else min
    return choose(sizes, key=lambda entry: entry[0])[1] if sizes else None


def worst_bound(
    rate: str, groups: Mapping[Key, Estimate], to: Key | None, gap: Gap, level: float
) -> tuple[float, Pair] | None:
    """How far the intervals reach from parity, and the pair whose interval it is.

    All pairs count: each group with ``to``, or each with each other where that is None. The pair
    need not be the one with the worst estimate: small groups have long intervals. None where a pair
    that has a size has no interval, because that may reach further than those of all others.
    """
    shares = {key: found for key, found in groups.items() if isinstance(found, Proportion)}
    pairs: list[tuple[Key, Key]]
    if to is not None:
        pairs = [(key, to) for key in groups if key != to]
    elif len(shares) < len(groups):
        pairs = list(combinations(groups, 2))
    else:
        found = furthest(shares, gap, level, partial(_distance, gap=gap, level=level))
        pairs = [found] if found else []
    reaches = []
    for one, other in pairs:
        pair = _pair(rate, groups, one, other)
        reach = _reach(pair.of_group, pair.of_against, gap, level)
        if reach is not None:
            reaches.append((reach, pair))
        elif pair.size(gap) is not None:
            return None
    choose = max if gap is Gap.DIFFERENCE else min
    return choose(reaches, key=lambda entry: entry[0]) if reaches else None


def _reach(one: Estimate, other: Estimate, gap: Gap, level: float) -> float | None:
    """The end of the interval that is further from parity, whichever group is ahead there."""
    low, high = (one, other) if one.value <= other.value else (other, one)
    interval = _interval(low, high, gap, level)
    if interval is None:
        return None
    lower, upper = interval
    return (
        max(-lower, upper)
        if gap is Gap.DIFFERENCE
        else min(lower, 1 / upper if upper > 0 else math.inf)
    )


def _distance(one: Proportion, other: Proportion, gap: Gap, level: float) -> float | None:
    """The same so that more is further: the negative logarithm of a ratio."""
    reach = _reach(one, other, gap, level)
    if reach is None or gap is Gap.DIFFERENCE:
        return reach
    return -math.log(reach) if reach > 0 else math.inf


def _interval(low: Estimate, high: Estimate, gap: Gap, level: float) -> Interval | None:
    if isinstance(low, Mean) and isinstance(high, Mean) and gap is Gap.DIFFERENCE:
        return difference_of_means(high, low, level)
    if isinstance(low, Proportion) and isinstance(high, Proportion):
        if gap is Gap.DIFFERENCE:
            return newcombe(high.value, high.trials, low.value, low.trials, level)
        return katz_log(low.value, low.trials, high.value, high.trials, level)
    of_low, of_high = low.interval(level), high.interval(level)
    if of_low is None or of_high is None:
        return None
    if gap is Gap.DIFFERENCE:
        return between(high.value, of_high, low.value, of_low)
    return ratio_of(low.value, of_low, high.value, of_high)


def _pair(rate: str, groups: Mapping[Key, Estimate], group: Key, against: Key) -> Pair:
    return Pair(
        rate=rate,
        group=group,
        against=against,
        of_group=groups[group],
        of_against=groups[against],
    )
