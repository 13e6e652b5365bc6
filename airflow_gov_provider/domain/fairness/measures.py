"""What can be measured of one group, by name: its rates, and what is no share of rows.

Rates are in ``rates``. Of what is here, only means and some measures of scores have an interval of
their own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from airflow_gov_provider.domain.fairness import calibration, classes, ranking, residuals
from airflow_gov_provider.domain.fairness.classes import Confusion
from airflow_gov_provider.domain.fairness.counts import Counts
from airflow_gov_provider.domain.fairness.estimates import Estimate, Point
from airflow_gov_provider.domain.fairness.rates import RATES, rate
from airflow_gov_provider.domain.fairness.residuals import Residuals
from airflow_gov_provider.domain.fairness.scores import ScoreHistogram


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that was counted of one group; what the data were not asked for is None."""

    counts: Counts
    scores: ScoreHistogram | None = None
    residuals: Residuals | None = None
    classes: Confusion | None = None
    _known: dict[str, Estimate | None] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def measured(self, name: str) -> Estimate | None:
        """One of ``MEASURES``, which is computed once: many metrics and the document ask for it.

        :raises KeyError: for another name.
        """
        if name not in self._known:
            self._known[name] = MEASURES[name].of(self)
        return self._known[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """:param lacking: what a group has none of when there is no value.
    :param share: whether the value is a share, or lies between -1 and 1 as a share does.
    """

    of: Callable[[Facts], Estimate | None]
    lacking: str
    share: bool = True


def _f1(counts: Counts) -> float | None:
    return _by(2 * counts.tp.weight, 2 * counts.tp.weight + counts.fp.weight + counts.fn.weight)


def _balanced_accuracy(counts: Counts) -> float | None:
    """The mean of both true rates (K. H. Brodersen et al. 2010)."""
    found = [rate(name, counts) for name in ("true_positive_rate", "true_negative_rate")]
    return sum(f.value for f in found if f) / 2 if all(found) else None


def _matthews(counts: Counts) -> float | None:
    """The correlation of label and prediction (B. W. Matthews 1975)."""
    tp, fp, fn, tn = counts.tp.weight, counts.fp.weight, counts.fn.weight, counts.tn.weight
    # Two roots, because the product of all four is beyond a double where weights are large.
    root = math.sqrt((tp + fp) * (tn + fn)) * math.sqrt((tp + fn) * (tn + fp))
    return float((tp * tn - fp * fn) / root) if root > 0 else None


def _treatment(counts: Counts) -> float | None:
    return _by(counts.fn.weight, counts.fp.weight)


def _acceptance(counts: Counts) -> float | None:
    return _by(counts.tp.weight + counts.fn.weight, counts.tp.weight + counts.fp.weight)


def _rejection(counts: Counts) -> float | None:
    return _by(counts.fp.weight + counts.tn.weight, counts.fn.weight + counts.tn.weight)


def _size(counts: Counts) -> float | None:
    return counts.total.weight


def _smoothed(counts: Counts, cells: tuple[str, str]) -> float | None:
    """A share with a Dirichlet prior of 1/2 for either outcome (J. R. Foulds et al. 2020)."""
    part: float = sum(getattr(counts, cell).weight for cell in cells)
    return (part + 0.5) / (counts.total.weight + 1)


def _by(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None


def _counted(of: Callable[[Counts], float | None], facts: Facts) -> Estimate | None:
    value = of(facts.counts) if facts.counts.total.weight > 0 else None
    return None if value is None else Point(value=value, rows=facts.counts.rows)


def _from_counts(
    of: Callable[[Counts], float | None], lacking: str, *, share: bool = True
) -> Measure:
    return Measure(of=partial(_counted, of), lacking=lacking, share=share)


def _from_scores(of: Callable[[ScoreHistogram], Estimate | None], lacking: str) -> Measure:
    return Measure(of=lambda facts: of(facts.scores) if facts.scores else None, lacking=lacking)


def _from_residuals(of: Callable[[Residuals], Estimate | None]) -> Measure:
    def measured(facts: Facts) -> Estimate | None:
        return of(facts.residuals) if facts.residuals else None

    return Measure(of=measured, lacking="rows with label and prediction", share=False)


def _from_classes(share: str) -> Measure:
    def measured(facts: Facts) -> Estimate | None:
        return classes.macro(facts.classes, share) if facts.classes else None

    return Measure(of=measured, lacking="judged rows")


_BOTH = "rows with a positive and rows with a negative label"

COUNT_MEASURES: Mapping[str, Measure] = {
    "f1": _from_counts(_f1, "positive labels or predictions"),
    "balanced_accuracy": _from_counts(_balanced_accuracy, _BOTH),
    "matthews_correlation": _from_counts(_matthews, "rows of both labels and both predictions"),
    "false_negatives_by_false_positives": _from_counts(_treatment, "false positives", share=False),
    "labels_by_acceptances": _from_counts(
        _acceptance, "rows with a positive prediction", share=False
    ),
    "labels_by_rejections": _from_counts(
        _rejection, "rows with a negative prediction", share=False
    ),
    "size": _from_counts(_size, "judged rows", share=False),
    "smoothed_selection_rate": _from_counts(partial(_smoothed, cells=("tp", "fp")), "judged rows"),
    "smoothed_base_rate": _from_counts(partial(_smoothed, cells=("tp", "fn")), "judged rows"),
}

SCORE_MEASURES: Mapping[str, Measure] = {
    "auc": _from_scores(ranking.auc, _BOTH),
    "brier": _from_scores(calibration.brier, "rows with label and score"),
    "mean_score": _from_scores(calibration.mean_score, "rows with label and score"),
    "calibration_in_the_large": _from_scores(
        calibration.calibration_in_the_large, "rows with label and score"
    ),
    "expected_calibration_error": _from_scores(
        calibration.expected_calibration_error, "rows with label and score"
    ),
    "maximum_calibration_error": _from_scores(
        calibration.maximum_calibration_error, "rows with label and score"
    ),
    "mean_score_of_negatives": _from_scores(
        partial(calibration.mean_score, label=False), "rows with a negative label"
    ),
    "mean_score_of_positives": _from_scores(
        partial(calibration.mean_score, label=True), "rows with a positive label"
    ),
}

RESIDUAL_MEASURES: Mapping[str, Measure] = {
    "mean_error": _from_residuals(residuals.mean_error),
    "mean_absolute_error": _from_residuals(residuals.mean_absolute_error),
    "mean_squared_error": _from_residuals(residuals.mean_squared_error),
    "root_mean_squared_error": _from_residuals(residuals.root_mean_squared_error),
    "mean_prediction": _from_residuals(residuals.mean_prediction),
    "mean_label": _from_residuals(residuals.mean_label),
    **{
        f"residual_quantile_{share * 100:.0f}": _from_residuals(
            partial(residuals.residual_quantile, share=share)
        )
        for share in residuals.QUANTILES
    },
}

CLASS_MEASURES: Mapping[str, Measure] = {
    f"macro_{share}": _from_classes(share) for share in ("recall", "precision", "f1")
}

MEASURES: Mapping[str, Measure] = {
    **COUNT_MEASURES,
    **SCORE_MEASURES,
    **RESIDUAL_MEASURES,
    **CLASS_MEASURES,
}


def estimate(name: str, facts: Facts) -> Estimate | None:
    """A rate or a measure of a group, or None where it has none.

    :raises KeyError: for a name that is neither in ``RATES`` nor in ``MEASURES``.
    """
    if name in RATES:
        return rate(name, facts.counts)
    return facts.measured(name)


def lacking(name: str) -> str:
    """What a group has none of when it has no such value."""
    return RATES[name].lacking if name in RATES else MEASURES[name].lacking


def is_share(name: str) -> bool:
    """Whether values are shown as shares of rows or of 1, and not in the units of the data."""
    return name in RATES or MEASURES[name].share
