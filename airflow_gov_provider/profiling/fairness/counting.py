"""The statement that counts: one GROUP BY over the crossed features, label and prediction."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from airflow_gov_provider.profiling.fairness.contingency_spec import ContingencySpec


def counting_statement(relation: exp.Expr, dialect: str, spec: ContingencySpec) -> exp.Select:
    """The one statement: a group a row, then label, prediction, rows and three sums of weights."""
    keys = outcome_keys(dialect, spec)
    return grouped(relation, keys, row_measures(dialect, spec))


def outcome_keys(dialect: str, spec: ContingencySpec) -> list[exp.Expr]:
    """The group, then label and prediction."""
    keys: list[exp.Expr] = [column(feature) for feature in spec.features]
    return [*keys, column(spec.label), _prediction(dialect, spec)]


def row_measures(dialect: str, spec: ContingencySpec) -> list[exp.Expr]:
    """Rows, and three sums of weights where rows have them."""
    measures: list[exp.Expr] = [exp.Count(this=exp.Star())]
    if spec.weight:
        measures += weights(dialect, spec.weight)
    return measures


def grouped(
    relation: exp.Expr, keys: Sequence[exp.Expr], measures: Sequence[exp.Expr]
) -> exp.Select:
    """One row for each combination of the keys."""
    columns = [exp.alias_(e, f"c{i}", quoted=True) for i, e in enumerate([*keys, *measures])]
    ordinals = [exp.Literal.number(i + 1) for i in range(len(keys))]
    return exp.select(*columns).from_(relation).group_by(*ordinals)


def _prediction(dialect: str, spec: ContingencySpec) -> exp.Expr:
    """The decision itself, or 1 and 0 for a score that reaches the threshold or does not."""
    if spec.score is None:
        assert spec.prediction is not None  # noqa: S101 - the operator asks for one of the two
        return column(spec.prediction)
    score = double(column(spec.score), dialect)
    reached = exp.GTE(this=score.copy(), expression=number(spec.threshold or 0.0))
    return (
        exp.case()
        .when(is_missing(score, dialect), exp.null())
        .when(reached, exp.Literal.number(1))
        .else_(exp.Literal.number(0))
    )


def weights(dialect: str, name: str) -> list[exp.Expr]:
    """Their sum, the sum of their squares, and how many of them are no weights at all."""
    weight = double(column(name), dialect)
    wrong = exp.or_(is_missing(weight, dialect), exp.LT(this=weight.copy(), expression=number(0.0)))
    flagged = exp.case().when(wrong, exp.Literal.number(1)).else_(exp.Literal.number(0))
    return [
        exp.Sum(this=weight.copy()),
        exp.Sum(this=exp.Mul(this=weight.copy(), expression=weight.copy())),
        exp.Sum(this=flagged),
    ]


def is_missing(number: exp.Expr, dialect: str) -> exp.Expr:
    """NULL or NaN. Both DuckDB and PostgreSQL hold NaN to equal itself and to exceed any number,
    so it would reach every threshold. SQLite has none, but may hold text, which it holds to exceed
    any number as well.
    """
    null = exp.Is(this=number.copy(), expression=exp.null())
    if dialect == "sqlite":
        stored = exp.Anonymous(this="typeof", expressions=[number.copy()])
        kinds = [exp.Literal.string(kind) for kind in ("integer", "real")]
        return exp.not_(exp.In(this=stored, expressions=kinds))
    if dialect in ("bigquery", "trino"):  # there it equals nothing, not even itself
        return exp.or_(null, exp.IsNan(this=number.copy()))
    nan = double(exp.Literal.string("NaN"), dialect)
    return exp.or_(null, exp.EQ(this=number.copy(), expression=nan))


def double(expression: exp.Expr, dialect: str) -> exp.Expr:
    # SQLite's CAST turns any text into a number, so there the column's own values are compared.
    return expression if dialect == "sqlite" else exp.cast(expression, "double")


def number(value: float) -> exp.Expr:
    shown = repr(abs(value))
    # With so large an exponent some databases would take it for a decimal of 38 digits.
    is_double = "e" in shown
    literal: exp.Expr = exp.Literal.number(shown)
    if is_double:
        literal = exp.cast(exp.Literal.string(shown), "double")
    return exp.Neg(this=literal) if value < 0 else literal


def column(name: str) -> exp.Column:
    return exp.column(exp.to_identifier(name, quoted=True))


def distinct_values_statement(relation: exp.Expr, names: Sequence[str]) -> exp.Select:
    """How many distinct values each of the columns has."""
    counts = [exp.Count(this=exp.Distinct(expressions=[column(name)])) for name in names]
    columns = [exp.alias_(count, f"c{i}", quoted=True) for i, count in enumerate(counts)]
    return exp.select(*columns).from_(relation)
