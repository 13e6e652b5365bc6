"""What the data could not have shown: the smallest gap that so many rows let a test find.

A check that finds nothing says as much about the model as about the number of rows. The smallest
gap that would have been found in four of five cases tells the two apart.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

from airflow_gov_provider.domain.fairness.metrics import Gap
from airflow_gov_provider.domain.fairness.rates import Proportion

DEFAULT_POWER = 0.8

_STEPS = 25  # of a bisection: the answer is good to less than a ten-millionth


@dataclass(frozen=True, slots=True, kw_only=True)
class Power:
    """The terms of the question.

    :param alpha: the two-sided level of one test, already divided by the number of tests where
        there are several: that is what the first discovery has to reach.
    :param power: how often a gap of that size would be found.
    """

    alpha: float
    power: float = DEFAULT_POWER

    def as_json(self) -> dict[str, float]:
        return {"alpha": self.alpha, "power": self.power}


def least_detectable(of: Proportion, against: Proportion, gap: Gap, terms: Power) -> float | None:
    """The smallest difference, or the largest ratio below 1, that would be found between a group
    and another whose rate is that of ``against``; None if even a rate of 0 or 1 would not be.

    The rates are those for which J. L. Fleiss, B. Levin and M. C. Paik (2003, chapter 4) need as
    many rows as there are. For a difference a higher rate is looked for as well as a lower one.
    """
    base, sizes = against.value, (of.trials, against.trials)
    below = _nearest(base, 0.0, sizes, terms)
    if gap is Gap.RATIO:
        return below / base if below is not None and base > 0 else None
    above = _nearest(base, 1.0, sizes, terms)
    distances = [abs(base - rate) for rate in (below, above) if rate is not None]
    return min(distances) if distances else None


def _nearest(base: float, end: float, sizes: tuple[float, float], terms: Power) -> float | None:
    """The rate nearest to ``base``, on the way to ``end``, that would be told from it."""
    if not _is_shown(end, base, sizes, terms):
        return None
    near, far = base, end
    for _ in range(_STEPS):
        middle = (near + far) / 2
        if _is_shown(middle, base, sizes, terms):
            far = middle
        else:
            near = middle
    return far


def _is_shown(rate: float, base: float, sizes: tuple[float, float], terms: Power) -> bool:
    one, other = sizes
    pooled = (rate * one + base * other) / (one + other)
    equal = math.sqrt(pooled * (1 - pooled) * (1 / one + 1 / other))
    apart = math.sqrt(rate * (1 - rate) / one + base * (1 - base) / other)
    needed = _quantile(1 - terms.alpha / 2) * equal + _quantile(terms.power) * apart
    return rate != base and abs(rate - base) >= needed


@lru_cache(maxsize=64)
def _quantile(share: float) -> float:
    return NormalDist().inv_cdf(share)
