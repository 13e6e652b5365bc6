"""What a database is asked for each kind of check: one module a family, each with its ``PLANS``.

A plan is made by a function of the planner, the expectation and its condition (none or one), which
raises Unmeasurable where no statement could answer. What a check means to its author stands in
``domain.contracts.forms``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlglot import exp

from airflow_gov_provider.domain.quality.expectations import Expectation
from airflow_gov_provider.profiling.planning import (
    completeness,
    custom,
    distributions,
    formats,
    history,
    json_documents,
    moments,
    order,
    other_tables,
    outliers,
    pairs,
    personal,
    references,
    schema,
    segments,
    statistics,
    text,
    timeliness,
    uniqueness,
    validity,
    volume,
    windows,
)
from airflow_gov_provider.profiling.plans import Plan, Planner

MakePlan = Callable[[Planner, Expectation, list[exp.Expr]], Plan]
_FAMILIES: tuple[Mapping[Any, MakePlan], ...] = (
    schema.PLANS,
    completeness.PLANS,
    uniqueness.PLANS,
    validity.PLANS,
    personal.PLANS,
    text.PLANS,
    formats.PLANS,
    json_documents.PLANS,
    timeliness.PLANS,
    windows.PLANS,
    order.PLANS,
    moments.PLANS,
    statistics.PLANS,
    outliers.PLANS,
    distributions.PLANS,
    pairs.PLANS,
    references.PLANS,
    segments.PLANS,
    other_tables.PLANS,
    volume.PLANS,
    history.PLANS,
    custom.PLANS,
)

PLANS: Mapping[str, MakePlan] = {
    str(kind): make for family in _FAMILIES for kind, make in family.items()
}
