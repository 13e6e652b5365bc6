"""Values that have no place among the others of their column let no check pass."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from airflow_gov_provider.domain import contracts
from airflow_gov_provider.domain.contracts.linting import lint_text
from airflow_gov_provider.domain.quality import occasions
from airflow_gov_provider.domain.quality.anomalies import Earlier
from airflow_gov_provider.domain.quality.evaluation import evaluate
from airflow_gov_provider.domain.quality.occasions import Occasion
from airflow_gov_provider.domain.verdicts import Finding, Verdict
from airflow_gov_provider.exceptions import ContractInvalid

NOW = datetime(2026, 6, 1, tzinfo=UTC)
RUN = Occasion(now=NOW, logical=NOW, start=NOW - timedelta(days=1), end=NOW)


def judged(source: Any, columns: dict[str, str], rows: list[Any], check: dict[str, Any]) -> Finding:
    source.create("data", columns, rows)
    contract = contracts.load({"contract": "c", "version": "1", "checks": [check]})
    contract = occasions.settled(contract, RUN)
    return evaluate(contract, source.profile("data", contract.expectations), now=NOW).findings[-1]


@pytest.mark.parametrize("check", ["lt_column", "le_column", "gt_column", "ge_column"])
def test_a_nan_is_neither_above_nor_below_another_column(nan_source: Any, check: str) -> None:
    rows = [(math.nan, 1.0), (1.0, math.nan)]

    finding = judged(nan_source, {"x": "double", "y": "double"}, rows, {check: "y", "column": "x"})

    assert (finding.verdict, finding.failing, finding.total) == (Verdict.FAILED, 2, 2)


@pytest.fixture
def untyped(request: pytest.FixtureRequest) -> Any:
    """A database that keeps whatever is put into a column."""
    from tests.unit.profiling.conftest import Database

    return Database(request.getfixturevalue("sqlite"), "sqlite")


@pytest.mark.parametrize(("kind", "good"), [("double", 1.0), ("date", "2026-01-01")])
@pytest.mark.parametrize("check", ["lt_column", "le_column", "gt_column", "ge_column"])
def test_a_text_in_place_of_a_number_or_date_has_no_order(
    untyped: Any, kind: str, good: Any, check: str
) -> None:
    rows = [("nonsense", good), (good, "nonsense")]

    finding = judged(untyped, {"x": kind, "y": kind}, rows, {check: "y", "column": "x"})

    assert (finding.verdict, finding.failing) == (Verdict.FAILED, 2)


@pytest.mark.parametrize("kind", ["double", "integer"])
def test_a_text_in_place_of_a_number_is_no_zero_of_a_sum(untyped: Any, kind: str) -> None:
    columns = {"x": kind, "y": kind, "z": kind}
    check = {"sum_equals": {"columns": ["x", "y"], "total": "z"}}

    finding = judged(untyped, columns, [("nonsense", 1, 1), (1, 1, 2)], check)

    assert (finding.verdict, finding.failing, finding.total) == (Verdict.FAILED, 1, 2)


@pytest.mark.parametrize("rows", [[1.0, 2.0, math.inf], [1.0, math.inf, -math.inf]])
@pytest.mark.parametrize("method", ["iqr", "zscore"])
def test_among_infinite_numbers_nobody_can_tell_an_outlier(
    typed_source: Any, rows: list[float], method: str
) -> None:
    check = {"outliers": {"method": method, "factor": 3}, "column": "x"}

    finding = judged(typed_source, {"x": "double"}, [(x,) for x in rows], check)

    assert finding.verdict is Verdict.INSUFFICIENT
    assert finding.reason


def test_an_estimate_of_a_quantile_passes_over_no_infinite_number(typed_source: Any) -> None:
    check = {"median": {"at_most": 100, "approximate": True}, "column": "x"}

    finding = judged(typed_source, {"x": "double"}, [(math.inf,), (math.inf,), (1.0,)], check)

    assert finding.verdict is Verdict.INSUFFICIENT


@pytest.mark.parametrize("rows", [[], [((NOW - timedelta(hours=23)).replace(tzinfo=None),)]])
def test_gaps_that_are_allowed_everywhere_are_no_check(typed_source: Any, rows: list[Any]) -> None:
    check = {"gaps": {"every": "6h", "allowed": 4}, "column": "at"}

    finding = judged(typed_source, {"at": "timestamp"}, rows, check)

    assert finding.verdict is Verdict.INSUFFICIENT
    assert finding.reason == "'allowed' spares all 4 windows, so that the check cannot fail"


@pytest.mark.parametrize("kind", ["double", "decimal", "integer", "text"])
@pytest.mark.parametrize("listed", [["n/a", "-999"], ["n/a", -999.0], [-999, None, "n/a"]])
def test_a_number_among_texts_is_missing_however_a_database_writes_it(
    typed_source: Any, kind: str, listed: list[Any]
) -> None:
    rule = {"metric": "missingValues", "arguments": {"missingValues": listed}, "mustBe": 0}
    text = kind == "text"
    typed_source.create("data", {"x": kind}, [("-999" if text else -999,), ("1" if text else 1,)])
    contract = contracts.load(
        {
            "apiVersion": "v3.1.0",
            "kind": "DataContract",
            "id": "c",
            "version": "1",
            "status": "active",
            "schema": [{"name": "data", "properties": [{"name": "x", "quality": [rule]}]}],
        }
    )

    profile = typed_source.profile("data", contract.expectations)
    finding = evaluate(contract, profile, now=NOW).findings[-1]

    assert (finding.verdict, finding.failing, finding.total) == (Verdict.FAILED, 1, 2)


@pytest.mark.parametrize(
    "bounds", ["failed_rows: {query: '%s'}", "sql_value: {query: '%s', exactly: 0}"]
)
def test_lint_tells_of_a_query_that_does_not_read_the_table(bounds: str) -> None:
    def warnings(table: str) -> list[str]:
        check = bounds % f"SELECT count(*) FROM {table}"  # noqa: S608
        text = f"contract: c\nversion: '1'\nchecks:\n- {check}\n  id: mine\n"
        return [each.message for each in lint_text(text, name="c.yaml").warnings]

    assert warnings("{table}") == []
    assert warnings("orders") == [
        "mine: its query does not read {table}, so that its answer is not about the checked data"
    ]


@pytest.mark.parametrize(
    ("order", "told"),
    [("{by: at}", []), ("{by: x}", ["itself"]), ("{by: at, per: [x]}", ["itself"])],
)
def test_lint_tells_of_a_column_that_stands_in_an_order_of_its_own(
    order: str, told: list[str]
) -> None:
    text = f"contract: c\nversion: '1'\nchecks:\n- increasing: {order}\n  column: x\n"

    warnings = [each.message for each in lint_text(text, name="c.yaml").warnings]

    assert len(warnings) == len(told)
    assert all(word in message for word, message in zip(told, warnings, strict=True))


@pytest.mark.parametrize(
    "check",
    [
        {"row_count_anomaly": {"runs": 7}},
        {"row_count_anomaly": {"runs": 7, "side": "high"}},
        {"row_count_change": "100%"},
        {"row_count_change": {"at_most": "10%"}},
    ],
)
def test_an_empty_table_is_like_no_past(typed_source: Any, check: dict[str, Any]) -> None:
    typed_source.create("data", {"x": "double"}, [])
    past = [Earlier(moment=NOW - timedelta(days=day), value=0.0) for day in range(1, 9)]
    contract = contracts.load({"contract": "c", "version": "1", "checks": [check]})
    (asked,) = contract.expectations
    contract = occasions.settled(contract, replace(RUN, earlier={asked.check_id: past}))

    finding = evaluate(contract, typed_source.profile("data", [asked]), now=NOW).findings[-1]

    assert (finding.verdict, finding.reason) == (Verdict.INSUFFICIENT, "the table is empty")
    assert finding.observed == 0


@pytest.mark.parametrize("within", ["inf%", "nan%", "-inf%"])
def test_no_change_is_without_end(within: str) -> None:
    with pytest.raises(ContractInvalid, match="expected a percentage"):
        contracts.load({"contract": "c", "version": "1", "checks": [{"row_count_change": within}]})
