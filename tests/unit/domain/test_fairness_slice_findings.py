"""A search becomes a finding that warns or fails as its author wants, and a table in evidence."""

from __future__ import annotations

import json
from typing import Any

import pytest

from airflow_gov_provider.domain.fairness import ContingencyTable, Counts, Threshold, evaluate
from airflow_gov_provider.domain.fairness.counts import Key
from airflow_gov_provider.domain.fairness.evaluate import Assessment
from airflow_gov_provider.domain.fairness.slice_findings import slices_as_text, with_slices
from airflow_gov_provider.domain.fairness.slice_terms import SliceSearch
from airflow_gov_provider.domain.fairness.slices import SliceCounts
from airflow_gov_provider.domain.verdicts import Verdict


def searched(wrong: int, *, rows: int = 1000, complete: bool = True, **terms: Any) -> Assessment:
    """Two regions and two ages; in one of the four slices some decisions more are wrong."""
    cells: dict[Key, Counts] = {
        (region, age): Counts.of_rows(
            tp=rows - rows // 20 - extra, fn=rows // 20 + extra, tn=rows // 10
        )
        for region in ("north", "south")
        for age in ("old", "young")
        for extra in (wrong if (region, age) == ("south", "old") else 0,)
    }
    table = ContingencyTable(features=("region", "age"), cells=cells)
    assessment = evaluate(
        table, subject="s", thresholds=[Threshold(metric="accuracy_difference", at_most=1.0)]
    )
    search = SliceSearch(features=("region", "age"), rates=("accuracy",), **terms)
    return with_slices(assessment, SliceCounts(tables=[table], complete=complete), search)


def test_a_bad_slice_warns_unless_its_author_makes_it_an_error() -> None:
    warned = searched(300)
    failed = searched(300, severity="error")

    assert warned.report.verdict is Verdict.WARNED
    assert failed.report.verdict is Verdict.FAILED
    finding = failed.report.findings[-1]
    assert finding.check == "worst_slice"
    assert finding.subject == "region=south & age=old"
    assert finding.observed == pytest.approx(300 / 1100)
    assert str(finding.reason).startswith(
        "accuracy 0.6818 of region=south & age=old (n=1100) against 0.9545 of all others (n=3300)"
    )


def test_a_slice_that_is_little_worse_passes_and_is_told_all_the_same() -> None:
    finding = searched(60, severity="error").report.findings[-1]

    assert finding.verdict is Verdict.PASSED
    assert finding.observed == pytest.approx(60 / 1100)
    assert "region=south & age=old" in str(finding.reason)


def test_where_all_slices_are_alike_nothing_is_found() -> None:
    finding = searched(0).report.findings[-1]

    assert finding.verdict is Verdict.PASSED
    assert finding.observed is None
    assert finding.subject == "region, age"


def test_what_was_not_searched_to_its_end_is_no_pass() -> None:
    assert searched(0, complete=False).report.findings[-1].verdict is Verdict.INSUFFICIENT
    assert searched(300, complete=False).report.findings[-1].verdict is Verdict.FAILED
    finding = searched(0, rows=20).report.findings[-1]
    assert finding.verdict is Verdict.INSUFFICIENT
    assert finding.reason == "no slice has 50 rows"


def test_the_evidence_names_terms_correction_and_what_could_not_have_been_shown() -> None:
    body = json.loads(json.dumps(searched(300).body))["search"]

    assert body["terms"]["features"] == ["region", "age"]
    assert (body["slices"], body["tests"], body["least_rows"]) == (8, 8, 50)
    assert body["correction"] == {"method": "benjamini-hochberg", "tests": 8, "q": 0.05}
    assert body["complete"]
    worst = body["worst"][0]
    assert worst["values"] == {"region": "south", "age": "old"}
    assert worst["interval"][0] < worst["worse"] < worst["interval"][1]
    # Fifty rows: about (2.5 + 0.84) standard errors of a share of 0.89 in fifty rows.
    assert body["detectable"]["accuracy"] == pytest.approx(0.12, abs=0.06)


def test_the_log_shows_the_slices() -> None:
    lines = list(slices_as_text(dict(searched(300).body)))

    assert lines[0] == (
        "8 slices of at least 50 rows, 8 comparisons corrected by benjamini-hochberg"
    )
    assert lines[1].startswith("region=south & age=old: accuracy 0.6818 (n=1100) against 0.9545")
    assert "could not have shown accuracy worse by less than" in lines[-1]
    assert list(slices_as_text({})) == []


def test_a_slice_beyond_the_limit_fails_however_few_of_the_found_ones_are_shown() -> None:
    """The limit is 0.1: a large slice is worse by 0.09 at least surely, a small one by 0.2."""
    cells = {
        ("u", "y"): Counts.of_rows(tn=16_000, fp=4000),
        ("v", "y"): Counts.of_rows(tn=17_800, fp=2200),
        ("v", "z"): Counts.of_rows(tn=39, fp=21),
    }
    table = ContingencyTable(features=("a", "b"), cells=cells)
    terms = SliceSearch(features=("a", "b"), rates=("accuracy",), min_share=0, shown=1)

    found = with_slices(
        evaluate(table, subject="s", thresholds=[]), SliceCounts(tables=[table]), terms
    ).report.findings[-1]

    assert found.verdict is Verdict.FAILED
    assert "b=z" in str(found.reason)
