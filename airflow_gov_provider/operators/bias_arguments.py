"""What can be wrong with the arguments of a bias check."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from airflow_gov_provider.domain.fairness.resampling import Resampling, least_replicates
from airflow_gov_provider.domain.fairness.scopes import SEPARATOR, concerns
from airflow_gov_provider.domain.fairness.thresholds import (
    DecideOn,
    SmallGroups,
    Threshold,
    is_number,
    parse_thresholds,
)
from airflow_gov_provider.domain.verdicts import OnFail
from airflow_gov_provider.exceptions import ArgumentInvalid
from airflow_gov_provider.operators.bias_counting import crossings
from airflow_gov_provider.operators.bias_search import search_problems
from airflow_gov_provider.operators.bias_tasks import task_problems
from airflow_gov_provider.operators.quality_source import problem_as_written

if TYPE_CHECKING:
    from airflow_gov_provider.operators.bias import BiasCheck


def problems_of(operator: BiasCheck) -> list[str]:
    """Everything that is wrong with the arguments, so that it can be corrected in one go."""
    return [
        *_source_problems(operator),
        *_outcome_problems(operator),
        *task_problems(operator),
        *_feature_problems(operator),
        *_threshold_problems(operator),
        *_number_problems(operator),
        *_resampling_problems(operator),
        *search_problems(operator),
    ]


def _source_problems(operator: BiasCheck) -> Iterable[str]:
    if (operator.predictions is None) == (operator.conn_id is None):
        yield "expected either predictions= (a path) or conn_id=, found " + (
            "neither" if operator.conn_id is None else "both"
        )
    elif operator.conn_id is not None and operator.table is None and operator.query is None:
        yield "expected conn_id= with either table= or query=, found neither"
    elif operator.table is not None and operator.query is not None:
        yield "expected either table= or query=, found both"
    else:
        problem = problem_as_written(operator.predictions, operator.table, operator.query)
        if problem:
            yield f"predictions={operator.predictions!r}: {problem}"
    if operator.on_fail not in list(OnFail):
        yield f"on_fail is one of {_listed(OnFail)}, found {operator.on_fail!r}"
    if (operator.model_name is None) != (operator.model_version is None):
        yield "model_name and model_version go together, found only one of them"


def _outcome_problems(operator: BiasCheck) -> Iterable[str]:
    if (operator.prediction is None) == (operator.score is None):
        found = "neither" if operator.score is None else "both"
        yield f"expected either prediction= or score=, found {found}"
    if (operator.score is None) != (operator.threshold is None):
        yield "score= and threshold= go together, found only one of them"
    if operator.threshold is not None and not is_number(operator.threshold):
        yield f"threshold is a number, found {operator.threshold!r}"
    told = operator.prediction if operator.score is None else operator.score
    if told is not None and told == operator.label_column:
        yield (
            f"the label and what was predicted are the same column {told!r}: compared with itself "
            "it is always right"
        )


def _feature_problems(operator: BiasCheck) -> Iterable[str]:
    features = operator.sensitive_features
    if isinstance(features, str) or not features:
        yield f"sensitive_features is a list of at least one column, found {features!r}"
        return
    if len(set(features)) < len(features):
        yield f"sensitive_features names a column twice: {', '.join(features)}"
    outcomes = {operator.label_column, operator.prediction, operator.score} - {None}
    for feature in features:
        if feature in outcomes:
            yield f"sensitive_features names {feature!r}, which is the label or what was predicted"
    yield from _intersection_problems(operator)
    yield from _group_problems(operator)
    yield from _value_problems(operator)


def _intersection_problems(operator: BiasCheck) -> Iterable[str]:
    if isinstance(operator.intersections, bool):
        return
    for crossing in operator.intersections:
        unknown = [f for f in crossing if f not in operator.sensitive_features]
        if isinstance(crossing, str) or unknown or len(set(crossing)) < 2:  # noqa: PLR2004
            yield (
                f"an intersection is a list of at least two sensitive_features, found {crossing!r}"
            )


def _group_problems(operator: BiasCheck) -> Iterable[str]:
    for option in ("reference_groups", "exclude_groups"):
        for feature in getattr(operator, option):
            if feature not in operator.sensitive_features:
                yield f"{option} names {feature!r}, which is not in sensitive_features"
    if operator.small_groups not in list(SmallGroups):
        yield f"small_groups is one of {_listed(SmallGroups)}, found {operator.small_groups!r}"


def _value_problems(operator: BiasCheck) -> Iterable[str]:
    value: Any
    for feature, value in operator.reference_groups.items():
        if value is None or isinstance(value, (list, tuple, set)):
            yield f"reference_groups[{feature!r}] is one value, found {value!r}"
    for feature, values in operator.exclude_groups.items():
        if isinstance(values, str):
            yield f"exclude_groups[{feature!r}] is a list of values, found {values!r}"


def _threshold_problems(operator: BiasCheck) -> Iterable[str]:
    try:
        thresholds = parse_thresholds(operator.thresholds)
    except ArgumentInvalid as error:
        yield from str(error).splitlines()
        return
    features = operator.sensitive_features
    compared: list[tuple[str, ...]] = [(feature,) for feature in features]
    if not isinstance(features, str):
        compared += crossings(operator.intersections, features)
    known = {SEPARATOR.join(each) for each in compared}
    for threshold in thresholds:
        named = not threshold.features or known >= {*threshold.features}
        whole = threshold.definition.whole
        if named and not whole and not any(concerns(threshold, each) for each in compared):
            yield f"{threshold.metric}: given holds every feature that it would compare groups of"
        for feature in threshold.features:
            if feature not in known:
                yield (
                    f"{threshold.metric}: features names {feature!r}, expected one of "
                    f"{', '.join(sorted(known))}"
                )


def _number_problems(operator: BiasCheck) -> Iterable[str]:
    for option, least in (("min_group_size", 1), ("min_rate_rows", 1), ("max_groups", 2)):
        value = getattr(operator, option)
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            yield f"{option} is a whole number of at least {least}, found {value!r}"
    for option in ("min_group_share", "max_unjudged_share"):
        value = getattr(operator, option)
        if not is_number(value) or not 0 <= value <= 1:
            yield f"{option} is a share from 0 to 1, found {value!r}"


def _resampling_problems(operator: BiasCheck) -> Iterable[str]:
    try:
        plan = Resampling(replicates=operator.replicates, seed=operator.seed)
    except ArgumentInvalid as error:
        yield from str(error).splitlines()
        return
    for threshold in _parsed(operator):
        least = least_replicates(threshold.level)
        decides = threshold.decide_on != DecideOn.ESTIMATE and threshold.definition.is_resampled
        if decides and plan.replicates < least:
            yield (
                f"{threshold.metric}: the ends of {threshold.level:.4g} intervals take at least "
                f"{least} replicates, found {plan.replicates}"
            )


def _parsed(operator: BiasCheck) -> Sequence[Threshold]:
    """The thresholds; none where something is wrong with them."""
    try:
        return parse_thresholds(operator.thresholds)
    except ArgumentInvalid:
        return ()


def _listed(kind: type[OnFail | SmallGroups]) -> str:
    return ", ".join(repr(item.value) for item in kind)
