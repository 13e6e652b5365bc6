"""Rows counted by window of time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlglot import exp

from airflow_gov_provider.domain.contracts.forms.windows import Gaps
from airflow_gov_provider.domain.quality.expectations import Expectation, Measurement
from airflow_gov_provider.domain.quality.time_windows import (
    MICROSECOND,
    Grid,
    microseconds,
    runs_of,
    thin_windows,
)
from airflow_gov_provider.profiling.columns import Column
from airflow_gov_provider.profiling.engines.dialects import DuckDB, named, present
from airflow_gov_provider.profiling.engines.engine import Engine, Relation, Row
from airflow_gov_provider.profiling.failures import Unmeasurable
from airflow_gov_provider.profiling.groups import AnswerOf, Ask, Groups, Label, of_all_rows
from airflow_gov_provider.profiling.planning.moments import at, time_column
from airflow_gov_provider.profiling.plans import Plan, Planner, all_of

_LISTED = 20


def _gaps(planner: Planner, expectation: Expectation, where: list[exp.Expr]) -> Plan:
    asked = expectation.parameters
    assert isinstance(asked, Gaps)  # noqa: S101 - the kind names the class
    if asked.grid is None:
        raise Unmeasurable(asked.problem)
    column = time_column(planner, expectation.columns[0], "gaps")
    metrics = [planner.count_present([column], where)]
    scope = [*where, present(named(column))]
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
    asked = plan.expectation.parameters
    assert isinstance(asked, Gaps)  # noqa: S101 - the kind names the class
    grid, at_least = asked.grid, asked.at_least
    if grid is None:
        raise Unmeasurable(asked.problem)
    planner = Planner(engine.dialect, groups.relation.columns)
    column = time_column(planner, plan.expectation.columns[0], "gaps")
    query = _by_step(engine.dialect, groups.relation, column, plan.scope, grid, marks=groups.marks)
    steps = groups.parted(engine.fetch(query))

    def answer(label: Label, found: Sequence[Any]) -> Measurement:
        if found[1:] and found[1]:
            raise Unmeasurable(f"{found[1]} of {found[0]} values are not dates or times")
        return _measurement(grid, steps[label], at_least)

    return answer


def _measurement(grid: Grid, steps: Sequence[Row], at_least: int) -> Measurement:
    length = grid.step // MICROSECOND
    counts = {int(since) // length: int(rows) for since, rows in steps}
    thin = thin_windows(grid, counts, at_least=at_least)
    joined = runs_of(thin)
    listed = [
        f"{each.start.isoformat()} to {each.end.isoformat()}: {each.rows} rows"
        for each in joined[:_LISTED]
    ]
    if len(joined) > _LISTED:
        listed.append(f"and {len(joined) - _LISTED} further stretches")
    return Measurement(
        total=sum(counts.values()),
        value=len(thin),
        details={
            "windows": len(grid.windows),
            "from": grid.origin.isoformat(),
            "until": grid.windows[-1][1].isoformat(),
            "missing": tuple(listed),
        },
    )


def _by_step(
    dialect: DuckDB,
    relation: Relation,
    column: Column,
    scope: exp.Expr,
    grid: Grid,
    *,
    marks: Sequence[exp.Expr] = (),
) -> exp.Select:
    """Rows by where their step begins, in microseconds since the grid does; steps without rows do
    not appear.

    :param marks: of groups, which are counted apart.
    """
    operand = dialect.operand(column)
    last = grid.windows[-1][1]
    inside = exp.and_(
        scope,
        exp.GTE(this=operand, expression=at(dialect, grid.origin, column)),
        exp.LT(this=operand.copy(), expression=at(dialect, last, column)),
    )
    since = exp.Sub(
        this=dialect.microseconds(column),
        expression=exp.Literal.number(microseconds(grid.origin)),
    )
    length = exp.Literal.number(grid.step // MICROSECOND)
    # Both sides are whole and not negative, so that the remainder leads to where the step begins.
    rest = exp.Mod(this=exp.column("since", table="times"), expression=length)
    start = exp.paren(exp.Sub(this=exp.column("since", table="times"), expression=rest))
    times = (
        exp.select(*marks, exp.alias_(exp.paren(since), "since"))
        .from_(relation.table)
        .where(inside)
        .subquery("times")
    )
    names = [exp.column(mark.alias) for mark in marks]
    ordinals = [exp.Literal.number(index + 1) for index in range(len(names) + 1)]
    counts = exp.alias_(exp.Count(this=exp.Star()), "n_rows")
    counted = exp.select(*names, exp.alias_(start, "step"), counts).from_(times)
    return counted.group_by(*ordinals)


PLANS = {Gaps.kind: _gaps}
IN_GROUPS: dict[str, Ask] = {Gaps.kind: _in_groups}
