"""Each row beside the one before it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlglot import exp

from airflow_gov_provider.domain.contracts.forms.order import Decreasing, Increasing, Monotonic
from airflow_gov_provider.domain.expectations import Expectation, Measurement
from airflow_gov_provider.profiling.columns import Column, Family
from airflow_gov_provider.profiling.dialects import DuckDB, named, present
from airflow_gov_provider.profiling.engine import Engine, Relation
from airflow_gov_provider.profiling.failures import Unmeasurable
from airflow_gov_provider.profiling.plans import Plan, Planner, all_of
from airflow_gov_provider.profiling.singling import Singled

_NO_ORDER = (Family.BOOLEAN, Family.SYMBOL, Family.OTHER)


def _monotonic(planner: Planner, expectation: Expectation, where: list[exp.Expr]) -> Plan:
    asked = expectation.parameters
    assert isinstance(asked, Monotonic)  # noqa: S101 - the kind names the class
    value = _ordered(planner, expectation.columns[0])
    by = [_ordered(planner, name) for name in asked.by]
    per = [planner.column(name) for name in asked.per]
    scope = [*where, *(present(named(column)) for column in (value, *by))]
    metrics = [planner.count_where(scope)]
    odd = [each for each in map(planner.dialect.odd, (value, *by)) if each is not None]
    if odd:
        metrics.append(planner.count_where([*scope, exp.paren(exp.or_(*odd))]))

    def counted(
        engine: Engine, relation: Relation, plan: Plan, found: Sequence[Any]
    ) -> Measurement:
        if found[1:] and found[1]:
            raise Unmeasurable(f"{found[1]} of {found[0]} rows hold what has no place in an order")
        query = _backwards(engine.dialect, relation, plan.scope, asked, value=value, by=by, per=per)
        ((failing,),) = engine.fetch(query)
        return Measurement(total=found[0], failing=int(failing))

    return Plan(
        expectation=expectation,
        metrics=tuple(metrics),
        answer=lambda values: Measurement(total=values[0]),
        follow_up=counted,
        scope=all_of(scope),
        written_by_hand=bool(where),
        failing=lambda *_: Singled(
            condition=_goes_back(planner.dialect, scope, asked, value=value, by=by, per=per)
        ),
    )


def _ordered(planner: Planner, name: str) -> Column:
    column = planner.column(name)
    if column.family in _NO_ORDER:
        raise Unmeasurable(
            f"column {name!r} holds {column.family.value} ({column.physical}), which has no order"
        )
    return column


def _backwards(
    dialect: DuckDB,
    relation: Relation,
    scope: exp.Expr,
    asked: Monotonic,
    *,
    value: Column,
    by: Sequence[Column],
    per: Sequence[Column],
) -> exp.Select:
    """How many rows go back behind the one before. Inside, names of the author's are kept apart."""
    falls = isinstance(asked, Decreasing)
    selected = [exp.alias_(dialect.sortable(value), "v")]
    selected += [exp.alias_(dialect.sortable(column), f"o_{i}") for i, column in enumerate(by)]
    selected += [exp.alias_(named(column), f"p_{i}") for i, column in enumerate(per)]
    rows = exp.select(*selected).from_(relation.table.copy()).where(scope).subquery("ordered")
    order = [exp.Ordered(this=exp.column(f"o_{i}")) for i in range(len(by))]
    order.append(exp.Ordered(this=exp.column("v"), desc=falls))
    before = exp.Window(
        this=exp.Lag(this=exp.column("v")),
        partition_by=[exp.column(f"p_{i}") for i in range(len(per))],
        order=exp.Order(expressions=order),
    )
    pairs = (
        exp.select(exp.column("v"), exp.alias_(before, "v_before")).from_(rows).subquery("pairs")
    )
    crossing = _CROSSINGS[falls, asked.strictly]
    back = crossing(this=exp.column("v"), expression=exp.column("v_before"))
    return exp.select(exp.Count(this=exp.Star())).from_(pairs).where(back)


def _goes_back(
    dialect: DuckDB,
    scope: Sequence[exp.Expr],
    asked: Monotonic,
    *,
    value: Column,
    by: Sequence[Column],
    per: Sequence[Column],
) -> exp.Expr:
    """True for a row that goes back; rows out of scope stand in a sequence of their own."""
    falls = isinstance(asked, Decreasing)
    mine, zero, one = dialect.sortable(value), exp.Literal.number(0), exp.Literal.number(1)
    order = [exp.Ordered(this=dialect.sortable(column)) for column in by]
    order.append(exp.Ordered(this=mine.copy(), desc=falls))
    before = exp.Window(
        this=exp.Lag(this=mine.copy()),
        partition_by=[
            exp.case().when(all_of(scope), one).else_(zero),
            *(named(column) for column in per),
        ],
        order=exp.Order(expressions=order),
    )
    crossing = _CROSSINGS[falls, asked.strictly]
    return all_of([*(each.copy() for each in scope), crossing(this=mine, expression=before)])


_CROSSINGS: dict[tuple[bool, bool], type[exp.Binary]] = {
    (False, False): exp.LT,
    (False, True): exp.LTE,
    (True, False): exp.GT,
    (True, True): exp.GTE,
}
PLANS = {kind.kind: _monotonic for kind in (Increasing, Decreasing)}
