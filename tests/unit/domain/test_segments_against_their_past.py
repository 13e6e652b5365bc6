"""A number of each group against what the group of that name was in earlier runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow_gov_provider.domain.contracts import Contract, load
from airflow_gov_provider.domain.evidence import Evidence, EvidenceKind, Origin
from airflow_gov_provider.domain.quality.evaluation import evaluate
from airflow_gov_provider.domain.quality.expectations import Group, Measurement, Profile
from airflow_gov_provider.domain.quality.occasions import Occasion, remembers, settled
from airflow_gov_provider.domain.quality.recollection import occasion_recorded, recollected

DAY = datetime(2026, 3, 2, tzinfo=UTC)
STEADY = (100, 103, 98, 101, 99, 102, 97, 100)
Sizes = Mapping[str, int]


def contract(**check: Any) -> Contract:
    checks = [{**check, "segment_by": "country"}]
    return load({"contract": "c", "version": "1", "checks": checks})


ROWS = contract(row_count_anomaly={"runs": 7})


def run(read: Contract, sizes: Sizes, past: list[Evidence], **numbers: float) -> dict[str, Any]:
    """The finding of the day after the past, which becomes a part of it."""
    moment = DAY + timedelta(days=len(past))
    earlier = recollected(past, read.expectations)
    occasion = Occasion(now=moment, logical=moment, start=moment, end=moment, earlier=earlier)
    meant = settled(read, occasion)
    asked = meant.expectations[-1]
    groups = tuple(
        Group(
            name=f"country={name}",
            rows=rows,
            measurement=Measurement(total=rows, value=numbers.get(name, rows)),
        )
        for name, rows in sizes.items()
    )
    rows = sum(sizes.values())
    profile = Profile(
        source="t",
        columns={"country": "text", "amount": "double"},
        rows=rows,
        measurements={asked.check_id: Measurement(total=rows, groups=groups)},
    )
    report = evaluate(meant, profile, now=moment)
    evidence = Evidence(
        evidence_id=f"{len(past):04}",
        kind=EvidenceKind.QUALITY,
        origin=Origin(dag_id="d", run_id=f"{len(past)}", task_id="gate"),
        subject="c",
        verdict=report.verdict,
        summary="",
        recorded_at=moment,
        body={
            "findings": [finding.as_json() for finding in report.findings],
            "occasion": occasion_recorded(occasion),
        },
    )
    past.append(Evidence.from_document(evidence.document))
    found: dict[str, Any] = past[-1].body["findings"][-1]
    return found


def after(read: Contract, days: Sequence[Sizes]) -> list[Evidence]:
    past: list[Evidence] = []
    for sizes in days:
        run(read, sizes, past)
    return past


def steady(*names: str) -> list[Sizes]:
    return [dict.fromkeys(names, rows) for rows in STEADY]


def verdicts(found: Mapping[str, Any]) -> dict[str, str]:
    return {entry["group"]: entry["verdict"] for entry in found["details"]["worst"]}


def test_a_group_is_compared_with_its_own_past_and_no_other() -> None:
    days = [{"DE": rows, "FR": 10 * rows} for rows in STEADY]

    usual = run(ROWS, {"DE": 101, "FR": 1010}, after(ROWS, days))
    changed = run(ROWS, {"DE": 1010, "FR": 1010}, after(ROWS, days))

    assert remembers(ROWS.expectations)
    assert usual["verdict"] == "PASSED"
    assert verdicts(changed) == {"country=DE": "FAILED", "country=FR": "PASSED"}


def test_a_group_that_was_never_seen_has_no_answer_until_it_has_a_past() -> None:
    past = after(ROWS, steady("DE"))
    found = [run(ROWS, {"DE": 100, "FR": rows}, past) for rows in STEADY]

    assert found[0]["verdict"] == "INSUFFICIENT"
    assert verdicts(found[0]) == {"country=FR": "INSUFFICIENT", "country=DE": "PASSED"}
    assert found[-1]["verdict"] == "PASSED"


def test_a_group_that_is_gone_counts_no_rows() -> None:
    past = after(ROWS, steady("DE", "FR"))
    found = run(ROWS, {"DE": 100}, past)

    assert found["verdict"] == "FAILED"
    assert verdicts(found) == {"country=FR": "FAILED", "country=DE": "PASSED"}
    assert found["details"]["measured"] == {"country=DE": 100, "country=FR": 0}


def test_a_group_that_comes_and_goes_may_be_gone() -> None:
    days = [{"DE": 100, "FR": 5 * (day % 2)} for day in range(14)]
    present = [{name: rows for name, rows in sizes.items() if rows} for sizes in days]

    found = run(ROWS, {"DE": 100}, after(ROWS, [present[1], *present[:-1]]))

    assert verdicts(found)["country=FR"] == "PASSED"


def test_of_a_group_that_is_gone_no_other_number_is_missed() -> None:
    read = contract(anomaly={"of": "mean", "runs": 7}, column="amount")
    past = after(read, steady("DE", "FR"))
    found = run(read, {"DE": 100}, past)

    assert found["verdict"] == "PASSED"
    assert set(verdicts(found)) == {"country=DE"}


def test_a_small_group_has_a_past_when_it_has_grown() -> None:
    read = contract(change={"of": "mean", "within": "10%"}, column="amount")
    past: list[Evidence] = []
    run(read, {"DE": 50, "FR": 3}, past, FR=20.0, DE=20.0)

    found = run(read, {"DE": 50, "FR": 30}, past, FR=40.0, DE=20.0)

    assert verdicts(found) == {"country=FR": "FAILED", "country=DE": "PASSED"}


def test_numbers_of_another_definition_are_no_past() -> None:
    past = after(ROWS, steady("DE"))
    narrowed = contract(row_count_anomaly={"runs": 7}, where="amount > 0", id="narrowed")
    findings = [{**each, "check": "narrowed"} for each in past[-1].body["findings"]]
    renamed = replace(past[-1], body={**past[-1].body, "findings": findings})

    assert recollected([renamed], narrowed.expectations) == {"narrowed": []}


def test_an_empty_table_has_no_groups_to_compare() -> None:
    found = run(ROWS, {}, after(ROWS, steady("DE")))

    assert found["verdict"] == "INSUFFICIENT"
    assert found["reason"] == "there are no rows to group"
