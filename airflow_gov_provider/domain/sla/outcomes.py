"""What became of a promise: the rules, and nothing else.

One outcome for each occasion: a Dag run (its id), a day (its local date) or the time that an
asset's last update began (its time). It is *pending* until it is known, and then one of:

* *met*: what was promised had happened at the deadline, or before. The very instant still counts.
* *missed*: it had not. That stays so, whatever happens afterwards; when it happens after all,
  ``actual_at`` says when.
* *excused*: missed, and the calendar has a reason.
* *void*: nobody can tell. The run or the task failed or was ended by hand before the deadline and
  was not begun again by then, the run was deleted, or there is no such task. Or the promise was
  taken back before the day began, or before the asset was too old.

A run or a task that fails after the deadline has missed it. What a person ends is taken for what it
is only before the deadline; a run that is late and then marked successful is late.

Every function takes ``now``. The state that it gives for the facts at the end is the same whenever
and however often it was asked before, because a miss is told only when the deadline is over.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from airflow_gov_provider.domain.sla.calendars import zone
from airflow_gov_provider.domain.sla.commitments import Commitment, CountsFrom, Kind

_DAY = timedelta(days=1)
_LONGEST_PAUSE = 3700  # days that are looked through for one on which a promise holds
_FAILED = ("failed", "upstream_failed")
_DONE = ("success", "skipped")
_REMOVED = "removed"
_SCHEDULED = "scheduled"
ENDED = ("success", "failed")


class State(StrEnum):
    PENDING = "pending"
    MET = "met"
    MISSED = "missed"
    EXCUSED = "excused"
    VOID = "void"


LATE = (State.MISSED, State.EXCUSED)  # in which what was promised may still happen


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One occasion of a commitment.

    :param occasion: a run's id, a local date, or the time from which an asset grows old.
    :param expected_at: the deadline; None while what it counts from has not happened.
    :param actual_at: when it happened; of a miss, when it happened after all.
    :param judged_by: ``callback`` or ``collector``.
    :param terms: the commitment as it was for this occasion.
    """

    outcome_id: str
    commitment_id: str
    occasion: str
    state: State
    created_at: datetime
    terms: Commitment
    dag_id: str | None = None
    run_id: str | None = None
    reason: str | None = None
    owner: str | None = None
    expected_at: datetime | None = None
    actual_at: datetime | None = None
    judged_by: str | None = None
    judged_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """A Dag run as Airflow's tables have it.

    :param state: None for a run that is there no more.
    :param created_at: when Airflow made it, which clearing it does not change; None if unknown.
    :param ended_at: None while it has not ended.
    :param marked_by: who ended it by hand; None where it ended by itself.
    """

    dag_id: str
    run_id: str
    state: str | None
    run_type: str = _SCHEDULED
    logical_date: datetime | None = None
    created_at: datetime | None = None
    queued_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    marked_by: str | None = None

    @property
    def has_ended(self) -> bool:
        return self.state in ENDED and self.ended_at is not None

    def base(self, counts_from: CountsFrom) -> datetime | None:
        """What a deadline counts from, once that is known."""
        match counts_from:
            case CountsFrom.QUEUED:
                return self.queued_at
            case CountsFrom.LOGICAL_DATE:
                return self.logical_date
            case CountsFrom.RUN_START:
                return self.started_at


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFacts:
    """One index of a task in a run, in its present try; -1 for one that is not mapped.

    A mapped task whose indexes are not known yet has one row of index -1 without a state.
    """

    map_index: int
    state: str | None
    ended_at: datetime | None = None
    marked_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    state: State
    reason: str | None = None
    actual_at: datetime | None = None


PENDING = Judgement(state=State.PENDING)
TAKEN_BACK = Judgement(state=State.VOID, reason="the promise was taken back")


def is_of_another(outcome: Outcome, run: RunFacts) -> bool:
    """Whether the outcome was noted for a run that is gone, and this one has its id now.

    An outcome is never older than its run.
    """
    return run.created_at is not None and run.created_at > outcome.created_at


def was_in_time(outcome: Outcome, judgement: Judgement) -> bool:
    """Whether what was told as late had happened in time, which came to light afterwards."""
    unknown = outcome.state in LATE and outcome.actual_at is None
    return unknown and judgement.state is State.MET


