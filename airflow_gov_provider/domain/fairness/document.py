"""The form in which an assessment is kept as evidence, for model cards and pages to draw from.

::

    {
      "schema": "fairness/1",
      "level": 0.95,                                 of the intervals in the tables of groups
      "weighted": false,
      "rows": {"total", "judged", "unjudged"},
      "groups": {"min_size", "min_share", "min_rate_rows", "small",
                 "reference": {feature: value},
                 "exclude": {feature: [value, ...]}},
      "overall": GROUP,
      "features": [
        {
          "feature": "sex",                          "sex & race" for an intersection
          "of": ["sex"],
          "reference": "Male" or null,               as shown in "group"
          "groups": [GROUP, ...],                    by name, the missing slice last
          "metrics": [METRIC, ...],                  in the order of the thresholds
          "equal_rates": {rate: {"chi2", "freedom", "p_value"}}    of the same rate in all groups
        }
      ]
    }

    A document may also hold, and one of an earlier version does not:

      "task": "binary",                              or "multiclass", "regression"
      "classes": ["high", ...],                      of a multiclass task

    GROUP = {
      "group": "Female",                             the name to show; "(missing)" for no value
      "values": {"sex": "Female"},                   null for no value
      "n": 3700, "unjudged": 0, "weight": 3700.0,
      "counts": {"tp", "fp", "fn", "tn"},            sums of weights
      "rates": {rate: value or null},                null: its denominator is empty
      "rows": {rate: rows in its denominator},
      "intervals": {rate: [low, high] or null},      Wilson
      "sufficient": true,                            false: not compared, "reason" says why
      "reason": null,
      "excluded": false,                             true: left out by the author
      "measures": {measure: MEASURED}                what is no share of rows; as far as counted
      "sweep": [{"threshold": 0.1, "selection_rate", ...}, ...],   with scores, of the first 50
      "reliability": [{"from": 0.0, "to": 0.1, "n", "mean_score", "positive_share"}, ...]
    }

    MEASURED = {"value", "n", "interval": [low, high] or null, "error"}   "error": that of the bins

    METRIC = {
      "metric": "four_fifths", "value": 0.22 or null, "interval": [low, high] or null,
      "threshold": {"metric", "at_most", "at_least", "decide_on", "level", "against", "severity",
                    "features"},
      "expected": ">= 0.8", "verdict": "FAILED", "reason": "..." or null,
      "worst_pair": PAIR or null,
      "bound": {"value", "pair": PAIR or null} or null,   where the interval decides; an index of
                                                     inequality has no pair
      "left_out": {group: reason},                   the first 20 of "left_out_groups"
      "left_out_groups": 0,
      "correction": {"method", "tests", "q"} or null,  what "p_adjusted" is corrected for
      "detectable": {"alpha", "power", "best", "worst", "worst_group"} or null,
                                                     gaps that the rows could have shown: between
                                                     the largest groups, and for the smallest one
      "resampled": {"interval", "method", "error", "scheme", "replicates", "seed", "generator"}
                   or null,
                                                     where no formula gives an interval
      "comparisons": [COMPARISON, ...],              each group against its counterpart
      "gap": "ratio",                                or "difference", "min", "max"
      "kind": "gap",                                 or "facet", "inequality", "disparity"
      "unit": "share",                               or "value": in the units of the data
      "parts": [{"part": "age_band=26-45", "n", "value", "verdict", "reason"}, ...]
    }

    PAIR = COMPARISON with
      "group_rate", "group_n", "group_interval", "against_rate", "against_n", "against_interval"

    COMPARISON = {
      "rate": "selection_rate", "group": "Female", "against": "Male",
      "value": 0.22,                                 unsigned: larger - smaller, or smaller / larger
      "signed": 0.22,                                group - against, or group / against
      "interval": [low, high] or null,               of the unsigned value: Newcombe, or Katz
      "p_value": 2.7e-141 or null                    equal rates, pooled two-proportion z test
      "p_adjusted": 8.1e-141 or null                 after the correction; not in a PAIR
    }
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from airflow_gov_provider.domain.fairness.counts import OVERALL_NAME, Key
from airflow_gov_provider.domain.fairness.gaps import Pair
from airflow_gov_provider.domain.fairness.group_numbers import Numbers, as_list, task_of
from airflow_gov_provider.domain.fairness.independence import independence
from airflow_gov_provider.domain.fairness.judging import Judgement
from airflow_gov_provider.domain.fairness.measures import MEASURES, is_share
from airflow_gov_provider.domain.fairness.population import Population
from airflow_gov_provider.domain.fairness.rates import RATES, rate
from airflow_gov_provider.domain.fairness.scopes import Scope
from airflow_gov_provider.domain.fairness.thresholds import Groups
from airflow_gov_provider.domain.fairness.uncertainty import as_json

SCHEMA = "fairness/1"

# The table of groups marks all of them; this is for people.
_MOST_LEFT_OUT = 20
# Curves take much more room than rates.
_MOST_CURVES = 50


def body_of(
    population: Population,
    scopes: Iterable[Scope],
    judgements: Sequence[Judgement],
    groups: Groups,
    level: float,
) -> dict[str, Any]:
    table = population.counts
    overall = table.overall
    numbers = Numbers(level=level, task=task_of(population))
    return {
        "schema": SCHEMA,
        "task": numbers.task,
        **_classes(population),
        "level": level,
        "weighted": table.weighted,
        "rows": {
            "total": overall.rows + overall.unjudged,
            "judged": overall.rows,
            "unjudged": overall.unjudged,
        },
        "groups": _terms(groups),
        "overall": {
            "group": OVERALL_NAME,
            "values": {},
            **numbers.of(population.whole),
            **_compared(),
        },
        "features": [
            {
                "feature": scope.name,
                "of": list(scope.features),
                "reference": scope.label(scope.reference) if scope.reference else None,
                "groups": list(_groups(scope, numbers)),
                "metrics": [metric_of(j) for j in judgements if j.scope is scope],
                **_equal_rates(scope, numbers),
            }
            for scope in scopes
        ],
    }


def _equal_rates(scope: Scope, numbers: Numbers) -> dict[str, Any]:
    """A test over all groups that can be compared, beside those of pairs."""
    tests = {}
    for name in numbers.rates:
        found = [rate(name, counts) for counts in scope.comparable.values()]
        test = independence([one for one in found if one])
        if test:
            tests[name] = {
                "chi2": test.statistic,
                "freedom": test.freedom,
                "p_value": test.p_value,
            }
    return {"equal_rates": tests} if tests else {}


def _classes(population: Population) -> dict[str, Any]:
    if population.classes is None:
        return {}
    names = {name for found in population.classes.cells.values() for name in found.names}
    return {"classes": sorted(names)}


def metric_of(judgement: Judgement) -> dict[str, Any]:
    return {
        "metric": judgement.threshold.metric,
        "value": judgement.value,
        "threshold": judgement.threshold.as_json(),
        "expected": str(judgement.threshold),
        "verdict": judgement.verdict.value,
        "reason": judgement.reason,
        **details_of(judgement),
        "comparisons": _comparisons(judgement),
        **_form(judgement),
    }


def _comparisons(judgement: Judgement) -> list[dict[str, Any]]:
    pairs = [pair for gap in judgement.gaps for pair in gap.pairs]
    return [
        {**_comparison(judgement, pair), "p_adjusted": p_adjusted}
        for pair, p_adjusted in zip(pairs, judgement.uncertainty.p_adjusted, strict=True)
    ]


def _form(judgement: Judgement) -> dict[str, Any]:
    metric = judgement.threshold.definition
    measures = [gap.rate for gap in judgement.gaps]
    known = [name for name in measures if name in RATES or name in MEASURES]
    return {
        "gap": metric.gap.value,
        "kind": metric.kind.value,
        "unit": "share" if known and all(map(is_share, known)) else "value",
        "parts": [
            {
                "part": name,
                "n": part.scope.overall.rows,
                "value": part.value,
                "verdict": part.verdict.value,
                "reason": part.reason,
            }
            for name, part in judgement.parts.items()
        ],
    }


def details_of(judgement: Judgement) -> dict[str, Any]:
    """The part of a metric that goes into its finding as well."""
    return {
        "interval": list(judgement.interval) if judgement.interval else None,
        "worst_pair": _pair(judgement, judgement.worst) if judgement.worst else None,
        "bound": _bound(judgement, *judgement.bound) if judgement.bound else None,
        "left_out": {
            judgement.scope.label(key): why
            for key, why in islice(judgement.left_out.items(), _MOST_LEFT_OUT)
        },
        "left_out_groups": len(judgement.left_out),
        **as_json(judgement.uncertainty, judgement.scope),
    }


def _bound(judgement: Judgement, reach: float, pair: Pair | None) -> dict[str, Any]:
    return {"value": reach, "pair": _pair(judgement, pair) if pair else None}


def _pair(judgement: Judgement, pair: Pair) -> dict[str, Any]:
    level = judgement.threshold.level
    return {
        **_comparison(judgement, pair),
        "group_rate": pair.of_group.value,
        "group_n": pair.of_group.rows,
        "group_interval": as_list(pair.of_group.interval(level)),
        "against_rate": pair.of_against.value,
        "against_n": pair.of_against.rows,
        "against_interval": as_list(pair.of_against.interval(level)),
    }


def _comparison(judgement: Judgement, pair: Pair) -> dict[str, Any]:
    gap = judgement.threshold.definition.gap
    interval = pair.interval(gap, judgement.threshold.level)
    return {
        "rate": pair.rate,
        "group": judgement.scope.label(pair.group),
        "against": judgement.scope.label(pair.against),
        "value": pair.size(gap),
        "signed": pair.signed(gap),
        "interval": list(interval) if interval else None,
        "p_value": pair.p_value,
    }


def _groups(scope: Scope, numbers: Numbers) -> Iterator[dict[str, Any]]:
    curves = list(islice(scope.comparable, _MOST_CURVES))
    for key in scope.counts:
        yield _group(scope, key, numbers, with_curves=key in curves)


def _group(scope: Scope, key: Key, numbers: Numbers, *, with_curves: bool) -> dict[str, Any]:
    excluded = key in scope.excluded
    reason = scope.excluded.get(key) or scope.too_small.get(key)
    return {
        "group": scope.label(key),
        "values": dict(zip(scope.features, key, strict=True)),
        **numbers.of(scope.facts_of(key), with_curves=with_curves),
        **_compared(reason=reason, excluded=excluded),
    }


def _compared(*, reason: str | None = None, excluded: bool = False) -> dict[str, Any]:
    return {"sufficient": reason is None, "reason": reason, "excluded": excluded}


def _terms(groups: Groups) -> dict[str, Any]:
    return {
        "min_size": groups.min_size,
        "min_share": groups.min_share,
        "min_rate_rows": groups.min_rate_rows,
        "small": str(groups.small),
        "reference": dict(groups.reference),
        "exclude": {
            feature: sorted(values, key=lambda v: (v is None, v or ""))
            for feature, values in groups.exclude.items()
        },
    }
