"""Comparisons of one group with another that are more than a difference or ratio of their rates.

Each answers for a disadvantaged facet ``d`` and an advantaged one ``a``: ``a`` is the reference
group, or all other groups together where there is none. A comparison has a sign, and the sign is
that of the tool that the name is known from. SageMaker Clarify subtracts d from a in most of its
metrics, so that above 0 the facet d is worse off; DCR, SD, DRR and TE are d less a. AIF360
subtracts the privileged group from the unprivileged one, d less a. A limit is on the absolute
value.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from airflow_gov_provider.domain.fairness.distances import between_roc_curves, kolmogorov_smirnov
from airflow_gov_provider.domain.fairness.estimates import Point
from airflow_gov_provider.domain.fairness.measures import Facts, estimate

Compare = Callable[[Facts, Facts], "float | Point | None"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """One comparison.

    :param of: from the facts of d and of a; None where it is undefined. A ``Point`` says how far
        bins of scores may have moved it.
    :param shows: the measure of both sides that is shown beside it.
    :param extremes: compare the groups with the lowest and the highest value of ``shows`` in place
        of each group with a.
    """

    of: Compare
    shows: str
    extremes: bool = False

    def compare(self, d: Facts, a: Facts) -> tuple[float, float] | None:
        """The comparison and its error."""
        found = self.of(d, a)
        if found is None:
            return None
        return (found.value, found.error) if isinstance(found, Point) else (found, 0.0)


def _difference(measure: str, *, of_d_less_a: bool = False) -> Facet:
    def of(d: Facts, a: Facts) -> float | None:
        return _less(measure, d, a) if of_d_less_a else _less(measure, a, d)

    return Facet(of=of, shows=measure)


def _less(measure: str, one: Facts, other: Facts) -> float | None:
    first, second = estimate(measure, one), estimate(measure, other)
    return first.value - second.value if first and second else None


def _of_shares(measure: str, of: Callable[[float, float], float | None]) -> Facet:
    """From the shares of positives of a and of d."""

    def compare(d: Facts, a: Facts) -> float | None:
        one, other = estimate(measure, a), estimate(measure, d)
        return of(one.value, other.value) if one and other else None

    return Facet(of=compare, shows=measure)


def _mean_of_differences(*measures: str) -> Facet:
    """The mean of d less a over several rates; opposite signs cancel."""

    def of(d: Facts, a: Facts) -> float | None:
        found = [_less(name, d, a) for name in measures]
        known = [value for value in found if value is not None]
        return sum(known) / len(known) if len(known) == len(found) else None

    return Facet(of=of, shows=measures[0])


def _imbalance(d: Facts, a: Facts) -> float | None:
    one, other = a.counts.total.weight, d.counts.total.weight
    return (one - other) / (one + other) if one + other > 0 else None


def _kullback_leibler(p: float, q: float) -> float | None:
    """Of two outcomes, in nats; None where q rules out what p has."""
    total = 0.0
    for one, other in ((p, q), (1 - p, 1 - q)):
        if one > 0 and other <= 0:
            return None
        total += one * math.log(one / other) if one > 0 else 0.0
    return max(0.0, total)


def _jensen_shannon(p: float, q: float) -> float:
    middle = (p + q) / 2
    return ((_kullback_leibler(p, middle) or 0.0) + (_kullback_leibler(q, middle) or 0.0)) / 2


def _euclidean(p: float, q: float) -> float:
    """The 2-norm of the differences of both outcomes."""
    return math.sqrt(2) * abs(p - q)


def _distance(p: float, q: float) -> float:
    """Of two outcomes: half of the 1-norm is the largest difference as well."""
    return abs(p - q)


def _by_advantaged(a: float, d: float) -> float | None:
    return d / a if a > 0 else None


def _log_ratio(a: float, d: float) -> float:
    """The furthest of both outcomes apart, as a logarithm; both shares are smoothed, so that
    neither is 0 or 1.
    """
    return max(abs(math.log(a / d)), abs(math.log((1 - a) / (1 - d))))


def _cohens_d(d: Facts, a: Facts) -> float | None:
    """The difference of selection rates in pooled standard deviations (J. Cohen 1988), d less a."""
    one, other = estimate("selection_rate", d), estimate("selection_rate", a)
    if not one or not other or one.rows + other.rows <= 2:  # noqa: PLR2004 - degrees of freedom
        return None
    spread = sum((e.rows - 1) * e.value * (1 - e.value) for e in (one, other))
    deviation = math.sqrt(spread / (one.rows + other.rows - 2))
    return (one.value - other.value) / deviation if deviation > 0 else None


def _z_of_difference(d: Facts, a: Facts) -> float | None:
    """The pooled two-proportion z statistic of the selection rates, d less a."""
    spread = _pooled_odds(d, a)
    if spread is None:
        return None
    one, other, pooled, inverse = spread
    return (one - other) / math.sqrt(pooled * (1 - pooled) * inverse)


def _z_of_ratio(d: Facts, a: Facts) -> float | None:
    """The z statistic of the logarithm of the ratio of the selection rates, d by a, with the
    variance of the pooled rate (S. B. Morris and R. Lobsenz 2000).
    """
    spread = _pooled_odds(d, a)
    if spread is None or min(spread[:2]) <= 0:
        return None
    one, other, pooled, inverse = spread
    return math.log(one / other) / math.sqrt((1 - pooled) / pooled * inverse)


def _pooled_odds(d: Facts, a: Facts) -> tuple[float, float, float, float] | None:
    one, other = estimate("selection_rate", d), estimate("selection_rate", a)
    if not one or not other:
        return None
    pooled = (one.value * one.rows + other.value * other.rows) / (one.rows + other.rows)
    if not 0 < pooled < 1:
        return None
    return one.value, other.value, pooled, 1 / one.rows + 1 / other.rows


def _of_histograms(of: Callable[..., Point | None], shows: str) -> Facet:
    def measured(d: Facts, a: Facts) -> Point | None:
        return of(d.scores, a.scores) if d.scores and a.scores else None

    return Facet(of=measured, shows=shows)


def _worse_odds_of_scores(d: Facts, a: Facts) -> float | None:
    """The larger distance of the mean scores among negatives and among positives."""
    names = ("mean_score_of_negatives", "mean_score_of_positives")
    found = [_less(name, a, d) for name in names]
    known = [abs(value) for value in found if value is not None]
    return max(known) if len(known) == len(found) else None


# SageMaker Clarify, before training (on labels) and after it (on predictions).
CLARIFY: Mapping[str, Facet] = {
    "clarify_ci": Facet(of=_imbalance, shows="size"),
    "clarify_dpl": _difference("base_rate"),
    "clarify_kl": _of_shares("base_rate", _kullback_leibler),
    "clarify_js": _of_shares("base_rate", _jensen_shannon),
    "clarify_lp": _of_shares("base_rate", _euclidean),
    "clarify_tvd": _of_shares("base_rate", _distance),
    "clarify_ks": _of_shares("base_rate", _distance),
    "clarify_dppl": _difference("selection_rate"),
    "clarify_di": _of_shares("selection_rate", _by_advantaged),
    "clarify_dca": _difference("labels_by_acceptances"),
    "clarify_dcr": _difference("labels_by_rejections", of_d_less_a=True),
    "clarify_rd": _difference("true_positive_rate"),
    "clarify_sd": _difference("true_negative_rate", of_d_less_a=True),
    "clarify_dar": _difference("positive_predictive_value"),
    "clarify_drr": _difference("negative_predictive_value", of_d_less_a=True),
    "clarify_ad": _difference("accuracy"),
    "clarify_te": _difference("false_negatives_by_false_positives", of_d_less_a=True),
}

FACETS: Mapping[str, Facet] = {
    **CLARIFY,
    "average_odds_difference": _mean_of_differences("true_positive_rate", "false_positive_rate"),
    "average_predictive_value_difference": _mean_of_differences(
        "positive_predictive_value", "false_omission_rate"
    ),
    "cohens_d": Facet(of=_cohens_d, shows="selection_rate"),
    "z_test_difference": Facet(of=_z_of_difference, shows="selection_rate"),
    "z_test_ratio": Facet(of=_z_of_ratio, shows="selection_rate"),
    "differential_fairness": Facet(
        of=_of_shares("smoothed_selection_rate", _log_ratio).of,
        shows="smoothed_selection_rate",
        extremes=True,
    ),
    "differential_fairness_of_labels": Facet(
        of=_of_shares("smoothed_base_rate", _log_ratio).of,
        shows="smoothed_base_rate",
        extremes=True,
    ),
    "score_ks": _of_histograms(kolmogorov_smirnov, "mean_score"),
    "abroca": _of_histograms(between_roc_curves, "auc"),
    "generalized_equalized_odds_difference": Facet(
        of=_worse_odds_of_scores, shows="mean_score_of_positives"
    ),
}


def conditional_disparity(
    strata: Mapping[str, tuple[Facts, Facts]], cells: tuple[str, ...]
) -> float | None:
    """Conditional demographic disparity: over strata, weighted by their rows, the share of the
    facet d among the rejected less its share among the accepted (S. Wachter et al. 2021).

    :param strata: the facts of d and of all rows.
    :param cells: what counts as accepted.
    """
    total = weights = 0.0
    for d, everyone in strata.values():
        accepted = [sum(getattr(f.counts, c).weight for c in cells) for f in (d, everyone)]
        whole = [f.counts.total.weight for f in (d, everyone)]
        rejected = [w - a for w, a in zip(whole, accepted, strict=True)]
        if accepted[1] <= 0 or rejected[1] <= 0:
            continue
        total += whole[1] * (rejected[0] / rejected[1] - accepted[0] / accepted[1])
        weights += whole[1]
    return total / weights if weights > 0 else None
