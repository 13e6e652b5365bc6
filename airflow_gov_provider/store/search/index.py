"""Keep the search index up to date: which rows of ``event`` have which term.

Events are inserted without it; the collector adds them here afterwards, so that shipping pays for
no index but those of ``event`` itself. What is not in it yet is read from ``event`` when somebody
searches. It holds nothing that is not in ``event``: dropping its rows costs time and no facts.

Levels
    Stretches of 2**8 rows are indexed as soon as they are complete, sixteen of them are joined to
    one of 2**12, sixteen of those to one of 2**16, which is called a chunk, and sixteen chunks to
    an era of 2**20. A rare word of ten million events is thus found in about fifty small blocks.
    Terms that many rows of a chunk have are kept as one bitmap for each chunk. ``search_state``
    says how many stretches of a level there are; those that a longer one has taken over are gone,
    so whoever reads both must see one state of the database.

Completeness
    A stretch is indexed when no row can join it any more. PostgreSQL hands out sequence numbers
    before rows are committed, so ``settled`` waits for every transaction that may hold a number.
"""

from __future__ import annotations

import json
import time
from array import array
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, delete, func, select, text

from airflow_gov_provider.store.dag_ids import recorded_dag_ids
from airflow_gov_provider.store.search.blocks import (
    BITS,
    CHUNK,
    FANOUT,
    NO_TIME,
    PIECE_ROWS,
    SHORTEST,
    SLOT_BITS,
    Order,
    Postings,
    beside,
    by_slot,
    encode,
    extent_of,
    joined,
    of_chunk,
)
from airflow_gov_provider.store.search.terms import COUNTS, TEXTS, Gathering
from airflow_gov_provider.store.tables import event, search_block, search_dag, search_state

# Kinds of blocks beside those of the four levels; their slots are the term or the level.
BITMAP, EXTENT, TIMES, ORDER, SAMPLES, DAGS, DAG_TERMS = range(10, 17)

ERA = 3
_MERGED_SLOTS = 4  # in search_state: slots of the next era that are joined already
_SLOTS_AT_ONCE = 64
_LONGEST_TAIL = 20_000

_NAMES = ("seq", "event_id", *TEXTS, *COUNTS, "occurred_at", "document")
_COLUMNS = [event.c[name] for name in _NAMES]


@dataclass(frozen=True, slots=True)
class Levels:
    """How many stretches of each level there have been; ``merged_slots`` of the next era."""

    complete: tuple[int, int, int, int]
    merged_slots: int = 0

    @property
    def covered(self) -> int:
        """The first sequence number that the index does not know."""
        return self.complete[0] << BITS[0]

    def grown(self, level: int) -> Levels:
        """With one more stretch of the level, and as many shorter ones as that is long."""
        counts = list(self.complete)
        counts[level] += 1
        for shorter in reversed(range(level)):
            counts[shorter] = max(counts[shorter], counts[shorter + 1] * FANOUT)
        return Levels((counts[0], counts[1], counts[2], counts[3]), self.merged_slots)

    def is_due(self, level: int) -> bool:
        """Whether the next stretch of the level can be joined from shorter ones."""
        return self.complete[level - 1] >= (self.complete[level] + 1) * FANOUT


_LEVELS = select(search_state.c.level, search_state.c.complete)


def levels(connection: Connection) -> Levels:
    found = {row.level: row.complete for row in connection.execute(_LEVELS)}
    first, second, third, fourth = (found.get(level, 0) for level in range(len(BITS)))
    return Levels((first, second, third, fourth), found.get(_MERGED_SLOTS, 0))


def settled(connection: Connection, *, patience: float = 0.3) -> int:
    """A sequence number below which no event is still to come.

    0 if the index needs none, or if none can be told in time.

    Whoever inserts holds a lock on the table before it draws a number, so that every number up to
    the highest one seen belongs to a row that is there, to nothing, or to one of the transactions
    that hold that lock now.

    :param patience: seconds to wait for them.
    """
    highest = connection.scalar(select(func.max(event.c.seq)))
    if highest is None:
        return 0
    is_due = highest + 1 >= levels(connection).covered + SHORTEST
    if connection.dialect.name == "sqlite" or not is_due:
        return int(highest) + 1 if is_due else 0
    writing = _writing(connection)
    end = time.monotonic() + patience
    while writing:
        if time.monotonic() > end:
            return 0
        time.sleep(0.01)
        writing &= _writing(connection)
    return int(highest) + 1


