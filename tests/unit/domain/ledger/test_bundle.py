from __future__ import annotations

import io
import re

import pytest
from fakes.ledger import KEY, ORIGIN, Ledger, documents
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_gov_provider.domain.ledger.bundle import Manifest, check, verify_bundle, write_bundle
from airflow_gov_provider.domain.ledger.merkle import leaf_hash
from airflow_gov_provider.domain.ledger.notes import SignerKey
from airflow_gov_provider.exceptions import LedgerInvalid

LEDGER = Ledger(documents(70))
TRUSTED = [KEY.verifier]


def _with_lines(files: dict[str, bytes], change) -> dict[str, bytes]:
    lines = files["events.jsonl"].split(b"\n")[:-1]
    change(lines)
    return {**files, "events.jsonl": b"".join(line + b"\n" for line in lines)}


@settings(deadline=None)
@given(
    indexes=st.sets(st.integers(0, 69)),
    older=st.lists(st.integers(0, 70), max_size=3),
    anchor=st.integers(0, 70),
)
def test_any_selection_of_events_verifies_and_shows_the_growth_it_was_asked_for(
    indexes, older, anchor
):
    files = LEDGER.files(sorted(indexes), older=[*older, anchor])

    outcome = check(files, TRUSTED, {"mine": LEDGER.checkpoint(anchor)})

    assert outcome.problems == []
    assert outcome.manifest.events == len(indexes)
    assert outcome.signers == (KEY.verifier,)
    assert outcome.anchors == ["mine"]
    assert outcome.older == len(older) + 1


@pytest.mark.parametrize("size", range(1, 20))
def test_every_single_event_of_small_ledgers_is_proved_on_its_own(size):
    ledger = Ledger(documents(size))

    assert [verify_bundle(ledger.files([at]), TRUSTED) for at in range(size)] == [[]] * size


def test_a_whole_ledger_needs_no_consistency_proof_for_an_anchor():
    anchors = {str(size): LEDGER.checkpoint(size) for size in range(71)}

    outcome = check(LEDGER.files(range(70)), TRUSTED, anchors)

    assert outcome.problems == []
    assert outcome.anchors == list(anchors)


def test_an_empty_ledger_verifies():
    assert verify_bundle(Ledger([]).files([]), TRUSTED) == []


def test_the_same_request_gives_the_same_bytes():
    assert LEDGER.zipped(range(5, 30), older=[3]) == LEDGER.zipped(range(5, 30), older=[3])


def test_the_lines_are_the_stored_bytes():
    files = LEDGER.files([3, 4, 9])

    assert files["events.jsonl"].splitlines() == [LEDGER.contents[at] for at in (3, 4, 9)]
    assert files["leaves.bin"] == b"".join(LEDGER.leaves[at] for at in (3, 4, 9))


def test_an_altered_event_is_named_with_its_leaf_line_and_id():
    def alter(lines):
        lines[3] = lines[3].replace(b"success", b"skipped")

    [problem] = verify_bundle(_with_lines(LEDGER.files(range(10, 30)), alter), TRUSTED)

    assert problem.startswith(f"leaf 13 (line 4, event_id {13:064x}): this event was altered")


def test_an_event_that_was_altered_in_the_store_is_named_in_an_export_made_afterwards():
    ledger = Ledger(documents(20))
    ledger.contents[7] = b'{"event_id":"forged"}'

    [problem] = verify_bundle(ledger.files(range(20)), TRUSTED)

    assert problem.startswith("leaf 7 (line 8, event_id forged): this event was altered")


@pytest.mark.parametrize(
    ("change", "problems"),
    [
        (
            lambda lines: lines.pop(4),
            [
                "leaf 14: its event is missing",
                "lines 5 to 19 hold the events of leaves 15 to 29, out of their places",
            ],
        ),
        (lambda lines: lines.pop(), ["leaf 29: its event is missing"]),
        (lambda lines: lines.clear(), ["leaves 10 to 29: their events are missing"]),
        (
            lambda lines: lines.insert(18, b"new"),
            [
                "line 19: this event was put in, it is not of the announced leaves",
                "lines 20 to 21 hold the events of leaves 28 to 29, out of their places",
            ],
        ),
        (
            lambda lines: lines.append(b"new"),
            ["line 21: this event was put in, it is not of the announced leaves"],
        ),
        (
            lambda lines: lines.__setitem__(slice(2, 4), [lines[3], lines[2]]),
            [
                "line 3 holds the event of leaf 13, out of its place",
                "line 4 holds the event of leaf 12, out of its place",
            ],
        ),
    ],
    ids=["delete", "truncate", "clear", "insert", "append", "swap"],
)
def test_a_moved_missing_or_added_event_is_named(change, problems):
    files = _with_lines(LEDGER.files(range(10, 30)), change)

    assert verify_bundle(files, TRUSTED) == problems


