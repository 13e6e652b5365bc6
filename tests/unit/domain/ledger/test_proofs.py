from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_gov_provider.domain.ledger import proofs
from airflow_gov_provider.domain.ledger.merkle import CompactRange, leaf_hash, root_of
from airflow_gov_provider.exceptions import LedgerInvalid

LEAVES = [leaf_hash(b"leaf-%d" % number) for number in range(300)]
NODES: dict[tuple[int, int], bytes] = {}
CompactRange().extend(LEAVES, lambda level, index, node: NODES.update({(level, index): node}))
ROOTS = [root_of(LEAVES[:size]) for size in range(301)]

sizes = st.integers(1, 300)


def node(level: int, index: int) -> bytes:
    return NODES[level, index]


def _hex(proof: tuple[bytes, ...]) -> list[str]:
    return [item.hex() for item in proof]


def _golden_node(golden):
    nodes = {}
    hashes = [bytes.fromhex(item) for item in golden["leaf_hashes_hex"]]
    CompactRange().extend(hashes, lambda level, at, found: nodes.update({(level, at): found}))
    return lambda level, at: nodes[level, at]


def test_inclusion_proofs_are_the_golden_ones(golden):
    made = [
        {**case, "proof": _hex(proofs.inclusion(case["index"], case["size"], _golden_node(golden)))}
        for case in golden["inclusion"]
    ]

    assert made == golden["inclusion"]
    assert _hex(proofs.inclusion(257, 300, node)) == golden["big"]["inclusion_257_of_300"]


def test_consistency_proofs_are_the_golden_ones(golden):
    made = [
        {
            **case,
            "proof": _hex(proofs.consistency(case["first"], case["second"], _golden_node(golden))),
        }
        for case in golden["consistency"]
    ]

    assert made == golden["consistency"]
    assert _hex(proofs.consistency(129, 300, node)) == golden["big"]["consistency_129_300"]


@pytest.mark.parametrize("size", range(1, 71))
def test_every_leaf_is_proved_to_be_in_every_tree_and_nowhere_else(size):
    for index in range(size):
        proof = proofs.inclusion(index, size, node)
        places = [
            at
            for at in range(size + 1)
            if proofs.verify_inclusion(
                leaf=LEAVES[index], index=at, size=size, proof=proof, root=ROOTS[size]
            )
        ]

        assert places == [index]


@pytest.mark.parametrize("size", range(71))
def test_every_tree_is_proved_to_begin_with_every_smaller_one_and_with_no_other(size):
    for old_size in range(size + 1):
        proof = proofs.consistency(old_size, size, node)
        beginnings = [
            claimed
            for claimed in range(size + 2)
            if proofs.verify_consistency(
                old_size=claimed,
                new_size=size,
                old_root=ROOTS[old_size],
                new_root=ROOTS[size],
                proof=proof,
            )
        ]

        assert beginnings == [old_size]


@settings(deadline=None)
@given(size=sizes, data=st.data())
def test_an_inclusion_proof_with_anything_changed_proves_nothing(size, data):
    index = data.draw(st.integers(0, size - 1))
    claim = {
        "leaf": LEAVES[index],
        "index": index,
        "size": size,
        "proof": proofs.inclusion(index, size, node),
        "root": ROOTS[size],
    }
    assert proofs.verify_inclusion(**claim)

    assert not proofs.verify_inclusion(**data.draw(_changed(claim)))


@settings(deadline=None)
@given(size=st.integers(2, 300), data=st.data())
def test_a_consistency_proof_with_anything_changed_proves_nothing(size, data):
    old_size = data.draw(st.integers(1, size))
    claim = {
        "old_size": old_size,
        "new_size": size,
        "old_root": ROOTS[old_size],
        "new_root": ROOTS[size],
        "proof": proofs.consistency(old_size, size, node),
    }
    assert proofs.verify_consistency(**claim)

    assert not proofs.verify_consistency(**data.draw(_changed(claim)))


@st.composite
def _changed(draw, claim):
    """The claim with a bit flipped, a hash more or less, or a number that no tree has.

    Numbers that fit another tree of the same shape are not tried: a root alone does not say how
    many leaves are below it, which is why a checkpoint signs both.
    """
    name = draw(st.sampled_from(sorted(claim)))
    value = claim[name]
    if isinstance(value, bytes):
        return {**claim, name: _flipped(draw, value)}
    if isinstance(value, int):
        return {**claim, name: draw(st.sampled_from([-1, 2**63, 0.0, None, str(value), True]))}
    if value and draw(st.booleans()):
        at = draw(st.integers(0, len(value) - 1))
        changed = (*value[:at], _flipped(draw, value[at]), *value[at + 1 :])
    elif value and draw(st.booleans()):
        changed = value[: draw(st.integers(0, len(value) - 1))]
    else:
        changed = (*value, draw(st.binary(min_size=32, max_size=32)))
    return {**claim, name: changed}


def _flipped(draw, content: bytes) -> bytes:
    at, bit = draw(st.integers(0, len(content) - 1)), draw(st.integers(0, 7))
    return content[:at] + bytes([content[at] ^ 1 << bit]) + content[at + 1 :]


@pytest.mark.parametrize("proof", [None, "proof", [None], [b"short"], {}, 5])
def test_what_is_no_proof_proves_nothing_and_raises_nothing(proof):
    one = proofs.verify_inclusion(leaf=LEAVES[0], index=0, size=2, proof=proof, root=ROOTS[2])
    other = proofs.verify_consistency(
        old_size=1, new_size=2, old_root=ROOTS[1], new_root=ROOTS[2], proof=proof
    )

    assert not one
    assert not other


@pytest.mark.parametrize(("index", "size"), [(0, 0), (5, 5), (-1, 5)])
def test_no_proof_is_made_for_a_leaf_that_is_not_there(index, size):
    with pytest.raises(LedgerInvalid, match=f"{size} leaves has no leaf {index}"):
        proofs.inclusion(index, size, node)


@pytest.mark.parametrize(("old_size", "size"), [(6, 5), (-1, 5)])
def test_no_proof_is_made_for_a_tree_that_cannot_precede(old_size, size):
    with pytest.raises(LedgerInvalid, match="cannot precede"):
        proofs.consistency(old_size, size, node)


@settings(deadline=None)
@given(begin=st.integers(0, 300), end=st.integers(0, 300))
def test_a_span_is_covered_once_by_whole_subtrees_none_of_which_could_be_larger(begin, end):
    cover = list(proofs.cover(begin, end))

    leaves = [leaf for level, at in cover for leaf in range(at << level, (at + 1) << level)]
    assert leaves == list(range(begin, end))
    parents = [(level + 1, at >> 1) for level, at in cover]
    assert len(set(parents)) == len(parents)
