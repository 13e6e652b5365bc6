"""Judging promises about the age of assets.

Each commitment has one period that is open: it began with the last update of the asset, or when the
promise was made, and the next update ends it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from airflow_gov_provider.collector.sla import facts
from airflow_gov_provider.domain.sla.commitments import Commitment, Kind
from airflow_gov_provider.domain.sla.outcomes import (
    LATE,
    TAKEN_BACK,
    Outcome,
    State,
    judge_update,
    was_in_time,
)
from airflow_gov_provider.hooks.governance import governance_transaction
from airflow_gov_provider.hooks.sla import correct, judged, pending, settle
from airflow_gov_provider.store.promises import declared
from airflow_gov_provider.store.promises import outcomes as store
from airflow_gov_provider.store.promises.declared import Declared
from airflow_gov_provider.store.promises.outcomes import COLLECTOR


def begin(*, now: datetime) -> None:
    """Open the first period of every commitment that has none; one that is open gets the terms of
    now.
    """
    after = ""
    while True:
        with governance_transaction() as connection:
            page = declared.page_of_kind(connection, Kind.ASSET.value, after=after)
            if not page:
                return
            newest = store.newest_of(connection, [one.commitment_id for one in page])
            rows = [
                _period(one.terms, one.declared_at, now)
                for one in page
                if _is_over(newest.get(one.commitment_id), one.declared_at)
            ]
            store.add_pending(connection, rows)
            store.renew(connection, [new for one in page for new in _renewed(one, newest, now)])
        after = page[-1].commitment_id


def _is_over(newest: Outcome | None, declared_at: datetime) -> bool:
    """Whether no period is open: there is none, or it ended before the promise was made again."""
    if newest is None:
        return True
    if newest.state is State.PENDING or (newest.state in LATE and newest.actual_at is None):
        return False
    return datetime.fromisoformat(newest.occasion) < declared_at


def _renewed(one: Declared, newest: Mapping[str, Outcome], now: datetime) -> list[Outcome]:
    """The open period, if it has to have other terms or another deadline.

    What would be too old already by the new terms has their time from now on, but no longer than it
    had before.
    """
    period = newest.get(one.commitment_id)
    if period is None or period.state is not State.PENDING or period.expected_at is None:
        return []
    base = datetime.fromisoformat(period.occasion)
    if period.expected_at <= now and one.declared_at <= base:
        return []
    within = one.terms.within or timedelta()
    expected_at = max(base, one.declared_at) + within
    if expected_at < now:
        expected_at = min(period.expected_at, now + within)
    if (one.terms, expected_at) == (period.terms, period.expected_at):
        return []
    return [replace(period, terms=one.terms, expected_at=expected_at, owner=one.terms.owner)]


def _period(terms: Commitment, base: datetime, now: datetime) -> Outcome:
    expected_at = base + (terms.within or timedelta())
    return pending(terms, base.isoformat(), expected_at=expected_at, now=now)


def judge_updated(names: Iterable[str], *, now: datetime) -> int:
    """Judge what is promised about assets that were updated just now, by name or URI."""
    with governance_transaction() as connection:
        known = declared.of_assets(connection, set(names))
        newest = store.newest_of(connection, [one.commitment_id for one in known])
    return len(judge(list(newest.values()), now=now))


def judge(outcomes: Sequence[Outcome], *, now: datetime) -> list[Outcome]:
    """Go on from these periods to the one that is open now. :returns: what was settled."""
    return [done for one in outcomes for done in _go_on(one, now)]


def _go_on(outcome: Outcome, now: datetime) -> list[Outcome]:
    base = datetime.fromisoformat(outcome.occasion)
    updates = facts.updates_of(outcome.terms.subject, after=base)
    with governance_transaction() as connection:
        terms = declared.commitment_with(connection, outcome.commitment_id)
        gone = [outcome.commitment_id] if terms is None else []
        retired_at = declared.retired(connection, gone)
        periods = [outcome]
        if terms is not None:
            periods += [_period(terms, at, now) for at in updates]
        settled: list[Outcome] = []
        for period, updated_at in zip(periods, [*updates, None], strict=False):
            expected_at = period.expected_at or now
            judgement = judge_update(
                period.terms, expected_at=expected_at, updated_at=updated_at, now=now
            )
            if judgement.state in LATE and any(at < expected_at for at in retired_at.values()):
                judgement = TAKEN_BACK
            if period.state is State.PENDING and judgement.state is not State.PENDING:
                settled.append(judged(period, judgement))
            elif was_in_time(period, judgement):
                correct(connection, period, judgement, now=now)
        store.add_pending(connection, periods[1:])
        if updates and outcome.state in LATE:
            store.fill_actual(connection, {outcome.outcome_id: updates[0]})
        return settle(connection, settled, judged_by=COLLECTOR, now=now)
