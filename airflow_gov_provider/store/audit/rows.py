"""Leaves with their events, read in two orderly passes instead of a join.

Events arrive nearly in the order in which they are sealed, so both tables are read front to back,
and most events are at hand when their leaf is. One that is not is looked up by its id. Rows come as
the driver gives them: objects for each would cost more than everything that is checked.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, NamedTuple

from airflow_gov_provider.domain.ledger.merkle import HASH_SIZE
from airflow_gov_provider.store.audit.reading import Reader

BATCH = 500  # few enough for a processor's cache, and too few to set off Python's garbage collector
_MOST_WAITING = 20_000
_AT_ONCE = 500

# Times as text: SQLite keeps them so, and PostgreSQL writes them while the rows before are checked.
_TIMES = {
    "sqlite": "replace(occurred_at, ' ', 'T') || '+00:00'",
    "postgresql": "to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US') "
    "|| '+00:00'",
}
# The bytes that were hashed, whatever a column has been made into.
_DOCUMENTS = {
    "sqlite": "CAST(document AS BLOB)",
    "postgresql": "convert_to(document, 'UTF8')",
}
_AS_IT_TRAVELS = "document::text"  # the same bytes, without a copy of them on the server
REPEATED = (
    "actor",
    "dag_id",
    "event_id",
    "map_index",
    "occurred_at",
    "run_id",
    "state",
    "task_id",
    "try_number",
    "type",
    "witness",
)
SEQ, DOCUMENT, FIRST_REPEATED = 0, 1, 2
EVENT_ID, TYPE = (FIRST_REPEATED + REPEATED.index(name) for name in ("event_id", "type"))

EventRow = tuple[Any, ...]

_OF_LEAVES = "SELECT leaf_index, event_id, leaf_hash FROM leaf"
_LEAVES = f"{_OF_LEAVES} WHERE leaf_index >= ? AND leaf_index < ? ORDER BY leaf_index"
_LEAVES_TOGETHER = (
    "SELECT string_agg(int8send(leaf_index), ''::bytea), string_agg(event_id, ','), "
    "string_agg(leaf_hash, ''::bytea), bool_and(length(leaf_hash) = 32) FROM ("
)


class Leaves(NamedTuple):
    """Some leaves, in order; the three have the same length, and at least one."""

    indexes: tuple[int, ...]
    event_ids: tuple[str, ...]
    hashes: tuple[bytes, ...]


@dataclass(slots=True)
class SealedRows:
    """Leaves from ``start`` up to ``size``, each with the row of its event.

    :param looked_up: how many events were not where they were expected.
    """

    reader: Reader
    start: int
    size: int
    looked_up: int = 0
    _waiting: dict[str, EventRow] = field(default_factory=dict)
    _read_up_to: int = -1
    _ended: bool = False

    def batches(self) -> Iterator[tuple[Leaves, list[EventRow | None]]]:
        """Some at a time, in the order of leaves; None stands for an event that is gone."""
        start = self.start
        self._read_up_to = self._before_first() if start else -1
        while leaves := self._leaves(start):
            yield leaves, self._events(leaves.event_ids)
            start = leaves.indexes[-1] + 1

    def _leaves(self, start: int) -> Leaves | None:
        statement, span = f"{_LEAVES} LIMIT {BATCH}", (start, self.size)
        if self.reader.driver == "psycopg":
            (row,) = self.reader.rows(f"{_LEAVES_TOGETHER}{statement}) AS leaves", *span)
            if plain := _taken_apart(*row):
                return plain
        rows = self.reader.rows(statement, *span)
        return _side_by_side(rows) if rows else None

    def _events(self, ids: Sequence[str]) -> list[EventRow | None]:
        waiting = self._waiting
        rows = self._read_on(len(ids))
        if not waiting and [row[EVENT_ID] for row in rows] == list(ids):
            return list(rows)
        self._keep(rows)
        while len(waiting) < _MOST_WAITING and not self._ended and ids[-1] not in waiting:
            self._keep(self._read_on(BATCH))
        found = [waiting.pop(event_id, None) for event_id in ids]
        if None in found:
            missing = [event_id for event_id, row in zip(ids, found, strict=True) if row is None]
            known = _by_id(self.reader, missing)
            self.looked_up += len(known)
            found = [row or known.get(at) for at, row in zip(ids, found, strict=True)]
        while len(waiting) > _MOST_WAITING:
            del waiting[next(iter(waiting))]
        return found

    def _read_on(self, count: int) -> list[EventRow]:
        if self._ended:
            return []
        condition = f"WHERE seq > ? ORDER BY seq LIMIT {count}"
        rows = self.reader.rows(_selection(self.reader, condition), self._read_up_to)
        self._ended = len(rows) < count
        if rows:
            self._read_up_to = rows[-1][SEQ]
        return rows

    def _keep(self, rows: Sequence[EventRow]) -> None:
        self._waiting.update((row[EVENT_ID], row) for row in rows)

    def _before_first(self) -> int:
        """Where the events of these leaves begin; further ahead or back only costs time."""
        rows = self.reader.rows(
            "SELECT event.seq FROM leaf JOIN event ON event.event_id = leaf.event_id "
            "WHERE leaf_index = ?",
            self.start,
        )
        return rows[0][0] - 1 if rows else -1


def rows_at(reader: Reader, indexes: Sequence[int]) -> tuple[Leaves, list[EventRow | None]] | None:
    """These leaves with their events; None if one of the leaves is not there."""
    rows: list[tuple[Any, ...]] = []
    for some in _some_of(indexes):
        marks = ", ".join("?" * len(some))
        condition = f"WHERE leaf_index IN ({marks}) ORDER BY leaf_index"
        rows += reader.rows(f"{_OF_LEAVES} {condition}", *some)
    if not rows or [row[0] for row in rows] != list(indexes):
        return None
    leaves = _side_by_side(rows)
    events = _by_id(reader, leaves.event_ids)
    return leaves, [events.get(event_id) for event_id in leaves.event_ids]


def _side_by_side(rows: Sequence[tuple[Any, ...]]) -> Leaves:
    indexes, event_ids, hashes = zip(*rows, strict=True)
    if set(map(type, hashes)) != {bytes}:  # some drivers give a view of them
        hashes = tuple(map(bytes, hashes))
    return Leaves(indexes, event_ids, hashes)


def _taken_apart(
    indexes: bytes | None, ids: bytes | None, hashes: bytes | None, *whole: bool | None
) -> Leaves | None:
    """Leaves that were joined; None if it is not sure where one of them ends and the next begins.

    :param indexes: of 8 bytes each.
    :param ids: with commas between them.
    :param whole: whether every hash has its full length.
    """
    if indexes is None or ids is None or hashes is None or whole != (True,):
        return None
    count, first = len(indexes) // 8, int.from_bytes(indexes[:8], "big", signed=True)
    numbers, names = range(first, first + count), tuple(bytes(ids).decode().split(","))
    ordered = indexes == struct.pack(f">{count}q", *numbers)
    if not ordered or len(names) != count or len(hashes) != HASH_SIZE * count:
        return None
    parts = range(0, len(hashes), HASH_SIZE)
    return Leaves(tuple(numbers), names, tuple([hashes[at : at + HASH_SIZE] for at in parts]))


def _by_id(reader: Reader, ids: Iterable[str]) -> dict[str, EventRow]:
    found: dict[str, EventRow] = {}
    for some in _some_of(ids):
        marks = ", ".join("?" * len(some))
        condition = f"WHERE event_id IN ({marks})"
        rows = reader.rows(_selection(reader, condition), *some)
        found.update((row[EVENT_ID], row) for row in rows)
    return found


def _some_of(items: Iterable[Any]) -> Iterator[list[Any]]:
    remaining = iter(items)
    while some := list(islice(remaining, _AT_ONCE)):
        yield some


def rows_of_types(
    reader: Reader, types: Collection[str], *, queued: bool
) -> Iterator[list[EventRow]]:
    """Every event of these types, some at a time, in the order of arrival.

    :param queued: only those that wait for a leaf.
    """
    marks, after = ", ".join("?" * len(types)), -1
    waiting = "seq IN (SELECT seq FROM ledger_queue) AND " if queued else ""
    condition = f"WHERE {waiting}type IN ({marks}) AND seq > ? ORDER BY seq LIMIT {BATCH}"
    statement = _selection(reader, condition)
    while rows := reader.rows(statement, *types, after):
        yield rows
        after = rows[-1][SEQ]


def _selection(reader: Reader, condition: str) -> str:
    document, time = (made[reader.dialect] for made in (_DOCUMENTS, _TIMES))
    if reader.takes_texts_as_they_come:
        document, time = _AS_IT_TRAVELS, f"({time})::varchar"
    columns = ", ".join(time if name == "occurred_at" else name for name in REPEATED)
    return f"SELECT seq, {document}, {columns} FROM event {condition}"  # noqa: S608 - no input
