"""Statements that reduce scores and predicted numbers to sums, inside of the engine."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from airflow_gov_provider.domain.fairness.residuals import QUANTILES
from airflow_gov_provider.domain.fairness.scores import EDGES
from airflow_gov_provider.profiling.columns import Column, Family
from airflow_gov_provider.profiling.contingency_spec import ContingencySpec
from airflow_gov_provider.profiling.counting import (
    column,
    double,
    grouped,
    is_missing,
    number,
    outcome_keys,
    row_measures,
    weights,
)
from airflow_gov_provider.profiling.dialects import DuckDB

_LARGEST = 1.7976931348623157e308
# PostgreSQL refuses products that underflow; the fourth power of this one does not.
_SMALLEST = 1e-70


def scores_statement(relation: exp.Expr, dialect: str, spec: ContingencySpec) -> exp.Select:
    """Counts as ``counting_statement``, by score as well: after label and prediction come how many
    of ``EDGES`` the score reaches and its bin, and after the rows the sums of scores and of their
    squares, the least and the greatest score. The bin is NULL outside of 0 to 1.
    """
    assert spec.score is not None  # noqa: S101 - nobody asks for bins without a score
    score = double(column(spec.score), dialect)
    keys = [*outcome_keys(dialect, spec), _reached(score, dialect), _bin(score, dialect, spec)]
    mild = _mild(score)
    weighted = _weighted(mild, dialect, spec)
    measures = [
        *row_measures(dialect, spec),
        exp.Sum(this=weighted),
        exp.Sum(this=exp.Mul(this=exp.paren(weighted.copy()), expression=mild.copy())),
        exp.Min(this=score.copy()),
        exp.Max(this=score.copy()),
    ]
    return grouped(relation, keys, measures)


def _reached(score: exp.Expr, dialect: str) -> exp.Expr:
    case = exp.case().when(is_missing(score, dialect), exp.null())
    for place, edge in reversed(list(enumerate(EDGES, start=1))):
        reached = exp.GTE(this=score.copy(), expression=number(edge))
        case = case.when(reached, exp.Literal.number(place))
    return case.else_(exp.Literal.number(0))


def _bin(score: exp.Expr, dialect: str, spec: ContingencySpec) -> exp.Expr:
    """The nearest of the bins' middles, so that a score rounded to as many digits has its own."""
    inside = exp.and_(
        exp.GTE(this=score.copy(), expression=number(0.0)),
        exp.LTE(this=score.copy(), expression=number(1.0)),
    )
    place = score.copy()
    if spec.score_bins:
        place = exp.Mul(this=place, expression=exp.Literal.number(str(spec.score_bins)))
        place = exp.Add(this=place, expression=number(0.5))
        # SQLite may be built without FLOOR, and its CAST cuts off; the others round.
        place = exp.cast(place, "bigint") if dialect == "sqlite" else exp.Floor(this=place)
    return (
        exp.case()
        .when(is_missing(score, dialect), exp.null())
        .when(inside, place)
        .else_(exp.null())
    )


def _mild(value: exp.Expr) -> exp.Expr:
    """The value, or 0 where it is so small that it changes no sum but its products underflow."""
    tiny = exp.LT(this=exp.Abs(this=value.copy()), expression=number(_SMALLEST))
    return exp.case().when(tiny, exp.Literal.number("0.0")).else_(value.copy())


def _weighted(value: exp.Expr, dialect: str, spec: ContingencySpec) -> exp.Expr:
    if not spec.weight:
        return value.copy()
    return exp.Mul(this=value.copy(), expression=double(column(spec.weight), dialect))


def residuals_statement(relation: exp.Expr, dialect: str, spec: ContingencySpec) -> exp.Select:
    """A group a row: rows, judged rows, sums of the residuals, of their absolute values, squares
    and fourth powers, of predictions and labels, then three sums of weights where there are any.
    """
    keys = [column(f"g{i}") for i in range(len(spec.features))]
    error, weight = column("e"), column("w")

    def total(value: exp.Expr) -> exp.Expr:
        product = exp.Mul(this=exp.paren(value), expression=weight.copy()) if spec.weight else value
        return exp.Sum(this=product)

    square = exp.Mul(this=error.copy(), expression=error.copy())
    measures: list[exp.Expr] = [
        exp.Count(this=exp.Star()),
        exp.Count(this=error.copy()),
        total(error.copy()),
        total(exp.Abs(this=error.copy())),
        total(square),
        total(exp.Mul(this=exp.paren(square.copy()), expression=exp.paren(square.copy()))),
        total(column("p")),
        total(column("y")),
    ]
    if spec.weight:
        measures += weights(dialect, "w")
    return grouped(_judged(relation, dialect, spec), keys, measures)


def quantiles_statement(
    relation: exp.Expr, dialect: DuckDB, spec: ContingencySpec, features: Sequence[str]
) -> exp.Select:
    """A group of these features a row, then the quantiles of its residuals."""
    keys = [column(f"g{spec.features.index(feature)}") for feature in features]
    error = Column(name="e", physical="double", family=Family.FLOAT, hashable=False)
    measures = [dialect.quantile(error, share) for share in QUANTILES]
    inner = _judged(relation, dialect.name, spec)
    if keys:
        return grouped(inner, keys, measures)
    columns = [exp.alias_(e, f"c{i}", quoted=True) for i, e in enumerate(measures)]
    return exp.select(*columns).from_(inner)


def _judged(relation: exp.Expr, dialect: str, spec: ContingencySpec) -> exp.Expr:
    """Groups as ``g0``, ``g1``; prediction ``p``, label ``y`` and their difference ``e``, all NULL
    where one of the two is missing or not finite; the weight ``w``, which is 0 there.
    """
    assert spec.prediction is not None  # noqa: S101 - the operator asks for it
    label, predicted = (double(column(name), dialect) for name in (spec.label, spec.prediction))
    known = exp.and_(*[_finite(value, dialect) for value in (label, predicted)])

    def if_known(value: exp.Expr) -> exp.Expr:
        return exp.case().when(known.copy(), value).else_(exp.null())

    columns: dict[str, exp.Expr] = {f"g{i}": column(name) for i, name in enumerate(spec.features)}
    columns["p"], columns["y"] = if_known(_mild(predicted)), if_known(_mild(label))
    error = exp.Sub(this=predicted.copy(), expression=label.copy())
    columns["e"] = if_known(_mild(exp.paren(error)))
    if spec.weight:
        zero = exp.Literal.number("0.0")
        weight = double(column(spec.weight), dialect)
        columns["w"] = exp.case().when(known.copy(), weight).else_(zero)
    aliased = [exp.alias_(e, name, quoted=True) for name, e in columns.items()]
    return exp.select(*aliased).from_(relation.copy()).subquery("judged")


def _finite(value: exp.Expr, dialect: str) -> exp.Expr:
    small = exp.LTE(this=exp.Abs(this=value.copy()), expression=number(_LARGEST))
    return exp.and_(exp.not_(exp.paren(is_missing(value, dialect))), small)
