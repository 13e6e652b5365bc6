"""How a check of each group is read, compared and named."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_gov_provider.domain.contracts import Contract, load
from airflow_gov_provider.domain.contracts.changes import compare
from airflow_gov_provider.domain.contracts.linting import lint_text
from airflow_gov_provider.domain.quality.phrases import expected_words
from airflow_gov_provider.domain.quality.segments import group_name
from airflow_gov_provider.exceptions import ContractInvalid


def contract(*checks: dict[str, Any]) -> Contract:
    return load({"contract": "c", "version": "1", "checks": list(checks)})


def check(most: int = 9, by: Any = "country", **more: Any) -> dict[str, Any]:
    return {"range": {"at_most": most}, "column": "amount", "segment_by": by, **more}


def test_it_has_an_identifier_and_words_of_its_own() -> None:
    plain = {"range": {"at_most": 9}, "column": "amount"}
    *_, table, groups, named = contract(plain, check(), check(id="mine")).expectations

    assert [each.check_id for each in (table, groups, named)] == [
        "amount.range",
        "amount.range.by(country)",
        "mine",
    ]
    assert expected_words(groups) == "<= 9, in each group by country of at least 30 rows"


def test_tolerance_and_condition_belong_to_the_check_of_each_group() -> None:
    *_, asked = contract(check(where="amount > 0", tolerance="1%")).expectations

    assert (asked.where, asked.tolerance) == (None, None)
    assert expected_words(asked).startswith("<= 9, where amount > 0, up to 1% of rows may fail, in")


def test_a_column_of_groups_is_one_that_must_be_there() -> None:
    found = contract(check()).expectations

    assert [each.check_id for each in found[:2]] == ["amount.exists", "country.exists"]


def test_a_column_of_groups_is_declared_like_any_other_where_columns_are() -> None:
    def declaring(**columns: Any) -> Contract:
        return load({"contract": "c", "version": "1", "columns": columns, "checks": [check()]})

    with pytest.raises(ContractInvalid, match="declares no column 'country'"):
        declaring(amount="integer")
    for named in ({}, "string"):
        assert declaring(amount="integer", country=named).expectations[-1].kind == "segmented"


def test_a_diff_tells_what_changed_in_the_check_of_each_group() -> None:
    def changes(old: dict[str, Any], new: dict[str, Any]) -> list[tuple[str, str]]:
        found = compare(contract(old), contract(new))
        return [(each.aspect, each.effect.value) for each in found]

    assert changes(check(), check()) == []
    assert [effect for _, effect in changes(check(9), check(5))] == ["tightened"]
    assert changes(check(), check(by={"columns": "country", "at_least_rows": 5})) == [
        ("at_least_rows", "changed")
    ]


def test_lint_has_nothing_against_it() -> None:
    text = (
        "contract: c\nversion: '1'\nchecks:\n"
        "- range: {at_most: 9}\n  column: amount\n  segment_by: [country, plan]\n"
    )

    assert lint_text(text, name="c.yaml").warnings == []


def test_lint_tells_of_groups_in_which_the_column_has_one_value() -> None:
    text = (
        "contract: c\nversion: '1'\nchecks:\n"
        "- unique: [country, plan]\n  segment_by: country\n"
        "- row_count_anomaly: {}\n  segment_by: country\n"
    )

    about_itself, without_a_past = lint_text(text, name="c.yaml").warnings

    assert "it is about 'country', by which it is segmented" in about_itself.message
    assert "no answer until there are earlier runs" in without_a_past.message


def test_a_diff_tells_once_that_the_groups_refer_to_another_table() -> None:
    def refers(table: str) -> Contract:
        other = {"references": {"table": table, "columns": "id"}}
        return contract({"foreign_key": other, "column": "amount", "segment_by": "country"})

    found = compare(refers("orders"), refers("bills"))

    assert [each.aspect for each in found] == ["reference"]


def test_a_distribution_is_asked_of_no_group_that_is_too_small_for_it() -> None:
    asked = {"distribution": {"at_most": 0.1, "reference": "t.parquet"}, "column": "amount"}
    *_, usual = contract({**asked, "segment_by": "country"}).expectations
    few = {"columns": "country", "at_least_rows": 40}
    *_, chosen = contract({**asked, "segment_by": few}).expectations

    assert expected_words(usual).endswith("in each group by country of at least 100 rows")
    assert expected_words(chosen).endswith("in each group by country of at least 40 rows")


def test_groups_are_named_by_their_values() -> None:
    assert group_name(["a", "b"], [None, 3]) == "a=(none), b=3"
