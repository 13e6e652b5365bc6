"""Conditions in the words of SQL."""

from __future__ import annotations

from sqlglot import exp

from airflow_gov_provider.domain.expectations import CheckKind, Expectation, Measurement
from airflow_gov_provider.profiling.plans import Plan, Planner, all_of


def _expression(planner: Planner, expectation: Expectation, where: list[exp.Expr]) -> Plan:
    (holds,) = planner.condition(expectation.expression or "")
    broken = exp.not_(exp.paren(exp.Is(this=holds, expression=exp.true())))
    return Plan(
        expectation=expectation,
        metrics=(planner.count_where(where), planner.count_where([*where, broken])),
        answer=lambda values: Measurement(total=values[0], failing=values[1]),
        scope=all_of(where),
        written_by_hand=True,
        failing=lambda _: all_of([*where, broken]),
    )


PLANS = {CheckKind.SQL_EXPRESSION: _expression}
