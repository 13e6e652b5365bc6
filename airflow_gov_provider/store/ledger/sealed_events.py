"""Events with their leaves, for exports and proofs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, select

from airflow_gov_provider.domain.ledger.bundle import SealedEvent
from airflow_gov_provider.domain.ledger.proofs import inclusion
from airflow_gov_provider.domain.ledger.tlog_proof import TlogProof
from airflow_gov_provider.store.ledger import tree as ledger
from airflow_gov_provider.store.search.pages import EventFilter, filtered
from airflow_gov_provider.store.tables import event, leaf

_BATCH = 1000


def sealed_events(
    connection: Connection, wanted: EventFilter, *, size: int
) -> Iterator[SealedEvent]:
    """The events among the first ``size`` leaves that the filter finds, in the order of leaves."""
    query = select(leaf.c.leaf_index, leaf.c.leaf_hash, event.c.document)
    query = query.join(event, event.c.event_id == leaf.c.event_id).order_by(leaf.c.leaf_index)
    query = filtered(query.where(leaf.c.leaf_index < size).limit(_BATCH), wanted)
    after = -1
    while rows := connection.execute(query.where(leaf.c.leaf_index > after)).all():
        for row in rows:
            yield SealedEvent(row.leaf_index, bytes(row.leaf_hash), row.document.encode())
        after = rows[-1].leaf_index


def leaves_of_numbers(connection: Connection, numbers: Sequence[int], *, size: int) -> list[int]:
    """The leaves among the first ``size`` of events with these sequence numbers, in no order."""
    query = select(leaf.c.leaf_index).join(event, event.c.event_id == leaf.c.event_id)
    query = query.where(event.c.seq.in_(numbers), leaf.c.leaf_index < size)
    return list(connection.scalars(query)) if numbers else []


def sealed_events_at(
    connection: Connection, leaves: Sequence[int]
) -> list[tuple[str | None, SealedEvent]]:
    """The events of these leaves with their Dags, in the order of leaves; without those gone."""
    query = select(leaf.c.leaf_index, leaf.c.leaf_hash, event.c.document, event.c.dag_id)
    query = query.join(event, event.c.event_id == leaf.c.event_id)
    query = query.where(leaf.c.leaf_index.in_(leaves)).order_by(leaf.c.leaf_index)
    return [
        (row.dag_id, SealedEvent(row.leaf_index, bytes(row.leaf_hash), row.document.encode()))
        for row in connection.execute(query)
    ]


def sealed_event(connection: Connection, event_id: str) -> SealedEvent | None:
    """The event and its leaf; None if there is no such event, or it waits for its leaf."""
    query = select(leaf.c.leaf_index, leaf.c.leaf_hash, event.c.document)
    query = query.join(event, event.c.event_id == leaf.c.event_id)
    row = connection.execute(query.where(leaf.c.event_id == event_id)).one_or_none()
    return row and SealedEvent(row.leaf_index, bytes(row.leaf_hash), row.document.encode())


def proof_of(connection: Connection, found: SealedEvent, last: ledger.StoredCheckpoint) -> str:
    """The text that proves the event to whoever has the key: a c2sp.org/tlog-proof.

    It reads some hundred hashes, however large the ledger is.

    :raises LedgerBroken: if hashes that it needs are missing.
    """
    path = path_of(connection, found.leaf_index, last.size)
    return TlogProof(index=found.leaf_index, path=path, note=last.note).text


def path_of(connection: Connection, leaf_index: int, size: int) -> tuple[bytes, ...]:
    """The hashes that lead from a leaf to the root of the first ``size`` leaves.

    :raises LedgerBroken: if hashes that it needs are missing.
    """
    return inclusion(leaf_index, size, ledger.StoredTree(connection).node)


def is_known(connection: Connection, event_id: str) -> bool:
    query = select(event.c.seq).where(event.c.event_id == event_id)
    return connection.scalar(query) is not None
