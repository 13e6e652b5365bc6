"""Detectors of personal data, asked of a sample inside of the database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlglot import exp

from airflow_gov_provider.domain.contracts.forms.formats import TextFormat
from airflow_gov_provider.domain.contracts.forms.personal import CONTAINED, NoPersonalData
from airflow_gov_provider.domain.quality.expectations import CheckKind, Expectation, Measurement
from airflow_gov_provider.profiling.columns import Column, Family
from airflow_gov_provider.profiling.engines.dialects import DuckDB, named, present
from airflow_gov_provider.profiling.engines.engine import Engine, Relation
from airflow_gov_provider.profiling.groups import AnswerOf, Ask, Groups, Label
from airflow_gov_provider.profiling.planning.validity import expect_text
from airflow_gov_provider.profiling.plans import Plan, Planner, all_of

# Longer texts are looked at up to here, so that one row cannot take for ever.
_LOOKED_AT = 1000
# A table of many more rows than the sample is thinned out before its texts are told apart.
_MANY_SAMPLES = 50
_SPARE = 20
_BUCKETS = 0x10000
_VALUE = Column(name="v", physical="text", family=Family.TEXT)


def _no_pii(planner: Planner, expectation: Expectation, where: list[exp.Expr]) -> Plan:
    asked = expectation.parameters
    assert isinstance(asked, NoPersonalData)  # noqa: S101 - the kind names the class
    column = planner.column(expectation.columns[0])
    expect_text(column, "search for personal data")
    scope = [*where, present(named(column))]

    def looked(engine: Engine, relation: Relation, plan: Plan, found: Sequence[Any]) -> Measurement:
        rows, limit = int(found[0]), None
        if rows > _MANY_SAMPLES * asked.sample:
            limit = max(1, _BUCKETS * _SPARE * asked.sample // rows)
        counts = _look(engine, relation, column, plan.scope, asked, limit=limit)
        if limit is not None and counts[0] < asked.sample:
            # Few different texts: thinning them out took more than it should.
            counts = _look(engine, relation, column, plan.scope, asked, limit=None)
        return _measurement(rows, counts, asked)

    return Plan(
        expectation=expectation,
        metrics=(planner.count_present([column], where),),
        answer=lambda values: Measurement(total=values[0]),
        follow_up=looked,
        scope=all_of(scope),
        written_by_hand=bool(where),
    )


def _in_groups(engine: Engine, groups: Groups, plan: Plan) -> AnswerOf:
    asked = plan.expectation.parameters
    assert isinstance(asked, NoPersonalData)  # noqa: S101 - the kind names the class
    column = groups.relation.columns[plan.expectation.columns[0]]
    sample = _sample_of_each(engine.dialect, groups, column, plan.scope, most=asked.sample)
    query = exp.select(*groups.names(), *_counts(engine.dialect, asked)).from_(sample)
    looked = groups.one(engine.fetch(query.group_by(*groups.ordinals())))

    def answer(label: Label, found: Sequence[Any]) -> Measurement:
        row = looked[label] or (0,) * (1 + len(asked.detectors))
        return _measurement(int(found[0]), _matches(row), asked)

    return answer


def _measurement(rows: int, counts: Sequence[int], asked: NoPersonalData) -> Measurement:
    sampled, *matches = counts
    names = dict(zip(asked.detectors, matches, strict=True))
    return Measurement(total=rows, details={"sampled": sampled, "found": names})


def _look(
    engine: Engine,
    relation: Relation,
    column: Column,
    scope: exp.Expr,
    asked: NoPersonalData,
    *,
    limit: int | None,
) -> list[int]:
    """How many texts were looked at, and how many of them each detector found."""
    sample = _sample(engine.dialect, relation, column, scope, most=asked.sample, limit=limit)
    (row,) = engine.fetch(exp.select(*_counts(engine.dialect, asked)).from_(sample))
    return _matches(row)


def _counts(dialect: DuckDB, asked: NoPersonalData) -> list[exp.Expr]:
    """All texts of a sample, and those in which each detector finds nothing."""
    planner = Planner(dialect, {_VALUE.name: _VALUE})
    plans = [planner.plan(_detection(name)) for name in asked.detectors]
    metrics = [plan.metrics[1] for plan in plans]
    counts = [exp.alias_(exp.Count(this=exp.Star()), "n_rows")]
    return counts + [exp.alias_(m.expression, f"m_{n}") for n, m in enumerate(metrics)]


def _matches(row: Sequence[Any]) -> list[int]:
    total = int(row[0])
    return [total, *(total - int(missed) for missed in row[1:])]


def _detection(name: str) -> Expectation:
    """A check that fails for every text in which the detector finds nothing."""
    columns = (_VALUE.name,)
    if name in CONTAINED:
        pattern = CONTAINED[name]
        return Expectation(check_id=name, kind=CheckKind.REGEX, columns=columns, pattern=pattern)
    return Expectation(
        check_id=name,
        kind=TextFormat.kind,
        columns=columns,
        parameters=TextFormat(name=name),
    )


def _sample(
    dialect: DuckDB,
    relation: Relation,
    column: Column,
    scope: exp.Expr,
    *,
    most: int,
    limit: int | None,
) -> exp.Expr:
    """Different texts in the order of their digests, which nobody chose.

    :param limit: of the 65,536 first halves of a digest, so many are looked at.
    """
    text = exp.cast(named(column), "text")
    digest = dialect.digest(text)
    if limit is not None:
        head = exp.Substring(
            this=digest.copy(), start=exp.Literal.number(1), length=exp.Literal.number(4)
        )
        bound = exp.Literal.string(f"{min(limit, _BUCKETS - 1):04x}")
        scope = exp.and_(scope, exp.LT(this=head, expression=bound))
    texts = (
        exp.select(exp.alias_(text, "t"), exp.alias_(digest, "d"))
        .from_(relation.table.copy())
        .where(scope)
        .subquery("texts")
    )
    different = (
        exp.select(exp.column("t"), exp.column("d"))
        .distinct()
        .from_(texts)
        .order_by(exp.column("d"))
        .limit(most)
        .subquery("different")
    )
    return exp.select(_begun()).from_(different).subquery("sample")


def _sample_of_each(
    dialect: DuckDB, groups: Groups, column: Column, scope: exp.Expr, *, most: int
) -> exp.Expr:
    """The same texts of each group as a sample of its rows alone has."""
    text, names = exp.cast(named(column), "text"), groups.names()
    texts = (
        exp.select(*groups.marks, exp.alias_(text, "t"), exp.alias_(dialect.digest(text), "d"))
        .distinct()
        .from_(groups.relation.table.copy())
        .where(scope.copy())
        .subquery("texts")
    )
    place = exp.Window(
        this=exp.RowNumber(),
        partition_by=[name.copy() for name in names],
        order=exp.Order(expressions=[exp.Ordered(this=exp.column("d"))]),
    )
    placed = (
        exp.select(*names, exp.column("t"), exp.alias_(place, "place"))
        .from_(texts)
        .subquery("placed")
    )
    first = exp.LTE(this=exp.column("place"), expression=exp.Literal.number(most))
    return exp.select(*groups.names(), _begun()).from_(placed).where(first).subquery("sample")


def _begun() -> exp.Expr:
    begun = exp.Substring(
        this=exp.Trim(this=exp.column("t")),
        start=exp.Literal.number(1),
        length=exp.Literal.number(_LOOKED_AT),
    )
    return exp.alias_(begun, "v")


PLANS = {NoPersonalData.kind: _no_pii}
IN_GROUPS: dict[str, Ask] = {NoPersonalData.kind: _in_groups}
