"""What ended without a word: skipped by the scheduler, failed upstream, never started, cleared.

Such transitions leave no row in Airflow's log and call no hook; only the task instance says what
became of it. The active runs are looked through for what changed of late, and every run once more
as a whole after it has ended. Dag runs are witnessed in the same way.

A run is found because it is active, because it is new, or because the log has a row about it, so
nothing is searched for in tables that have no index for it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from airflow_gov_provider import config
from airflow_gov_provider.collector.tail import finished
from airflow_gov_provider.collector.tail.finished import ACTIVE_RUN, Ended
from airflow_gov_provider.collector.tail.sweep_position import NAME, SweepPosition
from airflow_gov_provider.collector.tail.swept import (
    ended_at,
    reference_of,
    run_view,
    task_view,
)
from airflow_gov_provider.domain.sightings import DAG_RUN, TASK_INSTANCE
from airflow_gov_provider.hooks.governance import governance_transaction, utcnow
from airflow_gov_provider.store.events.merging import View, alone, merge
from airflow_gov_provider.store.events.witnesses import (
    known_references,
    read_position,
    write_position,
)

_log = logging.getLogger(__name__)

GRACE = timedelta(seconds=8)  # longer than the log's, which says more
_OVERLAP = timedelta(seconds=30)  # a row may be written so long before its transaction ends
_ROWS = 2000
_RUNS = 500
_MOST_NEW = 4000  # in one call, which takes about a second


def sweep_task_instances(*, clock: Callable[[], datetime] = utcnow) -> int:
    """Take in what has ended since the last call and is ripe; nothing on the very first one.

    A large backlog is worked off over several calls.

    :returns: how many transitions were taken in that this witness had not told before.
    """
    now = clock()
    with governance_transaction() as connection:
        stored = read_position(connection, NAME)
    if stored is None:
        _start(now)
        return 0
    position = SweepPosition.from_content(stored.content)
    runs = _find_runs(position, now)
    sweep = _Sweep(since=position.since, now=now)
    swept_at = sweep.look_at_active(position.swept_at) if runs.active else position.swept_at
    left = {row.id for row in runs.ended if not sweep.look_through(row)}
    after = SweepPosition(
        since=position.since,
        swept_at=swept_at,
        run_id=runs.run_id,
        log_id=runs.log_id,
        open=frozenset(runs.active | left),
    )
    if sweep.is_full:
        _log.info("%d runs that ended are still to be looked through, and it goes on", len(left))
    if after != position:
        with governance_transaction() as connection:
            write_position(connection, NAME, after.content, now=now)
    return sweep.new


def _start(now: datetime) -> None:
    run_id, log_id = finished.highest_ids()
    begin = SweepPosition(
        since=now,
        swept_at=now,
        run_id=run_id,
        log_id=log_id,
        open=frozenset(finished.active_runs()),
    )
    with governance_transaction() as connection:
        alone(connection)
        if read_position(connection, NAME) is None:
            write_position(connection, NAME, begin.content, now=now)


@dataclass(slots=True)
class _Runs:
    """Runs that are active, and those that may have ended since the last call."""

    active: set[int]
    run_id: int
    log_id: int
    _ended: dict[int, Any] = field(default_factory=dict)

    @property
    def ended(self) -> list[Any]:
        return list(self._ended.values())

    @property
    def ids(self) -> set[int]:
        return self.active | self._ended.keys()

    def add(self, rows: Iterable[Any]) -> None:
        """Those that are not active."""
        self._ended.update({row.id: row for row in rows if row.id not in self.active})


def _find_runs(position: SweepPosition, now: datetime) -> _Runs:
    highest_run, highest_row = finished.highest_ids()  # lower than before where rows were removed
    runs = _Runs(
        active=finished.active_runs(),
        run_id=min(position.run_id, highest_run),
        log_id=min(position.log_id, highest_row),
    )
    if highest_run > runs.run_id:
        new = finished.runs_after(runs.run_id, limit=_RUNS)
        runs.add(new)
        runs.run_id = max([runs.run_id, *(row.id for row in new)])
    if highest_row > runs.log_id:
        runs.log_id, touched = finished.runs_touched(runs.log_id, before=now - GRACE, limit=_ROWS)
        runs.add(touched)
    if left := position.open - runs.ids:
        runs.add(finished.runs_with(left))
    return runs


def _end_of(page: Sequence[datetime]) -> datetime | None:
    """Where the next page begins; None if this one is the last.

    A page of one and the same time is left behind: what else is of that time is found when its run
    has ended.
    """
    if len(page) < _ROWS:
        return None
    return page[-1] if page[0] < page[-1] else page[-1] + timedelta(microseconds=1)


@dataclass(slots=True)
class _Sweep:
    """One call.

    :param since: what ended before is left out.
    :param new: transitions that this witness had not told before.
    """

    since: datetime
    now: datetime
    new: int = 0

    @property
    def is_full(self) -> bool:
        return self.new >= _MOST_NEW

    def look_at_active(self, swept_at: datetime) -> datetime:
        """Look at what has changed in active runs.

        :returns: up to when everything in them has been looked at.
        """
        ripe = self.now - GRACE
        found = finished.ended_in_active_runs(since=swept_at - _OVERLAP, limit=_ROWS)
        self._take_in(found, ripe=ripe)
        ends = [_end_of([row.updated_at for row in found.live])]
        ends.append(_end_of([row.end_date for row in found.history]))
        return max(swept_at, min([ripe, *(end + _OVERLAP for end in ends if end)]))

    def look_through(self, run: Any) -> bool:
        """Look at everything in a run that has ended; False if some is left to a later call."""
        changed = max(ended_at(run), run.updated_at or ended_at(run))
        if run.state in ACTIVE_RUN or changed > self.now - GRACE:
            return False
        self._take_in_run(run)
        after = None
        while not self.is_full:
            found, after = finished.ended_in_run(run.dag_id, run.run_id, after=after, limit=_ROWS)
            self._take_in(found, ripe=self.now)
            if after is None:
                return True
        return False

    def _take_in_run(self, run: Any) -> None:
        if self.is_full or ended_at(run) < self.since:
            return
        view = run_view(run, max_bytes=config.max_payload_bytes())
        if _not_known(DAG_RUN, [view.reference]):
            self.new += _record(DAG_RUN, [view], self.now)

    def _take_in(self, found: Ended, *, ripe: datetime) -> None:
        limit = config.max_payload_bytes()
        live = {
            reference_of(row): row
            for row in found.live
            if ended_at(row) >= self.since and (row.updated_at or ripe) <= ripe
        }
        filed = {
            reference: row
            for row in found.history
            if row.start_date is not None
            and self.since <= ended_at(row) <= ripe
            and (reference := reference_of(row)) not in live
        }
        fresh = _not_known(TASK_INSTANCE, [*live, *filed])
        failed = [row for name, row in filed.items() if name in fresh and row.state == "failed"]
        told = finished.failures_in_log(failed)
        views = [
            *(task_view(row, max_bytes=limit) for name, row in live.items() if name in fresh),
            *(
                task_view(row, max_bytes=limit, of_history=True, told=finished.try_of(row) in told)
                for name, row in filed.items()
                if name in fresh
            ),
        ]
        if views:
            self.new += _record(TASK_INSTANCE, views, self.now)


def _not_known(witness: str, references: Sequence[str]) -> set[str]:
    if not references:
        return set()
    with governance_transaction() as connection:
        return set(references) - known_references(connection, witness, references)


def _record(witness: str, views: Sequence[View], now: datetime) -> int:
    """:returns: how many of them nobody has recorded in between."""
    with governance_transaction() as connection:
        alone(connection)
        known = known_references(connection, witness, [view.reference for view in views])
        fresh = [view for view in views if view.reference not in known]
        taken = merge(connection, fresh, recorded_at=now)
        return sum(event_id is not None for event_id in taken)
