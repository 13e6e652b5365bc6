"""The bytes of the search index: which rows of a stretch of events have which term.

A *term* is a field and its value, or a word; it is known by a CRC-32, so what the index finds are
candidates, and whoever searches compares the rows themselves. A *stretch* is an aligned range of
2**8, 2**12, 2**16 or 2**20 sequence numbers. Rows are named by the low 16 bits of their number, so
that stretches are joined without touching a single number.

``Postings``  native 64-bit count, then one 64-bit entry per key (sorted), then 16-bit row numbers.
              An entry is ``key << 28 | is_bitmap << 27 | end``, where ``end`` counts 16-bit numbers
              up to and with this key's. A key is the term and, where the stretch is longer than
              2**16, which sixteenth the rows are in. In stretches that are shorter, a term that
              many rows have is a bitmap over the stretch, its first row the lowest bit.
bitmap        the same over a chunk, in a block of its own.
times         one 64-bit number a row, microseconds since 1970; ``NO_TIME`` where there is no row.
order         rows of a chunk by their time, 16-bit numbers, in sixteen pieces; beside it, how many
              there are and the time of every 64th.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from struct import Struct
from zlib import crc32

BITS = (8, 12, 16, 20)  # of the length of a stretch, by level
SLOT_BITS = (4, 7, 10, 14)  # so many bits of a term choose the block that knows its rows
CHUNK = 2  # the level whose rows 16 bits tell apart
FANOUT = 16
SHORTEST = 1 << BITS[0]
CHUNK_ROWS = 1 << BITS[CHUNK]
MOST_LISTED = 1024  # rows of a chunk; a term that more of them have is a bitmap
NO_TIME = -(2**63)
ALL_ROWS = (1 << CHUNK_ROWS) - 1
PIECE_ROWS = CHUNK_ROWS // FANOUT
_SAMPLED = 64

_BISECTED = 16  # so many times longer, a list is searched instead of read
_END_BITS = 28
_IS_BITMAP = 1 << 27
_END = _IS_BITMAP - 1
_KEY_BITS = 36
_COUNT = Struct("=Q")
_DIGITS = bytes.maketrans(b"\0\1", b"01")


Rows = bytes | int  # native 16-bit numbers, or bits


@lru_cache(maxsize=200_000)
def term(field: str, value: str) -> int:
    """The 32 bits that a field's value, or a word under the empty field, is known by."""
    return crc32(f"{field}\0{value}".encode())


def slot(level: int, hashed: int) -> int:
    return hashed >> (32 - SLOT_BITS[level])


