"""Where witnesses meet: what arrives becomes an event, or one more sighting of an event.

Listeners' events arrive from many processes at the same time; the tables of Airflow are read by
one. Those who bring listeners' events do not wait for each other, only for the one that reads, so
that no two of them decide about the same transition with different knowledge.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    Row,
    Text,
    TextClause,
    cast,
    func,
    select,
    text,
    true,
    tuple_,
)

from airflow_gov_provider.domain.events import LISTENER, Event
from airflow_gov_provider.domain.sightings import (
    FAILURES,
    RUNNING,
    Occurrence,
    Seen,
    attribute,
    seen_in,
)
from airflow_gov_provider.store.events.bulk import CopyRows, copy_rows
from airflow_gov_provider.store.events.requests import enqueue, is_request
from airflow_gov_provider.store.events.rows import insert_events
from airflow_gov_provider.store.events.witnesses import (
    Sighting,
    insert_sightings,
    known_references,
    sightings_of,
)
from airflow_gov_provider.store.tables import UNHEARD
from airflow_gov_provider.store.tables import event as table

_AT_ONCE = 200
_FEW = 500
_FAILURE = "failure"  # stands for both of them
_COLUMNS = (
    "event_id",
    "type",
    "state",
    "dag_id",
    "run_id",
    "task_id",
    "map_index",
    "try_number",
    "document",
)
_TRANSITIONS = ("task_instance.", "dag_run.")
_READING = "hashtext('airflow_gov_provider.witnesses')"
_JOINING = "hashtext('airflow_gov_provider.joining')"


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A transition as one witness has it, and the witness's own name for it.

    :param event: what it becomes if nobody else saw it.
    :param only_joins: another witness will tell of it; until then it is left alone.
    """

    event: Event
    reference: str
    only_joins: bool = False


@dataclass(frozen=True, slots=True)
class Prepared:
    """What can be made of events before they arrive, without the database.

    :param rows: of all of them.
    :param transitions: those of them that other witnesses may have told of, and their names.
    """

    rows: CopyRows
    transitions: Sequence[Event]
    names: Collection[tuple[Any, ...]]


def prepare(events: Sequence[Event], *, recorded_at: datetime) -> Prepared:
    """For ``arrive``, by whoever has the time for it."""
    transitions = [event for event in events if _is_transition(event)]
    return Prepared(copy_rows(events, recorded_at=recorded_at), transitions, _names(transitions))


def alone(connection: Connection) -> None:
    """Until the transaction ends, nothing arrives and nobody else reads Airflow's tables."""
    if connection.dialect.name == "sqlite":
        _begin_writing(connection)
    else:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_READING})")


def beside_others(connection: Connection) -> None:
    """Until the transaction ends, nobody is ``alone``."""
    if connection.dialect.name == "sqlite":
        _begin_writing(connection)
    else:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock_shared({_READING})")


def _begin_writing(connection: Connection) -> None:
    """SQLite has one writer at a time; being it before reading is what makes the reading count."""
    driver: Any = connection.connection.driver_connection
    if not driver.in_transaction:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def arrive(
    connection: Connection,
    events: Iterable[Event],
    *,
    recorded_at: datetime,
    prepared: Prepared | None = None,
) -> int:
    """Take in what listeners and operators brought; what is there already is left out.

    An event whose transition other witnesses brought before becomes a sighting of theirs. A request
    is no event yet: it waits for the row of Airflow's log that it made.

    Once in a transaction: what the first time inserts, others may wait for while they hold what the
    second time waits for.

    :param prepared: the same events, prepared; of no use where requests are among them.
    :returns: how many were new, as an event or as a sighting.
    """
    arrived = list(events)
    beside_others(connection)
    if requests := [event for event in arrived if is_request(event)]:
        enqueue(connection, requests, received_at=recorded_at)
        arrived = [event for event in arrived if not is_request(event)]
        prepared = None
    transitions = (
        prepared.transitions if prepared else [event for event in arrived if _is_transition(event)]
    )
    names = prepared.names if prepared else _names(transitions)
    late, known = _late(connection, transitions, names)
    if not late:
        rows = prepared.rows if prepared else None
        return insert_events(connection, arrived, recorded_at=recorded_at, rows=rows)
    first, sightings = _settle(connection, late, known)
    if doubtful := _starts_beside_lone_ones(first, late, known):
        late, known = _late(connection, transitions, names, starts=doubtful)
        first, sightings = _settle(connection, late, known)
    fresh = [event for event in arrived if event.event_id not in late or event.event_id in first]
    new = insert_events(connection, fresh, recorded_at=recorded_at)
    insert_sightings(connection, sightings, recorded_at=recorded_at)
    return new + len(sightings)


