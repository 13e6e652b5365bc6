"""The newest value."""

from __future__ import annotations

from sqlglot import exp

from airflow_gov_provider.domain.expectations import CheckKind, Expectation, Statistic
from airflow_gov_provider.profiling.columns import Column, Family
from airflow_gov_provider.profiling.failures import Unmeasurable
from airflow_gov_provider.profiling.planning.statistics import aggregated
from airflow_gov_provider.profiling.plans import Plan, Planner


def _freshness(planner: Planner, expectation: Expectation, where: list[exp.Expr]) -> Plan:
    column = planner.column(expectation.columns[0])
    if not planner.dialect.typed and not column.family.is_number:
        # SQLite has no type for dates; what matters is whether its text can be read as one.
        column = Column(name=column.name, physical=column.physical, family=Family.INSTANT)
    if not column.family.is_day_or_time:
        raise Unmeasurable(
            f"freshness needs a date or time, and column {column.name!r} holds "
            f"{column.family.value} ({column.physical})"
        )
    newest = planner.dialect.statistic(column, Statistic.MAX)
    return aggregated(planner, expectation, column, newest, where)


PLANS = {CheckKind.FRESHNESS: _freshness}
