from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_gov_provider.domain.ledger.merkle import (
    EMPTY_ROOT,
    CompactRange,
    leaf_hash,
    node_hash,
    root_of,
)
from airflow_gov_provider.exceptions import LedgerInvalid

LEAVES = [leaf_hash(b"leaf-%d" % number) for number in range(300)]


def _by_definition(leaves: list[bytes]) -> bytes:
    """RFC 6962, 2.1, word for word: the tree splits at the largest power of two below its size."""
    if not leaves:
        return EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    middle = 1
    while middle * 2 < len(leaves):
        middle *= 2
    return node_hash(_by_definition(leaves[:middle]), _by_definition(leaves[middle:]))


def test_leaf_hashes_and_roots_are_those_of_certificate_transparency(golden):
    contents = [bytes.fromhex(content) for content in golden["leaves_hex"]]
    hashes = [leaf_hash(content) for content in contents]

    assert [item.hex() for item in hashes] == golden["leaf_hashes_hex"]
    roots = {str(size): root_of(hashes[:size]).hex() for size in range(9)}
    assert roots == golden["roots_hex"]


def test_roots_beyond_one_tile_agree_with_the_golden_ones(golden):
    roots = {size: root_of(LEAVES[: int(size)]).hex() for size in golden["big"]["roots"]}

    assert roots == golden["big"]["roots"]


def test_every_size_up_to_300_has_the_root_of_the_definition():
    tree = CompactRange()
    for size, leaf in enumerate(LEAVES, start=1):
        tree = tree.extend([leaf])

        assert tree.size == size
        assert tree.root == _by_definition(LEAVES[:size])


@settings(deadline=None)
@given(cuts=st.lists(st.integers(0, 300)), size=st.integers(0, 300))
def test_leaves_that_arrive_in_parts_give_the_tree_of_all_of_them(cuts, size):
    whole = CompactRange().extend(LEAVES[:size])

    tree, begin = CompactRange(), 0
    for end in [*sorted(cut for cut in cuts if cut <= size), size]:
        tree = CompactRange.from_bytes(tree.extend(LEAVES[begin:end]).to_bytes())
        begin = end

    assert tree == whole


def test_more_leaves_than_one_batch_give_the_same_root_as_in_parts():
    leaves = [leaf_hash(b"%d" % number) for number in range(70_001)]

    parts = CompactRange().extend(leaves[:40_000]).extend(leaves[40_000:])

    assert CompactRange().extend(leaves) == parts


@settings(deadline=None)
@given(sizes=st.lists(st.integers(0, 40), max_size=8))
def test_every_complete_subtree_is_told_once_and_after_its_children(sizes):
    told: dict[tuple[int, int], bytes] = {}

    def on_node(level: int, index: int, node: bytes) -> None:
        assert (level, index) not in told
        if level:
            children = told[level - 1, 2 * index], told[level - 1, 2 * index + 1]
            assert node == node_hash(*children)
        told[level, index] = node

    tree, begin = CompactRange(), 0
    for count in sizes:
        tree = tree.extend(LEAVES[begin : begin + count], on_node)
        begin += count

    size = tree.size
    complete = {(level, at) for level in range(10) for at in range(size >> level)}
    assert told.keys() == complete


@settings(deadline=None)
@given(size=st.integers(1, 300), begin=st.integers(0, 299))
def test_a_subtree_can_stand_for_its_leaves(size, begin):
    begin = min(begin, size - 1)
    level = min((begin & -begin).bit_length() - 1 if begin else 8, (size - begin).bit_length() - 1)
    end = begin + (1 << level)
    subtree = root_of(LEAVES[begin:end])

    tree = CompactRange().extend(LEAVES[:begin]).append(level, subtree)

    assert tree.extend(LEAVES[end:size]) == CompactRange().extend(LEAVES[:size])


@pytest.mark.parametrize(("size", "level"), [(1, 1), (6, 2), (0, -1)])
def test_a_subtree_that_cannot_begin_there_is_refused(size, level):
    tree = CompactRange().extend(LEAVES[:size])

    with pytest.raises(LedgerInvalid, match=f"level {level} begins at leaf {size}"):
        tree.append(level, LEAVES[0])


@pytest.mark.parametrize(
    ("size", "hashes", "message"),
    [
        (3, (LEAVES[0],), "kept as 2 hashes, not 1"),
        (0, (LEAVES[0],), "kept as 0 hashes"),
        (1, (b"short",), "32 bytes"),
        (-1, (), "not -1"),
        (2**63, (LEAVES[0],), "2\\*\\*63"),
    ],
)
def test_a_compact_range_that_fits_no_tree_is_refused(size, hashes, message):
    with pytest.raises(LedgerInvalid, match=message):
        CompactRange(size, hashes)


@settings(deadline=None)
@given(content=st.binary(max_size=120))
def test_bytes_are_a_compact_range_or_are_refused(content):
    try:
        tree = CompactRange.from_bytes(content)
    except LedgerInvalid:
        return

    assert tree.to_bytes() == content
