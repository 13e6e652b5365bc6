"""How findings become a verdict, and a verdict a decision."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_gov_provider.domain.verdicts import (
    Finding,
    OnFail,
    Report,
    Severity,
    Verdict,
    blocks,
    recorded_verdict,
)

ORDER = [Verdict.PASSED, Verdict.WARNED, Verdict.INSUFFICIENT, Verdict.FAILED]


def finding(verdict=Verdict.PASSED, severity=Severity.ERROR):
    return Finding(
        check="c", kind="k", subject="s", expected="e", verdict=verdict, severity=severity
    )


findings = st.lists(
    st.builds(finding, st.sampled_from(Verdict), st.sampled_from(Severity)), max_size=8
)


def test_a_report_without_findings_has_answered_nothing():
    assert Report(subject="empty", findings=()).verdict is Verdict.INSUFFICIENT


@given(findings, st.builds(finding, st.sampled_from(Verdict), st.sampled_from(Severity)))
def test_one_more_finding_never_makes_a_report_better(some, another):
    before = Report(subject="s", findings=tuple(some))
    after = Report(subject="s", findings=(*some, another))

    if some:
        assert ORDER.index(after.verdict) >= ORDER.index(before.verdict)


@given(findings)
def test_a_report_passes_only_if_no_error_is_failed_or_insufficient(some):
    report = Report(subject="s", findings=tuple(some))
    stands_in_the_way = [
        f for f in some if f.severity is Severity.ERROR and not f.verdict.lets_pass
    ]

    assert report.verdict.lets_pass == (bool(some) and not stands_in_the_way)


def test_a_warning_lowers_a_report_to_warned_and_no_further():
    report = Report(subject="s", findings=(finding(Verdict.FAILED, Severity.WARNING), finding()))

    assert report.verdict is Verdict.WARNED
    assert report.summary() == "WARNED: 1 passed, 1 failed"


@pytest.mark.parametrize(
    ("verdict", "on_fail", "recorded", "blocked"),
    [
        (Verdict.FAILED, OnFail.BLOCK, Verdict.FAILED, True),
        (Verdict.INSUFFICIENT, OnFail.BLOCK, Verdict.INSUFFICIENT, True),
        (Verdict.WARNED, OnFail.BLOCK, Verdict.WARNED, False),
        (Verdict.PASSED, OnFail.BLOCK, Verdict.PASSED, False),
        (Verdict.FAILED, OnFail.REVIEW, Verdict.FAILED, False),
        (Verdict.INSUFFICIENT, OnFail.REVIEW, Verdict.INSUFFICIENT, False),
        (Verdict.FAILED, OnFail.WARN, Verdict.WARNED, False),
        (Verdict.INSUFFICIENT, OnFail.WARN, Verdict.WARNED, False),
        (Verdict.PASSED, OnFail.WARN, Verdict.PASSED, False),
    ],
)
def test_only_the_author_softens_a_verdict(verdict, on_fail, recorded, blocked):
    assert recorded_verdict(verdict, on_fail) is recorded
    assert blocks(verdict, on_fail) is blocked
