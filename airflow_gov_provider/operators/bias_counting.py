"""What the arguments of a bias check ask to be counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import TYPE_CHECKING

from airflow_gov_provider.domain.fairness.metrics import Needs
from airflow_gov_provider.domain.fairness.thresholds import Threshold, parse_thresholds
from airflow_gov_provider.profiling.fairness.contingency_spec import (
    DEFAULT_SCORE_BINS,
    ContingencySpec,
    Task,
)

if TYPE_CHECKING:
    from airflow_gov_provider.operators.bias import BiasCheck

EXACT = "exact"


def crossings(
    intersections: bool | Sequence[Sequence[str]],  # noqa: FBT001 - a value, not a switch
    features: Sequence[str],
) -> list[tuple[str, ...]]:
    """The features to cross, one tuple an intersection; True crosses every two."""
    if isinstance(intersections, bool):
        return list(combinations(features, 2)) if intersections else []
    return [tuple(crossing) for crossing in intersections]


def spec_of(operator: BiasCheck) -> ContingencySpec:
    thresholds = parse_thresholds(operator.thresholds)
    held = [name for threshold in thresholds for name in threshold.given or ()]
    columns = (*operator.sensitive_features, *operator.control_features, *held)
    return ContingencySpec(
        features=tuple(dict.fromkeys(columns)),
        label=operator.label_column,
        positive=operator.positive_label,
        prediction=operator.prediction,
        positive_prediction=operator.positive_prediction,
        score=operator.score,
        threshold=operator.threshold,
        weight=operator.weight,
        max_groups=operator.max_groups,
        task=Task(operator.task_kind),
        score_bins=_score_bins(operator, thresholds),
        quantiles_by=tuple(_quantiles_by(operator, thresholds)),
    )


def _score_bins(operator: BiasCheck, thresholds: Sequence[Threshold]) -> int | None:
    if operator.score_bins == EXACT:
        return 0
    if operator.score_bins is not None:
        return int(operator.score_bins)
    asked = any(threshold.definition.needs is Needs.SCORES for threshold in thresholds)
    return DEFAULT_SCORE_BINS if asked else None


def needs_quantiles(threshold: Threshold) -> bool:
    return any(name.startswith("residual_quantile") for name in threshold.definition.rates)


def _quantiles_by(
    operator: BiasCheck, thresholds: Sequence[Threshold]
) -> Iterator[tuple[str, ...]]:
    if any(needs_quantiles(threshold) for threshold in thresholds):
        yield ()
        yield from ((feature,) for feature in operator.sensitive_features)
        yield from crossings(operator.intersections, operator.sensitive_features)
