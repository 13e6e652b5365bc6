"""Shapes of JSON documents in the SQL of DuckDB.

Each function reads the text that it is given, so what is looked at more than once is taken out
first, and named by a list of one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction

from airflow_gov_provider.domain.contracts.json_schemas.shapes import Shape
from airflow_gov_provider.domain.quality.expectations import Bounds
from airflow_gov_provider.profiling.engines import patterns
from airflow_gov_provider.profiling.engines.json_conditions import (
    FALSE,
    TRUE,
    Wrap,
    Writer,
    both,
    limits,
    quoted,
    where,
)

_KINDS = {
    "null": "'NULL'",
    "boolean": "'BOOLEAN'",
    "number": "'UBIGINT', 'BIGINT', 'DOUBLE', 'UHUGEINT', 'HUGEINT'",
    "string": "'VARCHAR'",
    "array": "'ARRAY'",
    "object": "'OBJECT'",
}
# A whole number that is compared digit by digit; all others are 64-bit floating point.
_DIGITS = "'-?[0-9]{1,38}'"
_BEYOND = 10**38


def condition(shape: Shape, text: str, *, valid: str) -> str:
    """Whether ``text``, which is SQL, is a document of the shape; never NULL for a text.

    :param valid: whether it is a document.
    """
    # What PostgreSQL cannot hold is refused here as well.
    escaped = rf"REGEXP_MATCHES({text}, '(?:^|[^\\])(?:\\\\)*\\u0000')"
    body = _let(text, "d", _DuckDB().condition(shape, "d"))
    return f"(CASE WHEN {valid} AND NOT {escaped} THEN {body} ELSE FALSE END)"


class _DuckDB(Writer):
    def is_a(self, kind: str, value: str) -> str:
        if kind != "integer":
            return f"(JSON_TYPE({value}) IN ({_KINDS[kind]}))"
        text, double = self.text(value), f"TRY_CAST({self.text(value)} AS DOUBLE)"
        # What is too large for a float is a whole number.
        whole = f"REGEXP_FULL_MATCH({text}, '-?[0-9]+') OR {double} = TRUNC({double})"
        return where(self.is_a("number", value), f"({whole})", FALSE)

    def text(self, value: str) -> str:
        return f"JSON_EXTRACT_STRING({value}, '$')"

    def within(self, value: str, bounds: Bounds) -> str:
        number = self.fresh("n")
        whole = both(f"CAST({number} AS HUGEINT) {each}" for each in _whole(bounds))
        double = both(f"CAST({number} AS DOUBLE) {each}" for each in _double(bounds))
        decided = where(f"REGEXP_FULL_MATCH({number}, {_DIGITS})", whole, double)
        return _let(self.text(value), number, decided)

    def length(self, text: str) -> str:
        return f"LENGTH({text})"

    def found(self, pattern: str, text: str) -> str:
        return f"REGEXP_MATCHES({text}, {quoted(patterns.checked(pattern))})"

    def elements(self, value: str) -> str:
        return f"JSON_ARRAY_LENGTH({value})"

    def element(self, value: str, place: int) -> tuple[str, str]:
        return f"JSON_EXTRACT({value}, '$[{place}]')", f"JSON_ARRAY_LENGTH({value}) > {place}"

    def all_elements(self, value: str, shape: Shape, *, after: int) -> str:
        each = self.fresh("e")
        listed = f"JSON_EXTRACT({value}, '$[*]')" + (f"[{after + 1}:]" if after else "")
        return _all(listed, each, self.condition(shape, each))

    def members(self, value: str) -> str:
        return f"LIST_UNIQUE(JSON_KEYS({value}))"

    def opened(self, value: str, names: Sequence[str]) -> tuple[Mapping[str, str], Wrap]:
        members, name, pair = self.fresh("m"), self.fresh("k"), self.fresh("p")
        paths = ", ".join(quoted(_pointer(each)) for each in names)
        listed = ", ".join(map(quoted, names))
        # A path finds the first member of a name, and the last one counts.
        last = f"LIST_FILTER({_pairs(value)}, lambda {pair}: {pair}[1] = {name})[-1][2]"
        found = where(
            f"LIST_UNIQUE(JSON_KEYS({value})) = LEN(JSON_KEYS({value}))",
            f"JSON_EXTRACT({value}, [{paths}])",
            f"LIST_TRANSFORM([{listed}], lambda {name}: {last})",
        )
        places = {each: f"{members}[{place}]" for place, each in enumerate(names, start=1)}
        return places, lambda body: _let(found, members, body)

    def all_others(self, value: str, known: Sequence[str], shape: Shape) -> str:
        pair, place = self.fresh("o"), self.fresh("i")
        met = self.condition(shape, f"{pair}[2]")
        is_other = f"{pair}[1] NOT IN ({', '.join(map(quoted, known))})" if known else TRUE
        later = f"JSON_KEYS({value})[{place} + 1:]"
        counts = TRUE if met == FALSE else f"NOT LIST_CONTAINS({later}, {pair}[1])"
        failing = both([is_other, counts, f"NOT {met}"])
        return f"(LEN(LIST_FILTER({_pairs(value)}, lambda {pair}, {place}: {failing})) = 0)"


def _let(value: str, name: str, body: str) -> str:
    if name not in body:
        return body
    return f"(LIST_TRANSFORM([{value}], lambda {name}: {body})[1])"


def _all(listed: str, name: str, body: str) -> str:
    if body == TRUE:
        return TRUE
    return f"(LEN(LIST_FILTER({listed}, lambda {name}: NOT {body})) = 0)"


def _pairs(value: str) -> str:
    return f"LIST_ZIP(JSON_KEYS({value}), JSON_EXTRACT({value}, '$.*'))"


def _pointer(name: str) -> str:
    """The path of a member (RFC 6901)."""
    return "/" + name.replace("~", "~0").replace("/", "~1")


def _whole(bounds: Bounds) -> list[str]:
    """The same interval for whole numbers of so many digits."""
    found = []
    for sign, limit in limits(bounds):
        exact = Fraction(str(limit))
        inwards = math.ceil if sign in (">=", "<") else math.floor
        near = max(-_BEYOND, min(_BEYOND, inwards(exact)))
        found.append(f"{sign} CAST('{near}' AS HUGEINT)")
    return found


def _double(bounds: Bounds) -> list[str]:
    """The same interval for 64-bit floating point numbers."""
    found = []
    for sign, limit in limits(bounds):
        number = float(limit)
        if sign in (">=", "<") and number < limit:
            number = math.nextafter(number, math.inf)
        elif sign in (">", "<=") and number > limit:
            number = math.nextafter(number, -math.inf)
        found.append(f"{sign} CAST('{number!r}' AS DOUBLE)")
    return found
