"""Values that another table must know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_gov_provider.domain.contracts.forms.form import (
    Fields,
    Form,
    column_names,
    required,
    required_text,
)
from airflow_gov_provider.domain.contracts.problems import Node
from airflow_gov_provider.domain.quality.expectations import CheckKind, Reference


def reference(fields: Fields, owner: Node) -> dict[str, Any] | None:
    node = required(fields, owner, "references", what="{table: ..., columns: [...]}")
    if node is None:
        return None
    inner = node.fields(("table", "column", "columns"))
    table = required_text(inner, node, "table")
    columns = column_names(inner, node)
    if not table or not columns:
        return None
    return {"reference": Reference(table=table, columns=columns)}


def as_many(columns: tuple[str, ...], own: Mapping[str, Any]) -> str | None:
    others = own["reference"].columns
    if len(others) == len(columns):
        return None
    return f"{len(columns)} columns refer to {len(others)}; the two sides must match"


FORMS = {
    "foreign_key": Form(
        example="{references: {table: shops, column: id}}",
        kind=CheckKind.FOREIGN_KEY,
        keys=("references",),
        read=reference,
        columns=2,
        fits=as_many,
    ),
}
