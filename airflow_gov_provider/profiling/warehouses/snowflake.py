"""Snowflake."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar

from sqlglot import exp

from airflow_gov_provider.domain.quality.expectations import Statistic
from airflow_gov_provider.profiling.columns import Column, Family
from airflow_gov_provider.profiling.engines import literals
from airflow_gov_provider.profiling.engines.dialects import named
from airflow_gov_provider.profiling.warehouses import regexes, rewriting
from airflow_gov_provider.profiling.warehouses.base import Described, Warehouse

# The connector numbers its types; see snowflake.connector.constants.FIELD_TYPES.
_CODES: Mapping[int, tuple[str, Family]] = {
    0: ("NUMBER", Family.DECIMAL),
    1: ("FLOAT", Family.FLOAT),
    2: ("TEXT", Family.TEXT),
    3: ("DATE", Family.DATE),
    5: ("VARIANT", Family.OTHER),
    6: ("TIMESTAMP_LTZ", Family.INSTANT),
    7: ("TIMESTAMP_TZ", Family.INSTANT),
    8: ("TIMESTAMP_NTZ", Family.TIMESTAMP),
    9: ("OBJECT", Family.OTHER),
    10: ("ARRAY", Family.OTHER),
    11: ("BINARY", Family.OTHER),
    12: ("TIME", Family.TIME),
    13: ("BOOLEAN", Family.BOOLEAN),
}
# HASH gives equal numbers equal hashes; a float has two zeros, and VARIANT is compared otherwise.
_HASHABLE = frozenset(
    {Family.INTEGER, Family.DECIMAL, Family.TEXT, Family.BOOLEAN, Family.DATE, Family.TIMESTAMP}
)


class Snowflake(Warehouse):
    """Text is compared by code points whatever collation a column has.

    Timestamps are written with their kind, because what TIMESTAMP alone means is a setting.
    """

    name: ClassVar[str] = "snowflake"
    title: ClassVar[str] = "Snowflake"
    keeps_the_past: ClassVar[bool] = True
    sorts_alone: ClassVar[bool] = True
    casts: ClassVar[Mapping[str, str]] = {"TIMESTAMP": "timestamp_ntz"}
    transaction: ClassVar[tuple[str, str, str] | None] = ("BEGIN", "COMMIT", "ROLLBACK")
    time_limit: ClassVar[str | None] = "ALTER SESSION SET STATEMENT_TIMEOUT_IN_SECONDS = {seconds}"

    def column(self, described: Described) -> Column:
        physical, family = _CODES.get(described.code, ("UNKNOWN", Family.OTHER))
        if physical == "NUMBER":
            physical = f"NUMBER({described.precision or 38},{described.scale or 0})"
            family = Family.DECIMAL if described.scale else Family.INTEGER
        return Column(
            name=described.name, physical=physical, family=family, hashable=family in _HASHABLE
        )

    def same_name(self, written: str, stored: str) -> bool:
        """A name that was created without quotes is stored in capitals."""
        return written.upper() == stored

    def pinned(self, table: exp.Table, moment: datetime) -> exp.Table:
        at = exp.cast(literals.text(moment.isoformat(sep=" ")), "timestamptz")
        past = table.copy()
        past.set("when", exp.HistoricalData(this="AT", kind="TIMESTAMP", expression=at))
        return past

    def operand(self, column: Column) -> exp.Expr:
        if column.family is Family.TEXT:
            return exp.Collate(this=named(column), expression=exp.Literal.string("utf8"))
        return super().operand(column)

    def length(self, column: Column) -> exp.Expr:
        return exp.Length(this=named(column))

    def odd(self, column: Column) -> exp.Expr | None:
        if column.family is Family.FLOAT:
            nan = exp.cast(exp.Literal.string("NaN"), "double")
            return exp.EQ(this=named(column), expression=nan)
        return None

    def matches(self, column: Column, pattern: str) -> exp.Expr:
        """REGEXP_LIKE matches the whole text of its own accord, and takes none with a collation."""
        body, flags = regexes.translated(pattern, regexes.SNOWFLAKE)
        parameters = "".join(sorted(flags)) or "c"
        arguments = [named(column), literals.text(f"({body})"), literals.text(parameters)]
        return exp.Anonymous(this="REGEXP_LIKE", expressions=arguments)

    def statistic(self, column: Column, statistic: Statistic) -> exp.Expr:
        if statistic is Statistic.STDDEV:
            return exp.Stddev(this=exp.cast(named(column), "double"))  # of a sample
        return super().statistic(column, statistic)

    def exact_quantile(self, asked: rewriting.Quantile) -> exp.Expr:
        return exp.WithinGroup(
            this=exp.PercentileCont(this=asked.share),
            expression=exp.Order(expressions=[exp.Ordered(this=asked.value)]),
        )

    def moment(self, aggregate: exp.Expr) -> exp.Expr:
        part = exp.var("EPOCH_MICROSECOND")
        return exp.Anonymous(this="DATE_PART", expressions=[part, aggregate])

    def hashed(self, columns: Sequence[Column]) -> exp.Expr | None:
        return exp.Anonymous(this="HASH", expressions=[named(column) for column in columns])
