"""Whether what is read beside the sealed documents says the same as they do.

The columns of an event, and the rows of evidence and votes, are not leaves themselves. Each column
must repeat its document, and each row must have the digest that its sealed event names.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from operator import attrgetter, itemgetter
from typing import Any

from sqlalchemy import Connection, select

from airflow_gov_provider.domain.evidence import Evidence
from airflow_gov_provider.store.audit_findings import Findings
from airflow_gov_provider.store.evidence import searchable
from airflow_gov_provider.store.sealed_records import (
    EVIDENCE,
    SEALED_TABLES,
    SealedTable,
    digest_of,
    event_id_of,
    rows_of,
)
from airflow_gov_provider.store.tables import event

_BATCH = 500
_REPEATED = (
    "event_id",
    "type",
    "state",
    "dag_id",
    "run_id",
    "task_id",
    "map_index",
    "try_number",
    "actor",
    "witness",
)


_IN_DOCUMENT, _IN_ROW = itemgetter(*_REPEATED), attrgetter(*_REPEATED)


def column_that_differs(row: Any) -> str | None:
    """The first column of an event that is not what its document says."""
    try:
        content = json.loads(row.document)
        written, shown = _IN_DOCUMENT(content), _IN_ROW(row)
        occurred_at = datetime.fromisoformat(content["occurred_at"])
    except (ValueError, KeyError, TypeError):
        return "document"
    if written != shown:
        both = zip(_REPEATED, written, shown, strict=True)
        return next(name for name, one, other in both if one != other)
    return None if occurred_at == row.occurred_at else "occurred_at"


def check_records(connection: Connection, findings: Findings) -> int:
    """Compare every piece of evidence and every vote with its sealed event.

    :returns: how many there are.
    """
    count = 0
    for sealed in SEALED_TABLES:
        for rows in rows_of(connection, sealed):
            count += len(rows)
            _compare(connection, sealed, rows, findings)
        for events in _events_of(connection, sealed):
            _find_removed(connection, sealed, events, findings)
    return count


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
        if digest_of(sealed, row) != _payload(item).get("digest"):
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


def _events_of(connection: Connection, sealed: SealedTable) -> Iterator[Sequence[Any]]:
    query = select(event.c.seq, event.c.event_id, event.c.document)
    query = query.where(event.c.type == sealed.type).order_by(event.c.seq).limit(_BATCH)
    after = -1
    while rows := connection.execute(query.where(event.c.seq > after)).all():
        yield rows
        after = rows[-1].seq


def _find_removed(
    connection: Connection, sealed: SealedTable, events: Sequence[Any], findings: Findings
) -> None:
    keys = {str(_payload(item).get(sealed.key)): item for item in events}
    column = sealed.table.c[sealed.key]
    there = set(connection.scalars(select(column).where(column.in_(list(keys)))))
    for key, item in keys.items():
        if key not in there:
            what = f"{sealed.table.name} {key} was recorded, and is gone"
            findings.add(what, event_id=item.event_id, seq=item.seq)


def _payload(item: Any) -> Mapping[str, Any]:
    try:
        payload = json.loads(item.document)["payload"]
    except (ValueError, KeyError, TypeError):
        return {}
    return payload if isinstance(payload, dict) else {}
