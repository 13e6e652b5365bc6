"""How old the newest value is."""

from __future__ import annotations

from typing import Any

from airflow_gov_provider.domain.contracts import values
from airflow_gov_provider.domain.contracts.forms.form import Fields, Form
from airflow_gov_provider.domain.contracts.forms.moments import Fresh, relative_to
from airflow_gov_provider.domain.contracts.problems import Node
from airflow_gov_provider.domain.quality.expectations import CheckKind
from airflow_gov_provider.domain.quality.occasions import RelativeTo


def _max_age(fields: Fields, owner: Node) -> dict[str, Any] | None:
    to = relative_to(fields)
    if "max_age" not in fields:
        owner.lacks("'max_age' is missing, such as \"24h\"", "max_age")
        return None
    found = values.duration(fields["max_age"])
    if not found or to is None:
        return None
    if to is RelativeTo.NOW:
        return {"max_age": found}
    return {"max_age": found, "parameters": Fresh(relative_to=to)}


FORMS = {
    "freshness": Form(
        kind=CheckKind.FRESHNESS, bare="max_age", keys=("max_age", "relative_to"), read=_max_age
    ),
}
