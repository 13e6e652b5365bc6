"""Walk the search index from the newest event to the oldest, over those that may match."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, reduce
from itertools import chain
from operator import and_, or_

from sqlalchemy import Connection

from airflow_gov_provider.store.search_blocks import (
    BITS,
    CHUNK,
    CHUNK_ROWS,
    FANOUT,
    NO_TIME,
    PIECE_ROWS,
    Order,
    Postings,
    bits_of,
    encode,
    slot,
    term,
)
from airflow_gov_provider.store.search_index import (
    BITMAP,
    DAG_TERMS,
    DAGS,
    ERA,
    EXTENT,
    ORDER,
    SAMPLES,
    TIMES,
    Levels,
)

_FEW_DAGS = 8  # so many are looked up one by one, as words are
_FEW_ROWS = 64  # so many are compared faster than a mask is read
_BATCHES = (1, 8, 64)  # chunks that are read at once: few for who finds, many for who does not
_ROW_BYTES = 8192  # what comparing a row in vain costs, in bytes read

Piece = tuple[int, int, int, int]  # kind, slot, first and last segment
Blocks = dict[tuple[int, int, int], bytes]  # by kind, slot and segment


@dataclass(slots=True)
class Budget:
    """What one page may cost, counted in bytes that are read."""

    left: int

    @property
    def is_spent(self) -> bool:
        return self.left <= 0

    def spend(self, size: int) -> None:
        self.left -= size

    def spend_rows(self, count: int) -> None:
        self.left -= count * _ROW_BYTES


@dataclass(frozen=True, slots=True)
class Stretch:
    level: int
    segment: int

    @property
    def first(self) -> int:
        return self.segment << BITS[self.level]

    @property
    def length(self) -> int:
        return 1 << BITS[self.level]

    @property
    def origin(self) -> int:
        """What the numbers of its rows count from."""
        return self.first // CHUNK_ROWS * CHUNK_ROWS


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the index is asked for; everything has to hold.

    :param terms: of each group one at least.
    :param dag_ids: one of them, if there are any to choose from.
    :param since: in microseconds since 1970, inclusive.
    :param until: exclusive.
    """

    terms: Sequence[Collection[int]] = ()
    dag_ids: frozenset[str] | None = None
    since: int | None = None
    until: int | None = None

    @property
    def has_times(self) -> bool:
        return self.since is not None or self.until is not None

    def may_hold_of(self, span: tuple[int, int]) -> bool:
        earliest, latest = span
        return (self.since is None or latest >= self.since) and (
            self.until is None or earliest < self.until
        )

    def holds_all_of(self, span: tuple[int, int]) -> bool:
        earliest, latest = span
        return (self.since is None or earliest >= self.since) and (
            self.until is None or latest < self.until
        )


