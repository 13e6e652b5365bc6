"""Rules whose author did not say how much they weigh. The standard leaves severities open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from airflow_gov_provider.domain.contracts.odcs.terms import MILD

_GRAVE = frozenset(
    {"error", "critical", "blocker", "blocking", "fatal", "severe", "high", "major", "medium"}
)


def unstated_severities(document: Any) -> Iterator[tuple[str, str]]:
    """The place of each rule without a severity or with a strange one, and what it counts as."""
    if not isinstance(document, Mapping):
        return
    for place, entry in _listed(document, "schema", ""):
        yield from _of_element(place, entry)


def _of_element(place: str, element: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for where, rule in _listed(element, "quality", place):
        if rule.get("type") == "text":
            continue
        severity = rule.get("severity")
        if severity is None:
            yield where, "the rule states no severity, so it is an error and blocks"
        elif isinstance(severity, str) and severity.strip().lower() not in _GRAVE | MILD:
            yield f"{where}.severity", f"the severity {severity!r} is not known; it is an error"
    for where, inner in _listed(element, "properties", place):
        yield from _of_element(where, inner)


def _listed(
    owner: Mapping[str, Any], key: str, place: str
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    entries = owner.get(key)
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        if isinstance(entry, Mapping):
            yield f"{place}.{key}[{index}]".removeprefix("."), entry
