"""What Airflow's tables hold of one Dag run, compared with the events of that run.

Airflow keeps one row for the newest try of a task instance and one for each earlier try, but only
with the state that stood last. So the comparison asks for an event of every terminal state that
stands in a row, and takes further events as they are: a state that a person replaced is history,
not a discrepancy.

Four things blur the rows, and the comparison knows them:

* An earlier try is filed as ``failed`` whether it was to be tried again, had failed for good or was
  cleared while it was under way. Any of the two failures is therefore its event, and a try that
  never began needs none.
* A try that never ran has the number of the try before, also when it is skipped once more after it
  was cleared. The task instance's UUID, where an event carries it, tells them apart.
* A try that the scheduler fails while it is not running ("state mismatch") is not filed at all. The
  next one goes on under its UUID, and a process that was queued for the one runs the other.
* A run that was deleted and created again has the same names. Events from before its creation
  belong to the earlier one. Of those without a UUID that lie only just before it, nobody can say
  whose they are: they may stand for what a row holds, and are not held to be one too many.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from airflow_gov_provider.domain.sightings import FAILURES, TABLES

TERMINAL = frozenset({"success", "failed", "skipped", "upstream_failed", "removed"})
ONCE = TERMINAL | FAILURES  # what the machinery reaches at most once in a try
RUN_TERMINAL = frozenset({"success", "failed"})
RUNNING = "running"
_CLOCKS_DIFFER = timedelta(seconds=5)

_ANYWHERE = ("", -1)  # in the run as a whole

TryKey = tuple[str, int, int]  # task, map index, try


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A try of a task instance, as a row of Airflow's holds it.

    :param at: when it ended, or when the row was last changed.
    :param archived: whether it is an earlier try.
    :param started: whether it ever ran.
    """

    task_id: str
    map_index: int
    try_number: int
    state: str | None
    ti_id: str | None = None
    at: datetime | None = None
    archived: bool = False
    started: bool = True

    @property
    def key(self) -> TryKey:
        return (self.task_id, self.map_index, self.try_number)

    @property
    def accepted(self) -> frozenset[str]:
        """States whose event stands for it; empty if it needs none."""
        if self.state not in TERMINAL:
            return frozenset()
        if self.archived and self.state == "failed":
            return FAILURES if self.started else frozenset()
        return frozenset({self.state})


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A Dag run, as Airflow's tables hold it.

    :param starts: when Airflow's log says that a try began to run, for those tries whose rows are
        all still there.
    """

    dag_id: str
    run_id: str
    state: str | None
    clear_number: int = 0
    queued_at: datetime | None = None
    created_at: datetime | None = None
    ended_at: datetime | None = None
    attempts: Sequence[Attempt] = ()
    starts: Mapping[TryKey, Sequence[datetime]] = field(default_factory=dict)

    @property
    def is_under_way(self) -> bool:
        return self.state not in RUN_TERMINAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """An event of the run.

    :param type: ``task_instance.success`` and the like.
    :param ti_id: the UUID that the task instance had in this try, if the event knows it.
    """

    event_id: str
    type: str
    witness: str
    state: str | None
    occurred_at: datetime
    task_id: str | None = None
    map_index: int | None = None
    try_number: int | None = None
    ti_id: str | None = None
    manual: bool = False
    clear_number: int | None = None
    queued_at: datetime | None = None

    @property
    def about(self) -> str:
        return self.type.partition(".")[0]

    @property
    def key(self) -> TryKey:
        return (
            self.task_id or "",
            -1 if self.map_index is None else self.map_index,
            self.try_number or 0,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A state that one side has and the other has not, or has too often.

    :param kind: ``missing``, ``doubled`` or ``unmatched``.
    :param why: for what is unmatched, why Airflow's tables need not hold it.
    """

    kind: str
    dag_id: str
    run_id: str
    state: str
    task_id: str | None = None
    map_index: int | None = None
    try_number: int | None = None
    ti_id: str | None = None
    at: datetime | None = None
    event_ids: tuple[str, ...] = ()
    why: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The outcome for one run.

    :param compared: states of Airflow's that an event was looked for.
    :param pending: of these, without an event yet and too young to miss one.
    :param before_recording: of these, without an event and older than the ledger.
    """

    compared: int
    pending: int
    before_recording: int
    missing: Sequence[Difference]
    doubled: Sequence[Difference]
    unmatched: Sequence[Difference]


def compare(
    run: Run,
    events: Iterable[Seen],
    *,
    settled_before: datetime,
    recorded_since: datetime | None = None,
) -> Comparison:
    """Compare a run with its events.

    :param settled_before: what changed at this time or later need not have an event yet.
    :param recorded_since: what changed before was there before the ledger; None if that is unknown.
    """
    sides = _Sides(run, events)
    missing = [*sides.missing_tries(), *sides.missing_run(), *sides.missing_starts()]
    recorded = [d for d in missing if not (recorded_since and d.at and d.at < recorded_since)]
    settled = [d for d in recorded if not _is_young(d, run, settled_before)]
    return Comparison(
        compared=sides.compared,
        pending=len(recorded) - len(settled),
        before_recording=len(missing) - len(recorded),
        missing=settled,
        doubled=[*sides.doubled_tries(), *sides.doubled_run()],
        unmatched=sides.unmatched(),
    )


def _is_young(difference: Difference, run: Run, settled_before: datetime) -> bool:
    return run.is_under_way or (difference.at is not None and difference.at >= settled_before)


def _starts(events: Sequence[Seen]) -> int:
    return sum(event.state == RUNNING for event in events)


class _Sides:
    """Both sides by try, and which event stands for which row."""

    def __init__(self, run: Run, events: Iterable[Seen]) -> None:
        self.run = run
        self.ids = {attempt.ti_id for attempt in run.attempts if attempt.ti_id}
        self.attempts: dict[TryKey, list[Attempt]] = defaultdict(list)
        for attempt in run.attempts:
            self.attempts[attempt.key].append(attempt)
        self.of_run: list[Seen] = []
        self.of_try: dict[TryKey, list[Seen]] = defaultdict(list)
        self.earlier: list[Seen] = []
        self.overridden: set[tuple[str, int]] = set()
        for event in events:
            self._file(event)
        self.taken: dict[str, Attempt] = {}
        self.compared = 0
        self._count_late_starts_to_their_try()

    def _file(self, event: Seen) -> None:
        if event.about == "override" or event.manual:
            self.overridden.add(event.key[:2])
        if event.about not in ("task_instance", "dag_run"):
            return
        if not self._belongs(event):
            self.earlier.append(event)
        elif event.about == "dag_run":
            self.of_run.append(event)
        else:
            self.of_try[event.key].append(event)

    def _count_late_starts_to_their_try(self) -> None:
        """A process that began after its try had failed told the number of that try.

        So may that of the next try have, and so on; hence what all later tries lack counts.
        """
        tries: dict[tuple[str, int], list[TryKey]] = defaultdict(list)
        for key in sorted({*self.attempts, *self.run.starts}):
            tries[key[:2]].append(key)
        for keys in tries.values():
            for place, key in enumerate(keys):
                before, ids = (*key[:2], key[2] - 1), self._ids_from(keys[place:])
                lacking = -sum(map(self._surplus, keys[place:]))
                late = [
                    event
                    for event in self.of_try[before]
                    if event.state == RUNNING and event.ti_id in ids
                ]
                for event in late[::-1][: max(0, min(lacking, self._surplus(before)))]:
                    self.of_try[before].remove(event)
                    self.of_try[key].append(event)

    def _surplus(self, key: TryKey) -> int:
        """How many more starts the events tell of than the log; negative if fewer."""
        return _starts(self.of_try[key]) - len(self.run.starts.get(key, ()))

    def _ids_from(self, keys: Sequence[TryKey]) -> set[str]:
        """UUIDs of the first of these tries; one without a row goes on in the next one."""
        rows = (self.attempts[key] for key in keys if key in self.attempts)
        return {attempt.ti_id for attempt in next(rows, []) if attempt.ti_id}

    def _belongs(self, event: Seen) -> bool:
        if event.ti_id in self.ids:
            return True
        created = self.run.created_at
        if created is None:
            return True
        tolerance = timedelta(0) if event.ti_id else _CLOCKS_DIFFER
        return event.occurred_at >= created - tolerance

    # ------------------------------------------------------------------ missing

    def missing_tries(self) -> list[Difference]:
        missing: list[Difference] = []
        for attempts in self.attempts.values():
            needed = sorted((a for a in attempts if a.accepted), key=lambda a: len(a.accepted))
            self.compared += len(needed)
            left = [attempt for attempt in needed if not self._take(attempt, exactly=True)]
            missing += [
                self._of(attempt, "missing", attempt.state or "")
                for attempt in left
                if not self._take(attempt, exactly=False)
            ]
        return missing

    def _take(self, attempt: Attempt, *, exactly: bool) -> bool:
        candidates = [
            event
            for event in self.of_try.get(attempt.key, ())
            if event.state in attempt.accepted
            and event.event_id not in self.taken
            and (event.ti_id == attempt.ti_id or not exactly)
        ]
        for event in sorted(candidates, key=lambda event: event.manual):
            self.taken[event.event_id] = attempt
            return True
        return False

    def missing_run(self) -> list[Difference]:
        run = self.run
        if run.is_under_way or run.state is None:
            return []
        self.compared += 1
        if any(event.state == run.state and self._is_of_this_round(event) for event in self.of_run):
            return []
        return [self._difference("missing", run.state, at=run.ended_at)]

    def _is_of_this_round(self, event: Seen) -> bool:
        """Whether it is about the run as it was last queued; a clear queues it again."""
        return event.clear_number is None or event.clear_number == self.run.clear_number

    def missing_starts(self) -> list[Difference]:
        """Of several, the earliest: it may be older than the ledger."""
        missing: list[Difference] = []
        for key, times in self.run.starts.items():
            self.compared += len(times)
            seen = _starts(self.of_try.get(key, ()))
            missing += [
                self._of_key(key, "missing", RUNNING, at=at)
                for at in sorted(times)[: max(0, len(times) - seen)]
            ]
        return missing

    # ------------------------------------------------------------------ doubled

    def doubled_tries(self) -> list[Difference]:
        doubled: list[Difference] = []
        for key, events in self.of_try.items():
            by_state: dict[str | None, list[Seen]] = defaultdict(list)
            for event in events:
                if self._is_surely_of_this_run(event) and self._is_of_the_machinery(event):
                    by_state[event.state].append(event)
            for state, same in by_state.items():
                if len(same) > self._allowed(key, state):
                    doubled.append(self._of_key(key, "doubled", state or "", events=same))
            if self._contradicts(key, by_state):
                same = [*by_state["failed"], *by_state["up_for_retry"]]
                doubled.append(self._of_key(key, "doubled", "failed", events=same))
        return doubled

    def _is_surely_of_this_run(self, event: Seen) -> bool:
        if event.ti_id is not None:
            return event.ti_id in self.ids
        created = self.run.created_at
        return created is None or event.occurred_at >= created

    def _is_of_the_machinery(self, event: Seen) -> bool:
        """A row that was read does not tell who set its state; where people did, it may be they."""
        touched = {event.key[:2], _ANYWHERE} & self.overridden
        return not event.manual and not (touched and event.witness in TABLES)

    def _allowed(self, key: TryKey, state: str | None) -> float:
        if state == RUNNING:
            return len(self.run.starts[key]) if key in self.run.starts else float("inf")
        if state not in ONCE:
            return float("inf")
        return max(1, sum(state in attempt.accepted for attempt in self.attempts.get(key, ())))

    def _contradicts(self, key: TryKey, by_state: Mapping[str | None, Sequence[Seen]]) -> bool:
        """Whether a try that nobody touched both failed for good and was to be tried again."""
        if self.run.clear_number or {key[:2], _ANYWHERE} & self.overridden:
            return False
        return all(len(by_state.get(state, ())) == 1 for state in FAILURES)

    def doubled_run(self) -> list[Difference]:
        by_state: dict[str | None, list[Seen]] = defaultdict(list)
        for event in self.of_run:
            known = event.queued_at is None or event.queued_at == self.run.queued_at
            if event.state in RUN_TERMINAL and known and self._is_of_the_machinery(event):
                by_state[event.state].append(event)
        return [
            self._difference(
                "doubled", state or "", event_ids=tuple(event.event_id for event in same)
            )
            for state, same in by_state.items()
            if sum(map(self._is_of_this_round, same)) > 1
        ]

    # ------------------------------------------------------------------ unmatched

    def unmatched(self) -> list[Difference]:
        """Terminal states of events that no row of Airflow's holds any more."""
        found = [self._stray(event, "an earlier run of the same id") for event in self.earlier]
        tasks = {key[:2] for key in self.attempts}
        for key, events in self.of_try.items():
            for event in events:
                if event.state not in TERMINAL or event.event_id in self.taken:
                    continue
                if key[:2] not in tasks:
                    why = "the task instance is gone"
                elif key not in self.attempts:
                    why = "the try is gone"
                else:
                    why = "another state stands now"
                found.append(self._stray(event, why))
        return found

    def _stray(self, event: Seen, why: str) -> Difference:
        return self._difference(
            "unmatched",
            event.state or "",
            task_id=event.task_id,
            map_index=event.map_index,
            try_number=event.try_number,
            at=event.occurred_at,
            event_ids=(event.event_id,),
            why=why,
        )

    def _difference(self, kind: str, state: str, **about: Any) -> Difference:
        run = self.run
        return Difference(kind=kind, dag_id=run.dag_id, run_id=run.run_id, state=state, **about)

    def _of(self, attempt: Attempt, kind: str, state: str) -> Difference:
        return self._difference(
            kind,
            state,
            task_id=attempt.task_id,
            map_index=attempt.map_index,
            try_number=attempt.try_number,
            ti_id=attempt.ti_id,
            at=attempt.at,
        )

    def _of_key(
        self,
        key: TryKey,
        kind: str,
        state: str,
        *,
        at: datetime | None = None,
        events: Collection[Seen] = (),
    ) -> Difference:
        return self._difference(
            kind,
            state,
            task_id=key[0],
            map_index=key[1],
            try_number=key[2],
            at=at or max((event.occurred_at for event in events), default=None),
            event_ids=tuple(event.event_id for event in events),
        )
