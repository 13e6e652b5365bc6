"""Every single change to a ledger is found by whoever holds a key and a checkpoint."""

from __future__ import annotations

from typing import Any

from fakes.ledger import KEY, Ledger, documents
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_gov_provider.domain.ledger.bundle import verify_bundle
from airflow_gov_provider.domain.ledger.notes import SignerKey

TRUSTED = [KEY.verifier]
LARGEST = 40


@st.composite
def _rewritten(draw: Any) -> tuple[list[bytes], list[bytes], int]:
    """What was sealed, what somebody made of it, and how many leaves the reader's anchor has."""
    sealed = documents(draw(st.integers(1, LARGEST)))
    anchored = draw(st.integers(1, len(sealed)))
    at = draw(st.integers(0, anchored - 1))
    grown = documents(100)[60 : 60 + draw(st.integers(0, 10))]
    kind = draw(st.sampled_from(["flip", "swap", "insert", "delete", "truncate", "fork"]))
    other = draw(st.integers(0, len(sealed) - 1).filter(lambda it: it != at or len(sealed) == 1))
    changed = list(sealed)
    if kind == "flip" or (kind == "swap" and other == at):
        position = draw(st.integers(0, len(sealed[at]) - 1))
        flipped = sealed[at][position] ^ 1 << draw(st.integers(0, 7))
        if flipped == ord("\n"):
            flipped = 0
        changed[at] = sealed[at][:position] + bytes([flipped]) + sealed[at][position + 1 :]
    elif kind == "swap":
        changed[at], changed[other] = sealed[other], sealed[at]
    elif kind == "insert":
        changed.insert(at, b'{"event_id":"new"}')
    elif kind == "delete":
        del changed[at]
    elif kind == "truncate":
        return sealed, sealed[:at], anchored
    else:
        changed = sealed[:at] + documents(200)[100 : 100 + draw(st.integers(1, LARGEST))]
    return sealed, changed + grown, anchored


@settings(deadline=None, max_examples=400)
@given(rewritten=_rewritten(), data=st.data())
def test_a_history_that_was_rewritten_and_signed_with_the_true_key_contradicts_the_anchor(
    rewritten, data
):
    sealed, changed, anchored = rewritten
    honest, forged = Ledger(sealed), Ledger(changed)
    shown = data.draw(st.sets(st.integers(0, forged.size - 1)) if forged.size else st.just(set()))
    older = [anchored] if anchored <= forged.size else []
    files = forged.files(sorted(shown), older=older)
    if data.draw(st.booleans(), label="show the true proof") and anchored <= honest.size:
        files["consistency.jsonl"] = honest.files([], older=[anchored])["consistency.jsonl"]

    assert verify_bundle(files, TRUSTED, {"mine": honest.checkpoint(anchored)})


@settings(deadline=None, max_examples=300)
@given(
    size=st.integers(1, LARGEST),
    name=st.sampled_from(
        ["events.jsonl", "leaves.bin", "proof.txt", "checkpoint.txt", "consistency.jsonl",
         "keys.txt", "manifest.json"]
    ),
    data=st.data(),
)  # fmt: skip
def test_no_bit_of_a_bundle_can_be_flipped_and_no_byte_added_or_taken(size, name, data):
    ledger = Ledger(documents(size))
    shown = data.draw(st.sets(st.integers(0, size - 1)))
    files = ledger.files(sorted(shown), older=[data.draw(st.integers(0, size))])
    assert verify_bundle(files, TRUSTED) == []

    content = files[name]
    at = data.draw(st.integers(0, len(content)))
    kind = data.draw(st.sampled_from(["flip", "insert", "delete"]))
    if kind == "insert" or at == len(content):
        changed = content[:at] + data.draw(st.binary(min_size=1, max_size=2)) + content[at:]
    elif kind == "delete":
        changed = content[:at] + content[at + 1 :]
    else:
        flipped = content[at] ^ 1 << data.draw(st.integers(0, 7))
        changed = content[:at] + bytes([flipped]) + content[at + 1 :]

    assert verify_bundle({**files, name: changed}, TRUSTED)


@settings(deadline=None)
@given(size=st.integers(1, LARGEST), data=st.data())
def test_no_two_lines_can_change_places_be_doubled_or_disappear(size, data):
    files = Ledger(documents(size)).files(range(size))
    lines = files["events.jsonl"].splitlines(keepends=True)
    at, other = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size - 1))
    kind = data.draw(st.sampled_from(["swap", "double", "delete"]))
    if kind == "swap" and at != other:
        lines[at], lines[other] = lines[other], lines[at]
    elif kind == "double":
        lines.insert(other, lines[at])
    else:
        del lines[at]

    assert verify_bundle({**files, "events.jsonl": b"".join(lines)}, TRUSTED)


@settings(deadline=None)
@given(size=st.integers(0, LARGEST), seed=st.binary(min_size=32, max_size=32))
def test_a_ledger_that_another_key_signed_is_not_believed(size, seed):
    impostor = SignerKey(KEY.name, seed)
    problems = verify_bundle(Ledger(documents(size), impostor).files(range(size)), TRUSTED)

    assert bool(problems) == (seed != KEY.seed)


@settings(deadline=None)
@given(size=st.integers(1, LARGEST), data=st.data())
def test_an_older_tree_is_not_taken_for_the_present_one(size, data):
    ledger = Ledger(documents(size))
    older = data.draw(st.integers(0, size - 1))
    files = ledger.files(range(older), size=older)

    assert verify_bundle(files, TRUSTED) == []
    [problem] = verify_bundle(files, TRUSTED, {"mine": ledger.checkpoint()})
    assert "rolled back" in problem


def test_an_anchor_without_a_proof_is_not_passed_over():
    ledger = Ledger(documents(100))
    files = ledger.files([1], older=[10])

    [problem] = verify_bundle(files, TRUSTED, {"mine": ledger.checkpoint(67)})
    assert "no consistency proof from 67 to 100" in problem


def test_an_anchor_of_another_ledger_or_of_another_key_is_named():
    other = SignerKey("other.example", bytes(32))
    ledger, stranger = Ledger(documents(5)), Ledger(documents(5), other)
    anchors = {"foreign": stranger.checkpoint(), "forged": ledger.checkpoint().replace("5", "4")}

    problems = verify_bundle(ledger.files([1]), [*TRUSTED, other.verifier], anchors)

    assert len(problems) == 2
    assert problems[0] == "foreign is of other.example, not of ledger.example/governance"
    assert problems[1].startswith("forged: ")
