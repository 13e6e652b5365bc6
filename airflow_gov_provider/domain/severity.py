"""How bad it is when a promise is broken or something has gone wrong."""

from __future__ import annotations

from enum import StrEnum


class Severity(StrEnum):
    """From least to worst; ``rank`` compares them, because as texts they sort by the alphabet."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for the least severe."""
        return list(Severity).index(self)


def worst(first: Severity, *others: Severity) -> Severity:
    return max((first, *others), key=lambda severity: severity.rank)