def _late(
    connection: Connection,
    transitions: Sequence[Event],
    names: Collection[tuple[Any, ...]],
    *,
    starts: Collection[tuple[Any, ...]] = (),
) -> tuple[dict[str, Event], list[Occurrence]]:
    """Those that may be of a transition which stands already, and those transitions.

    A transition that a listener brought first counts only if it is a failure, of which both the
    task and the scheduler may tell, or one of the starts that are asked for. Nobody else decides
    about any of it until the transaction ends.
    """
    failures = [event for event in transitions if event.state in FAILURES and event.task_id]
    found = _rows_like(connection, names, text(UNHEARD))
    if not (found or failures):
        return {}, []
    _join_alone(connection)
    of_listeners = {*_names(failures), *starts}
    found += _rows_like(connection, of_listeners, table.c.witness == LISTENER)
    stand = _names((*found, *failures))
    late = {event.event_id: event for event in transitions if _name(event) in stand}
    return late, _occurrences(connection, found, {_seen(event).slot for event in late.values()})


def _join_alone(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":  # which has one writer anyway
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_JOINING})")


def _settle(
    connection: Connection, late: dict[str, Event], known: list[Occurrence]
) -> tuple[set[str], list[Sighting]]:
    """Tell those that nobody brought before, by their ids, from those that become sightings."""
    told = set(_told(connection, late)) | known_references(connection, LISTENER, late)
    unknown = [event for event_id, event in late.items() if event_id not in told]
    there = {occurrence.event_id for occurrence in known}
    found = attribute([_seen(event) for event in unknown], known)
    first: set[str] = set()
    sightings = []
    for event, occurrence in zip(unknown, found, strict=True):
        if occurrence.event_id == event.event_id and event.event_id not in there:
            first.add(event.event_id)
        else:
            sightings.append(_sighting(event, event.event_id, of=occurrence.event_id))
    return first, sightings


def _starts_beside_lone_ones(
    first: Collection[str], late: Mapping[str, Event], known: Iterable[Occurrence]
) -> set[tuple[Any, ...]]:
    """Starts that nobody knows, of tasks of which the log alone knows one: it may be another's."""
    lone = {
        occurrence.seen[0].slot
        for occurrence in known
        if all(one.witness != LISTENER for one in occurrence.seen)
    }
    told = [late[event_id] for event_id in first]
    return _names(event for event in told if (seen := _seen(event)).is_start and seen.slot in lone)


def merge(
    connection: Connection, views: Sequence[View], *, recorded_at: datetime
) -> list[str | None]:
    """Take in what a table of Airflow tells; the caller is ``alone`` and knows no view was taken.

    Each view leaves a sighting, also where it is what an event is made of.

    :returns: for each view the ``event_id`` of its transition; None if it is left alone.
    """
    seen = [seen_in(view.event, view.reference) for view in views]
    rows = _rows_like(connection, _names(view.event for view in views), true())
    known = _occurrences(connection, rows, {one.slot for one in seen})
    found = attribute(seen, known)
    there = {occurrence.event_id for occurrence in known}
    founders = {
        view.reference: view.event
        for view, occurrence in zip(views, found, strict=True)
        if occurrence.event_id == view.reference and not view.only_joins
    }
    of = [_event_id(occurrence.event_id, there, founders) for occurrence in found]
    insert_events(connection, founders.values(), recorded_at=recorded_at)
    sightings = [
        _sighting(view.event, view.reference, of=event_id)
        for view, event_id in zip(views, of, strict=True)
        if event_id is not None
    ]
    insert_sightings(connection, sightings, recorded_at=recorded_at)
    return of


def _event_id(name: str, there: Collection[str], founders: Mapping[str, Event]) -> str | None:
    if name in there:
        return name
    return founders[name].event_id if name in founders else None


