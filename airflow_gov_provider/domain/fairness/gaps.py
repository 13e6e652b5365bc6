"""How far apart two groups are, and which two are furthest apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from airflow_gov_provider.domain.fairness.counts import Key
from airflow_gov_provider.domain.fairness.intervals import (
    Interval,
    katz_log,
    newcombe,
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
    of_group: Proportion
    of_against: Proportion

    def size(self, gap: Gap) -> float | None:
        """The unsigned difference or ratio; None for a ratio of two zeros."""
        low, high = sorted((self.of_group.value, self.of_against.value))
        if gap is Gap.DIFFERENCE:
            return high - low
        return low / high if high > 0 else None

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
        low, high = sorted((self.of_group, self.of_against), key=lambda p: p.value)
        if gap is Gap.DIFFERENCE:
            return newcombe(high.value, high.trials, low.value, low.trials, level)
        return katz_log(low.value, low.trials, high.value, high.trials, level)

    def bound(self, gap: Gap, level: float) -> float | None:
        """The end of the interval that is further from parity; None without an interval."""
        interval = self.interval(gap, level)
        if interval is None:
            return None
        lower, upper = interval
        return max(-lower, upper) if gap is Gap.DIFFERENCE else min(lower, 1 / upper)

    @property
    def p_value(self) -> float | None:
        """Of equal rates in both groups."""
        if OVERALL in (self.group, self.against):
            return None
        return two_proportion_p_value(
            self.of_group.value,
            self.of_group.trials,
            self.of_against.value,
            self.of_against.trials,
        )


def comparisons(rate: str, groups: Mapping[Key, Proportion], to: Key | None) -> list[Pair]:
    """Each group against ``to``, or against the group with the highest rate where that is None.

    ``to`` is one of the groups; there have to be two groups at least.
    """
    best = max(groups, key=lambda key: groups[key].value) if to is None else to
    return [_pair(rate, groups, key, best) for key in groups if key != best]


def all_pairs(rate: str, groups: Mapping[Key, Proportion], to: Key | None) -> Iterator[Pair]:
    """Every pair that a metric is about: with ``to``, or each group with each other."""
    if to is not None:
        yield from comparisons(rate, groups, to)
        return
    for one, other in combinations(groups, 2):
        low, high = sorted((one, other), key=lambda key: groups[key].value)
        yield _pair(rate, groups, low, high)


def worst_pair(pairs: Iterable[Pair], gap: Gap) -> Pair | None:
    """The pair furthest from parity; None if none of them can be compared."""
    sizes = [(size, pair) for pair in pairs if (size := pair.size(gap)) is not None]
    return _furthest(sizes, gap)


def worst_bound(pairs: Iterable[Pair], gap: Gap, level: float) -> tuple[float, Pair] | None:
    """The pair whose interval reaches furthest from parity, and how far.

    It need not be the pair with the worst estimate: small groups have long intervals.
    """
    bounds = [(bound, pair) for pair in pairs if (bound := pair.bound(gap, level)) is not None]
    furthest = _furthest(bounds, gap)
    if furthest is None:
        return None
    return next((bound, pair) for bound, pair in bounds if pair is furthest)


def _furthest(sized: list[tuple[float, Pair]], gap: Gap) -> Pair | None:
    if not sized:
        return None
    choose = max if gap is Gap.DIFFERENCE else min
    return choose(sized, key=lambda entry: entry[0])[1]


def _pair(rate: str, groups: Mapping[Key, Proportion], group: Key, against: Key) -> Pair:
    return Pair(
        rate=rate,
        group=group,
        against=against,
        of_group=groups[group],
        of_against=groups[against],
    )
