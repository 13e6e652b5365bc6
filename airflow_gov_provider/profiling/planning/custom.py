"""Conditions and questions in the words of SQL."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sqlglot import exp

from airflow_gov_provider.domain.contracts.forms.custom import FailedRows, SqlValue
from airflow_gov_provider.domain.quality.expectations import CheckKind, Expectation, Measurement
from airflow_gov_provider.profiling.engines.engine import Engine, Relation
from airflow_gov_provider.profiling.failures import Unmeasurable
from airflow_gov_provider.profiling.planning import asked_rows
from airflow_gov_provider.profiling.planning.asked_rows import NAME, checked
from airflow_gov_provider.profiling.plans import Failing, Plan, Planner, all_of
from airflow_gov_provider.profiling.quarantine.singling import Singled


def _expression(planner: Planner, expectation: Expectation, where: list[exp.Expr]) -> Plan:
    (holds,) = planner.condition(expectation.expression or "")
    broken = exp.not_(exp.paren(exp.Is(this=holds, expression=exp.true())))
    return Plan(
        expectation=expectation,
        metrics=(planner.count_where(where), planner.count_where([*where, broken])),
        answer=lambda values: Measurement(total=values[0], failing=values[1]),
        scope=all_of(where),
        written_by_hand=True,
        failing=lambda *_: Singled(condition=all_of([*where, broken])),
    )


def _asked(planner: Planner, expectation: Expectation, where: list[exp.Expr]) -> Plan:
    wanted = expectation.parameters
    if not isinstance(wanted, SqlValue | FailedRows):
        raise Unmeasurable("the check does not say what is asked")
    checked(planner.dialect.name, wanted.query)
    return Plan(
        expectation=expectation,
        metrics=(planner.all_rows,),
        answer=lambda values: Measurement(total=values[0]),
        follow_up=_failed_rows if isinstance(wanted, FailedRows) else _single_value,
        scope=all_of(where),
        written_by_hand=True,
        failing=_rows_of(planner, wanted.query) if isinstance(wanted, FailedRows) else None,
    )


def _rows_of(planner: Planner, sql: str) -> Failing:
    return lambda engine, relation: asked_rows.singled(planner, engine, relation, sql)


def _over(
    engine: Engine, relation: Relation, sql: str, selected: exp.Expr, *, limit: int | None = None
) -> list[Sequence[Any]]:
    asked = exp.alias_(checked(engine.dialect.name, sql), "asked", table=True)
    statement = exp.select(selected).from_(asked)
    if limit is not None:
        statement = statement.limit(limit)
    rows = exp.select("*").from_(relation.table.copy())
    return list(engine.fetch(statement.with_(NAME, as_=rows)))


def _failed_rows(
    engine: Engine, relation: Relation, plan: Plan, found: Sequence[Any]
) -> Measurement:
    wanted = plan.expectation.parameters
    if not isinstance(wanted, FailedRows):
        raise Unmeasurable("the check does not say what is asked")
    count = exp.Count(this=exp.Star())
    ((failing,),) = _over(engine, relation, wanted.query, count)
    # A join can give a row more than once.
    return Measurement(total=max(int(found[0]), int(failing)), failing=int(failing))


def _single_value(
    engine: Engine, relation: Relation, plan: Plan, found: Sequence[Any]
) -> Measurement:
    wanted = plan.expectation.parameters
    if not isinstance(wanted, SqlValue):
        raise Unmeasurable("the check does not say what is asked")
    rows = _over(engine, relation, wanted.query, exp.Star(), limit=2)
    if len(rows) != 1 or len(rows[0]) != 1:
        raise Unmeasurable("the query is expected to give one row with one number")
    value = rows[0][0]
    if value is None:
        return Measurement(total=found[0])
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise Unmeasurable("the query is expected to give a number, and gave something else")
    plain = value if isinstance(value, int) else float(value)
    if plain != plain or plain in (float("inf"), float("-inf")):  # noqa: PLR0124 - only NaN differs
        raise Unmeasurable("the query gave no finite number")
    return Measurement(total=found[0], value=plain)


PLANS = {
    CheckKind.SQL_EXPRESSION: _expression,
    SqlValue.kind: _asked,
    FailedRows.kind: _asked,
}
