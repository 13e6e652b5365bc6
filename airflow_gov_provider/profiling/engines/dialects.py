"""Where the engines differ: the same question, written as each of them wants it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from sqlglot import exp

from airflow_gov_provider.domain.quality.expectations import Statistic, Value
from airflow_gov_provider.profiling.columns import Column, Family
from airflow_gov_provider.profiling.engines import literals, patterns
from airflow_gov_provider.profiling.failures import Unmeasurable

_MICROSECONDS = 1_000_000


def named(column: Column) -> exp.Expr:
    return exp.column(exp.to_identifier(column.name, quoted=True))


def present(expression: exp.Expr) -> exp.Expr:
    return exp.not_(exp.Is(this=expression, expression=exp.Null()))


def either(*conditions: exp.Expr) -> exp.Expr:
    return exp.paren(exp.or_(*conditions))


class DuckDB:
    """DuckDB, and what the others share with it.

    :cvar name: what sqlglot calls the dialect.
    :cvar sorts_alone: whether an aggregate that sorts would slow the others down, and is better
        asked in a statement of its own.
    :cvar widest: how many expressions one SELECT is asked for; SQLite and PostgreSQL have limits.
    :cvar typed: whether the type of a column holds for all of its values.
    :cvar nan_is_largest: whether NaN exceeds every number; else no comparison with it is true, or
        what is no number is not seen at all.
    """

    name: ClassVar[str] = "duckdb"
    sorts_alone: ClassVar[bool] = False
    widest: ClassVar[int] = 1000
    typed: ClassVar[bool] = True
    nan_is_largest: ClassVar[bool] = True
    distinct_method: ClassVar[str] = "HyperLogLog"
    quantile_method: ClassVar[str] = "t-digest"

    def operand(self, column: Column) -> exp.Expr:
        """The column as it is compared with literals."""
        if column.family is Family.SYMBOL:
            return exp.cast(named(column), "text")
        if column.is_single_precision:
            return exp.cast(named(column), "double")
        if column.family is Family.DATE:
            return exp.cast(named(column), "timestamp")
        return named(column)

    def sortable(self, column: Column) -> exp.Expr:
        """The column as it is compared for less and more."""
        return self.operand(column)

    def key(self, column: Column) -> list[exp.Expr]:
        """What is equal in two rows if the column is, whatever that takes."""
        return [named(column)]

    def group(self, column: Column) -> exp.Expr:
        """What rows with the same name of a group share: a double, a text by its code points, an
        instant by its time in UTC.
        """
        if column.is_single_precision:
            return exp.cast(named(column), "double")
        if column.family is Family.INSTANT:
            return exp.AtTimeZone(this=named(column), zone=exp.Literal.string("UTC"))
        return named(column)

    def partitions_by(self, column: Column) -> bool:
        """Whether rows can be ranked within groups of this column."""
        del column
        return True

    def quantiles(
        self, relation: exp.Expr, keys: Sequence[exp.Expr], column: Column, shares: Sequence[float]
    ) -> exp.Select:
        """The keys of each group that has a value, then exact quantiles of its values."""
        selected = [*keys, *(self.quantile(column, share) for share in shares)]
        aliased = [exp.alias_(each, f"c{i}", quoted=True) for i, each in enumerate(selected)]
        query = exp.select(*aliased).from_(relation)
        return query.group_by(*[exp.Literal.number(i + 1) for i in range(len(keys))])

    def literal(self, value: Value, column: Column) -> exp.Expr:
        return literals.literal(value, column)

    def odd(self, column: Column) -> exp.Expr | None:
        """True for a value that is not really one of the column's type, such as NaN."""
        if column.family is Family.FLOAT:
            return exp.Anonymous(this="isnan", expressions=[named(column)])
        return None

    def length(self, column: Column) -> exp.Expr:
        return exp.Length(this=self.operand(column))

    def matches(self, column: Column, pattern: str) -> exp.Expr:
        """True if the whole text matches."""
        arguments = [self.operand(column), literals.text(patterns.checked(pattern))]
        return exp.Anonymous(this="regexp_full_match", expressions=arguments)

    def statistic(self, column: Column, statistic: Statistic) -> exp.Expr:
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
        raise Unmeasurable(f"the profiler does not know the statistic {statistic.value!r}")

    def quantile(self, column: Column, share: float) -> exp.Expr:
        arguments = [exp.cast(named(column), "double"), literals.number(share)]
        return exp.Anonymous(this="quantile_cont", expressions=arguments)

    def variance(self, column: Column) -> exp.Expr:
        return exp.Variance(this=exp.cast(self._summed(column), "double"))

    def correlation(self, left: Column, right: Column) -> exp.Expr:
        """Pearson's coefficient over the rows that have both."""
        numbers = [exp.cast(named(column), "double") for column in (left, right)]
        return exp.Corr(this=numbers[0], expression=numbers[1])

    def approximate_distinct(self, columns: Sequence[Column]) -> exp.Expr | None:
        """An estimate of how many keys differ; None where counting them is all there is."""
        if len(columns) > 1:
            return None
        return exp.ApproxDistinct(this=named(columns[0]))

    def approximate_quantile(self, column: Column, share: float) -> exp.Expr | None:
        """An estimate of a quantile; None where there is none that is cheaper."""
        arguments = [exp.cast(named(column), "double"), literals.number(share)]
        return exp.Anonymous(this="approx_quantile", expressions=arguments)

    def not_estimated(self, column: Column) -> exp.Expr | None:
        """True for a value that an estimate of a quantile passes over in silence."""
        if column.family is Family.FLOAT:
            finite = exp.Anonymous(this="isfinite", expressions=[named(column)])
            return exp.not_(finite)
        return None

    def is_json(self, column: Column) -> exp.Expr:
        """True for a text that is one JSON document, by RFC 8259 and no more."""
        valid = exp.Anonymous(this="json_valid", expressions=[self.operand(column)])
        # DuckDB lets a comma stand before a bracket, and NaN for a number.
        strings = [literals.text(part) for part in (r'"(?:[^"\\]|\\.)*"', '""', "g")]
        bare = exp.Anonymous(this="regexp_replace", expressions=[self.operand(column), *strings])
        lax = literals.text(r"(?is),\s*[\]}]|nan|inf")
        extended = exp.Anonymous(this="regexp_matches", expressions=[bare, lax])
        return exp.and_(valid, exp.not_(extended))

    def moment(self, aggregate: exp.Expr) -> exp.Expr:
        """A date or time as microseconds since 1970 (in UTC, or in the column's own naive time)."""
        return exp.Anonymous(this="epoch_us", expressions=[aggregate])

    def microseconds(self, column: Column) -> exp.Expr:
        """A date or time of each row as a whole number of microseconds since 1970."""
        return self.moment(self.operand(column))

    def digest(self, text: exp.Expr) -> exp.Expr:
        """The MD5 of a text in hexadecimal digits: an order that nobody chose, and no secret."""
        return exp.MD5(this=text.copy())

    def proof(self, columns: Sequence[Column]) -> exp.Expr | None:
        """An aggregate that equals the number of rows only if all of their keys differ."""
        del columns  # DuckDB sorts hashes outside of SQL, SQLite has nothing better than grouping
        return None

    def without_counterpart(self, child: exp.Expr, parent: exp.Expr, on: exp.Expr) -> exp.Select:
        """The count of rows of ``child`` for which no row of ``parent`` meets ``on``."""
        # DuckDB needs twice as long for the same question as NOT EXISTS.
        return _count().from_(child).join(parent, on=on, join_type="anti")

    def _summed(self, column: Column) -> exp.Expr:
        return self.operand(column)


