"""What can be wrong with the task of a bias check: what is predicted, and what is asked of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING

from airflow_gov_provider.domain.fairness.metrics import Kind, Needs
from airflow_gov_provider.domain.fairness.thresholds import Threshold, parse_thresholds
from airflow_gov_provider.exceptions import ArgumentInvalid
from airflow_gov_provider.operators.bias_counting import EXACT, needs_quantiles
from airflow_gov_provider.profiling.fairness.contingency_spec import Task

if TYPE_CHECKING:
    from airflow_gov_provider.operators.bias import BiasCheck

_FEWEST_BINS, _MOST_BINS = 10, 100_000


def task_problems(operator: BiasCheck) -> Iterable[str]:
    if operator.task_kind not in list(Task):
        known = ", ".join(repr(task.value) for task in Task)
        yield f"task is one of {known}, found {operator.task_kind!r}"
        return
    yield from _outcome_problems(operator)
    yield from _score_bins_problems(operator)
    yield from _control_problems(operator)
    try:
        thresholds = parse_thresholds(operator.thresholds)
    except ArgumentInvalid:
        return  # told where thresholds are looked at
    of_scores = any(threshold.definition.needs is Needs.SCORES for threshold in thresholds)
    if (of_scores or operator.score_bins is not None) and find_spec("numpy") is None:
        yield "metrics of scores need numpy; install airflow-gov-provider[duckdb]"
    for threshold in thresholds:
        yield from _metric_problems(operator, threshold)


def _outcome_problems(operator: BiasCheck) -> Iterable[str]:
    if operator.task_kind == Task.BINARY:
        if not operator.positive_label:
            yield "positive_label names the value of the positive outcome, found none"
        return
    found = [
        name
        for name in ("positive_label", "positive_prediction", "score", "threshold")
        if getattr(operator, name) not in (None, ())
    ]
    if found:
        yield f"{', '.join(found)} belong to task='binary', found task={operator.task_kind!r}"


def _score_bins_problems(operator: BiasCheck) -> Iterable[str]:
    bins = operator.score_bins
    if bins is None or bins == EXACT:
        fine = True
    else:
        whole = isinstance(bins, int) and not isinstance(bins, bool)
        fine = whole and _FEWEST_BINS <= int(bins) <= _MOST_BINS
    if not fine:
        yield (
            f"score_bins is a whole number from {_FEWEST_BINS} to {_MOST_BINS} or {EXACT!r}, "
            f"found {bins!r}"
        )
    if bins is not None and operator.score is None:
        yield "score_bins belongs to score=, found none"


def _control_problems(operator: BiasCheck) -> Iterable[str]:
    control: object = operator.control_features
    if isinstance(control, str) or not isinstance(control, Sequence):
        yield f"control_features is a list of columns, found {control!r}"
        return
    for name in control:
        if name in operator.sensitive_features:
            yield (
                f"control_features names {name!r}, which is in sensitive_features: a feature is "
                "either compared or held; use given= of a threshold to do both"
            )


def _metric_problems(operator: BiasCheck, threshold: Threshold) -> Iterable[str]:
    metric, task = threshold.definition, operator.task_kind
    if metric.needs is Needs.RESIDUALS and task != Task.REGRESSION:
        yield f"{metric.name}: is of predicted numbers, and needs task='regression'"
    elif metric.needs is not Needs.RESIDUALS and task == Task.REGRESSION:
        yield f"{metric.name}: is of classes, found task='regression'; use mean_error_difference"
    elif metric.needs is Needs.CLASSES and task != Task.MULTICLASS:
        yield f"{metric.name}: needs task='multiclass'"
    elif metric.needs is Needs.SCORES and operator.score is None:
        yield f"{metric.name}: is of scores, and needs score="
    given = operator.control_features if threshold.given is None else threshold.given
    if metric.kind is Kind.DISPARITY and not given:
        yield f"{metric.name}: is over strata, and needs control_features= or given="
    if needs_quantiles(threshold) and (operator.weight or given):
        yield f"{metric.name}: quantiles are taken neither with weights nor within strata"
