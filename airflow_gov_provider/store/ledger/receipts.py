"""Receipts of anchors: what somebody outside answered to a checkpoint.

A receipt is an event of the ledger, ``ledger.anchored``, so it is sealed like any other and cannot
be taken out afterwards. It carries the signed checkpoint as well: the two verify without the rest
of the database. One anchor has at most one receipt for a checkpoint.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from airflow_gov_provider.domain.events import Event, canonical_line
from airflow_gov_provider.domain.ledger.notes import unverified
from airflow_gov_provider.exceptions import LedgerInvalid
from airflow_gov_provider.store.events.rows import insert_events
from airflow_gov_provider.store.tables import event, leaf

ANCHORED = "ledger.anchored"
LONGEST_RECEIPT = 48 * 2**10  # the event stays below the 64 KiB that other logs allow an entry
_BATCH = 200

Content = str | bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What an anchor answered.

    :param anchor: the name of the anchor in the settings.
    :param size: leaves of the checkpoint that it was given.
    :param note: that checkpoint, as it was signed.
    :param content: the answer; None if the anchor gives none.
    """

    anchor: str
    size: int
    note: str
    content: Content
    received_at: datetime
    event_id: str


def record_receipt(
    connection: Connection, *, anchor: str, note: str, content: Content, now: datetime
) -> Receipt:
    """Put the receipt into the ledger, unless this anchor has one for this checkpoint.

    :raises LedgerInvalid: if the note is no checkpoint, or the receipt too long or no text.
    """
    size = unverified(note).size
    happened = Event(
        event_id=_event_id(anchor, note),
        type=ANCHORED,
        occurred_at=now,
        witness="ledger",
        payload={"anchor": anchor, "size": size, "note": note, **_encoded(content)},
    )
    insert_events(connection, [happened], recorded_at=now)
    return Receipt(
        anchor=anchor,
        size=size,
        note=note,
        content=content,
        received_at=now,
        event_id=happened.event_id,
    )


def _event_id(anchor: str, note: str) -> str:
    text = note.rpartition("\n\n")[0]  # signing the same tree again makes no other checkpoint
    return hashlib.sha256(canonical_line([ANCHORED, anchor, text])).hexdigest()


def _encoded(content: Content) -> dict[str, str | None]:
    if content is not None and not isinstance(content, (str, bytes)):
        raise LedgerInvalid(
            f"a receipt is text, bytes or None; the anchor returned {type(content).__name__}"
        )
    if content is not None and len(content) > LONGEST_RECEIPT:
        raise LedgerInvalid(
            f"a receipt has at most {LONGEST_RECEIPT} bytes; the anchor returned {len(content)}"
        )
    if isinstance(content, bytes):
        return {"receipt": base64.b64encode(content).decode(), "encoding": "base64"}
    return {"receipt": content, "encoding": "text"}


def receipts(
    connection: Connection, *, anchor: str | None = None, since: datetime | None = None
) -> Iterator[Receipt]:
    """Every receipt, the newest first; rows that are none any more are left out.

    :param anchor: only those of this one.
    :param since: only those of this time or later.
    """
    columns = event.c.seq, event.c.event_id, event.c.occurred_at, event.c.document
    query = select(*columns).where(event.c.dag_id.is_(None), event.c.type == ANCHORED)
    if since is not None:
        query = query.where(event.c.occurred_at >= since)
    query = query.order_by(event.c.seq.desc()).limit(_BATCH)
    rows = connection.execute(query).all()
    while rows:
        for row in rows:
            found = _receipt(row)
            if found is not None and anchor in (None, found.anchor):
                yield found
        rows = connection.execute(query.where(event.c.seq < rows[-1].seq)).all()


def _receipt(row: Any) -> Receipt | None:
    try:
        payload = json.loads(row.document)["payload"]
        return Receipt(
            anchor=str(payload["anchor"]),
            size=int(payload["size"]),
            note=str(payload["note"]),
            content=_decoded(payload),
            received_at=row.occurred_at,
            event_id=row.event_id,
        )
    except (ValueError, KeyError, TypeError):
        return None


def _decoded(payload: Mapping[str, Any]) -> Content:
    content = payload["receipt"]
    if content is None or payload["encoding"] == "text":
        return content if content is None else str(content)
    try:
        return base64.b64decode(str(content), validate=True)
    except binascii.Error as error:
        raise ValueError(ANCHORED) from error


def newest_receipts(connection: Connection, names: tuple[str, ...]) -> dict[str, Receipt]:
    """The newest receipt of each of these anchors, as far as it is among the last thousand."""
    found: dict[str, Receipt] = {}
    for number, receipt in enumerate(receipts(connection)):
        if receipt.anchor in names:
            found.setdefault(receipt.anchor, receipt)
        if len(found) == len(set(names)) or number >= _MOST_SEEN:
            break
    return found


_MOST_SEEN = 1000


def only_receipts_since(connection: Connection, size: int) -> bool:
    """Whether all leaves from ``size`` on are receipts.

    Those ask for no anchor of their own, or every anchor would bring about the next one for ever.
    """
    others = (
        select(leaf.c.leaf_index)
        .join(event, event.c.event_id == leaf.c.event_id)
        .where(leaf.c.leaf_index >= size, event.c.type != ANCHORED)
        .order_by(leaf.c.leaf_index)
        .limit(1)
    )
    return connection.execute(others).first() is None
