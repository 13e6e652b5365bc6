"""Numbers and keys held against those of another table, in every engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from airflow_gov_provider.domain.contracts import Contract, load
from airflow_gov_provider.domain.quality.evaluation import evaluate
from airflow_gov_provider.domain.verdicts import Finding, Verdict
from airflow_gov_provider.exceptions import ContractInvalid

NOW = datetime(2026, 6, 1, tzinfo=UTC)
COLUMNS = {"id": "integer", "amount": "double"}
LEDGER = {"key": "integer", "booked": "double"}
Found = Callable[..., Finding]
Rows = list[tuple[Any, ...]]


def contract(check: Mapping[str, Any]) -> Contract:
    return load({"contract": "c", "version": "1", "checks": [check]})


@pytest.fixture
def found(source: Any) -> Found:
    """``$other`` in a check stands for the other table."""

    def judged(rows: Rows, others: Rows, check: Mapping[str, Any]) -> Finding:
        source.create("data", COLUMNS, rows)
        source.create("ledger", LEDGER, others)
        read = contract(_with_name(check, source.reference("ledger")))
        report = evaluate(read, source.profile("data", read.expectations), now=NOW)
        return report.findings[-1]

    return judged


def _with_name(value: Any, name: str) -> Any:
    if isinstance(value, Mapping):
        return {key: _with_name(item, name) for key, item in value.items()}
    return name if value == "$other" else value


def test_as_many_rows_as_the_other_table(found: Found) -> None:
    rows: Rows = [(1, 1.0), (2, 2.0)]

    finding = found(rows, [(1, 1.0), (2, 2.0)], {"row_count_matches": "$other"})

    assert (finding.verdict, finding.observed) == (Verdict.PASSED, 2)
    assert finding.details["other"] == 2


def test_a_sum_is_told_without_the_digits_that_adding_up_leaves(found: Found) -> None:
    check = {"matches": {"of": "sum", "with": {"table": "$other", "column": "booked"}}}

    finding = found([(1, 1.0)], [(1, 0.1), (2, 0.2)], {**check, "column": "amount"})

    assert finding.reason == "the other table has 0.3"


def test_a_row_that_is_missing_is_told_with_both_counts(found: Found) -> None:
    finding = found([(1, 1.0)], [(1, 1.0), (2, 2.0)], {"row_count_matches": "$other"})

    assert finding.verdict is Verdict.FAILED
    assert finding.reason == "the other table has 2"
    assert finding.details["difference"] == -1


def test_either_side_has_its_own_condition(found: Found) -> None:
    check = {
        "row_count_matches": {"with": {"table": "$other", "where": "booked > 5"}},
        "where": "amount > 5",
    }

    finding = found([(1, 1.0), (2, 9.0)], [(7, 6.0), (8, 2.0), (9, 1.0)], check)

    assert (finding.verdict, finding.observed) == (Verdict.PASSED, 1)


def test_two_empty_tables_agree_about_nothing(found: Found) -> None:
    finding = found([], [], {"row_count_matches": "$other"})

    assert finding.verdict is Verdict.INSUFFICIENT
    assert finding.reason == "both tables are empty"


@pytest.mark.parametrize(("share", "verdict"), [("1%", "PASSED"), ("0.9%", "FAILED")])
def test_sums_may_be_apart_by_a_share(found: Found, share: str, verdict: str) -> None:
    check = {
        "matches": {"of": "sum", "with": {"table": "$other", "column": "booked"}},
        "column": "amount",
        "difference": share,
    }

    finding = found([(1, 50.0), (2, 49.0), (3, None)], [(1, 100.0)], check)

    assert finding.verdict == verdict
    assert (finding.observed, finding.details["other"]) == (99, 100)


def test_nothing_on_one_side_is_insufficient(found: Found) -> None:
    check = {
        "matches": {"of": "mean", "with": {"table": "$other", "column": "booked"}},
        "column": "amount",
    }

    finding = found([(1, 1.0)], [(1, None)], check)

    assert finding.verdict is Verdict.INSUFFICIENT


def test_a_column_that_the_other_table_lacks_is_named(found: Found) -> None:
    check = {"matches": {"of": "sum", "with": "$other"}, "column": "amount"}

    finding = found([(1, 1.0)], [(1, 1.0)], check)

    assert finding.verdict is Verdict.INSUFFICIENT
    assert finding.reason is not None
    assert finding.reason.startswith("in the other table: there is no column 'amount'")


def test_a_table_that_is_not_there_is_insufficient(source: Any) -> None:
    source.create("data", COLUMNS, [(1, 1.0)])
    read = contract({"row_count_matches": "nowhere.csv"})

    (finding,) = evaluate(read, source.profile("data", read.expectations), now=NOW).findings

    assert finding.verdict is Verdict.INSUFFICIENT


def keys(**more: Any) -> dict[str, Any]:
    references = {"table": "$other", "columns": ["key"]}
    return {"keys_match": {"references": references}, "column": "id", **more}


def test_keys_are_missing_on_either_side(found: Found) -> None:
    rows = [(1, 1.0), (2, 1.0), (2, 1.0), (None, 1.0)]
    others = [(2, 1.0), (3, 1.0), (4, 1.0), (None, 1.0)]

    finding = found(rows, others, keys())

    assert finding.verdict is Verdict.FAILED
    assert (finding.total, finding.failing) == (6, 3)
    assert finding.details["only_here"] == 1
    assert finding.details["only_in_the_other"] == 2


def test_the_same_keys_in_another_order_match(found: Found) -> None:
    finding = found([(1, 1.0), (2, 2.0)], [(2, 1.0), (1, 1.0)], keys())

    assert finding.verdict is Verdict.PASSED


def test_rows_out_of_scope_have_no_keys(found: Found) -> None:
    finding = found([(1, 1.0), (2, 9.0)], [(1, 1.0), (2, 1.0)], keys(where="amount > 5"))

    assert (finding.total, finding.failing) == (3, 1)


def test_an_empty_table_beside_a_full_one_fails(typed_source: Any) -> None:
    typed_source.create("data", COLUMNS, [])
    typed_source.create("ledger", LEDGER, [(1, 1.0)])
    read = contract(_with_name(keys(), typed_source.reference("ledger")))

    finding = evaluate(read, typed_source.profile("data", read.expectations), now=NOW).findings[-1]

    assert finding.verdict is Verdict.FAILED
    assert finding.reason == "the table is empty, and the other one is not"


@pytest.mark.parametrize(
    ("check", "problem"),
    [
        ({"row_count_matches": {}}, "'with' is missing"),
        ({"row_count_matches": {"with": {"where": "a > 1"}}}, "'table' is missing"),
        ({"row_count_matches": {"with": {"table": "t", "column": "x"}}}, "unknown key 'column'"),
        ({"matches": {"with": "t"}, "column": "a"}, "'of' is missing"),
        ({"row_count_matches": "t", "difference": "200%"}, "expected a percentage"),
        (
            {"keys_match": {"references": {"table": "t", "columns": ["a", "b"]}}, "column": "a"},
            "the two sides must match",
        ),
    ],
)
def test_a_slip_of_the_pen_is_told(check: dict[str, Any], problem: str) -> None:
    with pytest.raises(ContractInvalid, match=problem):
        contract(check)
