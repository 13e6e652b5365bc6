"""What every check returns, and how single findings become one verdict.

* A verdict is a value; nothing in the domain raises because data is bad.
* INSUFFICIENT means that the question could not be answered. It is never a pass.
* A finding whose author called it a warning can lower a report to WARNED, never further.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

Scalar = str | int | float | bool | None
Json = Scalar | list["Json"] | tuple["Json", ...] | Mapping[str, "Json"]


class Verdict(StrEnum):
    PASSED = "PASSED"
    WARNED = "WARNED"
    INSUFFICIENT = "INSUFFICIENT"
    FAILED = "FAILED"

    @property
    def lets_pass(self) -> bool:
        return self in (Verdict.PASSED, Verdict.WARNED)


# Worst last. FAILED outranks INSUFFICIENT: a known defect says more than an open question.
_ORDER = (Verdict.PASSED, Verdict.WARNED, Verdict.INSUFFICIENT, Verdict.FAILED)


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


class OnFail(StrEnum):
    """What a gate does when its report does not let anyone pass."""

    BLOCK = "block"
    REVIEW = "review"
    WARN = "warn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One answered (or unanswerable) question.

    :param check: stable identifier of the check inside its report.
    :param kind: what sort of check it is, e.g. ``not_null`` or ``demographic_parity_ratio``.
    :param subject: the column, slice or object it is about, for people.
    :param observed: the measured value, JSON-safe; never a row of the data.
    :param expected: the requirement in words, e.g. ``">= 0.8"``.
    :param reason: why it failed or could not be answered.
    :param failing: rows that violate the check, where rows can.
    :param total: rows that were in scope.
    :param details: further JSON-safe facts (intervals, groups, tolerance).
    """

    check: str
    kind: str
    subject: str
    verdict: Verdict
    expected: str
    observed: Scalar = None
    severity: Severity = Severity.ERROR
    reason: str | None = None
    failing: int | None = None
    total: int | None = None
    details: Mapping[str, Json] = field(default_factory=dict)

    @property
    def weight(self) -> Verdict:
        """How much this finding can lower its report."""
        if self.verdict.lets_pass or self.severity is Severity.ERROR:
            return self.verdict
        return Verdict.WARNED

    def as_json(self) -> dict[str, Json]:
        return {
            "check": self.check,
            "kind": self.kind,
            "subject": self.subject,
            "verdict": self.verdict.value,
            "severity": self.severity.value,
            "observed": self.observed,
            "expected": self.expected,
            "reason": self.reason,
            "failing": self.failing,
            "total": self.total,
            "details": dict(self.details),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All findings about one subject. A report without findings has answered nothing."""

    subject: str
    findings: tuple[Finding, ...]

    @property
    def verdict(self) -> Verdict:
        return worst((f.weight for f in self.findings), when_empty=Verdict.INSUFFICIENT)

    def with_verdict(self, *verdicts: Verdict) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.verdict in verdicts)

    @property
    def troubles(self) -> tuple[Finding, ...]:
        """Findings that are FAILED or INSUFFICIENT, the failed ones first."""
        return self.with_verdict(Verdict.FAILED) + self.with_verdict(Verdict.INSUFFICIENT)

    def summary(self) -> str:
        """One line for a log, an XCom or a table, e.g. ``FAILED: 18 passed, 2 failed``."""
        counts = [
            f"{count} {verdict.value.lower()}"
            for verdict in _ORDER
            if (count := len(self.with_verdict(verdict)))
        ]
        return f"{self.verdict.value}: {', '.join(counts) or 'no checks'}"


def worst(verdicts: Iterable[Verdict], *, when_empty: Verdict) -> Verdict:
    return max(verdicts, key=_ORDER.index, default=when_empty)


def recorded_verdict(verdict: Verdict, on_fail: OnFail) -> Verdict:
    """The verdict that goes into the evidence.

    Only ``on_fail="warn"`` softens it, because there the author has said in code that the result
    does not count against the model. Under ``review`` the bad verdict stands until a person who saw
    it accepts it.
    """
    if on_fail is OnFail.WARN and not verdict.lets_pass:
        return Verdict.WARNED
    return verdict


def blocks(verdict: Verdict, on_fail: OnFail) -> bool:
    return on_fail is OnFail.BLOCK and not verdict.lets_pass
