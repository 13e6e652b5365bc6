"""Which sightings are of one and the same transition of a task instance.

Several witnesses see a transition, each in its own way and at its own time; the rule by which they
meet is told in ``domain.events`` under *Identity*, and this module is that rule.

Standard library only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from airflow_gov_provider.domain.events import LISTENER, Event
from airflow_gov_provider.domain.matching import most_pairs, reached

LOG = "log"
TASK_INSTANCE = "task_instance"
DAG_RUN = "dag_run"
TABLES = frozenset({TASK_INSTANCE, DAG_RUN})  # witnesses that know a state, not how it came about

TI_ID = "ti_id"  # the UUID that the task instance had in this try
LATER_TI_ID = "later_ti_id"  # the one that it was given when it was cleared in the middle
BEGAN = "process_started_at"  # of the task process that says it runs
INFERRED = "state_is_inferred"  # the witness could not tell failed from up_for_retry
CHANGED = "row_changed_at"
BY_HAND = "manual"
PROCESS = "process"

CLOCKS = timedelta(seconds=10)  # by how much the clocks of two hosts may differ
STARTING = timedelta(minutes=15)  # how long before its hook a process may have started
_AT_ONCE = timedelta(0)
_AROUND = 50  # starts that are looked at for which of them were taken for one another

REPEATABLE = frozenset({"running", "deferred", "up_for_reschedule", "awaiting_input", "scheduled"})
FAILURES = frozenset({"failed", "up_for_retry"})
RUNNING = "running"


class Try(NamedTuple):
    """One try of one task instance; what the machinery numbers."""

    dag_id: str | None
    run_id: str | None
    task_id: str | None
    map_index: int | None
    try_number: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One transition as one witness saw it.

    :param reference: how the witness names what it saw.
    :param at: when it happened, or when it was told where nobody knows better.
    :param began: the transition happened at this time or later, and not after ``at``.
    :param ti_ids: UUIDs that the task instance had in this try, as far as they are known.
    :param by_hand: a person did it; None where the witness cannot tell.
    :param told_by: in which process a listener saw it.
    :param is_inferred: whether the state may as well be the other one of ``FAILURES``.
    :param changed_at: when the row that was read had been changed for the last time.
    """

    witness: str
    reference: str
    of: Try
    state: str
    at: datetime
    began: datetime
    ti_ids: frozenset[str] = frozenset()
    by_hand: bool | None = False
    told_by: str | None = None
    is_inferred: bool = False
    changed_at: datetime | None = None

    @property
    def slot(self) -> tuple[Try, str]:
        """What sightings of one transition have in common.

        Not the try of a start: the scheduler may fail a try while its process is still to be
        started, and that process then runs the next try under the number of the one before.
        """
        of = self.of._replace(try_number=None) if self.is_start else self.of
        return of, "failure" if self.state in FAILURES else self.state

    @property
    def is_start(self) -> bool:
        return self.state == RUNNING and self.of.task_id is not None


def seen_in(event: Event, reference: str) -> Seen:
    """The sighting that an event of a task instance or of a Dag run tells of.

    For a Dag run the number of clearings stands where a task instance has its try, and the time of
    queueing for the UUID.
    """
    payload = event.payload
    is_run = event.type.startswith("dag_run.")
    number = payload.get("clear_number") or 0 if is_run else event.try_number
    ids = (_queued(payload),) if is_run else (payload.get(TI_ID), payload.get(LATER_TI_ID))
    return Seen(
        witness=event.witness,
        reference=reference,
        of=Try(event.dag_id, event.run_id, event.task_id, event.map_index, number),
        state=str(event.state),
        at=event.occurred_at,
        began=_began(event),
        ti_ids=frozenset(str(one) for one in ids if one),
        by_hand=None if event.witness in TABLES else bool(payload.get(BY_HAND)),
        told_by=_text(payload.get(PROCESS)),
        is_inferred=bool(payload.get(INFERRED)),
        changed_at=_time(payload.get(CHANGED)),
    )


def _queued(payload: Mapping[str, object]) -> str | None:
    queued = _time(payload.get("queued_at"))
    return queued.astimezone(UTC).isoformat() if queued else None


