"""RE2 patterns as Java and POSIX read them: the same texts match."""

from __future__ import annotations

import re
from collections.abc import Callable

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_gov_provider.profiling.failures import Unmeasurable
from airflow_gov_provider.profiling.warehouses.regexes import (
    JAVA,
    SNOWFLAKE,
    TRINO,
    Flavour,
    translated,
)

TEXTS = (
    "",
    "a",
    "b",
    "ab",
    "aab",
    "A",
    "é",
    "É",
    "5",
    "\u0665",
    "_",
    "-",
    "[",
    "]",
    "&",
    "a\nb",
    "\n",
    " ",
    "\v",
    "\t",
    "a b",
    "^",
    "$",
    "a.b",
    "axb",
    "\\",
    "😀",
    "~",
    "{",
    "ss",
)


def re2(pattern: str) -> Callable[[str], bool]:
    connection = duckdb.connect()

    def matches(text: str) -> bool:
        (found,) = connection.execute(
            "SELECT regexp_full_match(?, ?)", [text, pattern]
        ).fetchone() or (None,)
        return bool(found)

    return matches


def after_translation(pattern: str, flavour: Flavour) -> Callable[[str], bool]:
    """Python reads what is left after translation as Java and POSIX do."""
    body, flags = translated(pattern, flavour)
    compiled = re.compile(f"(?:{body})", re.IGNORECASE if "i" in flags else 0)
    return lambda text: compiled.fullmatch(text) is not None


PATTERNS = (
    r"a|b.",
    r"(?s)a.b",
    r"a.b",
    r"\d+",
    r"[\d\w]+",
    r"\s",
    r"\S\S",
    r"\W",
    r"[^a\n]",
    r"^a.*b$",
    r"\Aab\z",
    r"(?P<first>a)(?:b)?",
    r"a+?b*?",
    r"a{2}b",
    r"a{1,2}?b",
    r"[[&&~]",
    r"[]a]",
    r"[^]a]",
    r"[a\-]",
    r"[[:digit:][:space:]]+",
    r"\x41|\x{1F600}",
    r"(?i)É|SS",
    r"\.|\^|\$|\\",
    r"a\.b",
    r"]",
    r"\t|\v|\n",
)


@pytest.mark.parametrize("flavour", [JAVA, TRINO, SNOWFLAKE], ids=lambda f: f.engine)
@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_translated_pattern_matches_what_it_matched(pattern: str, flavour: Flavour) -> None:
    here, there = re2(pattern), after_translation(pattern, flavour)

    assert {t for t in TEXTS if here(t)} == {t for t in TEXTS if there(t)}


PIECES = st.sampled_from(["a", "b", ".", r"\d", r"\w", r"[ab]", r"[^a]", "(a|b)", r"\.", " ", "é"])
COUNTS = st.sampled_from(["", "*", "+?", "?", "{2}", "{0,1}"])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(PIECES, COUNTS).map("".join), min_size=1, max_size=4).map("".join),
    st.text(alphabet="ab. é5\n_", max_size=5),
)
def test_any_pattern_of_common_pieces_keeps_its_meaning(pattern: str, text: str) -> None:
    expected = re2(pattern)(text)

    for flavour in (JAVA, TRINO, SNOWFLAKE):
        assert after_translation(pattern, flavour)(text) is expected


@pytest.mark.parametrize(
    "pattern",
    [
        r"(?m)a",  # lines are other lines elsewhere
        r"a(?i)b",
        r"(?i:a)",
        r"a^b",
        r"(a$|b)",
        r"a++",
        r"a{,3}",
        r"\p{Greek}",
        r"\Qa.b\E",
        r"\C",
        r"\01",
        r"[\D]",
        r"[[:^alpha:]]",
        r"[:alpha:]",
        r"(?=a)b",
        r"(a)\1",
        r"\x{110000}",
        r"[a",
    ],
)
def test_what_may_be_read_otherwise_is_refused(pattern: str) -> None:
    for flavour in (JAVA, TRINO, SNOWFLAKE):
        with pytest.raises(Unmeasurable):
            translated(pattern, flavour)


def test_the_newer_way_of_naming_a_group_is_read_too() -> None:
    assert translated("(?<first>a)b", SNOWFLAKE)[0] == "(a)b"


def test_words_end_where_each_engine_can_be_told_so() -> None:
    assert translated(r"a\b", SNOWFLAKE)[0] == r"a\b"
    assert after_translation(r"a\b.b", JAVA)("a b")
    assert not after_translation(r"a\b.b", JAVA)("aab")
    with pytest.raises(Unmeasurable, match=r"uses \\b, which Trino"):
        translated(r"a\b", TRINO)
    assert translated(r"\pL\p{Nd}", JAVA)[0] == r"\p{L}\p{Nd}"
    with pytest.raises(Unmeasurable):
        translated(r"\pL", SNOWFLAKE)