class Postgres(DuckDB):
    name: ClassVar[str] = "postgres"
    sorts_alone: ClassVar[bool] = True
    widest: ClassVar[int] = 1000

    def sortable(self, column: Column) -> exp.Expr:
        if column.family is Family.TEXT:
            # Code points, as the other engines sort, and not the language of this server.
            as_text = exp.cast(named(column), "text")
            return exp.Collate(this=as_text, expression=exp.to_identifier("C", quoted=True))
        return self.operand(column)

    def group(self, column: Column) -> exp.Expr:
        padded = column.physical.startswith("character(")
        if column.family is Family.TEXT and (padded or not column.hashable):
            return self.sortable(column)
        return super().group(column)

    def odd(self, column: Column) -> exp.Expr | None:
        if column.family in (Family.FLOAT, Family.DECIMAL):
            return exp.EQ(this=named(column), expression=exp.Literal.string("NaN"))
        return None

    def length(self, column: Column) -> exp.Expr:
        return exp.Anonymous(this="char_length", expressions=[self.operand(column)])

    def matches(self, column: Column, pattern: str) -> exp.Expr:
        regex = literals.text(patterns.for_postgres(pattern))
        return exp.paren(exp.RegexpLike(this=self.operand(column), expression=regex))

    def quantile(self, column: Column, share: float) -> exp.Expr:
        ordered = exp.Ordered(this=exp.cast(named(column), "double"))
        return exp.WithinGroup(
            this=exp.PercentileCont(this=literals.number(share)),
            expression=exp.Order(expressions=[ordered]),
        )

    def approximate_distinct(self, columns: Sequence[Column]) -> exp.Expr | None:
        del columns  # it has none without an extension
        return None

    def approximate_quantile(self, column: Column, share: float) -> exp.Expr | None:
        del column, share
        return None

    def is_json(self, column: Column) -> exp.Expr:
        return exp.paren(exp.Is(this=self.operand(column), expression=exp.Var(this="JSON")))

    def proof(self, columns: Sequence[Column]) -> exp.Expr | None:
        """Count distinct 64-bit hashes: equal keys have equal ones, so n of them prove n keys.

        Sorting hashes takes a seventh of the time of sorting texts.
        """
        if not all(column.hashable for column in columns):
            return None
        zero = exp.Literal.number(0)
        key = exp.Anonymous(this="ROW", expressions=[named(column) for column in columns])
        hashed: exp.Expr = exp.Anonymous(this="hash_record_extended", expressions=[key, zero])
        if len(columns) == 1:
            (column,) = columns
            if column.family is Family.TEXT:
                hashed = exp.Anonymous(this="hashtextextended", expressions=[named(column), zero])
            else:
                hashed = named(column)
        return exp.Count(this=exp.Distinct(expressions=[hashed]))

    def without_counterpart(self, child: exp.Expr, parent: exp.Expr, on: exp.Expr) -> exp.Select:
        return not_exists(child, parent, on)

    def moment(self, aggregate: exp.Expr) -> exp.Expr:
        seconds = exp.Extract(this=exp.var("EPOCH"), expression=aggregate)
        micros = exp.Mul(this=seconds, expression=literals.number(_MICROSECONDS))
        return exp.cast(micros, "bigint")


