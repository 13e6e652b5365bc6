from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_gov_provider.domain.ledger import notes
from airflow_gov_provider.domain.ledger.notes import Checkpoint, SignerKey, VerifierKey
from airflow_gov_provider.exceptions import LedgerInvalid

ALICE = SignerKey("alice.example/log", bytes(32))
BOB = SignerKey("bob.example/witness", bytes([1]) * 32)
TEXT = Checkpoint("alice.example/log", 5, bytes(32)).text


def test_a_checkpoint_is_signed_byte_for_byte_as_the_golden_one(golden):
    vector = golden["signed_note"]
    key = SignerKey(vector["origin"], bytes.fromhex(vector["seed_hex"]))
    root = bytes.fromhex(golden["roots_hex"]["8"])

    note = notes.sign(Checkpoint(vector["origin"], 8, root).text, key)

    assert note == vector["checkpoint"]
    assert key.verifier.text == vector["verifier_key"]
    assert key.key_id.hex() == vector["key_id_hex"]


def test_the_golden_checkpoint_verifies_with_its_published_key(golden):
    vector = golden["signed_note"]
    key = VerifierKey.from_text(vector["verifier_key"])

    checkpoint, signers = notes.open_checkpoint(vector["checkpoint"], [key])

    assert checkpoint == Checkpoint(vector["origin"], 8, bytes.fromhex(golden["roots_hex"]["8"]))
    assert signers == (key,)


def test_keys_survive_being_written_down():
    key = notes.generate("alice.example/log")

    assert SignerKey.from_text(f"{key.text}\n") == key
    assert VerifierKey.from_text(key.verifier.text) == key.verifier


def test_two_new_keys_are_different():
    assert notes.generate("a").seed != notes.generate("a").seed


def test_a_private_key_does_not_show_in_its_repr():
    key = notes.generate("alice.example/log")

    assert repr(key) == "SignerKey(name='alice.example/log')"


@pytest.mark.parametrize("name", ["", "two words", "a+b", "tab\t", "new\nline", "\u00a0", "\ud800"])
def test_a_name_that_a_note_cannot_carry_is_refused(name):
    with pytest.raises(LedgerInvalid, match="name of a key"):
        SignerKey(name, bytes(32))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("alice", "name\\+id\\+base64"),
        ("alice+00000000+AAAA", "not an Ed25519 key"),
        ("alice+0000000g+AAAA", "8 hexadecimal"),
        ("alice+00000000+%%%", "not base64"),
        (ALICE.verifier.text.replace("alice", "carol"), "not its own"),
    ],
)
def test_a_verifier_key_that_is_none_is_refused(text, message):
    with pytest.raises(LedgerInvalid, match=message):
        VerifierKey.from_text(text)


def test_a_public_key_is_not_taken_for_a_private_one():
    with pytest.raises(LedgerInvalid, match="begins with PRIVATE"):
        SignerKey.from_text(ALICE.verifier.text)


def test_one_trusted_signature_is_enough_and_strangers_are_ignored():
    note = notes.sign(TEXT, ALICE, BOB)

    assert notes.verify(note, [ALICE.verifier]) == TEXT
    assert notes.opened(note, [BOB.verifier])[1] == (BOB.verifier,)
    assert notes.opened(note, [ALICE.verifier, BOB.verifier])[1] == (ALICE.verifier, BOB.verifier)


def test_a_known_signature_that_does_not_hold_spoils_the_note_although_another_one_holds():
    alice, bob = notes.sign(TEXT, ALICE), notes.sign(TEXT.replace("5", "6"), BOB)
    note = alice + bob.rpartition("\n\n")[2]

    assert notes.verify(note, [ALICE.verifier]) == TEXT
    with pytest.raises(LedgerInvalid, match=r"signature of bob\.example/witness .* does not hold"):
        notes.verify(note, [ALICE.verifier, BOB.verifier])


def test_another_key_of_the_same_name_is_a_stranger():
    impostor = SignerKey(ALICE.name, bytes([2]) * 32)

    with pytest.raises(LedgerInvalid, match="no key that is trusted here"):
        notes.verify(notes.sign(TEXT, impostor), [ALICE.verifier])


def test_a_checkpoint_that_only_a_witness_signed_is_not_the_ledgers_word():
    with pytest.raises(LedgerInvalid, match="alone"):
        notes.open_checkpoint(notes.sign(TEXT, BOB), [ALICE.verifier, BOB.verifier])


@settings(deadline=None)
@given(at=st.integers(0, len(notes.sign(TEXT, ALICE)) - 1), replacement=st.characters())
def test_no_character_of_a_signed_note_can_be_changed(at, replacement):
    note = notes.sign(TEXT, ALICE)
    changed = note[:at] + replacement + note[at + 1 :]

    if changed == note:
        assert notes.verify(changed, [ALICE.verifier]) == TEXT
    else:
        with pytest.raises(LedgerInvalid):
            notes.verify(changed, [ALICE.verifier])


@settings(deadline=None)
@given(st.text())
def test_any_text_is_a_checkpoint_that_writes_itself_again_or_is_refused(text):
    try:
        checkpoint = Checkpoint.from_text(text)
    except LedgerInvalid:
        return

    assert checkpoint.text == text


@settings(deadline=None)
@given(st.text())
def test_any_text_is_refused_as_a_note_without_another_error(text):
    with pytest.raises(LedgerInvalid):
        notes.verify(text, [ALICE.verifier])


@pytest.mark.parametrize(
    "text",
    [
        "origin\n5\n" + "A" * 43 + "=",  # the last line is not ended
        "origin\n05\n" + "A" * 43 + "=\n",
        "origin\n-5\n" + "A" * 43 + "=\n",
        "origin\n\u0665\n" + "A" * 43 + "=\n",
        "origin\n9223372036854775808\n" + "A" * 43 + "=\n",
        "\n5\n" + "A" * 43 + "=\n",
        "origin\n5\n" + "A" * 42 + "B=\n",  # bits that belong to no byte
        "origin\n5\nAAAA\n",
        "origin\n5\n" + "A" * 43 + "=\n\n",
    ],
)
def test_a_checkpoint_is_written_in_one_way_only(text):
    with pytest.raises(LedgerInvalid):
        Checkpoint.from_text(text)


def test_extension_lines_are_kept():
    checkpoint = Checkpoint("origin", 5, bytes(32), ("time 2026-01-01", "more"))

    assert Checkpoint.from_text(checkpoint.text) == checkpoint


def test_a_note_with_a_hundred_signatures_and_one_is_refused():
    note = notes.sign(TEXT, ALICE)
    line = note.rpartition("\n\n")[2]

    assert notes.verify(note + line * 99, [ALICE.verifier]) == TEXT
    with pytest.raises(LedgerInvalid, match="at most 100 signatures"):
        notes.verify(note + line * 100, [ALICE.verifier])


@pytest.mark.parametrize("gap", ["", "\n", "\n\n\n"])
def test_appended_notes_come_apart_again(gap):
    written = [notes.sign(TEXT.replace("5", str(size)), ALICE, BOB) for size in (5, 6, 7)]

    assert notes.split(gap.join(written)) == written


@pytest.mark.parametrize("text", ["", "\n", "\n\n"])
def test_an_empty_file_holds_no_notes(text):
    assert notes.split(text) == []


@pytest.mark.parametrize("text", ["no end", "a control \x07\n", ""])
def test_a_text_that_a_note_cannot_carry_is_not_signed(text):
    with pytest.raises(LedgerInvalid, match="text of a note"):
        notes.sign(text, ALICE)
