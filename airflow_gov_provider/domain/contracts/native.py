"""The native format: columns with their checks, and checks of the whole table.

.. code-block:: yaml

    contract: adult-income
    version: "1.0.0"
    columns:
      age: {type: integer, not_null: true, range: {at_least: 17, at_most: 90}}
      sex: {type: string, accepted_values: [Female, Male]}
    checks:
      - row_count: {at_least: 1000}
      - unique: [age, sex]
      - sql: capital_gain >= 0
        where: income = '>50K'
        tolerance: 1%
        severity: warning
"""

from __future__ import annotations

from collections.abc import Mapping

from airflow_gov_provider.domain.contracts.checks import (
    COLUMN_FORMS,
    FORMS,
    in_list,
    under_column,
)
from airflow_gov_provider.domain.contracts.drafts import (
    Draft,
    implied_existence,
    report_unknown_columns,
    with_ids,
)
from airflow_gov_provider.domain.contracts.model import Contract
from airflow_gov_provider.domain.contracts.problems import Node

_KEYS = ("contract", "version", "name", "description", "owner", "columns", "checks")
_COLUMN_KEYS = ("description", *COLUMN_FORMS)


def read(document: Node, *, digest: str) -> Contract | None:
    """The contract, or None after problems were noted."""
    fields = document.fields(_KEYS, required=("contract", "version"))
    texts = {
        key: fields[key].text()
        for key in ("contract", "version", "name", "description", "owner")
        if key in fields
    }
    declared, drafts = _columns(fields.get("columns"))
    for node in _listed(fields.get("checks")):
        made = in_list(node)
        if made:
            drafts.append(made)
    if declared:
        report_unknown_columns(drafts, declared, document.problems)
    drafts = [*implied_existence(drafts, declared), *drafts]
    if not drafts and not document.problems.found:
        document.wrong("the contract has no checks; add 'columns' or 'checks'")
    expectations, not_evaluated = with_ids(drafts, document.problems)
    identifier, version = texts.get("contract"), texts.get("version")
    if document.problems.found or not identifier or not version:
        return None
    return Contract(
        id=identifier,
        version=version,
        name=texts.get("name") or identifier,
        format="native",
        expectations=expectations,
        not_evaluated=not_evaluated,
        digest=digest,
    )


def _listed(node: Node | None) -> list[Node]:
    """The checks of the whole table."""
    if node is None:
        return []
    if isinstance(node.value, Mapping):
        node.expected("a list of checks, each after a dash, such as '- row_count: {at_least: 1}'")
        return []
    return node.items()


def _columns(node: Node | None) -> tuple[tuple[str, ...], list[Draft]]:
    """The declared columns, and the checks under them."""
    if node is None:
        return (), []
    drafts: list[Draft] = []
    if isinstance(node.value, (list, tuple)):
        node.expected("a mapping of columns, such as 'age: {type: integer, not_null: true}'")
        return (), []
    named = node.fields(None)
    for name, column in named.items():
        if not name.strip():
            node.wrong("a column has an empty name")
        elif isinstance(column.value, str):
            made = under_column("type", column, name)
            drafts += [made] if made else []
        elif column.value is not None:
            drafts += _column(name, column)
    return tuple(named), drafts


def _column(name: str, node: Node) -> list[Draft]:
    options = _misplaced(node)
    elsewhere = (word for word in FORMS if word not in COLUMN_FORMS)
    fields = node.fields((*_COLUMN_KEYS, *elsewhere, *options))
    if "description" in fields:
        fields["description"].text()
    made = [under_column(word, fields[word], name) for word in COLUMN_FORMS if word in fields]
    return [item for item in made if item]


def _misplaced(node: Node) -> list[str]:
    """Tell of what belongs elsewhere; the options of checks that stand beside them."""
    if not isinstance(node.value, dict):
        return []
    for word in FORMS:
        if word in node.value and word not in COLUMN_FORMS:
            node.wrong(f"{word!r} is about the whole table; move it to 'checks'")
    asked = [word for word in COLUMN_FORMS if word in node.value]
    options = {option for form in COLUMN_FORMS.values() for option in form.options}
    beside = [each for each in node.value if each in options - set(_COLUMN_KEYS)]
    for option in beside:
        takes = [word for word in asked if option in COLUMN_FORMS[word].options]
        takes.sort(key=lambda word: COLUMN_FORMS[word].bare is None)
        such = f", as in {_within(takes[0], option)}" if takes else ""
        node.wrong(f"{option!r} stands beside the checks; write it into the one it is about{such}")
    return beside


def _within(word: str, option: str) -> str:
    """``format: {name: ..., mostly: ...}``."""
    bare = COLUMN_FORMS[word].bare
    return f"'{word}: {{{f'{bare}: ..., ' if bare else ''}{option}: ...}}'"
