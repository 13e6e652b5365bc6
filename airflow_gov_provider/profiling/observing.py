"""A first look at a table that nobody has described yet."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlglot import exp

from airflow_gov_provider.domain.contracts.forms.formats import TextFormat
from airflow_gov_provider.domain.contracts.observed import (
    Observed,
    ObservedColumn,
    look_personal,
    may_be_personal,
)
from airflow_gov_provider.domain.formats import FORMATS, check_digits_hold
from airflow_gov_provider.domain.quality.expectations import (
    CheckKind,
    Expectation,
    Profile,
    Statistic,
    Value,
)
from airflow_gov_provider.profiling.columns import Column, Family
from airflow_gov_provider.profiling.engines import patterns
from airflow_gov_provider.profiling.engines.dialects import named, present
from airflow_gov_provider.profiling.engines.engine import Engine, Relation, StatementFailed
from airflow_gov_provider.profiling.measure import measure

SAMPLE_ROWS = 10_000
# Those that no column has by chance; whether all rows have them is asked of all rows.
FORMATS_TO_TRY = ("uuid", "email", "iban", "ipv4", "url", "mac", "timestamp", "date")
_VALUES_TO_TRY = 200
_FEWEST_DIFFERENT = 10
MOST_VALUES = 25
FEWEST_ROWS_OF_A_VALUE = 5
_TEXTS = (Family.TEXT, Family.SYMBOL)
_MAY_BE_KEYS = (*_TEXTS, Family.INTEGER)  # times that never repeat hardly identify anything


def observe(engine: Engine, relation: Relation, *, source: str) -> Observed:
    """Look at all rows of a table.

    Values are taken only of text columns with at most ``MOST_VALUES`` of them, each in at least
    ``FEWEST_ROWS_OF_A_VALUE`` rows, whose name and values look like nobody's.

    :raises SourceError: if the rows cannot be read.
    """
    columns = list(relation.columns.values())
    distinct = _distinct_in_sample(engine, relation, columns)
    formats = _formats(engine, relation, [c for c in columns if c.family is Family.TEXT])
    asked = [each for column in columns for each in _questions(column, distinct)]
    asked += [_format_question(relation.columns[name], wanted) for name, wanted in formats.items()]
    profile = measure(engine, relation, asked, source=source)
    longest = _longest(engine, relation, [c for c in columns if c.family is Family.TEXT])
    return Observed(
        source=source,
        rows=profile.rows,
        columns=tuple(
            _observed(
                column,
                profile,
                longest=longest.get(column.name),
                values=_values(engine, relation, column, distinct),
                wanted=formats.get(column.name),
            )
            for column in columns
        ),
    )


def _questions(column: Column, distinct: Mapping[str, tuple[int, int]]) -> list[Expectation]:
    asked = [_question(column, CheckKind.NOT_NULL)]
    if column.family.is_number or column.family.is_day_or_time:
        asked += [
            _question(column, CheckKind.STATISTIC, Statistic.MIN),
            _question(column, CheckKind.STATISTIC, Statistic.MAX),
        ]
    present_rows, values = distinct.get(column.name, (0, 0))
    if column.family in _MAY_BE_KEYS and present_rows == values > 1:
        asked.append(_question(column, CheckKind.UNIQUE))
    return asked


def _question(column: Column, kind: CheckKind, statistic: Statistic | None = None) -> Expectation:
    return Expectation(
        check_id=_key(column, statistic or kind),
        kind=kind,
        columns=(column.name,),
        statistic=statistic,
    )


def _format_question(column: Column, wanted: str) -> Expectation:
    kind = TextFormat.kind
    return Expectation(
        check_id=_key(column, kind),
        kind=kind,
        columns=(column.name,),
        parameters=TextFormat(name=wanted),
    )


def _formats(engine: Engine, relation: Relation, columns: Sequence[Column]) -> dict[str, str]:
    """The format of each column that all of some values have, if they differ enough to tell."""
    found = {}
    for column in columns:
        query = (
            exp.select(named(column))
            .from_(relation.table)
            .where(present(named(column)))
            .limit(_VALUES_TO_TRY)
        )
        try:
            values = {str(row[0]) for row in engine.fetch(query)}
        except StatementFailed:
            continue
        fits = (name for name in FORMATS_TO_TRY if _all_have(name, values))
        if len(values) >= _FEWEST_DIFFERENT and (wanted := next(fits, None)) is not None:
            found[column.name] = wanted
    return found


def _all_have(name: str, values: Collection[str]) -> bool:
    shape = patterns.for_python(FORMATS[name].pattern or "")
    return all(shape.fullmatch(value) and check_digits_hold(name, value) for value in values)


def _key(column: Column, what: str) -> str:
    return f"{what} {column.name}"


def _observed(
    column: Column,
    profile: Profile,
    *,
    longest: int | None,
    values: tuple[str, ...],
    wanted: str | None,
) -> ObservedColumn:
    answers = profile.measurements
    nulls = answers[_key(column, CheckKind.NOT_NULL)].failing
    unique = answers.get(_key(column, CheckKind.UNIQUE))
    format_found = answers.get(_key(column, TextFormat.kind))
    return ObservedColumn(
        name=column.name,
        physical=column.physical,
        family=column.family.value,
        nulls=profile.rows if nulls is None else nulls,
        is_unique=unique is not None and unique.failing == 0 and unique.error is None,
        low=_extreme(column, profile, Statistic.MIN),
        high=_extreme(column, profile, Statistic.MAX),
        longest=longest,
        values=values,
        format=wanted if format_found is not None and format_found.failing == 0 else None,
    )


def _extreme(column: Column, profile: Profile, statistic: Statistic) -> Value | None:
    answer = profile.measurements.get(_key(column, statistic))
    value = None if answer is None else answer.value
    infinite = isinstance(value, (int, float)) and not math.isfinite(value)
    return None if infinite else value


def _distinct_in_sample(
    engine: Engine, relation: Relation, columns: Sequence[Column]
) -> dict[str, tuple[int, int]]:
    """How many of the first rows have a value, and how many different ones."""
    comparable = [c for c in columns if c.family not in (Family.OTHER, Family.FLOAT)]
    if not comparable:
        return {}
    sample = _sample(relation, comparable)
    counts: list[exp.Expr] = []
    for index in range(len(comparable)):
        name = exp.column(f"c_{index}")
        distinct = exp.Count(this=exp.Distinct(expressions=[name.copy()]))
        counts += [
            exp.alias_(exp.Count(this=name), f"p_{index}"),
            exp.alias_(distinct, f"d_{index}"),
        ]
    row = _first(engine, exp.select(*counts).from_(sample))
    if row is None:
        return {}
    return {c.name: (row[2 * i], row[2 * i + 1]) for i, c in enumerate(comparable)}


def _sample(relation: Relation, columns: Sequence[Column]) -> exp.Expr:
    chosen = [exp.alias_(named(column), f"c_{index}") for index, column in enumerate(columns)]
    return exp.select(*chosen).from_(relation.table).limit(SAMPLE_ROWS).subquery("sample")


def _longest(engine: Engine, relation: Relation, columns: Sequence[Column]) -> dict[str, int]:
    if not columns:
        return {}
    lengths = [
        exp.alias_(exp.Max(this=engine.dialect.length(column)), f"l_{index}")
        for index, column in enumerate(columns)
    ]
    row = _first(engine, exp.select(*lengths).from_(relation.table))
    found = zip(columns, row or (), strict=False)
    return {column.name: int(length) for column, length in found if length is not None}


def _values(
    engine: Engine, relation: Relation, column: Column, distinct: Mapping[str, tuple[int, int]]
) -> tuple[str, ...]:
    """The values of a column that may be listed; none if one of them may not."""
    _, different = distinct.get(column.name, (0, 0))
    few = 0 < different <= MOST_VALUES
    if column.family not in _TEXTS or not few or may_be_personal(column.name):
        return ()
    query = (
        exp.select(named(column), exp.alias_(exp.Count(this=exp.Star()), "n"))
        .from_(relation.table)
        .where(present(named(column)))
        .group_by(named(column))
        .limit(MOST_VALUES + 1)
    )
    try:
        rows = engine.fetch(query)
    except StatementFailed:
        return ()
    values = sorted(str(row[0]) for row in rows)
    rare = any(row[1] < FEWEST_ROWS_OF_A_VALUE for row in rows)
    written = all(value.strip() and value.isprintable() for value in values)
    if rare or not written or len(rows) > MOST_VALUES or look_personal(values):
        return ()
    return tuple(values)


def _first(engine: Engine, query: exp.Select) -> Sequence[Any] | None:
    try:
        (row,) = engine.fetch(query)
    except StatementFailed:
        return None
    return row
