"""The metrics that a threshold can be put on: which rates they compare, and how.

A difference is the distance of two rates (0 is parity), a ratio is the smaller by the larger (1 is
parity); neither has a sign, as in fairlearn. Signed comparisons are in each group's details.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum

from airflow_gov_provider.domain.fairness.rates import RATES


class Gap(StrEnum):
    DIFFERENCE = "difference"
    RATIO = "ratio"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """What one metric compares.

    :param rates: the worst gap among these rates is the metric.
    :param to_best: always against the group with the highest rate, even where the feature has a
        reference group.
    """

    name: str
    rates: tuple[str, ...]
    gap: Gap
    to_best: bool = False


# Names and definitions are fairlearn's where fairlearn has them. The four-fifths rule is 29 CFR
# 1607.4(D): a group's selection rate by that of the group with the highest one.
_FAMILIES: Mapping[str, tuple[str, ...]] = {
    "demographic_parity": ("selection_rate",),
    "equal_opportunity": ("true_positive_rate",),
    "equalized_odds": ("true_positive_rate", "false_positive_rate"),
    "predictive_parity": ("positive_predictive_value",),
    **{name: (name,) for name in RATES},
}

METRICS: Mapping[str, Metric] = {
    "four_fifths": Metric(
        name="four_fifths", rates=("selection_rate",), gap=Gap.RATIO, to_best=True
    ),
    **{
        f"{family}_{gap}": Metric(name=f"{family}_{gap}", rates=rates, gap=gap)
        for family, rates in _FAMILIES.items()
        for gap in Gap
    },
}


def unknown_metric(name: object) -> str:
    """What to say about a name that is not a metric."""
    close = get_close_matches(str(name), METRICS, n=3, cutoff=0.5)
    hint = (
        f"did you mean {' or '.join(close)}?" if close else f"known metrics: {', '.join(METRICS)}"
    )
    return f"unknown metric {name!r}; {hint}"
