"""One grouped statement for a check of each group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlglot import exp

from airflow_gov_provider.domain.expectations import Expectation, Group, Measurement
from airflow_gov_provider.domain.segments import Segmented, group_name
from airflow_gov_provider.profiling.columns import Column, Family
from airflow_gov_provider.profiling.dialects import DuckDB, named
from airflow_gov_provider.profiling.engine import Engine, Relation
from airflow_gov_provider.profiling.failures import Unmeasurable
from airflow_gov_provider.profiling.plans import Plan, Planner


def _segmented(planner: Planner, expectation: Expectation, where: list[exp.Expr]) -> Plan:
    del where  # the check of each group has its own
    asked = expectation.parameters
    assert isinstance(asked, Segmented)  # noqa: S101 - the kind names the class
    each = planner.plan(asked.check)
    if each.in_groups is not None:
        each = each.in_groups
    if each.follow_up is not None:
        raise Unmeasurable(f"{asked.check.kind!r} cannot be asked of each group")
    keys = [_key(planner.dialect, planner.column(name)) for name in asked.by]

    def grouped(
        engine: Engine, relation: Relation, plan: Plan, found: Sequence[Any]
    ) -> Measurement:
        del plan, found
        rows = engine.fetch(_by_group(relation, each, keys, most=asked.at_most_groups))
        if len(rows) > asked.at_most_groups:
            raise Unmeasurable(
                f"there are more than {asked.at_most_groups} groups; segment by columns with fewer "
                "values, or raise 'at_most_groups'"
            )
        groups = tuple(_group(asked, each, row, len(keys)) for row in rows)
        return Measurement(total=sum(group.rows for group in groups), groups=groups)

    return replace(each, expectation=expectation, metrics=(planner.all_rows,), follow_up=grouped)


def _key(dialect: DuckDB, column: Column) -> exp.Expr:
    if column.family in (Family.OTHER, Family.FLOAT):
        raise Unmeasurable(
            f"column {column.name!r} holds {column.family.value} ({column.physical}), by which "
            "rows are not grouped"
        )
    return dialect.operand(column) if column.family is Family.SYMBOL else named(column)


def _by_group(relation: Relation, each: Plan, keys: Sequence[exp.Expr], *, most: int) -> exp.Select:
    selected = [exp.alias_(key.copy(), f"g_{index}") for index, key in enumerate(keys)]
    selected.append(exp.alias_(exp.Count(this=exp.Star()), "n_rows"))
    selected += [
        exp.alias_(metric.expression.copy(), f"m_{index}")
        for index, metric in enumerate(each.metrics)
    ]
    ordinals = [exp.Literal.number(index + 1) for index in range(len(keys))]
    return exp.select(*selected).from_(relation.table.copy()).group_by(*ordinals).limit(most + 1)


def _group(asked: Segmented, each: Plan, row: Sequence[Any], width: int) -> Group:
    labels, rows, values = row[:width], row[width], row[width + 1 :]
    try:
        measurement = each.answer(values)
    except (ValueError, OverflowError):
        measurement = Measurement(error="the result is outside of what can be represented")
    return Group(name=group_name(asked.by, labels), rows=int(rows), measurement=measurement)


PLANS = {Segmented.kind: _segmented}
