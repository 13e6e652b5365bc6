"""What a check can be given as: a value of another shape is one mistake, with what to write."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from airflow_gov_provider.domain.contracts.forms.form import Form
from airflow_gov_provider.domain.contracts.problems import Node, described
from airflow_gov_provider.domain.contracts.values import (
    BOUND_KEYS,
    comparable,
    described_value,
    family,
)

_NUMBER = r"(-?\d+(?:\.\d+)?)"
_COMPARED = re.compile(rf"(<=|>=|==?|<|>)\s*{_NUMBER}")
_FROM_TO = re.compile(rf"(?:between\s+)?{_NUMBER}\s*(?:-|\.\.\.?|to|and|,)\s*{_NUMBER}")
_BY_SIGN = {
    ">=": "at_least",
    "<=": "at_most",
    ">": "more_than",
    "<": "less_than",
    "=": "exactly",
    "==": "exactly",
}


def is_fitting(form: Form, word: str, node: Node) -> bool:
    """Whether the check can be given as this value; if not, what it takes is noted."""
    value = node.value
    if isinstance(value, Mapping):
        return True
    if form.bare is not None and (form.bare not in BOUND_KEYS or _is_number(value)):
        return True
    if not set(BOUND_KEYS) <= set(form.keys):
        node.expected(_without_bounds(form, word))
        return False
    wanted = f"bounds such as {form.example or '{at_least: 0, at_most: 100}'}"
    if form.bare is not None:
        wanted = f"a number, or {wanted}"
    meant = None if form.example else _meant(value)
    such = f"; write {word}: {{{meant}}}" if meant else ""
    node.wrong(f"expected {wanted}, found {described(value)}{such}")
    return False


def _without_bounds(form: Form, word: str) -> str:
    if not form.switch:
        return f"a mapping such as {form.example}"
    several = f"; of several columns together it stands in 'checks', as '- {word}: [a, b]'"
    return f"true, or options such as {{severity: warning}}{several if form.columns > 1 else ''}"


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _meant(value: Any) -> str | None:
    """The bounds that somebody may have meant by a list, a text or a bare value."""
    if isinstance(value, str):
        text = value.strip()
        if compared := _COMPARED.fullmatch(text):
            return f"{_BY_SIGN[compared[1]]}: {compared[2]}"
        if ends := _FROM_TO.fullmatch(text):
            return _between(float(ends[1]), float(ends[2]), ends[1], ends[2])
        return None
    if isinstance(value, (list, tuple)):
        kinds = {family(each) for each in value}
        if len(value) != 2 or len(kinds) > 1 or kinds & {None, "boolean"}:  # noqa: PLR2004
            return None
        low, high = value
        return _between(comparable(low), comparable(high), *map(described_value, value))
    return f"exactly: {described_value(value)}" if family(value) in ("number", "date") else None


def _between(low: Any, high: Any, low_text: str, high_text: str) -> str | None:
    return f"at_least: {low_text}, at_most: {high_text}" if low <= high else None
