"""Everything that Airflow's tables and the events say of a span of time, side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from airflow_gov_provider.collector.reconcile import tables
from airflow_gov_provider.collector.reconcile.tables import Scope
from airflow_gov_provider.collector.tail.sweep_position import NAME as SWEEP
from airflow_gov_provider.domain.record.reconciliation import (
    Comparison,
    Difference,
    Run,
    Seen,
    compare,
)
from airflow_gov_provider.hooks.governance import governance_transaction, utcnow
from airflow_gov_provider.store.events.recording import recording_of
from airflow_gov_provider.store.events.seen import runs_with_events, seen_of_run, types_without_run
from airflow_gov_provider.store.events.witnesses import read_position

SETTLING = timedelta(seconds=30)
_MOST_KEPT = 1000
_BY_PEOPLE = ("override", "action")


@dataclass(slots=True, kw_only=True)
class Findings:
    """Differences of one kind: how many there are, and the first thousand of them."""

    count: int = 0
    first: list[Difference] = field(default_factory=list)

    def add(self, difference: Difference) -> None:
        self.count += 1
        if len(self.first) < _MOST_KEPT:
            self.first.append(difference)


@dataclass(slots=True, kw_only=True)
class Report:
    """What a reconciliation found.

    :param runs: that were compared, those under way included.
    :param under_way: runs that have not finished.
    :param compared: states of Airflow's tables that an event was looked for.
    :param pending: of these, without an event and of a run under way, or half a minute young.
    :param before_recording: of these, without an event and older than the ledger.
    :param unmatched: events that no row of Airflow's stands for any more, and why.
    """

    runs: int = 0
    under_way: list[tuple[str, str]] = field(default_factory=list)
    under_way_count: int = 0
    compared: int = 0
    pending: int = 0
    before_recording: int = 0
    missing: Findings = field(default_factory=Findings)
    doubled: Findings = field(default_factory=Findings)
    unmatched: Findings = field(default_factory=Findings)

    @property
    def is_complete(self) -> bool:
        return not self.missing.count and not self.doubled.count

    def add(self, run: Run, comparison: Comparison) -> None:
        self.runs += 1
        if run.is_under_way:
            self.under_way_count += 1
            if len(self.under_way) < _MOST_KEPT:
                self.under_way.append((run.dag_id, run.run_id))
        self.compared += comparison.compared
        self.pending += comparison.pending
        self.before_recording += comparison.before_recording
        for difference in comparison.missing:
            self.missing.add(difference)
        for difference in comparison.doubled:
            self.doubled.add(difference)
        for difference in comparison.unmatched:
            self.unmatched.add(difference)


def compare_run(
    run: Run,
    *,
    log_begins: datetime | None,
    settled_before: datetime,
    recorded_since: datetime | None,
) -> Comparison:
    """One run, read first from Airflow and then from the events, which follow.

    :raises StoreUnavailable: if the governance database cannot be reached.
    """
    whole = tables.with_task_instances(run, log_begins)
    with governance_transaction() as connection:
        return compare(
            whole,
            seen_of_run(connection, run.dag_id, run.run_id),
            settled_before=settled_before,
            recorded_since=recorded_since,
        )


def recorded_since(connection: Connection) -> datetime | None:
    """Of which time on everything is recorded; None if no collector ever was there."""
    known = recording_of(connection)
    swept = read_position(connection, SWEEP)
    times = [known.since] if known else []
    if swept is not None:
        times.append(datetime.fromisoformat(swept.content["since"]))
    return max(times, default=None)


def reconcile(
    scope: Scope,
    *,
    clock: Callable[[], datetime] = utcnow,
    progress: Callable[[Report], None] = lambda _report: None,
) -> Report:
    """Compare every run that was under way in the scope, one at a time.

    :param progress: is called after each run with what there is so far.
    :raises StoreUnavailable: if the governance database cannot be reached.
    """
    report = Report()
    begins = tables.log_begins()
    with governance_transaction() as connection:
        recorded = recorded_since(connection)
    for _, run in tables.runs_in(scope):
        comparison = compare_run(
            run,
            log_begins=begins,
            settled_before=clock() - SETTLING,
            recorded_since=recorded,
        )
        report.add(run, comparison)
        progress(report)
    for difference in _of_runs_that_are_gone(scope):
        report.unmatched.add(difference)
        progress(report)
    return report


def _of_runs_that_are_gone(scope: Scope) -> Iterator[Difference]:
    oldest = tables.oldest_run()
    with governance_transaction() as connection:
        named = runs_with_events(
            connection, since=scope.since, until=scope.until, dag_id=scope.dag_id
        )
        for some in named:
            for dag_id, run_id in sorted(set(some) - tables.existing(some)):
                yield from _gone(dag_id, run_id, oldest)


def _gone(dag_id: str, run_id: str, oldest: datetime | None) -> Iterator[Difference]:
    nothing = Run(dag_id=dag_id, run_id=run_id, state=None)
    with governance_transaction() as connection:
        events: list[Seen] = list(seen_of_run(connection, dag_id, run_id))
        deletions = types_without_run(connection, dag_id, like="delete")
    last = max(event.occurred_at for event in events)
    if any(event.about in _BY_PEOPLE and "delete" in event.type for event in events):
        why = "the run was deleted"
    elif deletions:
        why = "the Dag was deleted"
    elif oldest is not None and last < oldest:
        why = "it is older than every run in Airflow's tables"
    else:
        why = "the run is not in Airflow's tables any more"
    for difference in compare(nothing, events, settled_before=last).unmatched:
        yield replace(difference, why=why)
