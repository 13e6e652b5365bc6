"""What calendars and charts of promises need, over the wire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from airflow_gov_provider.api.queries import Id, Time
from airflow_gov_provider.api.sla_schemas import (
    AttainmentItem,
    CommitmentId,
    CommitmentItem,
    CommitmentQuery,
    Kinds,
    Severities,
    is_span,
    span_of,
)
from airflow_gov_provider.domain.sla.attainment import Attainment
from airflow_gov_provider.domain.sla.calendars import zone
from airflow_gov_provider.domain.sla.days import BudgetDay, DayCount
from airflow_gov_provider.domain.sla.outcomes import Outcome
from airflow_gov_provider.domain.sla.words import title_of
from airflow_gov_provider.store.pages import MAX_LIMIT
from airflow_gov_provider.store.promises.commitments import StoredCommitment

MOST_DAYS = 371  # a year, from the beginning of its first week to the end of its last
MOST_CALENDARS = 50
TREND_POINTS = 31  # a window of 30 days touches 31
MOST_ORDERED = 1000
_LONGEST_BUDGET = timedelta(days=366)


def _is_zone(name: str) -> str:
    try:
        zone(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(
            f'expected the name of a time zone such as "Europe/Berlin", found {name!r}'
        ) from error
    return name


Zone = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(_is_zone)]
Window = Annotated[str, Field(max_length=20), AfterValidator(is_span)]


def _is_year_at_most(text: str) -> str:
    if span_of(text) > _LONGEST_BUDGET:
        raise ValueError(f"expected a span of at most {_LONGEST_BUDGET.days} days, found {text!r}")
    return text


class _Out(BaseModel):
    model_config = ConfigDict(frozen=True)


class _Query(BaseModel):
    model_config = ConfigDict(extra="forbid")


class CommitmentSummary(CommitmentItem):
    """A commitment, and how well it was kept."""

    kept: AttainmentItem
    trend: list[float | None] = Field(
        description="The share that was met in each part of the window, the earliest first; null "
        "where nothing was counted."
    )

    @classmethod
    def with_attainment(
        cls, stored: StoredCommitment, found: Attainment, trend: Sequence[float | None]
    ) -> CommitmentSummary:
        item = CommitmentItem.of(stored)
        values = {name: getattr(item, name) for name in CommitmentItem.model_fields}
        kept = AttainmentItem.of(found).model_copy(update={"title": item.title})
        return cls(**values, kept=kept, trend=list(trend))


class CommitmentSummaries(_Out):
    """Commitments with their attainment in the same window."""

    since: datetime
    until: datetime
    items: list[CommitmentSummary]
    next_cursor: str | None = Field(
        description="`cursor` of the next page; null on the last one, and in the order `worst`."
    )
    cut: bool = Field(
        description=f"In the order `worst`: whether there is more than is listed, or more than the "
        f"first {MOST_ORDERED} by Dag and name, which are put in order."
    )


class CalendarDay(_Out):
    """The outcomes whose deadline was on this day."""

    day: date
    state: str = Field(
        description="What tells most: `missed` if anything was, else `pending`, `excused`, `met` "
        "or `void`."
    )
    met: int
    missed: int
    excused: int
    void: int
    pending: int

    @classmethod
    def of(cls, count: DayCount) -> CalendarDay:
        names = cls.model_fields.keys() - {"state"}
        values = {name: getattr(count, name) for name in names}
        return cls(**values, state=count.state.value)


class CommitmentCalendar(_Out):
    commitment_id: str
    dag_id: str | None
    title: str
    days: list[CalendarDay] = Field(description="In order; a day without a deadline is left out.")


class CalendarReport(_Out):
    """What became of commitments, day by day."""

    first_day: date
    last_day: date
    tz: str
    items: list[CommitmentCalendar] = Field(description="By Dag and name.")
    cut: bool = Field(description="Whether there are more commitments than are listed.")

    @classmethod
    def of(
        cls,
        commitments: Sequence[StoredCommitment],
        counts: Mapping[str, Sequence[DayCount]],
        **rest: Any,
    ) -> CalendarReport:
        items = [
            CommitmentCalendar(
                commitment_id=one.commitment_id,
                dag_id=one.terms.dag_id,
                title=title_of(one.terms),
                days=[CalendarDay.of(count) for count in counts.get(one.commitment_id, ())],
            )
            for one in commitments
        ]
        return cls(items=items, **rest)


class SeriesPoint(_Out):
    """One occasion: when it was due and when it happened."""

    outcome_id: str
    occasion: str
    dag_id: str | None
    run_id: str | None
    state: str
    reason: str | None
    expected_at: datetime
    actual_at: datetime | None
    seconds_late: float | None = Field(
        description="Negative if it was early; null while it has not happened."
    )
    incident_id: str | None = Field(description="The incident that a miss belongs to.")

    @classmethod
    def of(cls, outcome: Outcome, incident_id: str | None) -> SeriesPoint:
        expected, actual = outcome.expected_at, outcome.actual_at
        late = (actual - expected).total_seconds() if actual and expected else None
        own: dict[str, Any] = {
            "state": outcome.state.value,
            "seconds_late": late,
            "incident_id": incident_id,
        }
        rest = cls.model_fields.keys() - own.keys()
        return cls(**own, **{name: getattr(outcome, name) for name in rest})


class OutcomeSeries(_Out):
    """The newest deadlines of a commitment, the earliest first."""

    commitment_id: str
    title: str
    within_seconds: float | None = Field(description="How long it may take; null of a time of day.")
    points: list[SeriesPoint]


class BudgetDayItem(_Out):
    day: date
    missed: int
    remaining: float | None = Field(
        description="The share of the budget that is left at the end of the day; negative once "
        "more was missed than may be, null where nothing may be missed and something was."
    )

    @classmethod
    def of(cls, found: BudgetDay) -> BudgetDayItem:
        return cls(day=found.day, missed=found.missed, remaining=found.remaining)


class BudgetReport(_Out):
    """The error budget of a commitment in a window, and how it burns down."""

    commitment_id: str
    title: str
    since: datetime
    until: datetime
    tz: str
    target: float
    met: int
    missed: int
    excused: int
    void: int
    pending: int
    attainment: float | None
    allowed: float = Field(
        description="How many misses the target allows for what is counted; not a whole number."
    )
    budget_used: float | None
    remaining: float | None = Field(description="One minus what is used.")
    burn_rates: dict[str, float | None]
    days: list[BudgetDayItem]


class SummaryQuery(CommitmentQuery):
    subject: Id | None = Field(None, description="The task or the asset that it is about.")
    window: Window = Field("30d", description="How far to look back; see `/v1/sla/attainment`.")
    order: Literal["name", "worst"] = Field(
        "name", description="`worst`: what has used most of its error budget comes first."
    )
    tz: Zone = "UTC"


class CalendarQuery(_Query):
    commitment_id: CommitmentId | None = None
    dag_id: Id | None = None
    kind: Kinds | None = None
    owner: Id | None = None
    severity: Severities | None = None
    subject: Id | None = None
    last_day: date | None = Field(None, description="The last day that is shown; today without.")
    days: int = Field(365, ge=1, le=MOST_DAYS)
    tz: Zone = Field("UTC", description="Whose days they are.")
    limit: int = Field(20, ge=1, le=MOST_CALENDARS, description="How many commitments.")


class SeriesQuery(_Query):
    commitment_id: CommitmentId
    since: Time | None = Field(None, description="With a deadline at this time or later.")
    until: Time | None = Field(None, description="With a deadline before this time.")
    limit: int = Field(100, ge=1, le=MAX_LIMIT)


class BudgetQuery(_Query):
    commitment_id: CommitmentId
    window: Annotated[Window, AfterValidator(_is_year_at_most)] = "30d"
    until: Time | None = Field(None, description="From when to look back; now without it.")
    tz: Zone = "UTC"
