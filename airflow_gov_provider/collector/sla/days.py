"""Judging promises for a time of day.

Each commitment has one row ahead: that of the next day on which it holds. When the day is judged,
the row of the day after it is made.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from airflow_gov_provider.collector.sla import facts
from airflow_gov_provider.domain.sla.commitments import Commitment, Kind
from airflow_gov_provider.domain.sla.outcomes import (
    LATE,
    PENDING,
    TAKEN_BACK,
    Outcome,
    State,
    first_day,
    judge_day,
    next_day,
    was_in_time,
    window_of,
)
from airflow_gov_provider.hooks.governance import governance_transaction
from airflow_gov_provider.hooks.sla import correct, judged, pending, settle
from airflow_gov_provider.store.promises import declared
from airflow_gov_provider.store.promises import outcomes as store
from airflow_gov_provider.store.promises.declared import Declared
from airflow_gov_provider.store.promises.outcomes import COLLECTOR

_LOOKING_BACK = timedelta(days=2)  # for a day that a run may still be of
_LONGEST_DAY = timedelta(days=1, hours=3)


def begin(*, now: datetime) -> None:
    """Give every commitment its row ahead; a day that has not begun gets the terms of now."""
    after = ""
    while True:
        with governance_transaction() as connection:
            page = declared.page_of_kind(connection, Kind.BY.value, after=after)
            if not page:
                return
            newest = store.newest_of(connection, [one.commitment_id for one in page])
            rows = [row for one in page for row in _ahead(one, newest.get(one.commitment_id), now)]
            known = {one.outcome_id for one in newest.values()}
            store.renew(connection, [one for one in rows if one.outcome_id in known])
            store.add_pending(connection, [one for one in rows if one.outcome_id not in known])
        after = page[-1].commitment_id


def _ahead(one: Declared, newest: Outcome | None, now: datetime) -> list[Outcome]:
    terms = one.terms
    if newest is None:
        return _rows_of(terms, first_day(terms, since=one.declared_at), now)
    day = date.fromisoformat(newest.occasion)
    if newest.state is State.PENDING:
        window = window_of(terms, day)
        begun = window_of(newest.terms, day).opens_at <= now or window.opens_at <= now
        if begun or terms == newest.terms:
            return []
        renewed = replace(newest, terms=terms, expected_at=window.expected_at, owner=terms.owner)
        first = _first_ahead(one, now)
        earlier = _rows_of(terms, first, now) if first and first < day else []
        return [*earlier, renewed]
    day_after = next_day(terms, after=day)
    first = first_day(terms, since=one.declared_at)
    return _rows_of(terms, max(day_after, first) if day_after and first else None, now)


def _first_ahead(one: Declared, now: datetime) -> date | None:
    """The first day that has not begun."""
    day = first_day(one.terms, since=max(now, one.declared_at))
    while day is not None and window_of(one.terms, day).opens_at <= now:
        day = next_day(one.terms, after=day)
    return day


def _rows_of(terms: Commitment, day: date | None, now: datetime) -> list[Outcome]:
    """That of the day, if there is one."""
    if day is None:
        return []
    expected_at = window_of(terms, day).expected_at
    return [pending(terms, day.isoformat(), expected_at=expected_at, now=now)]


def judge_ended(ended: Mapping[str, Collection[datetime]], *, now: datetime) -> int:
    """Judge the days that runs which ended well just now are of.

    :param ended: when they ended, by Dag.
    """
    if not ended:
        return 0
    earliest = min(min(times) for times in ended.values())
    with governance_transaction() as connection:
        rows = store.open_of_days(connection, ended.keys(), since=earliest - _LOOKING_BACK)
        days = [one for one in rows if one.terms.kind is Kind.BY]
        return len(_settle(connection, days, ended, set(), now)) if days else 0


def judge_due(outcomes: Sequence[Outcome], *, now: datetime) -> list[Outcome]:
    """Judge days whose deadline is over, from Airflow's tables. :returns: those that were."""
    windows = [window_of(one.terms, date.fromisoformat(one.occasion)) for one in outcomes]
    dag_ids = {one.dag_id for one in outcomes if one.dag_id is not None}
    ended = facts.successes(
        dag_ids,
        since=min(window.opens_at for window in windows),
        until=max(window.ends_at for window in windows),
    )
    paused = facts.paused(dag_ids)
    with governance_transaction() as connection:
        return _settle(connection, outcomes, ended, paused, now)


def _settle(
    connection: Connection,
    outcomes: Sequence[Outcome],
    ended: Mapping[str, Collection[datetime]],
    paused: Collection[str],
    now: datetime,
) -> list[Outcome]:
    settled: list[Outcome] = []
    happened: dict[str, datetime] = {}
    retired = declared.retired(connection, {one.commitment_id for one in outcomes})
    for outcome in outcomes:
        window = window_of(outcome.terms, date.fromisoformat(outcome.occasion))
        window = replace(window, expected_at=outcome.expected_at or window.expected_at)
        retired_at = retired.get(outcome.commitment_id)
        if retired_at is not None and retired_at < window.opens_at:
            judgement = TAKEN_BACK if now > window.expected_at else PENDING
        else:
            judgement = judge_day(
                outcome.terms,
                window,
                ended.get(outcome.dag_id or "", ()),
                now=now,
                paused=outcome.dag_id in paused,
            )
        if outcome.state is State.PENDING and judgement.state is not State.PENDING:
            settled.append(judged(outcome, judgement))
        elif was_in_time(outcome, judgement):
            correct(connection, outcome, judgement, now=now)
        elif judgement.state in LATE and outcome.state in LATE and judgement.actual_at is not None:
            happened[outcome.outcome_id] = judgement.actual_at
    store.fill_actual(connection, happened)
    done = settle(connection, settled, judged_by=COLLECTOR, now=now)
    _go_on(connection, done, now)
    return done


def _go_on(connection: Connection, done: Sequence[Outcome], now: datetime) -> None:
    """Make the rows of the next days, of what is still declared."""
    terms = declared.still_declared(connection, {one.commitment_id for one in done})
    rows = [
        row
        for one in done
        if (known := terms.get(one.commitment_id)) is not None
        for row in _rows_of(known, next_day(known, after=date.fromisoformat(one.occasion)), now)
    ]
    store.add_pending(connection, rows)
