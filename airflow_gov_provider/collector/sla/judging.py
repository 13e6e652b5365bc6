"""The duty that judges commitments from Airflow's own tables.

Airflow's scheduler has no part in it. Occasions are found in the runs that are active or new, in
the calendar and in the events of assets, and have a row while they are pending; a call looks at
those rows that are due, and at those of runs that have ended since the last one.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from airflow_gov_provider.collector.sla import days, facts, runs, updates
from airflow_gov_provider.collector.sla.position import NAME, JudgingPosition
from airflow_gov_provider.collector.sla.ripeness import Ripeness
from airflow_gov_provider.domain.sla.commitments import Kind
from airflow_gov_provider.domain.sla.outcomes import Outcome, RunFacts
from airflow_gov_provider.hooks.governance import governance_transaction, utcnow
from airflow_gov_provider.store.events.witnesses import read_position, write_position
from airflow_gov_provider.store.promises import declared
from airflow_gov_provider.store.promises import outcomes as store

_log = logging.getLogger(__name__)

INTERVAL = 5.0
_OF_RUNS = (*runs.KINDS, Kind.BY.value)
_RUNS_AT_ONCE = 100
_NEW_RUNS = 2000
_NEW_UPDATES = 2000
_MOST_PAGES = 10
_MOST_MISSED = 500  # in one call; each writes an incident, and those that are left are due again


def judge_commitments(*, clock: Callable[[], datetime] = utcnow) -> int:
    """Judge what can be judged now; a large backlog is worked off over several calls.

    :returns: how many outcomes have come to an end.
    :raises StoreUnavailable: if the governance database cannot be reached.
    """
    now = clock()
    with governance_transaction() as connection:
        catalogue = declared.catalogue(connection)
        if not catalogue and not store.has_pending(connection):
            return 0
        stored = read_position(connection, NAME)
    if stored is None:
        run_id, event_id = facts.highest_ids()
        # A run may have ended between the promise and the first call.
        before = JudgingPosition(run_id=max(0, run_id - _NEW_RUNS), asset_event_id=event_id)
    else:
        before = JudgingPosition.from_content(stored.content)
    call = _Call(before=before, catalogue=catalogue, now=now)
    after = call.make()
    if stored is None or after != before:
        with governance_transaction() as connection:
            write_position(connection, NAME, after.content, now=now)
    return call.settled


@dataclass(slots=True)
class _Call:
    before: JudgingPosition
    catalogue: Mapping[str, tuple[int, str]]
    now: datetime
    settled: int = 0
    missed: int = 0
    ripeness: Ripeness = field(init=False)

    def __post_init__(self) -> None:
        self.ripeness = Ripeness(self.now)

    @property
    def is_full(self) -> bool:
        return self.missed >= _MOST_MISSED

    def make(self) -> JudgingPosition:
        changed = self.catalogue != self.before.catalogue
        if changed and Kind.BY in self.catalogue:
            days.begin(now=self.now)
        if changed and Kind.ASSET in self.catalogue:
            updates.begin(now=self.now)
        run_id, left = self._look_at_runs(changed=changed)
        self._look_at_undated()
        self._look_at_due()
        return JudgingPosition(
            run_id=run_id,
            asset_event_id=self._look_at_assets(),
            open=frozenset(left),
            catalogue=self.catalogue,
        )

    def _look_at_runs(self, *, changed: bool) -> tuple[int, set[int]]:
        """:returns: the highest row id that was seen, and the runs to look at again."""
        highest = min(self.before.run_id, facts.highest_ids()[0])  # lower after runs were removed
        kinds = [kind for kind in _OF_RUNS if kind in self.catalogue]
        if not kinds and not self.before.open:
            return highest, set()
        with governance_transaction() as connection:
            dag_ids = declared.governed_dag_ids(connection, kinds)
        active = facts.active_runs(dag_ids)
        ended = self.before.open - active
        self._look_through(active if changed else active - self.before.open, new=True)
        left = active | self._look_through(ended, new=changed)
        for _ in range(_MOST_PAGES):
            if self.is_full:
                break
            last, page = facts.run_ids_after(highest, dag_ids, limit=_NEW_RUNS)
            if last == highest:
                break
            highest = last
            left |= self._look_through(page - active, new=True)
        return highest, left

    def _look_through(self, row_ids: Collection[int], *, new: bool) -> set[int]:
        """Judge what belongs to runs, and if they are new, note it before.

        :returns: the row ids of those to look at once more.
        """
        left: set[int] = set()
        ordered = sorted(row_ids)
        for start in range(0, len(ordered), _RUNS_AT_ONCE):
            found = facts.runs_with(ordered[start : start + _RUNS_AT_ONCE])
            if new:
                runs.begin(found.values(), now=self.now)
            if self.is_full:
                left |= found.keys()
                continue
            unripe = self._judge_runs(found.values())
            left |= {id_ for id_, run in found.items() if (run.dag_id, run.run_id) in unripe}
        return left

    def _judge_runs(self, found: Collection[RunFacts]) -> Collection[tuple[str, str]]:
        ended = {(run.dag_id, run.run_id): run for run in found if run.has_ended}
        if not ended:
            return ()
        with governance_transaction() as connection:
            outcomes = store.open_of_runs(connection, ended)
        self._judge_days(ended.values())
        return self._count(runs.judge(outcomes, ended, self.ripeness)) if outcomes else ()

    def _judge_days(self, ended: Iterable[RunFacts]) -> None:
        if Kind.BY not in self.catalogue:
            return
        well: dict[str, list[datetime]] = {}
        for run in ended:
            if run.state == "success" and run.ended_at is not None:
                well.setdefault(run.dag_id, []).append(run.ended_at)
        self.settled += days.judge_ended(well, now=self.now)

    def _count(self, done: runs.Judged) -> Collection[tuple[str, str]]:
        self.settled += done.settled
        self.missed += done.missed
        return done.unripe

    def _look_at_undated(self) -> None:
        """At what waits for the start of its run."""
        after = ""
        while True:
            with governance_transaction() as connection:
                page = store.page_of_undated(connection, after=after)
            if not page:
                return
            self._judge_of_runs(page)
            after = page[-1].outcome_id

    def _look_at_due(self) -> None:
        until, after = self.now - runs.GRACE, None
        while not self.is_full:
            with governance_transaction() as connection:
                page = store.page_of_due(connection, until=until, after=after)
            if not page:
                return
            self._judge_of_runs([one for one in page if one.terms.kind in runs.KINDS])
            if of_days := [one for one in page if one.terms.kind is Kind.BY]:
                self._add(days.judge_due(of_days, now=self.now))
            if of_assets := [one for one in page if one.terms.kind is Kind.ASSET]:
                self._add(updates.judge(of_assets, now=self.now))
            last = page[-1]
            after = (last.expected_at or until, last.outcome_id)
        _log.info("%d commitments were missed; others are due and judged next", self.missed)

    def _judge_of_runs(self, outcomes: Sequence[Outcome]) -> None:
        if outcomes:
            keys = {(one.dag_id or "", one.run_id or "") for one in outcomes}
            self._count(runs.judge(outcomes, facts.runs_named(keys), self.ripeness))

    def _add(self, done: Sequence[Outcome]) -> None:
        self.settled += len(done)
        self.missed += sum(one.state == "missed" for one in done)

    def _look_at_assets(self) -> int:
        """:returns: the highest id of an asset's event that was seen."""
        highest = self.before.asset_event_id
        if Kind.ASSET not in self.catalogue:
            return highest
        for _ in range(_MOST_PAGES):
            last, names = facts.assets_updated(highest, limit=_NEW_UPDATES)
            if last == highest:
                break
            highest = last
            self.settled += updates.judge_updated(names, now=self.now)
        return highest
