"""The tree over all events, as it lies in the database: sealing, nodes, checkpoints.

Writers only insert events, and a trigger queues them. Whoever seals holds the one lock, gives the
queued events the next leaf indexes in the order of their arrival, adds them to the tree and signs
it, all in one transaction. An event that commits late is sealed late, and none is passed over.

Of the tree every leaf is stored, and of the complete subtrees every eighth level; a subtree in
between is folded from at most 128 stored hashes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, text
from sqlalchemy.exc import IntegrityError

from airflow_gov_provider.domain.ledger import notes, proofs
from airflow_gov_provider.domain.ledger.merkle import (
    EMPTY_ROOT,
    CompactRange,
    node_hash,
)
from airflow_gov_provider.exceptions import LedgerBroken, LedgerInvalid
from airflow_gov_provider.store.ledger.keyring import Keyring
from airflow_gov_provider.store.ledger.leaves import dequeue, give_leaves, insert_rows
from airflow_gov_provider.store.page_cache import large_page_cache
from airflow_gov_provider.store.tables import checkpoint, leaf, ledger_node, ledger_queue

STORED_LEVELS = 8  # every so many levels of the tree are stored
BATCH = 50_000
_STORED = range(STORED_LEVELS, 64, STORED_LEVELS)
_MOST_SETS = 64  # of hashes that are kept; a proof walks from one end to the other
_LOCK = "airflow_gov_provider.ledger"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCheckpoint:
    """One row, as it was signed; nothing of it is checked yet."""

    size: int
    note: str
    compact_range: bytes
    sealed_at: datetime

    def opened(self, keys: Keyring) -> tuple[notes.Checkpoint, CompactRange]:
        """The signed checkpoint, and the tree that it is the root of.

        :raises LedgerBroken: if the signature, the size or the tree is not what it should be.
        """
        try:
            signed, _ = notes.open_checkpoint(self.note, keys.verifiers)
            tree = CompactRange.from_bytes(self.compact_range)
        except LedgerInvalid as error:
            raise LedgerBroken(f"the checkpoint of size {self.size}: {error}") from error
        if (signed.size, tree.size) != (self.size, self.size) or signed.root != tree.root:
            raise LedgerBroken(
                f"the checkpoint of size {self.size} was changed: it signs {signed.size} leaves, "
                f"and the tree beside it has {tree.size} leaves and "
                f"{'the same' if signed.root == tree.root else 'another'} root"
            )
        return signed, tree


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerState:
    """How far the ledger is.

    :param unsealed: events that wait for a leaf.
    """

    size: int
    unsealed: int
    sealed_at: datetime | None


def ledger_state(connection: Connection) -> LedgerState:
    last = last_checkpoint(connection)
    return LedgerState(
        size=last.size if last else 0,
        unsealed=connection.scalar(select(func.count()).select_from(ledger_queue)) or 0,
        sealed_at=last.sealed_at if last else None,
    )


def anything_waits(connection: Connection) -> bool:
    return connection.scalar(select(ledger_queue.c.seq).limit(1)) is not None


def last_checkpoint(
    connection: Connection, *, before: datetime | None = None, up_to: int | None = None
) -> StoredCheckpoint | None:
    """The newest checkpoint.

    :param before: only those that were sealed before this time.
    :param up_to: only those of at most so many leaves.
    """
    query = select(checkpoint).order_by(checkpoint.c.size.desc()).limit(1)
    if before is not None:
        query = query.where(checkpoint.c.sealed_at < before)
    if up_to is not None:
        query = query.where(checkpoint.c.size <= up_to)
    return _stored(connection.execute(query).one_or_none())


def checkpoint_from(connection: Connection, size: int) -> StoredCheckpoint | None:
    """The oldest checkpoint of at least so many leaves."""
    query = select(checkpoint).where(checkpoint.c.size >= size).order_by(checkpoint.c.size).limit(1)
    return _stored(connection.execute(query).one_or_none())


def _stored(row: Row[Any] | None) -> StoredCheckpoint | None:
    if row is None:
        return None
    return StoredCheckpoint(
        size=row.size,
        note=row.note,
        compact_range=bytes(row.compact_range),
        sealed_at=row.sealed_at,
    )


def lock(connection: Connection) -> None:
    """Wait until nobody else seals; held until the transaction ends, of which it is the first."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": _LOCK})


def seal(
    connection: Connection,
    keys: Keyring,
    *,
    origin: str,
    now: datetime,
    limit: int = BATCH,
    also: Sequence[notes.SignerKey] = (),
) -> StoredCheckpoint | None:
    """Give the oldest queued events their leaves and sign the tree; ``lock`` comes first.

    :param also: further keys that sign, where a key is being replaced.
    :returns: the new checkpoint, or None if nothing was waiting.
    :raises LedgerBroken: if what is stored does not continue what was signed; nothing changes.
    """
    with large_page_cache(connection):
        tree = signed_tree(connection, keys, origin=origin)
        nodes: list[tuple[int, int, bytes]] = []

        def keep(level: int, index: int, node: bytes) -> None:
            nodes.append((level, index, node))

        try:
            queued = give_leaves(connection, tree.size, limit)
            if not queued.seqs:
                return None
            grown = tree.extend(queued.hashes, on_node=keep, levels=_STORED)
            insert_rows(connection, ledger_node, nodes)
        except IntegrityError as error:
            raise LedgerBroken(
                f"an event that has a leaf already is queued again, or leaves beyond {tree.size} "
                "are there that nobody signed; `airflow governance ledger verify` names them"
            ) from error
        dequeue(connection, queued)
    return _sign(connection, grown, origin, now, [keys.required_signer, *also])


