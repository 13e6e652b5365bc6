"""Commitments and their outcomes over the wire; the CLI prints the same items as JSON."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from airflow_gov_provider.api.queries import EVENT_ID, Id, Time
from airflow_gov_provider.domain.sla.attainment import Attainment
from airflow_gov_provider.domain.sla.outcomes import Outcome
from airflow_gov_provider.domain.sla.words import title_of
from airflow_gov_provider.store.pages import DEFAULT_LIMIT, MAX_LIMIT
from airflow_gov_provider.store.promises.commitments import StoredCommitment

Kinds = Literal["run", "task", "by", "asset"]
Severities = Literal["low", "medium", "high", "critical"]
States = Literal["pending", "met", "missed", "excused", "void"]
Groupings = Literal["commitment", "dag", "owner"]
CommitmentId = Annotated[str, Field(pattern=f"^{EVENT_ID}$")]
_LONGEST_WINDOW = timedelta(days=3660)
_SPAN = re.compile(r"(\d{1,6})([mhdw])", re.ASCII)
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def span_of(text: str) -> timedelta:
    """:raises ValueError: unless it is a number and a unit, and of a reasonable length."""
    found = _SPAN.fullmatch(text)
    if found is None:
        raise ValueError(f"expected a span such as 6h, 30d or 4w, found {text!r}")
    span = timedelta(**{_UNITS[found[2]]: int(found[1])})
    if not timedelta() < span <= _LONGEST_WINDOW:
        raise ValueError(f"expected a span of at most {_LONGEST_WINDOW.days} days, found {text!r}")
    return span


def is_span(text: str) -> str:
    """:raises ValueError: as ``span_of`` does."""
    span_of(text)
    return text


class _Out(BaseModel):
    model_config = ConfigDict(frozen=True)


class _Query(BaseModel):
    model_config = ConfigDict(extra="forbid")


class CommitmentItem(_Out):
    """What is promised."""

    commitment_id: str
    dag_id: str | None
    name: str
    title: str = Field(description="For people: its own name, else what is promised.")
    kind: str = Field(description="`run`, `task`, `by` (a time of day) or `asset`.")
    subject: str = Field(description="The task, the asset, else the Dag.")
    owner: str | None
    severity: str
    target: float = Field(description="The share of outcomes that should be met.")
    source: str = Field(description="`dag`, or the file and the entry that declare it.")
    declared_at: datetime = Field(description="Nothing before is judged.")
    updated_at: datetime
    retired_at: datetime | None = Field(description="Since when nobody promises it any more.")
    terms: dict[str, Any] = Field(description="All of it; lengths in seconds.")

    @classmethod
    def of(cls, stored: StoredCommitment) -> CommitmentItem:
        terms = stored.terms
        return cls(
            commitment_id=stored.commitment_id,
            dag_id=terms.dag_id,
            name=terms.name,
            title=title_of(terms),
            kind=terms.kind.value,
            subject=terms.subject,
            owner=terms.owner,
            severity=terms.severity.value,
            target=terms.target,
            source=terms.source,
            declared_at=stored.declared_at,
            updated_at=stored.updated_at,
            retired_at=stored.retired_at,
            terms=terms.content,
        )


class CommitmentPage(_Out):
    """By Dag and name."""

    items: list[CommitmentItem]
    next_cursor: str | None = Field(description="`cursor` of the next page; null on the last one.")


class OutcomeItem(_Out):
    """What became of one occasion of a commitment: of a run, a day or an update."""

    outcome_id: str
    commitment_id: str
    name: str = Field(description="Of the commitment.")
    title: str = Field(description="Of the commitment, as it was for this occasion.")
    kind: str
    subject: str
    severity: str
    occasion: str = Field(description="The run's id, the local date, or since when an asset ages.")
    dag_id: str | None
    run_id: str | None
    owner: str | None
    state: str
    reason: str | None = Field(description="Why it is excused or void.")
    expected_at: datetime | None = Field(
        description="The deadline; null while what it counts from has not happened."
    )
    actual_at: datetime | None = Field(
        description="When it happened; of a miss, when it happened after all."
    )
    judged_by: str | None = Field(description="`callback` or `collector`.")
    judged_at: datetime | None
    created_at: datetime
    incident_id: str | None = Field(description="The incident that a miss belongs to.")

    @classmethod
    def of(cls, outcome: Outcome, incident_id: str | None) -> OutcomeItem:
        terms = outcome.terms
        own: dict[str, Any] = {
            "name": terms.name,
            "title": title_of(terms),
            "incident_id": incident_id,
            "kind": terms.kind.value,
            "subject": terms.subject,
        }
        own |= {"severity": terms.severity.value, "state": outcome.state.value}
        rest = cls.model_fields.keys() - own.keys()
        return cls(**own, **{field: getattr(outcome, field) for field in rest})


class OutcomePage(_Out):
    """Those whose occasion was noticed last come first."""

    items: list[OutcomeItem]
    next_cursor: str | None = Field(description="`cursor` of the next page; null on the last one.")


class AttainmentItem(_Out):
    """How well promises are kept; shares from 0 to 1."""

    subject: str | None = Field(description="The id of a commitment, the Dag, or the owner.")
    name: str | None = Field(description="Of a commitment.")
    title: str | None = Field(description="Of a commitment, for people.")
    dag_id: str | None
    met: int
    missed: int
    excused: int = Field(description="Not counted.")
    void: int = Field(description="Not counted.")
    pending: int = Field(description="Not counted.")
    attainment: float | None = Field(
        description="Met, of met and missed; null where there are none."
    )
    target: float | None = Field(
        description="Of several commitments, weighted by how often each is counted."
    )
    budget_used: float | None = Field(
        description="Misses, of those that the target allows; above 1 where it is not reached. "
        "Null where nothing is counted, or something was missed of what allows for nothing."
    )
    burn_rates: dict[str, float | None] = Field(
        description="For each window up to now: the share that was missed, of what may be."
    )

    @classmethod
    def of(cls, found: Attainment, title: str | None = None) -> AttainmentItem:
        names = cls.model_fields.keys() - {"burn_rates", "title"}
        values = {name: getattr(found, name) for name in names}
        return cls(**values, title=title, burn_rates=dict(found.burn_rates))


class AttainmentReport(_Out):
    """What has used most of its error budget comes first."""

    since: datetime
    until: datetime
    by: str
    total: int = Field(description="How many there are, of which `items` are the first.")
    items: list[AttainmentItem]


class CommitmentQuery(_Query):
    dag_id: Id | None = None
    kind: Kinds | None = None
    owner: Id | None = None
    severity: Severities | None = None
    retired: bool = Field(False, description="Those that nobody promises any more, instead.")
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT)
    cursor: str | None = Field(None, description="`next_cursor` of the page before.")


class OutcomeQuery(_Query):
    dag_id: Id | None = None
    run_id: Id | None = None
    commitment_id: CommitmentId | None = None
    owner: Id | None = None
    state: States | None = None
    since: Time | None = Field(None, description="With a deadline at this time or later.")
    until: Time | None = Field(None, description="With a deadline before this time.")
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT)
    cursor: str | None = Field(None, description="`next_cursor` of the page before.")

    @model_validator(mode="after")
    def _some_time(self) -> OutcomeQuery:
        if self.since and self.until and self.since >= self.until:
            raise ValueError("expected since to be before until")
        return self


class AttainmentQuery(_Query):
    by: Groupings = "commitment"
    window: Annotated[str, Field(max_length=20), AfterValidator(is_span)] = Field(
        "30d", description="How far to look back: a number and `m`, `h`, `d` or `w`."
    )
    until: Time | None = Field(None, description="From when to look back; now without it.")
    dag_id: Id | None = None
    owner: Id | None = None
    kind: Kinds | None = None
    commitment_id: CommitmentId | None = None
    limit: int = Field(MAX_LIMIT, ge=1, le=MAX_LIMIT)
