"""One check at the moment of its judgement, for the kinds that judge themselves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from airflow_gov_provider.domain.expectations import Expectation, Measurement, Profile
from airflow_gov_provider.domain.verdicts import Finding, Json, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Everything that a verdict may rest on.

    :param finding: what is true of it whatever was measured.
    :param measurement: without an error; None for a check that needs no rows.
    :param now: the time of judging, with a zone.
    """

    finding: Finding
    expectation: Expectation
    measurement: Measurement | None
    profile: Profile
    now: datetime

    def insufficient(self, reason: str) -> Finding:
        return replace(self.finding, verdict=Verdict.INSUFFICIENT, reason=reason)

    def decided(
        self, *, ok: bool, reason: str, observed: str | float | None = None, **details: Json
    ) -> Finding:
        """Passed, or failed for this reason; ``details`` are JSON-safe facts."""
        return replace(
            self.finding,
            verdict=Verdict.PASSED if ok else Verdict.FAILED,
            reason=None if ok else reason,
            observed=observed,
            details={**self.finding.details, **details},
        )
