"""Values that occur once, and how many different ones there are."""

from __future__ import annotations

from airflow_gov_provider.domain.contracts.forms.form import Form, nothing
from airflow_gov_provider.domain.expectations import CheckKind

FORMS = {
    "unique": Form(kind=CheckKind.UNIQUE, read=nothing, columns=2, switch=True),
}
