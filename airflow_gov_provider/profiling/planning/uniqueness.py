"""Keys that occur once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlglot import exp

from airflow_gov_provider.domain.contracts.forms.uniqueness import (
    DistinctCount,
    DistinctRatio,
    DuplicateCount,
    DuplicatePercent,
    PrimaryKey,
)
from airflow_gov_provider.domain.quality.expectations import CheckKind, Expectation, Measurement
from airflow_gov_provider.profiling.columns import Column
from airflow_gov_provider.profiling.engines.dialects import either, named, present
from airflow_gov_provider.profiling.engines.engine import Engine, Relation
from airflow_gov_provider.profiling.groups import of_all_rows
from airflow_gov_provider.profiling.planning import frequencies
from airflow_gov_provider.profiling.plans import Plan, Planner, all_of, filtered
from airflow_gov_provider.profiling.quarantine.singling import Singled, key_name, listed


def _unique(planner: Planner, expectation: Expectation, where: list[exp.Expr]) -> Plan:
    """The rows that have a key, and a proof where there is one; else a statement of its own."""
    columns = [planner.column(name) for name in expectation.columns]
    scope = [*where, *(present(named(column)) for column in columns)]
    metrics = [planner.count_present(columns, where)]
    if (proof := planner.dialect.proof(columns)) is not None:
        metrics.append(planner.metric(filtered(proof, scope), sorts=True))
    return Plan(
        expectation=expectation,
        metrics=tuple(metrics),
        answer=lambda values: Measurement(total=values[0]),
        follow_up=repeats,
        scope=all_of(scope),
        written_by_hand=bool(where),
        failing=lambda _, relation: _sharing(planner, relation, columns, all_of(scope)),
    )


def repeats(engine: Engine, relation: Relation, plan: Plan, found: Sequence[Any]) -> Measurement:
    total = found[0]
    proven = total <= 1 or list(found[1:]) == [total]
    keys = [relation.columns[name] for name in plan.expectation.columns]
    failing = 0 if proven else engine.repeated(relation, keys, plan.scope, total)
    return Measurement(total=total, failing=failing)


def _sharing(
    planner: Planner, relation: Relation, columns: Sequence[Column], scope: exp.Expr
) -> Singled:
    """All rows in scope whose key another row in scope has, too."""
    grouped = [*planner.by, *columns]
    key = [part for column in grouped for part in planner.dialect.key(column)]
    parts = [exp.alias_(part.copy(), key_name(index)) for index, part in enumerate(key)]
    repeated = exp.GT(this=exp.Count(this=exp.Star()), expression=exp.Literal.number(1))
    keys = (
        exp.select(*parts)
        .from_(relation.table.copy())
        .where(scope.copy())
        .group_by(*(part.copy() for part in key))
        .having(repeated)
    )
    nulls_match = bool(planner.by)
    shared, beside = listed(keys, key, name=planner.list_name(), nulls_match=nulls_match)
    return Singled(condition=exp.and_(scope.copy(), shared), beside=(beside,))


def _primary_key(planner: Planner, expectation: Expectation, where: list[exp.Expr]) -> Plan:
    """Rows without a whole key fail as well as those that share theirs."""
    plan = _unique(planner, expectation, where)
    columns = [planner.column(name) for name in expectation.columns]
    absent = [exp.Is(this=named(column), expression=exp.Null()) for column in columns]
    in_scope = planner.count_where(where)

    def follow_up(
        engine: Engine, relation: Relation, plan: Plan, found: Sequence[Any]
    ) -> Measurement:
        rows, *others = found
        shared = repeats(engine, relation, plan, others)
        missing = rows - others[0]
        return Measurement(
            total=rows,
            failing=missing + (shared.failing or 0),
            details={"without_key": missing, "sharing_a_key": shared.failing},
        )

    def without_or_sharing(engine: Engine, relation: Relation) -> Singled:
        del engine
        shared = _sharing(planner, relation, columns, plan.scope)
        failing = all_of([*where, either(*absent, shared.condition)])
        return replace(shared, condition=failing)

    return replace(
        plan,
        metrics=(in_scope, *plan.metrics),
        follow_up=follow_up,
        failing=without_or_sharing,
    )


def _duplicates(planner: Planner, expectation: Expectation, where: list[exp.Expr]) -> Plan:
    """The rows that share their key, as a number."""

    def follow_up(
        engine: Engine, relation: Relation, plan: Plan, found: Sequence[Any]
    ) -> Measurement:
        measured = repeats(engine, relation, plan, found)
        value = measured.failing if measured.total else None
        return replace(measured, value=value)

    return replace(_unique(planner, expectation, where), follow_up=follow_up)


def _distinct(planner: Planner, expectation: Expectation, where: list[exp.Expr]) -> Plan:
    """Different keys among the rows that have one."""
    wanted = expectation.parameters
    columns = [planner.column(name) for name in expectation.columns]
    scope = [*where, *(present(named(column)) for column in columns)]
    metrics = [planner.count_present(columns, where)]
    estimate = None
    if isinstance(wanted, DistinctCount | DistinctRatio) and wanted.approximate:
        estimate = planner.dialect.approximate_distinct(columns)

    asked = Plan(
        expectation=expectation,
        metrics=tuple(metrics),
        answer=lambda values: Measurement(total=values[0]),
        follow_up=of_all_rows(frequencies.different),
        scope=all_of(scope),
        written_by_hand=bool(where),
    )
    if estimate is None:
        return asked
    method = planner.dialect.distinct_method

    def estimated(values: Sequence[Any]) -> Measurement:
        total, distinct = values[0], min(int(values[1]), values[0])
        value = distinct if total else None
        return Measurement(
            total=total, failing=distinct, value=value, details={"approximate": method}
        )

    estimates = (*metrics, planner.metric(filtered(estimate, scope)))
    return replace(asked, metrics=estimates, answer=estimated, follow_up=None)


PLANS = {
    CheckKind.UNIQUE: _unique,
    PrimaryKey.kind: _primary_key,
    DuplicateCount.kind: _duplicates,
    DuplicatePercent.kind: _duplicates,
    DistinctCount.kind: _distinct,
    DistinctRatio.kind: _distinct,
}
