"""Checks that hold a number against what they measured in earlier runs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from airflow_gov_provider.domain.contracts import Contract, load
from airflow_gov_provider.domain.contracts.linting import lint_text
from airflow_gov_provider.domain.evidence import Evidence, EvidenceKind, Origin
from airflow_gov_provider.domain.quality.evaluation import evaluate
from airflow_gov_provider.domain.quality.expectations import Measurement, Profile
from airflow_gov_provider.domain.quality.occasions import Occasion, settled
from airflow_gov_provider.domain.quality.recollection import occasion_recorded, recollected
from airflow_gov_provider.exceptions import ContractInvalid

DAY = datetime(2026, 3, 2, tzinfo=UTC)
NOW = datetime(2026, 6, 1, tzinfo=UTC)
STEADY = (100, 103, 98, 101, 99, 102, 97, 100, 104, 96, 101, 99, 100, 102)


def contract(check: Mapping[str, Any]) -> Contract:
    return load({"contract": "c", "version": "1", "checks": [check]})


def judged(check: Contract, value: float | None, *, day: int, past: list[Evidence]) -> Evidence:
    """What a run of that day records."""
    moment = DAY + timedelta(days=day)
    occasion = Occasion(
        now=NOW,
        logical=moment,
        start=moment,
        end=moment,
        earlier=recollected(past, check.expectations),
    )
    meant = settled(check, occasion)
    (asked,) = (each for each in meant.expectations if each.parameters)
    error = None if value is not None else "the database was away"
    profile = Profile(
        source="t",
        columns={"amount": "double"},
        rows=10,
        measurements={asked.check_id: Measurement(total=10, value=value, error=error)},
    )
    report = evaluate(meant, profile, now=NOW)
    body = {
        "findings": [finding.as_json() for finding in report.findings],
        "occasion": occasion_recorded(occasion),
    }
    evidence = Evidence(
        evidence_id=f"{len(past):04}",
        kind=EvidenceKind.QUALITY,
        origin=Origin(dag_id="d", run_id=f"day {day}", task_id="gate"),
        subject="c",
        verdict=report.verdict,
        summary="",
        recorded_at=NOW,
        body=body,
    )
    return Evidence.from_document(evidence.document)


def history(check: Contract, *values: float | None) -> list[Evidence]:
    past: list[Evidence] = []
    for day, value in enumerate(values):
        past.append(judged(check, value, day=day, past=past))
    return past


def last(evidence: Evidence) -> dict[str, Any]:
    found: dict[str, Any] = evidence.body["findings"][-1]
    return found


def after(check: Mapping[str, Any], past: tuple[float | None, ...], value: float) -> dict[str, Any]:
    read = contract(check)
    return last(judged(read, value, day=len(past), past=history(read, *past)))


def test_a_usual_number_passes_and_tells_what_would_have_been_usual() -> None:
    found = after({"row_count_anomaly": {}}, STEADY, 105)

    assert found["verdict"] == "PASSED"
    assert found["observed"] == 105
    assert found["details"]["median"] == 100
    assert found["details"]["usual_low"] < 96
    assert found["details"]["usual_high"] > 104
    assert found["details"]["earlier_runs"] == 14
    assert found["details"]["false_alarms"] == 0.01


def test_an_unusual_number_fails() -> None:
    found = after({"row_count_anomaly": {}}, STEADY, 150)

    assert found["verdict"] == "FAILED"
    assert found["reason"] == "150 is unlike the last 14 runs"


def test_too_short_a_past_is_insufficient_and_yet_becomes_one() -> None:
    read = contract({"row_count_anomaly": {"runs": 7}})
    evidence = history(read, *STEADY[:8])

    assert [last(item)["verdict"] for item in evidence] == ["INSUFFICIENT"] * 7 + ["PASSED"]
    assert last(evidence[3])["reason"] == "3 earlier runs can be compared, and 7 are needed"


def test_runs_that_measured_nothing_are_no_past() -> None:
    found = after({"row_count_anomaly": {}}, (*STEADY[:13], None, None), 100)

    assert found["verdict"] == "INSUFFICIENT"
    assert found["reason"].startswith("13 earlier runs")


def test_a_backfill_is_compared_with_the_days_before_it() -> None:
    read = contract({"row_count_anomaly": {}})
    past = history(read, *STEADY, *(value * 10 for value in STEADY))

    backfilled = last(judged(read, 1000, day=14, past=past))
    today = last(judged(read, 1000, day=28, past=past))

    assert (backfilled["verdict"], backfilled["details"]["median"]) == ("FAILED", 100)
    assert today["verdict"] == "PASSED"


def test_a_backfill_gives_the_same_answer_whenever_it_is_judged() -> None:
    read = contract({"row_count_anomaly": {}})
    past = history(read, *STEADY, 500, 900, 1000)

    assert last(judged(read, 100, day=14, past=past[:14])) == last(
        judged(read, 100, day=14, past=past)
    )


def test_another_number_under_the_same_name_is_no_past() -> None:
    earlier = contract({"anomaly": "mean", "column": "amount", "id": "mine"})
    now = contract({"anomaly": "sum", "column": "amount", "id": "mine"})

    found = last(judged(now, 100, day=14, past=history(earlier, *STEADY)))

    assert found["reason"].startswith("0 earlier runs")


def test_a_table_that_grows_steadily_is_compared_by_its_growth() -> None:
    sizes = tuple(1000 + 50 * day + wiggle for day, wiggle in enumerate(STEADY))
    check = {"row_count_anomaly": {"compare": "change", "runs": 10}}

    assert after(check, sizes, sizes[-1] + 51)["verdict"] == "PASSED"
    stalled = after(check, sizes, sizes[-1] + 0.0)
    assert (stalled["verdict"], stalled["details"]["change"]) == ("FAILED", 0)


def test_a_change_is_against_the_run_before() -> None:
    check = {"row_count_change": "10%"}

    assert after(check, (1, 50, 100), 110)["verdict"] == "PASSED"
    too_much = after(check, (1, 50, 100), 111)
    assert too_much["verdict"] == "FAILED"
    assert too_much["reason"] == "it changed by 11%"
    assert too_much["expected"] == "change of row count against the run before >= -10% and <= 10%"


def test_a_change_may_be_bounded_in_rows_and_on_one_side() -> None:
    check = {"row_count_change": {"at_least": 0}}

    assert after(check, (100,), 100)["verdict"] == "PASSED"
    assert after(check, (100,), 99)["verdict"] == "FAILED"


def test_the_first_run_of_all_has_no_change() -> None:
    found = after({"row_count_change": "10%"}, (), 100)

    assert found["verdict"] == "INSUFFICIENT"
    assert found["reason"] == "there is no earlier run to compare with"


def test_a_change_from_nothing_has_no_size() -> None:
    assert after({"row_count_change": "10%"}, (0,), 5)["verdict"] == "INSUFFICIENT"
    assert after({"row_count_change": "10%"}, (0,), 0)["verdict"] == "PASSED"


def test_a_check_that_cannot_answer_yet_and_would_block_is_told_by_lint() -> None:
    text = "contract: c\nversion: '1'\nchecks:\n- row_count_anomaly: {}\n"

    (warning,) = lint_text(text, name="c.yaml").warnings
    assert "severity: warning" in warning.message
    assert not lint_text(text + "  severity: warning\n", name="c.yaml").warnings


@pytest.mark.parametrize(
    ("check", "problem"),
    [
        ({"anomaly": {}, "column": "a"}, "'of' is missing"),
        ({"anomaly": "mode", "column": "a"}, "unknown value 'mode'"),
        ({"row_count_anomaly": {"false_alarms": "50%"}}, "expected a share above 0"),
        ({"row_count_anomaly": {"false_alarms": 0}}, "expected a share above 0"),
        ({"row_count_anomaly": {"runs": 3}}, "expected 7 to 365 runs"),
        ({"row_count_anomaly": {"runs": 30, "window": 20}}, "'window' holds fewer runs"),
        ({"row_count_change": {}}, "expected 'within'"),
        ({"row_count_change": "ten"}, "expected a percentage"),
        ({"row_count_change": {"at_least": "-5%", "at_most": 7}}, "all bounds as percentages"),
        ({"row_count_change": "-5%"}, "expected 0 or more"),
    ],
)
def test_a_slip_of_the_pen_is_told(check: dict[str, Any], problem: str) -> None:
    with pytest.raises(ContractInvalid, match=problem):
        contract(check)
