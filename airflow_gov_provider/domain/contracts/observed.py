"""What was seen of a table, for whoever writes its first contract."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from airflow_gov_provider.domain.quality.expectations import Value

# Parts of column names behind which people may stand. A list that is left out does no harm.
_PERSONAL = (
    "account address birth born birthday birthdate card contact customer dob email employee fax "
    "firstname fullname holder iban ip lastname login mail mobile name nickname owner passport "
    "patient person phone postcode signature ssn street surname tax tel telephone user username "
    "vat zip"
)
_PERSONAL_WORDS = frozenset(_PERSONAL.split())
# Of what has happened, and of what is still to come.
_HAPPENED = (
    "arrived birth birthdate born created dob event ingested inserted loaded logged made modified"
    " occurred opened ordered paid placed posted processed read received recorded registered sent"
    " shipped signed sold submitted timestamp ts updated visited"
)
_TO_COME = (
    "cancel deadline due effective end ends eta expected expires expiry expiration forecast from"
    " future next planned promised renewal scheduled start starts target through to until valid"
    " validity will"
)
_KEYS = ("id", "uuid", "guid", "key", "pk")
_HAPPENED_WORDS, _WORDS_TO_COME = frozenset(_HAPPENED.split()), frozenset(_TO_COME.split())
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+")
_MANY_DIGITS = re.compile(r"(?:\d[ ./-]?){6,}")
_TWO_NAMES = re.compile(r"[^\W\d_]+(?:[-'][^\W\d_]+)?,? [^\W\d_]+(?:[-' ][^\W\d_]+)*")
_LONGEST = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedColumn:
    """One column.

    :param physical: its type in the words of the database.
    :param family: what its values are compared as, such as ``integer`` or ``text``.
    :param is_unique: proven on all rows; False also where nobody looked.
    :param low: the smallest value of numbers, days and times; None for all else.
    :param longest: the characters of the longest text.
    :param values: all values of a text column of few values, each of which many rows have; empty
        for every other column, and where a person may stand behind a value.
    :param format: one that every value has.
    """

    name: str
    physical: str
    family: str
    nulls: int
    is_unique: bool = False
    low: Value | None = None
    high: Value | None = None
    longest: int | None = None
    values: tuple[str, ...] = ()
    format: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """:param source: the data in words that hold no secret."""

    source: str
    rows: int
    columns: tuple[ObservedColumn, ...]


def has_happened(column: str) -> bool:
    """Whether a column's name sounds like the time of something that is over."""
    words = set(_words(column))
    return bool(words & _HAPPENED_WORDS) and not words & _WORDS_TO_COME


def key_likelihood(column: str) -> int | None:
    """0 for a name that a key most likely has; None for one that hardly names a key."""
    words = _words(column)
    if not words or words[-1] not in _KEYS:
        return None
    return 2 * min(len(words) - 1, 1) * len(_KEYS) + _KEYS.index(words[-1])


def _words(column: str) -> list[str]:
    return [word.lower() for word in _CAMEL.split(column) if word]


def may_be_personal(column: str) -> bool:
    """Whether a column's name sounds like data about a person."""
    words = _words(column)
    return any(word in _PERSONAL_WORDS or word.rstrip("s") in _PERSONAL_WORDS for word in words)


def look_personal(values: Iterable[str]) -> bool:
    """Whether texts look like addresses, numbers of people and things, names, or free text."""
    values = list(values)
    if any(len(v) > _LONGEST or "@" in v or _MANY_DIGITS.search(v) for v in values):
        return True
    names = sum(_TWO_NAMES.fullmatch(value.strip()) is not None for value in values)
    return 2 * names >= len(values) > 0
