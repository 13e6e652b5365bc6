"""From the lines and hashes of a bundle to a root, remembering where the two disagree."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import BinaryIO

from airflow_gov_provider.domain.ledger.bundle.format import (
    EVENTS,
    LEAVES,
    LONGEST_LINE,
    PROOF,
    Manifest,
)
from airflow_gov_provider.domain.ledger.merkle import (
    HASH_SIZE,
    CompactRange,
    leaf_hash,
)
from airflow_gov_provider.exceptions import LedgerInvalid

MOST_DIFFERENCES = 100_000
_READ_AT_ONCE = 2**20
_LINES_AT_ONCE = 4096
_LEAVES_AT_ONCE = 4096
_EVENT_ID = re.compile(rb'"event_id":"([0-9A-Za-z-]{1,64})"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One place where a line and the leaf hash beside it disagree, or where one of them lacks.

    :param leaf: the leaf that belongs here, and ``recorded`` its hash; None behind the last.
    :param line: the number of the line, from 1, and ``found`` its hash; None when lines ran out.
    :param event_id: what the line calls itself.
    """

    leaf: int | None
    line: int | None
    recorded: bytes | None
    found: bytes | None
    event_id: str | None = None


@dataclass(slots=True, kw_only=True)
class Folded:
    """What the contents of a bundle come to.

    :param recorded: the tree over the recorded leaf hashes.
    :param found: the tree over the lines, where they differ; None once there are too few of them.
    :param roots: roots of the recorded tree at the sizes that were asked for and passed by.
    :param problems: what is wrong with the files, apart from the differences.
    """

    recorded: CompactRange = field(default_factory=CompactRange)
    found: CompactRange | None = None
    roots: dict[int, bytes] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.found = self.recorded  # one object, for as long as they agree


