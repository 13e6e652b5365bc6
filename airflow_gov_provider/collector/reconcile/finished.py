"""The duty that compares every Dag run once, soon after it has finished.

Runs are found on Airflow's side, so that a run of which nobody told anything is not overlooked. One
that is incomplete is looked at again, because what is missing may still be on its way; when it
stays so, that is a finding of its Dag.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from airflow_gov_provider.collector.reconcile import tables
from airflow_gov_provider.collector.reconcile.report import SETTLING, compare_run, recorded_since
from airflow_gov_provider.collector.reconcile.tables import Scope
from airflow_gov_provider.collector.tail.finished import active_runs, highest_ids
from airflow_gov_provider.domain.record.reconciliation import Run
from airflow_gov_provider.hooks.governance import governance_transaction, new_id, utcnow
from airflow_gov_provider.store.events import coverage
from airflow_gov_provider.store.events.coverage import STATES_MISSING, CoverageFinding
from airflow_gov_provider.store.events.recording_state import RECONCILIATION
from airflow_gov_provider.store.events.witnesses import read_position, write_position
from airflow_gov_provider.store.tables import ID_LENGTH

_log = logging.getLogger(__name__)

INTERVAL = 10.0
_PATIENCE = timedelta(minutes=2)  # with what is missing, before it is a finding
_MOST_STATES = 20_000  # in one round, and a run more
_LOOKED_AT_AGAIN = 10  # in one round
_MOST_INCOMPLETE = 1000
_EXAMPLES = 5


class Incomplete(NamedTuple):
    """A finished run that is not in the events as it should be."""

    dag_id: str
    run_id: str
    missing: int
    doubled: int
    since: str  # when that was seen first, as ISO 8601


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far finished runs were compared.

    :param run_id: the highest row id of a Dag run that was seen.
    :param open: row ids of runs that are compared once they have finished.
    :param incomplete: by row id; the one that was looked at longest ago first.
    :param until: everything that had finished by then was compared.
    :param runs: compared in all, counting again what was looked at again.
    :param states: that an event was looked for in all.
    """

    run_id: int
    until: datetime
    open: frozenset[int] = frozenset()
    incomplete: Mapping[int, Incomplete] = field(default_factory=dict)
    runs: int = 0
    states: int = 0

    @property
    def content(self) -> dict[str, Any]:
        """JSON-safe; the inverse of ``from_content``."""
        return {
            "run_id": self.run_id,
            "until": self.until.isoformat(),
            "open": sorted(self.open),
            "incomplete": [[row_id, *one] for row_id, one in self.incomplete.items()],
            "runs": self.runs,
            "states": self.states,
        }

    @classmethod
    def from_content(cls, content: Mapping[str, Any]) -> Progress:
        return cls(
            run_id=content["run_id"],
            until=datetime.fromisoformat(content["until"]),
            open=frozenset(content["open"]),
            incomplete={one[0]: Incomplete(*one[1:]) for one in content["incomplete"]},
            runs=content["runs"],
            states=content["states"],
        )


def reconcile_finished(*, clock: Callable[[], datetime] = utcnow) -> int:
    """Compare what has finished since the last call; on the very first one, note what has not.

    :returns: how many runs were compared.
    :raises StoreUnavailable: if the governance database cannot be reached.
    """
    now = clock()
    with governance_transaction() as connection:
        stored = read_position(connection, RECONCILIATION)
        since = recorded_since(connection)
    if stored is None:
        begin = Progress(run_id=highest_ids()[0], until=now, open=frozenset(active_runs()))
        _write(begin, now)
        return 0
    before = Progress.from_content(stored.content)
    round_ = _Round(before, now, since)
    round_.compare()
    _write(round_.after, now)
    _tell(round_.after.incomplete.values(), now)
    return round_.after.runs - before.runs


def _write(progress: Progress, now: datetime) -> None:
    with governance_transaction() as connection:
        write_position(connection, RECONCILIATION, progress.content, now=now)


