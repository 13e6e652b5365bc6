"""The Merkle tree of RFC 6962, section 2.1 (the same in RFC 9162), folded as leaves arrive.

A *node* is a complete subtree: ``(level, index)`` covers the ``2**level`` leaves from
``index * 2**level`` on, so ``(0, i)`` is leaf ``i``. Every hash is 32 bytes of SHA-256.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice

from airflow_gov_provider.exceptions import LedgerInvalid

HASH_SIZE = 32
LARGEST_SIZE = 2**63 - 1
ALL_LEVELS = range(64)
EMPTY_ROOT = sha256(b"").digest()

_LEAVES_AT_ONCE = 1 << 16
_SIZE_BYTES = 8

OnNode = Callable[[int, int, bytes], None]


def leaf_hash(content: bytes) -> bytes:
    """SHA-256 of ``0x00`` and the stored bytes."""
    return sha256(b"\x00" + content).digest()


def leaf_hashes(contents: Iterable[bytes]) -> list[bytes]:
    """:func:`leaf_hash` of each, in less time: the zero byte is hashed once and not put before."""
    begin, hashes = sha256(b"\x00").copy, []
    for content in contents:
        leaf = begin()
        leaf.update(content)
        hashes.append(leaf.digest())
    return hashes


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256 of ``0x01`` and the two hashes below."""
    return sha256(b"\x01" + left + right).digest()


def _parents(row: Iterable[bytes]) -> list[bytes]:
    """:func:`node_hash` of each two neighbours, in the way of :func:`leaf_hashes`."""
    begin, hashes, nodes = sha256(b"\x01").copy, [], iter(row)
    for left in nodes:
        node = begin()
        node.update(left + next(nodes))
        hashes.append(node.digest())
    return hashes


def root_of(leaf_hashes: Iterable[bytes]) -> bytes:
    """The root over all of these leaves, in order."""
    return CompactRange().extend(leaf_hashes).root


@dataclass(frozen=True, slots=True)
class CompactRange:
    """A tree of ``size`` leaves, kept as the hashes of its largest complete subtrees.

    The hashes stand from left to right, one for each bit that is set in ``size``; this is all that
    is needed to add leaves and to know the root.

    :raises LedgerInvalid: when the number or the length of the hashes does not fit ``size``.
    """

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.size <= LARGEST_SIZE:
            raise LedgerInvalid(f"a tree has 0 to 2**63-1 leaves, not {self.size}")
        if len(self.hashes) != self.size.bit_count():
            raise LedgerInvalid(
                f"a tree of {self.size} leaves is kept as {self.size.bit_count()} hashes, "
                f"not {len(self.hashes)}"
            )
        if any(len(item) != HASH_SIZE for item in self.hashes):
            raise LedgerInvalid(f"every hash of a compact range has {HASH_SIZE} bytes")

    @property
    def root(self) -> bytes:
        if not self.hashes:
            return EMPTY_ROOT
        *others, root = self.hashes
        for left in reversed(others):
            root = node_hash(left, root)
        return root

    def extend(
        self,
        leaf_hashes: Iterable[bytes],
        on_node: OnNode | None = None,
        *,
        levels: Container[int] = ALL_LEVELS,
    ) -> CompactRange:
        """The tree with these leaves added on the right.

        :param on_node: is told ``(level, index, hash)`` of every complete subtree that came to be,
            the leaves themselves (level 0) included, each once; a subtree follows its children.
        :param levels: those that it is told of.
        """
        leaves, grown = iter(leaf_hashes), self
        while row := list(islice(leaves, _LEAVES_AT_ONCE)):
            grown = grown._add(0, row, on_node, levels)
        return grown

    def append(self, level: int, subtree: bytes) -> CompactRange:
        """The tree with ``2**level`` leaves added on the right, of which only the hash is known.

        :raises LedgerInvalid: when such a subtree cannot stand here.
        """
        if level < 0 or self.size & ((1 << level) - 1):
            raise LedgerInvalid(f"no subtree of level {level} begins at leaf {self.size}")
        return self._add(level, [subtree], None, ALL_LEVELS)

    def to_bytes(self) -> bytes:
        """Size (8 bytes, big-endian), then the hashes from left to right."""
        return self.size.to_bytes(_SIZE_BYTES, "big") + b"".join(self.hashes)

    @classmethod
    def from_bytes(cls, content: bytes) -> CompactRange:
        """:raises LedgerInvalid: when these are not the bytes of a compact range."""
        size, hashes = content[:_SIZE_BYTES], content[_SIZE_BYTES:]
        if len(size) != _SIZE_BYTES or len(hashes) % HASH_SIZE:
            raise LedgerInvalid(
                f"a compact range is {_SIZE_BYTES} bytes and then {HASH_SIZE} for each hash; "
                f"these are {len(content)} bytes"
            )
        parts = range(0, len(hashes), HASH_SIZE)
        return cls(
            size=int.from_bytes(size, "big"),
            hashes=tuple(hashes[start : start + HASH_SIZE] for start in parts),
        )

    def _add(
        self, level: int, row: list[bytes], on_node: OnNode | None, levels: Container[int]
    ) -> CompactRange:
        """Fold a row of new neighbours, level by level, into the subtrees on their left."""
        kept = self._by_level()
        grown, first = self.size + (len(row) << level), self.size >> level
        while row:
            if on_node is not None and level in levels:
                for offset, node in enumerate(row):
                    on_node(level, first + offset, node)
            if level in kept:
                row.insert(0, kept.pop(level))
                first -= 1
            if len(row) % 2:
                kept[level] = row.pop()
            row = _parents(row)
            level, first = level + 1, first // 2
        return CompactRange(grown, tuple(kept[key] for key in sorted(kept, reverse=True)))

    def _by_level(self) -> dict[int, bytes]:
        levels = (level for level in reversed(range(64)) if self.size >> level & 1)
        return dict(zip(levels, self.hashes, strict=True))
