"""Personal data is found by the database; only counts leave it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from airflow_gov_provider.domain.contracts import Contract, load
from airflow_gov_provider.domain.quality.evaluation import evaluate
from airflow_gov_provider.domain.verdicts import Finding, Verdict
from airflow_gov_provider.exceptions import ContractInvalid

NOW = datetime(2026, 6, 1, tzinfo=UTC)
Found = Callable[..., Finding]


def contract(check: Mapping[str, Any]) -> Contract:
    return load({"contract": "c", "version": "1", "checks": [check]})


@pytest.fixture
def found(typed_source: Any) -> Found:
    def judged(texts: list[str | None], **more: Any) -> Finding:
        typed_source.create("data", {"note": "text"}, [(text,) for text in texts])
        read = contract({"no_pii": {**more}, "column": "note"})
        return evaluate(read, typed_source.profile("data", read.expectations), now=NOW).findings[-1]

    return judged


@pytest.mark.parametrize(
    ("detector", "text"),
    [
        ("email", "ada@example.org"),
        ("email", "please write to ada.l@mail.example.org, thanks"),
        ("email", "two lines\nada@example.org\n"),
        ("phone", "call +49 (30) 123-4567"),
        ("phone", "+14155552671"),
        ("ip", "from 192.0.2.17."),
        ("iban", " DE89 3704 0044 0532 0130 00 "),
        ("iban", "DE89370400440532013000"),
        ("credit_card", "4111 1111 1111 1111"),
        ("us_ssn", "536-22-8726"),
    ],
)
def test_a_detector_finds_its_kind(found: Found, detector: str, text: str) -> None:
    finding = found([text, "nothing", None], detectors=[detector])

    assert finding.verdict is Verdict.FAILED
    assert finding.details["found"] == {detector: 1}
    assert finding.details["sampled"] == 2
    assert text.strip() not in json.dumps(finding.as_json())


@pytest.mark.parametrize(
    "text",
    [
        "ada at example dot org",
        "a@b",
        "1.2.3",
        "300.1.1.1",
        "12345678901",
        "+0123456789",
        "4111 1111 1111 1112",  # its check digit is wrong
        "DE88 3704 0044 0532 0130 00",
        "",
        "naïve façade",
    ],
)
def test_what_only_looks_alike_is_not_found(found: Found, text: str) -> None:
    finding = found([text, "nothing"])

    assert (finding.verdict, finding.details["sampled"]) == (Verdict.PASSED, 2)


def test_a_share_may_be_allowed(found: Found) -> None:
    texts: list[str | None] = [f"note {n}" for n in range(99)]

    assert found([*texts, "a@b.org"], at_most="1%").verdict is Verdict.PASSED


def test_more_than_the_share_fails_with_counts_only(found: Found) -> None:
    texts: list[str | None] = [f"note {n}" for n in range(98)]

    finding = found([*texts, "a@b.org", "c@d.org"], at_most="1%")

    assert finding.verdict is Verdict.FAILED
    assert finding.reason == "email in 2 of 100 sampled values"


def test_the_sample_is_bounded_and_of_different_texts(found: Found) -> None:
    texts: list[str | None] = [f"note {n % 250}" for n in range(500)]

    assert found(texts, sample=100).details["sampled"] == 100


def test_few_different_texts_are_all_looked_at_however_many_rows_there_are(found: Found) -> None:
    texts: list[str | None] = ["a@b.org", *["x", "y"] * 3000]

    finding = found(texts, sample=100)

    assert finding.details["sampled"] == 3
    assert finding.details["found"]["email"] == 1  # type: ignore[call-overload, index]


def test_nothing_to_look_at_is_insufficient(found: Found) -> None:
    assert found([None]).verdict is Verdict.INSUFFICIENT


def test_numbers_are_no_texts(typed_source: Any) -> None:
    typed_source.create("data", {"amount": "integer"}, [(1,)])
    read = contract({"no_pii": True, "column": "amount"})

    finding = evaluate(read, typed_source.profile("data", read.expectations), now=NOW).findings[-1]

    assert finding.verdict is Verdict.INSUFFICIENT


@pytest.mark.parametrize(
    ("check", "problem"),
    [
        ({"no_pii": {"detectors": ["mail"]}, "column": "a"}, "did you mean 'email'"),
        ({"no_pii": {"detectors": []}, "column": "a"}, "at least one of"),
        ({"no_pii": {"sample": 5}, "column": "a"}, "expected 100 to"),
        ({"no_pii": {"at_most": 5}, "column": "a"}, "a share such as"),
    ],
)
def test_a_slip_of_the_pen_is_told(check: dict[str, Any], problem: str) -> None:
    with pytest.raises(ContractInvalid, match=problem):
        contract(check)
