"""The wider vocabulary before any data is read: problems, suspicions, and changes between versions."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_gov_provider.domain.contracts import load
from airflow_gov_provider.domain.contracts.changes import compare
from airflow_gov_provider.domain.contracts.checks import FORMS
from airflow_gov_provider.domain.contracts.foreign_words import ELSEWHERE, THEIRS, our_words
from airflow_gov_provider.domain.contracts.suspicions import suspicions
from airflow_gov_provider.domain.quality.expectations import Tolerance
from airflow_gov_provider.domain.quality.phrases import expected_words
from airflow_gov_provider.exceptions import ContractInvalid


def listed(*checks: Any) -> dict[str, Any]:
    return {"contract": "c", "version": "1", "checks": list(checks)}


@pytest.mark.parametrize(
    ("check", "problem"),
    [
        (
            {"format": "emial", "column": "c"},
            "checks[0].format: unknown value 'emial'; did you mean 'email'?",
        ),
        ({"formt": "email", "column": "c"}, "'formt' is none; did you mean 'format'?"),
        ({"columns_match_set": []}, "expected at least one column"),
        ({"columns_match_set": ["a", "a"]}, "the column 'a' stands twice"),
        ({"column_count": -1}, "expected 0 or more, found -1"),
        ({"nullable": "no", "column": "c"}, "expected true or false, found 'no' (text)"),
        ({"null_percent": {"at_leest": 1}, "column": "c"}, "did you mean 'at_least'?"),
        ({"any_complete": ["a"]}, "'any_complete' takes at least 2 columns, found 1"),
        (
            {"correlation": {"columns": ["a", "b", "c"], "at_least": 0}},
            "takes at most 2 columns, found 3",
        ),
        ({"missing": [], "column": "c"}, "expected at least one value"),
        ({"gt": True, "column": "c"}, "expected a number, a date, a time or text, found true"),
        ({"gt": {}, "column": "c"}, "'value' is missing: what the column is compared with"),
        (
            {"outside": {"at_least": 2, "at_most": 1}, "column": "c"},
            "no value can be >= 2 and <= 1",
        ),
        ({"like": "a\\", "column": "c"}, "a single '\\' at the end escapes nothing"),
        ({"not_regex": "(", "column": "c"}, "checks[0].not_regex:"),
        ({"ge_column": "c", "column": "c"}, "'c' is compared with itself"),
        ({"sum_equals": {"columns": ["a", "b"]}}, "expected either 'total' (a column) or 'value'"),
        ({"sum_equals": {"columns": ["a"], "total": "a"}}, "the total stands among its parts"),
        (
            {"sum_equals": {"columns": ["a"], "value": 1, "within": -1}},
            "expected 0 or more, found -1",
        ),
        ({"outliers": "sigma", "column": "c"}, "unknown value 'sigma'"),
        ({"outliers": {"factor": 0}, "column": "c"}, "expected more than 0, found 0"),
        ({"median": {}, "column": "c"}, "expected at least one bound"),
        (
            {"distinct_count": {"at_least": 1, "approximate": "yes"}, "column": "c"},
            "expected true or false",
        ),
        (
            {"sql_value": {"query": "DELETE FROM {table}", "at_most": 1}},
            "expected one SELECT from {table}",
        ),
        ({"failed_rows": "SELECT * FROM {tabel}"}, "the only name in braces, found 'tabel'"),
        ({"mostly": 1.5, "not_null": "c"}, "expected a share from 0 to 1"),
        ({"mostly": "most", "not_null": "c"}, 'expected a share such as 0.95 or "95%"'),
        ({"mostly": 0.9, "tolerance": 1, "not_null": "c"}, "'mostly' and 'tolerance' say the same"),
        ({"sample_limit": 21, "not_null": "c"}, "expected 0 to 20, found 21"),
        ({"sample_limit": 5, "row_count": 1}, "unknown key 'sample_limit'"),
        ({"mostly": 0.9, "row_count": 1}, "unknown key 'mostly'"),
        ({"when": "a > 0"}, "'then' is missing"),
        (
            {"when": "a > 0", "then": 1},
            "expected a check such as {not_null: amount}, or a condition",
        ),
        ({"when": "a > 0", "then": {"not_null": "b", "where": "c > 0"}}, "join the two conditions"),
        ({"when": "a > 0", "then": {"not_nul": "b"}}, "did you mean 'not_null'?"),
        ({"when": "SELECT 1", "then": "b > 0"}, "expected a condition such as"),
    ],
)
def test_a_mistake_is_named_with_its_place(check: dict[str, Any], problem: str):
    with pytest.raises(ContractInvalid) as caught:
        load(listed(check))

    assert any(problem in each for each in caught.value.problems), caught.value.problems
    assert all(each.startswith("checks[0]") for each in caught.value.problems)


@pytest.mark.parametrize(
    ("check", "words"),
    [
        ({"columns_match_set": ["a", "b"]}, "the columns a, b and no others"),
        ({"null_percent": 5, "column": "c"}, "percent of NULL <= 5"),
        ({"missing": ["", -1], "column": "c"}, None),
        ({"missing": ["", "?"], "column": "c"}, "not missing: no NULL and none of '', '?'"),
        ({"primary_key": "c"}, "a primary key: no NULL and none twice"),
        ({"distinct_count": 3, "column": "c"}, "different values = 3"),
        ({"gt": 0, "column": "c"}, "> 0"),
        ({"eq": "x", "column": "c"}, "one of 'x'"),
        ({"outside": {"more_than": 1, "less_than": 2}, "column": "c"}, "outside of > 1 and < 2"),
        ({"like": "a%", "column": "c", "mostly": 0.99}, "like 'a%', up to 1% of rows may fail"),
        ({"format": "iban", "column": "c"}, "an IBAN"),
        ({"ge_column": "b", "column": "a"}, "a >= b"),
        (
            {"sum_equals": {"columns": ["a", "b"], "total": "t", "within": 0.5}},
            "a + b = t, within 0.5",
        ),
        (
            {"outliers": {"factor": 2}, "column": "c"},
            "within 2 interquartile ranges of the quartiles",
        ),
        ({"when": "a > 0", "then": "b > 0"}, "b > 0, where a > 0"),
        ({"entropy": 1, "column": "c"}, "entropy in bits >= 1"),
    ],
)
def test_what_is_asked_can_be_read(check: dict[str, Any], words: str | None):
    if words is None:
        with pytest.raises(ContractInvalid, match="different types"):
            load(listed(check))
        return

    assert expected_words(load(listed(check)).expectations[-1]) == words


def test_mostly_is_exactly_what_is_left_over():
    contract = load(listed({"not_null": "c", "mostly": 0.9}, {"not_null": "c", "mostly": "99.9%"}))

    assert [each.tolerance for each in contract.expectations[1:]] == [
        Tolerance(share=0.1),
        Tolerance(share=0.001),
    ]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"missing": ["?"]}, {"missing": ["?", "-"]}, ("values", "tightened")),
        ({"missing": ["?", "-"]}, {"missing": ["-"]}, ("values", "loosened")),
        ({"null_percent": 5}, {"null_percent": 1}, ("bounds", "tightened")),
        ({"gt": 0}, {"gt": -1}, ("bounds", "loosened")),
        ({"nullable": True}, {"nullable": False}, ("allowed", "tightened")),
        ({"outliers": {"factor": 2}}, {"outliers": {"factor": 3}}, ("factor", "loosened")),
        ({"ge_column": "b"}, {"gt_column": "b"}, ("sign", "tightened")),
        ({"ge_column": "b"}, {"lt_column": "b"}, ("sign", "changed")),
        ({"format": "ipv4"}, {"format": "ip"}, ("name", "loosened")),
        ({"format": "ip"}, {"format": "iban"}, ("name", "changed")),
        ({"starts_with": "a"}, {"starts_with": "ab"}, ("text", "tightened")),
        ({"contains": "ab"}, {"contains": "b"}, ("text", "loosened")),
        ({"like": "a%"}, {"like": "b%"}, ("text", "changed")),
        (
            {"distinct_count": {"at_least": 2}},
            {"distinct_count": {"at_least": 2, "approximate": True}},
            ("approximate", "changed"),
        ),
        (
            {"outside": {"at_least": 1, "at_most": 2}},
            {"outside": {"at_least": 1, "at_most": 3}},
            ("interval", "tightened"),
        ),
    ],
)
def test_a_change_of_a_check_has_a_direction_where_there_is_one(
    before: dict[str, Any], after: dict[str, Any], expected: tuple[str, str]
):
    old = load(listed({**before, "column": "a"}))
    new = load(listed({**after, "column": "a"}))

    changes = [each for each in compare(old, new) if each.aspect not in ("id", "column")]
    assert [(each.aspect, each.effect.value) for each in changes] == [expected]
    assert changes[0].is_breaking
    back = [each for each in compare(new, old) if each.aspect not in ("id", "column")]
    assert [each.effect for each in back] == [changes[0].effect.opposite]


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"type": "integer", "format": "uuid"}, "a format is about text"),
        ({"type": "date", "starts_with": "2026"}, "a text_like is about text"),
        ({"type": "string", "variance": {"at_most": 1}}, "variance is about numbers"),
        ({"type": "string", "outliers": "iqr"}, "outliers is about numbers"),
        ({"null_percent": 100}, "always >= 0 and <= 100; it can never fail"),
        ({"distinct_ratio": {"at_most": 1}}, "always >= 0 and <= 1; it can never fail"),
        ({"most_common": 1.5}, "always >= 0 and <= 1; it can never fail"),
        ({"null_percent": {"at_least": 101}}, "always >= 0 and <= 100; it can never pass"),
        (
            {"correlation": {"columns": ["c", "d"], "at_least": 1.5}},
            "always >= -1 and <= 1; it can never pass",
        ),
    ],
)
def test_what_its_author_hardly_meant_is_told(terms: dict[str, Any], message: str):
    if "correlation" in terms:
        contract = load(listed(terms))
    else:
        contract = load({"contract": "c", "version": "1", "columns": {"c": terms}})

    assert any(message in told for _, told in suspicions(contract)), suspicions(contract)


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        (
            {"columns": {"a": {"format": "email", "mostly": 0.9}}},
            "write it into the one it is about, as in 'format: {name: ..., mostly: ...}'",
        ),
        (
            {"columns": {"a": {"not_null": True, "tolerance": 1}}},
            "as in 'not_null: {tolerance: ...}'",
        ),
        (
            {"columns": {"a": {"mostly": 0.9}}},
            "columns.a: 'mostly' stands beside the checks; write it into the one it is about",
        ),
        (
            {"columns": {"a": {"expect_column_values_to_not_be_null": True}}},
            "unknown key 'expect_column_values_to_not_be_null'; here it is called 'not_null'",
        ),
        ({"columns": {"a": {"missingPercent": 0}}}, "here it is called 'null_percent'"),
        ({"columns": {"a": {"min_length": 1}}}, "here it is called 'length'"),
        ({"columns": {"a": {"valid_format": "email"}}}, "here it is called 'format'"),
        (
            {"columns": {"a": {"range": {"min": 0, "max": 9}}}},
            "unknown key 'min'; here it is called 'at_least'",
        ),
        ({"columns": {"a": {"range": {"gt": 0}}}}, "here it is called 'more_than'"),
        (
            {"checks": [{"relationships": {"to": "b"}}]},
            "'relationships' is none; here it is called 'foreign_key'",
        ),
        ({"checks": [{"not_null": "a", "row_condition": "b > 1"}]}, "here it is called 'where'"),
        ({"checks": [{"not_nul": "a"}]}, "did you mean 'not_null'?"),
    ],
)
def test_a_newcomer_is_told_the_word_that_stands_here_for_the_one_of_another_tool(
    document: dict[str, Any], problem: str
):
    with pytest.raises(ContractInvalid) as caught:
        load({"contract": "c", "version": "1", **document})

    assert any(problem in each for each in caught.value.problems), caught.value.problems


def test_every_word_of_another_tool_leads_to_one_of_ours():
    keys = {key for form in FORMS.values() for key in (*form.keys, *form.options)}
    known = {*FORMS, *keys, "column", "columns"}

    assert [word for word in ELSEWHERE if word not in known] == []
    assert [
        w for w in THEIRS if our_words(w, known) == () or (w in FORMS and our_words(w, FORMS))
    ] == []


@pytest.mark.parametrize(
    ("before", "after", "effect"),
    [
        ({"over": "7d"}, {"over": "14d"}, "tightened"),
        ({"over": "14d"}, {"over": "7d"}, "loosened"),
        ({"over": "7d"}, {"over": "7d 12h"}, "changed"),
        ({}, {"over": "7d"}, "changed"),
        ({"over": "7d"}, {}, "changed"),
    ],
)
def test_how_far_back_gaps_are_looked_for_is_one_change(
    before: dict[str, str], after: dict[str, str], effect: str
):
    old, new = ({"gaps": {"every": "1d", "column": "t", **each}} for each in (before, after))

    (change,) = compare(load(listed(old)), load(listed(new)))

    assert (change.aspect, change.effect) == ("over", effect)