class _Round:
    """One call: which runs it is about, and what came of them."""

    def __init__(self, before: Progress, now: datetime, since: datetime | None) -> None:
        self.after = before
        self._before, self._now, self._since = before, now, since
        self._log_begins = tables.log_begins()

    def compare(self) -> None:
        ripe, left = self._find()
        self.after = replace(self.after, open=self.after.open | left.keys())
        enough = self.after.states + _MOST_STATES
        for row_id, run in ripe:
            if self.after.states >= enough:
                left[row_id] = run
            else:
                self._compare(row_id, run)
        waiting = [run.ended_at for run in left.values() if not run.is_under_way and run.ended_at]
        until = min([self._now - SETTLING, *waiting])
        self.after = replace(self.after, open=frozenset(left), until=max(until, self._before.until))
        self._look_again({row_id for row_id, _ in ripe})

    def _find(self) -> tuple[list[tuple[int, Run]], dict[int, Run]]:
        """Runs to compare now, the one that finished first leading, and those to remember."""
        highest = min(self._before.run_id, highest_ids()[0])  # lower after runs were deleted
        new = dict(tables.page_of_runs(Scope(), after=highest))
        self.after = replace(self.after, run_id=max([highest, *new]))
        known = tables.runs_by_id(self._before.open | active_runs()) | new
        ripe = {row_id: run for row_id, run in known.items() if self._is_ripe(run)}
        left = {row_id: run for row_id, run in known.items() if row_id not in ripe}
        return sorted(ripe.items(), key=lambda item: (item[1].ended_at, item[0])), left

    def _is_ripe(self, run: Run) -> bool:
        ended = None if run.is_under_way else run.ended_at
        return ended is not None and ended < self._now - SETTLING

    def _compare(self, row_id: int, run: Run) -> None:
        comparison = compare_run(
            run,
            log_begins=self._log_begins,
            settled_before=self._now - SETTLING,
            recorded_since=self._since,
        )
        incomplete = dict(self.after.incomplete)
        earlier = incomplete.pop(row_id, None)
        if comparison.missing or comparison.doubled:
            incomplete[row_id] = Incomplete(
                dag_id=run.dag_id,
                run_id=run.run_id,
                missing=len(comparison.missing),
                doubled=len(comparison.doubled),
                since=earlier.since if earlier else self._now.isoformat(),
            )
        for oldest in list(incomplete)[: max(0, len(incomplete) - _MOST_INCOMPLETE)]:
            del incomplete[oldest]
        self.after = replace(
            self.after,
            incomplete=incomplete,
            runs=self.after.runs + 1,
            states=self.after.states + comparison.compared,
        )

    def _look_again(self, done: set[int]) -> None:
        ids = [row_id for row_id in self.after.incomplete if row_id not in done][:_LOOKED_AT_AGAIN]
        runs = tables.runs_by_id(ids)
        for row_id in ids:
            if row_id in runs:
                self._compare(row_id, runs[row_id])
            else:  # nobody can tell any more
                incomplete = {n: one for n, one in self.after.incomplete.items() if n != row_id}
                self.after = replace(self.after, incomplete=incomplete)


def _tell(incomplete: Iterable[Incomplete], now: datetime) -> None:
    """Open and close the findings of Dags."""
    by_dag: dict[str, list[Incomplete]] = {}
    for one in incomplete:
        by_dag.setdefault(one.dag_id, []).append(one)
    with governance_transaction() as connection:
        known = {f.dag_id: f for f in coverage.open_findings(connection, kind=STATES_MISSING)}
        for dag_id, ones in by_dag.items():
            details = _details(ones)
            finding = known.get(dag_id)
            if finding is not None and finding.details != details:
                coverage.change_details(connection, finding.finding_id, details)
            elif finding is None and _has_stayed(ones, now):
                coverage.open_finding(connection, _finding(dag_id, details, now))
                _log.error("events of %d runs of %s are missing or doubled", len(ones), dag_id)
        for finding in known.values():
            if finding.dag_id not in by_dag:
                coverage.close_finding(connection, finding, now=now)


def _has_stayed(ones: Iterable[Incomplete], now: datetime) -> bool:
    return any(datetime.fromisoformat(one.since) <= now - _PATIENCE for one in ones)


def _details(ones: list[Incomplete]) -> dict[str, Any]:
    runs = sorted(one.run_id for one in ones)
    return {
        "missing": sum(one.missing for one in ones),
        "doubled": sum(one.doubled for one in ones),
        "runs": len(runs),
        "examples": runs[:_EXAMPLES],
    }


def _finding(dag_id: str, details: Mapping[str, Any], now: datetime) -> CoverageFinding:
    return CoverageFinding(
        finding_id=new_id(),
        kind=STATES_MISSING,
        subject=f"dag:{dag_id}"[:ID_LENGTH],
        details=details,
        opened_at=now,
    )