def encode(postings: Mapping[int, Rows], *, bitmaps_of: int = 0) -> bytes:
    """One block.

    :param postings: rows by key.
    :param bitmaps_of: so many rows, where bitmaps are used.
    """
    entries, data, end = array("Q"), [], 0
    for key in sorted(postings):
        rows, flag = postings[key], 0
        if isinstance(rows, bytes) and len(rows) > bitmaps_of // 8 > 0:
            rows = _bits_within(rows, bitmaps_of)
        if isinstance(rows, int):
            rows, flag = rows.to_bytes(bitmaps_of // 8, "little"), _IS_BITMAP
        end += len(rows) // 2
        entries.append(key << _END_BITS | flag | end)
        data.append(rows)
    return b"".join((_COUNT.pack(len(entries)), entries.tobytes(), *data))


class Postings:
    """A block that was read; nothing is copied before it is asked for."""

    __slots__ = ("_entries", "_rows")

    def __init__(self, data: bytes) -> None:
        view = memoryview(data)
        (count,) = _COUNT.unpack_from(view)
        first = _COUNT.size + 8 * count
        self._entries = view[_COUNT.size : first].cast("Q")
        self._rows = view[first:].cast("H")

    def of(self, hashed: int, part: int = 0) -> memoryview | int:
        """The rows of a term, in ascending order; none if it has none."""
        key = hashed << 4 | part
        place = bisect_left(self._entries, key << _END_BITS)
        if place == len(self._entries) or self._entries[place] >> _END_BITS != key:
            return self._rows[:0]
        start = self._entries[place - 1] & _END if place else 0
        rows = self._rows[start : self._entries[place] & _END]
        return int.from_bytes(rows, "little") if self._entries[place] & _IS_BITMAP else rows

    def terms(self) -> list[int]:
        """Every term, in ascending order."""
        return [entry >> _END_BITS + 4 for entry in self._entries]

    def bits_of_any(self, wanted: AbstractSet[int], *, of_rows: int) -> int:
        """Rows that have one of the terms, where each row has one term.

        :param of_rows: how many there are if none is missing.
        """
        inside, outside, start, count = [], [], 0, 0
        for entry in self._entries:
            end = entry & _END
            if entry >> _END_BITS + 4 in wanted:
                inside.append(self._rows[start:end])
                count += end - start
            else:
                outside.append(self._rows[start:end])
            start = end
        if start < of_rows or count <= of_rows // 2:
            return bits_of(chain.from_iterable(inside))
        return bits_of(chain.from_iterable(outside)) ^ ALL_ROWS

    def items(self) -> Iterator[tuple[int, Rows]]:
        """Every key and its rows."""
        data, start = self._rows.cast("B"), 0
        for entry in self._entries:
            end = 2 * (entry & _END)
            rows = data[start:end]
            is_bitmap = entry & _IS_BITMAP
            yield entry >> _END_BITS, int.from_bytes(rows, "little") if is_bitmap else bytes(rows)
            start = end


def joined(blocks: Iterable[tuple[int, bytes]], level: int) -> dict[int, Rows]:
    """The postings of neighbouring stretches as those of the longer one.

    :param blocks: in their order, each with its place among them.
    :param level: of these stretches.
    """
    length, longer = 1 << BITS[level], 1 << BITS[level + 1]
    found: dict[int, Rows] = {}
    bits: dict[int, int] = {}
    for place, data in blocks:
        for key, rows in Postings(data).items():
            if isinstance(rows, int):
                bits[key] = bits.get(key, 0) | rows << place * length
            else:
                found[key] = found[key] + rows if key in found else rows  # type: ignore[operator]
    for key, some in bits.items():
        rows = found.get(key, b"")
        found[key] = some | _bits_within(rows, longer) if isinstance(rows, bytes) else some
    return found


def beside(blocks: Iterable[tuple[int, bytes]]) -> dict[int, Rows]:
    """The postings of the chunks of an era. :param blocks: each with its place in the era."""
    return {key | place: rows for place, data in blocks for key, rows in Postings(data).items()}


def of_chunk(rows: Rows) -> tuple[bytes, bool]:
    """The rows of a chunk as they are stored, and whether as a bitmap."""
    if isinstance(rows, bytes):
        if len(rows) <= 2 * MOST_LISTED:
            return rows, False
        rows = _bits_within(rows, CHUNK_ROWS)
    if rows.bit_count() > MOST_LISTED:
        return rows.to_bytes(CHUNK_ROWS // 8, "little"), True
    return array("H", sorted(descending(rows))).tobytes(), False


def _bits_within(rows: bytes, length: int) -> int:
    """:param length: of the stretch, which the numbers of its rows are the remainders of."""
    if not rows:
        return 0
    flags = bytearray(length)
    for row in memoryview(rows).cast("H"):
        flags[~(row % length)] = 1
    return int(flags.translate(_DIGITS), 2)


def bits_of(rows: Iterable[int]) -> int:
    flags = bytearray(CHUNK_ROWS)
    for row in rows:
        flags[~row] = 1
    return int(flags.translate(_DIGITS), 2)


def descending(bits: int) -> Iterator[int]:
    while bits:
        highest = bits.bit_length() - 1
        yield highest
        bits ^= 1 << highest


def those_in(rows: Iterable[int], bits: int) -> list[int]:
    flags = bits.to_bytes(CHUNK_ROWS // 8, "little")
    return [row for row in rows if flags[row >> 3] >> (row & 7) & 1]


def common(listed: Iterable[Sequence[int]]) -> Sequence[int]:
    """The rows that all lists have."""
    shortest, *others = sorted(listed, key=len)
    for rows in others:
        if len(shortest) * _BISECTED < len(rows):
            shortest = [row for row in shortest if _has(rows, row)]
        else:
            shortest = sorted(set(shortest).intersection(rows))
    return shortest


def has_any(listed: Sequence[int], wanted: AbstractSet[int]) -> bool:
    if len(wanted) * _BISECTED < len(listed):
        return any(_has(listed, one) for one in wanted)
    return not wanted.isdisjoint(listed)


def _has(listed: Sequence[int], wanted: int) -> bool:
    place = bisect_left(listed, wanted)
    return place < len(listed) and listed[place] == wanted


def extent_of(times: Iterable[int]) -> tuple[int, int] | None:
    """The earliest and the latest time; None without any."""
    known = [moment for moment in times if moment != NO_TIME]
    return (min(known), max(known)) if known else None


@dataclass(frozen=True, slots=True)
class Order:
    """The rows of a chunk by their time, of which only some times are known.

    :param samples: of every 64th row.
    """

    count: int
    samples: Sequence[int]

    @classmethod
    def of(cls, times: Sequence[int]) -> tuple[Order, bytes]:
        """:returns: also the rows themselves, which are stored in pieces."""
        known = (row for row, moment in enumerate(times) if moment != NO_TIME)
        rows = array("H", sorted(known, key=times.__getitem__))
        samples = [times[row] for row in rows[::_SAMPLED]]
        return cls(len(rows), samples), rows.tobytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> Order:
        count, *samples = memoryview(data).cast("q")
        return cls(count, samples)

    def to_bytes(self) -> bytes:
        return array("q", [self.count, *self.samples]).tobytes()

    def between(self, since: int | None, until: int | None) -> tuple[int, int]:
        """First place and end of those that may lie between; all others do not."""
        first, end = 0, self.count
        if since is not None and (place := bisect_left(self.samples, since)):
            first = _SAMPLED * (place - 1) + 1
        if until is not None:
            end = min(end, _SAMPLED * bisect_left(self.samples, until))
        return first, max(first, end)


def by_slot(level: int, postings: Mapping[int, Rows]) -> Iterator[tuple[int, dict[int, Rows]]]:
    """The postings of each slot of the level that has any."""
    shift = _KEY_BITS - SLOT_BITS[level]
    slots: dict[int, dict[int, Rows]] = {}
    for key, rows in postings.items():
        slots.setdefault(key >> shift, {})[key] = rows
    yield from slots.items()
