"""The option ``segment_by``: the same check in each group of rows."""

from __future__ import annotations

from dataclasses import replace

from airflow_gov_provider.domain.contracts.drafts import Draft
from airflow_gov_provider.domain.contracts.forms.distributions import Distribution
from airflow_gov_provider.domain.contracts.forms.form import names
from airflow_gov_provider.domain.contracts.forms.other_tables import KeysMatch, Matches
from airflow_gov_provider.domain.contracts.forms.schema import Nullable
from airflow_gov_provider.domain.contracts.problems import Node
from airflow_gov_provider.domain.quality.expectations import Expectation
from airflow_gov_provider.domain.quality.segments import FEWEST_ROWS, MOST_GROUPS, segmented

OPTION = "segment_by"
_KEYS = ("columns", "at_least_rows", "at_most_groups")
_AGAINST_A_WHOLE = (
    "holds the whole table against another one, which no single group could equal; narrow both "
    "tables with 'where', one check a group"
)
_REFUSED = {
    Matches.kind: _AGAINST_A_WHOLE,
    KeysMatch.kind: _AGAINST_A_WHOLE,
    Nullable.kind: "is about the column and looks at no row",
}


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
    rows = _at_least_one(fields, "at_least_rows", _fewest(check))
    groups = _at_least_one(fields, "at_most_groups", MOST_GROUPS)
    if check.kind in _REFUSED:
        node.wrong(f"'{check.kind}' takes no groups: it {_REFUSED[check.kind]}")
        return None
    if not by or rows is None or groups is None:
        return None
    made = segmented(check, by, at_least_rows=rows, at_most_groups=groups)
    if not draft.named:
        made = replace(made, check_id=f"{check.check_id}.by({'+'.join(by)})")
    return replace(draft, check=made)


def _fewest(check: Expectation) -> int:
    """A check that has no answer for few values is not asked of fewer, unless its author says."""
    asked = check.parameters
    own = asked.at_least_rows if isinstance(asked, Distribution) else 0
    return max(FEWEST_ROWS, own)


def _at_least_one(fields: dict[str, Node], key: str, default: int) -> int | None:
    if key not in fields:
        return default
    number = fields[key].integer()
    if number is not None and number < 1:
        fields[key].wrong(f"expected 1 or more, found {number}")
        return None
    return number
