"""A part of the ledger, between two signed checkpoints, read again and hashed.

The tree beside a checkpoint is the one whose root is signed, so whatever lies between two of them
must turn the first tree into the second. Slices that touch therefore show as much as one reading of
everything does, and none of them takes long.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from airflow_gov_provider.domain.ledger.merkle import CompactRange, leaf_hash, leaf_hashes
from airflow_gov_provider.exceptions import LedgerBroken
from airflow_gov_provider.store.audit.columns import column_that_differs, suspects
from airflow_gov_provider.store.audit.findings import Findings, Problem
from airflow_gov_provider.store.audit.reading import reader_of
from airflow_gov_provider.store.audit.records import RECORDING, find_removed
from airflow_gov_provider.store.audit.rows import (
    DOCUMENT,
    SEQ,
    TYPE,
    EventRow,
    Leaves,
    SealedRows,
)
from airflow_gov_provider.store.ledger import tree as ledger
from airflow_gov_provider.store.ledger.keyring import Keyring
from airflow_gov_provider.store.tables import checkpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceReport:
    """What was read.

    :param start: leaves that the checkpoint before it signs.
    :param end: leaves that the checkpoint at its end signs; equal to ``start`` where there is none.
    """

    start: int
    end: int
    problems: tuple[Problem, ...]


def audit_slice(connection: Connection, keys: Keyring, *, start: int, most: int) -> SliceReport:
    """Check the leaves from a checkpoint up to a later one.

    :param start: of how many leaves the first checkpoint is; 0 for the beginning.
    :param most: so many leaves, or up to the next checkpoint if that is further.
    """
    end = _end(connection, start, most)
    if end is None:
        return SliceReport(start=start, end=start, problems=())
    findings = Findings()
    tree = _tree(connection, keys, start, findings)
    sealed = _tree(connection, keys, end, findings)
    if tree is not None and sealed is not None:
        _Slice(connection, findings, tree).read(sealed)
    return SliceReport(start=start, end=end, problems=tuple(findings.problems))


def _end(connection: Connection, start: int, most: int) -> int | None:
    """The last checkpoint within reach, or the first one out of it; None without any."""
    sizes = select(checkpoint.c.size).where(checkpoint.c.size > start)
    within = sizes.where(checkpoint.c.size <= start + most).order_by(checkpoint.c.size.desc())
    beyond = sizes.order_by(checkpoint.c.size)
    found: int | None = connection.scalar(within.limit(1))
    return connection.scalar(beyond.limit(1)) if found is None else found


def _tree(
    connection: Connection, keys: Keyring, size: int, findings: Findings
) -> CompactRange | None:
    """The signed tree of this size; None if what is there is not signed."""
    if not size:
        return CompactRange()
    stored = ledger.last_checkpoint(connection, up_to=size)
    if stored is None or stored.size != size:
        findings.add(f"the checkpoint of {size} leaves is gone")
        return None
    try:
        return stored.opened(keys)[1]
    except LedgerBroken as error:
        findings.add(str(error))
        return None


@dataclass(slots=True)
class _Slice:
    connection: Connection
    findings: Findings
    tree: CompactRange

    def read(self, sealed: CompactRange) -> None:
        start = self.tree.size
        for leaves, events in SealedRows(reader_of(self.connection), start, sealed.size).batches():
            self._check(leaves, events)
            self.tree = self.tree.extend(list(leaves.hashes))
        missing = sealed.size - self.tree.size
        if missing:
            self.findings.add(
                f"{missing} of the leaves {start} to {sealed.size - 1} are missing, although they "
                "are signed",
                leaf_index=start,
            )
        elif self.tree.root != sealed.root:
            self.findings.add(
                f"the leaves {start} to {sealed.size - 1} are not all as they were signed",
                leaf_index=start,
            )

    def _check(self, leaves: Leaves, events: list[EventRow | None]) -> None:
        present = [row for row in events if row is not None]
        hashes = tuple(leaf_hashes([row[DOCUMENT] or b"" for row in present]))
        plain = len(present) == len(events) and hashes == leaves.hashes
        for at in suspects(present) if plain else range(len(events)):
            self._judge(leaves, at, events[at])
        recorded = [row for row in present if row[TYPE] in RECORDING]
        find_removed(self.connection, recorded, self.findings)

    def _judge(self, leaves: Leaves, at: int, row: EventRow | None) -> None:
        if problem := _problem(leaves.hashes[at], row):
            self.findings.add(
                problem,
                leaf_index=leaves.indexes[at],
                event_id=leaves.event_ids[at],
                seq=None if row is None else row[SEQ],
            )


def _problem(sealed: bytes, row: EventRow | None) -> str | None:
    if row is None:
        return "the event is gone"
    if leaf_hash(row[DOCUMENT] or b"") != sealed:
        return "the event is not the one that was sealed: it was changed"
    if name := column_that_differs(row):
        return f"the column {name} does not say what the sealed event says"
    return None
