"""Values that are there and values that are not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from airflow_gov_provider.domain.contracts import values
from airflow_gov_provider.domain.contracts.forms.form import (
    Fields,
    Form,
    nothing,
    numeric_bounds,
    required,
)
from airflow_gov_provider.domain.contracts.problems import Node
from airflow_gov_provider.domain.quality.expectations import CheckKind, Expectation, Value
from airflow_gov_provider.domain.quality.judging import Case, judge_share
from airflow_gov_provider.domain.quality.parameters import Effect, Parameters, listed
from airflow_gov_provider.domain.quality.phrases import number_words_of, value_list
from airflow_gov_provider.domain.verdicts import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class NullPercent(Parameters):
    """The percentage of rows in scope whose column is NULL, within the bounds."""

    kind: ClassVar[str] = "null_percent"
    always_within: ClassVar = (0, 100)

    def words(self, check: Expectation) -> str:
        return number_words_of(check, "percent of NULL")

    def judge(self, case: Case) -> Finding | None:
        return judge_share(case, of=100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing(Parameters):
    """No row is NULL or holds one of the words that stand for a missing value."""

    kind: ClassVar[str] = "missing"
    counts_rows: ClassVar[bool] = True
    sees_null: ClassVar[bool] = True
    orders: ClassVar = {"values": listed(longer=Effect.TIGHTENED)}

    values: tuple[Value, ...]

    def words(self, check: Expectation) -> str:
        del check
        return f"not missing: no NULL and none of {value_list(self.values)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotEmpty(Parameters):
    """No text is empty or consists of blanks alone."""

    kind: ClassVar[str] = "not_empty"
    counts_rows: ClassVar[bool] = True
    about: ClassVar[str] = "text"

    def words(self, check: Expectation) -> str:
        del check
        return "not empty"


@dataclass(frozen=True, slots=True, kw_only=True)
class RowsComplete(Parameters):
    """Every row has a value in all of the columns."""

    kind: ClassVar[str] = "rows_complete"
    counts_rows: ClassVar[bool] = True
    sees_null: ClassVar[bool] = True

    def words(self, check: Expectation) -> str:
        del check
        return "a value in every one of the columns"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyComplete(Parameters):
    """Every row has a value in at least one of the columns."""

    kind: ClassVar[str] = "any_complete"
    counts_rows: ClassVar[bool] = True
    sees_null: ClassVar[bool] = True

    def words(self, check: Expectation) -> str:
        del check
        return "a value in at least one of the columns"


def _null_percent(fields: Fields, owner: Node) -> dict[str, Any] | None:
    found = numeric_bounds(fields, owner)
    return {"parameters": NullPercent(), **found} if found else None


def _missing(fields: Fields, owner: Node) -> dict[str, Any] | None:
    node = required(fields, owner, "values", what="the words that stand for a missing value")
    found = values.values(node, allow_null=True) if node else ()
    return {"parameters": Missing(values=found)} if found else None


FORMS = {
    "not_null": Form(kind=CheckKind.NOT_NULL, read=nothing, switch=True),
    "null_percent": Form(
        kind=NullPercent, bare="at_most", keys=values.BOUND_KEYS, read=_null_percent
    ),
    "missing": Form(kind=Missing, bare="values", keys=("values",), read=_missing),
    "not_empty": Form(
        kind=NotEmpty, read=lambda _fields, _owner: {"parameters": NotEmpty()}, switch=True
    ),
    "rows_complete": Form(
        kind=RowsComplete,
        read=lambda _fields, _owner: {"parameters": RowsComplete()},
        columns=2,
        switch=True,
    ),
    "any_complete": Form(
        kind=AnyComplete,
        read=lambda _fields, _owner: {"parameters": AnyComplete()},
        columns=2,
        fewest=2,
        switch=True,
    ),
}