def _sign(
    connection: Connection,
    tree: CompactRange,
    origin: str,
    now: datetime,
    signers: list[notes.SignerKey],
) -> StoredCheckpoint:
    content = notes.Checkpoint(origin=origin, size=tree.size, root=tree.root)
    made = StoredCheckpoint(
        size=tree.size,
        note=notes.sign(content.text, *signers),
        compact_range=tree.to_bytes(),
        sealed_at=now,
    )
    connection.execute(
        insert(checkpoint).values(
            size=made.size,
            note=made.note,
            compact_range=made.compact_range,
            sealed_at=made.sealed_at,
        )
    )
    return made


def signed_tree(connection: Connection, keys: Keyring, *, origin: str) -> CompactRange:
    """The tree of the last checkpoint, after everything about it was checked that is cheap.

    :raises LedgerBroken: if something about it is wrong.
    """
    last = last_checkpoint(connection)
    leaves = connection.scalar(select(func.max(leaf.c.leaf_index)))
    found = 0 if leaves is None else leaves + 1
    if last is None:
        if found:
            raise LedgerBroken(f"there are {found} leaves and no checkpoint; expected none of both")
        return CompactRange()
    signed, tree = last.opened(keys)
    if signed.origin != origin:
        raise LedgerBroken(
            f"this ledger is called {signed.origin}; [governance] ledger_origin says {origin}"
        )
    if found != last.size:
        raise LedgerBroken(f"{last.size} leaves are signed, and the last one found is {found - 1}")
    return tree


@dataclass(frozen=True, slots=True)
class StoredTree:
    """The nodes of the tree, read when they are asked for.

    Hashes are read in the sets of 256 that are folded into one of the next stored level, since the
    nodes beside the path to a leaf are mostly of the same few sets.
    """

    connection: Connection
    _sets: dict[tuple[int, int], dict[int, bytes]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def node(self, level: int, index: int) -> bytes:
        """The hash of a complete subtree.

        :raises LedgerBroken: if hashes that it is made of are missing.
        """
        base = level - level % STORED_LEVELS
        width = 1 << (level - base)
        wanted = range(index * width, (index + 1) * width)
        hashes = self._stored(base, wanted)
        if len(hashes) != width:
            raise LedgerBroken(
                f"hashes {wanted.start} to {wanted.stop - 1} of level {base} of the tree are "
                f"incomplete: {len(hashes)} of {width} are there"
            )
        while len(hashes) > 1:
            pairs = iter(hashes)
            hashes = [node_hash(left, next(pairs)) for left in pairs]
        return hashes[0]

    def _stored(self, level: int, wanted: range) -> list[bytes]:
        """Those of the hashes that are there; the last set may have grown since it was read."""
        place = level, wanted.start >> STORED_LEVELS
        known = self._sets.get(place, {})
        if wanted.stop - 1 not in known:
            known = self._read(*place)
            while len(self._sets) >= _MOST_SETS:
                del self._sets[next(iter(self._sets))]
            self._sets[place] = known
        return [known[at] for at in wanted if at in known]

    def _read(self, level: int, number: int) -> dict[int, bytes]:
        position, content = leaf.c.leaf_index, leaf.c.leaf_hash
        if level:
            position, content = ledger_node.c.node_index, ledger_node.c.hash
        query = select(position, content)
        if level:
            query = query.where(ledger_node.c.level == level)
        first, end = number << STORED_LEVELS, (number + 1) << STORED_LEVELS
        query = query.where(position >= first, position < end)
        return {at: bytes(found) for at, found in self.connection.execute(query)}

    def root(self, size: int) -> bytes:
        """The root over the first ``size`` leaves."""
        if not size:
            return EMPTY_ROOT
        *others, last = [self.node(*place) for place in proofs.cover(0, size)]
        for left in reversed(others):
            last = node_hash(left, last)
        return last


def leaf_of(connection: Connection, event_id: str) -> int | None:
    """The leaf index of an event; None while it has none."""
    return connection.scalar(select(leaf.c.leaf_index).where(leaf.c.event_id == event_id))


def snapshot(connection: Connection) -> None:
    """Read one state of the database until the transaction ends, whatever is written meanwhile."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN")
    else:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")


def checkpoints_between(
    connection: Connection, after: int, up_to: int
) -> Iterator[StoredCheckpoint]:
    """Checkpoints of more than ``after`` and at most ``up_to`` leaves, in order."""
    query = (
        select(checkpoint)
        .where(checkpoint.c.size > after, checkpoint.c.size <= up_to)
        .order_by(checkpoint.c.size)
    )
    for row in connection.execute(query):
        found = _stored(row)
        if found is not None:
            yield found