class SQLite(DuckDB):
    """SQLite stores any value in any column, so the type is asked of each value as well.

    The functions whose names start with ``governance_`` are ours; see ``profiling.engines.sqlite``.
    """

    name: ClassVar[str] = "sqlite"
    widest: ClassVar[int] = 500
    typed: ClassVar[bool] = False
    nan_is_largest: ClassVar[bool] = False

    def operand(self, column: Column) -> exp.Expr:
        if column.family.is_day_or_time:
            return exp.Anonymous(this="governance_moment", expressions=[named(column)])
        return named(column)

    def literal(self, value: Value, column: Column) -> exp.Expr:
        found = literals.moment(value, Family.INSTANT)
        if column.family.is_day_or_time and found:
            return literals.text(found.strftime("%Y-%m-%d %H:%M:%S.%f"))
        if column.family is Family.TIME and isinstance(value, str):
            return literals.text(value)
        return literals.literal(value, column)

    def group(self, column: Column) -> exp.Expr:
        if column.family is Family.BOOLEAN:  # it stores them as 1 and 0
            names = {1: "true", 0: "false"}
            case = exp.case(named(column)).else_(named(column))
            for stored, name in names.items():
                case = case.when(exp.Literal.number(stored), exp.Literal.string(name))
            return case
        if column.family in (Family.TIMESTAMP, Family.INSTANT):
            return exp.Anonymous(this="governance_written", expressions=[named(column)])
        if column.family is Family.TEXT:
            return exp.Collate(this=named(column), expression=exp.var("BINARY"))
        return named(column)

    def odd(self, column: Column) -> exp.Expr | None:
        if column.family.is_day_or_time:
            return exp.Is(this=self.operand(column), expression=exp.Null())
        if column.family.is_number or column.family is Family.UNKNOWN:
            stored = exp.Anonymous(this="typeof", expressions=[named(column)])
            numbers = [exp.Literal.string(kind) for kind in ("integer", "real", "null")]
            return exp.not_(exp.In(this=stored, expressions=numbers))
        return None

    def matches(self, column: Column, pattern: str) -> exp.Expr:
        patterns.for_python(pattern)
        arguments = [literals.text(pattern), named(column)]
        return exp.Anonymous(this="governance_matches", expressions=arguments)

    def digest(self, text: exp.Expr) -> exp.Expr:
        return exp.Anonymous(this="governance_md5", expressions=[text.copy()])

    def microseconds(self, column: Column) -> exp.Expr:
        written = self.moment(self._summed(column))  # with a Z in front where the zone is known
        bare = exp.Anonymous(this="ltrim", expressions=[written, exp.Literal.string("Z")])
        return exp.cast(bare, "integer")

    def _summed(self, column: Column) -> exp.Expr:
        if column.family.is_day_or_time:
            return exp.Anonymous(this="governance_zoned", expressions=[named(column)])
        return named(column)

    def statistic(self, column: Column, statistic: Statistic) -> exp.Expr:
        if statistic is Statistic.STDDEV:
            return exp.Anonymous(this="governance_stddev", expressions=[named(column)])
        return super().statistic(column, statistic)

    def quantile(self, column: Column, share: float) -> exp.Expr:
        arguments = [named(column), literals.number(share)]
        return exp.Anonymous(this="governance_quantile", expressions=arguments)

    def is_json(self, column: Column) -> exp.Expr:
        return exp.Anonymous(this="json_valid", expressions=[self.operand(column)])

    def variance(self, column: Column) -> exp.Expr:
        return exp.Anonymous(this="governance_variance", expressions=[named(column)])

    def correlation(self, left: Column, right: Column) -> exp.Expr:
        arguments = [named(left), named(right)]
        return exp.Anonymous(this="governance_correlation", expressions=arguments)

    def approximate_distinct(self, columns: Sequence[Column]) -> exp.Expr | None:
        del columns
        return None

    def approximate_quantile(self, column: Column, share: float) -> exp.Expr | None:
        del column, share
        return None

    def without_counterpart(self, child: exp.Expr, parent: exp.Expr, on: exp.Expr) -> exp.Select:
        return not_exists(child, parent, on)

    def moment(self, aggregate: exp.Expr) -> exp.Expr:
        return exp.Anonymous(this="governance_micros", expressions=[aggregate])


def _count() -> exp.Select:
    return exp.select(exp.Count(this=exp.Star()))


def not_exists(child: exp.Expr, parent: exp.Expr, on: exp.Expr) -> exp.Select:
    counterpart = exp.select(exp.Literal.number(1)).from_(parent).where(on)
    return _count().from_(child).where(exp.not_(exp.Exists(this=counterpart)))
