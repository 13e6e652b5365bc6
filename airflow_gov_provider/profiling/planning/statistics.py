"""Numbers of a whole column."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlglot import exp

from airflow_gov_provider.domain.contracts.forms.statistics import (
    ApproximateQuantile,
    Correlation,
    Entropy,
    MostCommon,
    MutualInformation,
    Variance,
)
from airflow_gov_provider.domain.quality.expectations import (
    CheckKind,
    Expectation,
    Measurement,
    Statistic,
)
from airflow_gov_provider.profiling import answers
from airflow_gov_provider.profiling.columns import Column, Family
from airflow_gov_provider.profiling.engines.dialects import DuckDB, either, named, present
from airflow_gov_provider.profiling.failures import Unmeasurable
from airflow_gov_provider.profiling.groups import of_all_rows
from airflow_gov_provider.profiling.planning import frequencies
from airflow_gov_provider.profiling.planning.validity import as_compared
from airflow_gov_provider.profiling.plans import Plan, Planner, all_of, filtered

TOO_LARGE = "the values are too large for their spread to be told"


def _statistic(planner: Planner, expectation: Expectation, where: list[exp.Expr]) -> Plan:
    column = as_compared(planner, expectation)
    statistic = expectation.statistic or Statistic.MEAN
    expect_summable(column, statistic)
    if statistic is Statistic.QUANTILE:
        share = expectation.quantile
        if share is None or not 0 <= share <= 1:
            raise Unmeasurable("a quantile needs a share between 0 and 1")
        aggregate = planner.dialect.quantile(column, share)
    else:
        aggregate = planner.dialect.statistic(column, statistic)
    return aggregated(planner, expectation, column, aggregate, where)


def aggregated(
    planner: Planner,
    expectation: Expectation,
    column: Column,
    aggregate: exp.Expr,
    where: list[exp.Expr],
    *,
    hidden: exp.Expr | None = None,
) -> Plan:
    """The plan of one aggregate of a column, which no value may spoil.

    :param hidden: true for a value that would spoil the result and need not show in it; None for
        those of which the dialect knows.
    """
    scope = [*where, present(named(column))]
    value = filtered(aggregate, where)
    if column.family.is_day_or_time:
        value = planner.dialect.moment(value)
    sorts = expectation.statistic is Statistic.QUANTILE and planner.dialect.sorts_alone
    metrics = [planner.count_present([column], where), planner.metric(value, sorts=sorts)]
    if hidden is None and not _shows(planner.dialect, expectation):
        hidden = planner.dialect.odd(column)
    if hidden is not None:
        metrics.append(planner.count_where([*scope, hidden]))
    kind = answers.result_kind(expectation, column)
    return Plan(
        expectation=expectation,
        metrics=tuple(metrics),
        answer=lambda values: answers.of_aggregate(values, column, kind),
        scope=all_of(scope),
        written_by_hand=bool(where),
    )


def _shows(dialect: DuckDB, expectation: Expectation) -> bool:
    """Whether a NaN among the values would make the result one."""
    hidden = (Statistic.MIN, Statistic.QUANTILE)
    return dialect.nan_is_largest and expectation.statistic not in hidden


def expect_summable(column: Column, statistic: Statistic) -> None:
    if column.family.is_number or column.family is Family.UNKNOWN:
        return
    if column.family.is_day_or_time and statistic in (Statistic.MIN, Statistic.MAX):
        return
    raise Unmeasurable(
        f"{statistic.value} needs numbers, and column {column.name!r} holds "
        f"{column.family.value} ({column.physical})"
    )


def _variance(planner: Planner, expectation: Expectation, where: list[exp.Expr]) -> Plan:
    column = planner.column(expectation.columns[0])
    expect_summable(column, Statistic.STDDEV)
    return aggregated(planner, expectation, column, planner.dialect.variance(column), where)


def _approximate_quantile(
    planner: Planner, expectation: Expectation, where: list[exp.Expr]
) -> Plan:
    wanted = expectation.parameters
    if not isinstance(wanted, ApproximateQuantile):
        raise Unmeasurable("the check does not say which quantile")
    column = planner.column(expectation.columns[0])
    expect_summable(column, Statistic.QUANTILE)
    estimate = planner.dialect.approximate_quantile(column, wanted.share)
    if estimate is None:
        exact = planner.dialect.quantile(column, wanted.share)
        hidden = planner.dialect.odd(column)
        return aggregated(planner, expectation, column, exact, where, hidden=hidden)
    hidden = planner.dialect.not_estimated(column)
    plan = aggregated(planner, expectation, column, estimate, where, hidden=hidden)
    label = {"approximate": planner.dialect.quantile_method}
    return replace(plan, answer=lambda values: replace(plan.answer(values), details=label))


def _frequencies(planner: Planner, expectation: Expectation, where: list[exp.Expr]) -> Plan:
    """From how often values occur, whatever they are."""
    column = planner.column(expectation.columns[0])
    scope = [*where, present(named(column))]

    return Plan(
        expectation=expectation,
        metrics=(planner.count_present([column], where),),
        answer=lambda values: Measurement(total=values[0]),
        follow_up=of_all_rows(frequencies.IN_GROUPS[expectation.kind]),
        scope=all_of(scope),
        written_by_hand=bool(where),
    )


def _correlation(planner: Planner, expectation: Expectation, where: list[exp.Expr]) -> Plan:
    columns = [planner.column(name) for name in expectation.columns]
    for column in columns:
        expect_summable(column, Statistic.MEAN)
    scope = [*where, *(present(named(column)) for column in columns)]
    odd = [spoilt for column in columns if (spoilt := planner.dialect.odd(column)) is not None]
    metrics = [
        planner.count_present(columns, where),
        planner.metric(filtered(planner.dialect.correlation(*columns), where)),
        *([planner.count_where([*scope, either(*odd)])] if odd else []),
    ]

    def answer(values: Sequence[Any]) -> Measurement:
        total, value, *spoilt = values
        if spoilt and spoilt[0]:
            return Measurement(error=f"{spoilt[0]} of {total} rows hold no finite numbers")
        if value is None or math.isnan(value):  # one of the columns never changes
            return Measurement(total=total)
        return Measurement(total=total, value=min(1.0, max(-1.0, float(value))))

    return Plan(
        expectation=expectation,
        metrics=tuple(metrics),
        answer=answer,
        scope=all_of(scope),
        written_by_hand=bool(where),
    )


def _mutual_information(planner: Planner, expectation: Expectation, where: list[exp.Expr]) -> Plan:
    """What one column tells of the other."""
    columns = [planner.column(name) for name in expectation.columns]
    scope = [*where, *(present(named(column)) for column in columns)]

    return Plan(
        expectation=expectation,
        metrics=(planner.count_present(columns, where),),
        answer=lambda values: Measurement(total=values[0]),
        follow_up=of_all_rows(frequencies.IN_GROUPS[expectation.kind]),
        scope=all_of(scope),
        written_by_hand=bool(where),
    )


PLANS = {
    CheckKind.STATISTIC: _statistic,
    Variance.kind: _variance,
    ApproximateQuantile.kind: _approximate_quantile,
    MostCommon.kind: _frequencies,
    Entropy.kind: _frequencies,
    Correlation.kind: _correlation,
    MutualInformation.kind: _mutual_information,
}
