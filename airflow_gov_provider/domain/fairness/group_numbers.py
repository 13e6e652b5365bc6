"""The numbers of one group, as the document keeps them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from airflow_gov_provider.domain.fairness.calibration import reliability, sweep
from airflow_gov_provider.domain.fairness.counts import Counts
from airflow_gov_provider.domain.fairness.intervals import Interval
from airflow_gov_provider.domain.fairness.measures import (
    CLASS_MEASURES,
    COUNT_MEASURES,
    RESIDUAL_MEASURES,
    SCORE_MEASURES,
    Facts,
    Measure,
)
from airflow_gov_provider.domain.fairness.population import Population
from airflow_gov_provider.domain.fairness.rates import RATES, rate
from airflow_gov_provider.domain.fairness.replicated import rates
from airflow_gov_provider.domain.fairness.scores import EDGES, ScoreHistogram

_BINARY, _CLASSES, _NUMBERS = "binary", "multiclass", "regression"
_OF_CLASSES = ("accuracy", "error_rate")
_SHOWN = ("f1", "balanced_accuracy", "matthews_correlation")
_SWEPT = (
    "selection_rate",
    "true_positive_rate",
    "false_positive_rate",
    "true_negative_rate",
    "false_negative_rate",
    "positive_predictive_value",
    "false_discovery_rate",
    "false_omission_rate",
    "accuracy",
)


def task_of(population: Population) -> str:
    if population.residuals is not None:
        return _NUMBERS
    return _CLASSES if population.classes is not None else _BINARY


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """:param level: of the intervals.
    :param task: what rates there are: of two classes all, of more only accuracy, of numbers none.
    """

    level: float
    task: str

    def of(self, facts: Facts, *, with_curves: bool = True) -> dict[str, Any]:
        """All numbers.

        :param with_curves: the sweep of thresholds and the calibration too, if there are scores.
        """
        counts = facts.counts
        rates = {name: rate(name, counts) for name in self.rates}
        level = self.level
        return {
            "n": counts.rows,
            "unjudged": counts.unjudged,
            "weight": counts.total.weight,
            "counts": self._cells(counts),
            "rates": {name: p.value if p else None for name, p in rates.items()},
            "rows": {name: p.rows if p else 0 for name, p in rates.items()},
            "intervals": {
                name: list(p.interval(level)) if p else None for name, p in rates.items()
            },
            "measures": self._measures(facts),
            **(_curves(facts.scores) if facts.scores is not None and with_curves else {}),
        }

    @property
    def rates(self) -> tuple[str, ...]:
        """The rates that have a meaning."""
        return {_BINARY: tuple(RATES), _CLASSES: _OF_CLASSES}.get(self.task, ())

    def _cells(self, counts: Counts) -> dict[str, float]:
        if self.task == _BINARY:
            return {name: getattr(counts, name).weight for name in ("tp", "fp", "fn", "tn")}
        if self.task == _CLASSES:
            return {"right": counts.tp.weight, "wrong": counts.fn.weight}
        return {}

    def _measures(self, facts: Facts) -> dict[str, Any]:
        wanted: dict[str, Measure] = {}
        if self.task == _BINARY:
            wanted |= {name: COUNT_MEASURES[name] for name in _SHOWN}
        parts: tuple[tuple[object, Mapping[str, Measure]], ...] = (
            (facts.scores, SCORE_MEASURES),
            (facts.residuals, RESIDUAL_MEASURES),
            (facts.classes, CLASS_MEASURES),
        )
        for found, measures in parts:
            if found is not None:
                wanted |= measures
        return {
            name: measured
            for name in wanted
            if (measured := self._measured(name, facts)) is not None
        }

    def _measured(self, name: str, facts: Facts) -> dict[str, Any] | None:
        found = facts.measured(name)
        if found is None:
            return None
        return {
            "value": found.value,
            "n": found.rows,
            "interval": as_list(found.interval(self.level)),
            "error": getattr(found, "error", 0.0),
        }


def as_list(interval: Interval | None) -> list[float] | None:
    return list(interval) if interval else None


def _curves(scores: ScoreHistogram) -> dict[str, Any]:
    """Rates at each threshold from 0.1 to 0.9, and how far scores keep what they promise."""
    return {
        "sweep": _swept(scores),
        "reliability": [
            {
                "from": found.start,
                "to": found.end,
                "n": found.rows,
                "mean_score": found.mean_score,
                "positive_share": found.positive_share,
            }
            for found in reliability(scores)
        ],
    }


def _swept(scores: ScoreHistogram) -> list[dict[str, float | None]]:
    """A dictionary for each of ``EDGES``."""
    weights = sweep(scores)[1]
    columns = [rates(name, weights).tolist() for name in _SWEPT]
    known = [[None if math.isnan(value) else min(value, 1.0) for value in row] for row in columns]
    return [
        {"threshold": edge, **dict(zip(_SWEPT, values, strict=True))}
        for edge, values in zip(EDGES, zip(*known, strict=True), strict=True)
    ]
