"""BigQuery (GoogleSQL)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import ClassVar

from sqlglot import exp

from airflow_gov_provider.domain.quality.expectations import Value
from airflow_gov_provider.profiling.columns import Column, Family
from airflow_gov_provider.profiling.engines import literals, patterns
from airflow_gov_provider.profiling.engines.dialects import named
from airflow_gov_provider.profiling.warehouses import rewriting
from airflow_gov_provider.profiling.warehouses.base import Described, Warehouse
from airflow_gov_provider.profiling.warehouses.writing import Rewrite

_FAMILIES: Mapping[str, tuple[str, Family]] = {
    **dict.fromkeys(("INTEGER", "INT64"), ("INT64", Family.INTEGER)),
    **dict.fromkeys(("FLOAT", "FLOAT64"), ("FLOAT64", Family.FLOAT)),
    "NUMERIC": ("NUMERIC", Family.DECIMAL),
    "BIGNUMERIC": ("BIGNUMERIC", Family.DECIMAL),
    "STRING": ("STRING", Family.TEXT),
    **dict.fromkeys(("BOOLEAN", "BOOL"), ("BOOL", Family.BOOLEAN)),
    "DATE": ("DATE", Family.DATE),
    "DATETIME": ("DATETIME", Family.TIMESTAMP),
    "TIMESTAMP": ("TIMESTAMP", Family.INSTANT),
    "TIME": ("TIME", Family.TIME),
}
_BINARY = exp.Literal.string("")


class BigQuery(Warehouse):
    """RE2 is its own; NaN equals nothing; a quantile is exact only as a window function."""

    name: ClassVar[str] = "bigquery"
    title: ClassVar[str] = "BigQuery"
    keeps_the_past: ClassVar[bool] = True
    nan_is_largest: ClassVar[bool] = False
    naming: ClassVar[re.Pattern[str] | None] = re.compile(
        r"Unrecognized name|Not found: (?:Table|Dataset)|Syntax error|Function not found"
        r"|No matching signature"
    )

    def column(self, described: Described) -> Column:
        code = str(described.code).upper()
        physical, family = _FAMILIES.get(code, (code, Family.OTHER))
        hashable = family in (Family.INTEGER, Family.TEXT)
        return Column(name=described.name, physical=physical, family=family, hashable=hashable)

    def operand(self, column: Column) -> exp.Expr:
        if column.family is Family.TEXT:
            return exp.Collate(this=named(column), expression=_BINARY.copy())
        return super().operand(column)

    def length(self, column: Column) -> exp.Expr:
        return exp.Anonymous(this="CHAR_LENGTH", expressions=[named(column)])

    def partitions_by(self, column: Column) -> bool:
        return column.family is not Family.FLOAT

    def literal(self, value: Value, column: Column) -> exp.Expr:
        if column.family is Family.DECIMAL and isinstance(value, float):
            literals.number(value)
            return exp.cast(literals.text(repr(value)), exp.DataType.Type.BIGDECIMAL)
        return literals.literal(value, column)

    def matches(self, column: Column, pattern: str) -> exp.Expr:
        whole = rf"\A(?:{patterns.checked(pattern)})\z"
        arguments = [named(column), literals.text(whole)]
        return exp.Anonymous(this="REGEXP_CONTAINS", expressions=arguments)

    def total(self, column: Column) -> exp.Expr:
        return exp.Sum(this=exp.cast(named(column), exp.DataType.Type.BIGDECIMAL))

    def exact_quantile(self, asked: rewriting.Quantile) -> exp.Expr:
        percentile = exp.Anonymous(this="PERCENTILE_CONT", expressions=[asked.value, asked.share])
        query = asked.relation.select(exp.Window(this=percentile, over="OVER")).limit(1)
        return query.subquery()

    def replacing(self, rewrite: Rewrite, rows: str) -> list[str]:
        return [rewrite.merge(rows)]

    def moment(self, aggregate: exp.Expr) -> exp.Expr:
        instant = exp.cast(aggregate, "timestamptz")  # a DATETIME is taken for UTC
        return exp.Anonymous(this="UNIX_MICROS", expressions=[instant])

    def hashed(self, columns: Sequence[Column]) -> exp.Expr | None:
        if len(columns) != 1:
            return None
        return exp.Anonymous(this="FARM_FINGERPRINT", expressions=[named(columns[0])])
