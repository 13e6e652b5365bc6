"""The option ``segment_by``: the same check in each group of rows."""

from __future__ import annotations

from dataclasses import replace

from airflow_gov_provider.domain.contracts.drafts import Draft
from airflow_gov_provider.domain.contracts.forms.custom import FailedRows, SqlValue
from airflow_gov_provider.domain.contracts.forms.distributions import Distribution
from airflow_gov_provider.domain.contracts.forms.form import names
from airflow_gov_provider.domain.contracts.forms.order import Decreasing, Increasing
from airflow_gov_provider.domain.contracts.forms.other_tables import KeysMatch, Matches
from airflow_gov_provider.domain.contracts.forms.personal import NoPersonalData
from airflow_gov_provider.domain.contracts.forms.statistics import (
    Entropy,
    MostCommon,
    MutualInformation,
    Outliers,
)
from airflow_gov_provider.domain.contracts.forms.uniqueness import (
    DistinctCount,
    DistinctRatio,
    DuplicateCount,
    DuplicatePercent,
    PrimaryKey,
)
from airflow_gov_provider.domain.contracts.forms.windows import Gaps
from airflow_gov_provider.domain.contracts.problems import Node
from airflow_gov_provider.domain.expectations import CheckKind, Expectation
from airflow_gov_provider.domain.occasions import Remembering
from airflow_gov_provider.domain.segments import FEWEST_ROWS, MOST_GROUPS, segmented

OPTION = "segment_by"
_KEYS = ("columns", "at_least_rows", "at_most_groups")
# Whose answer is no aggregate of single rows; `unique` of the group's columns asks the same.
_OF_THE_WHOLE = (CheckKind.UNIQUE, CheckKind.FOREIGN_KEY)
_NO_AGGREGATES = frozenset(
    {
        *(kind.kind for kind in (PrimaryKey, DuplicateCount, DuplicatePercent)),
        *(kind.kind for kind in (MostCommon, Entropy, MutualInformation, Outliers)),
        *(kind.kind for kind in (Distribution, Gaps, Increasing, Decreasing, NoPersonalData)),
        *(kind.kind for kind in (SqlValue, FailedRows, Matches, KeysMatch)),
    }
)
_DISTINCT = (DistinctCount.kind, DistinctRatio.kind)


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
    if check.kind in _NO_AGGREGATES or (check.kind in _DISTINCT and len(check.columns) > 1):
        node.wrong(
            f"'{check.kind}' is not answered by one grouped statement, so it takes no groups; "
            "narrow it with 'where', one check a group"
        )
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
