"""Trino."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import ClassVar

from sqlglot import exp

from airflow_gov_provider.domain.quality.expectations import Value
from airflow_gov_provider.profiling.columns import Column, Family
from airflow_gov_provider.profiling.engines import literals
from airflow_gov_provider.profiling.engines.dialects import named
from airflow_gov_provider.profiling.warehouses import regexes, rewriting
from airflow_gov_provider.profiling.warehouses.base import Described, Warehouse

_MICROSECONDS = 6
_FAMILIES: Mapping[str, Family] = {
    **dict.fromkeys(("tinyint", "smallint", "integer", "bigint"), Family.INTEGER),
    **dict.fromkeys(("real", "double"), Family.FLOAT),
    "decimal": Family.DECIMAL,
    "varchar": Family.TEXT,
    "boolean": Family.BOOLEAN,
    "date": Family.DATE,
    "timestamp": Family.TIMESTAMP,
    "timestamp with time zone": Family.INSTANT,
    "time": Family.TIME,
    "uuid": Family.SYMBOL,
}
_PARAMETERS = re.compile(r"\(\s*(\d+)\s*(?:,\s*\d+\s*)?\)")
# A text of Trino's SQL knows no escapes, and a statement is read and kept as lines.
_CONTROLS = str.maketrans(
    {"\t": r"\t", "\n": r"\n", "\r": r"\r", "\f": r"\f", "\v": r"\x0B", "\a": r"\x07"}
)
_TEXT, _EPOCH = "varchar", "1970-01-01 00:00:00.000000"


class Trino(Warehouse):
    """Instants are compared in UTC, and without their zones; times have six decimals.

    Trino has no exact quantile, so the rows are ranked for it.
    """

    name: ClassVar[str] = "trino"
    title: ClassVar[str] = "Trino"
    keeps_the_past: ClassVar[bool] = True
    widest: ClassVar[int] = 200
    filters: ClassVar[bool] = True
    nan_is_largest: ClassVar[bool] = False
    casts: ClassVar[Mapping[str, str]] = {
        "TIMESTAMP": "timestamp(6)",
        "TIMESTAMPTZ": "timestamp(6) with time zone",
        "TIME": "time(6)",
    }
    time_limit: ClassVar[str | None] = "SET SESSION query_max_run_time = '{seconds}s'"
    naming: ClassVar[re.Pattern[str] | None] = re.compile(
        r"SYNTAX_ERROR|(?:COLUMN|TABLE|SCHEMA|CATALOG|FUNCTION)_NOT_FOUND|TYPE_MISMATCH"
    )

    def column(self, described: Described) -> Column:
        physical = str(described.code)
        family = _FAMILIES.get(_PARAMETERS.sub("", physical.lower()), Family.OTHER)
        decimals = _PARAMETERS.search(physical)
        if family.is_day_or_time and decimals and int(decimals[1]) > _MICROSECONDS:
            family = Family.OTHER  # a cast to microseconds rounds, where the others cut off
        hashable = family in (Family.INTEGER, Family.TEXT)
        return Column(name=described.name, physical=physical, family=family, hashable=hashable)

    def operand(self, column: Column) -> exp.Expr:
        if column.family is Family.INSTANT:
            utc = [named(column), exp.Literal.string("UTC")]
            return exp.cast(exp.Anonymous(this="AT_TIMEZONE", expressions=utc), "timestamp")
        return super().operand(column)

    def literal(self, value: Value, column: Column) -> exp.Expr:
        found = literals.moment(value, column.family)
        if column.family is Family.INSTANT and found is not None:
            naive = found.replace(tzinfo=None)
            return exp.cast(literals.text(naive.isoformat(sep=" ")), "timestamp")
        return super().literal(value, column)

    def now(self) -> exp.Expr:
        arguments = [exp.CurrentTimestamp(), exp.Literal.string("UTC")]
        return self.moment(exp.Anonymous(this="AT_TIMEZONE", expressions=arguments))

    def matches(self, column: Column, pattern: str) -> exp.Expr:
        body, flags = regexes.translated(pattern, regexes.TRINO)
        options = "(?i)" if flags else ""
        readable = body.translate(_CONTROLS)
        arguments = [self.operand(column), literals.text(rf"{options}\A(?:{readable})\z")]
        return exp.Anonymous(this="REGEXP_LIKE", expressions=arguments)

    def exact_quantile(self, asked: rewriting.Quantile) -> exp.Expr:
        """Between the two values whose ranks enclose share * (n - 1), counted from 0."""
        value, one = exp.column("v"), exp.Literal.number(1)
        order = exp.Order(expressions=[exp.Ordered(this=asked.value.copy())])
        row_number = exp.Window(this=exp.RowNumber(), order=order, over="OVER")
        counted = exp.Window(this=exp.Count(this=asked.value.copy()), over="OVER")
        ranked = asked.relation.select(
            exp.alias_(asked.value.copy(), "v"),
            exp.alias_(exp.Sub(this=row_number, expression=one.copy()), "r"),
            exp.alias_(counted, "n"),
        )
        last = exp.paren(exp.Sub(this=exp.column("n"), expression=one.copy()))
        rank = exp.paren(exp.Mul(this=asked.share.copy(), expression=exp.cast(last, "double")))
        ends = [exp.Floor(this=rank.copy()), exp.Ceil(this=rank.copy())]
        low, high = exp.Min(this=value.copy()), exp.Max(this=value.copy())
        part = exp.Max(this=exp.Sub(this=rank.copy(), expression=ends[0].copy()))
        rise = exp.paren(exp.Sub(this=high, expression=low.copy()))
        between = exp.Add(this=low, expression=exp.Mul(this=rise, expression=part))
        return (
            exp.select(between)
            .from_(ranked.subquery("ranked"))
            .where(exp.In(this=exp.column("r"), expressions=ends))
            .where(exp.not_(exp.Is(this=value.copy(), expression=exp.null())))
            .subquery()
        )

    def moment(self, aggregate: exp.Expr) -> exp.Expr:
        """Whole seconds and the six digits after them: a double would not hold both."""
        at = exp.cast(aggregate, "timestamp")
        second = exp.Literal.string("SECOND")
        epoch = exp.cast(exp.Literal.string(_EPOCH), "timestamp")
        whole = exp.Anonymous(this="DATE_TRUNC", expressions=[second.copy(), at.copy()])
        seconds = exp.Anonymous(this="DATE_DIFF", expressions=[second, epoch, whole])
        digits = exp.Anonymous(
            this="SUBSTR",
            expressions=[exp.cast(at, _TEXT), exp.Neg(this=exp.Literal.number(_MICROSECONDS))],
        )
        micros = exp.Mul(this=seconds, expression=literals.number(1_000_000))
        return exp.Add(this=micros, expression=exp.cast(digits, "bigint"))

    def hashed(self, columns: Sequence[Column]) -> exp.Expr | None:
        if len(columns) != 1:
            return None
        utf8 = exp.Anonymous(this="TO_UTF8", expressions=[named(columns[0])])
        return exp.Anonymous(this="XXHASH64", expressions=[utf8])
