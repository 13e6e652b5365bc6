"""Texts that are JSON documents of a JSON Schema."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

from airflow_gov_provider.domain.contracts.forms.form import Fields, Form, required
from airflow_gov_provider.domain.contracts.json_schemas.reading import (
    problems_of,
    read_text,
    shape_of,
)
from airflow_gov_provider.domain.contracts.json_schemas.shapes import Shape
from airflow_gov_provider.domain.contracts.problems import Node
from airflow_gov_provider.domain.quality.expectations import Expectation
from airflow_gov_provider.domain.quality.parameters import Parameters

_DIGITS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonSchema(Parameters):
    """Every text is one JSON document that is valid against a schema.

    :param schema: the schema as JSON, its keys in order.
    """

    kind: ClassVar[str] = "json_schema"
    counts_rows: ClassVar[bool] = True

    schema: str

    @property
    def shape(self) -> Shape:
        return shape_of_text(self.schema)

    def words(self, check: Expectation) -> str:
        del check
        digest = hashlib.sha256(self.schema.encode()).hexdigest()[:_DIGITS]
        document = json.loads(self.schema)
        title = document.get("title") if isinstance(document, dict) else None
        return f"a JSON document valid against the schema {f'{title!r}, ' if title else ''}{digest}"


@lru_cache(maxsize=32)
def shape_of_text(schema: str) -> Shape:
    """The shape of a schema that a contract was read with."""
    return read_text(json.loads(schema))


def _json_schema(fields: Fields, owner: Node) -> dict[str, Any] | None:
    node = required(fields, owner, "schema", what="a JSON Schema, as a mapping or as JSON in text")
    node = _document(node) if node else None
    if node is None:
        return None
    if isinstance(node.value, (list, tuple)):
        node.expected("a JSON Schema, as a mapping or as JSON in text")
        return None
    wrong = list(problems_of(node.value))
    for path, message in wrong:
        at = node
        for part in path:
            at = at.child(None, part)
        at.wrong(f"no JSON Schema: {message}")
    if wrong or shape_of(node) is None:
        return None
    return {"parameters": JsonSchema(schema=_canonical(node.value))}


def _document(node: Node) -> Node | None:
    """The schema itself, which may stand there as text."""
    try:
        value = json.loads(node.value) if isinstance(node.value, str) else node.value
        json.loads(_canonical(value))
    except (TypeError, ValueError, RecursionError) as error:
        node.wrong(f"expected a JSON Schema: {error}")
        return None
    return Node(value, node.place, node.problems)


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, allow_nan=False, separators=(",", ":"))


FORMS = {
    "json_schema": Form(kind=JsonSchema, bare="schema", keys=("schema",), read=_json_schema),
}
