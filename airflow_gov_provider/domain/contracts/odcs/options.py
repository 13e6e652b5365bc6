"""``logicalTypeOptions``: lengths, patterns and ranges of a column's values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from airflow_gov_provider.domain.contracts import values
from airflow_gov_provider.domain.contracts.forms.formats import TextFormat
from airflow_gov_provider.domain.contracts.odcs.sql import quoted
from airflow_gov_provider.domain.contracts.odcs.tables import Asked
from airflow_gov_provider.domain.contracts.problems import Node
from airflow_gov_provider.domain.formats import FORMATS
from airflow_gov_provider.domain.quality.expectations import CheckKind, Value

_RANGE = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
_KEYS: Mapping[str, tuple[str, ...]] = {
    "string": ("minLength", "maxLength", "pattern", "format"),
    "integer": (*_RANGE, "multipleOf", "format"),
    "number": (*_RANGE, "multipleOf", "format"),
    "date": (*_RANGE, "format"),
    "timestamp": (*_RANGE, "format", "timezone", "defaultTimezone"),
    "time": (*_RANGE, "format", "timezone", "defaultTimezone"),
    "array": ("minItems", "maxItems", "uniqueItems"),
    "object": ("minProperties", "maxProperties", "required"),
    "boolean": (),
}
_FORMATS = {"uri": "url"}
_DESCRIBING = ("password", "binary", "byte")
_INSIDE = (*_KEYS["array"], *_KEYS["object"])
_DESCRIPTIONS = ("format", "timezone", "defaultTimezone")
_INTEGER_RANGES: Mapping[str, Mapping[str, int]] = {
    **{f"i{n}": {"at_least": -(2 ** (n - 1)), "at_most": 2 ** (n - 1) - 1} for n in (8, 16, 32)},
    **{f"u{n}": {"at_least": 0, "at_most": 2**n - 1} for n in (8, 16, 32)},
    "u64": {"at_least": 0},
    "u128": {"at_least": 0},
}
_INTEGER_FORMATS = (*_INTEGER_RANGES, "i64", "i128")


def read_options(node: Node, *, logical: str | None, column: str, asked: Asked) -> None:
    known = _KEYS[logical] if logical else tuple(dict.fromkeys(sum(_KEYS.values(), ())))
    fields = node.fields(known)
    _length(fields, node, column, asked)
    if "pattern" in fields:
        pattern = values.pattern(fields["pattern"])
        if pattern:
            place = fields["pattern"].place
            asked.check(
                CheckKind.REGEX, columns=(column,), word="regex", place=place, pattern=pattern
            )
    _range(fields, node, logical, column, asked)
    if "multipleOf" in fields:
        _multiple(fields["multipleOf"], logical, column, asked)
    _descriptions(fields, node, logical, column, asked)
    for key in _INSIDE:
        if key in fields:
            asked.cannot(
                "option",
                place=fields[key].place,
                subject=column,
                expected=f"{key}: {fields[key].value}",
                reason="the inside of nested values is not evaluated",
            )


def _length(fields: Mapping[str, Node], node: Node, column: str, asked: Asked) -> None:
    limits: dict[str, Value | None] = {}
    for key, bound in (("minLength", "at_least"), ("maxLength", "at_most")):
        if key in fields:
            limits[bound] = fields[key].integer()
            if limits[bound] is None:
                return
            if int(str(limits[bound])) < 0:
                fields[key].wrong(f"expected 0 or more, found {limits[bound]}")
                return
    bounds = values.interval(node, **limits) if limits else None
    if bounds:
        asked.check(
            CheckKind.LENGTH, columns=(column,), word="length", place=node.place, bounds=bounds
        )


def _range(
    fields: Mapping[str, Node], node: Node, logical: str | None, column: str, asked: Asked
) -> None:
    limits: dict[str, Any] = {}
    for side, closed, open_ in (
        ("minimum", "at_least", "more_than"),
        ("maximum", "at_most", "less_than"),
    ):
        exclusive = fields.get(f"exclusive{side.capitalize()}")
        # v3.0 has a flag there that turns the closed bound into an open one.
        flagged = exclusive is not None and isinstance(exclusive.value, bool)
        if side in fields:
            limits[open_ if flagged and exclusive and exclusive.value else closed] = _bound(
                fields[side], logical
            )
        elif flagged and exclusive and exclusive.value:
            exclusive.wrong(f"true needs {side!r} beside it")
        if exclusive is not None and not flagged:
            limits[open_] = _bound(exclusive, logical)
    if not limits or any(value is None for value in limits.values()):
        return
    bounds = values.interval(node, **limits)
    if bounds:
        asked.check(
            CheckKind.RANGE, columns=(column,), word="range", place=node.place, bounds=bounds
        )


def _bound(node: Node, logical: str | None) -> Value | None:
    """A bound of the property's own type: a number, or an ISO 8601 date or time."""
    if logical in ("integer", "number"):
        return node.number()
    if logical in ("date", "timestamp") and isinstance(node.value, str):
        return _moment(node)
    if logical in ("date", "timestamp") and not isinstance(node.value, date):
        node.expected("an ISO 8601 date or time")
        return None
    return values.limit(node, numeric=False)


