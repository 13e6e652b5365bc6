"""Walk the search index from the newest event to the oldest, over those that may match."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import reduce
from itertools import chain, repeat
from operator import and_, or_
from typing import Any

from sqlalchemy import Connection

from airflow_gov_provider.store.driver_errors import as_sqlalchemy_does
from airflow_gov_provider.store.search.blocks import (
    ALL_ROWS,
    BITS,
    CHUNK,
    CHUNK_ROWS,
    FANOUT,
    NO_TIME,
    PIECE_ROWS,
    Order,
    Postings,
    bits_of,
    common,
    descending,
    has_any,
    slot,
    term,
    those_in,
)
from airflow_gov_provider.store.search.index import (
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

_LATEST = 2**63 - 1
_FEW_DAGS = 8  # so many are looked up one by one, as words are
_FEW_ROWS = 64  # so many are compared faster than a mask is read
_BATCHES = (1, 8, 64)  # chunks that are read at once: few for who finds, many for who does not
_BATCHES_OF_DAGS = (1, 8, 16)  # where of each chunk all its Dags are read
_FIRST_BITMAPS = 8  # that are read at once, and four times as many each time
_BITMAP_BYTES = CHUNK_ROWS // 8
_ROW_BYTES = 5000  # what comparing a row in vain costs, in bytes read

Piece = tuple[int, int, int, int]  # kind, slot, first and last segment
Blocks = dict[tuple[int, int, int], bytes]  # by kind, slot and segment


@dataclass(slots=True)
class Budget:
    """What one page may cost, counted in bytes that are read.

    :param per_byte: how much slower the database reads blocks than SQLite does.
    """

    left: int
    per_byte: int = 1

    @property
    def is_spent(self) -> bool:
        return self.left <= 0

    def spend(self, size: int) -> None:
        self.left -= size * self.per_byte

    def bitmaps(self) -> int:
        """How many may still be read."""
        return self.left // (_BITMAP_BYTES * self.per_byte)

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
        self._inside: set[Stretch] = set()
        self._dags: frozenset[int] | None = None
        if self.wanted.dag_ids is not None:
            terms = [term("dag_id", dag_id) for dag_id in self.wanted.dag_ids]
            if len(terms) <= _FEW_DAGS:
                self._groups.append(terms)
            else:
                self._dags = frozenset(terms)
        self._terms = {hashed for group in self._groups for hashed in group}

    def __iter__(self) -> Iterator[int]:
        for batch in self._batches():
            is_long = sum(stretch.level == CHUNK for stretch in batch) > 1
            blocks = self._read(self._pieces(batch), without_bitmaps=is_long)
            for part in self._parts(batch, blocks) if is_long else [batch]:
                for stretch in part:
                    for row in self._rows(stretch, blocks):
                        yield stretch.origin + row
                    self.position = min(self.position, stretch.first)
                if self.budget.is_spent:
                    return
        self.position = 0

    def _parts(self, batch: Sequence[Stretch], blocks: Blocks) -> Iterator[list[Stretch]]:
        """The batch bit by bit, each after the bitmaps were read that it needs."""
        part: list[Stretch] = []
        needed: list[tuple[int, int]] = []
        most = _FIRST_BITMAPS
        for stretch in batch:
            found = self._bitmaps_of(stretch, blocks)
            if needed and len(needed) + len(found) > min(most, self.budget.bitmaps()):
                blocks.update(self._read([(BITMAP, *run) for run in _runs(needed)]))
                yield part
                part, needed, most = [], [], most * 4
            part.append(stretch)
            needed += [(hashed, stretch.segment) for hashed in found]
        blocks.update(self._read([(BITMAP, *run) for run in _runs(needed)]))
        yield part

    def _bitmaps_of(self, stretch: Stretch, blocks: Blocks) -> list[int]:
        """The terms whose bitmaps tell which rows match; none if no row does."""
        if stretch.level < CHUNK or not self._has_any_dag(stretch, blocks):
            return []
        found: list[int] = []
        for group in self._groups:
            frequent = [one for one in group if (BITMAP, one, stretch.segment) in blocks]
            if not frequent and not self._of_group(stretch, blocks, group)[0]:
                return []
            found += frequent
        return found

    def _batches(self) -> Iterator[list[Stretch]]:
        """Short stretches and the newest chunk; then more and more chunks at once."""
        counts = (*self.state.complete[:ERA], 0)
        stretches = [
            Stretch(level, segment)
            for level in range(ERA)
            for segment in reversed(range(counts[level + 1] * FANOUT, counts[level]))
            if segment << BITS[level] < self.below
        ]
        if self.wanted.has_times and stretches:
            stretches = self._in_question(stretches)
        end = sum(stretch.level < CHUNK for stretch in stretches)
        sizes = _BATCHES if self._dags is None else _BATCHES_OF_DAGS
        for size in chain(sizes, repeat(sizes[-1])):
            end += size
            if not stretches:
                return
            yield stretches[:end]
            stretches, end = stretches[end:], 0

    def _in_question(self, stretches: Sequence[Stretch]) -> list[Stretch]:
        """Those whose events may have happened between the times, and which of them all did."""
        ranges = _ranges((stretch.level, stretch.segment) for stretch in stretches)
        found = self._read([(EXTENT, *one) for one in ranges])
        extents = {Stretch(level, at): _two(data) for (_, level, at), data in found.items()}
        self._inside = {one for one, extent in extents.items() if self.wanted.holds_all_of(extent)}
        return [
            one for one in stretches if one in extents and self.wanted.may_hold_of(extents[one])
        ]

    def _pieces(self, batch: Sequence[Stretch]) -> list[Piece]:
        pieces: list[Piece] = []
        for level, first, last in _ranges(map(self._lookup, batch)):
            slots = {slot(level, hashed) for hashed in self._terms}
            pieces += [(level, at, first, last) for at in slots]
        for level, first, last in _ranges((one.level, one.segment) for one in batch):
            if level == CHUNK:
                pieces += [(BITMAP, hashed, first, last) for hashed in self._terms]
            if self._dags is not None:
                pieces.append((DAG_TERMS, level, first, last))
        return pieces

    def _lookup(self, stretch: Stretch) -> tuple[int, int]:
        """The level and segment whose blocks know the words of the stretch."""
        era = stretch.segment // FANOUT
        if stretch.level == CHUNK and era < self.state.complete[ERA]:
            return ERA, era
        return stretch.level, stretch.segment

    def _read(self, pieces: Sequence[Piece], *, without_bitmaps: bool = False) -> Blocks:
        """:param without_bitmaps: only which of them there are; each is empty then."""
        if not pieces:
            return {}
        values = tuple(chain.from_iterable(pieces))
        data = f"CASE WHEN w.kind <> {BITMAP} THEN b.data END" if without_bitmaps else "b.data"
        statement = _statement(self.connection, len(pieces), data=data)
        rows = _executed(self.connection, statement, values)
        found = {(kind, slot, segment): bytes(data or b"") for kind, slot, segment, data in rows}
        self.budget.spend(sum(map(len, found.values())))
        return found

    def _rows(self, stretch: Stretch, blocks: Blocks) -> Iterable[int]:
        """Rows of the stretch that may match, in descending order."""
        if not self._has_any_dag(stretch, blocks):
            return ()
        rows, bits = self._of_terms(stretch, blocks)
        count = len(rows) if bits is None else bits.bit_count()
        narrowed = self._narrowed(stretch) if count > _FEW_ROWS else None
        below = self.below - stretch.origin
        if bits is not None:
            bits = bits if narrowed is None else bits & narrowed
            return descending(bits & (1 << below) - 1 if below < CHUNK_ROWS else bits)
        if narrowed is not None:
            rows = those_in(rows, narrowed)
        return [row for row in reversed(rows) if row < below]

    def _of_terms(self, stretch: Stretch, blocks: Blocks) -> tuple[Sequence[int], int | None]:
        """Rows that have a term of each group: a list, or bits if there is no short list."""
        listed: list[Sequence[int]] = []
        bits: int | None = None
        for group in self._groups:
            rows, mask = self._of_group(stretch, blocks, group)
            if mask is not None:
                bits = mask if bits is None else bits & mask
            elif rows:
                listed.append(rows)
            else:
                return (), None
        if not listed:
            return (), bits or None
        rows = common(listed)
        return (rows if bits is None else those_in(rows, bits)), None

    def _of_group(
        self, stretch: Stretch, blocks: Blocks, group: Sequence[int]
    ) -> tuple[Sequence[int], int | None]:
        """Rows that have one of the terms: a list, or bits where there are many."""
        level, segment = self._lookup(stretch)
        part = stretch.segment % FANOUT if level == ERA else 0
        found = (
            Postings(data).of(hashed, part)
            for hashed in group
            if (data := blocks.get((level, slot(level, hashed), segment)))
        )
        start = stretch.first - stretch.origin
        masks = [
            int.from_bytes(data, "little")
            for hashed in group
            if stretch.level == CHUNK and (data := blocks.get((BITMAP, hashed, stretch.segment)))
        ]
        listed: list[Sequence[int]] = []
        for rows in found:
            if isinstance(rows, int):
                masks.append(rows << start)
            elif rows:
                listed.append(rows)
        if masks:
            return (), reduce(or_, [*masks, *map(bits_of, listed)])
        if len(listed) == 1:
            return listed[0], None
        return sorted(set(chain.from_iterable(listed))), None

    def _has_any_dag(self, stretch: Stretch, blocks: Blocks) -> bool:
        if self._dags is None:
            return True
        data = blocks.get((DAG_TERMS, stretch.level, stretch.segment), b"")
        return has_any(memoryview(data).cast("I"), self._dags)

    def _narrowed(self, stretch: Stretch) -> int | None:
        """The rows of the stretch that are of the Dags and in the times; None for all."""
        masks = []
        if self.wanted.has_times and stretch not in self._inside:
            in_time = self._in_chunk if stretch.level == CHUNK else self._in_time
            masks.append(in_time(stretch))
        if self._dags is not None:
            postings = Postings(self._column(DAGS, stretch))
            masks.append(postings.bits_of_any(self._dags, of_rows=stretch.length))
        return reduce(and_, masks) if masks else None

    def _in_time(self, stretch: Stretch) -> int:
        """Rows between the times."""
        times = memoryview(self._column(TIMES, stretch)).cast("q")
        since = NO_TIME + 1 if self.wanted.since is None else self.wanted.since
        until = _LATEST if self.wanted.until is None else self.wanted.until
        start = stretch.first - stretch.origin
        return bits_of(at for at, moment in enumerate(times, start) if since <= moment < until)

    def _in_chunk(self, chunk: Stretch) -> int:
        """Rows of a chunk that may lie between the times."""
        order = Order.from_bytes(self._column(SAMPLES, chunk))
        first, end = order.between(self.wanted.since, self.wanted.until)
        if order.count < CHUNK_ROWS or end - first <= CHUNK_ROWS // 2:
            return bits_of(self._ordered(chunk, first, end))
        outside = chain(self._ordered(chunk, 0, first), self._ordered(chunk, end, order.count))
        return bits_of(outside) ^ ALL_ROWS

    def _ordered(self, chunk: Stretch, first: int, end: int) -> Sequence[int]:
        """Rows of the chunk by their time, from one place to another."""
        places = range(first // PIECE_ROWS, -(-end // PIECE_ROWS)) if first < end else range(0)
        found = self._read([(ORDER, place, chunk.segment, chunk.segment) for place in places])
        rows = b"".join(found[ORDER, place, chunk.segment] for place in places)
        skipped = first % PIECE_ROWS
        return memoryview(rows).cast("H")[skipped : skipped + end - first]

    def _column(self, kind: int, stretch: Stretch) -> bytes:
        place = kind, stretch.level, stretch.segment
        return self._read([(*place, stretch.segment)])[place]


def _ranges(places: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int, int]]:
    """Each level, and the first and last segment of it."""
    segments: dict[int, list[int]] = {}
    for level, segment in places:
        segments.setdefault(level, []).append(segment)
    for level, found in segments.items():
        yield level, min(found), max(found)


def _runs(places: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int, int]]:
    """Each term with the first and last of segments that follow one another."""
    start: tuple[int, int] | None = None
    end = (0, 0)
    for place in sorted(places):
        if start is not None and place != (end[0], end[1] + 1):
            yield start[0], start[1], end[1]
            start = None
        start, end = start or place, place
    if start is not None:
        yield start[0], start[1], end[1]


def _two(data: bytes) -> tuple[int, int]:
    first, second = memoryview(data).cast("q")
    return first, second


def _executed(connection: Connection, statement: str, values: tuple[int, ...]) -> Iterable[Any]:
    if connection.dialect.driver != "psycopg":
        return connection.exec_driver_sql(statement, values)
    # Blocks as they are and not as text, which is twice as long.
    driver: Any = connection.connection
    with as_sqlalchemy_does(connection, statement), driver.cursor(binary=True) as cursor:
        found: Iterable[Any] = cursor.execute(statement, values).fetchall()
    return found


def _statement(connection: Connection, pieces: int, *, data: str) -> str:
    """Blocks of several ranges at once; each is looked up by the primary key, whatever the plan.

    :param data: SQL of what is read of a block.
    """
    if connection.dialect.name == "sqlite":
        values = ", ".join(["(?, ?, ?, ?)"] * pieces)
        return (
            f"WITH wanted (kind, slot, lowest, highest) AS (VALUES {values})"  # noqa: S608
            f" SELECT b.kind, b.slot, b.segment, {data}"
            " FROM wanted AS w CROSS JOIN search_block AS b"
            " WHERE b.kind = w.kind AND b.slot = w.slot"
            " AND b.segment BETWEEN w.lowest AND w.highest"
        )
    one = "(%s::integer, %s::bigint, %s::bigint, %s::bigint)"
    return (
        f"SELECT w.kind, w.slot, b.segment, {data} FROM (VALUES {', '.join([one] * pieces)})"  # noqa: S608
        " AS w (kind, slot, lowest, highest), LATERAL (SELECT segment, data FROM search_block"
        " WHERE kind = w.kind AND slot = w.slot AND segment BETWEEN w.lowest AND w.highest"
        " OFFSET 0) AS b"
    )
