"""From an expectation to the numbers it needs, and from those numbers to its measurement."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlglot import exp

from airflow_gov_provider.domain.expectations import (
    Bounds,
    CheckKind,
    Expectation,
    Measurement,
    Statistic,
    Value,
)
from airflow_gov_provider.profiling import answers
from airflow_gov_provider.profiling.columns import Column, Columns, Family
from airflow_gov_provider.profiling.conditions import condition, no_such_column
from airflow_gov_provider.profiling.dialects import DuckDB, either, named, present
from airflow_gov_provider.profiling.failures import Unmeasurable


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One aggregate over all rows.

    :param key: its SQL; equal metrics are asked once.
    :param sorts: it needs the rows in order.
    """

    key: str
    expression: exp.Expr
    sorts: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How one expectation is answered.

    :param answer: from the values of ``metrics``, in their order, to the measurement.
    :param scope: the rows in scope, for the checks that need a statement of their own.
    :param written_by_hand: contains SQL of the contract's author, which a database may refuse.
    """

    expectation: Expectation
    metrics: tuple[Metric, ...]
    answer: Callable[[Sequence[Any]], Measurement]
    scope: exp.Expr
    written_by_hand: bool = False


class Planner:
    """Plans checks on one table in one dialect."""

    def __init__(self, dialect: DuckDB, columns: Columns) -> None:
        self._dialect, self._columns = dialect, columns
        self.all_rows = self._metric(exp.Count(this=exp.Star()))

    def plan(self, expectation: Expectation) -> Plan:
        """Work out what must be asked.

        :raises Unmeasurable: if no statement could answer it.
        """
        where = self._condition(expectation.where)
        special = {
            CheckKind.ROW_COUNT: self._counted,
            CheckKind.STATISTIC: self._statistic,
            CheckKind.FRESHNESS: self._freshness,
            CheckKind.NOT_NULL: self._not_null,
            CheckKind.SQL_EXPRESSION: self._sql_expression,
            CheckKind.UNIQUE: self._keys,
            CheckKind.FOREIGN_KEY: self._keys,
        }
        make = special.get(expectation.kind, self._column_values)
        return make(expectation, where)

    def _column_values(self, expectation: Expectation, where: list[exp.Expr]) -> Plan:
        column = self._as_compared(expectation)
        return Plan(
            expectation=expectation,
            metrics=(
                self._count_present([column], where),
                self._count_where(
                    [*where, present(named(column)), self._failing(expectation, column)]
                ),
            ),
            answer=lambda values: Measurement(total=values[0], failing=values[1]),
            scope=exp.true(),
            written_by_hand=bool(where),
        )

    def _keys(self, expectation: Expectation, where: list[exp.Expr]) -> Plan:
        """The rows that have a key; what is wrong with them needs a statement of its own."""
        columns = [self._column(name) for name in expectation.columns]
        scope = [*where, *(present(named(column)) for column in columns)]
        metrics = [self._count_present(columns, where)]
        is_unique = expectation.kind is CheckKind.UNIQUE
        if is_unique and (proof := self._dialect.proof(columns)) is not None:
            metrics.append(self._metric(_filtered(proof, scope), sorts=True))
        return Plan(
            expectation=expectation,
            metrics=tuple(metrics),
            answer=lambda values: Measurement(total=values[0]),
            scope=_all_of(scope),
            written_by_hand=bool(where),
        )

    def _column(self, name: str) -> Column:
        if name not in self._columns:
            raise Unmeasurable(no_such_column(name, self._columns))
        return self._columns[name]

    def _as_compared(self, expectation: Expectation) -> Column:
        """The column; in SQLite, text that is compared with a date is taken for a date."""
        column = self._column(expectation.columns[0])
        limits = expectation.bounds or Bounds()
        values = (*expectation.values, limits.at_least, limits.at_most)
        has_dates = any(isinstance(v, date) for v in (*values, limits.more_than, limits.less_than))
        if self._dialect.typed or not has_dates or column.family is not Family.TEXT:
            return column
        return Column(name=column.name, physical=column.physical, family=Family.TIMESTAMP)

    def _condition(self, sql: str | None) -> list[exp.Expr]:
        if sql is None:
            return []
        return [condition(sql, dialect=self._dialect.name, columns=self._columns)]

    def _failing(self, expectation: Expectation, column: Column) -> exp.Expr:
        match expectation.kind:
            case CheckKind.ACCEPTED_VALUES:
                return exp.not_(self._among(expectation.values, column))
            case CheckKind.REJECTED_VALUES:
                return self._among(expectation.values, column)
            case CheckKind.RANGE:
                return self._outside(expectation, column)
            case CheckKind.LENGTH:
                _expect_text(column, "length")
                length = Column(name=column.name, physical="integer", family=Family.INTEGER)
                limits = self._limits(expectation, self._dialect.length(column), length)
                return either(*limits)
            case CheckKind.REGEX:
                _expect_text(column, "pattern")
                return exp.not_(self._dialect.matches(column, expectation.pattern or ""))
        raise Unmeasurable(f"the profiler does not know the check {expectation.kind.value!r}")

    def _among(self, values: Sequence[Value], column: Column) -> exp.Expr:
        if not values:
            return exp.false()
        written = [self._dialect.literal(value, column) for value in values]
        return exp.In(this=self._dialect.operand(column), expressions=written)

    def _outside(self, expectation: Expectation, column: Column) -> exp.Expr:
        if column.family in (Family.BOOLEAN, Family.SYMBOL):
            raise Unmeasurable(
                f"column {column.name!r} holds {column.family.value} ({column.physical}), "
                "which has no order"
            )
        crossed = self._limits(expectation, self._dialect.sortable(column), column)
        odd = self._dialect.odd(column)
        if odd is not None and self._may_hide(expectation.bounds):
            crossed.append(odd)
        return either(*crossed)

    def _may_hide(self, bounds: Bounds | None) -> bool:
        """Whether a value that is not one of the type could lie within the bounds.

        NaN sorts above all numbers, in DuckDB and PostgreSQL, so that an upper bound excludes it.
        """
        limits = bounds or Bounds()
        has_top = limits.at_most is not None or limits.less_than is not None
        return not (has_top and self._dialect.typed)

    def _limits(
        self, expectation: Expectation, operand: exp.Expr, column: Column
    ) -> list[exp.Expr]:
        bounds = expectation.bounds or Bounds()
        crossings: list[tuple[Value | None, type[exp.Binary]]] = [
            (bounds.at_least, exp.LT),
            (bounds.more_than, exp.LTE),
            (bounds.at_most, exp.GT),
            (bounds.less_than, exp.GTE),
        ]
        found: list[exp.Expr] = [
            crossing(this=operand.copy(), expression=self._dialect.literal(limit, column))
            for limit, crossing in crossings
            if limit is not None
        ]
        if not found:
            raise Unmeasurable("no bound is given; give at least one limit")
        return found

    def _not_null(self, expectation: Expectation, where: list[exp.Expr]) -> Plan:
        column = self._column(expectation.columns[0])
        metrics = (self._count_where(where), self._count_present([column], where))
        return Plan(
            expectation=expectation,
            metrics=metrics,
            answer=lambda values: Measurement(total=values[0], failing=values[0] - values[1]),
            scope=_all_of(where),
            written_by_hand=bool(where),
        )

    def _sql_expression(self, expectation: Expectation, where: list[exp.Expr]) -> Plan:
        (holds,) = self._condition(expectation.expression or "")
        broken = exp.not_(exp.paren(exp.Is(this=holds, expression=exp.true())))
        return Plan(
            expectation=expectation,
            metrics=(self._count_where(where), self._count_where([*where, broken])),
            answer=lambda values: Measurement(total=values[0], failing=values[1]),
            scope=_all_of(where),
            written_by_hand=True,
        )

    def _counted(self, expectation: Expectation, where: list[exp.Expr]) -> Plan:
        return Plan(
            expectation=expectation,
            metrics=(self._count_where(where),),
            answer=lambda values: Measurement(total=values[0], value=values[0]),
            scope=_all_of(where),
            written_by_hand=bool(where),
        )

    def _statistic(self, expectation: Expectation, where: list[exp.Expr]) -> Plan:
        column = self._as_compared(expectation)
        statistic = expectation.statistic or Statistic.MEAN
        _expect_summable(column, statistic)
        if statistic is Statistic.QUANTILE:
            share = expectation.quantile
            if share is None or not 0 <= share <= 1:
                raise Unmeasurable("a quantile needs a share between 0 and 1")
            aggregate = self._dialect.quantile(column, share)
        else:
            aggregate = self._dialect.statistic(column, statistic)
        return self._aggregated(expectation, column, aggregate, where)

    def _freshness(self, expectation: Expectation, where: list[exp.Expr]) -> Plan:
        column = self._column(expectation.columns[0])
        if not self._dialect.typed and not column.family.is_number:
            # SQLite has no type for dates; what matters is whether its text can be read as one.
            column = Column(name=column.name, physical=column.physical, family=Family.INSTANT)
        if not column.family.is_day_or_time:
            raise Unmeasurable(
                f"freshness needs a date or time, and column {column.name!r} holds "
                f"{column.family.value} ({column.physical})"
            )
        newest = self._dialect.statistic(column, Statistic.MAX)
        return self._aggregated(expectation, column, newest, where)

    def _aggregated(
        self,
        expectation: Expectation,
        column: Column,
        aggregate: exp.Expr,
        where: list[exp.Expr],
    ) -> Plan:
        scope = [*where, present(named(column))]
        value = _filtered(aggregate, where)
        if column.family.is_day_or_time:
            value = self._dialect.moment(value)
        sorts = expectation.statistic is Statistic.QUANTILE and self._dialect.sorts_alone
        metrics = [self._count_present([column], where), self._metric(value, sorts=sorts)]
        odd = self._dialect.odd(column)
        if odd is not None and not self._shows(expectation):
            metrics.append(self._count_where([*scope, odd]))
        kind = answers.result_kind(expectation, column)
        return Plan(
            expectation=expectation,
            metrics=tuple(metrics),
            answer=lambda values: answers.of_aggregate(values, column, kind),
            scope=_all_of(scope),
            written_by_hand=bool(where),
        )

    def _shows(self, expectation: Expectation) -> bool:
        """Whether a NaN among the values would make the result one."""
        return self._dialect.typed and expectation.statistic not in (
            Statistic.MIN,
            Statistic.QUANTILE,
        )

    def _count_present(self, columns: Sequence[Column], where: Sequence[exp.Expr]) -> Metric:
        """Rows in scope of a check that passes over NULL."""
        if len(columns) > 1:
            return self._count_where([*where, *(present(named(column)) for column in columns)])
        # Engines answer this one from the file's statistics where they can.
        return self._metric(_filtered(exp.Count(this=named(columns[0])), where))

    def _count_where(self, conditions: Sequence[exp.Expr]) -> Metric:
        return self._metric(_filtered(exp.Count(this=exp.Star()), conditions))

    def _metric(self, expression: exp.Expr, *, sorts: bool = False) -> Metric:
        key = expression.sql(dialect=self._dialect.name)
        return Metric(key=key, expression=expression, sorts=sorts)


def _filtered(aggregate: exp.Expr, conditions: Sequence[exp.Expr]) -> exp.Expr:
    if not conditions:
        return aggregate
    return exp.Filter(this=aggregate, expression=exp.Where(this=_all_of(conditions)))


def _all_of(conditions: Sequence[exp.Expr]) -> exp.Expr:
    return exp.and_(*conditions) if conditions else exp.true()


def _expect_text(column: Column, check: str) -> None:
    if column.family not in (Family.TEXT, Family.SYMBOL, Family.UNKNOWN):
        raise Unmeasurable(
            f"a {check} needs text, and column {column.name!r} holds "
            f"{column.family.value} ({column.physical})"
        )


def _expect_summable(column: Column, statistic: Statistic) -> None:
    if column.family.is_number or column.family is Family.UNKNOWN:
        return
    if column.family.is_day_or_time and statistic in (Statistic.MIN, Statistic.MAX):
        return
    raise Unmeasurable(
        f"{statistic.value} needs numbers, and column {column.name!r} holds "
        f"{column.family.value} ({column.physical})"
    )
