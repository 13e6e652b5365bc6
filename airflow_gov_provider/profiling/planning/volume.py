"""How many rows there are."""

from __future__ import annotations

from sqlglot import exp

from airflow_gov_provider.domain.quality.expectations import CheckKind, Expectation, Measurement
from airflow_gov_provider.profiling.plans import Plan, Planner, all_of


def _row_count(planner: Planner, expectation: Expectation, where: list[exp.Expr]) -> Plan:
    return Plan(
        expectation=expectation,
        metrics=(planner.count_where(where),),
        answer=lambda values: Measurement(total=values[0], value=values[0]),
        scope=all_of(where),
        written_by_hand=bool(where),
    )


PLANS = {CheckKind.ROW_COUNT: _row_count}
