"""The contract of the census data holds for the real file, and for no spoiled copy of it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from airflow_gov_provider.domain import contracts
from airflow_gov_provider.domain.quality.evaluation import evaluate
from airflow_gov_provider.domain.verdicts import Report, Verdict
from airflow_gov_provider.profiling.places.files import profile_files

DATA = Path(__file__).parents[3] / "dags_examples" / "data"
NOW = datetime(2026, 11, 20, tzinfo=UTC)


def report_on(path: Path | str) -> Report:
    contract = contracts.load(DATA / "adult_income.odcs.yaml")
    return evaluate(contract, profile_files(str(path), contract.expectations), now=NOW)


def spoiled(directory: Path, select: str) -> Path:
    path = directory / "spoiled.parquet"
    query = select.replace("adult", f"'{DATA / 'adult.parquet'}'")
    duckdb.connect().execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")
    return path


def test_the_real_data_passes_every_check():
    report = report_on(DATA / "adult.parquet")
    assert report.verdict is Verdict.PASSED
    assert [f for f in report.findings if f.verdict is not Verdict.PASSED] == []
    assert len(report.findings) > 70


@pytest.mark.parametrize(
    ("select", "failed"),
    [
        (
            "SELECT * REPLACE (CASE WHEN person_id = 7 THEN 214 ELSE age END AS age) FROM adult",
            {"age.range"},
        ),
        (
            "SELECT * REPLACE (CASE WHEN person_id < 9 THEN NULL ELSE sex END AS sex) FROM adult",
            {"sex.not_null"},
        ),
        (
            "SELECT * REPLACE (CASE WHEN person_id = 7 THEN 'a lot' ELSE income END AS income) FROM adult",
            {"income.accepted_values"},
        ),
        (
            "SELECT * REPLACE (CASE WHEN person_id = 7 THEN 8 ELSE person_id END AS person_id) FROM adult",
            {"person_id.unique"},
        ),
        (
            "SELECT * REPLACE (CASE WHEN person_id = 7 THEN '?' ELSE occupation END AS occupation) FROM adult",
            {"occupation.not_missing"},
        ),
        ("SELECT * FROM adult WHERE person_id <= 30000", {"enough_people"}),
        (
            "SELECT * FROM adult WHERE sex = 'Male' OR person_id % 3 = 0",
            {"share_of_women", "enough_people"},
        ),
        ("SELECT * REPLACE (age::VARCHAR AS age) FROM adult", {"age.type"}),
        ("SELECT * REPLACE (age + 9 AS age) FROM adult", {"age.range", "age.mean"}),
        ("SELECT * RENAME (race AS ethnicity) FROM adult", {"race.exists"}),
        (
            "SELECT * REPLACE (100 AS capital_gain, 100 AS capital_loss) FROM adult",
            {"one_capital_event"},
        ),
        (
            "SELECT * REPLACE (hours_per_week + 30 AS hours_per_week) FROM adult",
            {"hours_per_week.range", "hours_per_week.mean", "hours_per_week.long_weeks"},
        ),
        (
            "SELECT * REPLACE (' ' || native_country AS native_country) FROM adult",
            {"native_country.regex"},
        ),
        (
            "SELECT * REPLACE ('Never-married' AS marital_status) FROM adult",
            {"spouses_are_married"},
        ),
    ],
)
def test_a_spoiled_copy_fails_where_it_was_spoiled(tmp_path: Path, select: str, failed: set[str]):
    report = report_on(spoiled(tmp_path, select))
    assert {f.check for f in report.with_verdict(Verdict.FAILED)} == failed
    assert not report.verdict.lets_pass


def test_a_warning_lowers_the_report_to_a_warning_only(tmp_path: Path):
    swapped = (
        "SELECT * REPLACE (CASE WHEN person_id < 2000 AND relationship = 'Husband'"
        " THEN 'Female' ELSE sex END AS sex) FROM adult"
    )
    report = report_on(spoiled(tmp_path, swapped))
    assert {f.check for f in report.troubles} == {"husbands_and_wives"}
    assert report.verdict is Verdict.WARNED


def test_an_empty_copy_passes_nothing_but_its_columns(tmp_path: Path):
    report = report_on(spoiled(tmp_path, "SELECT * FROM adult WHERE false"))
    passed = {f.kind for f in report.with_verdict(Verdict.PASSED)}
    assert passed == {"column_exists", "column_type"}
    assert report.verdict is Verdict.FAILED
