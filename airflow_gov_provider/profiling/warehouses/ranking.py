"""Exact quantiles of each group by ranks, which every warehouse can count."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from airflow_gov_provider.profiling.columns import Column
from airflow_gov_provider.profiling.engines import literals
from airflow_gov_provider.profiling.engines.dialects import named, present


def quantiles(
    relation: exp.Expr, keys: Sequence[exp.Expr], column: Column, shares: Sequence[float]
) -> exp.Select:
    """The keys of each group that has a value, then its quantiles, linear between two ranks.

    Counted from 0, the quantile is at share * (n - 1).
    """
    names = [f"k{index}" for index in range(len(keys))]
    row_number = exp.Window(this=exp.RowNumber(), order=_by(column), **_within(keys))
    counted = exp.Window(this=exp.Count(this=exp.Star()), **_within(keys))
    ranked = (
        exp.select(
            *(exp.alias_(key.copy(), name) for key, name in zip(keys, names, strict=True)),
            exp.alias_(exp.cast(named(column), "double"), "v"),
            exp.alias_(_less_one(row_number), "place"),
            exp.alias_(exp.cast(_less_one(counted), "double"), "highest"),
        )
        .from_(relation)
        .where(present(named(column)))
    )
    return (
        exp.select(*(exp.column(name) for name in names), *(_quantile(each) for each in shares))
        .from_(ranked.subquery("ranked"))
        .group_by(*[exp.Literal.number(index + 1) for index in range(len(keys))])
    )


def _within(keys: Sequence[exp.Expr]) -> dict[str, object]:
    return {"partition_by": [key.copy() for key in keys], "over": "OVER"}


def _by(column: Column) -> exp.Order:
    # Not exp.Ordered: it adds where NULLs stand, which not every window may say.
    return exp.Order(expressions=[named(column)])


def _less_one(counted: exp.Expr) -> exp.Expr:
    return exp.Sub(this=counted, expression=exp.Literal.number(1))


def _quantile(share: float) -> exp.Expr:
    rank = exp.Mul(this=literals.number(share), expression=exp.column("highest"))
    low, high = _at(exp.Floor(this=rank.copy())), _at(exp.Ceil(this=rank.copy()))
    part = exp.Max(this=exp.Sub(this=rank, expression=exp.Floor(this=rank.copy())))
    rise = exp.paren(exp.Sub(this=high, expression=low.copy()))
    return exp.Add(this=low, expression=exp.Mul(this=rise, expression=part))


def _at(rank: exp.Expr) -> exp.Expr:
    """The value of this rank."""
    is_there = exp.EQ(this=exp.column("place"), expression=rank)
    return exp.Max(this=exp.case().when(is_there, exp.column("v")))
