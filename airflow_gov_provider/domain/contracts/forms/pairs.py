"""Columns of one row held against each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from airflow_gov_provider.domain.contracts.forms.form import Fields, Form, required
from airflow_gov_provider.domain.contracts.problems import Node
from airflow_gov_provider.domain.quality.expectations import Expectation
from airflow_gov_provider.domain.quality.parameters import Effect, Parameters, larger

SIGNS = {
    "eq_column": "=",
    "ne_column": "<>",
    "lt_column": "<",
    "le_column": "<=",
    "gt_column": ">",
    "ge_column": ">=",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PairOrder(Parameters):
    """The first column of the expectation against its second, in rows that have both."""

    kind: ClassVar[str] = "pair_order"
    counts_rows: ClassVar[bool] = True
    orders: ClassVar = {
        "sign": lambda old, new: {
            (">=", ">"): Effect.TIGHTENED,
            ("<=", "<"): Effect.TIGHTENED,
            (">=", "="): Effect.TIGHTENED,
            ("<=", "="): Effect.TIGHTENED,
            (">", ">="): Effect.LOOSENED,
            ("<", "<="): Effect.LOOSENED,
            ("=", ">="): Effect.LOOSENED,
            ("=", "<="): Effect.LOOSENED,
            ("<>", ">"): Effect.TIGHTENED,
            ("<>", "<"): Effect.TIGHTENED,
            (">", "<>"): Effect.LOOSENED,
            ("<", "<>"): Effect.LOOSENED,
        }.get((old, new), Effect.CHANGED)
    }

    sign: str

    def words(self, check: Expectation) -> str:
        return f"{check.columns[0]} {self.sign} {check.columns[-1]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SumEquals(Parameters):
    """Columns that together make up a total, in rows that have all of them.

    :param total: the column of the total; it stands last among those of the expectation.
    :param value: the total itself, instead.
    :param within: how far the two may lie apart.
    """

    kind: ClassVar[str] = "sum_equals"
    counts_rows: ClassVar[bool] = True
    about: ClassVar[str] = "number"
    orders: ClassVar = {"within": larger(Effect.LOOSENED)}

    total: str | None = None
    value: float | None = None
    within: float | None = None

    def words(self, check: Expectation) -> str:
        parts = check.columns[:-1] if self.total else check.columns
        wanted = self.total if self.total is not None else f"{self.value:g}"
        margin = f", within {self.within:g}" if self.within else ""
        return f"{' + '.join(parts)} = {wanted}{margin}"


def _pair(sign: str) -> Form:
    def read(fields: Fields, owner: Node) -> dict[str, Any] | None:
        node = required(fields, owner, "other", what="the column to compare with")
        other = node.text() if node else None
        return {"parameters": PairOrder(sign=sign), "beside": (other,)} if other else None

    def fits(columns: tuple[str, ...], own: Mapping[str, Any]) -> str | None:
        del own
        return f"{columns[0]!r} is compared with itself" if columns[0] == columns[-1] else None

    return Form(kind=PairOrder, bare="other", keys=("other",), read=read, fits=fits)


def _sum_equals(fields: Fields, owner: Node) -> dict[str, Any] | None:
    if ("total" in fields) is ("value" in fields):
        message = "expected either 'total' (a column) or 'value' (a number)"
        owner.lacks(message, "total", "value")
        return None
    total = fields["total"].text() if "total" in fields else None
    value = fields["value"].number() if "value" in fields else None
    within = fields["within"].number() if "within" in fields else None
    if within is not None and within < 0:
        fields["within"].wrong(f"expected 0 or more, found {within}")
        return None
    if total is None and value is None:
        return None
    made = SumEquals(
        total=total,
        value=None if value is None else float(value),
        within=None if within is None else float(within),
    )
    return {"parameters": made, "beside": (total,) if total else ()}


def _repeated(columns: tuple[str, ...], own: Mapping[str, Any]) -> str | None:
    del own
    return "the total stands among its parts" if len(set(columns)) < len(columns) else None


FORMS = {
    **{word: _pair(sign) for word, sign in SIGNS.items()},
    "sum_equals": Form(
        example="{columns: [net, tax], total: gross}",
        kind=SumEquals,
        keys=("total", "value", "within"),
        read=_sum_equals,
        columns=2,
        fewest=1,
        fits=_repeated,
    ),
}
