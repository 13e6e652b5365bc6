"""What single values may be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import date

from sqlglot import exp

from airflow_gov_provider.domain.contracts.forms.validity import Outside
from airflow_gov_provider.domain.quality.expectations import Bounds, CheckKind, Expectation, Value
from airflow_gov_provider.profiling.columns import Column, Family
from airflow_gov_provider.profiling.engines.dialects import DuckDB, either
from airflow_gov_provider.profiling.failures import Unmeasurable
from airflow_gov_provider.profiling.plans import Plan, Planner


def _accepted(planner: Planner, expectation: Expectation, where: list[exp.Expr]) -> Plan:
    column = as_compared(planner, expectation)
    failing = exp.not_(among(planner.dialect, expectation.values, column))
    return planner.failing_rows(expectation, where, scope=[column], failing=failing)


def _rejected(planner: Planner, expectation: Expectation, where: list[exp.Expr]) -> Plan:
    column = as_compared(planner, expectation)
    failing = among(planner.dialect, expectation.values, column)
    return planner.failing_rows(expectation, where, scope=[column], failing=failing)


def _range(planner: Planner, expectation: Expectation, where: list[exp.Expr]) -> Plan:
    column = as_compared(planner, expectation)
    failing = outside(planner.dialect, expectation.bounds or Bounds(), column)
    return planner.failing_rows(expectation, where, scope=[column], failing=failing)


def _outside(planner: Planner, expectation: Expectation, where: list[exp.Expr]) -> Plan:
    wanted = expectation.parameters
    if not isinstance(wanted, Outside):
        raise Unmeasurable("the check does not say which interval")
    ends = (getattr(wanted.interval, field.name) for field in fields(wanted.interval))
    column = planner.column(expectation.columns[0])
    column = compared_with(planner, column, tuple(ends))
    failing = exp.not_(outside(planner.dialect, wanted.interval, column))
    return planner.failing_rows(expectation, where, scope=[column], failing=failing)


def _length(planner: Planner, expectation: Expectation, where: list[exp.Expr]) -> Plan:
    column = planner.column(expectation.columns[0])
    expect_text(column, "length")
    length = Column(name=column.name, physical="integer", family=Family.INTEGER)
    counted = planner.dialect.length(column)
    crossed = crossings(planner.dialect, expectation.bounds or Bounds(), counted, length)
    return planner.failing_rows(expectation, where, scope=[column], failing=either(*crossed))


def _regex(planner: Planner, expectation: Expectation, where: list[exp.Expr]) -> Plan:
    column = planner.column(expectation.columns[0])
    expect_text(column, "pattern")
    failing = exp.not_(planner.dialect.matches(column, expectation.pattern or ""))
    return planner.failing_rows(expectation, where, scope=[column], failing=failing)


def as_compared(planner: Planner, expectation: Expectation) -> Column:
    """The column; in SQLite, text that is compared with a date is taken for a date."""
    limits = expectation.bounds or Bounds()
    ends = (limits.at_least, limits.at_most, limits.more_than, limits.less_than)
    column = planner.column(expectation.columns[0])
    return compared_with(planner, column, (*expectation.values, *ends))


def compared_with(planner: Planner, column: Column, values: Sequence[Value | None]) -> Column:
    has_dates = any(isinstance(value, date) for value in values)
    if planner.dialect.typed or not has_dates or column.family is not Family.TEXT:
        return column
    return Column(name=column.name, physical=column.physical, family=Family.TIMESTAMP)


def among(dialect: DuckDB, values: Sequence[Value], column: Column) -> exp.Expr:
    """True for a value of the list."""
    if not values:
        return exp.false()
    is_whole = dialect.typed and column.family is Family.INTEGER
    if is_whole and (ends := _run_of_numbers(values)):
        low, high = (dialect.literal(end, column) for end in ends)
        return exp.Between(this=dialect.operand(column), low=low, high=high)
    written = [dialect.literal(value, column) for value in values]
    return exp.In(this=dialect.operand(column), expressions=written)


def _run_of_numbers(values: Sequence[Value]) -> tuple[int, int] | None:
    """The ends of whole numbers without a gap: comparing with two is quicker than with all."""
    numbers = {value for value in values if type(value) is int}
    if len(numbers) != len(values) or len(numbers) < 3:  # noqa: PLR2004 - two ends of two numbers
        return None
    low, high = min(numbers), max(numbers)
    return (low, high) if high - low == len(numbers) - 1 else None


def outside(dialect: DuckDB, bounds: Bounds, column: Column) -> exp.Expr:
    """True for a value that is not within the bounds."""
    if column.family in (Family.BOOLEAN, Family.SYMBOL):
        raise Unmeasurable(
            f"column {column.name!r} holds {column.family.value} ({column.physical}), "
            "which has no order"
        )
    crossed = crossings(dialect, bounds, dialect.sortable(column), column)
    odd = dialect.odd(column)
    if odd is not None and _may_hide(dialect, bounds):
        crossed.append(odd)
    return either(*crossed)


def _may_hide(dialect: DuckDB, bounds: Bounds) -> bool:
    """Whether a value that is not one of the type could lie within the bounds.

    NaN sorts above all numbers, in DuckDB and PostgreSQL, so that an upper bound excludes it.
    """
    has_top = bounds.at_most is not None or bounds.less_than is not None
    return not (has_top and dialect.nan_is_largest)


def crossings(dialect: DuckDB, bounds: Bounds, operand: exp.Expr, column: Column) -> list[exp.Expr]:
    """One condition a bound, true for a value beyond it."""
    every: list[tuple[Value | None, type[exp.Binary]]] = [
        (bounds.at_least, exp.LT),
        (bounds.more_than, exp.LTE),
        (bounds.at_most, exp.GT),
        (bounds.less_than, exp.GTE),
    ]
    found: list[exp.Expr] = [
        crossing(this=operand.copy(), expression=dialect.literal(limit, column))
        for limit, crossing in every
        if limit is not None
    ]
    if not found:
        raise Unmeasurable("no bound is given; give at least one limit")
    return found


def expect_text(column: Column, check: str) -> None:
    """:raises Unmeasurable: if the column holds no text."""
    if column.family not in (Family.TEXT, Family.SYMBOL, Family.UNKNOWN):
        raise Unmeasurable(
            f"a {check} needs text, and column {column.name!r} holds "
            f"{column.family.value} ({column.physical})"
        )


PLANS = {
    CheckKind.ACCEPTED_VALUES: _accepted,
    CheckKind.REJECTED_VALUES: _rejected,
    CheckKind.RANGE: _range,
    Outside.kind: _outside,
    CheckKind.LENGTH: _length,
    CheckKind.REGEX: _regex,
}