def _writing(connection: Connection) -> set[str]:
    found = connection.scalars(
        text(
            "SELECT virtualtransaction FROM pg_locks WHERE locktype = 'relation'"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            " AND relation = 'event'::regclass AND mode = 'RowExclusiveLock'"
            " AND pid IS DISTINCT FROM pg_backend_pid()"
        )
    )
    return set(found)


def index_next(connection: Connection, below: int) -> int:
    """Index the next stretch whose numbers are all below a settled one.

    :returns: how many sequence numbers it has; 0 if it is not complete yet, or if somebody else is
        indexing it.
    """
    state = levels(connection)
    first = state.covered
    level = 1 if not first % (1 << BITS[1]) and first + (1 << BITS[1]) <= below else 0
    length = 1 << BITS[level]
    if first + length > below:
        return 0
    blocks, dag_ids = _blocks_of(connection, level, first)
    if not _is_still(connection, state):
        return 0
    _write(connection, blocks)
    _note_dags(connection, dag_ids)
    state = state.grown(level)
    while level < CHUNK and state.is_due(level + 1):
        level += 1
        _join(connection, level, state.complete[level])
        state = state.grown(level)
    _save(connection, state)
    return length


def _is_still(connection: Connection, state: Levels) -> bool:
    """Whether nobody else has changed the index; nobody will until the transaction ends."""
    lock = text("UPDATE search_state SET complete = complete WHERE level = 0")
    connection.execute(lock)
    return levels(connection) == state


def _blocks_of(
    connection: Connection, level: int, first: int
) -> tuple[list[tuple[int, int, int, bytes]], set[str]]:
    """What the rows of a stretch become, and the Dags they are of."""
    length = 1 << BITS[level]
    found = connection.execute(
        select(*_COLUMNS)
        .where(event.c.seq >= first, event.c.seq < first + length)
        .order_by(event.c.seq)
    )
    rows = Gathering(first, length)
    for row in found.yield_per(SHORTEST):
        rows.add(row)
    segment = first >> BITS[level]
    terms = {hashed << 4: listed for hashed, listed in rows.terms().items()}
    dags = {hashed << 4: listed for hashed, listed in rows.dags().items()}
    blocks = [
        (level, slot, segment, encode(some, bitmaps_of=length))
        for slot, some in by_slot(level, terms)
    ]
    blocks.append((TIMES, level, segment, rows.times.tobytes()))
    blocks += _extent(level, segment, rows.times)
    blocks += _dags(level, segment, encode(dags))
    return blocks, rows.dag_ids


def _join(connection: Connection, level: int, segment: int) -> None:
    """Make one stretch of sixteen shorter ones, which are deleted."""
    below, first = level - 1, segment * FANOUT
    for slot in range(1 << SLOT_BITS[below]):
        children = _children(connection, below, slot, first)
        postings = joined(((at - first, data) for at, data in children), below)
        bitmaps_of, blocks = 1 << BITS[level], []
        if level == CHUNK:
            stored = {key: of_chunk(rows) for key, rows in postings.items()}
            blocks = [
                (BITMAP, key >> 4, segment, rows)
                for key, (rows, is_many) in stored.items()
                if is_many
            ]
            postings = {key: rows for key, (rows, is_many) in stored.items() if not is_many}
            bitmaps_of = 0
        blocks += [
            (level, at, segment, encode(some, bitmaps_of=bitmaps_of))
            for at, some in by_slot(level, postings)
        ]
        _write(connection, blocks)
    _join_columns(connection, level, segment)
    span = search_block.c.segment.between(first, first + FANOUT - 1)
    connection.execute(delete(search_block).where(search_block.c.kind == below, span))
    columns = search_block.c.kind.in_((EXTENT, TIMES, DAGS, DAG_TERMS))
    connection.execute(delete(search_block).where(columns, search_block.c.slot == below, span))


def _join_columns(connection: Connection, level: int, segment: int) -> None:
    below, first = level - 1, segment * FANOUT  # `below` is the slot of these kinds
    known = dict(_children(connection, TIMES, below, first))
    nothing = array("q", [NO_TIME]).tobytes() * (1 << BITS[below])
    times = b"".join(known.get(first + place, nothing) for place in range(FANOUT))
    moments = memoryview(times).cast("q")
    children = _children(connection, DAGS, below, first)
    dags = encode(joined(((at - first, data) for at, data in children), below))
    blocks = [*_extent(level, segment, moments), *_dags(level, segment, dags)]
    if level < CHUNK:
        blocks.append((TIMES, level, segment, times))
    else:
        order, rows = Order.of(moments.tolist())
        blocks.append((SAMPLES, level, segment, order.to_bytes()))
        pieces = range(0, len(rows), 2 * PIECE_ROWS)
        blocks += [
            (ORDER, place, segment, rows[start : start + 2 * PIECE_ROWS])
            for place, start in enumerate(pieces)
        ]
    _write(connection, blocks)


