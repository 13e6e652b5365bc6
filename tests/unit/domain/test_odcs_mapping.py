"""What each statement of ODCS means for data: every library metric, operator and unit."""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from airflow_gov_provider.domain import contracts
from airflow_gov_provider.domain.contracts import Contract
from airflow_gov_provider.domain.contracts.forms.custom import SqlValue
from airflow_gov_provider.domain.contracts.forms.formats import TextFormat
from airflow_gov_provider.domain.quality.evaluation import evaluate
from airflow_gov_provider.domain.quality.expectations import Expectation, Measurement, Profile
from airflow_gov_provider.domain.verdicts import Severity, Verdict
from airflow_gov_provider.profiling.places.files import profile_files

NOW = datetime(2026, 11, 20, tzinfo=UTC)
METRICS: dict[str, dict[str, Any]] = {
    "nullValues": {},
    "missingValues": {"arguments": {"missingValues": [None, "", "n/a"]}},
    "invalidValues": {"arguments": {"validValues": ["a", "b"]}},
    "duplicateValues": {},
}
ONE = {
    "mustBe": operator.eq,
    "mustNotBe": operator.ne,
    "mustBeGreaterThan": operator.gt,
    "mustBeGreaterOrEqualTo": operator.ge,
    "mustBeLessThan": operator.lt,
    "mustBeLessOrEqualTo": operator.le,
}
BETWEEN: dict[str, Callable[[float, float, float], bool]] = {
    "mustBeBetween": lambda found, low, high: low < found < high,
    "mustNotBeBetween": lambda found, low, high: not low < found < high,
}
ROWS = 40


def document(rule: dict[str, Any], *, at: str = "property", **parts: Any) -> dict[str, Any]:
    prop: dict[str, Any] = {"name": "x", "logicalType": "string"}
    table: dict[str, Any] = {"name": "orders", "properties": [prop, {"name": "y"}]}
    (prop if at == "property" else table)["quality"] = [rule]
    return {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": "c",
        "version": "1",
        "status": "active",
        "schema": [table],
        **parts,
    }


def of_rule(contract: Contract) -> Expectation:
    (check,) = (each for each in contract.expectations if "quality[" in each.place)
    return check


def verdict(contract: Contract, *, failing: int, value: float | None = None) -> Verdict:
    """That of the rule, where so many of 40 rows fail or the number is that."""
    check = of_rule(contract)
    measured = Measurement(total=ROWS, failing=failing) if value is None else None
    profile = Profile(
        source="t",
        columns={"x": "VARCHAR", "y": "VARCHAR"},
        rows=ROWS,
        measurements={check.check_id: measured or Measurement(total=ROWS, value=value)},
    )
    findings = evaluate(contract, profile, now=NOW).findings
    return next(each.verdict for each in findings if each.check == check.check_id)


@pytest.mark.parametrize("unit", ["rows", "percent"])
@pytest.mark.parametrize("failing", [0, 2, 3, 4, 20])
@pytest.mark.parametrize("asked", ONE)
@pytest.mark.parametrize("metric", METRICS)
def test_an_operator_compares_the_failing_rows_or_their_share_of_all(
    metric: str, asked: str, failing: int, unit: str
):
    limit = 3 if unit == "rows" else 7.5  # 3 of 40
    rule = {"metric": metric, asked: limit, "unit": unit, **METRICS[metric]}
    contract = contracts.load(document(rule))
    found = failing if unit == "rows" else 100 * failing / ROWS
    expected = Verdict.PASSED if ONE[asked](found, limit) else Verdict.FAILED
    assert verdict(contract, failing=failing) is expected


@pytest.mark.parametrize("unit", ["rows", "percent"])
@pytest.mark.parametrize("failing", [0, 1, 2, 4, 5, 20])
@pytest.mark.parametrize("asked", BETWEEN)
@pytest.mark.parametrize("metric", METRICS)
def test_between_excludes_its_ends(metric: str, asked: str, failing: int, unit: str):
    limits = (2, 4) if unit == "rows" else (5, 10)
    rule = {"metric": metric, asked: list(limits), "unit": unit, **METRICS[metric]}
    contract = contracts.load(document(rule))
    found = failing if unit == "rows" else 100 * failing / ROWS
    expected = Verdict.PASSED if BETWEEN[asked](found, *limits) else Verdict.FAILED
    assert verdict(contract, failing=failing) is expected


