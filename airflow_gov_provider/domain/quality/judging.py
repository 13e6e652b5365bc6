"""One check at the moment of its judgement, for the kinds that judge themselves."""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from airflow_gov_provider.domain.contracts.values import comparable
from airflow_gov_provider.domain.quality.expectations import (
    Bounds,
    Expectation,
    Measurement,
    Profile,
    Value,
)
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


def judge_share(case: Case, *, of: int = 1) -> Finding | None:
    """``of`` times failing by total against the bounds; exact, as a fraction."""
    measured = case.measurement
    if measured is None or measured.failing is None or measured.total is None:
        return None
    if measured.total == 0:
        empty = case.profile.rows == 0
        return case.insufficient("the table is empty" if empty else "no row is in scope")
    share = Fraction(of * measured.failing, measured.total)
    finding = case.decided(
        ok=holds(share, case.expectation.bounds or Bounds()),
        reason="outside the bounds",
        observed=float(share),
    )
    return replace(finding, total=measured.total)


def exact(value: Value) -> Any:
    """A number as the decimal fraction that is written down; everything else as it is ordered."""
    if isinstance(value, (int, float, Decimal)) and math.isfinite(value):
        return Fraction(str(value)) if isinstance(value, float) else Fraction(value)
    return comparable(value)


def holds(value: Any, bounds: Bounds) -> bool:
    """Whether a value lies in an interval of its own type."""
    tests = (
        (bounds.at_least, operator.ge),
        (bounds.more_than, operator.gt),
        (bounds.at_most, operator.le),
        (bounds.less_than, operator.lt),
    )
    return all(test(value, exact(bound)) for bound, test in tests if bound is not None)