def _extent(level: int, segment: int, times: Iterable[int]) -> list[tuple[int, int, int, bytes]]:
    extent = extent_of(times)
    return [] if extent is None else [(EXTENT, level, segment, array("q", extent).tobytes())]


def _dags(level: int, segment: int, dags: bytes) -> list[tuple[int, int, int, bytes]]:
    terms = array("I", Postings(dags).terms()).tobytes()
    return [(DAGS, level, segment, dags), (DAG_TERMS, level, segment, terms)]


def join_era(connection: Connection) -> int:
    """Join some more of the sixteen chunks that make the next era.

    It is too much for one transaction that others wait for.

    :returns: how many slots were joined; 0 if no era is due.
    """
    state = levels(connection)
    if not state.is_due(ERA) or not _is_still(connection, state):
        return 0
    era, start = state.complete[ERA], state.merged_slots
    end = min(start + _SLOTS_AT_ONCE, 1 << SLOT_BITS[CHUNK])
    for slot in range(start, end):
        children = _children(connection, CHUNK, slot, era * FANOUT)
        postings = beside((at % FANOUT, data) for at, data in children)
        blocks = [(ERA, at, era, encode(some)) for at, some in by_slot(ERA, postings)]
        _write(connection, blocks)
    if end < 1 << SLOT_BITS[CHUNK]:
        _save(connection, Levels(state.complete, end))
        return end - start
    chunks = search_block.c.segment.between(era * FANOUT, era * FANOUT + FANOUT - 1)
    connection.execute(delete(search_block).where(search_block.c.kind == CHUNK, chunks))
    _save(connection, Levels(state.grown(ERA).complete))
    return end - start


_CHILDREN = (
    select(search_block.c.segment, search_block.c.data)
    .where(
        search_block.c.kind == bindparam("kind"),
        search_block.c.slot == bindparam("slot"),
        search_block.c.segment.between(bindparam("first"), bindparam("last")),
    )
    .order_by(search_block.c.segment)
)


def _children(
    connection: Connection, kind: int, slot: int, first: int
) -> Sequence[tuple[int, bytes]]:
    values = {"kind": kind, "slot": slot, "first": first, "last": first + FANOUT - 1}
    return [(row.segment, bytes(row.data)) for row in connection.execute(_CHILDREN, values)]


_PUT = text(
    "INSERT INTO search_block (kind, slot, segment, data) VALUES (:kind, :slot, :segment, :data)"
    " ON CONFLICT (kind, slot, segment) DO UPDATE SET data = excluded.data"
)


def _write(connection: Connection, blocks: Iterable[tuple[int, int, int, bytes]]) -> None:
    names = ("kind", "slot", "segment", "data")
    if rows := [dict(zip(names, block, strict=True)) for block in blocks]:
        connection.execute(_PUT, rows)


def _save(connection: Connection, state: Levels) -> None:
    statement = text(
        "INSERT INTO search_state (level, complete) VALUES (:level, :complete)"
        " ON CONFLICT (level) DO UPDATE SET complete = excluded.complete"
    )
    counts = [*state.complete, state.merged_slots]
    connection.execute(
        statement, [{"level": level, "complete": count} for level, count in enumerate(counts)]
    )


def _note_dags(connection: Connection, dag_ids: Collection[str]) -> None:
    each = "json_each(:ids)"
    if connection.dialect.name == "postgresql":
        each = "json_array_elements_text(CAST(:ids AS json)) AS each (value)"
    statement = text(
        f"INSERT INTO search_dag (dag_id) SELECT value FROM {each} WHERE true"  # noqa: S608
        " ON CONFLICT (dag_id) DO NOTHING"
    )
    connection.execute(statement, {"ids": json.dumps(sorted(dag_ids))})


def event_dag_ids(connection: Connection) -> frozenset[str]:
    """Every ``dag_id`` of the events, Dags that Airflow has deleted included."""
    covered = levels(connection).covered
    newest = connection.scalar(select(func.max(event.c.seq))) or 0
    if newest - covered > _LONGEST_TAIL:
        return recorded_dag_ids(connection, event)
    recent = connection.scalars(select(event.c.dag_id).where(event.c.seq >= covered))
    found = {dag_id for dag_id in recent if dag_id is not None}
    return frozenset(found.union(connection.scalars(select(search_dag.c.dag_id))))
