"""Values that another table must know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlglot import exp

from airflow_gov_provider.domain.quality.expectations import CheckKind, Expectation, Measurement
from airflow_gov_provider.profiling.columns import Column
from airflow_gov_provider.profiling.conditions import no_such_column
from airflow_gov_provider.profiling.engines.dialects import named, present
from airflow_gov_provider.profiling.engines.engine import Engine, LooksUpNumbers, Relation, Row
from airflow_gov_provider.profiling.failures import Unmeasurable
from airflow_gov_provider.profiling.fairness import dense
from airflow_gov_provider.profiling.groups import AnswerOf, Ask, Groups, Label
from airflow_gov_provider.profiling.plans import Plan, Planner, all_of
from airflow_gov_provider.profiling.quarantine.singling import Singled, key_name, listed


def _foreign_key(planner: Planner, expectation: Expectation, where: list[exp.Expr]) -> Plan:
    columns = [planner.column(name) for name in expectation.columns]
    scope = all_of([*where, *(present(named(column)) for column in columns)])
    return Plan(
        expectation=expectation,
        metrics=(planner.count_present(columns, where),),
        answer=lambda values: Measurement(total=values[0]),
        follow_up=orphans,
        scope=scope,
        written_by_hand=bool(where),
        failing=lambda engine, relation: unknown(planner, engine, relation, expectation, scope),
    )


def orphans(engine: Engine, relation: Relation, plan: Plan, found: Sequence[Any]) -> Measurement:
    total = found[0]
    parent, pairs = _paired(engine, relation, plan.expectation)
    if engine.dialect.typed:
        _expect_comparable(pairs)
    if total == 0:
        return Measurement(total=0, failing=0)
    if isinstance(engine, LooksUpNumbers) and dense.are_numbers(pairs):
        matched = engine.matched(_child(relation, pairs, plan.scope), parent, pairs[0][1])
        if matched is not None:
            return Measurement(total=total, failing=total - matched)
    ((count,),) = engine.fetch(_without_counterpart(engine, relation, parent, pairs, plan.scope))
    return Measurement(total=total, failing=int(count))


def _in_groups(engine: Engine, groups: Groups, plan: Plan) -> AnswerOf:
    """Where no row is without a counterpart, none of a group is."""
    relation, total = groups.relation, sum(found[0] for found in groups.found.values())
    missing: Mapping[Label, Row | None] = {}
    if orphans(engine, relation, plan, [total]).failing:
        parent, pairs = _paired(engine, relation, plan.expectation)
        query = _without_counterpart(
            engine, relation, parent, pairs, plan.scope, marks=groups.marks
        )
        missing = groups.one(engine.fetch(query))

    def answer(label: Label, found: Sequence[Any]) -> Measurement:
        (failing,) = missing.get(label) or (0,)
        return Measurement(total=found[0], failing=int(failing))

    return answer


def unknown(
    planner: Planner,
    engine: Engine,
    relation: Relation,
    expectation: Expectation,
    scope: exp.Expr,
) -> Singled:
    """The rows in scope without a counterpart in the other table."""
    parent, pairs = _paired(engine, relation, expectation)
    here = [replace(own, name=f"k_{index}") for index, (own, _) in enumerate(pairs)]
    parts = [part for column in here for part in planner.dialect.key(column)]
    names = [exp.alias_(_plain(part), key_name(index)) for index, part in enumerate(parts)]
    orphaned = _without_counterpart(engine, relation, parent, pairs, scope.copy())
    keys = orphaned.select(*names, append=False).distinct()
    own = [part for column, _ in pairs for part in planner.dialect.key(column)]
    condition, beside = listed(keys, own, name=planner.list_name())
    return Singled(condition=exp.and_(scope.copy(), condition), beside=(beside,))


def _plain(part: exp.Expr) -> exp.Expr:
    """With names that are not quoted, as those of ours are: Snowflake tells the two apart."""
    for identifier in part.find_all(exp.Identifier):
        identifier.set("quoted", False)
    return part


def _paired(
    engine: Engine, relation: Relation, expectation: Expectation
) -> tuple[Relation, list[tuple[Column, Column]]]:
    """The other table, and each column beside the one that it refers to."""
    reference = expectation.reference
    if reference is None or len(reference.columns) != len(expectation.columns):
        raise Unmeasurable("a foreign key needs as many columns in the other table as in this one")
    parent = engine.reference(reference)
    return parent, [
        (relation.columns[own], _referenced(parent, name))
        for own, name in zip(expectation.columns, reference.columns, strict=True)
    ]


def _referenced(parent: Relation, name: str) -> Column:
    if name not in parent.columns:
        raise Unmeasurable(f"in the referenced table {no_such_column(name, parent.columns)}")
    return parent.columns[name]


def _expect_comparable(pairs: Sequence[tuple[Column, Column]]) -> None:
    for own, other in pairs:
        both_numbers = own.family.is_number and other.family.is_number
        if own.family != other.family and not both_numbers:
            raise Unmeasurable(
                f"column {own.name!r} holds {own.family.value} and the referenced column "
                f"{other.name!r} holds {other.family.value}; they can never be equal"
            )


def _child(
    relation: Relation,
    pairs: Sequence[tuple[Column, Column]],
    scope: exp.Expr,
    *,
    marks: Sequence[exp.Expr] = (),
) -> exp.Subquery:
    keys = [exp.alias_(named(own), f"k_{index}") for index, (own, _) in enumerate(pairs)]
    return exp.select(*marks, *keys).from_(relation.table).where(scope).subquery("child")


def _without_counterpart(
    engine: Engine,
    relation: Relation,
    parent: Relation,
    pairs: Sequence[tuple[Column, Column]],
    scope: exp.Expr,
    *,
    marks: Sequence[exp.Expr] = (),
) -> exp.Select:
    """How many rows in scope have no counterpart. The inner SELECT keeps the author's names apart.

    :param marks: of groups, which are counted apart.
    """
    child = _child(relation, pairs, scope, marks=marks)
    matches = [
        exp.EQ(
            this=exp.column(exp.to_identifier(other.name, quoted=True), table="parent"),
            expression=exp.column(f"k_{index}", table="child"),
        )
        for index, (_, other) in enumerate(pairs)
    ]
    counterpart = exp.alias_(parent.table.copy(), "parent", table=True)
    counted = engine.dialect.without_counterpart(child, counterpart, exp.and_(*matches))
    names = [exp.column(mark.alias, table="child") for mark in marks]
    if not names:
        return counted
    counts = exp.alias_(exp.Count(this=exp.Star()), "n_rows")
    return counted.select(*names, counts, append=False).group_by(*names)


PLANS = {CheckKind.FOREIGN_KEY: _foreign_key}
IN_GROUPS: dict[str, Ask] = {CheckKind.FOREIGN_KEY: _in_groups}
