"""The statement that counts: one GROUP BY over the crossed features, label and prediction."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from airflow_gov_provider.profiling.contingency_spec import ContingencySpec


def counting_statement(relation: exp.Expr, dialect: str, spec: ContingencySpec) -> exp.Select:
    """The one statement: a group a row, then label, prediction, rows and three sums of weights."""
    keys: list[exp.Expr] = [_column(feature) for feature in spec.features]
    keys += [_column(spec.label), _prediction(dialect, spec)]
    measures: list[exp.Expr] = [exp.Count(this=exp.Star())]
    if spec.weight:
        measures += _weights(dialect, spec.weight)
    columns = [exp.alias_(e, f"c{i}", quoted=True) for i, e in enumerate([*keys, *measures])]
    ordinals = [exp.Literal.number(i + 1) for i in range(len(keys))]
    return exp.select(*columns).from_(relation).group_by(*ordinals)


def _prediction(dialect: str, spec: ContingencySpec) -> exp.Expr:
    """The decision itself, or 1 and 0 for a score that reaches the threshold or does not."""
    if spec.score is None:
        assert spec.prediction is not None  # noqa: S101 - the operator asks for one of the two
        return _column(spec.prediction)
    score = _double(_column(spec.score), dialect)
    reached = exp.GTE(this=score.copy(), expression=_number(spec.threshold or 0.0))
    return (
        exp.case()
        .when(_is_missing(score, dialect), exp.null())
        .when(reached, exp.Literal.number(1))
        .else_(exp.Literal.number(0))
    )


def _weights(dialect: str, name: str) -> list[exp.Expr]:
    """Their sum, the sum of their squares, and how many of them are no weights at all."""
    weight = _double(_column(name), dialect)
    wrong = exp.or_(
        _is_missing(weight, dialect), exp.LT(this=weight.copy(), expression=_number(0.0))
    )
    flagged = exp.case().when(wrong, exp.Literal.number(1)).else_(exp.Literal.number(0))
    return [
        exp.Sum(this=weight.copy()),
        exp.Sum(this=exp.Mul(this=weight.copy(), expression=weight.copy())),
        exp.Sum(this=flagged),
    ]


def _is_missing(number: exp.Expr, dialect: str) -> exp.Expr:
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
    nan = _double(exp.Literal.string("NaN"), dialect)
    return exp.or_(null, exp.EQ(this=number.copy(), expression=nan))


def _double(expression: exp.Expr, dialect: str) -> exp.Expr:
    # SQLite's CAST turns any text into a number, so there the column's own values are compared.
    return expression if dialect == "sqlite" else exp.cast(expression, "double")


def _number(value: float) -> exp.Expr:
    literal = exp.Literal.number(repr(abs(value)))
    return exp.Neg(this=literal) if value < 0 else literal


def _column(name: str) -> exp.Column:
    return exp.column(exp.to_identifier(name, quoted=True))


def distinct_values_statement(relation: exp.Expr, names: Sequence[str]) -> exp.Select:
    """How many distinct values each of the columns has."""
    counts = [exp.Count(this=exp.Distinct(expressions=[_column(name)])) for name in names]
    columns = [exp.alias_(count, f"c{i}", quoted=True) for i, count in enumerate(counts)]
    return exp.select(*columns).from_(relation)
