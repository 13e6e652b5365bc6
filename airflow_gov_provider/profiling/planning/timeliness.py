"""The newest value."""

from __future__ import annotations

from sqlglot import exp

from airflow_gov_provider.domain.contracts.forms.moments import Fresh
from airflow_gov_provider.domain.quality.expectations import CheckKind, Expectation, Statistic
from airflow_gov_provider.profiling.planning.moments import time_column, until
from airflow_gov_provider.profiling.planning.statistics import aggregated
from airflow_gov_provider.profiling.plans import Plan, Planner


def _freshness(planner: Planner, expectation: Expectation, where: list[exp.Expr]) -> Plan:
    column = time_column(planner, expectation.columns[0], "freshness")
    asked = expectation.parameters
    if isinstance(asked, Fresh) and asked.moment is not None:
        where = [*where, until(planner.dialect, asked.moment, column)]
    newest = planner.dialect.statistic(column, Statistic.MAX)
    return aggregated(planner, expectation, column, newest, where)


PLANS = {CheckKind.FRESHNESS: _freshness}
