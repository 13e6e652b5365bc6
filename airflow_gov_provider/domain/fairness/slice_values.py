"""What a search compares, of many slices at once: shares of decisions, or means of errors.

Sums of decisions are ``MEASURES`` x ``CELLS``, sums of errors ``FIELDS`` x 1; rows come first.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

from airflow_gov_provider.domain.fairness.intervals import normal_quantile
from airflow_gov_provider.domain.fairness.metrics import Gap
from airflow_gov_provider.domain.fairness.power import Power, least_detectable
from airflow_gov_provider.domain.fairness.rates import RATES, Proportion
from airflow_gov_provider.domain.fairness.resampling import CELLS
from airflow_gov_provider.domain.fairness.slice_terms import MEANS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from airflow_gov_provider.domain.fairness.resampling import Floats
    from airflow_gov_provider.domain.fairness.slice_blocks import Places

LEVEL = 0.95
# Of ``Residuals``.
FIELDS = ("rows", "weight", "weight_squares", "total", "absolute", "squares", "fourth")
# The sum of a quantity, and of its squares, of each of ``slice_terms.MEANS``.
_SUMMED: Mapping[str, tuple[str, str]] = {
    "mean_error": ("total", "squares"),
    "mean_absolute_error": ("absolute", "squares"),
    "mean_squared_error": ("squares", "fourth"),
}
# 1: more is worse; -1: less is worse; 0: either.
_WORSE: Mapping[str, int] = {
    "selection_rate": 0,
    "base_rate": 0,
    "false_positive_rate": 1,
    "false_negative_rate": 1,
    "false_discovery_rate": 1,
    "false_omission_rate": 1,
    "error_rate": 1,
    "mean_error": 0,
    "mean_absolute_error": 1,
    "mean_squared_error": 1,
}


@dataclass(frozen=True, slots=True)
class Values:
    """One rate or mean of many groups: its value, its variance in one row, rows and effective rows
    of its denominator.
    """

    value: Floats
    variance: Floats
    rows: Floats
    trials: Floats

    def at(self, places: Places) -> Values:
        return Values(*(getattr(self, name)[places] for name in self.__slots__))


def values_of(name: str, sums: Floats) -> Values:
    """0 of 0 rows where the denominator is empty."""
    return _means(name, sums) if name in MEANS else _shares(name, sums)


def _shares(rate: str, sums: Floats) -> Values:
    import numpy as np

    definition = RATES[rate]
    of = [CELLS.index(cell) for cell in definition.of]
    share = [CELLS.index(cell) for cell in definition.share]
    rows, weight, squares = (sums[..., i, :][..., of].sum(axis=-1) for i in range(3))
    part = sums[..., 1, :][..., share].sum(axis=-1)
    filled = (weight > 0) & (squares > 0)
    value, trials = _by(part, weight, filled), _by(weight * weight, squares, filled)
    return Values(value, value * (1 - value), np.where(filled, rows, 0), trials)


def _means(name: str, sums: Floats) -> Values:
    import numpy as np

    def field(of: str) -> Floats:
        found: Floats = sums[..., FIELDS.index(of), 0]
        return found

    total, squares = _SUMMED[name]
    weight, weight_squares = field("weight"), field("weight_squares")
    filled = (weight > 0) & (weight_squares > 0)
    value = _by(field(total), weight, filled)
    # Cancellation may leave a tiny negative number.
    variance = (_by(field(squares), weight, filled) - value * value).clip(min=0.0)
    trials = _by(weight * weight, weight_squares, filled)
    return Values(value, variance, np.where(filled, field("rows"), 0), trials)


def _by(part: Floats, whole: Floats, filled: NDArray[np.bool_]) -> Floats:
    import numpy as np

    found: Floats = np.divide(part, whole, out=np.zeros(np.shape(whole)), where=filled)
    return found


def worse(name: str, one: Values, other: Values) -> Floats:
    """By how much the first is worse than the second."""
    sign, difference = _WORSE.get(name, -1), one.value - other.value
    return abs(difference) if sign == 0 else difference * sign


def half_length(name: str, one: Values, other: Values) -> Floats:
    """Half of the length of the interval of the difference: Wald's, of shares with a success and a
    failure more in each (A. Agresti and B. Caffo 2000).
    """
    parts = []
    for side in (one, other):
        if name in MEANS:
            parts.append(side.variance / side.trials)
        else:
            value = (side.value * side.trials + 1) / (side.trials + 2)
            parts.append(value * (1 - value) / (side.trials + 2))
    half: Floats = normal_quantile(LEVEL) * (parts[0] + parts[1]) ** 0.5
    return half


def p_values(name: str, one: Values, other: Values) -> list[float]:
    """Of a slice that is no worse: the pooled two-proportion z test, or B. L. Welch's of means
    (1938, with the normal distribution); one-sided where only one side is worse.
    """
    import numpy as np

    if name in MEANS:
        variance = one.variance / one.trials + other.variance / other.trials
    else:
        pooled = (one.value * one.trials + other.value * other.trials) / (one.trials + other.trials)
        variance = pooled * (1 - pooled) * (1 / one.trials + 1 / other.trials)
    apart = worse(name, one, other)
    z = np.divide(apart, np.sqrt(variance), out=np.zeros(np.shape(apart)), where=variance > 0)
    sides = 2 if _WORSE.get(name, -1) == 0 else 1
    return [sides * math.erfc(v / math.sqrt(2)) / 2 for v in z.tolist()]


@dataclass(frozen=True, slots=True)
class Measured:
    """One value of one slice."""

    value: float
    rows: int


def measured(name: str, sums: Floats) -> Measured:
    found = values_of(name, sums)
    return Measured(float(found.value), int(found.rows))


def least_shown(name: str, whole: Floats, least: int, alpha: float) -> float | None:
    """The smallest difference that a slice of ``least`` rows could have shown in four of five
    cases, by a two-sided test at ``alpha``; None if it could have shown none.
    """
    found = values_of(name, whole)
    if found.rows <= least:
        return None
    terms = Power(alpha=alpha)
    if name not in MEANS:
        every = Proportion(
            value=float(found.value), rows=int(found.rows), trials=float(found.trials)
        )
        small = Proportion(value=every.value, rows=least, trials=float(least))
        return least_detectable(small, every, Gap.DIFFERENCE, terms)
    quantile = NormalDist().inv_cdf
    error = math.sqrt(float(found.variance) * (1 / least + 1 / float(found.trials)))
    return (quantile(1 - terms.alpha / 2) + quantile(terms.power)) * error
