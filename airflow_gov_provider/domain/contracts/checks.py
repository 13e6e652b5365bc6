"""One check of the native format: its word, its keys, and the expectation it makes.

The same words serve under a column, in the list of checks, and inside an ODCS ``custom`` rule of
this engine. What each word means stands in ``contracts.forms``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from airflow_gov_provider.domain.contracts import values
from airflow_gov_provider.domain.contracts.drafts import Draft, base_id, draft
from airflow_gov_provider.domain.contracts.forms import COLUMN_FORMS, FORMS
from airflow_gov_provider.domain.contracts.forms.form import (
    COLUMN_KEYS,
    Fields,
    Form,
    column_names,
)
from airflow_gov_provider.domain.contracts.forms.segments import OPTION, in_segments
from airflow_gov_provider.domain.contracts.forms.shape import is_fitting
from airflow_gov_provider.domain.contracts.problems import Node, hint

__all__ = ["COLUMN_FORMS", "FORMS", "in_list", "under_column"]

_FOR_EXAMPLE = ("row_count", "unique", "not_null", "accepted_values", "range", "sql")


def under_column(word: str, node: Node, column: str) -> Draft | None:
    """A check that stands under its column, as in ``columns: {age: {not_null: true}}``."""
    form = FORMS[word]
    if form.switch and isinstance(node.value, bool):
        return _made(word, {}, node, (column,)) if node.value else None
    if not is_fitting(form, word, node):
        return None
    known = (*form.keys, *form.options)
    if form.bare and not isinstance(node.value, Mapping):
        return _made(
            word, {form.bare: Node(node.value, node.place, node.problems)}, node, (column,)
        )
    return _made(word, node.fields(known), node, (column,))


def in_list(node: Node, *, column: str | None = None) -> Draft | None:
    """A check that stands alone: a mapping with one check word, and its keys inside or beside it.

    :param column: what it is about when it names no column itself.
    """
    if not isinstance(node.value, Mapping):
        node.expected("a mapping such as {row_count: {at_least: 1}}")
        return None
    if "when" in node.value or "then" in node.value:
        return _conditional(node, column=column)
    words = [key for key in node.value if isinstance(key, str) and key in FORMS]
    if len(words) != 1:
        _report_words(node, words)
        return None
    word = words[0]
    form = FORMS[word]
    own = (*form.keys, *form.options, *(COLUMN_KEYS if form.columns else ()))
    beside = node.fields((word, *own))
    inside = _inside(beside.pop(word, node.child(None, word)), word, own)
    if inside is None:
        return None
    for key in sorted(inside.keys() & beside.keys()):
        beside[key].wrong(f"{key!r} stands both inside and beside {word!r}; keep one")
    fields = {**beside, **inside}
    columns = column_names(fields, node, default=column) if form.columns else ()
    if form.columns and not columns:
        return None
    return _made(word, fields, node, columns)


def _conditional(node: Node, *, column: str | None) -> Draft | None:
    """``{when: condition, then: check}``: the check where the condition holds.

    In place of a check, ``then`` takes a condition that every such row must meet.
    """
    shared = ("tolerance", "mostly", "sample_limit", "severity", "id", "description", "dimension")
    fields = node.fields(("when", "then", *shared), required=("when", "then"))
    if "when" not in fields or "then" not in fields:
        return None
    then = fields["then"].value
    inner = {"sql": then} if isinstance(then, str) else then
    if not isinstance(inner, Mapping):
        fields["then"].expected("a check such as {not_null: amount}, or a condition")
        return None
    if "where" in inner:
        fields["then"].wrong("'where' stands beside 'when'; join the two conditions")
        return None
    options = {key: fields[key].value for key in shared if key in fields}
    if twice := sorted(options.keys() & inner.keys()):
        fields["then"].wrong(f"{twice[0]!r} stands both inside and beside 'then'; keep one")
        return None
    whole = {**inner, **options, "where": fields["when"].value}
    return in_list(Node(whole, node.place, node.problems), column=column)


def _inside(node: Node, word: str, known: tuple[str, ...]) -> dict[str, Node] | None:
    """The keys of a check from its value: a mapping, or what a bare value stands for.

    :return: None after a problem.
    """
    form = FORMS[word]
    if isinstance(node.value, Mapping):
        return node.fields(known)
    if form.switch:
        if node.value is True or node.value is None:
            return {}
        return {"columns": node}
    if node.value is None:
        return {}
    if not is_fitting(form, word, node):
        return None
    return {form.bare: node} if form.bare else {}


def _report_words(node: Node, words: list[str]) -> None:
    if words:
        node.wrong(
            f"expected one check, found {len(words)}: {', '.join(words)}; write one an entry"
        )
        return
    options = {key for form in FORMS.values() for key in (*form.keys, *form.options)}
    strange = [
        key for key in node.value if isinstance(key, str) and key not in {*options, *COLUMN_KEYS}
    ]
    found = f"{strange[0]!r} is none{hint(strange[0], FORMS)}" if strange else ""
    such = (
        ""
        if "did you mean" in found or "it is called" in found
        else f" such as {', '.join(_FOR_EXAMPLE)}"
    )
    node.wrong("; ".join(part for part in (f"expected one check{such}", found) if part))


def _made(word: str, fields: Fields, owner: Node, columns: tuple[str, ...]) -> Draft | None:
    form = FORMS[word]
    own = form.read(fields, owner)
    shared = _shared(fields)
    if own is None:
        return None
    base = base_id(columns, form.named(own) if form.named else word)
    problem = _wrong_columns(word, columns)
    columns = (*columns, *own.pop("beside", ()))
    if (problem := problem or _unfit(form, columns, own)) is not None:
        owner.wrong(problem)
        return None
    asked = own.get("parameters")
    made = draft(
        form.kind_name if asked is None else asked.kind,
        base=base,
        columns=columns,
        place=owner.place,
        **own,
        **shared,
    )
    return in_segments(made, fields[OPTION]) if OPTION in fields else made


def _wrong_columns(word: str, columns: tuple[str, ...]) -> str | None:
    form = FORMS[word]
    if form.columns == 1 and len(columns) > 1:
        return f"{word!r} takes one column, found {len(columns)}"
    if form.columns and len(columns) < form.fewest:
        return f"{word!r} takes at least {form.fewest} columns, found {len(columns)}"
    if form.most is not None and len(columns) > form.most:
        return f"{word!r} takes at most {form.most} columns, found {len(columns)}"
    return None


def _unfit(form: Form, columns: tuple[str, ...], own: Mapping[str, Any]) -> str | None:
    return form.fits(columns, own) if form.fits else None


def _shared(fields: Fields) -> dict[str, Any]:
    """The options that checks have in common, as fields of an expectation."""
    read: dict[str, Callable[[Node], Any]] = {
        "id": Node.text,
        "where": values.condition,
        "tolerance": values.tolerance,
        "mostly": values.mostly,
        "sample_limit": values.sample_limit,
        "severity": values.severity,
        "description": Node.text,
        "dimension": Node.text,
    }
    found = {key: reader(fields[key]) for key, reader in read.items() if key in fields}
    if "mostly" in found:
        if "tolerance" in found:
            fields["mostly"].wrong("'mostly' and 'tolerance' say the same; keep one")
        found["tolerance"] = found.pop("mostly")
    if "id" in found:
        found["check_id"] = found.pop("id")
    return found
