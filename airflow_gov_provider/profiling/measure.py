"""The course of a profile: plan every check, scan once, then the few that need more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlglot import exp

from airflow_gov_provider.domain.expectations import (
    CheckKind,
    Expectation,
    Measurement,
    Profile,
)
from airflow_gov_provider.exceptions import SourceInvalid
from airflow_gov_provider.profiling.columns import Column
from airflow_gov_provider.profiling.dialects import named
from airflow_gov_provider.profiling.engine import Engine, Relation, StatementFailed
from airflow_gov_provider.profiling.failures import Unmeasurable
from airflow_gov_provider.profiling.plans import Metric, Plan, Planner

_NEED_NO_ROWS = (CheckKind.COLUMN_EXISTS, CheckKind.COLUMN_TYPE)


def measure(
    engine: Engine, relation: Relation, expectations: Sequence[Expectation], *, source: str
) -> Profile:
    """
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


class Scan:
    """Asks for the metrics of many plans in as few statements as there can be.

    :param always: asked in any case; if this fails nothing can be measured.
    """

    def __init__(self, engine: Engine, relation: Relation, *, always: Metric) -> None:
        self._engine, self._relation, self._always = engine, relation, always

    def run(self, plans: Sequence[Plan]) -> Mapping[str, Any]:
        """From the key of a metric to its value, or to a StatementFailed."""
        values: dict[str, Any] = {}
        # Checks with SQL of their author stand together, so that a broken one is found sooner.
        for sorts in (False, True):
            asked = [[m for m in plan.metrics if m.sorts is sorts] for plan in _safe_first(plans)]
            if not sorts:
                asked.insert(0, [self._always])
            for batch in _batches(asked, self._engine.dialect.widest):
                self._ask(batch, values)
        if isinstance(failure := values[self._always.key], StatementFailed):
            raise SourceInvalid(f"the rows cannot be read: {failure}")
        return values

    def _ask(self, batch: Sequence[Sequence[Metric]], values: dict[str, Any]) -> None:
        """One statement; if the database refuses it, halves, until each culprit stands alone."""
        metrics = {metric.key: metric for checks in batch for metric in checks}
        selected = [
            exp.alias_(metric.expression, f"m_{index}")
            for index, metric in enumerate(metrics.values())
        ]
        query = exp.select(*selected, copy=False).from_(self._relation.table, copy=False)
        try:
            (row,) = self._engine.fetch(query)
        except StatementFailed as failure:
            if len(batch) == 1:
                # A metric that another check could ask for as well keeps its value.
                values.update({key: values.get(key, failure) for key in metrics})
                return
            middle = len(batch) // 2
            self._ask(batch[:middle], values)
            self._ask(batch[middle:], values)
        else:
            values.update(zip(metrics, row, strict=True))


def _safe_first(plans: Sequence[Plan]) -> list[Plan]:
    return sorted(plans, key=lambda plan: plan.written_by_hand)


def _batches(asked: list[list[Metric]], widest: int) -> Iterator[list[list[Metric]]]:
    batch: list[list[Metric]] = []
    keys: set[str] = set()
    for metrics in asked:
        new = {metric.key for metric in metrics}
        if batch and len(keys | new) > widest:
            yield batch
            batch, keys = [], set()
        if new:
            batch.append(metrics)
            keys |= new
    if batch:
        yield batch


def _answer(
    engine: Engine, relation: Relation, plan: Plan, values: Mapping[str, Any]
) -> Measurement:
    found = [values[metric.key] for metric in plan.metrics]
    failure = next((value for value in found if isinstance(value, StatementFailed)), None)
    if failure:
        return Measurement(error=str(failure))
    try:
        match plan.expectation.kind:
            case CheckKind.UNIQUE:
                return _unique(engine, relation, plan, total=found[0])
            case CheckKind.FOREIGN_KEY:
                return _foreign_key(engine, relation, plan, total=found[0])
        return plan.answer(found)
    except (StatementFailed, Unmeasurable) as failed:
        return Measurement(error=str(failed))
    except (ValueError, OverflowError):
        return Measurement(error="the result is outside of what can be represented")


def _unique(engine: Engine, relation: Relation, plan: Plan, *, total: int) -> Measurement:
    failing = 0
    if total > 1:
        failing = engine.repeated(relation, plan.expectation.columns, plan.scope, total)
    return Measurement(total=total, failing=failing)


def _foreign_key(engine: Engine, relation: Relation, plan: Plan, *, total: int) -> Measurement:
    reference = plan.expectation.reference
    if reference is None or len(reference.columns) != len(plan.expectation.columns):
        raise Unmeasurable("a foreign key needs as many columns in the other table as in this one")
    parent = engine.reference(reference)
    pairs = [
        (relation.columns[own], _referenced(parent, name))
        for own, name in zip(plan.expectation.columns, reference.columns, strict=True)
    ]
    for own, other in pairs:
        _expect_comparable(own, other)
    if total == 0:
        return Measurement(total=0, failing=0)
    ((orphans,),) = engine.fetch(_orphans(relation, parent, pairs, plan.scope))
    return Measurement(total=total, failing=int(orphans))


def _referenced(parent: Relation, name: str) -> Column:
    from airflow_gov_provider.profiling.conditions import column_named

    if name not in parent.columns:
        raise Unmeasurable(f"in the referenced table {column_named(name, parent.columns)}")
    return parent.columns[name]


def _expect_comparable(own: Column, other: Column) -> None:
    both_numbers = own.family.is_number and other.family.is_number
    if own.family != other.family and not both_numbers:
        raise Unmeasurable(
            f"column {own.name!r} holds {own.family.value} and the referenced column "
            f"{other.name!r} holds {other.family.value}; they can never be equal"
        )


def _orphans(
    relation: Relation,
    parent: Relation,
    pairs: Sequence[tuple[Column, Column]],
    scope: exp.Expression,
) -> exp.Select:
    """Rows in scope without a counterpart. The inner SELECT keeps the author's names apart."""
    keys = [exp.alias_(named(own), f"k_{index}") for index, (own, _) in enumerate(pairs)]
    child = exp.select(*keys).from_(relation.table).where(scope, copy=False)
    matches = [
        exp.EQ(
            this=exp.column(exp.to_identifier(other.name, quoted=True), table="parent"),
            expression=exp.column(f"k_{index}", table="child"),
        )
        for index, (_, other) in enumerate(pairs)
    ]
    counterpart = (
        exp.select(exp.Literal.number(1))
        .from_(exp.alias_(parent.table.copy(), "parent", table=True))
        .where(*matches)
    )
    return (
        exp.select(exp.Count(this=exp.Star()))
        .from_(child.subquery("child"))
        .where(exp.not_(exp.Exists(this=counterpart)))
    )