def _moment(node: Node) -> date | None:
    text = node.value.strip()
    for parse in (date.fromisoformat, datetime.fromisoformat):
        try:
            return parse(text)
        except ValueError:
            continue
    node.expected("an ISO 8601 date or time")
    return None


def _multiple(node: Node, logical: str | None, column: str, asked: Asked) -> None:
    number = node.number()
    if number is None:
        return
    if number <= 0:
        node.wrong(f"expected a number above 0, found {number}")
    else:
        name = quoted(column)
        asked.check(
            CheckKind.SQL_EXPRESSION,
            columns=(column,),
            word="multiple_of",
            place=node.place,
            expression=f"{name} IS NULL OR {_is_multiple(name, number, logical)}",
            description=f"a multiple of {number}",
        )


def _is_multiple(name: str, number: float, logical: str | None) -> str:
    """The condition in words that all engines share.

    Fractions have no exact quotient, so one that is whole up to the last digits of a double is
    taken for whole: 0.3 is a multiple of 0.1, and 0.35 is none.
    """
    if logical == "integer" and number == int(number):
        return f"{name} % {int(number)} = 0"
    quotient = f"{name} / {float(number)!r}"
    return f"ABS({quotient} - ROUND({quotient})) <= 4e-15 * (1 + ABS({quotient}))"


def _text_format(node: Node, column: str, asked: Asked) -> None:
    """A format that has a check; one that only describes; or one that nobody evaluates."""
    name = node.text()
    if name is None:
        return
    known = _FORMATS.get(name.strip().lower(), name.strip().lower())
    if known in _DESCRIBING:
        asked.outside.append(f"{node.place}: format {name} of {column}")
    elif known in FORMATS:
        asked.check(
            TextFormat.kind,
            columns=(column,),
            word="format",
            place=node.place,
            parameters=TextFormat(name=known),
        )
    else:
        asked.cannot(
            "option",
            place=node.place,
            subject=column,
            expected=f"format: {name}",
            reason="this gate knows no format of that name",
        )


def _descriptions(
    fields: Mapping[str, Node], node: Node, logical: str | None, column: str, asked: Asked
) -> None:
    """Formats describe a value to people. Those of integers have a meaning: a range."""
    for key in _DESCRIPTIONS:
        if key not in fields:
            continue
        if key == "format" and logical == "integer":
            word = fields[key].choice(_INTEGER_FORMATS)
            if word and word in _INTEGER_RANGES:
                asked.check(
                    CheckKind.RANGE,
                    columns=(column,),
                    word="range",
                    place=fields[key].place,
                    bounds=values.interval(node, **_INTEGER_RANGES[word]),
                )
        elif key == "format" and logical == "string":
            _text_format(fields[key], column, asked)
        else:
            value = fields[key].value
            words = str(value).lower() if isinstance(value, bool) else value
            asked.outside.append(f"{fields[key].place}: {key} {words} of {column}")