def _sighting(event: Event, reference: str, *, of: str) -> Sighting:
    return Sighting(
        event_id=of,
        witness=event.witness,
        reference=reference,
        occurred_at=event.occurred_at,
        document=event.document.decode(),
    )


def _is_transition(event: Event) -> bool:
    return event.witness == LISTENER and event.type.startswith(_TRANSITIONS)


def _seen(event: Event) -> Seen:
    return seen_in(event, event.event_id)


def _name(told: Any) -> tuple[Any, ...]:
    """What the columns say of a transition; whoever sees the same one agrees."""
    state = _FAILURE if told.state in FAILURES else told.state
    number = None if state == RUNNING and told.task_id is not None else told.try_number
    return (told.dag_id, told.run_id, told.task_id, told.map_index, number, state)


def _names(told: Iterable[Any]) -> set[tuple[Any, ...]]:
    return set(map(_name, told))


def _rows_like(
    connection: Connection,
    names: Collection[tuple[Any, ...]],
    condition: ColumnElement[bool] | TextClause,
) -> list[Row[Any]]:
    """Rows whose columns say of a transition what one of the names says."""
    if not names:
        return []
    query = select(*(table.c[name] for name in _COLUMNS)).where(condition)
    among = _among(connection, sorted({(str(name[0]), str(name[1])) for name in names}))
    rows = connection.execute(query.where(among, *_narrowed(names)))
    return [row for row in rows if row.type.startswith(_TRANSITIONS) and _name(row) in names]


def _among(connection: Connection, runs: Sequence[tuple[str, str]]) -> ColumnElement[bool]:
    """That a row is of one of these runs, however many there are, in one or two parameters."""
    run = tuple_(table.c.dag_id, table.c.run_id)
    if connection.dialect.name == "sqlite":
        pairs = func.json_each(json.dumps(runs)).table_valued("value")
        parts = (func.json_extract(pairs.c.value, place) for place in ("$[0]", "$[1]"))
        return run.in_(select(*parts))
    names = [cast([run[place] for run in runs], ARRAY(Text)) for place in (0, 1)]
    each = func.unnest(*names).table_valued("dag_id", "run_id").render_derived()
    return run.in_(select(each.c.dag_id, each.c.run_id))


def _narrowed(names: Collection[tuple[Any, ...]]) -> Iterator[ColumnElement[bool]]:
    """Conditions that leave out most of a large run; none of them where the values are many."""
    places = {"task_id": 2, "map_index": 3, "try_number": 4, "state": 5}
    for name, place in places.items():
        values = {one[place] for one in names}
        if _FAILURE in values:
            values |= FAILURES
        if len(values) <= _FEW and None not in values:
            yield table.c[name].in_(values)


def _occurrences(
    connection: Connection, rows: Iterable[Row[Any]], slots: Collection[Any]
) -> list[Occurrence]:
    """The transitions of these slots, with everyone who saw them."""
    occurrences: dict[str, Occurrence] = {}
    for row in rows:
        seen = _read(row.document, row.event_id)
        if seen is not None and seen.slot in slots:
            occurrences[row.event_id] = Occurrence(row.event_id, [seen])
    for event_id, sightings in sightings_of(connection, list(occurrences)).items():
        known = occurrences[event_id].seen
        others = [_read(one.document, one.reference) for one in sightings]
        known += [
            one
            for one in others
            if one is not None and (one.witness == LISTENER or one.witness != known[0].witness)
        ]
    return list(occurrences.values())


def _read(document: str, reference: str) -> Seen | None:
    """A sighting as it was stored; None if somebody damaged it."""
    try:
        return seen_in(Event.from_document(document.encode()), reference)
    except ValueError:
        return None


def _told(connection: Connection, event_ids: Iterable[str]) -> Iterator[str]:
    """Those that a listener has brought as events."""
    query = select(table.c.event_id).where(table.c.witness == LISTENER)
    for some in _batches(event_ids):
        yield from connection.scalars(query.where(table.c.event_id.in_(some)))


def _batches(values: Iterable[Any]) -> Iterator[list[Any]]:
    remaining = iter(values)
    while some := list(islice(remaining, _AT_ONCE)):
        yield some
