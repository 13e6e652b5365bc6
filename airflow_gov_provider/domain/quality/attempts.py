"""What the checks of one gate found, attempt by attempt.

Other than in ``domain.quality.history``, where a run has what stands of it, a retry or a cleared
run is an attempt of its own here: the record of the earlier one is there still.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from airflow_gov_provider.domain.verdicts import Verdict

_RESULT = ("verdict", "observed", "expected", "severity", "failing", "total", "reason")
CHANGED = "the record was changed after it was written; do not rely on it"
NOT_CHECKED = "this attempt had no such check"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try of a gate.

    :param findings: those of its evidence; None where the record is not the one that was written.
    """

    evidence_id: str
    run_id: str
    map_index: int
    try_number: int
    recorded_at: datetime
    findings: Sequence[Mapping[str, Any]] | None

    @property
    def run(self) -> str:
        return self.run_id if self.map_index < 0 else f"{self.run_id}[{self.map_index}]"

    def result(self, check: str) -> dict[str, Any]:
        """What it found of one check; no verdict where it did not check that."""
        unknown = dict.fromkeys(_RESULT)
        if self.findings is None:
            return {**unknown, "verdict": Verdict.INSUFFICIENT.value, "reason": CHANGED}
        for finding in self.findings:
            if finding.get("check") == check:
                return {key: finding.get(key) for key in _RESULT}
        return {**unknown, "reason": NOT_CHECKED}

    def as_json(self) -> dict[str, Any]:
        return {
            "evidence_id": self.evidence_id,
            "run_id": self.run_id,
            "map_index": self.map_index,
            "try_number": self.try_number,
            "recorded_at": self.recorded_at.isoformat(),
        }


@dataclass(slots=True, kw_only=True)
class Standing:
    """One check over a number of attempts. :param last: its newest result."""

    check: str
    last: Mapping[str, Any]
    attempts: int = 0
    passed: int = 0
    failed: int = 0
    insufficient: int = 0

    def as_json(self) -> dict[str, Any]:
        return {
            "check": self.check,
            "attempts": self.attempts,
            "passed": self.passed,
            "failed": self.failed,
            "insufficient": self.insufficient,
            "last": dict(self.last),
        }


def standings(attempts: Sequence[Attempt]) -> list[Standing]:
    """Every check of the attempts, in the order of the newest one that has it.

    :param attempts: newest first.
    """
    found: dict[str, Standing] = {}
    for attempt in attempts:
        for finding in attempt.findings or ():
            check = str(finding.get("check"))
            standing = found.setdefault(
                check, Standing(check=check, last={**attempt.as_json(), **attempt.result(check)})
            )
            standing.attempts += 1
            match finding.get("verdict"):
                case Verdict.PASSED:
                    standing.passed += 1
                case Verdict.FAILED:
                    standing.failed += 1
                case Verdict.INSUFFICIENT:
                    standing.insufficient += 1
    return list(found.values())
