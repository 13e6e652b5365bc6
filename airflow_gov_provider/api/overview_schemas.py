"""Whether everything is all right, over the wire."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Levels = Literal["good", "unknown", "attention", "bad"]


class _Out(BaseModel):
    model_config = ConfigDict(frozen=True)


class _Tile(_Out):
    level: Levels = Field(
        description="How much it wants to be looked at; `unknown` where nobody can tell."
    )
    query: str = Field(description="Of the address of the page behind the figures; may be empty.")


class AttainmentTile(_Tile):
    """How well commitments were kept in the last 30 days."""

    attainment: float | None = Field(description="Met, of met and missed; null without any.")
    target: float | None = Field(description="Weighted by how often each is counted.")
    met: int
    missed: int
    commitments: int = Field(description="Of which anything was decided.")
    below_target: int
    trend: list[float | None] = Field(description="Attainment of each day, the oldest first.")


class IncidentTile(_Tile):
    """What is not resolved."""

    unresolved: int
    unacknowledged: int
    by_severity: dict[str, int] = Field(description="`critical`, `high`, `medium` and `low`.")
    opened: list[int] = Field(description="By day, the oldest first.")


class ApprovalTile(_Tile):
    """What waits for a decision."""

    waiting: int
    mine: int = Field(description="That you may approve.")
    overdue: int = Field(description="Whose time is over, and which nobody has closed yet.")
    is_cut: bool = Field(description="Whether there are more than were counted.")
    oldest_at: datetime | None
    next_deadline_at: datetime | None


class Verdicts(_Out):
    failed: int
    insufficient: int
    warned: int
    passed: int

    @classmethod
    def of(cls, counts: Mapping[str, int]) -> Verdicts:
        return cls(**{name: counts.get(name.upper(), 0) for name in cls.model_fields})


class GateTile(_Tile):
    """What quality gates, bias checks and cards found."""

    last_week: Verdicts
    week_before: Verdicts
    blocked: list[int] = Field(description="Failed and insufficient by day, the oldest first.")
    warned: list[int] = Field(description="By day, the oldest first.")


class LedgerTile(_Tile):
    """How far the ledger is, and whether it is as it was sealed."""

    status: Literal["intact", "broken", "unverified"]
    verified_at: datetime | None = Field(description="When a part of it was last read again.")
    problems: int
    size: int = Field(description="Events that the last checkpoint signs.")
    last_checkpoint_at: datetime | None
    unsealed_events: int = Field(description="10000 stands for that many or more.")
    open_findings: int = Field(description="Places where something is known not to be recorded.")


class CollectorTile(_Tile):
    """Who gathers and seals events."""

    mode: str = Field(description="The setting: `embedded`, `external` or `off`.")
    is_well: bool
    problem: str | None = Field(description="In words; null while there is none.")
    last_round_at: datetime | None
    failing: list[str] = Field(description="Duties whose last run failed.")


class Overview(_Out):
    """Figures over the Dags that you may read; a few seconds old at most.

    A day is 24 hours that end with `as_of`, so that it is the same in every time zone.
    """

    as_of: datetime
    days: int = Field(description="Length of every trend.")
    level: Levels = Field(description="The worst of all.")
    attainment: AttainmentTile
    incidents: IncidentTile
    approvals: ApprovalTile
    gates: GateTile
    ledger: LedgerTile
    collector: CollectorTile | None = Field(description="Null where none can run.")
