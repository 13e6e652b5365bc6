"""How many rows there are."""

from __future__ import annotations

from airflow_gov_provider.domain.contracts import values
from airflow_gov_provider.domain.contracts.forms.form import Form, counted_bounds
from airflow_gov_provider.domain.quality.expectations import CheckKind

FORMS = {
    "row_count": Form(
        kind=CheckKind.ROW_COUNT,
        bare="exactly",
        keys=values.BOUND_KEYS,
        read=counted_bounds,
        columns=0,
    ),
}
