"""What an approver reads: enough to decide, and nothing that Markdown or HTML would act upon."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_gov_provider.domain.approvals.page import MAX_FINDINGS, escaped, page
from airflow_gov_provider.domain.approvals.request import (
    Answer,
    Person,
    Request,
    Rules,
    Shown,
    Vote,
    digest_of_question,
)
from airflow_gov_provider.domain.evidence import Evidence, EvidenceKind, ModelRef, Origin
from airflow_gov_provider.domain.verdicts import Finding, Report, Severity, Verdict

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
MODEL = ModelRef(name="income_model", version="3")


def a_finding(subject, verdict=Verdict.FAILED, **changes):
    return Finding(
        **{
            "check": "four_fifths",
            "kind": "four_fifths",
            "subject": subject,
            "verdict": verdict,
            "observed": 0.307123,
            "expected": ">= 0.8",
            **changes,
        }
    )


def an_evidence(number, *findings, kind=EvidenceKind.BIAS, subject="predictions", **origin):
    report = Report(subject=subject, findings=findings)
    return Evidence(
        evidence_id=f"{number:036d}",
        kind=kind,
        origin=Origin(dag_id="d", run_id="r", **{"task_id": "check_bias", **origin}),
        subject=subject,
        verdict=report.verdict,
        summary=report.summary(),
        recorded_at=NOON,
        body={
            "findings": [finding.as_json() for finding in findings],
            "verdict_before_policy": report.verdict,
        },
    )


def markdown(*evidence, rules=None, base_url="", refused=None, **changes):
    shown = tuple(Shown.of(item) for item in evidence)
    request = Request(
        **{
            "request_id": "request-1",
            "origin": Origin(dag_id="d", run_id="r", task_id="approve"),
            "subject": "Promote?",
            "requester": "alice",
            "approvers": ("bob", "carol"),
            "shown": shown,
            "shown_digest": digest_of_question("Promote?", MODEL, shown),
            "opened_at": NOON,
            "expires_at": NOON + timedelta(hours=24),
            **changes,
        }
    )
    return page(
        request, evidence, rules=rules or Rules(), model=MODEL, base_url=base_url, refused=refused
    )


def test_an_answer_without_effect_is_explained_first_and_its_reason_is_not_repeated():
    answer = Answer(
        choice="Approve",
        reason="ok",
        by=Person(id="bob", name="<b>Bob"),
        answered_at=NOON,
        saw="request-1",
    )
    vote = Vote(
        vote_id="v",
        request_id="request-1",
        answer=answer,
        effective=False,
        refusal="expected a reason of 10 characters or more, found 2",
        recorded_at=NOON,
    )

    first = markdown(an_evidence(1, a_finding("race")), refused=vote).splitlines()[0]

    assert first == (
        "**The last answer does not count:** Approve by \\<b\\>Bob at 2026-11-21 12:00 UTC: "
        "expected a reason of 10 characters or more\\, found 2. The question is open still."
    )


def test_a_page_in_full():
    data = an_evidence(
        1,
        a_finding("age", Verdict.PASSED),
        kind=EvidenceKind.QUALITY,
        subject="adult income",
        task_id="check_data",
    )
    bias = an_evidence(2, a_finding("race", reason="A 0.08 against B 0.27"))
    card = an_evidence(
        3,
        a_finding("statements", Verdict.PASSED),
        kind=EvidenceKind.CARD,
        subject="income model",
        task_id="write_card",
    )

    assert markdown(data, bias, card).splitlines() == [
        "**Model:** income\\_model version 3  ",
        "**Requested by:** alice  ",
        "**May answer:** bob, carol  ",
        "**Ends:** 2026-11-22 12:00 UTC, unanswered means not approved  ",
        "*alice asked for this and cannot approve it.*",
        "",
        "**1 of 3 did not pass.**",
        "",
        "| Verdict | Gate | About | Result | Digest |",
        "|---|---|---|---|---|",
        f"| **PASSED** | check\\_data (quality) | adult income | 1 passed | {data.digest[:12]} |",
        f"| **FAILED** | check\\_bias (bias) | predictions | 1 failed | {bias.digest[:12]} |",
        f"| **PASSED** | write\\_card (card) | income model | 1 passed | {card.digest[:12]} |",
        "",
        "**What did not pass (1)**",
        "",
        (
            "- FAILED in check\\_bias: **race, four\\_fifths**: expected \\>\\= 0\\.8, "
            "found **0\\.3071**, A 0\\.08 against B 0\\.27"
        ),
        "",
        f"[Read the model card: income model](/governance/v1/cards/{card.evidence_id}.html)",
        "",
        (
            "Approving accepts what did not pass in check\\_bias. Your name, your reason and the "
            "digests above become evidence."
        ),
    ]


def test_a_long_list_of_findings_is_cut_and_says_where_the_rest_is():
    bias = an_evidence(7, *[a_finding(f"group {n}") for n in range(MAX_FINDINGS + 5)])

    text = markdown(bias, base_url="https://airflow.example.com/x")

    assert text.count("- FAILED in") == MAX_FINDINGS
    assert f"**What did not pass ({MAX_FINDINGS + 5})**" in text
    where = f"https://airflow.example.com/x/governance/v1/evidence/{bias.evidence_id}"
    assert f"- and 5 more, in the evidence of [check\\_bias]({where})" in text


def test_failed_findings_come_before_those_that_could_not_be_answered():
    bias = an_evidence(
        1, a_finding("small", Verdict.INSUFFICIENT, observed=None), a_finding("large")
    )

    text = markdown(bias)

    assert text.index("FAILED in check\\_bias: **large") < text.index(
        "INSUFFICIENT in check\\_bias"
    )


def test_a_finding_that_is_only_a_warning_says_so():
    warned = an_evidence(1, a_finding("age", severity=Severity.WARNING))

    text = markdown(warned)

    assert "a warning only" in text
    assert "**All passed.**" in text


def test_the_page_says_so_where_there_is_nothing_to_decide_upon():
    assert "there is nothing to decide upon" in markdown()


def test_the_page_names_no_requester_where_there_is_none():
    text = markdown(
        an_evidence(1, a_finding("race")), requester=None, approvers=(), expires_at=None
    )

    assert "**Requested by:** a schedule or event" in text
    assert "anyone who may edit this Dag" in text
    assert "cannot approve" not in text
    assert "Ends" not in text


def test_an_instance_of_a_mapped_gate_is_named_with_its_index():
    assert "check\\_bias\\[4\\] (bias)" in markdown(an_evidence(1, a_finding("a"), map_index=4))


@pytest.mark.parametrize(
    "hostile",
    [
        "a | b",
        "<script>alert(1)</script>",
        "[card](javascript:alert(1))",
        "![x](https://example.com/pixel.png)",
        "`code` **bold** # heading",
        "one\n\n| new | row |\n|---|---|",
    ],
)
def test_names_from_elsewhere_stay_text(hostile):
    bias = an_evidence(1, a_finding(hostile, reason=hostile), subject=hostile)

    lines = markdown(bias).splitlines()

    (row,) = [line for line in lines if line.startswith("| **FAILED**")]
    assert row.replace("\\|", "").count("|") == 6
    assert not any(line.startswith(("#", "| new")) for line in lines)
    acted_upon = re.sub(r"\\.", "", "\n".join(lines))
    for mark in ("<", "](javascript", "![", "`", "# heading"):
        assert mark not in acted_upon


@given(st.text())
def test_escaped_text_is_one_line_with_every_sign_escaped(text):
    line = escaped(text)

    assert "\n" not in line
    assert not set(re.sub(r"\\.", "", line)) & set("`*_{}[]()<>#+-.!|~&")
