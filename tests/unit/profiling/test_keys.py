"""Keys that contain another key need no look of their own, unless that other key has repeats."""

from __future__ import annotations

from dataclasses import replace

import pytest

from airflow_gov_provider.domain.quality.expectations import CheckKind, Expectation, Measurement

COLUMNS = {"a": "integer", "b": "integer", "c": "text"}
ONE = Expectation(check_id="a", kind=CheckKind.UNIQUE, columns=("a",))
TWO = Expectation(check_id="ba", kind=CheckKind.UNIQUE, columns=("b", "a"))
THREE = Expectation(check_id="abc", kind=CheckKind.UNIQUE, columns=("a", "b", "c"))


def test_a_key_that_contains_a_unique_one_costs_no_further_statement(typed_source) -> None:
    typed_source.create("data", COLUMNS, [(1, 1, "x"), (2, 1, None), (None, 1, "x")])

    alone = typed_source.profile("data", [ONE])
    together = typed_source.profile("data", [THREE, TWO, ONE])

    assert together.statements <= alone.statements
    assert dict(together.measurements) == {
        "a": Measurement(total=2, failing=0),
        "ba": Measurement(total=2, failing=0),
        "abc": Measurement(total=1, failing=0),
    }


def test_a_key_that_contains_a_repeated_one_is_counted_for_itself(typed_source) -> None:
    rows = [(1, 1, "x"), (1, 2, "x"), (1, 2, "y"), (2, 1, "z")]
    typed_source.create("data", COLUMNS, rows)

    found = typed_source.profile("data", [TWO, THREE, ONE]).measurements

    assert [found[name].failing for name in ("a", "ba", "abc")] == [3, 2, 0]


@pytest.mark.parametrize(
    ("condition", "failing"), [(None, 2), ("b = 1", 0), ("b > 0", 2), ("a = 7", 2)]
)
def test_a_key_that_is_unique_in_some_rows_answers_for_those_rows_only(
    typed_source, condition, failing
) -> None:
    typed_source.create("data", COLUMNS, [(1, 1, "x"), (2, 1, "x"), (7, 2, "x"), (7, 2, "x")])
    narrow = replace(ONE, where="b = 1")
    wide = replace(TWO, where=condition)

    found = typed_source.profile("data", [narrow, wide]).measurements

    assert found["a"].failing == 0
    assert found["ba"].failing == failing


def test_a_key_that_cannot_be_read_answers_for_no_other(typed_source) -> None:
    typed_source.create("data", COLUMNS, [(1, 1, "x"), (1, 1, "x")])
    unreadable = replace(ONE, where="no_such_function(a) = 1")

    found = typed_source.profile("data", [unreadable, replace(TWO, where=unreadable.where)])

    assert all(answer.error for answer in found.measurements.values())
