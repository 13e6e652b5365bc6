"""A check of each group: one grouped statement for what aggregates answer, and where a check asks
more, as few further ones as it can.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlglot import exp

from airflow_gov_provider.domain.contracts.forms.order import Decreasing, Increasing
from airflow_gov_provider.domain.contracts.forms.uniqueness import PrimaryKey
from airflow_gov_provider.domain.quality.expectations import (
    CheckKind,
    Expectation,
    Group,
    Measurement,
)
from airflow_gov_provider.domain.quality.segments import Segmented, group_name
from airflow_gov_provider.profiling.columns import Column, Family
from airflow_gov_provider.profiling.engines.dialects import DuckDB
from airflow_gov_provider.profiling.engines.engine import Engine, Relation
from airflow_gov_provider.profiling.failures import Unmeasurable
from airflow_gov_provider.profiling.groups import AnswerOf, Ask, Groups, Label, as_key, one_by_one
from airflow_gov_provider.profiling.planning import (
    distributions,
    frequencies,
    order,
    outliers,
    personal,
    references,
    windows,
)
from airflow_gov_provider.profiling.plans import Plan, Planner

_IN_GROUPS: Mapping[str, Ask] = {
    **frequencies.IN_GROUPS,
    **distributions.IN_GROUPS,
    **personal.IN_GROUPS,
    **windows.IN_GROUPS,
    **order.IN_GROUPS,
    **outliers.IN_GROUPS,
    **references.IN_GROUPS,
}


_SINGLED_OUT = (
    CheckKind.UNIQUE,
    PrimaryKey.kind,
    CheckKind.FOREIGN_KEY,
    Increasing.kind,
    Decreasing.kind,
)


def _segmented(planner: Planner, expectation: Expectation, where: list[exp.Expr]) -> Plan:
    del where  # the check of each group has its own
    asked = expectation.parameters
    assert isinstance(asked, Segmented)  # noqa: S101 - the kind names the class
    by = [planner.column(name) for name in asked.by]
    each = planner.of_groups(by).plan(asked.check)
    keys = tuple(_key(planner.dialect, column) for column in by)

    def grouped(
        engine: Engine, relation: Relation, plan: Plan, found: Sequence[Any]
    ) -> Measurement:
        del plan, found
        groups = _found(engine, relation, each, keys, most=asked.at_most_groups)
        answer = _answering(engine, groups, each)
        return Measurement(
            total=sum(groups.sizes.values()),
            groups=tuple(
                Group(
                    name=group_name(asked.by, label),
                    rows=groups.sizes[label],
                    measurement=_measured(answer, label, values),
                )
                for label, values in groups.found.items()
            ),
        )

    return replace(
        each,
        expectation=expectation,
        metrics=(planner.all_rows,),
        follow_up=grouped,
        failing=each.failing if _singles_out(each) else None,
    )


def _singles_out(each: Plan) -> bool:
    """Whether the rows that fail are told within their groups."""
    return each.follow_up is None or each.expectation.kind in _SINGLED_OUT


def _key(dialect: DuckDB, column: Column) -> exp.Expr:
    if column.family in (Family.OTHER, Family.FLOAT):
        raise Unmeasurable(
            f"column {column.name!r} holds {column.family.value} ({column.physical}), by which "
            "rows are not grouped"
        )
    return as_key(dialect, column)


def _found(
    engine: Engine, relation: Relation, each: Plan, keys: tuple[exp.Expr, ...], *, most: int
) -> Groups:
    """The groups, and what the metrics of the check are in them."""
    bare = Groups(relation=relation, keys=keys, sizes={}, found={})
    metrics = [exp.alias_(m.expression.copy(), f"m_{i}") for i, m in enumerate(each.metrics)]
    count = exp.alias_(exp.Count(this=exp.Star()), "n_rows")
    query = exp.select(*bare.marks, count, *metrics).from_(relation.table.copy())
    rows = engine.fetch(query.group_by(*bare.ordinals()).limit(most + 1))
    if len(rows) > most:
        raise Unmeasurable(
            f"there are more than {most} groups; segment by columns with fewer values, or raise "
            "'at_most_groups'"
        )
    width = len(keys)
    sizes = {tuple(row[:width]): int(row[width]) for row in rows}
    if len(sizes) < len(rows):
        raise Unmeasurable("the values of some groups look the same outside of the database")
    found = {tuple(row[:width]): row[width + 1 :] for row in rows}
    return replace(bare, sizes=sizes, found=found)


def _answering(engine: Engine, groups: Groups, each: Plan) -> AnswerOf:
    if each.follow_up is None:
        return lambda _, values: each.answer(values)
    ask = _IN_GROUPS.get(each.expectation.kind, one_by_one)
    return ask(engine, groups, each)


def _measured(answer: AnswerOf, label: Label, values: Sequence[Any]) -> Measurement:
    try:
        return answer(label, values)
    except Unmeasurable as unmeasurable:
        return Measurement(error=str(unmeasurable))
    except (ValueError, OverflowError):
        return Measurement(error="the result is outside of what can be represented")


PLANS = {Segmented.kind: _segmented}
