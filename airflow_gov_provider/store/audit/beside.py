"""What lies beside the sealed leaves: events that nobody sealed, and leaves that nobody signed."""

from __future__ import annotations

from itertools import islice

from sqlalchemy import Connection, func, select

from airflow_gov_provider.store.audit.findings import Findings
from airflow_gov_provider.store.tables import event, leaf, ledger_queue


def check_queue(connection: Connection, findings: Findings) -> int:
    """Whether what is queued is there and has no leaf. :returns: how many wait for one."""
    query = select(ledger_queue.c.seq, event.c.event_id, leaf.c.leaf_index)
    query = query.outerjoin(event, event.c.seq == ledger_queue.c.seq)
    query = query.outerjoin(leaf, leaf.c.event_id == event.c.event_id)
    waiting = 0
    for row in connection.execute(query.order_by(ledger_queue.c.seq)):
        if row.event_id is None:
            findings.add("an event that was to be sealed is gone", seq=row.seq)
        elif row.leaf_index is not None:
            what = "the event has a leaf and is queued again"
            findings.add(what, event_id=row.event_id, seq=row.seq)
        else:
            waiting += 1
    return waiting


def find_unsigned(connection: Connection, findings: Findings, *, size: int) -> None:
    """Leaves beyond those that the last checkpoint signs."""
    beyond = select(leaf).where(leaf.c.leaf_index >= size).order_by(leaf.c.leaf_index)
    for row in islice(connection.execute(beyond), Findings.MOST):
        findings.add(
            "no checkpoint signs the leaf", leaf_index=row.leaf_index, event_id=row.event_id
        )


def find_unsealed(connection: Connection, findings: Findings, *, known: int | None) -> None:
    """Events that have no leaf and are not queued.

    :param known: how many different events have a leaf or are queued; None where that is not sure.
        If the table has just as many, they need not be compared one by one.
    """
    if known is not None and known == connection.scalar(select(func.count()).select_from(event)):
        return
    sealed = select(leaf.c.event_id).where(leaf.c.event_id == event.c.event_id).exists()
    queued = select(ledger_queue.c.seq).where(ledger_queue.c.seq == event.c.seq).exists()
    query = select(event.c.seq, event.c.event_id).where(~sealed, ~queued).order_by(event.c.seq)
    for row in connection.execute(query):
        findings.add(
            "the event has no leaf and waits for none: it was put there behind the ledger",
            event_id=row.event_id,
            seq=row.seq,
        )
