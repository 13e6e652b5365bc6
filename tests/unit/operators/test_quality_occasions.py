"""The gate at the moment of its run: a backfill is judged by its own day and its own past."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pendulum
import pytest
from airflow.sdk.exceptions import AirflowFailException
from fakes.task_instances import TaskInstance

from airflow_gov_provider.domain.evidence import Evidence
from airflow_gov_provider.hooks.governance import recorded_in_run
from airflow_gov_provider.operators.quality import DataQualityGate

DAY = datetime(2026, 3, 2, tzinfo=UTC)
VOLUME = {"contract": "c", "version": "1", "checks": [{"row_count_anomaly": {"runs": 7}}]}
CHANGE = {"contract": "c", "version": "1", "checks": [{"row_count_change": "50%"}]}
FRESH = {
    "contract": "c",
    "version": "1",
    "checks": [{"freshness": "1d", "column": "at", "relative_to": "logical_date"}],
}
# Two hours before the moment, and only the first of them has a row.
GAPS = {
    "contract": "c",
    "version": "1",
    "checks": [{"gaps": {"every": "1h", "over": "2h"}, "column": "at"}],
}


def context(day: int) -> Any:
    end = DAY + timedelta(days=day)
    ti = TaskInstance(dag_id="d", run_id=f"day {day}", task_id="check", map_index=-1, try_number=1)
    start = end - timedelta(days=1)
    start, end = pendulum.instance(start), pendulum.instance(end)  # as Airflow gives them
    return {"ti": ti, "data_interval_start": start, "data_interval_end": end}


def run(contract: dict[str, Any], path: Path, *, day: int, rows: int) -> Evidence:
    path.write_text("at\n" + f"{(DAY + timedelta(hours=1)).isoformat()}\n" * rows)
    gate = DataQualityGate(task_id="check", contract=contract, source=str(path), on_fail="warn")
    gate.execute(context(day))
    *_, newest = recorded_in_run("d", f"day {day}")
    return newest


def finding(evidence: Evidence) -> dict[str, Any]:
    found: dict[str, Any] = evidence.body["findings"][-1]
    return found


@pytest.mark.usefixtures("sqlite_store")
def test_a_volume_is_compared_with_the_runs_before_and_a_retry_with_the_same(
    tmp_path: Path,
) -> None:
    path = tmp_path / "t.csv"
    for day in range(7):
        evidence = run(VOLUME, path, day=day, rows=100 + day % 3)
        assert finding(evidence)["verdict"] == "INSUFFICIENT"

    usual = finding(run(VOLUME, path, day=7, rows=101))
    odd = finding(run(VOLUME, path, day=8, rows=400))
    again = finding(run(VOLUME, path, day=8, rows=400))
    backfilled = finding(run(VOLUME, path, day=3, rows=101))

    assert (usual["verdict"], usual["details"]["earlier_runs"]) == ("PASSED", 7)
    assert odd["verdict"] == again["verdict"] == "FAILED"
    assert odd["details"] == again["details"]
    assert backfilled["reason"] == "3 earlier runs can be compared, and 7 are needed"


@pytest.mark.usefixtures("sqlite_store")
def test_a_run_that_could_not_be_measured_is_no_past(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    run(CHANGE, path, day=1, rows=10)
    gate = DataQualityGate(task_id="check", contract=CHANGE, source=str(tmp_path / "missing.csv"))
    with pytest.raises(AirflowFailException):
        gate.execute(context(2))

    found = finding(run(CHANGE, path, day=3, rows=14))

    assert (found["verdict"], found["details"]["before"]) == ("PASSED", 10)


@pytest.mark.usefixtures("sqlite_store")
def test_the_past_of_another_table_is_none_of_this_one(tmp_path: Path) -> None:
    run(CHANGE, tmp_path / "orders.csv", day=1, rows=10)

    other = finding(run(CHANGE, tmp_path / "customers.csv", day=2, rows=11))
    same = finding(run(CHANGE, tmp_path / "orders.csv", day=3, rows=12))

    assert other["verdict"] == "INSUFFICIENT"
    assert other["reason"] == "there is no earlier run to compare with"
    assert (same["verdict"], same["details"]["before"]) == ("PASSED", 10)


@pytest.mark.usefixtures("sqlite_store")
def test_a_file_of_each_day_is_the_same_data(tmp_path: Path) -> None:
    verdicts = []
    for day in (1, 2):
        (tmp_path / f"day {day}.csv").write_text("at\n" + "2026-03-02\n" * 10)
        source = f"{tmp_path}/{{{{ run_id }}}}.csv"
        gate = DataQualityGate(task_id="check", contract=CHANGE, source=source, on_fail="warn")
        given: Any = {**context(day), "run_id": f"day {day}"}
        gate.render_template_fields(given)
        gate.execute(given)
        *_, newest = recorded_in_run("d", f"day {day}")
        verdicts.append(finding(newest)["verdict"])

    assert verdicts == ["INSUFFICIENT", "PASSED"]


@pytest.mark.usefixtures("sqlite_store")
def test_the_evidence_tells_the_moment_that_it_was_judged_at(tmp_path: Path) -> None:
    evidence = run(FRESH, tmp_path / "t.csv", day=1, rows=1)

    assert finding(evidence)["verdict"] == "PASSED"
    assert finding(evidence)["observed"] == "23h"
    told = dict(evidence.body["occasion"])
    assert datetime.fromisoformat(told.pop("judged_at")) > DAY
    assert told == {
        "logical_date": "2026-03-03T00:00:00+00:00",
        "taken_from": "data_interval_end",
        "data_interval_start": "2026-03-02T00:00:00+00:00",
        "data_interval_end": "2026-03-03T00:00:00+00:00",
    }


@pytest.mark.usefixtures("sqlite_store")
def test_windows_are_counted_back_from_the_moment_that_airflow_gives(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("at\n" + (DAY - timedelta(hours=2)).isoformat() + "\n")
    gate = DataQualityGate(task_id="check", contract=GAPS, source=str(path), on_fail="warn")

    gate.execute(context(0))

    (evidence,) = recorded_in_run("d", "day 0")
    assert finding(evidence)["observed"] == "1 of 2 windows hold fewer"


@pytest.mark.usefixtures("sqlite_store")
def test_a_run_without_a_logical_date_is_judged_by_the_time_from_which_it_may_run(
    tmp_path: Path,
) -> None:
    path = tmp_path / "t.csv"
    path.write_text("at\n" + (DAY - timedelta(hours=2)).isoformat() + "\n")
    interval = {**GAPS, "checks": [*FRESH["checks"], {"gaps": "1h", "column": "at"}]}
    gate = DataQualityGate(task_id="check", contract=interval, source=str(path), on_fail="warn")
    triggered: Any = {"ti": context(0)["ti"], "dag_run": SimpleNamespace(run_after=DAY)}

    gate.execute(triggered)

    (evidence,) = recorded_in_run("d", "day 0")
    fresh, gaps = evidence.body["findings"][-2:]
    assert (fresh["verdict"], fresh["observed"]) == ("PASSED", "2h")
    assert gaps["verdict"] == "INSUFFICIENT"
    assert "no data interval" in gaps["reason"]
