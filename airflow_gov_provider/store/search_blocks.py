"""The bytes of the search index: which rows of a stretch of events have which term.

A *term* is a field and its value, or a word; it is known by a CRC-32, so what the index finds are
candidates, and whoever searches compares the rows themselves. A *stretch* is an aligned range of
2**8, 2**12, 2**16 or 2**20 sequence numbers. Rows are named by the low 16 bits of their number, so
that stretches are joined without touching a single number.

``Postings``  native 64-bit count, then one 64-bit entry per key (sorted; ``key << 28 | end``), then
              16-bit row numbers; ``end`` counts those up to and with this key's. A key is the term
              and, where the stretch is longer than 2**16, which sixteenth the rows are in.
``bitmap``    2**16 bits, row 0 the lowest: a term that many rows have.
times         one 64-bit number a row, microseconds since 1970; ``NO_TIME`` where there is no row.
order         rows of a chunk by their time, 16-bit numbers, in sixteen pieces; beside it, how many
              there are and the time of every 64th.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
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
PIECE_ROWS = CHUNK_ROWS // FANOUT
_SAMPLED = 64

_END_BITS = 28
_END = (1 << _END_BITS) - 1
_KEY_BITS = 36
_COUNT = Struct("=Q")
_DIGITS = bytes.maketrans(b"\0\1", b"01")


@lru_cache(maxsize=200_000)
def term(field: str, value: str) -> int:
    """The 32 bits that a field's value, or a word under the empty field, is known by."""
    return crc32(f"{field}\0{value}".encode())


def slot(level: int, hashed: int) -> int:
    return hashed >> (32 - SLOT_BITS[level])


def encode(postings: Mapping[int, bytes | array[int]]) -> bytes:
    """One block. :param postings: rows by key, as native 16-bit numbers."""
    entries, rows, end = array("Q"), [], 0
    for key in sorted(postings):
        listed = bytes(postings[key])
        end += len(listed) // 2
        entries.append(key << _END_BITS | end)
        rows.append(listed)
    return b"".join((_COUNT.pack(len(entries)), entries.tobytes(), *rows))


class Postings:
    """A block that was read; nothing is copied before it is asked for."""

    __slots__ = ("_entries", "_rows")

    def __init__(self, data: bytes) -> None:
        view = memoryview(data)
        (count,) = _COUNT.unpack_from(view)
        first = _COUNT.size + 8 * count
        self._entries = view[_COUNT.size : first].cast("Q")
        self._rows = view[first:].cast("H")

    def of(self, hashed: int, part: int = 0) -> memoryview:
        """The rows of a term, in ascending order; none if it has none."""
        key = hashed << 4 | part
        place = bisect_left(self._entries, key << _END_BITS)
        if place == len(self._entries) or self._entries[place] >> _END_BITS != key:
            return self._rows[:0]
        start = self._entries[place - 1] & _END if place else 0
        return self._rows[start : self._entries[place] & _END]

    def terms(self) -> list[int]:
        """Every term, in ascending order."""
        return [entry >> _END_BITS + 4 for entry in self._entries]

    def items(self) -> Iterator[tuple[int, bytes]]:
        """Every key and its rows."""
        rows, start = self._rows.cast("B"), 0
        for entry in self._entries:
            end = 2 * (entry & _END)
            yield entry >> _END_BITS, bytes(rows[start:end])
            start = end


def joined(blocks: Iterable[tuple[int, bytes]]) -> dict[int, bytes]:
    """The postings of neighbouring stretches together.

    :param blocks: in their order, each with what it adds to its keys.
    """
    found: dict[int, bytes] = {}
    for part, data in blocks:
        for key, rows in Postings(data).items():
            place = key | part
            found[place] = found[place] + rows if place in found else rows
    return found


def bitmap(rows: bytes) -> bytes:
    return bits_of(memoryview(rows).cast("H")).to_bytes(CHUNK_ROWS // 8, "little")


def bits_of(rows: Iterable[int]) -> int:
    flags = bytearray(CHUNK_ROWS)
    for row in rows:
        flags[~row] = 1
    return int(flags.translate(_DIGITS), 2)


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


def by_slot(level: int, postings: Mapping[int, bytes]) -> Iterator[tuple[int, dict[int, bytes]]]:
    """The postings of each slot of the level that has any."""
    shift = _KEY_BITS - SLOT_BITS[level]
    slots: dict[int, dict[int, bytes]] = {}
    for key, rows in postings.items():
        slots.setdefault(key >> shift, {})[key] = rows
    yield from slots.items()
