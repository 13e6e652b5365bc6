"""Closed-form confidence intervals and a test: no resampling, no seed, no dependency on row count.

Every proportion comes as its estimate ``p`` and the number of trials ``n`` behind it; with weights
``n`` is Kish's effective sample size, which is why it need not be whole.
"""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import NormalDist

Interval = tuple[float, float]

# Limits further from each other than this are no numbers any more. Such an interval has to stay:
# without one a pair would not be judged at all.
_MOST_HALF = 700.0


@lru_cache(maxsize=32)
def normal_quantile(level: float) -> float:
    """The two-sided standard normal quantile, 1.96 for 0.95."""
    return NormalDist().inv_cdf(0.5 + level / 2)


@lru_cache(maxsize=8192)  # each group meets every other one
def wilson(p: float, n: float, level: float) -> Interval:
    """Interval of one proportion (E. B. Wilson 1927, score interval, no continuity correction)."""
    z = normal_quantile(level)
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return max(0.0, centre - half) if p > 0 else 0.0, min(1.0, centre + half) if p < 1 else 1.0


def newcombe(p1: float, n1: float, p2: float, n2: float, level: float) -> Interval:
    """Interval of ``p1 - p2`` (R. G. Newcombe 1998, method 10: hybrid score)."""
    return between(p1, wilson(p1, n1, level), p2, wilson(p2, n2, level))


def between(value1: float, of1: Interval, value2: float, of2: Interval) -> Interval:
    """Interval of ``value1 - value2`` from that of each (G. Zou and A. Donner 2008, MOVER)."""
    difference = value1 - value2
    return (
        difference - math.hypot(value1 - of1[0], of2[1] - value2),
        difference + math.hypot(of1[1] - value1, value2 - of2[0]),
    )


def katz_log(p1: float, n1: float, p2: float, n2: float, level: float) -> Interval | None:
    """Interval of ``p1 / p2`` (D. Katz et al. 1978, on the logarithm).

    The formula loses its meaning where a proportion is exactly 0 or 1: its variance becomes
    infinite or vanishes. There the interval is built from the Wilson limits instead (A. Donner and
    G. Zou 2012, MOVER-R), which stays honest. None if ``p2`` is zero.
    """
    if p2 == 0:
        return None
    if p1 in (0.0, 1.0) or p2 == 1:
        return ratio_of(p1, wilson(p1, n1, level), p2, wilson(p2, n2, level))
    half = normal_quantile(level) * math.sqrt((1 - p1) / (n1 * p1) + (1 - p2) / (n2 * p2))
    half = min(half, _MOST_HALF)
    return p1 / p2 * math.exp(-half), p1 / p2 * math.exp(half)


def ratio_of(value1: float, of1: Interval, value2: float, of2: Interval) -> Interval | None:
    """Interval of ``value1 / value2`` from that of each (A. Donner and G. Zou 2012, MOVER-R). None
    where the second may be zero.
    """
    if of2[0] <= 0:
        return None
    product = value1 * value2
    low1, high1 = of1[0] * (2 * value1 - of1[0]), of1[1] * (2 * value1 - of1[1])
    low2, high2 = of2[0] * (2 * value2 - of2[0]), of2[1] * (2 * value2 - of2[1])
    root_low = math.sqrt(max(0.0, product**2 - low1 * high2))
    root_high = math.sqrt(max(0.0, product**2 - high1 * low2))
    # The textbook form of the lower limit divides by high2, which may be zero; this is the same.
    return (low1 / (product + root_low) if low1 else 0.0), (product + root_high) / low2


def two_proportion_p_value(p1: float, n1: float, p2: float, n2: float) -> float | None:
    """Two-sided p-value of the pooled two-proportion z test; None where it is undefined."""
    pooled = (p1 * n1 + p2 * n2) / (n1 + n2)
    variance = pooled * (1 - pooled) * (1 / n1 + 1 / n2)
    if variance <= 0:
        return None
    return math.erfc(abs(p1 - p2) / math.sqrt(variance) / math.sqrt(2))
