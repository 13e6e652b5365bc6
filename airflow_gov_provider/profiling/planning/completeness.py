"""Values that are there."""

from __future__ import annotations

from sqlglot import exp

from airflow_gov_provider.domain.expectations import CheckKind, Expectation, Measurement
from airflow_gov_provider.profiling.dialects import named
from airflow_gov_provider.profiling.plans import Plan, Planner, all_of


def _not_null(planner: Planner, expectation: Expectation, where: list[exp.Expr]) -> Plan:
    column = planner.column(expectation.columns[0])
    metrics = (planner.count_where(where), planner.count_present([column], where))
    return Plan(
        expectation=expectation,
        metrics=metrics,
        answer=lambda values: Measurement(total=values[0], failing=values[0] - values[1]),
        scope=all_of(where),
        written_by_hand=bool(where),
        failing=lambda _: all_of([*where, exp.Is(this=named(column), expression=exp.Null())]),
    )


PLANS = {CheckKind.NOT_NULL: _not_null}
