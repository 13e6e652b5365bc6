"""Whether a rate could be the same in all groups, however many there are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from airflow_gov_provider.domain.fairness.rates import Proportion


@dataclass(frozen=True, slots=True, kw_only=True)
class Independence:
    """Pearson's chi-square test of one rate over several groups."""

    statistic: float
    freedom: int
    p_value: float


def independence(rates: Sequence[Proportion]) -> Independence | None:
    """Of equal rates in all groups, on effective sample sizes and without a continuity correction.

    None where there is nothing to compare, or where all rows or none of them have the outcome.
    """
    trials = sum(rate.trials for rate in rates)
    if len(rates) < 2:  # noqa: PLR2004 - a comparison takes two
        return None
    pooled = sum(rate.value * rate.trials for rate in rates) / trials
    variance = pooled * (1 - pooled)
    if variance <= 0:
        return None
    statistic = sum(rate.trials * (rate.value - pooled) ** 2 for rate in rates) / variance
    freedom = len(rates) - 1
    return Independence(
        statistic=statistic, freedom=freedom, p_value=_chi_square_tail(statistic, freedom)
    )


def _chi_square_tail(statistic: float, freedom: int) -> float:
    """The chance of a chi-square beyond ``statistic``, by the recurrence over degrees of freedom
    (M. Abramowitz and I. Stegun 1964, 26.4.8).
    """
    half = statistic / 2
    if half <= 0:
        return 1.0
    tail, step = (math.erfc(math.sqrt(half)), 0.5) if freedom % 2 else (math.exp(-half), 1.0)
    while step < freedom / 2:
        tail += math.exp(step * math.log(half) - half - math.lgamma(step + 1))
        step += 1
    return min(1.0, tail)
