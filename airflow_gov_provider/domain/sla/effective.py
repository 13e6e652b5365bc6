"""Which promises hold for a Dag: those of its code, those of the files, and what is the stricter.

An entry of a file is either a *default*, which holds where the Dag's own code makes no promise of
that name, or a *floor*: the Dag's code may promise more than it and never less. Of two defaults of
one name the later entry holds; of two floors about the same thing, the stricter of each term.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import time, timedelta
from fnmatch import fnmatchcase
from itertools import count

from airflow_gov_provider.domain.contracts.problems import hint
from airflow_gov_provider.domain.events import LONGEST_ID
from airflow_gov_provider.domain.severity import worst
from airflow_gov_provider.domain.sla.calendars import EVERY_DAY, Calendar
from airflow_gov_provider.domain.sla.commitments import Commitment, Kind

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dag:
    """What selectors look at, and the promises of its code.

    :param owner: its owners as one text, of at most as many characters as a promise's owner.
    :param tasks: the ids of its tasks; None where they are not known.
    """

    dag_id: str
    tags: frozenset[str] = frozenset()
    owners: frozenset[str] = frozenset()
    owner: str | None = None
    promises: Sequence[Commitment] = ()
    tasks: frozenset[str] | None = None

    def lacks(self, promise: Commitment) -> bool:
        """Whether it is known to have no such task as is promised."""
        known = promise.kind is Kind.TASK and self.tasks is not None
        return known and promise.subject not in (self.tasks or ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """Which Dags: those that fit all that is given, and of a list any one.

    :param dag_ids: patterns with ``*``, ``?`` and ``[...]``, in which case counts.
    """

    dag_ids: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()

    def fits(self, dag: Dag) -> bool:
        return (
            (not self.dag_ids or any(fnmatchcase(dag.dag_id, one) for one in self.dag_ids))
            and (not self.tags or not dag.tags.isdisjoint(self.tags))
            and (not self.owners or not dag.owners.isdisjoint(self.owners))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of a file.

    :param selector: None for an asset that belongs to no Dag.
    """

    selector: Selector | None
    promises: tuple[Commitment, ...]
    is_floor: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Effective:
    """What is promised, by id, and what of it could not be made out."""

    promises: Mapping[str, Commitment] = field(default_factory=dict)
    problems: Sequence[str] = ()


def about_tasks(dags: Iterable[Dag], entries: Iterable[Entry]) -> list[Dag]:
    """The Dags of which tasks are promised, whose tasks one has to know."""
    chosen = [one.selector for one in entries if any(_is_task(own) for own in one.promises)]
    return [
        dag
        for dag in dags
        if any(_is_task(one) for one in dag.promises)
        or any(selector is not None and selector.fits(dag) for selector in chosen)
    ]


def _is_task(promise: Commitment) -> bool:
    return promise.kind is Kind.TASK


def effective(
    dags: Iterable[Dag], entries: Sequence[Entry], calendars: Mapping[str, Calendar]
) -> Effective:
    """What an entry promises of tasks is for those Dags alone that have them.

    :param calendars: of the files, which Dag code may name.
    """
    found: dict[str, Commitment] = {}
    problems: list[str] = []
    for entry in entries:
        if entry.selector is None:
            found.update({one.commitment_id: one for one in entry.promises})
    chosen = [(entry.selector, entry) for entry in entries if entry.selector is not None]
    for dag in dags:
        fitting = [entry for selector, entry in chosen if selector.fits(dag)]
        own = _own(dag, calendars, problems)
        found.update({one.commitment_id: one for one in _of_dag(dag, own, fitting)})
    return Effective(promises=found, problems=problems)


def _own(dag: Dag, calendars: Mapping[str, Calendar], problems: list[str]) -> dict[str, Commitment]:
    """The promises of the Dag's code, the first of each name."""
    own: dict[str, Commitment] = {}
    for promise in dag.promises:
        one = promise.of_dag(dag.dag_id, owner=dag.owner)
        if dag.lacks(one):
            words = hint(one.subject, sorted(dag.tasks or ()))
            problems.append(f"Dag {dag.dag_id}: {one.name!r} has no task {one.subject!r}{words}")
            continue
        name = one.calendar.name
        if name is not None and name not in calendars:
            known = hint(name, calendars) or "; no commitments file describes any"
            problems.append(
                f"Dag {dag.dag_id}: {one.name!r} has an unknown calendar {name!r}{known}"
            )
        elif name is not None:
            one = replace(one, calendar=calendars[name])
        if one.commitment_id in own:
            problems.append(
                f"Dag {dag.dag_id}: two promises are called {one.name!r}; give one a name of its "
                "own, the second does not count"
            )
        own.setdefault(one.commitment_id, one)
    return own


