"""The same suggestions as an ODCS document of v3.1."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import yaml

from airflow_gov_provider.domain.contracts.observed import Observed, ObservedColumn
from airflow_gov_provider.domain.contracts.suggesting import (
    ROW_COUNT,
    Suggestion,
    comment,
    fewest_rows,
    half_of,
    quoted,
    suggestions,
)

_BOUNDS = {"at_least": "minimum", "at_most": "maximum"}


def written(observed: Observed, *, name: str, now: datetime, without: Collection[str] = ()) -> str:
    """The contract's text.

    :param without: places of suggestions that are left out, as in the native format.
    """
    day = now.astimezone(UTC).date().isoformat()
    lines = [
        comment(f"Suggested from {observed.rows} rows of {observed.source} on {day}."),
        comment("It says what the data was, and not what it should be: read and change it."),
        "apiVersion: v3.1.0",
        "kind: DataContract",
        f"id: {quoted(name)}",
        f"name: {quoted(name)}",
        'version: "0.1.0"',
        "status: draft",
        "schema:",
        f"  - name: {quoted(name)}",
        "    logicalType: object",
        "    properties:",
    ]
    promises: list[str] = []
    for column, terms in suggestions(observed, now=now):
        kept = {term.place.rpartition(".")[2]: term for term in terms if term.place not in without}
        lines += _property(column, kept)
        # An element is written with a point and a comma between names.
        if "freshness" in kept and not set(".,") & set(column.name) and "," not in name:
            promises += _promise(name, column, kept["freshness"])
    least = fewest_rows(observed)
    if least > 0 and ROW_COUNT not in without:
        lines += [
            "    quality:",
            "      - metric: rowCount",
            f"        mustBeGreaterOrEqualTo: {least}  {comment(half_of(observed))}",
            "        severity: error",
        ]
    if promises:
        lines += ["slaProperties:", *promises]
    return "\n".join(lines) + "\n"


def _property(column: ObservedColumn, terms: Mapping[str, Suggestion]) -> Iterator[str]:
    yield f"      - name: {quoted(column.name)}"
    if term := terms.get("type"):
        yield f"        logicalType: {term.term.partition(': ')[2]}  {comment(term.because)}"
    if term := terms.get("primary_key"):
        yield f"        primaryKey: true  {comment(term.because)}"
        yield "        primaryKeyPosition: 1"
    for word, key in (("not_null", "required"), ("unique", "unique")):
        if (term := terms.get(word)) and _value(term) is True:
            yield f"        {key}: true  {comment(term.because)}"
    yield from _options(terms)
    yield from _quality(terms)


def _options(terms: Mapping[str, Suggestion]) -> Iterator[str]:
    lines = []
    if term := terms.get("range"):
        lines += [
            f"          {_BOUNDS[key]}: {_bound(value)}  {comment(term.because)}"
            for key, value in _value(term).items()
        ]
    if term := terms.get("length"):
        most = _value(term)["at_most"]
        lines.append(f"          maxLength: {most}  {comment(term.because)}")
    if term := terms.get("format"):
        lines.append(f"          format: {_value(term)}  {comment(term.because)}")
    if lines:
        yield "        logicalTypeOptions:"
        yield from lines


def _quality(terms: Mapping[str, Suggestion]) -> Iterator[str]:
    rules: list[Sequence[str]] = []
    if (term := terms.get("not_null")) and isinstance(_value(term), Mapping):
        share = _value(term)["tolerance"].removesuffix("%")
        rules.append(
            (
                "metric: nullValues",
                f"mustBeLessOrEqualTo: {share}  {comment(term.because)}",
                "unit: percent",
                "severity: error",
            )
        )
    if term := terms.get("accepted_values"):
        accepted = term.term.partition(": ")[2]
        rules.append(
            (
                "metric: invalidValues",
                f"arguments: {{validValues: {accepted}}}",
                f"mustBe: 0  {comment(term.because)}",
                "severity: error",
            )
        )
    if term := terms.get("not_in_future"):
        rules.append(
            (
                "type: custom",
                "engine: airflow-gov",
                f"implementation: {{not_in_future: true}}  {comment(term.because)}",
                "severity: error",
            )
        )
    if rules:
        yield "        quality:"
    for first, *rest in rules:
        yield f"          - {first}"
        yield from (f"            {line}" for line in rest)


def _promise(name: str, column: ObservedColumn, term: Suggestion) -> list[str]:
    """A freshness of whole days, as it is suggested."""
    days = str(_value(term)).removesuffix("d")
    return [
        "  - property: freshness",
        f"    value: {days}  {comment(term.because)}",
        "    unit: d",
        f"    element: {quoted(f'{name}.{column.name}')}",
    ]


def _value(term: Suggestion) -> Any:
    """What the native term says behind its word."""
    return yaml.safe_load(term.term.partition(": ")[2])


def _bound(value: Any) -> str:
    return quoted(value.isoformat()) if hasattr(value, "isoformat") else str(value)
