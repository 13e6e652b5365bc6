"""Values that lie far from the others."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from sqlglot import exp

from airflow_gov_provider.domain.contracts.forms.statistics import Outliers
from airflow_gov_provider.domain.quality.expectations import Expectation, Measurement, Statistic
from airflow_gov_provider.profiling.columns import Column
from airflow_gov_provider.profiling.engines import literals
from airflow_gov_provider.profiling.engines.dialects import DuckDB, either, named, present
from airflow_gov_provider.profiling.engines.engine import Engine, Relation
from airflow_gov_provider.profiling.failures import Unmeasurable
from airflow_gov_provider.profiling.groups import UNLIKE, AnswerOf, Ask, Groups, Label
from airflow_gov_provider.profiling.planning.statistics import TOO_LARGE, expect_summable
from airflow_gov_provider.profiling.plans import Plan, Planner, all_of, filtered
from airflow_gov_provider.profiling.quarantine.singling import Singled


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
        total = found[0]
        if (problem := _spoilt(found)) is not None:
            return Measurement(error=problem)
        limits = _limits(wanted, found)
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


def _in_groups(engine: Engine, groups: Groups, plan: Plan) -> AnswerOf:
    """Each value beside the middle and the spread of its group, which are asked once more."""
    wanted = plan.expectation.parameters
    assert isinstance(wanted, Outliers)  # noqa: S101 - the kind names the class
    number = exp.cast(named(groups.relation.columns[plan.expectation.columns[0]]), "double")
    table = groups.relation.table
    numbers = exp.select(*groups.marks, exp.alias_(number, "v")).from_(table.copy())
    spread = [
        exp.alias_(exp.cast(metric.expression.copy(), "double"), f"f_{index}")
        for index, metric in enumerate(plan.metrics[1:3])
    ]
    fences = exp.select(*groups.marks, *spread).from_(table.copy()).group_by(*groups.ordinals())
    counts = [exp.Count(this=exp.Star()), filtered(exp.Count(this=exp.Star()), [_apart(wanted)])]
    query = (
        exp.select(
            *groups.names("numbers"), *(exp.alias_(each, f"n_{i}") for i, each in enumerate(counts))
        )
        .from_(numbers.where(plan.scope.copy()).subquery("numbers"))
        .join(fences.subquery("fences"), on=groups.same("numbers", "fences"))
        .group_by(*groups.ordinals())
    )
    counted = groups.one(engine.fetch(query))

    def answer(label: Label, found: Sequence[Any]) -> Measurement:
        if (problem := _spoilt(found)) is not None:
            return Measurement(error=problem)
        if _limits(wanted, found) is None:
            return Measurement(total=found[0], failing=0)
        rows, failing = counted[label] or (0, 0)
        if rows != found[0]:
            raise Unmeasurable(UNLIKE)
        return Measurement(total=found[0], failing=int(failing))

    return answer


def _apart(wanted: Outliers) -> exp.Expr:
    """As ``_fences``, in SQL."""
    first, second = (exp.column(f"f_{index}", table="fences") for index in (0, 1))
    spread = (
        second if wanted.method == "zscore" else exp.paren(exp.Sub(this=second, expression=first))
    )
    reach = exp.paren(exp.Mul(this=literals.number(wanted.factor), expression=spread))
    last = first if wanted.method == "zscore" else second
    value = exp.column("v", table="numbers")
    low = exp.paren(exp.Sub(this=first.copy(), expression=reach))
    high = exp.paren(exp.Add(this=last.copy(), expression=reach.copy()))
    return either(exp.LT(this=value, expression=low), exp.GT(this=value.copy(), expression=high))


def _spoilt(found: Sequence[Any]) -> str | None:
    """Why there is no middle, if there is none: the last number counts what spoils it."""
    total, _, _, *spoilt = found
    if spoilt and spoilt[0]:
        return f"{spoilt[0]} of {total} values are not finite numbers"
    return None


def _limits(wanted: Outliers, found: Sequence[Any]) -> tuple[float, float] | None:
    """From the rows in scope, their middle and their spread."""
    total, first, second = found[:3]
    limits = _fences(wanted, first, second)
    if limits is None and total > 1:  # SQLite has no spread of what is beyond its numbers
        raise Unmeasurable(TOO_LARGE)
    return limits


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
IN_GROUPS: dict[str, Ask] = {Outliers.kind: _in_groups}
