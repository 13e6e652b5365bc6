"""The course of a profile: plan every check, scan once, then the few that need more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from sqlglot import exp

from airflow_gov_provider.domain.quality.expectations import Expectation, Measurement, Profile
from airflow_gov_provider.profiling.conditions import no_such_column
from airflow_gov_provider.profiling.engines.engine import Engine, Relation, StatementFailed
from airflow_gov_provider.profiling.engines.lanes import Lane, side_by_side
from airflow_gov_provider.profiling.failures import Unmeasurable
from airflow_gov_provider.profiling.keys import answered_by
from airflow_gov_provider.profiling.plans import Plan, Planner
from airflow_gov_provider.profiling.scan import Scan


def measure(
    engine: Engine,
    relation: Relation,
    expectations: Sequence[Expectation],
    *,
    source: str,
    beside: Sequence[Lane] = (),
) -> Profile:
    """Answer every expectation that can be answered on its own.

    :param beside: engines on the same snapshot, which share the work.
    :raises SourceInvalid: if not even the rows can be counted.
    :raises SourceUnavailable: if the database went away.
    """
    planner = Planner(engine.dialect, relation.columns)
    answers: dict[str, Measurement] = {}
    plans = []
    for expectation in expectations:
        if not expectation.needs_rows:
            continue
        try:
            plans.append(planner.plan(expectation))
        except Unmeasurable as unmeasurable:
            answers[expectation.check_id] = Measurement(error=str(unmeasurable))
    scan = Scan(engine, relation, always=planner.all_rows, beside=beside)
    settled = answered_by(plans)
    first = [plan for plan in plans if plan.expectation.check_id not in settled]
    later = [plan for plan in plans if plan.expectation.check_id in settled]
    asked = {metric.key for plan in first for metric in plan.metrics}
    scopes = [_without_proof(plan) for plan in later if not _counts(planner, plan) <= asked]
    values = dict(scan.run([*first, *scopes]))
    answers |= _answers(engine, relation, first, values, beside)
    open_still = []
    for plan in later:
        _infer_scope(planner, plan, values)
        total = values.get(plan.metrics[0].key, StatementFailed())
        proof = answers[settled[plan.expectation.check_id]]
        if proof.failing == 0 and not isinstance(total, StatementFailed):
            answers[plan.expectation.check_id] = Measurement(total=total, failing=0)
        else:
            open_still.append(plan)
    if open_still:
        values |= scan.more([_not_known(plan, values) for plan in open_still])
        answers |= _answers(engine, relation, open_still, values, beside)
    return Profile(
        source=source,
        columns={name: column.physical for name, column in relation.columns.items()},
        rows=int(values[planner.all_rows.key]),
        measurements=answers,
        statements=sum(each.statements for each in (engine, *beside)),
    )


def _without_proof(plan: Plan) -> Plan:
    return replace(plan, metrics=plan.metrics[:1])


def _not_known(plan: Plan, values: Mapping[str, Any]) -> Plan:
    return replace(plan, metrics=tuple(m for m in plan.metrics if m.key not in values))


def _counts(planner: Planner, plan: Plan) -> set[str]:
    """What tells how many rows have a key, if no column of it has a NULL."""
    if plan.expectation.where is not None:
        return {plan.metrics[0].key}
    columns = [planner.column(name) for name in plan.expectation.columns]
    return {planner.count_present([column], []).key for column in columns}


def _infer_scope(planner: Planner, plan: Plan, values: dict[str, Any]) -> None:
    rows = values[planner.all_rows.key]
    if all(values.get(key) == rows for key in _counts(planner, plan)):
        values.setdefault(plan.metrics[0].key, rows)


def _answers(
    engine: Engine,
    relation: Relation,
    plans: Sequence[Plan],
    values: Mapping[str, Any],
    beside: Sequence[Lane],
) -> dict[str, Measurement]:
    """What the values answer, and what needs further statements."""
    slow = [plan for plan in plans if plan.follow_up is not None]
    jobs = [partial(_answer, relation, plan, values) for plan in slow]
    found = dict(zip(map(_name, slow), side_by_side(engine, beside, jobs), strict=True))
    quick = [plan for plan in plans if plan.follow_up is None]
    return found | {_name(plan): _answer(relation, plan, values, engine) for plan in quick}


def _name(plan: Plan) -> str:
    return plan.expectation.check_id


def unanswerable(
    engine: Engine, relation: Relation, expectations: Sequence[Expectation]
) -> list[tuple[Expectation, str]]:
    """Those that this table cannot answer whatever its rows are, and why. No row is read."""
    planner = Planner(engine.dialect, relation.columns)
    found = []
    for expectation in expectations:
        try:
            if expectation.needs_rows:
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
    relation: Relation, plan: Plan, values: Mapping[str, Any], engine: Engine
) -> Measurement:
    try:
        found = [_measured(values[metric.key]) for metric in plan.metrics]
        if plan.follow_up is not None:
            return plan.follow_up(engine, relation, plan, found)
        return plan.answer(found)
    except (StatementFailed, Unmeasurable) as failed:
        return Measurement(error=str(failed))
    except (ValueError, OverflowError):
        return Measurement(error="the result is outside of what can be represented")


def _measured(value: Any) -> Any:
    if isinstance(value, StatementFailed):
        raise value
    return value
