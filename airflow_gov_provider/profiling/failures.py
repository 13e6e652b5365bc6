"""Why something could not be measured, in words that never quote a value of the data."""

from __future__ import annotations

import re

# What a database says before it has looked at any row: names and syntax, never values.
_NAMING_SQLSTATES = ("42",)
_SQLITE_NAMING = re.compile(
    r"no such (column|function|table)|near |ambiguous column|wrong number of arguments"
    r"|misuse of|row value misused|incomplete input"
)
_DUCKDB_NAMING = ("BinderException", "CatalogException", "ParserException", "SyntaxException")
_QUOTED_VALUE = re.compile(r"'(?:[^']|'')*'")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


class Unmeasurable(Exception):
    """One check cannot be answered; the others can. The message is shown to people."""


def reason(error: BaseException) -> str:
    """What went wrong in one line.

    Databases like to quote the offending value ("could not convert string '...'"). Their own words
    are kept only where they speak about names and syntax; otherwise the class of the error stands
    for them.
    """
    if _speaks_of_names(error):
        return first_line(str(error))
    return f"the rows do not allow it: {in_words(error)}"


def _speaks_of_names(error: BaseException) -> bool:
    sqlstate = getattr(error, "sqlstate", None) or getattr(error, "pgcode", None)
    if sqlstate:
        return str(sqlstate).startswith(_NAMING_SQLSTATES)
    if type(error).__module__.startswith("sqlite3"):
        return bool(_SQLITE_NAMING.match(str(error)))
    return type(error).__name__ in _DUCKDB_NAMING


def first_line(message: str) -> str:
    line = next((line.strip() for line in message.splitlines() if line.strip()), "no message")
    return _QUOTED_VALUE.sub("'...'", line)[:300]


def in_words(error: BaseException) -> str:
    """The class of an error, which says what kind of thing went wrong and quotes nothing."""
    name = type(error).__name__.removesuffix("Exception").removesuffix("Error") or "Error"
    return _CAMEL.sub(" ", name).lower() + " error"
