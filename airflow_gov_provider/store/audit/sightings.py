"""Whether what further witnesses saw is as it was sealed: set by set, each named by its event."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, func, select

from airflow_gov_provider.store.audit.findings import Findings
from airflow_gov_provider.store.audit.rows import DOCUMENT, EVENT_ID, SEQ, EventRow
from airflow_gov_provider.store.events.witnesses import WITNESSED, Sighting, digest_of
from airflow_gov_provider.store.tables import event, event_witness

_AT_ONCE = 100
_COLUMNS = [event_witness.c[name] for name in Sighting.__slots__]


def check_sightings(connection: Connection, events: Sequence[EventRow], findings: Findings) -> int:
    """Compare sets of sightings with the events of the type ``WITNESSED`` that seal them.

    :returns: how many sightings are in them.
    """
    parts = range(0, len(events), _AT_ONCE)
    return sum(_compare(connection, events[at : at + _AT_ONCE], findings) for at in parts)


def _compare(connection: Connection, events: Sequence[EventRow], findings: Findings) -> int:
    batch = event_witness.c.batch
    query = select(batch, *_COLUMNS).where(batch.in_([row[EVENT_ID] for row in events]))
    rows = connection.execute(query.order_by(batch)).all()
    digests = {name: _digest(some) for name, some in groupby(rows, key=attrgetter("batch"))}
    for row in events:
        if digests.get(row[EVENT_ID]) != _sealed_digest(row[DOCUMENT]):
            findings.add(
                "the sightings of this set are not those that were sealed: one was changed, put "
                "in or taken out",
                event_id=row[EVENT_ID],
                seq=row[SEQ],
            )
    return len(rows)


def _digest(rows: Any) -> str:
    return digest_of(
        Sighting(**{name: getattr(row, name) for name in Sighting.__slots__}) for row in rows
    )


def _sealed_digest(document: bytes) -> Any:
    try:
        return json.loads(bytes(document))["payload"]["digest"]
    except (ValueError, KeyError, TypeError):
        return None


def find_unsealed_sightings(connection: Connection, findings: Findings, *, known: int) -> None:
    """Sightings of sets that no event seals.

    :param known: how many are in sets that have one; if there are no more, none is looked at.
    """
    if known == connection.scalar(select(func.count()).select_from(event_witness)):
        return
    sealed = select(event.c.seq).where(
        event.c.event_id == event_witness.c.batch, event.c.type == WITNESSED
    )
    query = select(event_witness.c.witness, event_witness.c.reference, event_witness.c.event_id)
    for row in connection.execute(query.where(~sealed.exists())):
        findings.add(
            f"the sighting {row.reference} of the {row.witness} is of no set that was sealed",
            event_id=row.event_id,
        )
