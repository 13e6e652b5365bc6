"""The vocabulary of the native format: one module a family of checks, each with its ``FORMS``.

A check belongs to the language as soon as its family stands in ``_FAMILIES``; what a database is
asked for it stands in ``profiling.planning``, likewise one module a family.
"""

from __future__ import annotations

from collections.abc import Mapping

from airflow_gov_provider.domain.contracts.forms import (
    completeness,
    custom,
    distributions,
    formats,
    history,
    json_schemas,
    moments,
    order,
    other_tables,
    pairs,
    personal,
    references,
    schema,
    statistics,
    text,
    timeliness,
    uniqueness,
    validity,
    volume,
    windows,
)
from airflow_gov_provider.domain.contracts.forms.form import Form

# In the order in which the checks of one column are listed.
_FAMILIES: tuple[Mapping[str, Form], ...] = (
    schema.FORMS,
    completeness.FORMS,
    uniqueness.FORMS,
    validity.FORMS,
    personal.FORMS,
    text.FORMS,
    formats.FORMS,
    json_schemas.FORMS,
    timeliness.FORMS,
    windows.FORMS,
    order.FORMS,
    moments.FORMS,
    statistics.FORMS,
    distributions.FORMS,
    pairs.FORMS,
    references.FORMS,
    other_tables.FORMS,
    volume.FORMS,
    history.FORMS,
    custom.FORMS,
)

FORMS: Mapping[str, Form] = {word: form for family in _FAMILIES for word, form in family.items()}
COLUMN_FORMS = {word: form for word, form in FORMS.items() if form.columns}
