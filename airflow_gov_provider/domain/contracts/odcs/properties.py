"""Properties: what their types, options and flags imply for the column.

Lengths, patterns and ranges are about values, so NULL passes them; ``required`` is about NULL. A
pattern must match the whole value.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_gov_provider.domain.contracts.odcs import terms
from airflow_gov_provider.domain.contracts.odcs.options import read_options
from airflow_gov_provider.domain.contracts.odcs.rules import read_rules
from airflow_gov_provider.domain.contracts.odcs.tables import Asked, Table
from airflow_gov_provider.domain.contracts.problems import Node
from airflow_gov_provider.domain.quality.expectations import CheckKind, Expectation, LogicalType
from airflow_gov_provider.domain.verdicts import Severity

_STRUCTURE = (CheckKind.COLUMN_EXISTS, CheckKind.COLUMN_TYPE)


def read_properties(node: Node, *, table: Table, asked: Asked, api_version: str) -> None:
    """The properties of an object, and the primary key that they make together."""
    key: list[tuple[float, int, str, str]] = []
    seen: dict[str, str] = {}
    for index, item in enumerate(node.items()):
        fields = item.fields(terms.PROPERTY, required=("name",))
        name = fields["name"].text() if "name" in fields else None
        if name is None:
            continue
        if name in seen:
            item.wrong(f"the property {name!r} already stands at {seen[name]}")
        seen.setdefault(name, item.place)
        column = table.columns.get(name, name)
        read_property(item, fields, column, table=table, asked=asked, api_version=api_version)
        if "primaryKey" in fields and fields["primaryKey"].flag():
            key.append((_position(fields, item), index, column, item.place))
    _primary_key(sorted(key), node, asked)


def read_property(
    node: Node,
    fields: Mapping[str, Node],
    column: str,
    *,
    table: Table,
    asked: Asked,
    api_version: str,
) -> None:
    asked.check(CheckKind.COLUMN_EXISTS, columns=(column,), word="exists", place=node.place)
    logical = None
    if "logicalType" in fields:
        logical = fields["logicalType"].choice(terms.LOGICAL_TYPES)
    _types(fields, logical, column, asked, api_version)
    if "required" in fields and fields["required"].flag():
        place = fields["required"].place
        asked.check(CheckKind.NOT_NULL, columns=(column,), word="not_null", place=place)
    if "unique" in fields and fields["unique"].flag():
        place = fields["unique"].place
        asked.check(CheckKind.UNIQUE, columns=(column,), word="unique", place=place)
    if "logicalTypeOptions" in fields:
        read_options(fields["logicalTypeOptions"], logical=logical, column=column, asked=asked)
    if "quality" in fields:
        read_rules(fields["quality"], table=table, column=column, asked=asked)
    for key in ("properties", "items"):
        if key in fields:
            _nested(fields[key], column, table=table, asked=asked, api_version=api_version)


def _types(
    fields: Mapping[str, Node],
    logical: str | None,
    column: str,
    asked: Asked,
    api_version: str,
) -> None:
    """The logical type, and the physical one.

    Beside a logical type the physical one is checked as a warning: it names the type on the
    contract's own server, and the same contract is often held against an extract elsewhere.
    """
    if logical is not None:
        # v3.0 has no other type for times of day and timestamps.
        wide = logical == "date" and api_version.startswith("v3.0")
        asked.check(
            CheckKind.COLUMN_TYPE,
            columns=(column,),
            word="type",
            place=fields["logicalType"].place,
            logical_type=LogicalType(logical),
            or_types=(LogicalType.TIMESTAMP, LogicalType.TIME) if wide else (),
        )
    physical = fields["physicalType"].text() if "physicalType" in fields else None
    if physical is not None:
        asked.check(
            CheckKind.COLUMN_TYPE,
            columns=(column,),
            word="physical_type",
            place=fields["physicalType"].place,
            physical_type=physical.strip(),
            severity=Severity.WARNING if logical else Severity.ERROR,
        )


def _nested(node: Node, column: str, *, table: Table, asked: Asked, api_version: str) -> None:
    """What is asked of the inside of a value is read for its mistakes, and not evaluated."""
    inner = Asked()
    entries = node.items() if isinstance(node.value, (list, tuple)) else [node]
    for item in entries:
        fields = item.fields(terms.PROPERTY)
        name = str(fields["name"].value) if "name" in fields else "items"
        read_property(item, fields, name, table=table, asked=inner, api_version=api_version)
    real = [
        item
        for item in inner.drafts
        if not isinstance(item.check, Expectation) or item.check.kind not in _STRUCTURE
    ]
    if inner.drafts:
        asked.cannot(
            "nested",
            place=node.place,
            subject=column,
            expected=_inner_words(len(real)),
            reason="the inside of nested values is not evaluated",
            severity=Severity.ERROR if real else Severity.WARNING,
        )


def _inner_words(checks: int) -> str:
    if not checks:
        return "the types of what is inside the value"
    return f"{checks} check{'s' * (checks != 1)} of what is inside the value"


def _position(fields: Mapping[str, Node], node: Node) -> float:
    if "primaryKeyPosition" not in fields:
        return float("inf")
    position = fields["primaryKeyPosition"].integer()
    if position is not None and position < 1:
        node.wrong(f"primaryKeyPosition: expected 1 or more, found {position}")
    return float(position or 0)


def _primary_key(key: list[tuple[float, int, str, str]], node: Node, asked: Asked) -> None:
    """Every part is not null, and together they are unique."""
    positions = [position for position, *_ in key if position != float("inf")]
    for position in sorted({each for each in positions if positions.count(each) > 1}):
        node.wrong(f"two properties have primaryKeyPosition {position:g}")
    have: set[tuple[Any, ...]] = {
        (item.check.kind, item.check.columns)
        for item in asked.drafts
        if isinstance(item.check, Expectation) and not item.check.limits
    }
    for *_, column, place in key:
        if (CheckKind.NOT_NULL, (column,)) not in have:
            asked.check(CheckKind.NOT_NULL, columns=(column,), word="not_null", place=place)
    columns = tuple(column for *_, column, _ in key)
    if columns and (CheckKind.UNIQUE, columns) not in have:
        asked.check(CheckKind.UNIQUE, columns=columns, word="unique", place=key[0][3])
