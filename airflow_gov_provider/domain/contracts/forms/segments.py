"""The option ``segment_by``: the same check in each group of rows."""

from __future__ import annotations

from dataclasses import replace

from airflow_gov_provider.domain.contracts.drafts import Draft
from airflow_gov_provider.domain.contracts.forms.form import names
from airflow_gov_provider.domain.contracts.problems import Node
from airflow_gov_provider.domain.expectations import CheckKind, Expectation
from airflow_gov_provider.domain.occasions import Remembering
from airflow_gov_provider.domain.segments import FEWEST_ROWS, MOST_GROUPS, segmented

OPTION = "segment_by"
_KEYS = ("columns", "at_least_rows", "at_most_groups")
# Whose answer is no aggregate of single rows; `unique` of the group's columns asks the same.
_OF_THE_WHOLE = (CheckKind.UNIQUE, CheckKind.FOREIGN_KEY)


def in_segments(draft: Draft, node: Node) -> Draft | None:
    """The check in each group; None after a problem.

    ``segment_by: country``, a list of columns, or ``{columns: [...], at_least_rows: 30,
    at_most_groups: 1000}``.
    """
    check = draft.check
    if not isinstance(check, Expectation):
        return draft
    fields = node.fields(_KEYS, required=("columns",)) if isinstance(node.value, dict) else {}
    by = names(fields.get("columns", node)) if fields or not isinstance(node.value, dict) else ()
    rows = _at_least_one(fields, "at_least_rows", FEWEST_ROWS)
    groups = _at_least_one(fields, "at_most_groups", MOST_GROUPS)
    if check.kind in _OF_THE_WHOLE:
        node.wrong(f"'{check.kind}' is about the whole table; put the column into its own columns")
        return None
    if isinstance(check.parameters, Remembering):
        node.wrong(f"'{check.kind}' has a history of the whole table only; narrow it with 'where'")
        return None
    if not by or rows is None or groups is None:
        return None
    made = segmented(check, by, at_least_rows=rows, at_most_groups=groups)
    if not draft.named:
        made = replace(made, check_id=f"{check.check_id}.by({'+'.join(by)})")
    return replace(draft, check=made)


def _at_least_one(fields: dict[str, Node], key: str, default: int) -> int | None:
    if key not in fields:
        return default
    number = fields[key].integer()
    if number is not None and number < 1:
        fields[key].wrong(f"expected 1 or more, found {number}")
        return None
    return number
