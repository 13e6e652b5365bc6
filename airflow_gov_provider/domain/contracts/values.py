"""The small grammars inside a contract: bounds, tolerances, durations, patterns, conditions."""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from airflow_gov_provider.domain.contracts.problems import Node
from airflow_gov_provider.domain.durations import duration as written_duration
from airflow_gov_provider.domain.quality.expectations import Bounds, Tolerance, Value
from airflow_gov_provider.domain.verdicts import Severity

duration = written_duration
BOUND_KEYS = ("at_least", "at_most", "more_than", "less_than", "exactly")
# Examples in the evidence; more of them tell no more, and make it large.
MOST_SAMPLES = 20

# Valid for Python's re and unknown to RE2, so a pattern with them runs on no database of ours.
_NOT_RE2 = re.compile(
    r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|(?P<look>\(\?<?[=!])|(?P<back>\(\?P=)|(?P<atomic>\(\?>)"
    r"|(?P<conditional>\(\?\()|(?P<possessive>[*+?}]\+)",
    re.DOTALL,
)
_BACKSLASH_DIGIT = re.compile(r"(?:[^\\]|^)(?:\\\\)*\\[1-9]")
_QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"")


def family(value: object) -> str | None:
    """What a value may be compared with; None for what no check compares."""
    match value:
        case bool():
            return "boolean"
        case int() | float() | Decimal():
            return None if math.isnan(value) else "number"
        case datetime():
            return "time"
        case date():
            return "date"
        case str():
            return "text"
    return None


def comparable(value: Any) -> Any:
    """The value for ordering: a time without a zone is UTC."""
    if isinstance(value, datetime) and value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    return value


def bounds(fields: Mapping[str, Node], owner: Node, *, numeric: bool = False) -> Bounds | None:
    """An interval from the keys ``at_least``, ``at_most``, ``more_than``, ``less_than``; or a point
    from ``exactly``.
    """
    given = {key: fields[key] for key in BOUND_KEYS if key in fields}
    limits = {key: limit(node, numeric=numeric) for key, node in given.items()}
    if not given:
        owner.lacks(f"expected at least one bound: {', '.join(BOUND_KEYS)}", *BOUND_KEYS)
        return None
    if any(value is None for value in limits.values()):
        return None
    if "exactly" in limits:
        if len(limits) > 1:
            owner.wrong("'exactly' stands alone; found it beside another bound")
            return None
        return Bounds(at_least=limits["exactly"], at_most=limits["exactly"])
    return interval(owner, **limits)


def limit(node: Node, *, numeric: bool) -> Value | None:
    if numeric:
        return node.number()
    if family(node.value) in (None, "boolean"):
        node.expected("a number, a date, a time or text")
        return None
    if isinstance(node.value, (int, float)):
        return node.number()
    value: Value = node.value
    return value


def interval(owner: Node, **limits: Value | None) -> Bounds | None:
    """Bounds that leave at least one value, and whose limits can be compared with each other."""
    given = [value for value in limits.values() if value is not None]
    if len({family(value) for value in given}) > 1:
        owner.wrong("the bounds have different types; write all as numbers, dates, times or text")
        return None
    for pair in (("at_least", "more_than"), ("at_most", "less_than")):
        if all(limits.get(key) is not None for key in pair):
            owner.wrong(f"{pair[0]!r} and {pair[1]!r} say the same side twice; keep one")
            return None
    low, high = (
        comparable(next((limits[k] for k in keys if limits.get(k) is not None), None))
        for keys in (("at_least", "more_than"), ("at_most", "less_than"))
    )
    strict = limits.get("more_than") is not None or limits.get("less_than") is not None
    made = Bounds(**limits)
    if low is not None and high is not None and (low > high or (strict and low == high)):
        owner.wrong(f"no value can be {made}")
        return None
    return made


def tolerance(node: Node) -> Tolerance | None:
    """A count or a share.

    ``10`` rows, ``"1.5%"`` or ``0.015`` of the rows in scope, ``{count: 10}`` or ``{share: 0.1}``.
    """
    match node.value:
        case Mapping():
            fields = node.fields(("count", "share"))
            if len(fields) != 1:
                node.wrong("expected either 'count' or 'share'")
                return None
            key, inner = next(iter(fields.items()))
            return _count(inner) if key == "count" else _share(inner)
        case str() if node.value.strip().endswith("%"):
            return _percentage(node, node.value)
        case float():
            return _share(node)
        case int() if not isinstance(node.value, bool):
            return _count(node)
    node.expected('a count such as 10, or a share such as "1%" or 0.01')
    return None


def mostly(node: Node) -> Tolerance | None:
    """The share of rows that must pass: ``0.95`` or ``"95%"`` is a tolerance of 5%."""
    if isinstance(node.value, str) and not node.value.strip().endswith("%"):
        node.expected('a share such as 0.95 or "95%"')
        return None
    made = _percentage(node, node.value) if isinstance(node.value, str) else _share(node)
    if made is None or made.share is None:
        return None
    return Tolerance(share=float(1 - Decimal(str(made.share))))


def sample_limit(node: Node) -> int | None:
    number = node.integer()
    if number is not None and not 0 <= number <= MOST_SAMPLES:
        node.wrong(f"expected 0 to {MOST_SAMPLES}, found {number}")
        return None
    return number


def _percentage(node: Node, text: str) -> Tolerance | None:
    try:
        percent = Decimal(text.strip().removesuffix("%").strip())
    except InvalidOperation:
        percent = Decimal("NaN")
    if not percent.is_finite() or not 0 <= percent <= 100:  # noqa: PLR2004
        node.wrong(f"expected a percentage from 0% to 100%, found {text!r}")
        return None
    return Tolerance(share=float(percent / 100))


def _count(node: Node) -> Tolerance | None:
    count = node.integer()
    if count is not None and count < 0:
        node.wrong(f"expected 0 or more rows, found {count}")
        return None
    return None if count is None else Tolerance(count=count)


def _share(node: Node) -> Tolerance | None:
    share = node.number()
    if share is not None and not 0 <= share <= 1:
        node.wrong(f'expected a share from 0 to 1 (or "{share}%"), found {share}')
        return None
    return None if share is None else Tolerance(share=float(share))


def severity(node: Node) -> Severity:
    chosen = node.choice([level.value for level in Severity])
    return Severity(chosen) if chosen else Severity.ERROR


def pattern(node: Node) -> str | None:
    """A regular expression in the syntax that all our engines share (RE2's)."""
    text = node.text()
    if text is None:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        node.wrong(f"not a regular expression: {error}")
        return None
    names = {match.lastgroup for match in _NOT_RE2.finditer(text) if match.lastgroup}
    foreign = [
        words
        for name, words in (
            ("look", "look-around"),
            ("back", "a back reference"),
            ("atomic", "an atomic group"),
            ("conditional", "a conditional group"),
            ("possessive", "a possessive repeat"),
        )
        if name in names
    ]
    if _BACKSLASH_DIGIT.search(text):
        foreign.append("a back reference")
    if foreign:
        node.wrong(f"uses {', '.join(sorted(set(foreign)))}, which RE2 syntax does not have")
        return None
    return text


def condition(node: Node) -> str | None:
    """A SQL condition, checked for what is unsafe or unfinished whatever the dialect.

    Whether it is one boolean expression over known columns is for the profiler, which has a parser.
    """
    text = node.text()
    if text is None:
        return None
    bare = _QUOTED.sub("''", text)
    problem = None
    if "'" in bare.replace("''", "") or '"' in bare:
        problem = "a quote is not closed"
    elif ";" in bare:
        problem = "expected one condition, found ';'"
    elif "--" in bare or "/*" in bare:
        problem = "a condition may not contain a comment; it could hide part of it"
    elif not _balanced(bare):
        problem = "the parentheses do not match"
    elif re.match(
        r"\s*(select|insert|update|delete|drop|alter|create|with)\b", bare, re.IGNORECASE
    ):
        problem = "expected a condition such as 'amount >= 0', found a statement"
    if problem:
        node.wrong(problem)
        return None
    return text.strip()


def _balanced(text: str) -> bool:
    depth = 0
    for character in text:
        depth += (character == "(") - (character == ")")
        if depth < 0:
            return False
    return depth == 0


def values(node: Node, *, allow_null: bool = False) -> tuple[Value, ...]:
    """A non-empty list of values of one type, without repeats."""
    if family(node.value) is not None:
        node.expected(f"a list such as [{described_value(node.value)}]")
        return ()
    items = [item for item in node.items() if not (allow_null and item.value is None)]
    kept: list[Value] = []
    for item in items:
        if family(item.value) is None:
            item.expected("text, a number, a date, a time or a boolean")
        elif any(type(value) is type(item.value) and value == item.value for value in kept):
            item.wrong(f"{described_value(item.value)} stands in the list twice")
        else:
            kept.append(item.value)
    families = sorted({str(family(value)) for value in kept})
    if len(families) > 1:
        quotes = '; put text such as "no" or "1" in quotes' if "text" in families else ""
        node.wrong(f"the values have different types ({', '.join(families)}){quotes}")
        return ()
    if isinstance(node.value, (list, tuple)) and not kept and not items:
        node.wrong("expected at least one value")
    return tuple(kept)


def described_value(value: Value) -> str:
    return repr(value) if isinstance(value, (str, bool)) else str(value)
