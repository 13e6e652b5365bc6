"""Counts for a search of slices: every combination of a few features, in as few scans as can be.

Features with few values are counted together, and their combinations are summed from the result,
so that often one statement answers for all of them. Numbers with many values are put into bins of
equally many rows, by quantiles that the database computes; of other columns with many values only
the frequent ones are kept apart, because a rare value can be no slice.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

from sqlglot import exp

from airflow_gov_provider.domain.fairness.counts import (
    Cell,
    ContingencyTable,
    Counts,
    group_value,
    summed,
)
from airflow_gov_provider.domain.fairness.population import Breakdown
from airflow_gov_provider.domain.fairness.residuals import Residuals
from airflow_gov_provider.domain.fairness.slice_terms import RARE, SliceSearch
from airflow_gov_provider.domain.fairness.slices import SliceCounts
from airflow_gov_provider.exceptions import SourceInvalid
from airflow_gov_provider.profiling.columns import Column, Family
from airflow_gov_provider.profiling.engines.dialects import named
from airflow_gov_provider.profiling.engines.engine import Engine, Relation, Row, StatementFailed
from airflow_gov_provider.profiling.fairness import contingency
from airflow_gov_provider.profiling.fairness.asked_columns import as_asked
from airflow_gov_provider.profiling.fairness.contingency_spec import ContingencySpec, Task
from airflow_gov_provider.profiling.fairness.counting import grouped, row_measures
from airflow_gov_provider.profiling.fairness.populating import populate

# Combinations of values that one statement may count where it has a choice; more of them cost more
# than another scan.
_MOST_CELLS = 20_000
# The most values that three features can have together.
_MOST_GROUPS = 200_000

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Feature:
    """How a column is cut into values.

    :param values: how many there are, the missing one among them.
    :param ends: the upper ends of bins.
    """

    expression: exp.Expr
    values: int
    ends: tuple[float, ...] = ()


def count_slices(
    engine: Engine,
    relation: Relation,
    name: str,
    spec: ContingencySpec,
    search: SliceSearch,
    *,
    tell: Tell = lambda _: None,
) -> SliceCounts:
    """What ``search`` needs to know of a relation.

    :param spec: what a right and a wrong prediction are; its features play no part.
    :param tell: is told how far the search is, before every statement.
    :raises SourceInvalid: if a column is missing or cannot be counted as asked.
    """
    started = time.monotonic()
    relation = as_asked(engine, relation, name, replace(spec, features=search.features))
    features = {}
    for number, feature in enumerate(search.features, 1):
        tell(f"looking at the values of {feature}, feature {number} of {len(search.features)}")
        features[feature] = _feature(engine, relation, name, feature, search)
    blocks = list(_blocks({f: found.values for f, found in features.items()}, search.max_features))
    tables: list[Any] = []
    for number, block in enumerate(blocks, 1):
        spent = time.monotonic() - started
        if tables and spent > search.max_seconds:
            tell(f"ending after {spent:.0f} s and {number - 1} of {len(blocks)} statements")
            break
        tell(f"counting {', '.join(block)}: statement {number} of {len(blocks)}, {spent:.1f} s")
        cut = _cut(relation, spec, {feature: features[feature].expression for feature in block})
        asked = replace(spec, features=block, max_groups=_MOST_GROUPS)
        tables.append(_counted(engine, cut, name, asked, search))
    return SliceCounts(
        tables=tables,
        bins={feature: found.ends for feature, found in features.items() if found.ends},
        complete=len(tables) == len(blocks),
    )


def _counted(
    engine: Engine, cut: Relation, name: str, spec: ContingencySpec, search: SliceSearch
) -> ContingencyTable | Breakdown[Residuals]:
    """Decisions about two classes, about one class and all others, right and wrong ones of several
    classes, or errors of numbers.
    """
    if spec.task is Task.REGRESSION:
        found = populate(engine, cut, name, replace(spec, quantiles_by=())).residuals
        assert found is not None  # noqa: S101 - that task has them
        return found
    if spec.task is Task.MULTICLASS and search.positive_class is None:
        return _right_or_wrong(engine, cut, name, spec)
    if spec.task is Task.MULTICLASS:
        assert search.positive_class is not None  # noqa: S101 - as was asked above
        spec = replace(
            spec, task=Task.BINARY, positive=(search.positive_class,), positive_prediction=()
        )
    return contingency.count(engine, cut, name, spec)


def _right_or_wrong(
    engine: Engine, cut: Relation, name: str, spec: ContingencySpec
) -> ContingencyTable:
    """Right predictions as ``tp`` and wrong ones as ``fn``."""
    assert spec.prediction is not None  # noqa: S101 - the operator asks for it
    label, predicted = (cut.columns[column] for column in (spec.label, spec.prediction))
    keys = [exp.column(exp.to_identifier(feature, quoted=True)) for feature in spec.features]
    right = _equal(engine, label, predicted)
    measures = row_measures(engine.dialect.name, spec)
    statement = grouped(cut.table, [*keys, right], measures)
    rows = _fetched(engine, statement, name)
    width, wrong = len(keys), 0
    counted = []
    for row in rows:
        found, n, *weights = row[width:]
        cell = Cell.of_rows(n)
        if weights:
            cell = Cell(rows=n, weight=float(weights[0] or 0), squares=float(weights[1] or 0))
            wrong += int(weights[2] or 0)
        outcome = Counts.of_outcome(
            label=None if found is None else True, prediction=bool(found), cell=cell
        )
        counted.append((tuple(group_value(value) for value in row[:width]), outcome))
    cells = summed(counted)
    contingency.require_weights(cells.values(), wrong, name, spec)
    return ContingencyTable(features=spec.features, cells=cells, weighted=spec.weight is not None)


def _equal(engine: Engine, one: Column, other: Column) -> exp.Expr:
    """1 or 0, and NULL where one of the two is missing; of two kinds of values by their texts."""
    sides = [named(column) for column in (one, other)]
    if one.family is not other.family and not (one.family.is_number and other.family.is_number):
        sides = [exp.cast(side, "text") for side in sides]
    known = [
        _is_number(engine, column)
        if column.family.is_number
        else exp.not_(exp.Is(this=named(column), expression=exp.null()))
        for column in (one, other)
    ]
    return (
        exp.case()
        .when(exp.not_(exp.paren(exp.and_(*known))), exp.null())
        .when(exp.EQ(this=sides[0], expression=sides[1]), exp.Literal.number(1))
        .else_(exp.Literal.number(0))
    )


def _cut(
    relation: Relation, spec: ContingencySpec, expressions: Mapping[str, exp.Expr]
) -> Relation:
    """The relation with its features cut into values, and the columns that outcomes need."""
    others = [column for column in replace(spec, features=()).columns if column not in expressions]
    columns = [exp.column(exp.to_identifier(column, quoted=True)) for column in others]
    cut = [exp.alias_(e.copy(), feature, quoted=True) for feature, e in expressions.items()]
    query = exp.select(*columns, *cut).from_(relation.table.copy())
    return Relation(
        table=exp.alias_(query.subquery(), "cut", table=True),
        columns={name: relation.columns[name] for name in (*others, *expressions)},
    )


def _blocks(values: Mapping[str, int], most: int) -> Iterator[tuple[str, ...]]:
    """Features to count together, so that every combination of ``most`` of them is in a block.

    A block starts with a combination that is in none yet, and takes in what brings the most others
    with it while its values can be counted at once.
    """
    size = min(most, len(values))
    open_ = dict.fromkeys(combinations(values, size))
    while open_:
        block = set(next(iter(open_)))
        while rest := [f for f in values if f not in block and _cells(values, {*block, f})]:
            gains = {f: sum({*block, f} >= {*one} for one in open_) for f in rest}
            block.add(max(rest, key=lambda f: (gains[f], -values[f])))
        open_ = {one: None for one in open_ if not block >= {*one}}
        yield tuple(feature for feature in values if feature in block)


def _cells(values: Mapping[str, int], block: set[str]) -> bool:
    return math.prod(values[feature] for feature in block) <= _MOST_CELLS


def _feature(
    engine: Engine, relation: Relation, name: str, feature: str, search: SliceSearch
) -> _Feature:
    column = relation.columns[feature]
    value = exp.column(exp.to_identifier(feature, quoted=True))
    rows = _frequent(engine, relation, name, (value, column.family), search)
    if len(rows) <= search.max_values:
        return _Feature(expression=value, values=len(rows) + 1)
    if column.family.is_number:
        ends = _ends(engine, relation, name, column, search.bins)
        if ends:
            expression = _binned(engine, column, ends)
            return _Feature(expression=expression, values=len(ends) + 2, ends=ends)
    text = exp.cast(value, "text")
    rows = _frequent(engine, relation, name, (text, Family.TEXT), search)
    kept = [row[0] for row in rows[: search.max_values]]
    literals = [exp.Literal.string(kept_value) for kept_value in kept if kept_value is not None]
    expression = (
        exp.case()
        .when(exp.Is(this=value.copy(), expression=exp.null()), exp.null())
        .when(exp.In(this=text.copy(), expressions=literals), text.copy())
        .else_(exp.Literal.string(RARE))
    )
    return _Feature(expression=expression, values=len(literals) + 2)


def _frequent(
    engine: Engine,
    relation: Relation,
    name: str,
    value: tuple[exp.Expr, Family],
    search: SliceSearch,
) -> Sequence[Row]:
    """Values with their rows, the most frequent first, then by their own order, which is the same
    in every database; one more than may be kept apart.
    """
    expression, family = value
    counted = grouped(relation.table.copy(), [expression.copy()], [exp.Count(this=exp.Star())])
    found = Column(name="c0", physical="", family=family)
    query = (
        exp.select("*")
        .from_(counted.subquery("counted"))
        .order_by(
            exp.Ordered(this=named(replace(found, name="c1")), desc=True),
            exp.Ordered(this=engine.dialect.sortable(found), nulls_first=False),
        )
        .limit(search.max_values + 1)
    )
    return _fetched(engine, query, name)


def _ends(
    engine: Engine, relation: Relation, name: str, column: Column, bins: int
) -> tuple[float, ...]:
    """Quantiles between bins, without repetition."""
    shares = [number / bins for number in range(1, bins)]
    numbers = exp.select(named(column)).from_(relation.table.copy())
    numbers = numbers.where(_is_number(engine, column))
    query = engine.dialect.quantiles(numbers.subquery("numbers"), [], column, shares)
    (row,) = _fetched(engine, query, name)
    found = (float(value) for value in row if value is not None)
    return tuple(sorted({value for value in found if math.isfinite(value)}))


def _binned(engine: Engine, column: Column, ends: Sequence[float]) -> exp.Expr:
    """The name of the bin of a number; its upper end is in it."""
    number = named(column)
    cases = exp.case().when(exp.not_(_is_number(engine, column)), exp.null())
    lower: str | None = None
    for end in ends:
        upper = group_value(end)
        within = f"<= {upper}" if lower is None else f"> {lower}, <= {upper}"
        met = exp.LTE(this=number.copy(), expression=_literal(end))
        cases = cases.when(met, exp.Literal.string(within))
        lower = upper
    return cases.else_(exp.Literal.string(f"> {lower}"))


def _is_number(engine: Engine, column: Column) -> exp.Expr:
    """Neither NULL nor NaN nor, in SQLite, a text."""
    present = exp.not_(exp.Is(this=named(column), expression=exp.null()))
    odd = engine.dialect.odd(column)
    return exp.and_(present, exp.not_(odd)) if odd is not None else present


def _literal(value: float) -> exp.Expr:
    literal = exp.Literal.number(repr(abs(value)))
    return exp.Neg(this=literal) if value < 0 else literal


def _fetched(engine: Engine, query: exp.Query, name: str) -> list[Row]:
    try:
        return engine.fetch(query)
    except StatementFailed as error:
        raise SourceInvalid(f"{name} cannot be searched: {error}") from None
