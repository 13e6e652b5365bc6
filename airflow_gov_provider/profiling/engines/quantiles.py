"""Quantiles of more numbers than fit into memory: sorted on disk instead of in an aggregate."""

from __future__ import annotations

import math
from collections.abc import Callable

from sqlglot import exp

from airflow_gov_provider.profiling.engines.engine import Row

Fetch = Callable[[exp.Query], list[Row]]


def fetched_apart(query: exp.Query, fetch: Fetch) -> list[Row] | None:
    """The one row that ``query`` asks for, each of its quantiles by a statement of its own.

    None if it asks for no quantile, or for those of groups.
    """
    if not isinstance(query, exp.Select) or query.args.get("group"):
        return None
    selected = [each.unalias() for each in query.expressions]
    apart = {index for index, each in enumerate(selected) if _call(each) is not None}
    if not apart:
        return None
    others = [
        exp.alias_(exp.null() if index in apart else each.copy(), f"m_{index}")
        for index, each in enumerate(selected)
    ]
    (row,) = fetch(query.select(*others, append=False))
    return [
        tuple(
            _quantile(query, selected[index], fetch) if index in apart else value
            for index, value in enumerate(row)
        )
    ]


def _call(selected: exp.Expr) -> exp.Anonymous | None:
    """The call of ``quantile_cont``, with or without a FILTER."""
    call = selected.this if isinstance(selected, exp.Filter) else selected
    if isinstance(call, exp.Anonymous) and call.name.lower() == "quantile_cont":
        return call
    return None


def _quantile(query: exp.Select, selected: exp.Expr, fetch: Fetch) -> float | None:
    """On the line between the two nearest ranks, as the aggregate gives it."""
    call = _call(selected)
    assert call is not None  # noqa: S101 - it was looked for before
    operand, share = call.expressions
    present = exp.not_(exp.Is(this=operand.copy(), expression=exp.null()))
    rows = query.select("*", append=False).where(present)
    if isinstance(selected, exp.Filter):
        rows = rows.where(selected.expression.this.copy())
    ((count,),) = fetch(rows.select(exp.Count(this=exp.Star()), append=False))
    if not count:
        return None
    rank = float(share.name) * (count - 1)
    nearest = (
        rows.select(operand.copy(), append=False)
        .order_by(operand.copy())
        .offset(math.floor(rank))
        .limit(2)
    )
    (below, *above) = (row[0] for row in fetch(nearest))
    upper = above[0] if above else below
    return float(below + (upper - below) * (rank - math.floor(rank)))
