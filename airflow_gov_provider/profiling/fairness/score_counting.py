"""Statements that reduce scores and predicted numbers to sums, inside of the engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlglot import exp

from airflow_gov_provider.domain.fairness.residuals import QUANTILES
from airflow_gov_provider.domain.fairness.scores import EDGES
from airflow_gov_provider.profiling.columns import Column, Family
from airflow_gov_provider.profiling.engines.dialects import DuckDB
from airflow_gov_provider.profiling.fairness.contingency_spec import ContingencySpec
from airflow_gov_provider.profiling.fairness.counting import (
    column,
    double,
    grouped,
    is_missing,
    number,
    outcome_keys,
    row_measures,
    weights,
)

if TYPE_CHECKING:
    from airflow_gov_provider.domain.fairness.scores import Floats

_LARGEST = 1.7976931348623157e308
# PostgreSQL refuses products that underflow; the fourth power of this one does not.
_SMALLEST = 1e-70
# A place: the bin, then how many edges are reached, then the decision.
_TENTHS = 16
_DECISIONS = 2
_MISSING, _OUTSIDE = -1, -2


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


def groups_statement(relation: exp.Expr, spec: ContingencySpec) -> exp.Select:
    """For DuckDB the groups with their labels, and the number that ``places_statement`` has for
    each. The same values may have several numbers, but a number should have one group.
    """
    keys: list[exp.Expr] = [*map(column, spec.features), column(spec.label), _group_number(spec)]
    return grouped(relation, keys, [])


def places_statement(relation: exp.Expr, spec: ContingencySpec) -> exp.Select:
    """The counts of ``scores_statement`` for DuckDB, by two keys in place of many, because each
    further key costs: the number of the group and its label, and the place (see ``decoded``). Then
    rows, sums of weights where rows have them, and the four of scores.
    """
    assert spec.score is not None  # noqa: S101 - nobody asks for bins without a score
    score = double(column(spec.score), DuckDB.name)
    weighted = _weighted(score, DuckDB.name, spec)  # products that underflow become 0
    measures: list[exp.Expr] = [
        *row_measures(DuckDB.name, spec),
        exp.Sum(this=weighted),
        exp.Sum(this=exp.Mul(this=exp.paren(weighted.copy()), expression=score.copy())),
        exp.Min(this=score.copy()),
        exp.Max(this=score.copy()),
    ]
    zero = exp.cast(exp.Literal.number(0), "double")
    known = [exp.Coalesce(this=each, expressions=[zero.copy()]) for each in measures[1:]]
    return grouped(relation, [_group_number(spec), _place(score, spec)], [measures[0], *known])


def _group_number(spec: ContingencySpec) -> exp.Expr:
    return exp.Anonymous(this="hash", expressions=[*map(column, spec.features), column(spec.label)])


def _place(score: exp.Expr, spec: ContingencySpec) -> exp.Expr:
    """One number for bin, edges and decision; or the score itself."""
    missing = exp.Is(this=score.copy(), expression=exp.null())
    nan = double(exp.Literal.string("NaN"), DuckDB.name)
    if not spec.score_bins:
        return exp.case().when(missing, nan).else_(score.copy())

    def times(factor: int, value: exp.Expr) -> exp.Expr:
        return exp.Mul(this=exp.Literal.number(factor), expression=exp.paren(value))

    def whole(value: exp.Expr) -> exp.Expr:
        return exp.cast(exp.Floor(this=value), "int")

    def flag(condition: exp.Expr) -> exp.Expr:
        return exp.cast(exp.paren(condition), "int")

    scaled = exp.Mul(this=score.copy(), expression=exp.Literal.number(spec.score_bins))
    at = whole(exp.Add(this=scaled, expression=number(0.5)))
    # Of the edges only the last one has a number just below it whose product is rounded up to 9.
    tenth = whole(exp.Mul(this=score.copy(), expression=exp.Literal.number(len(EDGES) + 1)))
    below = exp.Anonymous(this="least", expressions=[tenth, exp.Literal.number(len(EDGES) - 1)])
    last = flag(exp.GTE(this=score.copy(), expression=number(EDGES[-1])))
    decided = flag(exp.GTE(this=score.copy(), expression=number(spec.threshold or 0.0)))
    place = exp.Add(this=times(_TENTHS, at), expression=exp.Add(this=below, expression=last))
    place = exp.Add(this=times(_DECISIONS, place), expression=decided)
    inside = exp.and_(
        exp.GTE(this=score.copy(), expression=number(0.0)),
        exp.LTE(this=score.copy(), expression=number(1.0)),
    )
    is_nan = exp.EQ(this=score.copy(), expression=nan)
    return (
        exp.case()
        .when(inside, place)
        .when(exp.or_(missing, is_nan), exp.Literal.number(_MISSING))
        .else_(exp.Literal.number(_OUTSIDE))
    )


def decoded(places: Floats, spec: ContingencySpec) -> tuple[Floats, Floats, Floats]:
    """Decision, edges and bin (or the score itself) of places; NaN: missing."""
    import numpy as np

    if not spec.score_bins:
        missing = np.isnan(places)
        predicted = np.where(missing, np.nan, places >= (spec.threshold or 0.0))
        reached = np.where(missing, np.nan, np.searchsorted(EDGES, places, side="right"))
        return predicted, reached, np.where((places >= 0) & (places <= 1), places, np.nan)
    place, decision = np.divmod(places, _DECISIONS)
    at, reached = np.divmod(place, _TENTHS)
    known, inside = places != _MISSING, places >= 0
    return (
        np.where(known, decision, np.nan),
        np.where(known, reached, np.nan),
        np.where(inside, at, np.nan),
    )


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
    return dialect.quantiles(_judged(relation, dialect.name, spec), keys, error, QUANTILES)


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
