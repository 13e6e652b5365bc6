"""The metrics that a threshold can be put on: what they compare, and how.

A difference is the distance of two rates (0 is parity), a ratio is the smaller by the larger (1 is
parity); neither has a sign, as in fairlearn. Signed comparisons are in each group's details.
``..._min`` and ``..._max`` are the value of the worst group itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from airflow_gov_provider.domain.fairness.facets import FACETS
from airflow_gov_provider.domain.fairness.inequality import AMONG_PEOPLE, BETWEEN_GROUPS
from airflow_gov_provider.domain.fairness.inequality_replicas import REPLICATED
from airflow_gov_provider.domain.fairness.measures import (
    CLASS_MEASURES,
    MEASURES,
    RESIDUAL_MEASURES,
    SCORE_MEASURES,
)
from airflow_gov_provider.domain.fairness.rates import RATES


class Gap(StrEnum):
    DIFFERENCE = "difference"
    RATIO = "ratio"
    LOWEST = "min"
    HIGHEST = "max"

    @property
    def side(self) -> str:
        """The option of a threshold that limits it."""
        return "at_most" if self in (Gap.DIFFERENCE, Gap.HIGHEST) else "at_least"


class Kind(StrEnum):
    """``gap``: of rates between groups, or the worst group. ``facet``: see ``facets``.
    ``inequality``: see ``inequality``. ``disparity``: of one group over strata.
    """

    GAP = "gap"
    FACET = "facet"
    INEQUALITY = "inequality"
    DISPARITY = "disparity"


class Needs(StrEnum):
    """What has to be counted beside labels and predictions."""

    COUNTS = "counts"
    SCORES = "scores"
    RESIDUALS = "residuals"
    CLASSES = "classes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """What one metric compares.

    :param rates: the worst gap among these rates is the metric.
    :param to_best: always against the group with the highest rate, even where the feature has a
        reference group.
    :param mean: the mean of the gaps of the rates in place of the worst.
    :param whole: one answer for all rows, whatever the features.
    :param least: the smallest limit that makes sense; None for any.
    :param most: the largest; None for any.
    """

    name: str
    rates: tuple[str, ...]
    gap: Gap
    to_best: bool = False
    mean: bool = False
    kind: Kind = Kind.GAP
    whole: bool = False
    needs: Needs = Needs.COUNTS
    least: float | None = 0.0
    most: float | None = 1.0

    @property
    def is_resampled(self) -> bool:
        """Whether its interval is drawn from the counts, because there is no formula."""
        return self.kind is Kind.INEQUALITY and self.name in REPLICATED

    @property
    def has_interval(self) -> bool:
        """Whether there are intervals to decide on."""
        if self.is_resampled:
            return True
        if self.kind is not Kind.GAP or self.mean:
            return False
        if all(name in RATES for name in self.rates):
            return True
        return all(name in _WITH_INTERVAL for name in self.rates)

    @property
    def has_test(self) -> bool:
        """Whether a gap beyond its limit can be tested for."""
        rates = bool(self.rates) and all(name in RATES for name in self.rates)
        return rates and self.gap in _BETWEEN and self.kind is Kind.GAP and not self.mean

    @property
    def range(self) -> str:
        """The limits that make sense, in words."""
        if self.least is not None and self.most is not None:
            return f"a number from {self.least:g} to {self.most:g}"
        return "a number" if self.least is None else f"a number of at least {self.least:g}"


_WITH_INTERVAL = frozenset(
    {"mean_error", "mean_absolute_error", "mean_squared_error"}
    | {"auc", "brier", "mean_score", "calibration_in_the_large"}
    | {"expected_calibration_error", "maximum_calibration_error"}
)

_BETWEEN = (Gap.DIFFERENCE, Gap.RATIO)

# Names and definitions are fairlearn's where fairlearn has them. The four-fifths rule is 29 CFR
# 1607.4(D): a group's selection rate by that of the group with the highest one.
_FAMILIES: Mapping[str, tuple[str, ...]] = {
    "demographic_parity": ("selection_rate",),
    "equal_opportunity": ("true_positive_rate",),
    "equalized_odds": ("true_positive_rate", "false_positive_rate"),
    "predictive_parity": ("positive_predictive_value",),
    "conditional_use_accuracy": ("positive_predictive_value", "negative_predictive_value"),
    **{name: (name,) for name in RATES},
}

# Measures without a ratio: it means nothing where a value may be negative, or where 0 is best.
_WITHOUT_RATIO = frozenset(
    {"matthews_correlation", "calibration_in_the_large", "mean_error"}
    | {name for name in RESIDUAL_MEASURES if name.startswith("residual_quantile")}
    | {"mean_prediction", "mean_label"}
)
_UNBOUNDED = frozenset(RESIDUAL_MEASURES) | {"treatment_equality"}
_SIGNED = frozenset({"matthews_correlation", "calibration_in_the_large"})
# Only parts of other metrics.
_INTERNAL = frozenset(
    {"false_negatives_by_false_positives", "labels_by_acceptances", "labels_by_rejections", "size"}
    | {"smoothed_selection_rate", "smoothed_base_rate"}
    | {"mean_score_of_negatives", "mean_score_of_positives"}
)
# The largest value that a facet metric can take; for all others it is 1.
_FACET_MOST: Mapping[str, float | None] = {
    "clarify_kl": None,
    "clarify_lp": 2**0.5,
    "clarify_dca": None,
    "clarify_dcr": None,
    "clarify_te": None,
    "cohens_d": None,
    "z_test_difference": None,
    "z_test_ratio": None,
    "differential_fairness": None,
    "differential_fairness_of_labels": None,
}
_DISPARITIES = ("clarify_cddl", "clarify_cddpl")


def _needs(measure: str) -> Needs:
    for needs, measures in (
        (Needs.SCORES, SCORE_MEASURES),
        (Needs.RESIDUALS, RESIDUAL_MEASURES),
        (Needs.CLASSES, CLASS_MEASURES),
    ):
        if measure in measures:
            return needs
    return Needs.COUNTS


def _of_rates() -> Iterable[Metric]:
    yield Metric(name="four_fifths", rates=("selection_rate",), gap=Gap.RATIO, to_best=True)
    for family, rates in _FAMILIES.items():
        for gap in _BETWEEN:
            yield Metric(name=f"{family}_{gap}", rates=rates, gap=gap)
    for gap in _BETWEEN:
        rates = _FAMILIES["equalized_odds"]
        yield Metric(name=f"equalized_odds_mean_{gap}", rates=rates, gap=gap, mean=True)
    for name in RATES:
        for gap in (Gap.LOWEST, Gap.HIGHEST):
            yield Metric(name=f"{name}_{gap}", rates=(name,), gap=gap)


def _of_measures() -> Iterable[Metric]:
    named = {"treatment_equality": "false_negatives_by_false_positives"}
    named |= {name: name for name in MEASURES if name not in _INTERNAL}
    for name, measure in named.items():
        for gap in Gap:
            if gap is Gap.RATIO and name in _WITHOUT_RATIO:
                continue
            least, most = _range(name, gap)
            yield Metric(
                name=f"{name}_{gap}",
                rates=(measure,),
                gap=gap,
                needs=_needs(measure),
                least=least,
                most=most,
            )


def _range(name: str, gap: Gap) -> tuple[float | None, float | None]:
    if gap is Gap.RATIO:
        return 0.0, 1.0
    if name in _SIGNED:
        return (0.0, 2.0) if gap is Gap.DIFFERENCE else (-1.0, 1.0)
    if name not in _UNBOUNDED:
        return 0.0, 1.0
    return (0.0 if gap is Gap.DIFFERENCE or name not in _WITHOUT_RATIO else None), None


def _of_facets() -> Iterable[Metric]:
    for name, facet in FACETS.items():
        yield Metric(
            name=name,
            rates=(),
            gap=Gap.RATIO if name == "clarify_di" else Gap.DIFFERENCE,
            kind=Kind.FACET,
            needs=_needs(facet.shows),
            most=_FACET_MOST.get(name, 1.0),
        )
    for name in _DISPARITIES:
        yield Metric(name=name, rates=(), gap=Gap.DIFFERENCE, kind=Kind.DISPARITY)


def _of_inequalities() -> Iterable[Metric]:
    for name in (*AMONG_PEOPLE, *BETWEEN_GROUPS):
        yield Metric(
            name=name,
            rates=(),
            gap=Gap.DIFFERENCE,
            kind=Kind.INEQUALITY,
            whole=name in AMONG_PEOPLE,
            least=None if name.endswith("amplification") else 0.0,
            most=None,
        )


METRICS: Mapping[str, Metric] = {
    metric.name: metric
    for metrics in (_of_rates(), _of_measures(), _of_facets(), _of_inequalities())
    for metric in metrics
}
