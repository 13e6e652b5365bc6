"""Conditions in the words of SQL."""

from __future__ import annotations

from typing import Any

from airflow_gov_provider.domain.contracts import values
from airflow_gov_provider.domain.contracts.forms.form import Fields, Form, required
from airflow_gov_provider.domain.contracts.problems import Node
from airflow_gov_provider.domain.expectations import CheckKind


def _expression(fields: Fields, owner: Node) -> dict[str, Any] | None:
    node = required(fields, owner, "expression", what="a condition that every row must meet")
    found = values.condition(node) if node else None
    return {"expression": found} if found else None


FORMS = {
    "sql": Form(
        kind=CheckKind.SQL_EXPRESSION,
        bare="expression",
        keys=("expression",),
        read=_expression,
        columns=0,
    ),
}
