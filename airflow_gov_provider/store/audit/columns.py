"""Whether the columns of an event say what its document says: they are not in its leaf."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from msgspec import DecodeError, Struct
from msgspec.json import Decoder
from msgspec.structs import astuple

from airflow_gov_provider.store.audit.rows import DOCUMENT, FIRST_REPEATED, REPEATED, EventRow


class _Repeated(Struct, gc=False):
    """What of a document stands in columns as well, in the order of ``REPEATED``."""

    actor: str | None
    dag_id: str | None
    event_id: str
    map_index: int | None
    occurred_at: str
    run_id: str | None
    state: str | None
    task_id: str | None
    try_number: int | None
    type: str
    witness: str


_in_document = Decoder(_Repeated).decode


def suspects(rows: Sequence[EventRow]) -> list[int]:
    """Which of the events may have a column that differs: all that do, and few others."""
    try:
        return [
            at
            for at, row in enumerate(rows)
            if astuple(_in_document(row[DOCUMENT])) != row[FIRST_REPEATED:]
        ]
    except (DecodeError, UnicodeError, TypeError):  # what this refuses, another one may take
        return list(range(len(rows)))


def column_that_differs(row: EventRow) -> str | None:
    """The first column of an event that is not what its document says."""
    try:
        content = json.loads(bytes(row[DOCUMENT]))
        written = {name: content[name] for name in REPEATED}
        shown = dict(zip(REPEATED, row[FIRST_REPEATED:], strict=True))
        for both in (written, shown):
            both["occurred_at"] = datetime.fromisoformat(both["occurred_at"])
    except (ValueError, KeyError, TypeError):
        return "document"
    return next((name for name in REPEATED if written[name] != shown[name]), None)
