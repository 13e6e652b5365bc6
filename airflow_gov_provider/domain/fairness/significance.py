"""How surely a gap is beyond its limit, also where many gaps were looked at."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

from airflow_gov_provider.domain.fairness.metrics import Gap
from airflow_gov_provider.domain.fairness.rates import Proportion

METHOD = "benjamini-hochberg"


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """How the tests of one family were corrected.

    :param tests: how many comparisons were made, whether or not they look unequal.
    :param q: the share of false discoveries among all discoveries that is accepted.
    """

    tests: int
    q: float

    def as_json(self) -> dict[str, str | int | float]:
        return {"method": METHOD, "tests": self.tests, "q": self.q}


def adjusted(p_values: Sequence[float], tests: int | None = None) -> list[float]:
    """The p-values as Benjamini and Hochberg (1995) adjust them, in the same order.

    An adjusted p-value of at most q is a discovery, and of all discoveries a share of q is false on
    average. It holds for independent and for positively dependent tests (Benjamini and Yekutieli
    2001), such as those of overlapping groups against the rest.

    :param tests: how many were made in all, where only the smallest p-values are given.
    """
    count = max(tests or 0, len(p_values))
    order = sorted(range(len(p_values)), key=p_values.__getitem__, reverse=True)
    found = [1.0] * len(p_values)
    least = 1.0
    for rank, place in zip(range(len(p_values), 0, -1), order, strict=True):
        least = min(least, p_values[place] * count / rank)
        found[place] = least
    return found


def beyond(low: Proportion, high: Proportion, gap: Gap, limit: float) -> float | None:
    """The one-sided p-value of a gap that is not beyond the limit: the score test of C. P.
    Farrington and G. Manning (1990), whose variance is that of the likeliest rates which meet the
    limit exactly. None where it is undefined.

    :param low: the group with the lower rate.
    """
    if gap is Gap.DIFFERENCE:
        return _beyond_difference(high, low, limit)
    return _beyond_ratio(low, high, limit)


def _beyond_difference(one: Proportion, other: Proportion, limit: float) -> float | None:
    """Of p1 - p2 <= limit."""
    p1, p2 = one.value, other.value
    share = other.trials / one.trials
    a = 1 + share
    b = -(1 + share + p1 + share * p2 + limit * (share + 2))
    c = limit * limit + limit * (2 * p1 + share + 1) + p1 + share * p2
    d = -p1 * limit * (1 + limit)
    v = (b / (3 * a)) ** 3 - b * c / (6 * a * a) + d / (2 * a)
    u = math.copysign(math.sqrt(max(0.0, (b / (3 * a)) ** 2 - c / (3 * a))), v)
    angle = 0.0 if u == 0 else max(-1.0, min(1.0, v / u**3))
    likely = 2 * u * math.cos((math.pi + math.acos(angle)) / 3) - b / (3 * a)
    r1 = min(1.0, max(0.0, likely))
    r2 = min(1.0, max(0.0, likely - limit))
    variance = r1 * (1 - r1) / one.trials + r2 * (1 - r2) / other.trials
    return _upper(p1 - p2 - limit, variance)


def _beyond_ratio(low: Proportion, high: Proportion, limit: float) -> float | None:
    """Of low / high >= limit."""
    p1, p2 = low.value, high.value
    share = high.trials / low.trials
    a = 1 + share
    b = -(limit * (1 + share * p2) + share + p1)
    c = limit * (p1 + share * p2)
    r1 = (-b - math.sqrt(max(0.0, b * b - 4 * a * c))) / (2 * a)
    r2 = min(1.0, r1 / limit) if limit > 0 else p2
    variance = r1 * (1 - r1) / low.trials + limit * limit * r2 * (1 - r2) / high.trials
    return _upper(limit * p2 - p1, variance)


def _upper(distance: float, variance: float) -> float | None:
    if variance <= 0:
        return None
    return (
        1 - NormalDist().cdf(distance / math.sqrt(variance))
        if distance < 0
        else 0.5 * math.erfc(distance / math.sqrt(2 * variance))
    )
