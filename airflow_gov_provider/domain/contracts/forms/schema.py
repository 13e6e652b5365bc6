"""Columns: that they are there, of which type, how many, and whether they may hold NULL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from airflow_gov_provider.domain.contracts import values
from airflow_gov_provider.domain.contracts.forms.form import (
    Fields,
    Form,
    counted_bounds,
    names,
    nothing,
    required,
    required_text,
)
from airflow_gov_provider.domain.contracts.problems import Node
from airflow_gov_provider.domain.quality.expectations import (
    Bounds,
    CheckKind,
    Expectation,
    LogicalType,
)
from airflow_gov_provider.domain.quality.judging import Case, holds
from airflow_gov_provider.domain.quality.parameters import Effect, Parameters, flagged
from airflow_gov_provider.domain.quality.phrases import number_words_of
from airflow_gov_provider.domain.verdicts import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnsMatchSet(Parameters):
    """The table has these columns and no others, in any order."""

    kind: ClassVar[str] = "columns_match_set"
    needs_rows: ClassVar[bool] = False

    names: tuple[str, ...]

    def words(self, check: Expectation) -> str:
        del check
        return f"the columns {', '.join(self.names)} and no others"

    def judge(self, case: Case) -> Finding:
        there = list(case.profile.columns)
        missing = [name for name in self.names if name not in case.profile.columns]
        strange = [name for name in there if name not in self.names]
        parts = [
            f"{word}: {', '.join(some)}"
            for word, some in (("missing", missing), ("not in the contract", strange))
            if some
        ]
        return case.decided(ok=not parts, reason="; ".join(parts), observed=f"{len(there)} columns")


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnsMatchOrdered(Parameters):
    """The table has exactly these columns in exactly this order."""

    kind: ClassVar[str] = "columns_match_ordered"
    needs_rows: ClassVar[bool] = False

    names: tuple[str, ...]

    def words(self, check: Expectation) -> str:
        del check
        return f"the columns {', '.join(self.names)} in this order"

    def judge(self, case: Case) -> Finding:
        there = tuple(case.profile.columns)
        return case.decided(
            ok=there == self.names,
            reason=self._first_difference(there),
            observed=f"{len(there)} columns",
        )

    def _first_difference(self, there: tuple[str, ...]) -> str:
        for position, (wanted, found) in enumerate(zip(self.names, there, strict=False), start=1):
            if wanted != found:
                return f"column {position} is {found!r}, expected {wanted!r}"
        if len(there) > len(self.names):
            return f"column {len(self.names) + 1}, {there[len(self.names)]!r}, is one too many"
        return f"there are {len(there)} columns, expected {len(self.names)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnCount(Parameters):
    """How many columns the table has, within the bounds of the expectation."""

    kind: ClassVar[str] = "column_count"
    always_within: ClassVar = (0, None)
    needs_rows: ClassVar[bool] = False

    def words(self, check: Expectation) -> str:
        return number_words_of(check, "column count")

    def judge(self, case: Case) -> Finding:
        count = len(case.profile.columns)
        ok = holds(count, case.expectation.bounds or Bounds())
        return case.decided(ok=ok, reason="outside the bounds", observed=count)


@dataclass(frozen=True, slots=True, kw_only=True)
class Nullable(Parameters):
    """Whether the database lets the column hold NULL, whatever its rows hold now."""

    kind: ClassVar[str] = "nullable"
    orders: ClassVar = {"allowed": flagged(Effect.LOOSENED)}

    allowed: bool

    def words(self, check: Expectation) -> str:
        del check
        return "declared as nullable" if self.allowed else "declared as NOT NULL"

    def judge(self, case: Case) -> Finding:
        found = bool(case.measurement and case.measurement.value)
        shown = "nullable" if found else "NOT NULL"
        return case.decided(
            ok=found is self.allowed, reason=f"the column is declared {shown}", observed=shown
        )


def _type(fields: Fields, owner: Node) -> dict[str, Any] | None:
    node = fields.get("is")
    if node is None:
        owner.lacks(f"expected a type: {', '.join(LogicalType)}", "is")
        return None
    word = node.choice([kind.value for kind in LogicalType])
    return {"logical_type": LogicalType(word)} if word else None


def _physical_type(fields: Fields, owner: Node) -> dict[str, Any] | None:
    text = required_text(fields, owner, "is")
    return {"physical_type": text.strip()} if text else None


def _names(kind: type[ColumnsMatchSet | ColumnsMatchOrdered]) -> Form:
    def read(fields: Fields, owner: Node) -> dict[str, Any] | None:
        node = required(fields, owner, "names", what="a list of columns")
        found = names(node) if node else ()
        return {"parameters": kind(names=found)} if found else None

    return Form(kind=kind, bare="names", keys=("names",), read=read, columns=0)


def _column_count(fields: Fields, owner: Node) -> dict[str, Any] | None:
    found = counted_bounds(fields, owner)
    return {"parameters": ColumnCount(), **found} if found else None


def _nullable(fields: Fields, owner: Node) -> dict[str, Any] | None:
    node = required(fields, owner, "allowed", what="true or false")
    allowed = node.flag() if node else None
    return None if allowed is None else {"parameters": Nullable(allowed=allowed)}


FORMS = {
    "column_exists": Form(
        kind=CheckKind.COLUMN_EXISTS, read=nothing, switch=True, named=lambda _: "exists"
    ),
    "type": Form(kind=CheckKind.COLUMN_TYPE, bare="is", keys=("is",), read=_type),
    "physical_type": Form(kind=CheckKind.COLUMN_TYPE, bare="is", keys=("is",), read=_physical_type),
    "nullable": Form(
        kind=Nullable, bare="allowed", keys=("allowed",), read=_nullable, takes_where=False
    ),
    "columns_match_set": _names(ColumnsMatchSet),
    "columns_match_ordered": _names(ColumnsMatchOrdered),
    "column_count": Form(
        kind=ColumnCount, bare="exactly", keys=values.BOUND_KEYS, read=_column_count, columns=0
    ),
}
