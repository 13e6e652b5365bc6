"""Patterns that cannot mean the same on an engine are refused there, never reinterpreted."""

from __future__ import annotations

import duckdb
import pytest

from airflow_gov_provider.profiling.engines.patterns import checked, for_postgres, for_python
from airflow_gov_provider.profiling.failures import Unmeasurable


@pytest.mark.parametrize("pattern", ["(?m)a.b", "(?im)a", "(?sm)^a$"])
def test_the_flag_for_many_lines_is_refused_on_postgresql(pattern):
    with pytest.raises(Unmeasurable, match="no counterpart in PostgreSQL"):
        for_postgres(pattern)


def test_the_flags_that_postgresql_knows_are_kept():
    assert for_postgres("(?is)a.b") == "(?i)^(?:a.b)$"


# What RE2 says of a text: DuckDB asks it, and the others have to say the same.
OF_RE2 = [
    ("[[:digit:]]", "a5", True),
    ("^[^[:digit:]]$", "5", False),
    ("^[[:^digit:]]$", "5", False),
    ("^[[:alpha:]]$", "é", False),
    ("^[[:word:][:space:]]+$", "a_1 b", True),
    ("^[[a]$", "[", True),
    ("[[.a.]]", "a", False),
    ("a{,2}b", "aab", False),
    ("a{,2}b", "a{,2}b", True),
    ("a{1,2}b", "aab", True),
    (r"\s", "\v", False),
    (r"^\S$", "\v", True),
    (r"^[^\s]$", "\v", True),
    (r"^[\S]$", "\v", True),
    (r"^[\s\S]+$", "a\v \xa0😀", True),
    (r"^[\W]$", "é", True),
    (r"^[^\W]$", "é", False),
    (r"^[\D]$", "\u0661", True),
    (r"^[\w.-]+$", "a-b.c_1", True),
    (r"\bé\b", "é", False),
    (r"\bfoo\b", "a foo.", True),
    (r"\Boo", "foo", True),
    (r"\Bfoo", "foo", False),
    (r"^\w$", "é", False),
    ("(?i)^Ä$", "ä", True),
    ("(?i)^[à-ü]$", "Ä", True),
    (r"(?i)^\w+$", "aB", True),
    (r"(?i)^\w+$", "é", False),
]


@pytest.mark.parametrize("engine", ["duckdb", "python", "postgres"])
def test_a_pattern_finds_the_same_on_every_engine(engine: str, request: pytest.FixtureRequest):
    connection = request.getfixturevalue("postgres") if engine == "postgres" else None

    def found(pattern: str, text: str) -> bool:
        if engine == "python":
            return for_python(pattern).search(text) is not None
        if connection is not None:
            asked = (text, for_postgres(pattern, whole=False))
            return connection.execute("SELECT %s::text ~ %s", asked).fetchone()[0]
        asked = [text, checked(pattern)]
        with duckdb.connect() as database:
            return database.execute("SELECT regexp_matches(?, ?)", asked).fetchone()[0]

    assert [(*each[:2], found(*each[:2])) for each in OF_RE2] == OF_RE2


def test_a_class_that_re2_does_not_know_is_refused():
    with pytest.raises(Unmeasurable, match="'digits', which RE2 does not know"):
        for_python("[[:digits:]]")
