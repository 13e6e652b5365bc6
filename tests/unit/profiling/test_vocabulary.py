"""Every word of the vocabulary on a small table: the same finding from every engine."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from airflow_gov_provider.domain import contracts
from airflow_gov_provider.domain.quality.evaluation import evaluate
from airflow_gov_provider.domain.verdicts import Finding

NOW = datetime(2026, 6, 1, tzinfo=UTC)
COLUMNS = {
    "id": "integer",
    "name": "text",
    "code": "text",
    "net": "double",
    "tax": "double",
    "gross": "double",
    "opened": "date",
    "closed": "date",
}
DAY = date(2026, 1, 1)
LATER = date(2026, 2, 1)
ROWS = [
    (1, "Ada", "A-1", 10.0, 1.0, 11.0, DAY, LATER),
    (2, "Bo", "A-2", 20.0, 2.0, 22.0, DAY, DAY),
    (3, " ", "B-3", 30.0, 3.0, 33.5, LATER, DAY),
    (4, "n/a", "B-3", 40.0, 4.0, 44.0, DAY, None),
    (4, None, None, None, 5.0, None, None, None),
]
PASSED, FAILED, INSUFFICIENT = "PASSED", "FAILED", "INSUFFICIENT"

# What is asked, and the verdict with either (failing, total) or what was observed.
CASES: list[tuple[dict[str, Any], str, Any]] = [
    ({"columns_match_set": [*reversed(COLUMNS)]}, PASSED, "8 columns"),
    ({"columns_match_set": ["id", "strange"]}, FAILED, "8 columns"),
    ({"columns_match_ordered": [*COLUMNS]}, PASSED, "8 columns"),
    ({"columns_match_ordered": [*reversed(COLUMNS)]}, FAILED, "8 columns"),
    ({"column_count": 8}, PASSED, 8),
    ({"column_count": {"more_than": 8}}, FAILED, 8),
    ({"null_percent": {"at_most": 20}, "column": "name"}, PASSED, 20.0),
    ({"null_percent": {"less_than": 20}, "column": "name"}, FAILED, 20.0),
    ({"missing": ["n/a", " "], "column": "name"}, FAILED, (3, 5)),
    ({"missing": ["?"], "column": "id"}, INSUFFICIENT, None),
    ({"missing": [4], "column": "id", "tolerance": 2}, PASSED, (2, 5)),
    ({"not_empty": {"column": "name"}}, FAILED, (1, 4)),
    ({"rows_complete": ["name", "net"]}, FAILED, (1, 5)),
    ({"rows_complete": ["id", "tax"]}, PASSED, (0, 5)),
    ({"any_complete": ["name", "tax"]}, PASSED, (0, 5)),
    ({"any_complete": ["name", "closed"]}, FAILED, (1, 5)),
    ({"primary_key": ["id"]}, FAILED, (2, 5)),
    ({"primary_key": ["name"]}, FAILED, (1, 5)),
    ({"primary_key": ["id", "tax"]}, PASSED, (0, 5)),
    ({"duplicate_count": {"at_most": 2}, "column": "id"}, PASSED, 2),
    ({"duplicate_percent": {"at_most": 40}, "column": "id"}, PASSED, 40.0),
    ({"duplicate_percent": {"at_most": 49}, "column": "code"}, FAILED, 50.0),
    ({"distinct_count": 4, "column": "id"}, PASSED, 4),
    ({"distinct_count": {"at_least": 4, "columns": ["code", "opened"]}}, PASSED, 4),
    ({"distinct_ratio": {"exactly": 0.8}, "column": "id"}, PASSED, 0.8),
    ({"eq": 4, "column": "id"}, FAILED, (3, 5)),
    ({"ne": "Bo", "column": "name"}, FAILED, (1, 4)),
    ({"lt": 5, "column": "id"}, PASSED, (0, 5)),
    ({"le": 3, "column": "id"}, FAILED, (2, 5)),
    ({"gt": 10, "column": "net"}, FAILED, (1, 4)),
    ({"ge": DAY, "column": "opened"}, PASSED, (0, 4)),
    ({"outside": {"at_least": 15, "at_most": 30}, "column": "net"}, FAILED, (2, 4)),
    ({"outside": {"more_than": 10, "less_than": 20}, "column": "net"}, PASSED, (0, 4)),
    ({"not_regex": "[Bb].*", "column": "name"}, FAILED, (1, 4)),
    ({"like": "A-%", "column": "code"}, FAILED, (2, 4)),
    ({"like": "_-_", "column": "code"}, PASSED, (0, 4)),
    ({"not_like": "a-%", "column": "code"}, PASSED, (0, 4)),
    ({"starts_with": "B", "column": "code"}, FAILED, (2, 4)),
    ({"ends_with": "3", "column": "code"}, FAILED, (2, 4)),
    ({"contains": "-", "column": "code"}, PASSED, (0, 4)),
    ({"contains": ".", "column": "code"}, FAILED, (4, 4)),
    ({"format": "uuid", "column": "code"}, FAILED, (4, 4)),
    ({"format": "uuid", "column": "id"}, INSUFFICIENT, None),
    ({"median": {"exactly": 25}, "column": "net"}, PASSED, 25.0),
    ({"quantile": {"q": 1, "exactly": 40, "approximate": True}, "column": "net"}, PASSED, 40.0),
    ({"variance": {"at_least": 166.6, "at_most": 166.7}, "column": "net"}, PASSED, "near 166.667"),
    ({"most_common": 0.5, "column": "code"}, PASSED, 0.5),
    ({"most_common": 0.4, "column": "code"}, FAILED, 0.5),
    ({"entropy": {"exactly": 1.5}, "column": "code"}, PASSED, 1.5),
    ({"correlation": {"at_least": 0.999, "columns": ["net", "tax"]}}, PASSED, "near 1"),
    ({"correlation": {"at_most": 1, "columns": ["net", "name"]}}, INSUFFICIENT, None),
    ({"mutual_information": {"exactly": 1.5, "columns": ["id", "code"]}}, PASSED, 1.5),
    ({"outliers": "iqr", "column": "tax"}, PASSED, (0, 5)),
    ({"outliers": {"method": "zscore", "factor": 1}, "column": "net"}, FAILED, (2, 4)),
    ({"ge_column": "opened", "column": "closed"}, FAILED, (1, 3)),
    ({"gt_column": "tax", "column": "net"}, PASSED, (0, 4)),
    ({"eq_column": "code", "column": "name"}, FAILED, (4, 4)),
    ({"ne_column": "tax", "column": "id"}, FAILED, (4, 5)),
    ({"lt_column": "name", "column": "id"}, INSUFFICIENT, None),
    ({"sum_equals": {"columns": ["net", "tax"], "total": "gross"}}, FAILED, (1, 4)),
    ({"sum_equals": {"columns": ["net", "tax"], "total": "gross", "within": 0.5}}, PASSED, (0, 4)),
    ({"sum_equals": {"columns": ["net", "tax"], "value": 11}}, FAILED, (3, 4)),
    ({"sql_value": {"query": "SELECT max(id) - min(id) FROM {table}", "at_most": 3}}, PASSED, 3),
    ({"sql_value": {"query": "SELECT id FROM {table}", "at_most": 3}}, INSUFFICIENT, None),
    ({"sql_value": {"query": "SELECT min(code) FROM {table}", "at_most": 3}}, INSUFFICIENT, None),
    ({"failed_rows": "SELECT * FROM {table} AS t WHERE t.tax > 4"}, FAILED, (1, 5)),
    ({"failed_rows": "SELECT * FROM {table} WHERE tax > 5"}, PASSED, (0, 5)),
    ({"failed_rows": "SELECT * FROM nothing_of_the_kind"}, INSUFFICIENT, None),
    ({"like": "A-%", "column": "code", "mostly": 0.5}, PASSED, (2, 4)),
    ({"like": "A-%", "column": "code", "mostly": "51%"}, FAILED, (2, 4)),
    ({"like": "A-%", "column": "code", "where": "id < 3"}, PASSED, (0, 2)),
    ({"when": "id < 3", "then": {"like": "A-%", "column": "code"}}, PASSED, (0, 2)),
    ({"when": "id >= 3", "then": "tax >= 4"}, FAILED, (1, 3)),
]


def found(source: Any, checks: list[dict[str, Any]]) -> list[Finding]:
    source.create("data", COLUMNS, ROWS)
    asked = [{**check, "id": f"check {n}"} for n, check in enumerate(checks)]
    contract = contracts.load({"contract": "c", "version": "1", "checks": asked})
    profile = source.profile("data", contract.expectations)
    findings = {f.check: f for f in evaluate(contract, profile, now=NOW).findings}
    return [findings[check["id"]] for check in asked]


def test_every_word_finds_the_same_in_every_engine(typed_source: Any):
    findings = found(typed_source, [check for check, _, _ in CASES])

    wrong = [
        (check, finding.verdict.value, finding.observed, finding.failing, finding.reason)
        for (check, verdict, expected), finding in zip(CASES, findings, strict=True)
        if finding.verdict.value != verdict or not agrees(finding, expected)
    ]
    assert wrong == []


def agrees(finding: Finding, expected: Any) -> bool:
    if isinstance(expected, tuple):
        return (finding.failing, finding.total) == expected
    if isinstance(expected, str) and expected.startswith("near "):
        return finding.observed == pytest.approx(float(expected.removeprefix("near ")), rel=1e-5)
    return finding.observed == expected


@pytest.mark.parametrize(
    ("column", "asked"), [("id", {"nullable": False}), ("name", {"nullable": True})]
)
def test_a_database_says_which_columns_may_hold_null(
    column: str, asked: dict[str, bool], database: Any
):
    integer = "INTEGER" if database.dialect == "sqlite" else "bigint"
    cursor = database.connection.cursor()
    cursor.execute(f"CREATE TABLE data (id {integer} PRIMARY KEY, name text)")
    database.connection.commit()
    contract = contracts.load({"contract": "c", "version": "1", "columns": {column: asked}})

    profile = database.profile("data", contract.expectations)
    finding = evaluate(contract, profile, now=NOW).findings[-1]

    assert finding.verdict.value == PASSED


def test_a_file_does_not_say_so(tmp_path: Any):
    import duckdb

    from airflow_gov_provider.profiling.places.files import profile_files

    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT 1 AS id) TO '{tmp_path}/data.parquet' (FORMAT parquet)")
    contract = contracts.load(
        {"contract": "c", "version": "1", "columns": {"id": {"nullable": False}}}
    )

    profile = profile_files(f"{tmp_path}/data.parquet", contract.expectations)
    finding = evaluate(contract, profile, now=NOW).findings[-1]

    assert finding.verdict.value == INSUFFICIENT
    assert "use not_null" in str(finding.reason)
