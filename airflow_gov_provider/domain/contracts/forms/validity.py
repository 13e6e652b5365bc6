"""What single values may be: lists, intervals, lengths, patterns."""

from __future__ import annotations

from typing import Any

from airflow_gov_provider.domain.contracts import values
from airflow_gov_provider.domain.contracts.forms.form import (
    Fields,
    Form,
    bounds,
    counted_bounds,
    required,
)
from airflow_gov_provider.domain.contracts.problems import Node
from airflow_gov_provider.domain.expectations import CheckKind


def _values(fields: Fields, owner: Node) -> dict[str, Any] | None:
    node = required(fields, owner, "values", what="a list of values")
    found = values.values(node) if node else ()
    return {"values": found} if found else None


def _pattern(fields: Fields, owner: Node) -> dict[str, Any] | None:
    node = required(fields, owner, "pattern")
    found = values.pattern(node) if node else None
    return {"pattern": found} if found else None


FORMS = {
    "accepted_values": Form(
        kind=CheckKind.ACCEPTED_VALUES, bare="values", keys=("values",), read=_values
    ),
    "rejected_values": Form(
        kind=CheckKind.REJECTED_VALUES, bare="values", keys=("values",), read=_values
    ),
    "range": Form(kind=CheckKind.RANGE, keys=values.BOUND_KEYS, read=bounds),
    "length": Form(
        kind=CheckKind.LENGTH, bare="exactly", keys=values.BOUND_KEYS, read=counted_bounds
    ),
    "regex": Form(kind=CheckKind.REGEX, bare="pattern", keys=("pattern",), read=_pattern),
}
