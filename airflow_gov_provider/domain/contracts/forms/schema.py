"""Columns: that they are there, and of which type."""

from __future__ import annotations

from typing import Any

from airflow_gov_provider.domain.contracts.forms.form import Fields, Form, nothing, required_text
from airflow_gov_provider.domain.contracts.problems import Node
from airflow_gov_provider.domain.expectations import CheckKind, LogicalType


def _type(fields: Fields, owner: Node) -> dict[str, Any] | None:
    node = fields.get("is")
    if node is None:
        owner.wrong(f"expected a type: {', '.join(LogicalType)}")
        return None
    word = node.choice([kind.value for kind in LogicalType])
    return {"logical_type": LogicalType(word)} if word else None


def _physical_type(fields: Fields, owner: Node) -> dict[str, Any] | None:
    text = required_text(fields, owner, "is")
    return {"physical_type": text.strip()} if text else None


FORMS = {
    "column_exists": Form(
        kind=CheckKind.COLUMN_EXISTS, read=nothing, switch=True, named=lambda _: "exists"
    ),
    "type": Form(kind=CheckKind.COLUMN_TYPE, bare="is", keys=("is",), read=_type),
    "physical_type": Form(kind=CheckKind.COLUMN_TYPE, bare="is", keys=("is",), read=_physical_type),
}