def _of_dag(
    dag: Dag, own: Mapping[str, Commitment], entries: Iterable[Entry]
) -> Iterable[Commitment]:
    standing = dict(own)
    floors: dict[tuple[object, ...], Commitment] = {}
    for entry in entries:
        for promise in entry.promises:
            one = promise.of_dag(dag.dag_id, owner=dag.owner)
            if dag.lacks(one):
                continue
            if entry.is_floor:
                about = _about(one)
                floors[about] = held_to(one, floors[about]) if about in floors else one
            elif one.commitment_id not in own:
                standing[one.commitment_id] = one
    for floor in floors.values():
        _hold(standing, floor)
    return standing.values()


def _hold(standing: dict[str, Commitment], floor: Commitment) -> None:
    """See to it that at least one promise is as strict as the floor."""
    same = [one for one in standing.values() if _about(one) == _about(floor)]
    if any(is_as_strict(one, floor) for one in same):
        return
    if not same:
        apart = _told_apart(floor, standing)
        standing[apart.commitment_id] = apart
        return
    strictest = max(same, key=lambda one: (one.severity.rank, -_latest(one), one.target))
    standing[strictest.commitment_id] = held_to(strictest, floor)


def _told_apart(floor: Commitment, standing: Collection[str]) -> Commitment:
    """The floor, with another name where its own is that of a promise about something else.

    :param standing: ids that are taken.
    """
    about = floor.tz or (floor.counts_from.value.replace("_", " ") if floor.counts_from else "")
    one = floor
    for number in count(1):
        if one.commitment_id not in standing:
            break
        ending = f" (floor {about})" if number == 1 else f" (floor {about} {number})"
        one = replace(floor, name=floor.name[: LONGEST_ID - len(ending)] + ending)
    return one


def _about(one: Commitment) -> tuple[object, ...]:
    """What makes two promises comparable."""
    return (one.kind, one.subject, one.counts_from, one.tz)


def is_as_strict(one: Commitment, floor: Commitment) -> bool:
    """Whether a promise leaves nothing open that the floor does not."""
    return (
        _latest(one) <= _latest(floor)
        and _opening(one) >= _opening(floor)
        and one.severity.rank >= floor.severity.rank
        and one.target >= floor.target
        and stricter_calendar(one.calendar, floor.calendar) == _days(one.calendar)
    )


def held_to(one: Commitment, floor: Commitment) -> Commitment:
    """A promise that is as strict as the floor in every term, and else as it was."""
    strict = one if _latest(one) <= _latest(floor) else floor
    opening = one if _opening(one) >= _opening(floor) else floor
    if _opening(opening) >= _latest(strict):  # the day would open when it is over
        strict = opening = floor
    as_strict = is_as_strict(one, floor)
    calendar = stricter_calendar(one.calendar, floor.calendar)
    return replace(
        one,
        within=strict.within,
        by=strict.by,
        opens=opening.opens,
        severity=worst(one.severity, floor.severity),
        target=max(one.target, floor.target),
        calendar=one.calendar if calendar == _days(one.calendar) else calendar,
        owner=one.owner or floor.owner,
        source=one.source if as_strict else f"{one.source}, held to {floor.source}",
    )


def _latest(one: Commitment) -> timedelta:
    """The deadline, counted from midnight or from what the promise counts from."""
    if one.by is not None:
        return _of_day(one.by)
    return one.within or timedelta()


def _opening(one: Commitment) -> timedelta:
    """From when on a run counts, with the evening before below zero; the same for all but days."""
    if one.by is None:
        return -_DAY
    return _of_day(one.opens) - (_DAY if one.opens > one.by else timedelta())


def _of_day(at: time) -> timedelta:
    return timedelta(
        hours=at.hour, minutes=at.minute, seconds=at.second, microseconds=at.microsecond
    )


def stricter_calendar(one: Calendar, floor: Calendar) -> Calendar:
    """What holds on every day on which either does, and excuses only what both excuse.

    Where both speak of days and of different zones, it is the floor's: days that are not the same
    cannot be compared.
    """
    one, floor = _days(one), _days(floor)
    if _has_days(one) and _has_days(floor) and one.tz != floor.tz:
        return floor
    days = {holiday.day for holiday in one.holidays}
    return _days(
        Calendar(
            weekdays=tuple(sorted({*one.weekdays, *floor.weekdays})),
            holidays=tuple(holiday for holiday in floor.holidays if holiday.day in days),
            maintenance=tuple(one_ for one_ in one.maintenance if one_ in floor.maintenance),
            tz=one.tz if _has_days(one) else floor.tz,
        )
    )


def _has_days(calendar: Calendar) -> bool:
    """Whether it depends on its zone."""
    weekly = any(window.weekly for window in calendar.maintenance)
    return bool(calendar.holidays) or calendar.weekdays != EVERY_DAY or weekly


def _days(calendar: Calendar) -> Calendar:
    """What it says, whoever describes it, and without a zone where that says nothing."""
    holidays = tuple(sorted(calendar.holidays, key=lambda holiday: holiday.day))
    tz = calendar.tz if _has_days(calendar) else "UTC"
    return replace(calendar, name=None, tz=tz, holidays=holidays)
