"""Errors of numbers that a model predicts, per group: prediction less label."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from airflow_gov_provider.domain.fairness.estimates import Estimate, Mean, Point, variance_of

QUANTILES = (0.1, 0.5, 0.9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Residuals:
    """Sums over one group; they can be added, except for the quantiles.

    :param weight: the sum of weights; equal to ``rows`` where nothing is weighted.
    :param weight_squares: of the squared weights.
    :param total: of the residuals, weighted as all that follow.
    :param absolute: of their absolute values.
    :param squares: of their squares.
    :param fourth: of their fourth powers, for the interval of the mean squared error.
    :param predictions: of the predictions.
    :param labels: of the labels.
    :param quantiles: of the residuals, for ``QUANTILES``; interpolated between rows.
    :param unjudged: rows whose label or prediction is missing or no finite number.
    """

    rows: int = 0
    weight: float = 0.0
    weight_squares: float = 0.0
    total: float = 0.0
    absolute: float = 0.0
    squares: float = 0.0
    fourth: float = 0.0
    predictions: float = 0.0
    labels: float = 0.0
    unjudged: int = 0
    quantiles: Mapping[float, float] = field(default_factory=dict)

    def __add__(self, other: Residuals) -> Residuals:
        return Residuals(
            rows=self.rows + other.rows,
            weight=self.weight + other.weight,
            weight_squares=self.weight_squares + other.weight_squares,
            total=self.total + other.total,
            absolute=self.absolute + other.absolute,
            squares=self.squares + other.squares,
            fourth=self.fourth + other.fourth,
            predictions=self.predictions + other.predictions,
            labels=self.labels + other.labels,
            unjudged=self.unjudged + other.unjudged,
        )

    @property
    def trials(self) -> float:
        """Kish's effective sample size."""
        return self.weight / self.weight_squares * self.weight if self.weight_squares else 0.0


def mean_error(found: Residuals) -> Mean | None:
    """Above 0 the model says too much."""
    return _mean(found, found.total, found.squares)


def mean_absolute_error(found: Residuals) -> Mean | None:
    return _mean(found, found.absolute, found.squares)


def mean_squared_error(found: Residuals) -> Mean | None:
    return _mean(found, found.squares, found.fourth)


def root_mean_squared_error(found: Residuals) -> Point | None:
    mean = mean_squared_error(found)
    return Point(value=math.sqrt(mean.value), rows=found.rows) if mean else None


def mean_prediction(found: Residuals) -> Point | None:
    return _point(found, found.predictions)


def mean_label(found: Residuals) -> Point | None:
    return _point(found, found.labels)


def residual_quantile(found: Residuals, share: float) -> Estimate | None:
    """None where the engine was not asked for quantiles, or the group has no rows."""
    value = found.quantiles.get(share)
    return None if value is None else Point(value=value, rows=found.rows)


def _point(found: Residuals, total: float) -> Point | None:
    return Point(value=total / found.weight, rows=found.rows) if found.weight > 0 else None


def _mean(found: Residuals, total: float, squares: float) -> Mean | None:
    if found.weight <= 0:
        return None
    mean = total / found.weight
    square = squares / found.weight
    variance = variance_of(mean, square, rows=found.rows, scale=square)
    return Mean(value=mean, rows=found.rows, variance=variance, trials=found.trials)
