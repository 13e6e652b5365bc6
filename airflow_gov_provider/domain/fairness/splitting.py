"""Which parts of the data a threshold is judged in: strata, classes, or the whole at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from airflow_gov_provider.domain.fairness.judging import Judgement, judge, judge_disparity
from airflow_gov_provider.domain.fairness.metrics import Kind, Metric, Needs
from airflow_gov_provider.domain.fairness.parts import Part, judge_parts
from airflow_gov_provider.domain.fairness.population import Population, stratum_name
from airflow_gov_provider.domain.fairness.resampling import PLAN, Resampling
from airflow_gov_provider.domain.fairness.scopes import Scope, scope_of
from airflow_gov_provider.domain.fairness.thresholds import Groups, Threshold

# What can be told of right and wrong predictions alone, without one class against the rest.
_OF_ALL_CLASSES = frozenset({"accuracy", "error_rate"})

Parts = Mapping[str, tuple[Population, float]]


@dataclass(slots=True, kw_only=True)
class Splitting:
    """Splits a population; each split is made once, however many thresholds need it.

    :param plan: how intervals without a formula are drawn.
    """

    population: Population
    groups: Groups
    plan: Resampling = PLAN
    _parts: dict[tuple[tuple[str, ...], bool], Parts] = field(default_factory=dict)
    _scopes: dict[tuple[tuple[str, ...], tuple[str, ...], bool], dict[str, Part]] = field(
        default_factory=dict
    )

    def judge(self, scope: Scope, threshold: Threshold) -> Judgement:
        metric = threshold.definition
        given = tuple(threshold.given or ())
        if metric.kind is Kind.DISPARITY:
            parts = self._split(scope, given, classes=False) if given else {}
            return judge_disparity(scope, {n: p.scope for n, p in parts.items()}, threshold)
        classes = self.population.classes is not None and needs_each_class(metric)
        if not given and not classes:
            return judge(scope, threshold, self.plan)
        parts = self._split(scope, given, classes=classes)
        return judge_parts(scope, parts, threshold, self.plan)

    def _split(self, scope: Scope, given: tuple[str, ...], *, classes: bool) -> dict[str, Part]:
        key = (scope.features, given, classes)
        if key not in self._scopes:
            if (given, classes) not in self._parts:
                self._parts[given, classes] = dict(self._divided(given, classes=classes))
            self._scopes[key] = {
                name: Part(scope=scope_of(part, scope.features, self.groups), weight=weight)
                for name, (part, weight) in self._parts[given, classes].items()
            }
        return self._scopes[key]

    def _divided(
        self, given: tuple[str, ...], *, classes: bool
    ) -> Iterator[tuple[str, tuple[Population, float]]]:
        for chosen, stratum in self.population.strata(given):
            weight = stratum.counts.overall.total.weight
            if not classes:
                yield stratum_name(chosen), (stratum, weight)
                continue
            for name, part in stratum.against_rest():
                yield (
                    " & ".join(filter(None, (stratum_name(chosen), f"class {name}"))),
                    (
                        part,
                        weight,
                    ),
                )


def needs_each_class(metric: Metric) -> bool:
    """Whether a metric is about one class against the rest, where there are more than two."""
    return metric.needs is Needs.COUNTS and not (
        metric.rates and _OF_ALL_CLASSES.issuperset(metric.rates)
    )