class _Lines:
    """The hashes of the lines of a stream, handed out in blocks, with the number of the next line.

    A line is hashed where it lies in what was read: to copy it first takes a tenth of the time of
    everything else.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._rest = stream, b""
        self._block = self._begun = b""  # what was read, and what came of its first line before
        self._texts: list[bytes] = []
        self._hashes: list[bytes] = []
        self._at = 0
        self.next_number = 1
        self.unended = False

    def take(self, most: int) -> list[bytes]:
        """The leaf hashes of up to ``most`` lines; none when no more are there, or wanted."""
        if most <= 0:
            return []
        while self._at == len(self._hashes):
            if not self._refill():
                return []
        taken = self._hashes[self._at : self._at + most]
        self._at += len(taken)
        self.next_number += len(taken)
        return taken

    def line(self, number: int) -> bytes:
        """One of the lines whose hashes were taken last."""
        if not self._texts:
            self._texts = (self._begun + self._block).split(b"\n")
        return self._texts[number - self.next_number + self._at]

    def _refill(self) -> bool:
        chunk = self._stream.read(_READ_AT_ONCE)
        if not chunk and not self._rest:
            return False
        self._block, self._begun, self._texts, self._at = chunk, self._rest, [], 0
        if chunk:
            self._rest = self._hash(chunk)
        else:
            self._hashes = [leaf_hash(self._rest)]
            self._rest, self.unended = b"", True
        if len(self._rest) > LONGEST_LINE:
            raise LedgerInvalid(f"{EVENTS} has a line of more than {LONGEST_LINE} bytes")
        return True

    def _hash(self, chunk: bytes) -> bytes:
        """Hash every line that ends in there. :returns: the begin of the next one."""
        self._hashes = []
        begin, end = 0, chunk.find(b"\n")
        if end < 0:
            return self._begun + chunk
        leaf, find, keep = sha256(b"\x00" + self._begun), chunk.find, self._hashes.append
        start, view = sha256(b"\x00").copy, memoryview(chunk)
        while end >= 0:
            leaf.update(view[begin:end])
            keep(leaf.digest())
            leaf = start()
            begin = end + 1
            end = find(b"\n", begin)
        return chunk[begin:]


def fold(
    events: BinaryIO,
    leaves: BinaryIO,
    beside: Sequence[bytes],
    manifest: Manifest,
    sizes: Sequence[int],
) -> Folded:
    """Read lines and leaf hashes once, side by side, and fold both into trees.

    :param beside: the hashes of the subtrees in the gaps.
    :param sizes: where to remember the root on the way, ascending.
    :raises LedgerInvalid: when a line is too long to be an event.
    """
    lines, folded, waiting = _Lines(events), Folded(), iter(beside)
    for gap, (first, count) in manifest.pieces:
        for level, _ in gap:
            subtree = next(waiting, None)
            if subtree is None:
                folded.problems.append(f"{PROOF} has too few hashes for the leaves before {first}")
                return folded
            _append(folded, level, subtree, sizes)
        if not _fold_run(lines, leaves, range(first, first + count), folded, sizes):
            return folded
    _look_for_more(lines, leaves, waiting, folded)
    return folded


def _append(folded: Folded, level: int, subtree: bytes, sizes: Sequence[int]) -> None:
    same = folded.found is folded.recorded
    found = folded.found
    folded.recorded = folded.recorded.append(level, subtree)
    if found is not None:
        folded.found = folded.recorded if same else found.append(level, subtree)
    _remember(folded, sizes)


def _fold_run(
    lines: _Lines, leaves: BinaryIO, run: range, folded: Folded, sizes: Sequence[int]
) -> bool:
    """Whether there were leaf hashes for the whole run."""
    at = run.start
    while at < run.stop:
        position = bisect_right(sizes, at)
        stop = min([run.stop, *sizes[position : position + 1], at + _LEAVES_AT_ONCE])
        content = leaves.read(HASH_SIZE * (stop - at))
        there = at + len(content) // HASH_SIZE
        _fold_part(lines, content, range(at, there), folded)
        if there != stop:
            folded.problems.append(f"{LEAVES} ends before leaf {there}")
            return False
        at = stop
        _remember(folded, sizes)
    return True


def _fold_part(lines: _Lines, content: bytes, part: range, folded: Folded) -> None:
    """Lines are hashed while they are at hand; what agrees is folded together afterwards."""
    at, agreed = part.start, list[bytes]()
    while at < part.stop:
        number = lines.next_number
        found = lines.take(part.stop - at)
        count = len(found) or part.stop - at
        begin = HASH_SIZE * (at - part.start)
        some = content[begin : begin + HASH_SIZE * count]
        if b"".join(found) == some:
            agreed += found
        else:
            _extend(folded, agreed, agreed)
            agreed = []
            recorded = [some[i : i + HASH_SIZE] for i in range(0, len(some), HASH_SIZE)]
            _extend(folded, recorded, found)
            _compare(folded, at, number, recorded=recorded, found=found, lines=lines)
        at += count
    _extend(folded, agreed, agreed)


def _extend(folded: Folded, recorded: list[bytes], found: list[bytes]) -> None:
    if not recorded:
        return
    same = folded.found is folded.recorded
    before = folded.found
    folded.recorded = folded.recorded.extend(recorded)
    if before is None or not found:
        folded.found = None
    elif same and found is recorded:
        folded.found = folded.recorded
    else:
        folded.found = before.extend(found)


def _compare(
    folded: Folded,
    at: int,
    number: int,
    *,
    recorded: list[bytes],
    found: list[bytes],
    lines: _Lines,
) -> None:
    for offset, wanted in enumerate(recorded):
        if len(folded.differences) >= MOST_DIFFERENCES:
            return
        got = found[offset] if found else None
        if got != wanted:
            difference = Difference(
                leaf=at + offset,
                line=number + offset if found else None,
                recorded=wanted,
                found=got,
                event_id=_event_id(lines.line(number + offset)) if found else None,
            )
            folded.differences.append(difference)


def _remember(folded: Folded, sizes: Sequence[int]) -> None:
    size = folded.recorded.size
    position = bisect_right(sizes, size)
    if position and sizes[position - 1] == size:
        folded.roots[size] = folded.recorded.root


def _look_for_more(
    lines: _Lines, leaves: BinaryIO, waiting: Iterator[bytes], folded: Folded
) -> None:
    number = lines.next_number
    while taken := lines.take(min(_LINES_AT_ONCE, MOST_DIFFERENCES - len(folded.differences))):
        folded.differences += [
            Difference(
                leaf=None,
                line=number + offset,
                recorded=None,
                found=found,
                event_id=_event_id(lines.line(number + offset)),
            )
            for offset, found in enumerate(taken)
        ]
        number = lines.next_number
    if lines.unended:
        folded.problems.append(f"{EVENTS} breaks off within its last line")
    if leaves.read(1):
        folded.problems.append(f"{LEAVES} has more hashes than the manifest has events")
    if next(waiting, None) is not None:
        folded.problems.append(f"{PROOF} has more hashes than the gaps between the runs need")


def _event_id(line: bytes) -> str | None:
    named = _EVENT_ID.search(line)
    return named[1].decode("ascii") if named else None