def deadline(terms: Commitment, run: RunFacts) -> datetime | None:
    """By when a run, or a task in it, has to be done; None while nobody can tell."""
    base = run.base(_counts_from(terms))
    return None if base is None or terms.within is None else base + terms.within


def _counts_from(terms: Commitment) -> CountsFrom:
    if terms.kind is Kind.TASK:
        return CountsFrom.RUN_START
    return terms.counts_from or CountsFrom.QUEUED


def applies(terms: Commitment, run: RunFacts, *, declared_at: datetime) -> bool:
    """Whether a run is an occasion of a promise.

    A run that had ended when the promise was made is none, nor is one whose deadline was over by
    then, nor one without a logical date where that is what counts.
    """
    if _counts_from(terms) is CountsFrom.LOGICAL_DATE and run.logical_date is None:
        return False
    expected = deadline(terms, run)
    if expected is not None and expected < declared_at:
        return False
    return run.ended_at is None or not run.has_ended or run.ended_at >= declared_at


def judge_run(
    terms: Commitment, run: RunFacts, *, expected_at: datetime | None, now: datetime
) -> Judgement:
    """:param expected_at: as it was when the occasion began; clearing a run does not move it."""
    unjudgeable = _unjudgeable(terms, run, expected_at)
    if unjudgeable is not None or expected_at is None:
        return unjudgeable or PENDING
    if run.ended_at is None or not run.has_ended:
        return _late(terms, expected_at) if now > expected_at else PENDING
    if run.ended_at > expected_at:
        return _late(terms, expected_at, actual_at=run.ended_at if _succeeded(run) else None)
    if run.marked_by is not None:
        return _void(f"the run was marked {run.state} by {run.marked_by} before the deadline")
    if not _succeeded(run):
        return _void("the run failed before the deadline")
    return Judgement(state=State.MET, actual_at=run.ended_at)


def _succeeded(run: RunFacts) -> bool:
    return run.state == "success"


def _unjudgeable(
    terms: Commitment, run: RunFacts, expected_at: datetime | None
) -> Judgement | None:
    if run.state is None:
        return _void("the run was deleted before it was judged")
    if expected_at is None:
        return _void("the run ended before its time began to count") if run.has_ended else None
    dated = _counts_from(terms) is CountsFrom.LOGICAL_DATE and run.run_type != _SCHEDULED
    if dated and run.queued_at is not None and run.queued_at > expected_at:
        return _void("the run was asked for when its deadline was over")
    return None


def judge_task(
    terms: Commitment,
    run: RunFacts,
    indexes: Iterable[TaskFacts],
    *,
    expected_at: datetime | None,
    now: datetime,
) -> Judgement:
    """A task is done when all of its indexes have succeeded or were skipped."""
    unjudgeable = _unjudgeable(terms, run, expected_at)
    if unjudgeable is not None or expected_at is None:
        return unjudgeable or PENDING
    there = [one for one in indexes if one.state != _REMOVED]
    if not there:
        over = run.has_ended or now > expected_at
        return _void(f"the run has no task {terms.subject}") if over else PENDING
    if all(one.state in _DONE and one.ended_at is not None for one in there):
        return _judge_done(terms, there, expected_at)
    failed = [one for one in there if one.state in _FAILED and _in_time(one.ended_at, expected_at)]
    if failed:
        return _void(_by_hand(failed) or "the task failed before the deadline")
    if run.has_ended and _in_time(run.ended_at, expected_at):
        by = run.marked_by
        told = f"was marked {run.state} by {by}" if by else "ended"
        return _void(f"the run {told} before the deadline, and the task was not done")
    return _late(terms, expected_at) if now > expected_at else PENDING


def _judge_done(
    terms: Commitment, indexes: Sequence[TaskFacts], expected_at: datetime
) -> Judgement:
    done_at = max(one.ended_at for one in indexes if one.ended_at is not None)
    if done_at > expected_at:
        return _late(terms, expected_at, actual_at=done_at)
    by_hand = _by_hand(indexes)
    return _void(by_hand) if by_hand else Judgement(state=State.MET, actual_at=done_at)


