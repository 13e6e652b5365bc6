"""The pair of groups whose interval reaches furthest from parity, without looking at every pair.

With n groups there are n (n - 1) / 2 pairs, and eighty crossed groups already make a check spend
more time on pairs than on counting rows. The interval of a pair is no longer than the intervals of
its two groups laid end to end (a hypotenuse is shorter than its two legs), so pairs are visited in
the order of that bound, and a search ends where the bound falls behind what was found: branch and
bound (A. H. Land and A. G. Doig 1960). The answer is exact.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import combinations, product

from airflow_gov_provider.domain.fairness.counts import Key
from airflow_gov_provider.domain.fairness.intervals import normal_quantile, wilson
from airflow_gov_provider.domain.fairness.metrics import Gap
from airflow_gov_provider.domain.fairness.rates import Proportion

Groups = Mapping[Key, Proportion]
# How far one pair reaches, more is further: a difference, or the negative logarithm of a ratio.
# None where the pair has no interval.
Reach = Callable[[Proportion, Proportion], float | None]


@dataclass(slots=True)
class _Furthest:
    groups: Groups
    reach: Reach
    at: float = -math.inf
    pair: tuple[Key, Key] | None = None

    def look_at(self, one: Key, other: Key) -> None:
        found = self.reach(self.groups[one], self.groups[other])
        if found is not None and found > self.at:
            self.at, self.pair = found, (one, other)


def furthest(groups: Groups, gap: Gap, level: float, reach: Reach) -> tuple[Key, Key] | None:
    """The pair that reaches furthest of all pairs; None if no pair has an interval."""
    spans = {key: _span(found, gap, level) for key, found in groups.items()}
    inner = {key: span for key, span in spans.items() if span}
    # A rate of exactly 0 or 1 has no logarithm to measure on: such pairs are all looked at.
    edges = [key for key, span in spans.items() if not span]
    search = _Furthest(groups, reach)
    for one, other in (*combinations(edges, 2), *product(edges, inner)):
        search.look_at(one, other)
    from_below = sorted(inner, key=lambda key: inner[key][0])
    for above in sorted(inner, key=lambda key: inner[key][1], reverse=True):
        for below in from_below:
            if inner[above][1] - inner[below][0] <= search.at:
                break
            if below != above:
                search.look_at(below, above)
    return search.pair


def _span(found: Proportion, gap: Gap, level: float) -> tuple[float, float] | None:
    """A group's own interval, on the scale of the reach."""
    if gap is Gap.DIFFERENCE:
        return wilson(found.value, found.trials, level)
    if not 0 < found.value < 1:
        return None
    half = normal_quantile(level) * math.sqrt((1 - found.value) / (found.trials * found.value))
    return math.log(found.value) - half, math.log(found.value) + half
