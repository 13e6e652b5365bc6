"""Whether a row of evidence still is what was recorded, without reading its whole document."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, select

from airflow_gov_provider.domain.canonical import digest
from airflow_gov_provider.domain.evidence import ModelRef, Origin
from airflow_gov_provider.store.evidence.rows import EvidenceRow
from airflow_gov_provider.store.tables import evidence as table

CHANGED = "CHANGED"


def is_unchanged(row: EvidenceRow, document: bytes) -> bool:
    """Whether the document has the digest of the row, and the columns say what it says."""
    return digest(document) == row.digest and _agrees(row, document)


def checked(connection: Connection, rows: Sequence[EvidenceRow]) -> list[EvidenceRow]:
    """The rows, with ``CHANGED`` in place of the verdict where one is not what was recorded."""
    ids = [row.evidence_id for row in rows]
    query = select(table.c.evidence_id, table.c.document).where(table.c.evidence_id.in_(ids))
    documents = {row.evidence_id: row.document.encode() for row in connection.execute(query)}
    return [
        row
        if is_unchanged(row, documents.get(row.evidence_id, b""))
        else replace(row, verdict=CHANGED)
        for row in rows
    ]


def _agrees(row: EvidenceRow, document: bytes) -> bool:
    """Compare what stands in columns, too.

    Canonical JSON sorts its keys: after the body, which may be long and is not read, everything
    else follows from ``evidence_id`` to the end. Inside a string the quotes would be escaped.
    """
    start = document.rfind(b'"evidence_id":')
    try:
        said = json.loads(b"{" + document[start:]) if start >= 0 else {}
        model = ModelRef(**said["model"]) if said["model"] else None
        return bool(
            said["evidence_id"] == row.evidence_id
            and said["kind"] == row.kind
            and Origin(**said["origin"]) == row.origin
            and said["subject"] == row.subject
            and model == row.model
            and said["verdict"] == row.verdict
            and said["summary"] == row.summary
            and datetime.fromisoformat(said["recorded_at"]) == row.recorded_at
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        return False
