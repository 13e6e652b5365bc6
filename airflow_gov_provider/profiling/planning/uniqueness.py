"""Keys that occur once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlglot import exp

from airflow_gov_provider.domain.expectations import CheckKind, Expectation, Measurement
from airflow_gov_provider.profiling.columns import Column
from airflow_gov_provider.profiling.dialects import named, present
from airflow_gov_provider.profiling.engine import Engine, Relation
from airflow_gov_provider.profiling.plans import Plan, Planner, all_of, filtered


def _unique(planner: Planner, expectation: Expectation, where: list[exp.Expr]) -> Plan:
    """The rows that have a key, and a proof where there is one; else a statement of its own."""
    columns = [planner.column(name) for name in expectation.columns]
    scope = [*where, *(present(named(column)) for column in columns)]
    metrics = [planner.count_present(columns, where)]
    if (proof := planner.dialect.proof(columns)) is not None:
        metrics.append(planner.metric(filtered(proof, scope), sorts=True))
    return Plan(
        expectation=expectation,
        metrics=tuple(metrics),
        answer=lambda values: Measurement(total=values[0]),
        follow_up=repeats,
        scope=all_of(scope),
        written_by_hand=bool(where),
        failing=lambda _: all_of([*scope, _more_than_once(columns, all_of(scope))]),
    )


def repeats(engine: Engine, relation: Relation, plan: Plan, found: Sequence[Any]) -> Measurement:
    total = found[0]
    proven = total <= 1 or list(found[1:]) == [total]
    keys = [relation.columns[name] for name in plan.expectation.columns]
    failing = 0 if proven else engine.repeated(relation, keys, plan.scope, total)
    return Measurement(total=total, failing=failing)


def _more_than_once(columns: Sequence[Column], scope: exp.Expr) -> exp.Expr:
    """True for a row whose key another row in scope has, too."""
    counted = exp.Case(ifs=[exp.If(this=scope, true=exp.Literal.number(1))])
    window = exp.Window(
        this=exp.Count(this=counted), partition_by=[named(column) for column in columns]
    )
    return exp.GT(this=window, expression=exp.Literal.number(1))


PLANS = {CheckKind.UNIQUE: _unique}
