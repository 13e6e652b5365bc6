"""Numbers of a whole column."""

from __future__ import annotations

from sqlglot import exp

from airflow_gov_provider.domain.expectations import CheckKind, Expectation, Statistic
from airflow_gov_provider.profiling import answers
from airflow_gov_provider.profiling.columns import Column, Family
from airflow_gov_provider.profiling.dialects import DuckDB, named, present
from airflow_gov_provider.profiling.failures import Unmeasurable
from airflow_gov_provider.profiling.planning.validity import as_compared
from airflow_gov_provider.profiling.plans import Plan, Planner, all_of, filtered


def _statistic(planner: Planner, expectation: Expectation, where: list[exp.Expr]) -> Plan:
    column = as_compared(planner, expectation)
    statistic = expectation.statistic or Statistic.MEAN
    _expect_summable(column, statistic)
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
) -> Plan:
    """The plan of one aggregate of a column, which no value may spoil."""
    scope = [*where, present(named(column))]
    value = filtered(aggregate, where)
    if column.family.is_day_or_time:
        value = planner.dialect.moment(value)
    sorts = expectation.statistic is Statistic.QUANTILE and planner.dialect.sorts_alone
    metrics = [planner.count_present([column], where), planner.metric(value, sorts=sorts)]
    odd = planner.dialect.odd(column)
    if odd is not None and not _shows(planner.dialect, expectation):
        metrics.append(planner.count_where([*scope, odd]))
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


def _expect_summable(column: Column, statistic: Statistic) -> None:
    if column.family.is_number or column.family is Family.UNKNOWN:
        return
    if column.family.is_day_or_time and statistic in (Statistic.MIN, Statistic.MAX):
        return
    raise Unmeasurable(
        f"{statistic.value} needs numbers, and column {column.name!r} holds "
        f"{column.family.value} ({column.physical})"
    )


PLANS = {CheckKind.STATISTIC: _statistic}