def _began(event: Event) -> datetime:
    """A hook says that a task runs some time after Airflow wrote it down."""
    if event.witness != LISTENER or event.state not in REPEATABLE:
        return event.occurred_at
    began = _time(event.payload.get(BEGAN))
    return min(began or event.occurred_at - STARTING, event.occurred_at)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _time(value: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return found if found.tzinfo else None


@dataclass(slots=True)
class Occurrence:
    """A transition that is known, and everyone who saw it."""

    event_id: str
    seen: list[Seen] = field(default_factory=list)

    @property
    def by_hand(self) -> bool:
        return any(one.by_hand for one in self.seen)

    @property
    def ti_ids(self) -> frozenset[str]:
        return frozenset[str]().union(*(one.ti_ids for one in self.seen))


def attribute(seen: Sequence[Seen], known: Iterable[Occurrence]) -> list[Occurrence]:
    """The occurrence that each sighting belongs to; those known take in the sightings.

    The nearest pairs find each other first, so the order of the sightings does not matter. Told one
    by one, a hook and a row of the log may meet that are of two starts at nearly the same time; how
    many starts there are is right all the same.

    :returns: for each sighting its occurrence; one that was not known has the reference of the
        first sighting for its ``event_id``.
    """
    slots: dict[tuple[Try, str], list[Occurrence]] = {}
    for occurrence in known:
        slots.setdefault(occurrence.seen[0].slot, []).append(occurrence)
    found: list[Occurrence | None] = [None] * len(seen)
    pairs = [
        (apart, at, occurrence)
        for at, one in enumerate(seen)
        for occurrence in slots.get(one.slot, ())
        if (apart := _apart(one, occurrence)) is not None
    ]
    for _, at, occurrence in sorted(pairs, key=lambda pair: pair[0]):
        if found[at] is None and _apart(seen[at], occurrence) is not None:
            _take(occurrence, seen[at])
            found[at] = occurrence
    new: dict[tuple[Try, str], list[Occurrence]] = {}
    for at in sorted(range(len(seen)), key=lambda at: seen[at].at):
        if found[at] is None:
            slot = seen[at].slot
            found[at] = _nearest_or_new(seen[at], new.setdefault(slot, []), slots.get(slot, ()))
    return [occurrence for occurrence in found if occurrence is not None]


def _nearest_or_new(one: Seen, new: list[Occurrence], known: Sequence[Occurrence]) -> Occurrence:
    fitting = [
        (apart, at)
        for at, occurrence in enumerate(new)
        if (apart := _apart(one, occurrence)) is not None
    ]
    occurrence = new[min(fitting)[1]] if fitting else _left_over(one, [*known, *new])
    if occurrence is None:
        occurrence = Occurrence(one.reference)
        new.append(occurrence)
    _take(occurrence, one)
    return occurrence


def _left_over(one: Seen, known: Sequence[Occurrence]) -> Occurrence | None:
    """A start that only one witness saw, because what the other saw of it is taken for another's.

    A hook that is told before the hook of the start before may have met the row of that one. Whose
    is whose cannot be mended any more, but there are no more starts than if as many hooks and rows
    as possible had met.
    """
    if not one.is_start:
        return None
    near = sorted((_gap(one, other.seen[0]), at) for at, other in enumerate(known) if other.seen)
    around = [known[at] for gap, at in near[:_AROUND] if gap <= STARTING]
    lone = [other for other in around if {seen.witness for seen in other.seen} <= _other_than(one)]
    if not lone:
        return None
    told = {id(seen): seen for seen in (one, *(seen for other in around for seen in other.seen))}
    linked = reached(id(one), told, lambda a, b: _may_meet(told[a], told[b]))
    own = [at for at in linked if told[at].witness == one.witness]
    fits = {at: [to for to in linked if _may_meet(told[at], told[to])] for at in own}
    met = sum(len(other.seen) > 1 and id(other.seen[0]) in linked for other in around)
    if most_pairs(fits) <= met:
        return None
    return next((other for other in lone if id(other.seen[0]) in linked), None)


def _other_than(one: Seen) -> frozenset[str]:
    return frozenset({LISTENER, LOG}) - {one.witness}


def _may_meet(one: Seen, other: Seen) -> bool:
    return one.witness != other.witness and _apart(one, Occurrence("", [other])) is not None


def _take(occurrence: Occurrence, one: Seen) -> None:
    if not _is_there(one, occurrence):
        occurrence.seen.append(one)


def _is_there(one: Seen, occurrence: Occurrence) -> bool:
    return any(
        (one.witness, one.reference) == (other.witness, other.reference)
        for other in occurrence.seen
    )


def _apart(one: Seen, occurrence: Occurrence) -> timedelta | None:
    """How far the sighting is from the occurrence in time; None if it cannot be of it."""
    if _is_there(one, occurrence):
        return -STARTING
    if not (_states_agree(one, occurrence) and _hands_agree(one, occurrence)):
        return None
    same = _same_task_instance(one, occurrence)
    if same is False or not _may_tell_again(one, occurrence, same=same):
        return None
    gap = min(_gap(one, other) for other in occurrence.seen)
    if one.of != occurrence.seen[0].of:
        late = same and _is_late_start(one, occurrence.seen)
        return gap + 2 * CLOCKS if late and gap <= CLOCKS else None
    if one.state in REPEATABLE:
        return gap if gap <= CLOCKS else None
    return gap if same or gap <= STARTING else None


def _states_agree(one: Seen, occurrence: Occurrence) -> bool:
    if any(one.state == other.state for other in occurrence.seen):
        return True
    return one.is_inferred or all(other.is_inferred for other in occurrence.seen)


def _hands_agree(one: Seen, occurrence: Occurrence) -> bool:
    """What a person did is apart from what the machinery did, to everyone but who cannot tell."""
    if one.by_hand is None:
        return True
    if not one.by_hand:
        return not occurrence.by_hand
    return all(
        other.by_hand is None and abs(one.at - (other.changed_at or other.at)) <= CLOCKS
        for other in occurrence.seen
    )


def _same_task_instance(one: Seen, occurrence: Occurrence) -> bool | None:
    """Whether both are of one task instance of one run; None where nobody knows."""
    theirs = occurrence.ti_ids
    return bool(one.ti_ids & theirs) if one.ti_ids and theirs else None


def _may_tell_again(one: Seen, occurrence: Occurrence, *, same: bool | None) -> bool:
    """A table has one row for a transition; of an end, the task and the scheduler may both tell."""
    again = [other for other in occurrence.seen if other.witness == one.witness]
    if not again:
        return True
    if one.witness != LISTENER or one.state in REPEATABLE or one.by_hand:
        return False
    return bool(same) or all(other.told_by != one.told_by for other in again)


def _is_late_start(one: Seen, seen: Sequence[Seen]) -> bool:
    """Whether a hook says with the number before what the log says with the next one."""
    both = {sighting.witness: sighting.of.try_number or 0 for sighting in (*seen, one)}
    if len(seen) != 1 or both.keys() != {LISTENER, LOG}:
        return False
    return both[LISTENER] + 1 == both[LOG]


def _gap(one: Seen, other: Seen) -> timedelta:
    return max(_AT_ONCE, one.began - other.at, other.began - one.at)
