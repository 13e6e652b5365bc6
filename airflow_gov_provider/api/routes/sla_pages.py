"""What the pages about promises show at once: figures, calendars, series and error budgets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy import Connection

from airflow_gov_provider.api.deps import Reader, ReaderDep, only_visible
from airflow_gov_provider.api.queries import EVENT_ID, cursor_to
from airflow_gov_provider.api.routes.sla import readable_commitment, row_key, seen_dag_ids
from airflow_gov_provider.api.sla_page_schemas import (
    MOST_ORDERED,
    TREND_POINTS,
    BudgetDayItem,
    BudgetQuery,
    BudgetReport,
    CalendarQuery,
    CalendarReport,
    CommitmentSummaries,
    CommitmentSummary,
    OutcomeSeries,
    SeriesPoint,
    SeriesQuery,
    SummaryQuery,
)
from airflow_gov_provider.api.sla_schemas import span_of
from airflow_gov_provider.domain.sla.attainment import Attainment, Tally, attain, worst_first
from airflow_gov_provider.domain.sla.days import burn_down, by_commitment, day_of, start_of, trend
from airflow_gov_provider.domain.sla.words import title_of
from airflow_gov_provider.hooks.governance import governance_transaction, utcnow
from airflow_gov_provider.hooks.sla import incident_ids_of
from airflow_gov_provider.store.pages import Page
from airflow_gov_provider.store.promise_tables import commitment
from airflow_gov_provider.store.promises.attainment import TallyFilter, tallies
from airflow_gov_provider.store.promises.commitments import (
    CommitmentFilter,
    StoredCommitment,
    page_of_commitments,
)
from airflow_gov_provider.store.promises.outcome_days import day_counts, newest_deadlines

router = APIRouter(tags=["commitments"])

_DAY = timedelta(days=1)
_MOMENT = timedelta(microseconds=1)


@router.get("/v1/sla/commitments")
def list_commitment_summaries(
    query: Annotated[SummaryQuery, Query()], reader: ReaderDep
) -> CommitmentSummaries:
    """Commitments with their attainment, error budgets and trends, in one answer."""
    until = utcnow()
    since = until - span_of(query.window)
    before = row_key(query.cursor, table="commitment", shape=EVENT_ID)
    by_worst = query.order == "worst"
    with governance_transaction() as connection:
        page = _page(connection, query, reader, before, MOST_ORDERED if by_worst else query.limit)
        shown = only_visible(page.items, reader, dag_id_of=lambda one: one.terms.dag_id)
        found = _attained(connection, shown, since=since, until=until)
        if by_worst:
            shown = sorted(shown, key=lambda one: worst_first(found[one.commitment_id]))
        listed = shown[: query.limit]
        trends = _trends(connection, listed, since=since, until=until, tz=query.tz)
    follows = None if by_worst else page.next_cursor
    return CommitmentSummaries(
        since=since,
        until=until,
        items=[
            CommitmentSummary.with_attainment(
                one, found[one.commitment_id], trends[one.commitment_id]
            )
            for one in listed
        ],
        next_cursor=follows and cursor_to("commitment", follows),
        cut=by_worst and (len(shown) > query.limit or page.next_cursor is not None),
    )


def _page(
    connection: Connection,
    query: SummaryQuery | CalendarQuery,
    reader: Reader,
    before: str | None,
    limit: int,
) -> Page[StoredCommitment]:
    names = ("dag_id", "kind", "owner", "severity", "subject")
    wanted = CommitmentFilter(
        dag_ids=seen_dag_ids(connection, commitment, reader, query.dag_id),
        is_retired=query.retired if isinstance(query, SummaryQuery) else False,
        **{name: getattr(query, name) for name in names},
    )
    return page_of_commitments(connection, wanted, before=before, limit=limit)


def _attained(
    connection: Connection,
    commitments: Sequence[StoredCommitment],
    *,
    since: datetime,
    until: datetime,
) -> dict[str, Attainment]:
    """Of each commitment, also of one of which nothing was judged."""
    ids = [one.commitment_id for one in commitments]
    wanted = TallyFilter(since=since, until=until, commitment_ids=ids)
    counted: dict[str, list[Tally]] = {}
    for tally in tallies(connection, wanted):
        counted.setdefault(tally.commitment_id, []).append(tally)
    return {
        one.commitment_id: attain(
            one.commitment_id,
            counted.get(one.commitment_id, ()),
            name=one.terms.name,
            dag_id=one.terms.dag_id,
        )
        for one in commitments
    }


def _trends(
    connection: Connection,
    commitments: Sequence[StoredCommitment],
    *,
    since: datetime,
    until: datetime,
    tz: str,
) -> dict[str, list[float | None]]:
    ids = [one.commitment_id for one in commitments]
    counts = by_commitment(day_counts(connection, ids, since=since, until=until, tz=tz))
    first, last = day_of(since, tz), day_of(until - _MOMENT, tz)
    return {
        id_: trend(counts.get(id_, ()), first=first, last=last, points=TREND_POINTS) for id_ in ids
    }


@router.get("/v1/sla/calendar")
def get_calendar(query: Annotated[CalendarQuery, Query()], reader: ReaderDep) -> CalendarReport:
    """What became of commitments on each day of up to a year, by the days of their deadlines."""
    last = query.last_day or day_of(utcnow(), query.tz)
    first = last - (query.days - 1) * _DAY
    with governance_transaction() as connection:
        if query.commitment_id is None:
            page = _page(connection, query, reader, None, query.limit)
        else:
            one = readable_commitment(connection, query.commitment_id, reader)
            page = Page(items=[one], next_cursor=None)
        shown = only_visible(page.items, reader, dag_id_of=lambda one: one.terms.dag_id)
        counts = day_counts(
            connection,
            [one.commitment_id for one in shown],
            since=start_of(first, query.tz),
            until=start_of(last + _DAY, query.tz),
            tz=query.tz,
        )
    return CalendarReport.of(
        shown,
        by_commitment(counts),
        first_day=first,
        last_day=last,
        tz=query.tz,
        cut=page.next_cursor is not None,
    )


@router.get("/v1/sla/series")
def get_series(query: Annotated[SeriesQuery, Query()], reader: ReaderDep) -> OutcomeSeries:
    """When each occasion of a commitment was due, and when it happened."""
    with governance_transaction() as connection:
        found = readable_commitment(connection, query.commitment_id, reader)
        outcomes = newest_deadlines(
            connection,
            found.commitment_id,
            since=query.since,
            until=query.until,
            limit=query.limit,
        )
        incidents = incident_ids_of(connection, outcomes)
    within = found.terms.within
    return OutcomeSeries(
        commitment_id=found.commitment_id,
        title=title_of(found.terms),
        within_seconds=None if within is None else within.total_seconds(),
        points=[SeriesPoint.of(one, incidents.get(one.outcome_id)) for one in outcomes],
    )


@router.get("/v1/sla/budget")
def get_budget(query: Annotated[BudgetQuery, Query()], reader: ReaderDep) -> BudgetReport:
    """The error budget of one commitment: what is left of it, and what was after each day."""
    until = query.until or utcnow()
    since = until - span_of(query.window)
    with governance_transaction() as connection:
        one = readable_commitment(connection, query.commitment_id, reader)
        found = _attained(connection, [one], since=since, until=until)[one.commitment_id]
        counts = day_counts(connection, [one.commitment_id], since=since, until=until, tz=query.tz)
    days = burn_down(
        {count.day: count.missed for count in counts},
        first=day_of(since, query.tz),
        last=day_of(until - _MOMENT, query.tz),
        allowed=found.allowed,
    )
    names = ("met", "missed", "excused", "void", "pending", "attainment", "allowed", "budget_used")
    return BudgetReport(
        commitment_id=one.commitment_id,
        title=title_of(one.terms),
        since=since,
        until=until,
        tz=query.tz,
        target=one.terms.target,
        remaining=None if found.budget_used is None else 1 - found.budget_used,
        burn_rates=dict(found.burn_rates),
        days=[BudgetDayItem.of(day) for day in days],
        **{name: getattr(found, name) for name in names},
    )
