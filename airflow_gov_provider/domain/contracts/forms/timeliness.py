"""How old the newest value is."""

from __future__ import annotations

from typing import Any

from airflow_gov_provider.domain.contracts import values
from airflow_gov_provider.domain.contracts.forms.form import Fields, Form
from airflow_gov_provider.domain.contracts.problems import Node
from airflow_gov_provider.domain.expectations import CheckKind


def _max_age(fields: Fields, owner: Node) -> dict[str, Any] | None:
    if "max_age" not in fields:
        owner.wrong("'max_age' is missing, such as \"24h\"")
        return None
    found = values.duration(fields["max_age"])
    return {"max_age": found} if found else None


FORMS = {
    "freshness": Form(kind=CheckKind.FRESHNESS, bare="max_age", keys=("max_age",), read=_max_age),
}
