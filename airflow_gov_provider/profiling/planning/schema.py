"""What the database says of its columns."""

from __future__ import annotations

from sqlglot import exp

from airflow_gov_provider.domain.contracts.forms.schema import Nullable
from airflow_gov_provider.domain.quality.expectations import Expectation, Measurement
from airflow_gov_provider.profiling.failures import Unmeasurable
from airflow_gov_provider.profiling.plans import Plan, Planner


def _nullable(planner: Planner, expectation: Expectation, where: list[exp.Expr]) -> Plan:
    del where
    column = planner.column(expectation.columns[0])
    if column.nullable is None:
        raise Unmeasurable(
            "the source does not declare whether the column may hold NULL; "
            "use not_null to look at its rows"
        )
    measured = Measurement(value=column.nullable)
    return Plan(expectation=expectation, metrics=(), answer=lambda _: measured, scope=exp.true())


PLANS = {Nullable.kind: _nullable}
