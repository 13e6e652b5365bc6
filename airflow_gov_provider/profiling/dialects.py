"""Where the engines differ: the same question, written as each of them wants it."""

from __future__ import annotations

from typing import ClassVar

from sqlglot import exp

from airflow_gov_provider.domain.expectations import Statistic, Value
from airflow_gov_provider.profiling import literals, patterns
from airflow_gov_provider.profiling.columns import Column, Family
from airflow_gov_provider.profiling.failures import Unmeasurable

_MICROSECONDS = 1_000_000


def named(column: Column) -> exp.Expression:
    return exp.column(exp.to_identifier(column.name, quoted=True))


def present(expression: exp.Expression) -> exp.Expression:
    return exp.not_(exp.Is(this=expression, expression=exp.Null()))


def either(*conditions: exp.Expression) -> exp.Expression:
    return exp.paren(exp.or_(*conditions))


class DuckDB:
    """DuckDB, and what the others share with it.

    :cvar name: what sqlglot calls the dialect.
    :cvar sorts_alone: whether an aggregate that sorts would slow the others down, and is better
        asked in a statement of its own.
    :cvar widest: how many expressions one SELECT can return.
    """

    name: ClassVar[str] = "duckdb"
    sorts_alone: ClassVar[bool] = False
    widest: ClassVar[int] = 1000

    def operand(self, column: Column) -> exp.Expression:
        """The column as it is compared with literals."""
        if column.family is Family.OTHER:
            return exp.cast(named(column), "text")
        if column.is_single_precision:
            return exp.cast(named(column), "double")
        if column.family is Family.DATE:
            return exp.cast(named(column), "timestamp")
        return named(column)

    def sortable(self, column: Column) -> exp.Expression:
        """The column as it is compared for less and more."""
        return self.operand(column)

    def literal(self, value: Value, column: Column) -> exp.Expression:
        return literals.literal(value, column)

    def odd(self, column: Column) -> exp.Expression | None:
        """True for a value that is not really one of the column's type, such as NaN."""
        if column.family is Family.FLOAT:
            return exp.Anonymous(this="isnan", expressions=[named(column)])
        return None

    def length(self, column: Column) -> exp.Expression:
        return exp.Length(this=named(column))

    def matches(self, column: Column, pattern: str) -> exp.Expression:
        """True if the whole text matches."""
        arguments = [named(column), literals.text(patterns.checked(pattern))]
        return exp.Anonymous(this="regexp_full_match", expressions=arguments)

    def statistic(self, column: Column, statistic: Statistic) -> exp.Expression:
        operand = self._summed(column)
        match statistic:
            case Statistic.MIN:
                return exp.Min(this=operand)
            case Statistic.MAX:
                return exp.Max(this=operand)
            case Statistic.MEAN:
                return exp.Avg(this=operand)
            case Statistic.STDDEV:
                return exp.StddevSamp(this=exp.cast(operand, "double"))
            case Statistic.SUM:
                return exp.Sum(this=operand)
        raise Unmeasurable(f"there is no statistic {statistic!r}")

    def quantile(self, column: Column, share: float) -> exp.Expression:
        arguments = [exp.cast(named(column), "double"), literals.number(share)]
        return exp.Anonymous(this="quantile_cont", expressions=arguments)

    def moment(self, aggregate: exp.Expression) -> exp.Expression:
        """A date or time as microseconds since 1970 (in UTC, or in the column's own naive time)."""
        return exp.Anonymous(this="epoch_us", expressions=[aggregate])

    def _summed(self, column: Column) -> exp.Expression:
        return self.operand(column)


class Postgres(DuckDB):
    name: ClassVar[str] = "postgres"
    sorts_alone: ClassVar[bool] = True
    widest: ClassVar[int] = 1000

    def sortable(self, column: Column) -> exp.Expression:
        if column.family in (Family.TEXT, Family.OTHER):
            # Code points, as the other engines sort, and not the language of this server.
            as_text = exp.cast(named(column), "text")
            return exp.Collate(this=as_text, expression=exp.to_identifier("C", quoted=True))
        return self.operand(column)

    def odd(self, column: Column) -> exp.Expression | None:
        if column.family in (Family.FLOAT, Family.DECIMAL):
            return exp.EQ(this=named(column), expression=exp.Literal.string("NaN"))
        return None

    def length(self, column: Column) -> exp.Expression:
        return exp.Anonymous(this="char_length", expressions=[named(column)])

    def matches(self, column: Column, pattern: str) -> exp.Expression:
        regex = literals.text(patterns.for_postgres(pattern))
        return exp.paren(exp.RegexpLike(this=named(column), expression=regex))

    def quantile(self, column: Column, share: float) -> exp.Expression:
        ordered = exp.Ordered(this=exp.cast(named(column), "double"))
        return exp.WithinGroup(
            this=exp.PercentileCont(this=literals.number(share)),
            expression=exp.Order(expressions=[ordered]),
        )

    def moment(self, aggregate: exp.Expression) -> exp.Expression:
        seconds = exp.Extract(this=exp.var("EPOCH"), expression=aggregate)
        micros = exp.Mul(this=seconds, expression=literals.number(_MICROSECONDS))
        return exp.cast(micros, "bigint")


class SQLite(DuckDB):
    """SQLite stores any value in any column, so the type is asked of each value as well.

    The functions whose names start with ``governance_`` are ours; see ``profiling.sqlite``.
    """

    name: ClassVar[str] = "sqlite"
    widest: ClassVar[int] = 500

    def operand(self, column: Column) -> exp.Expression:
        if column.family.is_day_or_time:
            return exp.Anonymous(this="governance_moment", expressions=[named(column)])
        return named(column)

    def literal(self, value: Value, column: Column) -> exp.Expression:
        found = literals.moment(value, Family.INSTANT)
        if column.family.is_day_or_time and found:
            return literals.text(found.strftime("%Y-%m-%d %H:%M:%S.%f"))
        if column.family is Family.TIME and isinstance(value, str):
            return literals.text(value)
        return literals.literal(value, column)

    def odd(self, column: Column) -> exp.Expression | None:
        if column.family.is_day_or_time:
            return exp.Is(this=self.operand(column), expression=exp.Null())
        if column.family.is_number or column.family is Family.UNKNOWN:
            stored = exp.Anonymous(this="typeof", expressions=[named(column)])
            numbers = [exp.Literal.string(kind) for kind in ("integer", "real", "null")]
            return exp.not_(exp.In(this=stored, expressions=numbers))
        return None

    def matches(self, column: Column, pattern: str) -> exp.Expression:
        patterns.for_python(pattern)
        arguments = [literals.text(pattern), named(column)]
        return exp.Anonymous(this="governance_matches", expressions=arguments)

    def _summed(self, column: Column) -> exp.Expression:
        if column.family.is_day_or_time:
            return exp.Anonymous(this="governance_zoned", expressions=[named(column)])
        return named(column)

    def statistic(self, column: Column, statistic: Statistic) -> exp.Expression:
        if statistic is Statistic.STDDEV:
            return exp.Anonymous(this="governance_stddev", expressions=[named(column)])
        return super().statistic(column, statistic)

    def quantile(self, column: Column, share: float) -> exp.Expression:
        arguments = [named(column), literals.number(share)]
        return exp.Anonymous(this="governance_quantile", expressions=arguments)

    def moment(self, aggregate: exp.Expression) -> exp.Expression:
        return exp.Anonymous(this="governance_micros", expressions=[aggregate])
