"""One mistake of an author is one problem: what was expected, what was found, what to do."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from airflow_gov_provider.domain import contracts
from airflow_gov_provider.domain.contracts.forms import COLUMN_FORMS, FORMS
from airflow_gov_provider.exceptions import ContractInvalid


def problems_of(contract: Any) -> tuple[str, ...]:
    with pytest.raises(ContractInvalid) as caught:
        contracts.load(contract)
    return caught.value.problems


def under_age(**checks: Any) -> dict[str, Any]:
    return {"contract": "people", "version": "1", "columns": {"age": checks}}


def listed(check: Any) -> dict[str, Any]:
    return {"contract": "people", "version": "1", "checks": [check]}


def ruled(**rule: Any) -> dict[str, Any]:
    return odcs(schema=[{"name": "t", "properties": [{"name": "a", "quality": [rule]}]}])


def odcs(**more: Any) -> dict[str, Any]:
    head = {"apiVersion": "v3.1.0", "kind": "DataContract", "id": "x", "version": "1.0.0"}
    return {**head, **more}


@pytest.mark.parametrize(
    ("value", "to_write"),
    [
        ([17, 90], "write range: {at_least: 17, at_most: 90}"),
        (["a", "k"], "write range: {at_least: 'a', at_most: 'k'}"),
        (17, "write range: {exactly: 17}"),
        (">= 17", "write range: {at_least: 17}"),
        ("< 90.5", "write range: {less_than: 90.5}"),
        ("17-90", "write range: {at_least: 17, at_most: 90}"),
        ("17 to 90", "write range: {at_least: 17, at_most: 90}"),
        ("between -1.5 and 90", "write range: {at_least: -1.5, at_most: 90}"),
    ],
)
def test_bounds_in_another_shape_are_answered_with_ours(value: Any, to_write: str):
    (problem,) = problems_of(under_age(range=value))

    assert problem.startswith("columns.age.range: expected bounds such as {at_least: 0,")
    assert problem.endswith(f"; {to_write}")
    assert problems_of(listed({"range": value, "column": "age"})) == (
        problem.replace("columns.age.range", "checks[0].range"),
    )


@pytest.mark.parametrize("value", [[90, 17], [1, "a"], [1, 2, 3], "high", True, [None, 1], []])
def test_bounds_that_nobody_can_guess_are_answered_with_an_example(value: Any):
    (problem,) = problems_of(under_age(range=value))

    assert "expected bounds such as {at_least: 0, at_most: 100}, found" in problem
    assert "write" not in problem


@pytest.mark.parametrize(
    ("contract", "told"),
    [
        (under_age(length=[2, 3]), "expected a number, or bounds such as"),
        (under_age(mean=5), "write mean: {exactly: 5}"),
        (under_age(quantile=0.5), "expected bounds such as {q: 0.95, at_most: 100}, found 0.5"),
        (under_age(foreign_key="shops.id"), "such as {references: {table: shops, column: id}}"),
        (under_age(null_percent="5%"), "expected a number, or bounds such as"),
        (under_age(not_null="yes"), "expected true, or options such as {severity: warning}, found"),
        (under_age(unique=["a", "b"]), "it stands in 'checks', as '- unique: [a, b]'"),
        (under_age(range={"at_leest": 1}), "unknown key 'at_leest'; did you mean 'at_least'?"),
        (under_age(range={"zzz": 1}), "unknown key 'zzz'; known: at_least"),
        (under_age(accepted_values={"value_set": ["a"]}), "here it is called 'values'"),
        (under_age(accepted_values="a"), "expected a list such as ['a'], found 'a' (text)"),
        (under_age(quantile={"at_least": 1, "quantil": 0.5}), "unknown key 'quantil'"),
        (under_age(freshness={"max_agee": "1d"}), "unknown key 'max_agee'"),
        (under_age(change={"of": "mean", "wihtin": "10%"}), "did you mean 'within'?"),
        (listed({"row_count": ">= 1000"}), "write row_count: {at_least: 1000}"),
        (listed({"row_count": [1, 9]}), "write row_count: {at_least: 1, at_most: 9}"),
        (listed({"unique": True, "colums": ["a"]}), "did you mean 'columns'?"),
        (listed("row_count > 0"), "expected a mapping such as {row_count: {at_least: 1}}, found"),
        (listed({"foreign_key": {"refrences": {}}, "column": "a"}), "did you mean 'references'?"),
        (
            {"contract": "c", "version": "1", "checks": {"row_count": 1}},
            "checks: expected a list of checks, each after a dash, such as '- row_count:",
        ),
        (
            {"contract": "c", "version": "1", "columns": [{"name": "age"}]},
            "columns: expected a mapping of columns, such as 'age: {type: integer, not_null",
        ),
        (
            {"contract": "c", "verison": "1", "columns": {"age": "integer"}},
            "unknown key 'verison'; did you mean 'version'?",
        ),
        (ruled(metric="nullValues", mustBeNull=0), "unknown key 'mustBeNull'"),
        (ruled(metrik="nullValues", mustBe=0), "unknown key 'metrik'; did you mean 'metric'?"),
        (ruled(type="sql", sql="SELECT 1", mustBe=1), "unknown key 'sql'"),
        (odcs(schemas=[]), "unknown key 'schemas'; did you mean 'schema'?"),
        (odcs(schema={"name": "t"}), "schema: expected a list, found a mapping"),
        (
            odcs(apiVersion="v2.2.2", dataset=[], quantumName="x"),
            "apiVersion: expected v3.0.x or v3.1.x, found 'v2.2.2', whose structure is another",
        ),
    ],
)
def test_it_is_told_once(contract: Any, told: str):
    (problem,) = problems_of(contract)

    assert told in problem


@pytest.mark.parametrize("word", [word for word, form in FORMS.items() if form.example])
def test_an_example_is_one_that_can_be_written(word: str):
    column = {"column": "a"} if "columns" not in FORMS[word].example else {}
    about = column if word in COLUMN_FORMS else {}

    contract = contracts.load(listed({word: yaml.safe_load(FORMS[word].example), **about}))

    assert contract.expectations


@pytest.mark.parametrize("word", FORMS)
def test_every_check_tells_once_which_key_it_does_not_know(word: str):
    form = FORMS[word]
    about = {"columns": ["a", "b"][: form.fewest]} if form.columns else {}

    (problem,) = problems_of(listed({word: {"zzz": 1}, **about}))

    assert problem.startswith(f"checks[0].{word}: unknown key 'zzz'; known: ")


@pytest.mark.parametrize("word", FORMS)
def test_every_check_tells_once_what_it_takes_in_place_of_another_value(word: str):
    about = {"column": "a"} if word in COLUMN_FORMS else {}

    (problem,) = problems_of(listed({word: [{"b": 2}], **about}))

    assert "expected" in problem


def test_what_has_nothing_to_do_with_a_strange_key_is_still_missing():
    found = problems_of(under_age(quantile={"at_leest": 1}))
    nothing = problems_of({"contract": "c", "owner": "o", "colunms": {}})

    assert [problem.split(": ", 1)[1] for problem in found] == [
        "unknown key 'at_leest'; did you mean 'at_least'?",
        "'q' is missing: the quantile, from 0 to 1",
    ]
    assert nothing == (
        "unknown key 'colunms'; did you mean 'columns'?",
        "'version' is missing",
    )
