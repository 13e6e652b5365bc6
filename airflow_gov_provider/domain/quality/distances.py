"""How far the distribution of a column is from a reference, from counts in the same bins.

Where a formula would divide by an empty bin, its share counts as ``EMPTY_BIN``; the shares are not
scaled again. Distances that need no such help use the shares as they are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum

EMPTY_BIN = 1e-4


class Distance(StrEnum):
    """In the words of libraries that measure drift.

    ======================  =====================================================================
    psi                     population stability index, sum of (q - p) ln(q / p); below 0.1 is
                            commonly read as stable, from 0.25 as shifted
    kl                      Kullback-Leibler divergence of the column from the reference, in nats
    js                      Jensen-Shannon distance: the square root of the divergence, base 2,
                            from 0 to 1
    total_variation         half the sum of |q - p|: the share of rows that would have to move
    chebyshev               the largest |q - p|
    ks                      Kolmogorov-Smirnov: the largest distance of the cumulative shares at the
                            edges of the bins; never above that of the values themselves
    wasserstein             the area between the cumulative shares over the bins, each of width 1,
                            divided by their number less one; from 0 to 1
    ======================  =====================================================================
    """

    PSI = "psi"
    KL = "kl"
    JS = "js"
    TOTAL_VARIATION = "total_variation"
    CHEBYSHEV = "chebyshev"
    KS = "ks"
    WASSERSTEIN = "wasserstein"

    @property
    def needs_order(self) -> bool:
        """Whether the order of the bins matters, so that categories have no such distance."""
        return self in (Distance.KS, Distance.WASSERSTEIN)


def distance(kind: Distance, reference: Sequence[float], current: Sequence[float]) -> float:
    """From 0 for equal shares.

    :param reference: how much of the reference lies in each bin; any positive scale.
    :param current: the same for the column, in the same bins.
    :raises ValueError: if the two differ in length, or one of them holds nothing at all.
    """
    return _FORMULAS[kind](
        _shares(reference, "reference"), _shares(current, "column"), len(current)
    )


def _shares(counts: Sequence[float], whose: str) -> list[float]:
    total = math.fsum(counts)
    if total <= 0 or any(count < 0 or not math.isfinite(count) for count in counts):
        raise ValueError(f"the {whose} has no rows in any bin")
    return [count / total for count in counts]


def _psi(p: list[float], q: list[float], _bins: int) -> float:
    return math.fsum((b - a) * math.log(b / a) for a, b in _without_zeros(p, q))


def _kl(p: list[float], q: list[float], _bins: int) -> float:
    # Filling empty bins adds to the shares, so that the sum may fall below zero by a hair.
    return max(0.0, math.fsum(b * math.log(b / a) for a, b in _without_zeros(p, q)))


def _js(p: list[float], q: list[float], _bins: int) -> float:
    middle = [(a + b) / 2 for a, b in zip(p, q, strict=True)]
    halves = [
        math.fsum(a * math.log2(a / m) for a, m in zip(side, middle, strict=True) if a)
        for side in (p, q)
    ]
    return math.sqrt(min(1.0, max(0.0, sum(halves) / 2)))


def _total_variation(p: list[float], q: list[float], _bins: int) -> float:
    return math.fsum(_gaps(p, q)) / 2


def _chebyshev(p: list[float], q: list[float], _bins: int) -> float:
    return max(_gaps(p, q))


def _ks(p: list[float], q: list[float], _bins: int) -> float:
    return max(_gaps(_cumulative(p), _cumulative(q)))


def _wasserstein(p: list[float], q: list[float], bins: int) -> float:
    return math.fsum(_gaps(_cumulative(p), _cumulative(q))) / max(1, bins - 1)


def _gaps(p: Sequence[float], q: Sequence[float]) -> list[float]:
    return [abs(b - a) for a, b in zip(p, q, strict=True)]


def _cumulative(shares: Sequence[float]) -> list[float]:
    return [math.fsum(shares[: i + 1]) for i in range(len(shares))]


def _without_zeros(p: list[float], q: list[float]) -> list[tuple[float, float]]:
    return [(a or EMPTY_BIN, b or EMPTY_BIN) for a, b in zip(p, q, strict=True) if a or b]


_FORMULAS: Mapping[Distance, Callable[[list[float], list[float], int], float]] = {
    Distance.PSI: _psi,
    Distance.KL: _kl,
    Distance.JS: _js,
    Distance.TOTAL_VARIATION: _total_variation,
    Distance.CHEBYSHEV: _chebyshev,
    Distance.KS: _ks,
    Distance.WASSERSTEIN: _wasserstein,
}
