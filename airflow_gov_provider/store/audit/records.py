"""Whether what is read beside the sealed documents says the same as they do.

The rows of evidence and votes are not leaves themselves. Each must have the digest that its sealed
event names.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from airflow_gov_provider.domain.evidence import Evidence
from airflow_gov_provider.store.audit.findings import Findings
from airflow_gov_provider.store.audit.rows import DOCUMENT, EVENT_ID, SEQ, TYPE, EventRow
from airflow_gov_provider.store.events.witnesses import WITNESSED
from airflow_gov_provider.store.evidence.rows import searchable
from airflow_gov_provider.store.ledger.sealed_records import (
    EVIDENCE,
    SEALED_TABLES,
    SealedTable,
    digest_of,
    event_id_of,
    rows_of,
)
from airflow_gov_provider.store.tables import event

_BATCH = 500


RECORDING = frozenset(sealed.type for sealed in SEALED_TABLES)
NAMING = RECORDING | {WITNESSED}


def check_records(connection: Connection, findings: Findings) -> int:
    """Compare every piece of evidence and every vote with its sealed event.

    :returns: how many there are.
    """
    count = 0
    for sealed in SEALED_TABLES:
        for rows in rows_of(connection, sealed):
            count += len(rows)
            _compare(connection, sealed, rows, findings)
    return count


def find_removed(connection: Connection, events: Sequence[EventRow], findings: Findings) -> None:
    """Compare events of the types ``RECORDING`` with what they say was recorded."""
    for at in range(0, len(events), _BATCH):
        some = events[at : at + _BATCH]
        for sealed in SEALED_TABLES:
            of_type = [row for row in some if row[TYPE] == sealed.type]
            _find_removed(connection, sealed, of_type, findings)


def _compare(
    connection: Connection,
    sealed: SealedTable,
    rows: Sequence[Mapping[str, Any]],
    findings: Findings,
) -> None:
    ids = {event_id_of(sealed, row[sealed.key]): row for row in rows}
    query = select(event.c.event_id, event.c.seq, event.c.document)
    found = {
        item.event_id: item
        for item in connection.execute(query.where(event.c.event_id.in_(list(ids))))
    }
    for event_id, row in ids.items():
        name = f"{sealed.table.name} {row[sealed.key]}"
        if event_id not in found:
            findings.add(f"{name} was never recorded in the ledger", event_id=event_id)
            continue
        item = found[event_id]
        if digest_of(sealed, row) != _payload(item.document.encode()).get("digest"):
            what = f"{name} is not what was recorded: it was changed"
        elif differing := _column_of_evidence(sealed, row):
            what = f"{name}: the column {differing} does not say what its document says"
        else:
            continue
        findings.add(what, event_id=event_id, seq=item.seq)


def _column_of_evidence(sealed: SealedTable, row: Mapping[str, Any]) -> str | None:
    if sealed is not EVIDENCE:
        return None
    try:
        item = Evidence.from_document(str(row["document"]).encode())
    except (ValueError, KeyError, TypeError):
        return "document"
    expected = {
        **searchable(item),
        "digest": digest_of(sealed, row),
    }
    return next((name for name, value in expected.items() if row[name] != value), None)


def _find_removed(
    connection: Connection, sealed: SealedTable, events: Sequence[EventRow], findings: Findings
) -> None:
    keys = {str(_payload(row[DOCUMENT]).get(sealed.key)): row for row in events}
    column = sealed.table.c[sealed.key]
    there = set(connection.scalars(select(column).where(column.in_(list(keys)))))
    for key, row in keys.items():
        if key not in there:
            what = f"{sealed.table.name} {key} was recorded, and is gone"
            findings.add(what, event_id=row[EVENT_ID], seq=row[SEQ])


def _payload(document: bytes) -> Mapping[str, Any]:
    try:
        payload = json.loads(bytes(document))["payload"]
    except (ValueError, KeyError, TypeError):
        return {}
    return payload if isinstance(payload, dict) else {}
