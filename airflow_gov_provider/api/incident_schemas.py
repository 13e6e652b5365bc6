"""Incidents over the wire, in and out; the CLI prints the same items with ``--output json``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from airflow_gov_provider.api.queries import Id, Name, Time
from airflow_gov_provider.domain.incidents.incident import LONGEST_COMMENT, Incident
from airflow_gov_provider.domain.incidents.reporting import Clock, regimes
from airflow_gov_provider.store.incidents.notices import Notice
from airflow_gov_provider.store.incidents.rows import TimelineEntry
from airflow_gov_provider.store.pages import DEFAULT_LIMIT, MAX_LIMIT

LONGEST_TIMELINE = 200  # an incident that repeats every minute has thousands of entries
_NO_NUL = r"^[^\x00]*$"
Comment = Annotated[str, Field(min_length=1, max_length=LONGEST_COMMENT, pattern=_NO_NUL)]
States = Literal["open", "acknowledged", "resolved", "unresolved"]
Severities = Literal["low", "medium", "high", "critical"]
Resolutions = Literal["fixed", "false_alarm", "accepted", "duplicate"]


class _Out(BaseModel):
    model_config = ConfigDict(frozen=True)


class ClockItem(_Out):
    """The time that a duty to tell an authority leaves; no legal advice."""

    regime: str
    ref: str = Field(description="The article.")
    obligation: str
    aware_at: datetime
    due_at: datetime
    seconds_left: int | None = Field(
        description="Negative once it is overdue; null when the clock stands still."
    )
    marked_at: datetime
    marked_by: str
    ended: str | None = Field(description="`sent`, `withdrawn`, or null while the clock runs.")
    ended_at: datetime | None
    ended_by: str | None
    reference: str | None = Field(description="How the authority calls the report.")

    @classmethod
    def of(cls, clock: Clock, now: datetime) -> ClockItem:
        law, left = regimes().get(clock.regime), clock.left(now)
        values = {name: getattr(clock, name) for name in cls.model_fields if hasattr(clock, name)}
        return cls(
            **values,
            obligation=law.obligation if law else clock.ref,
            seconds_left=None if left is None else int(left.total_seconds()),
        )


class IncidentItem(_Out):
    """Something that is wrong, and what people do about it."""

    incident_id: str
    version: int = Field(description="Grows with every change; what you do names the one you saw.")
    state: str = Field(description="`open`, `acknowledged` or `resolved`.")
    severity: str
    kind: str
    title: str
    dag_id: str | None
    run_id: str | None
    task_id: str | None
    owner: str | None
    assignee: str | None
    occurrences: int
    opened_at: datetime
    last_seen_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    resolved_at: datetime | None
    resolved_by: str | None = Field(description="Null where it was resolved by itself.")
    resolution: str | None
    comment: str | None = Field(description="What was said when it was resolved.")
    auto_resolve: bool = Field(description="Whether it is over as soon as it is well again.")
    reportable: list[ClockItem] = Field(description="Duties to tell an authority.")

    @classmethod
    def of(cls, incident: Incident, now: datetime) -> IncidentItem:
        return cls(**_columns(incident, now))


def _columns(incident: Incident, now: datetime) -> dict[str, Any]:
    names = set(IncidentItem.model_fields) - {"reportable"}
    values = {name: getattr(incident, name) for name in names}
    return values | {"reportable": [ClockItem.of(clock, now) for clock in incident.reportable]}


class IncidentPage(_Out):
    """Newest first."""

    items: list[IncidentItem]
    next_cursor: str | None = Field(description="`cursor` of the next page; null on the last one.")


class TimelineItem(_Out):
    """One thing that happened to an incident."""

    kind: str
    actor: str | None = Field(description="Who did it; null for a machine.")
    at: datetime
    details: dict[str, Any]
    event_id: str = Field(description="The event in the ledger that says so.")


class AffectedDag(_Out):
    """A Dag downstream."""

    dag_id: str
    after: str | None = Field(
        description="The Dag that reaches it first, on a shortest way; null if you may not read it."
    )
    via: str = Field(description="`asset`, `trigger` or `sensor`.")
    name: str = Field(
        description="Of the asset or of the task that does it; empty if you may not read its Dag."
    )
    steps: int


class AffectedModel(_Out):
    name: str
    version: str | None


class Affected(_Out):
    """What lies downstream, the nearest first.

    Models are listed for whoever may read all of these Dags.
    """

    dags: list[AffectedDag]
    models: list[AffectedModel]
    cut: bool = Field(description="Whether there is more than is listed.")


class NoticeItem(_Out):
    """What was sent about an incident, or is to be."""

    channel: str
    state: str
    attempts: int
    due_at: datetime
    finished_at: datetime | None
    last_error: str | None


class IncidentDetail(IncidentItem):
    """One incident with its timeline, what lies downstream and what was sent."""

    dedup_key: str = Field(description="At most one incident of a key is not resolved.")
    details: dict[str, Any] = Field(description="Of the newest occurrence.")
    affected: Affected | None = Field(
        description="Only Dags that you may read; null while nobody has looked."
    )
    timeline: list[TimelineItem] = Field(
        description=f"The oldest first; over REST the newest {LONGEST_TIMELINE} entries at most."
    )
    timeline_total: int = Field(
        description="How many entries there are in all; the command line shows every one."
    )
    notices: list[NoticeItem]

    @classmethod
    def with_timeline(
        cls,
        incident: Incident,
        entries: Sequence[TimelineEntry],
        notices: Sequence[Notice],
        *,
        now: datetime,
        total: int | None = None,
    ) -> IncidentDetail:
        """:param total: how long the whole timeline is; None if these are all entries."""
        affected = incident.affected
        return cls(
            **_columns(incident, now),
            dedup_key=incident.dedup_key,
            details=dict(incident.details),
            affected=Affected.model_validate(dict(affected)) if affected else None,
            timeline=[_item(TimelineItem, entry) for entry in entries],
            timeline_total=len(entries) if total is None else total,
            notices=[_item(NoticeItem, notice) for notice in notices],
        )


def _item(schema: type[Any], of: Any) -> Any:
    return schema(**{name: getattr(of, name) for name in schema.model_fields})


class IncidentCountQuery(BaseModel):
    # A misspelt filter that is ignored would answer with more than was asked for.
    model_config = ConfigDict(extra="forbid")

    kind: Name | None = Field(None, description="For example `sla_miss` or `gate_blocked`.")
    dag_id: Id | None = None
    run_id: Id | None = None
    task_id: Id | None = None
    owner: Id | None = None
    assignee: Id | None = None
    q: Annotated[str, Field(min_length=1, max_length=200, pattern=_NO_NUL)] | None = Field(
        None, description="Stands in the title, the key or one of the names, in any case."
    )
    since: Time | None = Field(None, description="Opened then or later; ISO 8601 with a zone.")
    until: Time | None = Field(None, description="Opened before; ISO 8601 with a zone.")

    @model_validator(mode="after")
    def _some_time(self) -> Self:
        if self.since and self.until and self.since >= self.until:
            raise ValueError("expected since to be before until")
        return self


class IncidentQuery(IncidentCountQuery):
    state: States | None = Field(None, description="`unresolved`: open or acknowledged.")
    severity: Severities | None = None
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT)
    cursor: str | None = Field(None, description="`next_cursor` of the page before.")


class ChangeBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    version: int | None = Field(
        None,
        ge=1,
        description="The version that you have seen; the header `If-Match` says the same.",
    )


class AcknowledgeBody(ChangeBody):
    comment: Comment | None = None


class AssignBody(ChangeBody):
    assignee: Id | None = Field(description="Null takes it from whoever it was assigned to.")
    comment: Comment | None = None


class CommentBody(ChangeBody):
    comment: Comment


class ResolveBody(ChangeBody):
    resolution: Resolutions
    comment: Comment


class ReportableBody(ChangeBody):
    regime: Name = Field(description="A duty to report, e.g. `gdpr_breach`.")
    aware_at: Time | None = Field(None, description="When you became aware of it; null for now.")
    comment: Comment | None = None


class ReportSentBody(ChangeBody):
    regime: Name
    reference: Id | None = Field(None, description="How the authority calls the report.")
    comment: Comment | None = None


class ReportWithdrawnBody(ChangeBody):
    regime: Name
    comment: Comment = Field(description="Why no report is due.")
