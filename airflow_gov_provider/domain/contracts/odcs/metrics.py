"""The library metrics of ODCS as checks."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from airflow_gov_provider.domain.contracts import values
from airflow_gov_provider.domain.contracts.odcs.sql import literal, quoted
from airflow_gov_provider.domain.contracts.odcs.tables import Table
from airflow_gov_provider.domain.contracts.problems import Node, hint
from airflow_gov_provider.domain.quality.expectations import CheckKind

METRICS = ("nullValues", "missingValues", "invalidValues", "duplicateValues", "rowCount")
# What v3.0 called them, under the key `rule`.
_FORMER = {
    "nullcheck": "nullValues",
    "nullcount": "nullValues",
    "validvalues": "invalidValues",
    "duplicatecount": "duplicateValues",
}
_ARGUMENTS = {
    "nullValues": (),
    "missingValues": ("missingValues",),
    "invalidValues": ("validValues", "pattern"),
    "duplicateValues": ("properties",),
    "rowCount": (),
}
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricCheck:
    kind: CheckKind
    columns: tuple[str, ...]
    word: str
    fields: dict[str, Any] = field(default_factory=dict)


def named(node: Node) -> str | None:
    """The metric that a node names, by its name of v3.1 or of v3.0."""
    name = node.text()
    if name is None:
        return None
    for metric in METRICS:
        if metric.lower() == name.strip().lower():
            return metric
    former = _FORMER.get(name.strip().lower())
    if former is None:
        node.wrong(f"unknown metric {name!r}{hint(name, METRICS)}")
    return former


def checks(
    metric: str,
    fields: Mapping[str, Node],
    node: Node,
    *,
    table: Table,
    column: str | None,
    limited: bool,
) -> list[MetricCheck]:
    """The checks that a metric makes; none after a problem.

    :param limited: the rule allows some failing rows, so it cannot be split into two checks.
    """
    arguments = dict(
        fields["arguments"].fields(_ARGUMENTS[metric]) if "arguments" in fields else {}
    )
    if "validValues" in fields:
        if metric == "invalidValues":
            arguments.setdefault("validValues", fields["validValues"])
        else:
            fields["validValues"].wrong(f"does not belong to {metric!r}")
    if metric == "rowCount":
        return _row_count(fields, node, column)
    if metric == "duplicateValues":
        return _duplicates(arguments, node, table, column)
    if column is None:
        node.wrong(f"{metric!r} is about one property; move the rule to that property")
        return []
    if metric == "nullValues":
        return [MetricCheck(kind=CheckKind.NOT_NULL, columns=(column,), word="not_null")]
    if metric == "missingValues":
        return _missing(arguments, node, column)
    return _invalid(arguments, node, column, limited=limited)


def _row_count(fields: Mapping[str, Node], node: Node, column: str | None) -> list[MetricCheck]:
    if column is not None:
        node.wrong("'rowCount' is about the whole object; move the rule to the object's 'quality'")
        return []
    if "unit" in fields and fields["unit"].value != "rows":
        fields["unit"].wrong("a row count has no unit but 'rows'")
        return []
    return [MetricCheck(kind=CheckKind.ROW_COUNT, columns=(), word="row_count")]


def _duplicates(
    arguments: Mapping[str, Node], node: Node, table: Table, column: str | None
) -> list[MetricCheck]:
    if "properties" in arguments:
        names = [table.column(item) for item in arguments["properties"].items()]
        if not names and isinstance(arguments["properties"].value, (list, tuple)):
            arguments["properties"].wrong("expected at least one property")
        if any(name is None for name in names):
            return []
        columns = tuple(dict.fromkeys(name for name in names if name))
        if len(columns) < len(names):
            arguments["properties"].wrong("a property stands twice")
    elif column is not None:
        columns = (column,)
    else:
        node.lacks(
            "'arguments.properties' is missing: which properties together are unique", "properties"
        )
        return []
    return [MetricCheck(kind=CheckKind.UNIQUE, columns=columns, word="unique")] if columns else []


def _missing(arguments: Mapping[str, Node], node: Node, column: str) -> list[MetricCheck]:
    """NULL is missing only if the list says so. Texts are compared with the value as text."""
    if "missingValues" not in arguments:
        node.lacks(
            "'arguments.missingValues' is missing: the values that count as missing",
            "missingValues",
        )
        return []
    items = arguments["missingValues"].items()
    nulls = [item for item in items if item.value is None]
    others = [item for item in items if item.value is not None]
    for item in others:
        if isinstance(item.value, bool) or not isinstance(item.value, (str, int, float)):
            item.expected("text, a number or null")
            return []
    if not items:
        arguments["missingValues"].wrong("expected at least one value")
        return []
    if not others:
        return [MetricCheck(kind=CheckKind.NOT_NULL, columns=(column,), word="not_null")]
    name = quoted(column)
    present = _is_none_of(name, [item.value for item in others])
    joined = f"{name} IS NOT NULL AND {present}" if nulls else f"{name} IS NULL OR {present}"
    return [
        MetricCheck(
            kind=CheckKind.SQL_EXPRESSION,
            columns=(column,),
            word="not_missing",
            fields={"expression": joined},
        )
    ]


def _is_none_of(name: str, listed: Sequence[str | float]) -> str:
    """A condition. With a text in the list, a column of numbers is compared as text, where one
    database writes -999.0, another -999 and a third -999.0000 for the same number.
    """
    if not any(isinstance(value, str) for value in listed):
        return f"{name} NOT IN ({', '.join(map(literal, listed))})"
    text = f"CAST({name} AS VARCHAR)"
    words = [str(value) for value in listed]
    present = f"{text} NOT IN ({', '.join(map(literal, words))})"
    numbers = [_shortest(word) for word in words if _NUMBER.fullmatch(word)]
    if not numbers:
        return present
    short = f"CASE WHEN {text} LIKE '%.%' THEN RTRIM(RTRIM({text}, '0'), '.') ELSE {text} END"
    return f"{present} AND {short} NOT IN ({', '.join(map(literal, numbers))})"


def _shortest(number: str) -> str:
    """Without the zeros that stand behind its point."""
    return number.rstrip("0").rstrip(".") if "." in number else number


def _invalid(
    arguments: Mapping[str, Node], node: Node, column: str, *, limited: bool
) -> list[MetricCheck]:
    made = []
    if "validValues" in arguments:
        accepted = values.values(arguments["validValues"], allow_null=True)
        if accepted:
            made.append(
                MetricCheck(
                    kind=CheckKind.ACCEPTED_VALUES,
                    columns=(column,),
                    word="accepted_values",
                    fields={"values": accepted},
                )
            )
        elif isinstance(arguments["validValues"].value, (list, tuple)):
            arguments["validValues"].wrong("expected at least one value that is not null")
    if "pattern" in arguments:
        pattern = values.pattern(arguments["pattern"])
        if pattern:
            made.append(
                MetricCheck(
                    kind=CheckKind.REGEX,
                    columns=(column,),
                    word="regex",
                    fields={"pattern": pattern},
                )
            )
    if not arguments:
        node.lacks(
            "'arguments' is missing: 'validValues' or 'pattern'",
            "arguments",
            "validValues",
            "pattern",
        )
    if len(made) > 1 and limited:
        node.wrong(
            "with both 'validValues' and 'pattern' only 'mustBe: 0' is clear; write two rules"
        )
        return []
    return made
