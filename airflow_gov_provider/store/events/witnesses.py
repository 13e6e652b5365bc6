"""What further witnesses saw of events, and how far each source has been read.

A row says that one witness saw one event, and how that witness names it: a row of Airflow's log by
its id and time, an event of a listener that came after the others by its own ``event_id``. A
witness's name for what it saw is used once, which is what makes reading a source again harmless.

Rows are not leaves of the ledger themselves. Every set of rows that is inserted brings along one
event with their count and digest, and that event is.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Row, insert, select, text, update

from airflow_gov_provider.domain.events import Event, canonical_line
from airflow_gov_provider.store.events.rows import insert_events
from airflow_gov_provider.store.tables import event_witness as table
from airflow_gov_provider.store.tables import tail_position

WITNESSED = "ledger.witnessed"
_AT_ONCE = 500
# One parameter, so that there is one statement for any count.
_WITNESSES_OF = {
    "sqlite": text(
        "SELECT DISTINCT event_id, witness FROM event_witness"
        " WHERE event_id IN (SELECT value FROM json_each(:event_ids))"
    ),
    "postgresql": text(
        "SELECT DISTINCT event_id, witness FROM event_witness"
        " WHERE event_id = ANY(CAST(:event_ids AS text[]))"
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One witness saw one event.

    :param reference: how the witness names what it saw; unique for this witness.
    :param document: canonical JSON of what it saw; never a value of a secret or a row of data.
    """

    event_id: str
    witness: str
    reference: str
    occurred_at: datetime
    document: str


def insert_sightings(
    connection: Connection, sightings: Sequence[Sighting], *, recorded_at: datetime
) -> None:
    """Insert sightings that are not there yet, and the event that seals them.

    :raises IntegrityError: if the witness has used one of the references before.
    """
    if not sightings:
        return
    digest = digest_of(sightings)
    batch = hashlib.sha256(canonical_line([WITNESSED, digest])).hexdigest()
    rows = [
        {name: getattr(sighting, name) for name in Sighting.__slots__}
        | {"recorded_at": recorded_at, "batch": batch}
        for sighting in sightings
    ]
    connection.execute(insert(table), rows)
    sealing = Event(
        event_id=batch,
        type=WITNESSED,
        witness="collector",
        occurred_at=recorded_at,
        payload={"sightings": len(sightings), "digest": digest},
    )
    insert_events(connection, [sealing], recorded_at=recorded_at)


def digest_of(sightings: Iterable[Sighting]) -> str:
    """SHA-256 over the canonical lines of the sightings, ordered by witness and reference."""
    hashed = hashlib.sha256()
    for sighting in sorted(sightings, key=lambda one: (one.witness, one.reference)):
        content: dict[str, Any] = {name: getattr(sighting, name) for name in Sighting.__slots__}
        content["occurred_at"] = sighting.occurred_at.astimezone(UTC).isoformat()
        hashed.update(canonical_line(content) + b"\n")
    return hashed.hexdigest()


def known_references(connection: Connection, witness: str, references: Iterable[str]) -> set[str]:
    """Those of the references that the witness has used already."""
    known: set[str] = set()
    for some in _batches(references):
        query = select(table.c.reference)
        query = query.where(table.c.witness == witness, table.c.reference.in_(some))
        known.update(connection.scalars(query))
    return known


def sightings_of(connection: Connection, event_ids: Collection[str]) -> dict[str, list[Sighting]]:
    """What further witnesses saw, by event, in the order of its occurrence."""
    found: dict[str, list[Sighting]] = {}
    for some in _batches(event_ids):
        query = select(table).where(table.c.event_id.in_(some))
        for row in connection.execute(query.order_by(table.c.occurred_at, table.c.reference)):
            found.setdefault(row.event_id, []).append(_sighting(row))
    return found


def witnesses_of(connection: Connection, event_ids: Collection[str]) -> dict[str, set[str]]:
    """Who saw each event beside, or as well as, whoever gave it."""
    found: dict[str, set[str]] = {}
    is_sqlite = connection.dialect.name == "sqlite"
    for some in _batches(event_ids):
        given = json.dumps(some) if is_sqlite else some
        rows = connection.execute(_WITNESSES_OF[connection.dialect.name], {"event_ids": given})
        for event_id, witness in rows:
            found.setdefault(event_id, set()).add(witness)
    return found


def sightings_of_batch(connection: Connection, batch: str) -> list[Sighting]:
    rows = connection.execute(select(table).where(table.c.batch == batch))
    return [_sighting(row) for row in rows]


def _sighting(row: Row[Any]) -> Sighting:
    return Sighting(**{name: getattr(row, name) for name in Sighting.__slots__})


def _batches(values: Iterable[str]) -> Iterator[list[str]]:
    remaining = iter(values)
    while some := list(islice(remaining, _AT_ONCE)):
        yield some


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """How far a source has been read.

    :param content: JSON-safe; what it means is up to whoever reads the source.
    :param updated_at: when it was last looked at.
    """

    content: Mapping[str, Any]
    updated_at: datetime


def read_position(connection: Connection, name: str) -> Position | None:
    query = select(tail_position).where(tail_position.c.name == name)
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    return Position(content=json.loads(row.position), updated_at=row.updated_at)


def write_position(
    connection: Connection, name: str, content: Mapping[str, Any], *, now: datetime
) -> None:
    values = {"position": canonical_line(content).decode(), "updated_at": now}
    changed = connection.execute(
        update(tail_position).where(tail_position.c.name == name).values(**values)
    )
    if changed.rowcount == 0:
        connection.execute(insert(tail_position).values(name=name, **values))
