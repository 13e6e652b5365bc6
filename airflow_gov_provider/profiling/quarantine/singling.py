"""Which rows fail a check: a condition on each row, or a list of the keys of those that do.

A list stands beside the table in a LEFT JOIN. Not every warehouse takes a subquery that looks at
the row it stands in, and a window over all rows would carry all their columns through a sort.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot import exp

from airflow_gov_provider.profiling.engines.dialects import present

_KEY, _LISTED = "governance_key", "governance_listed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """A list of keys beside the table, of which no row of the table matches more than one."""

    keys: exp.Subquery
    on: exp.Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class Singled:
    """The failing rows of a check.

    :param condition: true for a row that fails; it may use window functions, and it may be NULL
        where it is not true.
    :param beside: what has to stand beside the table for that.
    """

    condition: exp.Expr
    beside: tuple[Beside, ...] = ()


def key_name(index: int) -> str:
    """What a list calls its columns; no column of the data has such a name."""
    return f"{_KEY}_{index}"


def listed(
    keys: exp.Select, own: Sequence[exp.Expr], *, name: str, nulls_match: bool = False
) -> tuple[exp.Expr, Beside]:
    """True for a row whose key is listed, and the list.

    :param keys: selects each key once, its columns named by ``key_name``.
    :param own: the key of a row of the table, part by part.
    :param name: of the list; no other list beside the table may have it.
    :param nulls_match: whether NULL is a key like any other.
    """
    parts = [exp.column(key_name(index), table=name) for index in range(len(own))]
    one = exp.alias_(exp.Literal.number(1), _LISTED)
    rows = exp.select(*[exp.column(key_name(index)) for index in range(len(own))], one)
    pairs = list(zip(own, parts, strict=True))
    on = exp.and_(
        *([same_text(own, parts)] if nulls_match else []),
        *[
            (exp.NullSafeEQ if nulls_match else exp.EQ)(this=a.copy(), expression=b)
            for a, b in pairs
        ],
    )
    beside = Beside(keys=rows.from_(keys.subquery("governance_keys")).subquery(name), on=on)
    return present(exp.column(_LISTED, table=name)), beside


def same_text(own: Sequence[exp.Expr], parts: Sequence[exp.Expr]) -> exp.Expr:
    """An equality by which a database can sort or hash; equal keys read alike."""
    return exp.EQ(this=_text(own), expression=_text(parts))


def _text(parts: Sequence[exp.Expr]) -> exp.Expr:
    joined: exp.Expr = exp.Literal.string("")
    for part in parts:
        text = exp.cast(part.copy(), "text")
        written = exp.Coalesce(this=text, expressions=[exp.Literal.string("")])
        joined = exp.DPipe(
            this=exp.DPipe(this=joined, expression=exp.Literal.string("|")), expression=written
        )
    return joined
