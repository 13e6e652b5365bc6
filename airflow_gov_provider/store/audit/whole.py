"""Read the whole ledger again, as a stranger would, and name each row that is not as it was sealed.

Nothing is believed but the signatures of known keys and the anchors: each event is hashed again,
the tree is folded anew, and every checkpoint and anchor must be its root at that size.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, select

from airflow_gov_provider.domain.ledger import notes
from airflow_gov_provider.domain.ledger.merkle import (
    HASH_SIZE,
    CompactRange,
    leaf_hash,
    leaf_hashes,
)
from airflow_gov_provider.exceptions import LedgerBroken, LedgerInvalid
from airflow_gov_provider.store.audit.apart import apart
from airflow_gov_provider.store.audit.beside import check_queue, find_unsealed, find_unsigned
from airflow_gov_provider.store.audit.columns import column_that_differs, suspects
from airflow_gov_provider.store.audit.findings import Findings, Problem
from airflow_gov_provider.store.audit.reading import reader_of
from airflow_gov_provider.store.audit.records import (
    NAMING,
    RECORDING,
    check_records,
    find_removed,
)
from airflow_gov_provider.store.audit.rows import (
    DOCUMENT,
    SEQ,
    TYPE,
    EventRow,
    Leaves,
    SealedRows,
    rows_at,
    rows_of_types,
)
from airflow_gov_provider.store.audit.sightings import check_sightings, find_unsealed_sightings
from airflow_gov_provider.store.audit.sorting import Sorted
from airflow_gov_provider.store.events.witnesses import WITNESSED
from airflow_gov_provider.store.garbage import fewer_collections
from airflow_gov_provider.store.ledger import tree as ledger
from airflow_gov_provider.store.ledger.anchors import Anchor
from airflow_gov_provider.store.ledger.keyring import Keyring
from airflow_gov_provider.store.tables import ledger_node

_UNKNOWN = bytes(HASH_SIZE)
_STORED_LEVELS = range(ledger.STORED_LEVELS, 64, ledger.STORED_LEVELS)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditReport:
    """What was read and what is wrong with it.

    :param origin: the name of the ledger; None while nothing is sealed.
    :param size: leaves that the last checkpoint signs.
    :param first: the leaf from which on events were read.
    :param records: pieces of evidence and votes that were compared.
    :param sightings: what further witnesses saw, compared as well.
    :param unsealed: events that wait for the next checkpoint; that is no problem.
    :param remarks: what could not be used, and does not make the ledger wrong.
    :param uncounted: problems beyond those that are listed.
    """

    origin: str | None
    size: int
    first: int
    events: int
    checkpoints: int
    anchors: int
    records: int
    sightings: int
    unsealed: int
    problems: tuple[Problem, ...]
    uncounted: int
    remarks: tuple[str, ...]

    @property
    def is_intact(self) -> bool:
        return not self.problems


@dataclass(frozen=True, slots=True)
class _Mark:
    """A size at which the root is known from outside the leaves."""

    size: int
    root: bytes
    name: str


def audit(
    connection: Connection,
    keys: Keyring,
    *,
    anchors: Iterable[Anchor] = (),
    since: datetime | None = None,
) -> AuditReport:
    """Check everything; no statement may have been executed on the connection before.

    :param since: take the last checkpoint before this time as given, and read what was sealed
        after it.
    """
    ledger.snapshot(connection)
    with fewer_collections():
        return _Audit(connection, keys).run(anchors, since)


@dataclass(slots=True)
class _Audit:
    connection: Connection
    keys: Keyring
    findings: Findings = field(default_factory=Findings)
    tree: CompactRange = field(default_factory=CompactRange)
    nodes: dict[tuple[int, int], bytes] = field(default_factory=dict)
    agreed: int = 0  # the size up to which the leaves are known to be the sealed ones
    whole: bool = True  # nothing is taken as given
    sightings: int = 0
    failed: bool = False

    def run(self, anchors: Iterable[Anchor], since: datetime | None) -> AuditReport:
        last = ledger.last_checkpoint(self.connection)
        size = last.size if last else 0
        self._start(since)
        first = self.tree.size
        self.whole = not first
        checkpoints, origin = self._checkpoints(size)
        anchored = list(self._anchors(anchors, size))
        marks = sorted([*checkpoints, *anchored], key=lambda mark: mark.size)
        events = self._read(size, [mark for mark in marks if mark.size > first])
        if self.whole:
            self._compare_nodes()
        find_unsigned(self.connection, self.findings, size=size)
        waiting = check_queue(self.connection, self.findings)
        # While nothing is wrong, every leaf that was read has an event of its own.
        sure = self.whole and not self.findings.problems
        find_unsealed(self.connection, self.findings, known=events + waiting if sure else None)
        for rows in rows_of_types(reader_of(self.connection), NAMING, queued=self.whole):
            self._check_named(rows)
        find_unsealed_sightings(self.connection, self.findings, known=self.sightings)
        return AuditReport(
            origin=origin,
            size=size,
            first=first,
            events=events,
            checkpoints=len(checkpoints),
            anchors=len(anchored),
            records=check_records(self.connection, self.findings),
            sightings=self.sightings,
            unsealed=waiting,
            problems=tuple(self.findings.problems),
            uncounted=self.findings.uncounted,
            remarks=tuple(self.findings.remarks),
        )

    def _start(self, since: datetime | None) -> None:
        given = since and ledger.last_checkpoint(self.connection, before=since)
        if not given:
            return
        try:
            _, self.tree = given.opened(self.keys)
        except LedgerBroken as error:
            self.findings.add(f"{error}; everything is read instead of what came after it")
        self.agreed = self.tree.size

    def _checkpoints(self, size: int) -> tuple[list[_Mark], str | None]:
        """Every signed checkpoint, and the name of the ledger."""
        marks, origins = [], []
        for stored in ledger.checkpoints_between(self.connection, self.tree.size - 1, size):
            try:
                signed, _ = stored.opened(self.keys)
            except LedgerBroken as error:
                self.findings.add(str(error))
                continue
            origins.append(signed.origin)
            marks.append(_Mark(stored.size, signed.root, f"the checkpoint of size {stored.size}"))
        if len(set(origins)) > 1:
            self.findings.add(f"the checkpoints name several ledgers: {sorted(set(origins))}")
        return marks, origins[-1] if origins else None

    def _anchors(self, anchors: Iterable[Anchor], size: int) -> Iterator[_Mark]:
        for anchor in anchors:
            name = f"the anchor on line {anchor.line}"
            if anchor.note is None:
                self.findings.remarks.append(f"{name} cannot be read; a crash may have torn it")
                continue
            try:
                signed, _ = notes.open_checkpoint(anchor.note, self.keys.verifiers)
            except LedgerInvalid as error:
                self.findings.add(f"{name}: {error}")
                continue
            if signed.size > size:
                self.findings.add(
                    f"{name} is of {signed.size} leaves, and the database has {size}: it was set "
                    "back to an older state, or emptied"
                )
            else:
                yield _Mark(signed.size, signed.root, name)

    def _read(self, size: int, marks: list[_Mark]) -> int:
        """Read every leaf with its event. :returns: how many there are."""
        pending, leaves = iter(marks), 0
        mark = next(pending, None)
        for rows in self._batches(size):
            leaves += len(rows.indexes)
            hashes = self._hashes(rows)
            at = 0
            while mark is not None and mark.size <= self.tree.size + len(hashes) - at:
                step = mark.size - self.tree.size
                self._fold(hashes[at : at + step])
                at += step
                self._compare(mark)
                mark = next(pending, None)
            self._fold(hashes[at:])
        if self.tree.size < size:
            self.findings.add(
                f"{_span('leaf', self.tree.size, size)} missing, although they are signed",
                leaf_index=self.tree.size,
            )
        return leaves

    def _batches(self, size: int) -> Iterator[Leaves]:
        """Every leaf, some at a time, once its event was looked at."""
        start = self.tree.size
        helper = apart(self.connection, start, size)
        if helper is None:
            yield from self._looked_at(start, size)
            return
        try:
            yield from self._looked_at(start, helper.start)
            start = helper.start
            for some in helper.results():
                yield from self._looked_at_again(start, some)
                start = some.end
        finally:
            helper.stop()
        yield from self._looked_at(start, size)

    def _looked_at(self, start: int, end: int) -> Iterator[Leaves]:
        for leaves, events in SealedRows(reader_of(self.connection), start, end).batches():
            self._check_events(leaves, events)
            yield leaves

    def _looked_at_again(self, start: int, some: Sorted) -> Iterator[Leaves]:
        unsure = rows_at(reader_of(self.connection), some.unsure) if some.unsure else None
        if some.hashes is None or (some.unsure and not unsure):
            yield from self._looked_at(start, some.end)
            return
        if unsure:
            self._check_events(*unsure)
        yield Leaves(tuple(range(start, some.end)), (), some.hashes)

    def _hashes(self, leaves: Leaves) -> list[bytes]:
        """The leaf hashes from the end of the tree on, with something in place of missing ones."""
        expected = self.tree.size
        if leaves.indexes == tuple(range(expected, expected + len(leaves.indexes))):
            return list(leaves.hashes)
        hashes: list[bytes] = []
        for index, content in zip(leaves.indexes, leaves.hashes, strict=True):
            if index != expected:
                self.findings.add(f"{_span('leaf', expected, index)} missing", leaf_index=expected)
                hashes += [_UNKNOWN] * (index - expected)
            expected = index + 1
            hashes.append(content)
        return hashes

    def _check_events(self, leaves: Leaves, events: Sequence[EventRow | None]) -> None:
        """Compare events with their leaves, and their columns with their documents."""
        present = [row for row in events if row is not None]
        found = leaf_hashes([row[DOCUMENT] or b"" for row in present])
        same = len(present) == len(events) and tuple(found) == leaves.hashes
        for at in suspects(present) if same else range(len(events)):
            self._judge(leaves, at, events[at])
        if self.whole:
            self._check_named([row for row in present if row[TYPE] in NAMING])

    def _check_named(self, rows: Sequence[EventRow]) -> None:
        """Compare what lies in other tables with the events that name it."""
        find_removed(
            self.connection, [row for row in rows if row[TYPE] in RECORDING], self.findings
        )
        witnessed = [row for row in rows if row[TYPE] == WITNESSED]
        self.sightings += check_sightings(self.connection, witnessed, self.findings)

    def _judge(self, leaves: Leaves, at: int, row: EventRow | None) -> None:
        if row is None:
            what = "the event is gone"
        elif leaf_hash(row[DOCUMENT] or b"") != leaves.hashes[at]:
            what = "the event is not the one that was sealed: it was changed"
        elif name := column_that_differs(row):
            what = f"the column {name} does not say what the sealed event says"
        else:
            return
        self.findings.add(
            what,
            leaf_index=leaves.indexes[at],
            event_id=leaves.event_ids[at],
            seq=None if row is None else row[SEQ],
        )

    def _fold(self, hashes: list[bytes]) -> None:
        def keep(level: int, index: int, node: bytes) -> None:
            self.nodes[level, index] = node

        self.tree = self.tree.extend(hashes, on_node=keep, levels=_STORED_LEVELS)

    def _compare(self, mark: _Mark) -> None:
        if self.tree.root == mark.root:
            self.agreed = mark.size
        elif not self.failed:
            self.failed = True  # all that follow differ as well
            self.findings.add(
                f"{mark.name} has another root than the leaves: "
                f"{_span('leaf', self.agreed, mark.size)} not all as they were sealed",
                leaf_index=self.agreed,
            )

    def _compare_nodes(self) -> None:
        stored = {
            (row.level, row.node_index): bytes(row.hash)
            for row in self.connection.execute(select(ledger_node))
        }
        for level, index in sorted(self.nodes.keys() | stored.keys()):
            if stored.get((level, index)) != self.nodes.get((level, index)):
                leaves = _span("leaf", index << level, (index + 1) << level)
                self.findings.add(
                    f"node {index} of level {level} of the tree is not what {leaves} folded into",
                    leaf_index=index << level,
                )


def _span(noun: str, first: int, end: int) -> str:
    if end - first == 1:
        return f"{noun} {first} is"
    return f"{noun.replace('leaf', 'leaves')} {first} to {end - 1} are"
