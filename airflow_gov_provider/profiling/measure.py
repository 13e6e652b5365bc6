"""The course of a profile: plan every check, scan once, then the few that need more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlglot import exp

from airflow_gov_provider.domain.expectations import (
    CheckKind,
    Expectation,
    Measurement,
    Profile,
)
from airflow_gov_provider.profiling.columns import Column
from airflow_gov_provider.profiling.conditions import no_such_column
from airflow_gov_provider.profiling.dialects import named
from airflow_gov_provider.profiling.engine import Engine, Relation, StatementFailed
from airflow_gov_provider.profiling.failures import Unmeasurable
from airflow_gov_provider.profiling.plans import Plan, Planner
from airflow_gov_provider.profiling.scan import Scan

_NEED_NO_ROWS = (CheckKind.COLUMN_EXISTS, CheckKind.COLUMN_TYPE)


def measure(
    engine: Engine, relation: Relation, expectations: Sequence[Expectation], *, source: str
) -> Profile:
    """Answer every expectation that can be answered on its own.

    :raises SourceInvalid: if not even the rows can be counted.
    :raises SourceUnavailable: if the database went away.
    """
    planner = Planner(engine.dialect, relation.columns)
    answers: dict[str, Measurement] = {}
    plans = []
    for expectation in expectations:
        if expectation.kind in _NEED_NO_ROWS:
            continue
        try:
            plans.append(planner.plan(expectation))
        except Unmeasurable as unmeasurable:
            answers[expectation.check_id] = Measurement(error=str(unmeasurable))
    scan = Scan(engine, relation, always=planner.all_rows)
    values = scan.run(plans)
    for plan in plans:
        answers[plan.expectation.check_id] = _answer(engine, relation, plan, values)
    return Profile(
        source=source,
        columns={name: column.physical for name, column in relation.columns.items()},
        rows=int(values[planner.all_rows.key]),
        measurements=answers,
        statements=engine.statements,
    )


def unanswerable(
    engine: Engine, relation: Relation, expectations: Sequence[Expectation]
) -> list[tuple[Expectation, str]]:
    """Those that this table cannot answer whatever its rows are, and why. No row is read."""
    planner = Planner(engine.dialect, relation.columns)
    found = []
    for expectation in expectations:
        try:
            if expectation.kind not in _NEED_NO_ROWS:
                metrics = [metric.expression for metric in planner.plan(expectation).metrics]
                engine.fetch(_for_no_row(relation, metrics))
        except (StatementFailed, Unmeasurable) as unmeasurable:
            found.append((expectation, str(unmeasurable)))
            continue
        missing = [name for name in expectation.columns if name not in relation.columns]
        found += [(expectation, no_such_column(name, relation.columns)) for name in missing[:1]]
    return found


def _for_no_row(relation: Relation, metrics: Sequence[exp.Expr]) -> exp.Select:
    """A statement that a database checks as a whole and that reads nothing."""
    selected = [exp.alias_(metric.copy(), f"m_{index}") for index, metric in enumerate(metrics)]
    return exp.select(*selected).from_(relation.table).limit(0)


def _answer(
    engine: Engine, relation: Relation, plan: Plan, values: Mapping[str, Any]
) -> Measurement:
    found = [values[metric.key] for metric in plan.metrics]
    try:
        match plan.expectation.kind:
            case CheckKind.UNIQUE:
                return _unique(engine, relation, plan, found)
            case CheckKind.FOREIGN_KEY:
                return _foreign_key(engine, relation, plan, found)
        return plan.answer([_measured(value) for value in found])
    except (StatementFailed, Unmeasurable) as failed:
        return Measurement(error=str(failed))
    except (ValueError, OverflowError):
        return Measurement(error="the result is outside of what can be represented")


def _measured(value: Any) -> Any:
    if isinstance(value, StatementFailed):
        raise value
    return value


def _unique(engine: Engine, relation: Relation, plan: Plan, found: Sequence[Any]) -> Measurement:
    total = _measured(found[0])
    proven = total <= 1 or found[1:] == [total]
    keys = [relation.columns[name] for name in plan.expectation.columns]
    failing = 0 if proven else engine.repeated(relation, keys, plan.scope, total)
    return Measurement(total=total, failing=failing)


def _foreign_key(
    engine: Engine, relation: Relation, plan: Plan, found: Sequence[Any]
) -> Measurement:
    total = _measured(found[0])
    reference = plan.expectation.reference
    if reference is None or len(reference.columns) != len(plan.expectation.columns):
        raise Unmeasurable("a foreign key needs as many columns in the other table as in this one")
    parent = engine.reference(reference)
    pairs = [
        (relation.columns[own], _referenced(parent, name))
        for own, name in zip(plan.expectation.columns, reference.columns, strict=True)
    ]
    if engine.dialect.typed:
        _expect_comparable(pairs)
    if total == 0:
        return Measurement(total=0, failing=0)
    ((orphans,),) = engine.fetch(_orphans(engine, relation, parent, pairs, plan.scope))
    return Measurement(total=total, failing=int(orphans))


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


def _orphans(
    engine: Engine,
    relation: Relation,
    parent: Relation,
    pairs: Sequence[tuple[Column, Column]],
    scope: exp.Expr,
) -> exp.Select:
    """Rows in scope without a counterpart. The inner SELECT keeps the author's names apart."""
    keys = [exp.alias_(named(own), f"k_{index}") for index, (own, _) in enumerate(pairs)]
    child = exp.select(*keys).from_(relation.table).where(scope).subquery("child")
    matches = [
        exp.EQ(
            this=exp.column(exp.to_identifier(other.name, quoted=True), table="parent"),
            expression=exp.column(f"k_{index}", table="child"),
        )
        for index, (_, other) in enumerate(pairs)
    ]
    counterpart = exp.alias_(parent.table.copy(), "parent", table=True)
    return engine.dialect.without_counterpart(child, counterpart, exp.and_(*matches))
