"""The same question to two tables of one database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlglot import exp

from airflow_gov_provider.domain.contracts.forms.history import Of
from airflow_gov_provider.domain.contracts.forms.other_tables import KeysMatch, Matches
from airflow_gov_provider.domain.quality.expectations import Expectation, Measurement, Reference
from airflow_gov_provider.profiling.columns import Column
from airflow_gov_provider.profiling.engines.dialects import named, present
from airflow_gov_provider.profiling.engines.engine import Engine, Relation, StatementFailed
from airflow_gov_provider.profiling.failures import Unmeasurable
from airflow_gov_provider.profiling.planning import references
from airflow_gov_provider.profiling.planning.history import number
from airflow_gov_provider.profiling.plans import Plan, Planner, all_of


def _matches(planner: Planner, expectation: Expectation, where: list[exp.Expr]) -> Plan:
    del where  # the plain check asks under the same condition
    asked = expectation.parameters
    assert isinstance(asked, Matches)  # noqa: S101 - the kind names the class
    own = number(planner, expectation, asked.of)

    def compared(
        engine: Engine, relation: Relation, plan: Plan, found: Sequence[Any]
    ) -> Measurement:
        del relation, plan
        mine = own.answer(found)
        if mine.error is not None:
            return mine
        other = _of_the_other(engine, expectation, asked)
        if other.error is not None:
            raise Unmeasurable(f"in the other table: {other.error}")
        for value in (mine.value, other.value):
            if value is not None and not isinstance(value, (int, float)):
                raise Unmeasurable("only numbers can be held against another table")
        details = {"other": other.value, "other_rows": other.total}
        return replace(mine, details=details)  # type: ignore[arg-type]

    return replace(own, follow_up=compared)


def _of_the_other(engine: Engine, expectation: Expectation, asked: Matches) -> Measurement:
    """The same number of the other table."""
    reference = expectation.reference
    if reference is None:
        raise Unmeasurable("no other table is named")
    relation = engine.reference(reference)
    columns = () if asked.of is Of.ROW_COUNT else (reference.columns or expectation.columns)
    there = replace(expectation, columns=columns, where=asked.other_where)
    planner = Planner(engine.dialect, relation.columns)
    try:
        plan = number(planner, there, asked.of)
    except Unmeasurable as problem:
        raise Unmeasurable(f"in the other table: {problem}") from None
    selected = [exp.alias_(m.expression, f"m_{i}") for i, m in enumerate(plan.metrics)]
    try:
        (row,) = engine.fetch(exp.select(*selected).from_(relation.table))
    except StatementFailed as failed:
        raise Unmeasurable(f"in the other table: {failed}") from None
    return plan.answer(row)


def _keys(planner: Planner, expectation: Expectation, where: list[exp.Expr]) -> Plan:
    columns = [planner.column(name) for name in expectation.columns]
    scope = all_of([*where, *(present(named(column)) for column in columns)])
    return Plan(
        expectation=expectation,
        metrics=(planner.count_present(columns, where),),
        answer=lambda values: Measurement(total=values[0]),
        follow_up=_both_ways,
        scope=scope,
        written_by_hand=bool(where),
        # Those of the other table are not rows of this one.
        failing=lambda engine, relation: references.unknown(
            planner, engine, relation, expectation, scope
        ),
    )


def _both_ways(engine: Engine, relation: Relation, plan: Plan, found: Sequence[Any]) -> Measurement:
    here = references.orphans(engine, relation, plan, found)
    reference = plan.expectation.reference or Reference(table="", columns=())
    there = engine.reference(reference)
    keys = [
        (there.columns[other], relation.columns[own])
        for own, other in zip(plan.expectation.columns, reference.columns, strict=True)
    ]
    total, missing = _only_there(engine, relation, there, keys, plan.scope)
    only_here = here.failing or 0
    return Measurement(
        total=(here.total or 0) + total,
        failing=only_here + missing,
        details={"only_here": only_here, "only_in_the_other": missing},
    )


def _only_there(
    engine: Engine,
    relation: Relation,
    there: Relation,
    keys: Sequence[tuple[Column, Column]],
    scope: exp.Expr,
) -> tuple[int, int]:
    """How many rows of the other table have a key, and how many of those no counterpart here."""
    complete = all_of([present(named(other)) for other, _ in keys])
    ((total,),) = engine.fetch(
        exp.select(exp.alias_(exp.Count(this=exp.Star()), "n_rows"))
        .from_(there.table.copy())
        .where(complete)
    )
    others = [exp.alias_(named(other), f"k_{i}") for i, (other, _) in enumerate(keys)]
    child = exp.select(*others).from_(there.table.copy()).where(complete).subquery("child")
    own = [exp.alias_(named(mine), f"o_{i}") for i, (_, mine) in enumerate(keys)]
    counterpart = exp.select(*own).from_(relation.table.copy()).where(scope).subquery("parent")
    same = [
        exp.EQ(
            this=exp.column(f"o_{i}", table="parent"),
            expression=exp.column(f"k_{i}", table="child"),
        )
        for i in range(len(keys))
    ]
    ((missing,),) = engine.fetch(
        engine.dialect.without_counterpart(child, counterpart, exp.and_(*same))
    )
    return int(total), int(missing)


PLANS = {Matches.kind: _matches, KeysMatch.kind: _keys}
