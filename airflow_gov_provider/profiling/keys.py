"""Keys that another key answers for: rows that differ in one column differ in two as well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from airflow_gov_provider.domain.quality.expectations import CheckKind
from airflow_gov_provider.profiling.plans import Plan


def answered_by(plans: Sequence[Plan]) -> Mapping[str, str]:
    """From a check of uniqueness to another one that settles it, if that one finds no repeats.

    The other key is a part of this one and was looked for in at least the same rows. No check that
    settles another needs to be settled itself.
    """
    unique = [plan for plan in plans if plan.expectation.kind == CheckKind.UNIQUE]
    narrowest_first = sorted(unique, key=_breadth)
    found = {}
    for plan in unique:
        own = plan.expectation.check_id
        for other in narrowest_first:
            if other is plan:
                break
            if _contains(plan, other):
                found[own] = other.expectation.check_id
                break
    return found


def _breadth(plan: Plan) -> tuple[int, bool]:
    return len(set(plan.expectation.columns)), plan.expectation.where is not None


def _contains(plan: Plan, other: Plan) -> bool:
    """Whether no two rows can share the key of ``plan`` if none share that of ``other``."""
    wider, narrower = plan.expectation, other.expectation
    same_rows = narrower.where is None or narrower.where == wider.where
    return same_rows and set(narrower.columns) <= set(wider.columns)
