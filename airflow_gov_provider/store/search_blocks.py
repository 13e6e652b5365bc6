"""The bytes of the search index: which rows of a stretch of events have which term.

A *term* is a field and its value, or a word; it is known by a CRC-32, so what the index finds are
candidates, and whoever searches compares the rows themselves. A *stretch* is an aligned range of
2**8, 2**12, 2**16 or 2**20 sequence numbers. Rows are named by the low 16 bits of their number, so
that stretches are joined without touching a single number.

``Postings``  native 64-bit count, then one 64-bit entry per key (sorted; ``key << 28 | end``), then
              16-bit row numbers; ``end`` counts those up to and with this key's. A key is the term
              and, where the stretch is longer than 2**16, which sixteenth the rows are in.
``bitmap``    2**16 bits, row 0 the lowest: a term that many rows have.
``Spans``     earliest and latest time of occurrence of every 256 rows, microseconds since 1970.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from struct import Struct
from zlib import crc32

BITS = (8, 12, 16, 20)  # of the length of a stretch, by level
SLOT_BITS = (4, 7, 10, 14)  # so many bits of a term choose the block that knows its rows
CHUNK = 2  # the level whose rows 16 bits tell apart
FANOUT = 16
BLOCK = 1 << BITS[0]
CHUNK_ROWS = 1 << BITS[CHUNK]
MOST_LISTED = 1024  # rows of a chunk; a term that more of them have is a bitmap
NO_TIME = (2**63 - 1, -(2**63))

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


def encode_spans(spans: Iterable[tuple[int, int]]) -> bytes:
    return array("q", [moment for span in spans for moment in span]).tobytes()


def spans_in(data: bytes) -> list[tuple[int, int]]:
    times = memoryview(data).cast("q")
    return list(zip(times[::2], times[1::2], strict=True))


def by_slot(level: int, postings: Mapping[int, bytes]) -> Iterator[tuple[int, dict[int, bytes]]]:
    """The postings of each slot of the level that has any."""
    shift = _KEY_BITS - SLOT_BITS[level]
    slots: dict[int, dict[int, bytes]] = {}
    for key, rows in postings.items():
        slots.setdefault(key >> shift, {})[key] = rows
    yield from slots.items()
