"""Each row beside the one before it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlglot import exp

from airflow_gov_provider.domain.contracts.forms.order import Decreasing, Increasing, Monotonic
from airflow_gov_provider.domain.quality.expectations import Expectation, Measurement
from airflow_gov_provider.profiling.columns import Column, Family
from airflow_gov_provider.profiling.engines.dialects import DuckDB, named, present
from airflow_gov_provider.profiling.engines.engine import Engine, Relation
from airflow_gov_provider.profiling.failures import Unmeasurable
from airflow_gov_provider.profiling.groups import AnswerOf, Ask, Groups, Label, of_all_rows
from airflow_gov_provider.profiling.plans import Plan, Planner, all_of, filtered
from airflow_gov_provider.profiling.quarantine.singling import Singled

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

    return Plan(
        expectation=expectation,
        metrics=tuple(metrics),
        answer=lambda values: Measurement(total=values[0]),
        follow_up=of_all_rows(_in_groups),
        scope=all_of(scope),
        written_by_hand=bool(where),
        failing=lambda *_: Singled(
            condition=_goes_back(
                planner.dialect, scope, asked, value=value, by=by, per=[*planner.by, *per]
            )
        ),
    )


def _in_groups(engine: Engine, groups: Groups, plan: Plan) -> AnswerOf:
    asked, columns = plan.expectation.parameters, groups.relation.columns
    assert isinstance(asked, Monotonic)  # noqa: S101 - the kind names the class
    query = _backwards(
        engine.dialect,
        groups.relation,
        plan.scope,
        asked,
        value=columns[plan.expectation.columns[0]],
        by=[columns[name] for name in asked.by],
        per=[columns[name] for name in asked.per],
        marks=groups.marks,
    )
    back = groups.one(engine.fetch(query))

    def answer(label: Label, found: Sequence[Any]) -> Measurement:
        if found[1:] and found[1]:
            raise Unmeasurable(f"{found[1]} of {found[0]} rows hold what has no place in an order")
        failing, after, steps = back[label] or (0, 0, 0)
        if after and not (steps or failing):
            raise Unmeasurable(
                f"rows beside each other have the same {', '.join(asked.by)}, so that none comes "
                "after another; order them by what tells them apart"
            )
        return Measurement(total=found[0], failing=int(failing))

    return answer


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
    marks: Sequence[exp.Expr] = (),
) -> exp.Select:
    """How many rows go back behind the one before, how many have one before them, and how many of
    those come after it. Inside, names of the author's are kept apart.

    :param marks: of groups, each of which is counted on its own.
    """
    falls = isinstance(asked, Decreasing)
    names = [exp.column(mark.alias) for mark in marks]
    selected = [*marks, exp.alias_(dialect.sortable(value), "v")]
    selected += [exp.alias_(dialect.sortable(column), f"o_{i}") for i, column in enumerate(by)]
    selected += [exp.alias_(named(column), f"p_{i}") for i, column in enumerate(per)]
    rows = exp.select(*selected).from_(relation.table.copy()).where(scope).subquery("ordered")
    order = [exp.Ordered(this=exp.column(f"o_{i}")) for i in range(len(by))]
    order.append(exp.Ordered(this=exp.column("v"), desc=falls))
    sequence = [*names, *(exp.column(f"p_{i}") for i in range(len(per)))]
    compared = ["v", *(f"o_{i}" for i in range(len(by)))]
    before = [
        exp.alias_(
            exp.Window(
                this=exp.Lag(this=exp.column(each)),
                partition_by=[every.copy() for every in sequence],
                order=exp.Order(expressions=[every.copy() for every in order]),
            ),
            f"{each}_before",
        )
        for each in compared
    ]
    pairs = exp.select(*names, *map(exp.column, compared), *before).from_(rows).subquery("pairs")
    back = _beside(_CROSSINGS[falls, asked.strictly], "v")
    steps = exp.or_(*(_beside(exp.NEQ, each) for each in compared[1:]))
    counted = exp.select(
        *names,
        exp.alias_(filtered(exp.Count(this=exp.Star()), [back]), "n_back"),
        exp.alias_(exp.Count(this=exp.column("v_before")), "n_after"),
        exp.alias_(filtered(exp.Count(this=exp.Star()), [steps]), "n_steps"),
    ).from_(pairs)
    return counted.group_by(*names) if names else counted


def _beside(comparison: type[exp.Binary], name: str) -> exp.Expr:
    return comparison(this=exp.column(name), expression=exp.column(f"{name}_before"))


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
IN_GROUPS: dict[str, Ask] = dict.fromkeys(PLANS, _in_groups)
