"""Spark SQL, and Databricks, which is Spark SQL here."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from sqlglot import exp

from airflow_gov_provider.profiling.columns import Column, Family
from airflow_gov_provider.profiling.engines import literals
from airflow_gov_provider.profiling.engines.dialects import named
from airflow_gov_provider.profiling.warehouses import regexes, rewriting
from airflow_gov_provider.profiling.warehouses.base import Described, Warehouse
from airflow_gov_provider.profiling.warehouses.writing import Rewrite

_FAMILIES: Mapping[str, Family] = {
    **dict.fromkeys(("tinyint", "smallint", "int", "bigint"), Family.INTEGER),
    **dict.fromkeys(("float", "double"), Family.FLOAT),
    "decimal": Family.DECIMAL,
    **dict.fromkeys(("string", "varchar"), Family.TEXT),
    "boolean": Family.BOOLEAN,
    "date": Family.DATE,
    "timestamp": Family.INSTANT,
    "timestamp_ntz": Family.TIMESTAMP,
}
_PARAMETERS = re.compile(r"\(\s*\d+\s*(?:,\s*\d+\s*)?\)$")
_HASHABLE = frozenset(
    {Family.INTEGER, Family.DECIMAL, Family.TEXT, Family.BOOLEAN, Family.DATE, Family.INSTANT}
)


class Spark(Warehouse):
    """A TIMESTAMP is an instant here; a session has to read times in UTC, and is told to.

    Columns of type CHAR and of a collation are not compared: their values are not what is stored.
    """

    name: ClassVar[str] = "spark"
    title: ClassVar[str] = "Spark"
    filters: ClassVar[bool] = True
    sorts_alone: ClassVar[bool] = True
    casts: ClassVar[Mapping[str, str]] = {"TIMESTAMP": "timestamp_ntz"}
    settings: ClassVar[Sequence[str]] = ("SET TIME ZONE 'UTC'",)
    naming: ClassVar[re.Pattern[str] | None] = re.compile(r"SQLSTATE: 42")

    def describing(self, query: exp.Select) -> str:
        return f"DESCRIBE QUERY {self.compiled(query)}"

    def described(self, description: Sequence[Any], rows: Sequence[Any]) -> list[Described]:
        del description
        return [Described(name=row[0], code=row[1]) for row in rows]

    def column(self, described: Described) -> Column:
        physical = str(described.code)
        family = _FAMILIES.get(_PARAMETERS.sub("", physical.lower()), Family.OTHER)
        return Column(
            name=described.name, physical=physical, family=family, hashable=family in _HASHABLE
        )

    def matches(self, column: Column, pattern: str) -> exp.Expr:
        body, flags = regexes.translated(pattern, regexes.JAVA)
        options = "(?iu)" if flags else ""
        whole = rf"{options}\A(?:{body})\z"
        return exp.paren(exp.RegexpLike(this=self.operand(column), expression=literals.text(whole)))

    def exact_quantile(self, asked: rewriting.Quantile) -> exp.Expr:
        return exp.AnonymousAggFunc(this="PERCENTILE", expressions=[asked.value, asked.share])

    def created(self, table: str, rows: str, *, run: Sequence[str]) -> str:
        return (
            f"CREATE TABLE IF NOT EXISTS {table} USING parquet "
            f"PARTITIONED BY ({', '.join(run)}) AS {rows}"
        )

    def replacing(self, rewrite: Rewrite, rows: str) -> list[str]:
        return [rewrite.overwrite(rows)]

    def emptying(self, rewrite: Rewrite) -> str:
        return rewrite.drop_partition()

    def moment(self, aggregate: exp.Expr) -> exp.Expr:
        instant = exp.cast(aggregate, "timestamptz")  # in a session of UTC
        return exp.Anonymous(this="UNIX_MICROS", expressions=[instant])

    def hashed(self, columns: Sequence[Column]) -> exp.Expr | None:
        return exp.Anonymous(this="XXHASH64", expressions=[named(column) for column in columns])


class Databricks(Spark):
    name: ClassVar[str] = "databricks"
    title: ClassVar[str] = "Databricks"
    time_limit: ClassVar[str | None] = "SET STATEMENT_TIMEOUT = {seconds}"

    def created(self, table: str, rows: str, *, run: Sequence[str]) -> str:
        return Warehouse.created(self, table, rows, run=run)

    def replacing(self, rewrite: Rewrite, rows: str) -> list[str]:
        return [rewrite.replace_where(rows)]

    def emptying(self, rewrite: Rewrite) -> str:
        return rewrite.delete()