@pytest.mark.parametrize("value", [38, 40, 42])
@pytest.mark.parametrize("asked", ONE)
def test_a_row_count_takes_every_operator(asked: str, value: int):
    contract = contracts.load(document({"metric": "rowCount", asked: 40}, at="object"))
    expected = Verdict.PASSED if ONE[asked](value, 40) else Verdict.FAILED
    assert verdict(contract, failing=0, value=value) is expected


def test_several_operators_hold_all_together():
    rule = {"metric": "nullValues", "mustBeGreaterThan": 1, "mustBeLessThan": 5}
    contract = contracts.load(document(rule))
    assert [verdict(contract, failing=n) for n in (1, 3, 5)] == ["FAILED", "PASSED", "FAILED"]


def test_a_rule_keeps_its_severity_its_dimension_and_its_impact():
    rule = {
        "metric": "nullValues",
        "mustBe": 0,
        "severity": "warning",
        "dimension": "cp",
        "businessImpact": "letters come back",
    }
    check = of_rule(contracts.load(document(rule)))
    assert (check.severity, check.dimension) == (Severity.WARNING, "completeness")
    assert check.description == "business impact: letters come back"


@pytest.mark.parametrize(
    ("rule", "kind", "reason"),
    [
        ({"type": "text", "description": "be nice"}, "manual", "a person has to check it"),
        (
            {"type": "custom", "engine": "soda", "implementation": "x: 1"},
            "custom",
            "written for the engine 'soda'",
        ),
        (
            {"type": "sql", "query": "SELECT max(a) - min(b) FROM c, d", "mustBe": True},
            "sql",
            "",
        ),
    ],
)
def test_a_rule_that_is_not_mapped_is_not_evaluated_and_never_passes(
    rule: dict[str, Any], kind: str, reason: str
):
    contract = contracts.load(document({"severity": "error", **rule}))
    (left,) = contract.not_evaluated
    assert left.kind == kind
    assert reason in left.reason
    findings = evaluate(contract, Profile(source="t", columns={}, rows=1), now=NOW).findings
    assert findings[-1].verdict is Verdict.INSUFFICIENT


def test_a_key_into_an_object_that_the_contract_does_not_describe_is_not_evaluated():
    table = {"name": "orders", "properties": [{"name": "x", "relationships": [{"to": "order.id"}]}]}
    contract = contracts.load(document({}, schema=[table]))
    (left,) = contract.not_evaluated
    assert left.reason == "this contract describes no object 'order'; did you mean 'orders'?"
    assert left.expected == "refers to order.id"


@pytest.mark.parametrize(
    ("names", "severity"), [(["orders"], Severity.ERROR), (["orders", "people"], Severity.WARNING)]
)
def test_a_freshness_of_an_object_that_is_not_described_is_not_evaluated(
    names: list[str], severity: Severity
):
    levels = [{"property": "latency", "value": 4, "unit": "d", "element": "tab1.day"}]
    schema = [{"name": name, "properties": [{"name": "x"}]} for name in names]
    made = document({}, schema=schema, slaProperties=levels)
    (left,) = contracts.load(made, object_name="orders").not_evaluated
    assert "describes no object 'tab1'" in left.reason
    assert left.expected == "latency of at most 4 d, of tab1.day"
    assert left.severity is severity


