"""Conditions and questions in the words of SQL: code that its author answers for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from airflow_gov_provider.domain.contracts import values
from airflow_gov_provider.domain.contracts.forms.form import (
    Fields,
    Form,
    numeric_bounds,
    required,
)
from airflow_gov_provider.domain.contracts.problems import Node
from airflow_gov_provider.domain.quality.expectations import CheckKind, Expectation
from airflow_gov_provider.domain.quality.parameters import Parameters
from airflow_gov_provider.domain.quality.phrases import number_words_of

TABLE = "{table}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlValue(Parameters):
    """The one number that a query gives, within the bounds.

    :param query: one SELECT, in which ``{table}`` stands for the table.
    """

    kind: ClassVar[str] = "sql_value"

    query: str

    def words(self, check: Expectation) -> str:
        return number_words_of(check, f"({' '.join(self.query.split())})")

    def suspicions(self, check: Expectation) -> Iterator[str]:
        del check
        yield from _about_something_else(self.query)


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedRows(Parameters):
    """A query that selects the rows that are wrong, and is to find none.

    :param query: one SELECT, in which ``{table}`` stands for the table.
    """

    kind: ClassVar[str] = "failed_rows"
    counts_rows: ClassVar[bool] = True
    sees_null: ClassVar[bool] = False

    query: str

    def words(self, check: Expectation) -> str:
        del check
        return f"no row of {' '.join(self.query.split())}"

    def suspicions(self, check: Expectation) -> Iterator[str]:
        del check
        yield from _about_something_else(self.query)


def _about_something_else(query: str) -> Iterator[str]:
    if TABLE not in query:
        yield f"its query does not read {TABLE}, so that its answer is not about the checked data"


def _expression(fields: Fields, owner: Node) -> dict[str, Any] | None:
    node = required(fields, owner, "expression", what="a condition that every row must meet")
    found = values.condition(node) if node else None
    return {"expression": found} if found else None


def _query(fields: Fields, owner: Node) -> str | None:
    node = required(fields, owner, "query", what=f"one SELECT from {TABLE}")
    text = node.text() if node else None
    if node is None or text is None:
        return None
    if not re.match(r"\s*(select|with)\b", text, re.IGNORECASE):
        node.wrong(f"expected one SELECT from {TABLE}, found something else")
        return None
    strange = {name for name in re.findall(r"\{(\w*)\}", text) if name != "table"}
    if strange:
        node.wrong(f"expected {TABLE} as the only name in braces, found {min(strange)!r}")
        return None
    return text.strip().removesuffix(";")


def _sql_value(fields: Fields, owner: Node) -> dict[str, Any] | None:
    query, found = _query(fields, owner), numeric_bounds(fields, owner)
    if query is None or found is None:
        return None
    return {"parameters": SqlValue(query=query), **found}


def _failed_rows(fields: Fields, owner: Node) -> dict[str, Any] | None:
    query = _query(fields, owner)
    return {"parameters": FailedRows(query=query)} if query else None


FORMS = {
    "sql": Form(
        kind=CheckKind.SQL_EXPRESSION,
        bare="expression",
        keys=("expression",),
        read=_expression,
        columns=0,
    ),
    "sql_value": Form(
        example='{query: "SELECT count(*) FROM {table}", at_least: 1}',
        kind=SqlValue,
        keys=("query", *values.BOUND_KEYS),
        read=_sql_value,
        columns=0,
        takes_where=False,
    ),
    "failed_rows": Form(
        kind=FailedRows,
        bare="query",
        keys=("query",),
        read=_failed_rows,
        columns=0,
        takes_where=False,
    ),
}
