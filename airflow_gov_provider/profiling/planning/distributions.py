"""Counts of a column and of its reference in the same bins."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from sqlglot import exp

from airflow_gov_provider.domain.contracts.forms.distributions import MOST_CATEGORIES, Distribution
from airflow_gov_provider.domain.quality.expectations import Expectation, Measurement
from airflow_gov_provider.profiling.columns import Column, Family
from airflow_gov_provider.profiling.conditions import no_such_column
from airflow_gov_provider.profiling.engines import literals
from airflow_gov_provider.profiling.engines.dialects import DuckDB, named, present
from airflow_gov_provider.profiling.engines.engine import Engine, Relation
from airflow_gov_provider.profiling.failures import Unmeasurable
from airflow_gov_provider.profiling.groups import AnswerOf, Ask, Groups, Label, of_all_rows
from airflow_gov_provider.profiling.plans import Plan, Planner, all_of, filtered

_MOST_ROWS = 200_000  # of categories in groups, which are fetched
_CATEGORIES = (Family.TEXT, Family.SYMBOL, Family.BOOLEAN)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Side:
    """One of the two tables."""

    relation: Relation
    column: Column
    scope: exp.Expr


def _distribution(planner: Planner, expectation: Expectation, where: list[exp.Expr]) -> Plan:
    asked = expectation.parameters
    assert isinstance(asked, Distribution)  # noqa: S101 - the kind names the class
    column = planner.column(expectation.columns[0])
    scope = [*where, present(named(column))]
    if asked.categories:
        return _of_categories(planner, expectation, asked, column, where)
    if not (column.family.is_number or (column.family in _CATEGORIES and not asked.edges)):
        raise Unmeasurable(
            f"a distribution needs numbers or a few texts, and column {column.name!r} holds "
            f"{column.family.value} ({column.physical})"
        )
    metrics = [planner.count_where(scope)]
    if (odd := planner.dialect.odd(column)) is not None:
        metrics.append(planner.count_where([*scope, odd]))
    return Plan(
        expectation=expectation,
        metrics=tuple(metrics),
        answer=lambda values: Measurement(total=values[0]),
        follow_up=of_all_rows(_in_groups),
        scope=all_of(scope),
        written_by_hand=bool(where),
    )


def _in_groups(engine: Engine, groups: Groups, plan: Plan) -> AnswerOf:
    """Each group against the same reference, whose bins are those of all."""
    expectation = plan.expectation
    asked = expectation.parameters
    assert isinstance(asked, Distribution)  # noqa: S101 - the kind names the class
    column = groups.relation.columns[expectation.columns[0]]
    here = _Side(relation=groups.relation, column=column, scope=plan.scope)
    there = None if asked.edges else _reference(engine, expectation, asked)
    if there is not None and column.family in _CATEGORIES:
        return _joined(engine, groups, here, there, asked)
    edges = asked.edges if there is None else _quantiles(engine, there, asked.bins)
    reference = asked.shares if there is None else _in_bins(engine, there, edges)
    query = exp.select(*groups.marks, *_below(engine.dialect, here, edges))
    query = query.from_(groups.relation.table.copy()).group_by(*groups.ordinals())
    below = groups.one(engine.fetch(query)) if edges else {}

    def answer(label: Label, found: Sequence[Any]) -> Measurement:
        _expect_finite(found)
        if not edges:
            return _measurement([0], [0], ())
        return _measurement(_between(below[label] or ()), reference, edges)

    return answer


def _expect_finite(found: Sequence[Any]) -> None:
    if found[1:] and found[1]:
        raise Unmeasurable(f"{found[1]} of {found[0]} values are not finite numbers")


def _of_categories(
    planner: Planner,
    expectation: Expectation,
    asked: Distribution,
    column: Column,
    where: list[exp.Expr],
) -> Plan:
    """The contract names the categories, so that one look at the rows is enough."""
    scope = [*where, present(named(column))]
    operand, dialect = planner.dialect.operand(column), planner.dialect
    metrics = [
        planner.count_where(
            [*scope, exp.EQ(this=operand.copy(), expression=dialect.literal(category, column))]
        )
        for category in asked.categories
    ]

    def answer(values: Sequence[Any]) -> Measurement:
        total, *counts = values
        others = total - sum(counts)
        return Measurement(
            total=total,
            details={
                "counts": (*counts, others),
                "reference_counts": (*asked.shares, 0.0),
                "bins": (*asked.categories, "any other value"),
            },
        )

    return Plan(
        expectation=expectation,
        metrics=(planner.count_present([column], where), *metrics),
        answer=answer,
        scope=all_of(scope),
        written_by_hand=bool(where),
    )


def _reference(engine: Engine, expectation: Expectation, asked: Distribution) -> _Side:
    if expectation.reference is None:
        raise Unmeasurable("no reference is named")
    relation = engine.reference(expectation.reference)
    planner = Planner(engine.dialect, relation.columns)
    name = (expectation.reference.columns or expectation.columns)[0]
    if name not in relation.columns:
        raise Unmeasurable(f"in the reference {no_such_column(name, relation.columns)}")
    column = relation.columns[name]
    where = planner.condition(asked.reference_where)
    odd = engine.dialect.odd(column)
    sound = [] if odd is None else [exp.not_(exp.paren(odd))]
    return _Side(
        relation=relation, column=column, scope=all_of([*where, present(named(column)), *sound])
    )


def _quantiles(engine: Engine, side: _Side, bins: int) -> tuple[float, ...]:
    """Edges between bins that hold equally many rows; equal ones are one edge."""
    if not side.column.family.is_number:
        raise Unmeasurable(
            f"the column holds numbers, and that of the reference {side.column.family.value}"
        )
    asked = [
        exp.alias_(filtered(engine.dialect.quantile(side.column, n / bins), [side.scope]), f"q_{n}")
        for n in range(1, bins)
    ]
    (row,) = engine.fetch(exp.select(*asked).from_(side.relation.table.copy()))
    return tuple(sorted({float(edge) for edge in row if edge is not None}))


def _in_bins(engine: Engine, side: _Side, edges: Sequence[float]) -> list[int]:
    """Rows below each edge, in one look, as counts between them."""
    asked = _below(engine.dialect, side, edges)
    (row,) = engine.fetch(exp.select(*asked).from_(side.relation.table.copy()))
    return _between(row)


def _between(below: Sequence[Any]) -> list[int]:
    return [after - before for before, after in pairwise([0, *map(int, below)])]


def _below(dialect: DuckDB, side: _Side, edges: Sequence[float]) -> list[exp.Expr]:
    """Counts of what is below each edge, and of all."""
    operand = dialect.operand(side.column)
    below = [
        filtered(
            exp.Count(this=exp.Star()),
            [
                exp.and_(
                    side.scope.copy(),
                    exp.LT(this=exp.cast(operand.copy(), "double"), expression=literals.number(e)),
                )
            ],
        )
        for e in edges
    ]
    every = filtered(exp.Count(this=exp.Star()), [side.scope.copy()])
    return [exp.alias_(count, f"b_{n}") for n, count in enumerate([*below, every])]


def _measurement(
    counts: Sequence[int], reference: Sequence[float], edges: Sequence[float]
) -> Measurement:
    limits = ["", *(f"{edge:.6g}" for edge in edges), ""]
    bins = [_bin(low, high) for low, high in pairwise(limits)]
    return Measurement(
        total=sum(counts),
        details={
            "counts": tuple(counts),
            "reference_counts": tuple(reference),
            "bins": tuple(bins),
        },
    )


def _bin(low: str, high: str) -> str:
    return " and ".join(filter(None, (low and f">= {low}", high and f"< {high}"))) or "any"


def _joined(
    engine: Engine, groups: Groups, here: _Side, there: _Side, asked: Distribution
) -> AnswerOf:
    """Counts of each category of a group beside those of the reference, and of what it lacks."""
    _expect_no_order(asked)
    theirs = _counted(engine.dialect, there)
    known = [int(n) for _, n in engine.fetch(theirs.limit(MOST_CATEGORIES + 1))]
    if len(known) > MOST_CATEGORIES:
        raise Unmeasurable(f"there are more than {MOST_CATEGORIES} different values")
    mine = _counted(engine.dialect, here, marks=groups.marks).subquery("mine")
    same = exp.EQ(this=exp.column("v", table="mine"), expression=exp.column("v", table="theirs"))
    query = (
        exp.select(
            *groups.names("mine"),
            exp.alias_(exp.column("n", table="mine"), "n_mine"),
            exp.alias_(exp.column("n", table="theirs"), "n_theirs"),
        )
        .from_(mine)
        .join(theirs.subquery("theirs"), on=same, join_type="left")
        .limit(_MOST_ROWS + 1)
    )
    rows = engine.fetch(query)
    if len(rows) > _MOST_ROWS:
        raise Unmeasurable(f"the groups have more than {_MOST_ROWS} different values together")
    parts, references = groups.parted(rows), Counter(known)

    def answer(label: Label, found: Sequence[Any]) -> Measurement:
        del found
        pairs = [(int(n), int(m or 0)) for n, m in parts[label]]
        lacking = references - Counter(m for _, m in pairs)
        return _of_pairs([*pairs, *((0, m) for m in lacking.elements())])

    return answer


def _expect_no_order(asked: Distribution) -> None:
    if asked.distance.needs_order:
        raise Unmeasurable(f"categories have no order, which {asked.distance.value!r} needs")


def _of_pairs(pairs: Sequence[tuple[int, int]]) -> Measurement:
    rows = sorted(pairs)
    if len(rows) > MOST_CATEGORIES:
        raise Unmeasurable(f"there are more than {MOST_CATEGORIES} different values")
    return Measurement(
        total=sum(mine for mine, _ in rows),
        details={
            "counts": tuple(mine for mine, _ in rows),
            "reference_counts": tuple(theirs for _, theirs in rows),
        },
    )


def _counted(dialect: DuckDB, side: _Side, *, marks: Sequence[exp.Expr] = ()) -> exp.Select:
    """How often each category occurs, in each group where these are marked."""
    value = exp.cast(dialect.operand(side.column), "text")
    ordinals = [exp.Literal.number(index + 1) for index in range(len(marks) + 1)]
    return (
        exp.select(*marks, exp.alias_(value, "v"), exp.alias_(exp.Count(this=exp.Star()), "n"))
        .from_(side.relation.table.copy())
        .where(side.scope.copy())
        .group_by(*ordinals)
    )


PLANS = {Distribution.kind: _distribution}
IN_GROUPS: dict[str, Ask] = {Distribution.kind: _in_groups}
