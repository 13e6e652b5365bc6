"""Statements about keys that occur more than once."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from airflow_gov_provider.profiling.columns import Column
from airflow_gov_provider.profiling.dialects import named
from airflow_gov_provider.profiling.engine import Relation


def repeated_rows(relation: Relation, keys: Sequence[Column], where: exp.Expression) -> exp.Select:
    """The exact count, by grouping: right for every type, and the dearest way to know it."""
    count = exp.Count(this=exp.Star())
    groups = (
        exp.select(exp.alias_(count, "n"))
        .from_(relation.table)
        .where(where)
        .group_by(*(named(key) for key in keys))
        .having(exp.GT(this=count.copy(), expression=exp.Literal.number(1)))
    )
    total = exp.Coalesce(this=exp.Sum(this=exp.column("n")), expressions=[exp.Literal.number(0)])
    return exp.select(total).from_(groups.subquery("repeats"))