@dataclass
class Walk:
    """Sequence numbers of events that may match, the newest first.

    :param below: only those.
    :param position: everything from here on has been looked at when the iteration ends.
    """

    connection: Connection
    state: Levels
    wanted: Wanted
    below: int
    budget: Budget
    position: int = field(init=False)

    def __post_init__(self) -> None:
        self.position = self.below
        self._groups = [list(group) for group in self.wanted.terms]
        self._inside: set[int] = set()
        self._dags: frozenset[int] | None = None
        if self.wanted.dag_ids is not None:
            terms = [term("dag_id", dag_id) for dag_id in self.wanted.dag_ids]
            if len(terms) <= _FEW_DAGS:
                self._groups.append(terms)
            else:
                self._dags = frozenset(terms)

    def __iter__(self) -> Iterator[int]:
        for batch in self._batches():
            blocks = self._read(self._pieces(batch))
            for stretch in batch:
                for row in self._rows(stretch, blocks):
                    yield stretch.origin + row
                self.position = min(self.position, stretch.first)
            if self.budget.is_spent:
                return
        self.position = 0

    def _batches(self) -> Iterator[list[Stretch]]:
        """Short stretches and the newest chunk; then more and more chunks at once."""
        counts = self.state.complete
        batch = [
            Stretch(level, segment)
            for level in range(CHUNK)
            for segment in reversed(range(counts[level + 1] * FANOUT, counts[level]))
            if segment << BITS[level] < self.below
        ]
        chunks = self._chunks(min(counts[CHUNK], -(-self.below // CHUNK_ROWS)))
        sizes = iter(_BATCHES)
        size = next(sizes)
        while batch or chunks:
            yield batch + chunks[:size]
            batch, chunks = [], chunks[size:]
            size = next(sizes, size)

    def _chunks(self, end: int) -> list[Stretch]:
        if not self.wanted.has_times or not end:
            return [Stretch(CHUNK, segment) for segment in reversed(range(end))]
        found = self._read([(EXTENT, CHUNK, 0, end - 1)])
        extents = {at: _two(data) for (_, _, at), data in found.items()}
        self._inside = {at for at, extent in extents.items() if self.wanted.holds_all_of(extent)}
        return [
            Stretch(CHUNK, segment)
            for segment, extent in sorted(extents.items(), reverse=True)
            if self.wanted.may_hold_of(extent)
        ]

    def _pieces(self, batch: Sequence[Stretch]) -> list[Piece]:
        terms = {hashed for group in self._groups for hashed in group}
        pieces: list[Piece] = []
        for level, first, last in self._ranges(batch):
            pieces += [(level, slot(level, hashed), first, last) for hashed in terms]
        chunks = [stretch.segment for stretch in batch if stretch.level == CHUNK]
        if chunks:
            pieces += [(BITMAP, hashed, min(chunks), max(chunks)) for hashed in terms]
            if self._dags is not None:
                pieces.append((DAG_TERMS, CHUNK, min(chunks), max(chunks)))
        return list(dict.fromkeys(pieces))

    def _ranges(self, batch: Sequence[Stretch]) -> Iterator[tuple[int, int, int]]:
        """Which segments of which level know the words of these stretches."""
        segments: dict[int, list[int]] = {}
        for stretch in batch:
            level, segment = self._lookup(stretch)
            segments.setdefault(level, []).append(segment)
        for level, found in segments.items():
            yield level, min(found), max(found)

    def _lookup(self, stretch: Stretch) -> tuple[int, int]:
        era = stretch.segment // FANOUT
        if stretch.level == CHUNK and era < self.state.complete[ERA]:
            return ERA, era
        return stretch.level, stretch.segment

    def _read(self, pieces: Sequence[Piece]) -> Blocks:
        if not pieces:
            return {}
        values = [value for piece in pieces for value in piece]
        statement = _statement(self.connection.dialect.name, len(pieces))
        found = {
            (kind, slot, segment): bytes(data)
            for kind, slot, segment, data in self.connection.exec_driver_sql(
                statement, tuple(values)
            )
        }
        self.budget.spend(sum(map(len, found.values())))
        return found

    def _rows(self, stretch: Stretch, blocks: Blocks) -> Iterable[int]:
        """Rows of the stretch that may match, in descending order."""
        found = self._of_terms(stretch, blocks)
        if found is None or not self._has_any_dag(stretch, blocks):
            return ()
        rows, bits = found
        if rows is None or len(rows) > _FEW_ROWS:
            bits = self._narrowed(stretch, bits)
        below = self.below - stretch.origin
        if rows is None:
            ones = (1 << stretch.length) - 1 << (stretch.first - stretch.origin)
            bits = ones if bits is None else bits & ones
            return _descending(bits & (1 << below) - 1 if below < CHUNK_ROWS else bits)
        if bits is not None:
            flags = bits.to_bytes(CHUNK_ROWS // 8, "little")
            rows = [row for row in rows if flags[row >> 3] >> (row & 7) & 1]
        return [row for row in reversed(rows) if row < below]

    def _of_terms(
        self, stretch: Stretch, blocks: Blocks
    ) -> tuple[Sequence[int] | None, int | None] | None:
        """Rows that have a term of each group: those listed, and a mask of which they are some.

        :returns: None if there are none.
        """
        listed: list[Sequence[int]] = []
        masks: list[int] = []
        for group in self._groups:
            rows, mask = self._of_group(stretch, blocks, group)
            if mask:
                masks.append(mask)
            elif rows:
                listed.append(rows)
            else:
                return None
        bits = reduce(and_, masks) if masks else None
        if bits == 0:
            return None
        listed.sort(key=len)
        if len(listed) < 2:  # noqa: PLR2004
            return (listed[0] if listed else None), bits
        common = sorted(set(listed[0]).intersection(*listed[1:]))
        return (common, bits) if common else None

    def _of_group(
        self, stretch: Stretch, blocks: Blocks, group: Sequence[int]
    ) -> tuple[Sequence[int], int]:
        """Rows that have one of the terms: as a list, or as bits if there are many."""
        level, segment = self._lookup(stretch)
        part = stretch.segment % FANOUT if level == ERA else 0
        listed = [
            Postings(data).of(hashed, part)
            for hashed in group
            if (data := blocks.get((level, slot(level, hashed), segment)))
        ]
        masks = [
            int.from_bytes(data, "little")
            for hashed in group
            if stretch.level == CHUNK and (data := blocks.get((BITMAP, hashed, stretch.segment)))
        ]
        if masks:
            return (), reduce(or_, [*masks, *map(bits_of, listed)])
        if len(listed) == 1:
            return listed[0], 0
        return sorted({row for rows in listed for row in rows}), 0

    def _has_any_dag(self, stretch: Stretch, blocks: Blocks) -> bool:
        if self._dags is None or stretch.level != CHUNK:
            return True
        present = blocks.get((DAG_TERMS, CHUNK, stretch.segment), b"")
        return not self._dags.isdisjoint(memoryview(present).cast("I"))

    def _narrowed(self, stretch: Stretch, bits: int | None) -> int | None:
        """The rows among these of the Dags and the times; None for all."""
        masks = [] if bits is None else [bits]
        if self.wanted.has_times and not (
            stretch.level == CHUNK and stretch.segment in self._inside
        ):
            masks.append(self._in_time(stretch))
        if self._dags is not None and (of_dags := self._of_dags(stretch, self._dags)) is not None:
            masks.append(of_dags)
        return reduce(and_, masks) if masks else None

    def _in_time(self, stretch: Stretch) -> int:
        """Rows that may lie within the times."""
        if stretch.level == CHUNK:
            return self._in_time_of_chunk(stretch)
        times = memoryview(self._column(TIMES, stretch)).cast("q")
        since = NO_TIME + 1 if self.wanted.since is None else self.wanted.since
        until = _LATEST if self.wanted.until is None else self.wanted.until
        start = stretch.first - stretch.origin
        return bits_of(at for at, moment in enumerate(times, start) if since <= moment < until)

    def _in_time_of_chunk(self, chunk: Stretch) -> int:
        data = self._column(SAMPLES, chunk)
        if not data:
            return 0
        order = Order.from_bytes(data)
        first, end = order.between(self.wanted.since, self.wanted.until)
        if order.count < CHUNK_ROWS or end - first <= CHUNK_ROWS // 2:
            return bits_of(self._ordered(chunk, first, end))
        outside = chain(self._ordered(chunk, 0, first), self._ordered(chunk, end, order.count))
        return bits_of(outside) ^ (1 << CHUNK_ROWS) - 1

    def _ordered(self, chunk: Stretch, first: int, end: int) -> Sequence[int]:
        """Rows of the chunk by their time, from one place to another."""
        places = range(first // PIECE_ROWS, -(-end // PIECE_ROWS)) if first < end else ()
        found = self._read([(ORDER, place, chunk.segment, chunk.segment) for place in places])
        rows = b"".join(found[ORDER, place, chunk.segment] for place in places)
        skipped = first - first // PIECE_ROWS * PIECE_ROWS
        return memoryview(rows).cast("H")[skipped : skipped + end - first]

    def _of_dags(self, stretch: Stretch, dags: frozenset[int]) -> int | None:
        """Rows of the Dags; None if all are."""
        postings = Postings(self._column(DAGS, stretch))
        present = postings.terms()
        inside = [postings.of(hashed) for hashed in present if hashed in dags]
        outside = [postings.of(hashed) for hashed in present if hashed not in dags]
        if not outside:
            return None
        counts = sum(map(len, inside)), sum(map(len, outside))
        if sum(counts) < stretch.length or counts[0] <= counts[1]:
            return bits_of(chain.from_iterable(inside))
        return bits_of(chain.from_iterable(outside)) ^ (1 << CHUNK_ROWS) - 1

    def _column(self, kind: int, stretch: Stretch) -> bytes:
        place = kind, stretch.level, stretch.segment
        return self._read([(*place, stretch.segment)]).get(place, _NOTHING[kind])


_NOTHING = {TIMES: b"", SAMPLES: b"", DAGS: encode({})}
_LATEST = 2**63 - 1


def _two(data: bytes) -> tuple[int, int]:
    first, second = memoryview(data).cast("q")
    return first, second


def _descending(bits: int) -> Iterator[int]:
    while bits:
        highest = bits.bit_length() - 1
        yield highest
        bits ^= 1 << highest


@lru_cache(maxsize=256)
def _statement(dialect: str, pieces: int) -> str:
    """Blocks of several ranges at once; each is looked up by the primary key, whatever the plan."""
    if dialect == "sqlite":
        values = ", ".join(["(?, ?, ?, ?)"] * pieces)
        return (
            f"WITH wanted (kind, slot, lowest, highest) AS (VALUES {values})"  # noqa: S608
            " SELECT b.kind, b.slot, b.segment, b.data"
            " FROM wanted AS w CROSS JOIN search_block AS b"
            " WHERE b.kind = w.kind AND b.slot = w.slot"
            " AND b.segment BETWEEN w.lowest AND w.highest"
        )
    one = "(%s::integer, %s::bigint, %s::bigint, %s::bigint)"
    return (
        f"SELECT w.kind, w.slot, b.segment, b.data FROM (VALUES {', '.join([one] * pieces)})"  # noqa: S608
        " AS w (kind, slot, lowest, highest), LATERAL (SELECT segment, data FROM search_block"
        " WHERE kind = w.kind AND slot = w.slot AND segment BETWEEN w.lowest AND w.highest"
        " OFFSET 0) AS b"
    )
