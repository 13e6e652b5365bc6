"""A document held to a shape in this process, for the engine that runs in it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, Never

from airflow_gov_provider.domain.contracts.json_schemas.shapes import Scalar, Shape
from airflow_gov_provider.domain.quality.judging import exact, holds

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
Compile = Callable[[str], re.Pattern[str]]


def conforms(shape: Shape, text: str, *, compiled: Compile) -> bool:
    """Whether a text is one JSON document (RFC 8259) of this shape.

    Where an object names a member twice, the last one counts. A text that PostgreSQL cannot hold
    (U+0000, half of a surrogate pair) makes a document none, as do many hundreds of levels.

    :param compiled: a pattern in RE2's syntax for Python.
    """
    try:
        document = json.loads(text, parse_constant=_refuse)
        return _is_storable(document) and _meets(shape, document, compiled)
    except (ValueError, RecursionError):
        return False


def _refuse(constant: str) -> Never:
    raise ValueError(f"{constant} is no JSON")


def _is_storable(value: Any) -> bool:
    match value:
        case str():
            return _UNSTORABLE.search(value) is None
        case list():
            return all(map(_is_storable, value))
        case dict():
            return all(_is_storable(key) and _is_storable(each) for key, each in value.items())
    return True


def _meets(shape: Shape, value: Any, compiled: Compile) -> bool:
    def meets(inner: Shape, each: Any = value) -> bool:
        return _meets(inner, each, compiled)

    return (
        (shape.kinds is None or not shape.kinds.isdisjoint(_kinds(value)))
        and (shape.scalars is None or any(_equal(each, value) for each in shape.scalars))
        and _of_its_kind(shape, value, compiled)
        and all(meets(each) for each in shape.every)
        and all(any(meets(each) for each in group) for group in shape.some)
        and all(sum(meets(each) for each in group) == 1 for group in shape.exactly_one)
        and not any(meets(each) for each in shape.never)
        and all(meets(yes if meets(case) else no) for case, yes, no in shape.choices)
    )


def _kinds(value: Any) -> tuple[str, ...]:  # noqa: PLR0911 - one case a type
    match value:
        case None:
            return ("null",)
        case bool():
            return ("boolean",)
        case int():
            return ("integer", "number")
        case float():
            # What is too large for a float is a whole number.
            whole = value.is_integer() or value in (float("inf"), float("-inf"))
            return ("integer", "number") if whole else ("number",)
        case str():
            return ("string",)
        case list():
            return ("array",)
    return ("object",)


def _equal(wanted: Scalar, value: Any) -> bool:
    """In JSON, 1 is 1.0, and neither is true."""
    if isinstance(value, (list, dict)) or isinstance(wanted, bool) is not isinstance(value, bool):
        return False
    return bool(wanted == value)


def _of_its_kind(shape: Shape, value: Any, compiled: Compile) -> bool:
    match value:
        case bool():
            return True
        case int() | float():
            return all(holds(exact(value), bounds) for bounds in shape.numbers)
        case str():
            return shape.length.holds(len(value)) and all(
                compiled(pattern).search(value) for pattern in shape.patterns
            )
        case list():
            return _array(shape, value, compiled)
        case dict():
            return _object(shape, value, compiled)
    return True


def _array(shape: Shape, value: list[Any], compiled: Compile) -> bool:
    further = value[len(shape.prefix) :]
    first = zip(shape.prefix, value, strict=False)
    return (
        shape.count.holds(len(value))
        and all(_meets(inner, each, compiled) for inner, each in first)
        and (shape.items is None or all(_meets(shape.items, each, compiled) for each in further))
    )


def _object(shape: Shape, value: dict[str, Any], compiled: Compile) -> bool:
    named = dict(shape.members)
    others = [each for name, each in value.items() if name not in named]
    needed = [*shape.required]
    needed += [each for name, names in shape.dependent if name in value for each in names]
    there = [(inner, value[name]) for name, inner in shape.members if name in value]
    return (
        shape.size.holds(len(value))
        and all(name in value for name in needed)
        and all(_meets(inner, each, compiled) for inner, each in there)
        and (shape.others is None or all(_meets(shape.others, each, compiled) for each in others))
    )
