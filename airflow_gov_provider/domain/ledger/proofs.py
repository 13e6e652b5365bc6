"""Inclusion and consistency proofs: RFC 9162, sections 2.1.3 and 2.1.4.

Making a proof needs ``node(level, index)``, the hash of a complete subtree; checking one needs
nothing but the proof, and answers False to whatever is malformed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from airflow_gov_provider.domain.ledger.merkle import (
    EMPTY_ROOT,
    HASH_SIZE,
    LARGEST_SIZE,
    node_hash,
)
from airflow_gov_provider.exceptions import LedgerInvalid

Node = Callable[[int, int], bytes]


def inclusion(index: int, size: int, node: Node) -> tuple[bytes, ...]:
    """The hashes that lead from leaf ``index`` up to the root of the first ``size`` leaves.

    :raises LedgerInvalid: when the tree has no such leaf.
    """
    if not 0 <= index < size:
        raise LedgerInvalid(f"a tree of {size} leaves has no leaf {index}")
    begin, end, beside = 0, size, []
    while end - begin > 1:
        middle = begin + _left_size(end - begin)
        if index < middle:
            beside.append((middle, end))
            end = middle
        else:
            beside.append((begin, middle))
            begin = middle
    return tuple(_subtree(*span, node) for span in reversed(beside))


def consistency(old_size: int, new_size: int, node: Node) -> tuple[bytes, ...]:
    """The hashes that show the first ``old_size`` leaves to be the beginning of ``new_size``.

    :raises LedgerInvalid: when the older tree is the larger one.
    """
    if not 0 <= old_size <= new_size:
        raise LedgerInvalid(f"a tree of {old_size} leaves cannot precede one of {new_size}")
    if old_size in {0, new_size}:
        return ()
    begin, end, beside, whole = 0, new_size, [], True
    while end != old_size:
        middle = begin + _left_size(end - begin)
        if old_size <= middle:
            beside.append((middle, end))
            end = middle
        else:
            beside.append((begin, middle))
            begin, whole = middle, False
    if not whole:
        beside.append((begin, end))
    return tuple(_subtree(*span, node) for span in reversed(beside))


def cover(begin: int, end: int) -> Iterator[tuple[int, int]]:
    """The fewest complete subtrees ``(level, index)`` over the leaves ``begin`` to ``end - 1``."""
    while begin < end:
        level = (end - begin).bit_length() - 1
        if begin:
            level = min(level, (begin & -begin).bit_length() - 1)
        yield level, begin >> level
        begin += 1 << level


def verify_inclusion(
    *, leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> bool:
    """Whether ``leaf`` (the hash of a leaf, not its content) is leaf ``index`` under ``root``."""
    if not (_whole(index, size) and index < size and _hashes(leaf, root, proof)):
        return False
    at, last, current = index, size - 1, leaf
    for beside in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            current = node_hash(beside, current)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            current = node_hash(current, beside)
        at, last = at >> 1, last >> 1
    return last == 0 and current == root


def verify_consistency(
    *, old_size: int, new_size: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether the tree of ``new_root`` begins with the whole tree of ``old_root``."""
    if not (_whole(old_size, new_size) and old_size <= new_size):
        return False
    if not _hashes(old_root, new_root, proof):
        return False
    if old_size == 0:
        return not proof and old_root == EMPTY_ROOT and (new_size > 0 or new_root == EMPTY_ROOT)
    if old_size == new_size:
        return not proof and old_root == new_root
    path = [*([old_root] if old_size.bit_count() == 1 else []), *proof]
    return bool(path) and _leads_to_both(path, old_size, new_size, old_root, new_root)


def _leads_to_both(
    path: Sequence[bytes], old_size: int, new_size: int, old_root: bytes, new_root: bytes
) -> bool:
    at, last = old_size - 1, new_size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old = new = path[0]
    for beside in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            old, new = node_hash(beside, old), node_hash(beside, new)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            new = node_hash(new, beside)
        at, last = at >> 1, last >> 1
    return last == 0 and old == old_root and new == new_root


def _subtree(begin: int, end: int, node: Node) -> bytes:
    """The hash over a span of the tree; ``begin`` is where such a subtree can begin."""
    *others, (level, index) = cover(begin, end)
    found = node(level, index)
    for left in reversed(others):
        found = node_hash(node(*left), found)
    return found


def _left_size(size: int) -> int:
    """The largest power of two below ``size``, which is at least 2."""
    return 1 << ((size - 1).bit_length() - 1)


def _whole(*numbers: object) -> bool:
    return all(type(number) is int and 0 <= number <= LARGEST_SIZE for number in numbers)


def _hashes(one: object, other: object, proof: object) -> bool:
    if not isinstance(proof, (tuple, list)):
        return False
    items: list[object] = [one, other, *proof]
    return all(isinstance(item, bytes) and len(item) == HASH_SIZE for item in items)
