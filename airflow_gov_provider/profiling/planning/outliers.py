"""Values that lie far from the others."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from sqlglot import exp

from airflow_gov_provider.domain.contracts.forms.statistics import Outliers
from airflow_gov_provider.domain.expectations import Expectation, Measurement, Statistic
from airflow_gov_provider.profiling import literals
from airflow_gov_provider.profiling.columns import Column
from airflow_gov_provider.profiling.dialects import DuckDB, either, named, present
from airflow_gov_provider.profiling.engine import Engine, Relation
from airflow_gov_provider.profiling.failures import Unmeasurable
from airflow_gov_provider.profiling.planning.statistics import TOO_LARGE, expect_summable
from airflow_gov_provider.profiling.plans import Plan, Planner, all_of, filtered
from airflow_gov_provider.profiling.singling import Singled


def _outliers(planner: Planner, expectation: Expectation, where: list[exp.Expr]) -> Plan:
    """The middle and the spread first, then the rows beyond."""
    wanted = expectation.parameters
    if not isinstance(wanted, Outliers):
        raise Unmeasurable("the check does not say what an outlier is")
    column = planner.column(expectation.columns[0])
    expect_summable(column, Statistic.MEAN)
    scope = [*where, present(named(column))]
    sorts = planner.dialect.sorts_alone
    asked = [filtered(each, where) for each in _middle_and_spread(planner.dialect, wanted, column)]
    odd = planner.dialect.odd(column)
    metrics = [
        planner.count_present([column], where),
        *(planner.metric(each, sorts=sorts) for each in asked),
        *([planner.count_where([*scope, odd])] if odd is not None else []),
    ]

    def follow_up(
        engine: Engine, relation: Relation, plan: Plan, found: Sequence[Any]
    ) -> Measurement:
        del plan
        total, first, second, *spoilt = found
        if spoilt and spoilt[0]:
            return Measurement(error=f"{spoilt[0]} of {total} values are not finite numbers")
        limits = _fences(wanted, first, second)
        if limits is None and total > 1:  # SQLite has no spread of what is beyond its numbers
            raise Unmeasurable(TOO_LARGE)
        if limits is None:
            return Measurement(total=total, failing=0)
        count = planner.count_where([*scope, _beyond(column, limits)]).expression
        ((failing,),) = engine.fetch(exp.select(count).from_(relation.table.copy()))
        return Measurement(total=total, failing=int(failing))

    def apart(engine: Engine, relation: Relation) -> Singled:
        """The middle and the spread are asked again: the rows may be others by now."""
        query = exp.select(*[metric.expression.copy() for metric in metrics[:3]])
        ((_, first, second),) = engine.fetch(query.from_(relation.table.copy()))
        limits = _fences(wanted, first, second)
        if limits is None:
            raise Unmeasurable(TOO_LARGE)
        return Singled(condition=all_of([*scope, _beyond(column, limits)]))

    return Plan(
        expectation=expectation,
        metrics=tuple(metrics),
        answer=lambda values: Measurement(total=values[0]),
        follow_up=follow_up,
        scope=all_of(scope),
        written_by_hand=bool(where),
        failing=apart,
    )


def _middle_and_spread(dialect: DuckDB, wanted: Outliers, column: Column) -> list[exp.Expr]:
    """Two numbers: both quartiles, or the mean and the standard deviation."""
    if wanted.method == "iqr":
        return [dialect.quantile(column, 0.25), dialect.quantile(column, 0.75)]
    return [dialect.statistic(column, each) for each in (Statistic.MEAN, Statistic.STDDEV)]


def _beyond(column: Column, limits: tuple[float, float]) -> exp.Expr:
    number = exp.cast(named(column), "double")
    low = exp.LT(this=number, expression=literals.number(limits[0]))
    return either(low, exp.GT(this=number.copy(), expression=literals.number(limits[1])))


def _fences(wanted: Outliers, first: Any, second: Any) -> tuple[float, float] | None:
    """The least and the greatest value that lie near enough; None where nothing can lie apart."""
    if first is None or second is None:
        return None
    first, second = float(first), float(second)
    if not (math.isfinite(first) and math.isfinite(second)):
        raise Unmeasurable(TOO_LARGE)
    if wanted.method == "iqr":
        reach = wanted.factor * (second - first)
        low, high = first - reach, second + reach
    else:
        low, high = first - wanted.factor * second, first + wanted.factor * second
    if not (math.isfinite(low) and math.isfinite(high)):
        raise Unmeasurable(TOO_LARGE)
    return low, high


PLANS = {Outliers.kind: _outliers}