def _by_hand(indexes: Iterable[TaskFacts]) -> str | None:
    for one in indexes:
        if one.marked_by is not None:
            return f"the task was marked {one.state} by {one.marked_by} before the deadline"
    return None


def _in_time(at: datetime | None, expected_at: datetime) -> bool:
    return at is not None and at <= expected_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """When a run has to succeed for it to be of one local day."""

    day: date
    opens_at: datetime
    expected_at: datetime
    ends_at: datetime  # of the local day: what succeeds before is late, and of this day

    def holds(self, at: datetime) -> bool:
        return self.opens_at <= at <= self.expected_at

    def is_late(self, at: datetime) -> bool:
        return self.expected_at < at < self.ends_at


def window_of(terms: Commitment, day: date) -> Window:
    """The window of a local day.

    Where the clock is put forward over a time, what is meant is as long after the last hour as it
    would have been; where it is put back, a time that comes twice is the first of the two. A window
    that opens later in the day than it ends opened on the day before.
    """
    by = terms.by
    if by is None:
        raise ValueError("expected a commitment with a time of day")
    opening = day - _DAY if terms.opens > by else day
    return Window(
        day=day,
        opens_at=_instant(terms, datetime.combine(opening, terms.opens)),
        expected_at=_instant(terms, datetime.combine(day, by)),
        ends_at=_instant(terms, datetime.combine(day + _DAY, datetime.min.time())),
    )


def _instant(terms: Commitment, wall: datetime) -> datetime:
    return wall.replace(tzinfo=zone(terms.tz or "UTC"), fold=0).astimezone(UTC)


def first_day(terms: Commitment, *, since: datetime) -> date | None:
    """The first day that has its deadline at ``since`` or later; None if no day ever holds."""
    day = since.astimezone(zone(terms.tz or "UTC")).date() - _DAY
    found = next_day(terms, after=day - _DAY)
    while found is not None and window_of(terms, found).expected_at < since:
        found = next_day(terms, after=found)
    return found


def next_day(terms: Commitment, *, after: date) -> date | None:
    """The next day of the week that the promise is for; a holiday is one, and excuses a miss."""
    for days in range(1, _LONGEST_PAUSE):
        day = after + days * _DAY
        if day.weekday() in terms.calendar.weekdays:
            return day
    return None


def judge_day(
    terms: Commitment,
    window: Window,
    succeeded: Iterable[datetime],
    *,
    now: datetime,
    paused: bool = False,
) -> Judgement:
    """:param succeeded: when runs of the Dag ended well.
    :param paused: whether the Dag is; a promise is one all the same, and the reason tells.
    """
    ends = sorted(succeeded)
    in_time = next((at for at in ends if window.holds(at)), None)
    if in_time is not None:
        return Judgement(state=State.MET, actual_at=in_time)
    if now <= window.expected_at:
        return PENDING
    late = next((at for at in ends if window.is_late(at)), None)
    judged = _late(terms, window.expected_at, window=window, actual_at=late)
    if paused and judged.reason is None:
        return Judgement(state=judged.state, reason="the Dag is paused", actual_at=late)
    return judged


def judge_update(
    terms: Commitment, *, expected_at: datetime, updated_at: datetime | None, now: datetime
) -> Judgement:
    """:param updated_at: the first update of the asset after the one that the time counts from."""
    if updated_at is not None and updated_at <= expected_at:
        return Judgement(state=State.MET, actual_at=updated_at)
    if updated_at is None and now <= expected_at:
        return PENDING
    return _late(terms, expected_at, actual_at=updated_at)


def _late(
    terms: Commitment,
    expected_at: datetime,
    *,
    window: Window | None = None,
    actual_at: datetime | None = None,
) -> Judgement:
    if window is None:
        excuse = terms.calendar.excuse(expected_at - (terms.within or timedelta()), expected_at)
    else:
        excuse = terms.calendar.excuse_of_day(window.day, window.opens_at, expected_at)
    state = State.MISSED if excuse is None else State.EXCUSED
    return Judgement(state=state, reason=excuse, actual_at=actual_at)


def _void(reason: str) -> Judgement:
    return Judgement(state=State.VOID, reason=reason)
