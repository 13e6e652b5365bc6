"""Checks over runs: one point a run, whatever was added, removed or recorded twice."""

from __future__ import annotations

import pytest
from fakes.governed_runs import GovernedRun

from airflow_gov_provider.domain.quality.history import newest_of_each_run, series_of
from airflow_gov_provider.domain.verdicts import Verdict


def gate(number: int, *findings, run_id: str | None = None):
    run = GovernedRun(run_id=run_id or f"run {number}", first=number)
    return run.quality(findings=list(findings))


def finding(check: str, observed, verdict=Verdict.PASSED):
    return {
        "check": check,
        "kind": "not_null",
        "subject": "age",
        "verdict": verdict.value,
        "observed": observed,
        "expected": "<= 0.1",
    }


def test_every_check_has_one_point_a_run():
    evidence = [
        gate(1, finding("age", 0.1)),
        gate(2, finding("age", 0.2, Verdict.FAILED), finding("sex", 0)),
    ]

    series = {s.check: s.points for s in series_of(evidence)}

    assert [(p.observed, p.verdict) for p in series["age"]] == [
        (0.1, Verdict.PASSED),
        (0.2, Verdict.FAILED),
    ]
    assert series["sex"][0] is None
    assert series["sex"][1].observed == 0


def test_checks_of_the_newest_run_come_first():
    evidence = [gate(1, finding("old", 1)), gate(2, finding("new", 1))]

    assert [s.check for s in series_of(evidence)] == ["new", "old"]


def test_a_run_that_recorded_twice_counts_once_with_what_stands():
    evidence = [gate(1, run_id="a"), gate(2, run_id="b"), gate(3, run_id="a")]

    found = newest_of_each_run(evidence)

    assert [e.evidence_id for e in found] == [evidence[1].evidence_id, evidence[2].evidence_id]


@pytest.mark.parametrize("findings", ["text", [None], [{"check": 3}], [{"check": "a"}]])
def test_what_cannot_be_understood_is_left_out(findings):
    odd = GovernedRun().quality(findings=findings)

    assert all(p is None for s in series_of([odd]) for p in s.points)
