"""Values that are there and values that are not."""

from __future__ import annotations

from airflow_gov_provider.domain.contracts.forms.form import Form, nothing
from airflow_gov_provider.domain.expectations import CheckKind

FORMS = {
    "not_null": Form(kind=CheckKind.NOT_NULL, read=nothing, switch=True),
}
