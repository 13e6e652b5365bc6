"""Numbers and keys of a table held against those of another one in the same database."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from airflow_gov_provider.domain.contracts import values
from airflow_gov_provider.domain.contracts.forms import references
from airflow_gov_provider.domain.contracts.forms.form import (
    Fields,
    Form,
    required,
    required_text,
)
from airflow_gov_provider.domain.contracts.forms.history import Of, of_a_column
from airflow_gov_provider.domain.contracts.problems import Node
from airflow_gov_provider.domain.quality.expectations import Expectation, Reference, Tolerance
from airflow_gov_provider.domain.quality.judging import Case, exact
from airflow_gov_provider.domain.quality.parameters import Effect, Parameters
from airflow_gov_provider.domain.verdicts import Finding


def _difference(before: Tolerance | None, after: Tolerance | None) -> Effect:
    old, new = before or Tolerance(count=0), after or Tolerance(count=0)
    if old == Tolerance(count=0) or new == Tolerance(count=0):
        return Effect.LOOSENED if old == Tolerance(count=0) else Effect.TIGHTENED
    for one, other in ((old.count, new.count), (old.share, new.share)):
        if one is not None and other is not None:
            return Effect.LOOSENED if other > one else Effect.TIGHTENED
    return Effect.CHANGED


@dataclass(frozen=True, slots=True, kw_only=True)
class Matches(Parameters):
    """A number of this table equals the same number of another one.

    :param other_where: which rows of the other table count.
    :param difference: how far the two may be apart: an amount, or a share of the other number.
    """

    kind: ClassVar[str] = "matches"
    told_apart_by: ClassVar[tuple[str, ...]] = ("of",)
    orders: ClassVar[Mapping[str, Callable[[Any, Any], Effect]]] = {"difference": _difference}

    of: Of
    other_where: str | None = None
    difference: Tolerance | None = None

    def words(self, check: Expectation) -> str:
        words = f"{self.of.value.replace('_', ' ')} as in {_named(check.reference)}"
        if self.other_where:
            words += f" where {self.other_where}"
        return words + _apart(self.difference)

    def judge(self, case: Case) -> Finding | None:
        measured = case.measurement
        own = _number(measured.value if measured else None)
        other = _number(measured.details.get("other") if measured else None)
        if own is None or other is None:
            where = "either table" if own is None and other is None else "one of the two tables"
            return case.insufficient(f"there is nothing to compare in {where}")
        if self.of is Of.ROW_COUNT and own == other == 0:
            return case.insufficient("both tables are empty")
        apart = exact(own) - exact(other)
        return case.decided(
            ok=abs(apart) <= self._allowed(exact(other)),
            reason=f"the other table has {_told(other)}",
            observed=own,
            other=other,
            difference=float(apart),
        )

    def _allowed(self, other: Fraction) -> Fraction:
        if self.difference is None:
            return Fraction(0)
        if self.difference.count is not None:
            return Fraction(self.difference.count)
        return Fraction(str(self.difference.share or 0)) * abs(other)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysMatch(Parameters):
    """Every key of this table is in the other one, and every key of that one is here."""

    kind: ClassVar[str] = "keys_match"
    counts_rows: ClassVar[bool] = True

    def words(self, check: Expectation) -> str:
        return f"the same keys as {_named(check.reference)}"

    def judge(self, case: Case) -> Finding | None:
        measured = case.measurement
        if measured is None or case.profile.rows or not measured.failing:
            return None
        return case.decided(
            ok=False,
            reason="the table is empty, and the other one is not",
            observed=f"{measured.failing} rows of the other table have no counterpart",
            **measured.details,
        )


def _number(value: object) -> int | float | None:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    return None


def _told(value: float) -> str:
    """Without the digits that adding up floats leaves behind."""
    return str(value) if isinstance(value, int) else f"{value:.12g}"


def _named(reference: Reference | None) -> str:
    if reference is None:
        return "another table"
    columns = f" ({', '.join(reference.columns)})" if reference.columns else ""
    return f"{reference.table}{columns}"


def _apart(difference: Tolerance | None) -> str:
    if difference is None:
        return ""
    if difference.count is not None:
        return f", up to {difference.count} apart"
    return f", up to {(difference.share or 0.0) * 100:.10g}% apart"


def _other(fields: Fields, owner: Node, *, column: bool) -> tuple[Reference, str | None] | None:
    """``with: {table, column, where}``, or the bare name of the table."""
    node = required(fields, owner, "with", what="the other table")
    if node is None:
        return None
    if isinstance(node.value, str):
        return Reference(table=node.value, columns=()), None
    inner = node.fields(("table", "where", "column") if column else ("table", "where"))
    table = required_text(inner, node, "table")
    where = values.condition(inner["where"]) if "where" in inner else None
    name = inner["column"].text() if "column" in inner else None
    lost = ("where" in inner and where is None) or ("column" in inner and name is None)
    if table is None or lost:
        return None
    return Reference(table=table, columns=(name,) if name else ()), where


def _matching(of: Callable[[Fields, Node], Of | None], *, column: bool) -> Callable[..., Any]:
    def read(fields: Fields, owner: Node) -> dict[str, Any] | None:
        which = of(fields, owner)
        found = _other(fields, owner, column=column)
        apart = values.tolerance(fields["difference"]) if "difference" in fields else None
        if which is None or found is None or ("difference" in fields and apart is None):
            return None
        reference, where = found
        asked = Matches(of=which, other_where=where, difference=apart)
        return {"parameters": asked, "reference": reference}

    return read


def _keys(fields: Fields, owner: Node) -> dict[str, Any] | None:
    found = references.reference(fields, owner)
    return {**found, "parameters": KeysMatch()} if found else None


FORMS = {
    "row_count_matches": Form(
        kind=Matches,
        bare="with",
        keys=("with", "difference"),
        read=_matching(lambda _fields, _owner: Of.ROW_COUNT, column=False),
        columns=0,
    ),
    "matches": Form(
        example="{of: sum, with: {table: ledger, column: amount}}",
        kind=Matches,
        keys=("of", "with", "difference"),
        read=_matching(of_a_column, column=True),
        named=lambda own: f"matches({own['parameters'].of.value})",
    ),
    "keys_match": Form(
        example="{references: {table: ledger, column: id}}",
        kind=KeysMatch,
        keys=("references",),
        read=_keys,
        columns=2,
        fits=references.as_many,
    ),
}