def test_changes_far_apart_in_a_long_export_are_all_named():
    files = Ledger(documents(12_000)).files(range(12_000))
    assert len(files["events.jsonl"]) > 2**20

    def change(lines):
        lines[11_500] = b"forged"
        del lines[4_000]
        lines.insert(8_999, b"new")

    assert verify_bundle(_with_lines(files, change), TRUSTED) == [
        "line 9000: this event was put in, it is not of the announced leaves",
        "leaf 11500 (line 11501): this event was altered, its bytes are not those that were sealed",
        "leaf 4000: its event is missing",
        "lines 4001 to 8999 hold the events of leaves 4001 to 8999, out of their places",
    ]


def test_a_wrong_leaf_hash_beside_a_sound_event_is_named_as_such():
    files = LEDGER.files(range(10, 30))
    leaves = bytearray(files["leaves.bin"])
    leaves[32 * 5] ^= 1

    assert verify_bundle({**files, "leaves.bin": bytes(leaves)}, TRUSTED) == [
        "leaf 15: its hash in leaves.bin is wrong; the event is as it was sealed"
    ]


def test_an_event_that_was_altered_together_with_its_hash_is_found_between_two_checkpoints():
    files = LEDGER.files(range(70), older=[20, 50])
    leaves = bytearray(files["leaves.bin"])
    leaves[32 * 30 : 32 * 31] = leaf_hash(b"forged")
    files = {**files, "leaves.bin": bytes(leaves)}

    problems = verify_bundle(
        _with_lines(files, lambda lines: lines.__setitem__(30, b"forged")), TRUSTED
    )

    assert len(problems) == 1
    assert "one of the leaves 20 to 49" in problems[0]


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("leaves.bin", lambda content: content[:-1], "leaves.bin ends before leaf 29"),
        ("leaves.bin", lambda content: content + b"x", "more hashes than the manifest has events"),
        ("proof.txt", b"", "too few hashes"),
        ("proof.txt", lambda content: content + content[:45], "more hashes than the gaps"),
        ("proof.txt", lambda content: content[45:] + content[:45], "do not lead to the root"),
        ("proof.txt", lambda content: content[:-1], "breaks off"),
        ("events.jsonl", lambda content: content[:-1], "breaks off"),
        ("manifest.json", lambda content: content.replace(b"[10,20]", b"[11,20]"), "too few|do not lead"),
        ("manifest.json", lambda content: content.replace(b"[10,20]", b"[10,61]"), "does not fit"),
        ("manifest.json", lambda content: content.replace(b"70", b"71"), "with 71 leaves"),
        ("manifest.json", lambda content: content.replace(b'"events":20', b'"events":21'), "as it is written"),
        ("manifest.json", lambda content: content.replace(b"v1", b"v2"), "format"),
        ("manifest.json", b"[" * 100_000, "not a JSON object"),
        ("manifest.json", b'{"size":' + b"9" * 5000 + b"}", "manifest is not a JSON object"),
        ("consistency.jsonl", b"{}\n", "lacks its size"),
        ("consistency.jsonl", b"\xff\n", "not UTF-8"),
        ("keys.txt", SignerKey(ORIGIN, bytes(32)).verifier.text.encode() + b"\n", "none of the keys"),
    ],
)  # fmt: skip
def test_a_file_that_does_not_fit_the_others_is_named(name, change, message):
    files = LEDGER.files(range(10, 30), older=[5])

    problems = verify_bundle(
        {**files, name: change(files[name]) if callable(change) else change}, TRUSTED
    )

    assert re.search(message, " ".join(problems))


def test_missing_and_unknown_files_are_all_named():
    files = LEDGER.files([1])
    del files["leaves.bin"], files["proof.txt"]

    assert verify_bundle({**files, "../evil": b""}, TRUSTED) == [
        "leaves.bin is missing",
        "proof.txt is missing",
        "'../evil' is no file of a bundle",
    ]


def test_a_line_that_never_ends_is_refused_before_it_fills_the_memory():
    class Endless(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            return b"x" * size

    [problem] = verify_bundle({**LEDGER.files([1]), "events.jsonl": Endless()}, TRUSTED)

    assert "a line of more than 16777216 bytes" in problem


@pytest.mark.parametrize(
    ("events", "message"),
    [
        ([(3, bytes(32), b"a"), (3, bytes(32), b"b")], "leaf 3 comes late"),
        ([(3, bytes(32), b"a\nb")], "not one line"),
        ([(3, bytes(31), b"a")], "31 bytes"),
        ([(70, bytes(32), b"a")], "not into 70 leaves"),
    ],
)
def test_what_cannot_be_exported_is_refused(events, message):
    with pytest.raises(LedgerInvalid, match=message):
        write_bundle(io.BytesIO(), events=events, node=LEDGER.node, checkpoint=LEDGER.checkpoint())


@settings(deadline=None)
@given(runs=st.lists(st.tuples(st.integers(0, 99), st.integers(1, 9)), max_size=4))
def test_a_manifest_reads_back_what_it_wrote_or_never_comes_to_be(runs):
    try:
        manifest = Manifest(origin=ORIGIN, size=100, runs=tuple(runs))
    except LedgerInvalid:
        return

    assert Manifest.from_text(manifest.text) == manifest
    leaves = [at for first, count in runs for at in range(first, first + count)]
    assert leaves == sorted(set(leaves))
