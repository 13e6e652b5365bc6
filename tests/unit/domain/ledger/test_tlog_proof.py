from __future__ import annotations

import pytest
from fakes.ledger import KEY, Ledger, documents
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_gov_provider.domain.ledger.notes import VerifierKey
from airflow_gov_provider.domain.ledger.proofs import inclusion
from airflow_gov_provider.domain.ledger.tlog_proof import TlogProof, verify_event
from airflow_gov_provider.exceptions import LedgerInvalid

LEDGER = Ledger(documents(11))
PROOF = TlogProof(index=4, path=inclusion(4, 11, LEDGER.node), note=LEDGER.checkpoint()).text


def test_the_golden_proof_is_written_and_verifies(golden):
    vector, proof = golden["signed_note"], golden["inclusion"]
    path = next(case["proof"] for case in proof if (case["index"], case["size"]) == (5, 8))

    text = TlogProof(index=5, path=tuple(map(bytes.fromhex, path)), note=vector["checkpoint"]).text

    assert text == vector["tlog_proof_index5"]
    leaf = bytes.fromhex(golden["leaves_hex"][5])
    assert verify_event(text, leaf, [VerifierKey.from_text(vector["verifier_key"])]).size == 8


def test_extra_data_is_kept_and_stands_before_the_index():
    proof = TlogProof(index=0, path=(), note=Ledger(documents(1)).checkpoint(), extra=b"context")

    assert proof.text.splitlines()[1] == "extra Y29udGV4dA=="
    assert TlogProof.from_text(proof.text) == proof


def test_the_proof_of_one_event_is_no_proof_of_another():
    assert verify_event(PROOF, LEDGER.contents[4], [KEY.verifier]).size == 11
    with pytest.raises(LedgerInvalid, match="these bytes are not leaf 4"):
        verify_event(PROOF, LEDGER.contents[5], [KEY.verifier])


@settings(deadline=None)
@given(at=st.integers(0, len(PROOF) - 1), replacement=st.characters())
def test_no_character_of_a_proof_can_be_changed(at, replacement):
    changed = PROOF[:at] + replacement + PROOF[at + 1 :]

    if changed == PROOF:
        assert verify_event(changed, LEDGER.contents[4], [KEY.verifier])
    else:
        with pytest.raises(LedgerInvalid):
            verify_event(changed, LEDGER.contents[4], [KEY.verifier])


@pytest.mark.parametrize(
    "text", ["", "c2sp.org/tlog-proof@v1\n\n", "c2sp.org/tlog-proof@v1\nindex -1\n\nx"]
)
def test_what_is_no_proof_is_refused(text):
    with pytest.raises(LedgerInvalid):
        TlogProof.from_text(text)