@pytest.mark.parametrize(
    ("of", "values", "failing"),
    [
        (0.1, [0.3, 0.7, 0.35, None, -0.2], 1),
        (0.01, [123456789.01, 19.99, 0.005], 1),
        (2.5, [5, 7.5, 6], 1),
        (10, [10.0, 20.5], 1),
    ],
)
def test_a_fraction_is_a_multiple_up_to_the_last_digits_of_a_double(
    of: float, values: list[float | None], failing: int
):
    options = {"multipleOf": of}
    prop = {"name": "x", "logicalType": "number", "logicalTypeOptions": options}
    contract = contracts.load(document({}, schema=[{"name": "t", "properties": [prop]}]))
    condition = contract.expectations[-1].expression
    connection = duckdb.connect()
    connection.execute("CREATE TABLE t (x DOUBLE)")
    connection.executemany("INSERT INTO t VALUES (?)", [[value] for value in values])
    query = f"SELECT count(*) FROM t WHERE NOT ({condition})"  # noqa: S608
    assert connection.execute(query).fetchall() == [(failing,)]


@pytest.mark.parametrize(
    ("written", "known"), [("email", "email"), ("URI", "url"), ("ipv4", "ipv4"), ("iban", "iban")]
)
def test_a_format_of_texts_is_checked_where_there_is_a_check_for_it(written: str, known: str):
    (check,) = (each for each in with_format(written).expectations if each.kind == "format")
    assert check.parameters == TextFormat(name=known)


def test_a_format_that_nobody_knows_is_not_evaluated_and_one_that_describes_is_told():
    (left,) = with_format("runes").not_evaluated
    assert left.expected == "format: runes"
    described = with_format("password")
    assert described.not_evaluated == ()
    assert [each.rpartition(": ")[2] for each in described.outside] == ["format password of x"]


def with_format(name: str) -> Contract:
    options = {"format": name}
    prop = {"name": "x", "logicalType": "string", "logicalTypeOptions": options}
    return contracts.load(document({}, schema=[{"name": "t", "properties": [prop]}]))


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        (
            "SELECT max(n) FROM (SELECT count(*) AS n FROM ${object} GROUP BY {property}) q;",
            'SELECT max(n) FROM (SELECT count(*) AS n FROM {table} GROUP BY "x") q',
        ),
        (
            "WITH d AS (SELECT DISTINCT x FROM {object}) SELECT count(*) FROM d",
            "WITH d AS (SELECT DISTINCT x FROM {table}) SELECT count(*) FROM d",
        ),
    ],
)
def test_a_query_that_gives_a_number_is_run_over_the_object(query: str, asked: str):
    rule = {"type": "sql", "query": query, "mustBeLessThan": 5, "severity": "warning"}
    check = of_rule(contracts.load(document(rule)))
    assert check.parameters == SqlValue(query=asked)
    assert check.severity is Severity.WARNING
    verdicts = [verdict(contracts.load(document(rule)), failing=0, value=n) for n in (4, 5)]
    assert verdicts == ["PASSED", "FAILED"]


@pytest.mark.parametrize(
    "rule",
    [
        {"query": "SELECT max(n) FROM somewhere_else q", "mustBe": 1},
        {"query": "DELETE FROM {object}", "mustBe": 1},
        {"query": "SELECT max(n) + {other} FROM {object}", "mustBe": 1},
        {"query": "SELECT max(x) - min(x) FROM {object}", "mustBe": 1, "unit": "percent"},
    ],
)
def test_any_other_query_is_not_evaluated(rule: dict[str, Any]):
    contract = contracts.load(document({"type": "sql", **rule}))
    (left,) = contract.not_evaluated
    assert left.kind == "sql"


def test_a_query_of_odcs_is_answered_by_the_data(tmp_path: Path):
    path = tmp_path / "t.csv"
    path.write_text("x,y\na,1\na,2\nb,3\n")
    query = "SELECT max(n) FROM (SELECT count(*) AS n FROM {object} GROUP BY {property}) q"
    contract = contracts.load(document({"type": "sql", "query": query, "mustBe": 2}))
    profile = profile_files(str(path), contract.expectations)
    (found,) = (
        each
        for each in evaluate(contract, profile, now=NOW).findings
        if each.check == of_rule(contract).check_id
    )
    assert (found.verdict, found.observed) == (Verdict.PASSED, 2)
