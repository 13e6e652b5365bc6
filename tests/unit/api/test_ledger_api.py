"""What a browser needs to check the ledger, and what it is told of how the ledger is."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from fakes.tampering import unguarded
from sqlalchemy import delete, update

from airflow_gov_provider.collector.incidents.ledger import verify_some
from airflow_gov_provider.domain.ledger.merkle import leaf_hash
from airflow_gov_provider.domain.ledger.notes import VerifierKey, decode, open_checkpoint
from airflow_gov_provider.domain.ledger.proofs import verify_consistency, verify_inclusion
from airflow_gov_provider.domain.ledger.tlog_proof import verify_event
from airflow_gov_provider.hooks.governance import utcnow
from airflow_gov_provider.store.tables import checkpoint, event, leaf
from tests.unit.api.conftest import NOON, assert_error, happening


@pytest.fixture
def sealed(audited):
    """Eleven events under two checkpoints."""
    audited.record(*map(happening, range(7)))
    audited.seal()
    audited.record(*map(happening, range(7, 11)))
    audited.seal()
    return audited


def proof_path(number: int) -> str:
    return f"/v1/events/{happening(number).event_id}/proof"


def keys_of(answer) -> list[VerifierKey]:
    return [VerifierKey.from_text(key["text"]) for key in answer["keys"]]


def tamper(ledger, statement) -> None:
    with ledger.transaction() as connection, unguarded(connection):
        connection.execute(statement)


def of(number: int):
    return event.c.event_id == happening(number).event_id


@pytest.mark.parametrize("number", range(11))
def test_every_step_of_a_proof_can_be_checked_with_what_is_in_it(sealed, number):
    proof = sealed.get(proof_path(number)).json()

    signed, _ = open_checkpoint(proof["checkpoint"]["note"], keys_of(proof))
    hashed = leaf_hash(proof["document"].encode())
    assert decode(proof["leaf_hash"], "") == hashed
    assert signed.size == proof["checkpoint"]["size"] == 11
    assert verify_inclusion(
        leaf=hashed,
        index=proof["leaf_index"],
        size=signed.size,
        proof=[decode(one, "") for one in proof["path"]],
        root=signed.root,
    )
    assert verify_event(proof["tlog_proof"], proof["document"].encode(), keys_of(proof)) == signed
    assert proof["document"].encode() == happening(number).document


def test_a_key_comes_with_all_that_a_reader_compares(sealed):
    [key] = sealed.get(proof_path(0)).json()["keys"]

    parsed = VerifierKey.from_text(key["text"])
    assert (parsed.name, parsed.key_id.hex()) == (key["name"], key["key_id"])
    assert decode(key["public_key"], "") == parsed.public
    assert key["is_current"]


def test_keys_that_were_replaced_stay_known(sealed):
    from airflow_gov_provider.collector.seal import replace_key

    replace_key(clock=lambda: NOON)

    current, old = sealed.get(proof_path(3)).json()["keys"]
    assert (current["is_current"], old["is_current"]) == (True, False)
    assert len(sealed.get("/v1/ledger").json()["checkpoint"]["signers"]) == 2
    [replaced] = sealed.get("/v1/events", type="ledger.key_replaced").json()["items"]
    assert sealed.get(f"/v1/events/{replaced['event_id']}").json()["leaf"]["leaf_index"] == 11


def test_a_host_without_the_key_gives_the_proof_without_it(sealed, tmp_path):
    (tmp_path / "home" / "governance" / "ledger.key").unlink()

    assert sealed.get(proof_path(1)).json()["keys"] == []
    ledger = sealed.get("/v1/ledger").json()
    assert (ledger["keys"], ledger["checkpoint"]["signers"]) == ([], [])
    assert ledger["verification"]["status"] == "unverified"


def test_a_changed_event_is_shown_as_it_is_stored_now(sealed):
    tamper(sealed, update(event).where(of(4)).values(document='{"changed":true}'))

    proof = sealed.get(proof_path(4)).json()

    assert proof["document"] == '{"changed":true}'
    assert decode(proof["leaf_hash"], "") == leaf_hash(happening(4).document)
    detail = sealed.get(f"/v1/events/{happening(4).event_id}").json()
    assert detail["leaf"] == {
        "leaf_index": 4,
        "sealed_at": "2026-01-31T12:00:00Z",
        "is_unchanged": False,
    }


def test_an_event_that_waits_says_so(sealed):
    sealed.record(happening(50))

    assert_error(sealed.get(proof_path(50)), 409, "event_not_sealed")
    assert sealed.get(f"/v1/events/{happening(50).event_id}").json()["leaf"] is None
    assert sealed.get("/v1/ledger").json()["unsealed_events"] == 1


def test_hashes_that_are_gone_are_an_error_that_tells_of_it(sealed):
    tamper(sealed, delete(leaf).where(leaf.c.leaf_index == 1))

    assert_error(sealed.get(proof_path(4)), 500, "ledger_broken")
    assert_error(sealed.get("/v1/ledger/consistency", old_size=7), 500, "ledger_broken")


@pytest.mark.parametrize("dag_ids", [{"another"}, set()])
def test_a_proof_is_for_those_who_may_read_the_event(sealed, dag_ids):
    sealed.permissions.dag_ids = dag_ids

    assert_error(sealed.get(proof_path(2)), 404, "event_not_found")
    assert_error(sealed.get("/v1/events/nothing/proof"), 404, "event_not_found")


@pytest.mark.parametrize("old_size", range(1, 12))
def test_a_kept_checkpoint_is_shown_to_be_continued(sealed, old_size):
    answer = sealed.get("/v1/ledger/consistency", old_size=old_size).json()

    signed, _ = open_checkpoint(answer["checkpoint"]["note"], keys_of(answer))
    assert verify_consistency(
        old_size=old_size,
        new_size=signed.size,
        old_root=root_of_first(old_size),
        new_root=signed.root,
        proof=[decode(one, "") for one in answer["path"]],
    )


def test_the_later_checkpoint_may_be_named(sealed):
    answer = sealed.get("/v1/ledger/consistency", old_size=3, new_size=7).json()

    assert answer["checkpoint"]["size"] == 7
    assert_error(
        sealed.get("/v1/ledger/consistency", old_size=3, new_size=8), 409, "ledger_shorter"
    )


def root_of_first(size: int) -> bytes:
    from airflow_gov_provider.domain.ledger.merkle import root_of

    return root_of(leaf_hash(happening(number).document) for number in range(size))


def test_a_ledger_that_is_shorter_than_what_was_kept_cannot_continue_it(sealed):
    assert_error(sealed.get("/v1/ledger/consistency", old_size=12), 409, "ledger_shorter")


def test_a_ledger_of_a_good_day(sealed):
    for _ in range(2):
        verify_some()
    ledger = sealed.get("/v1/ledger").json()
    verified_at = datetime.fromisoformat(ledger["verification"].pop("verified_at"))

    assert ledger["checkpoint"]["size"] == 11
    assert ledger["checkpoint"]["origin"] == "airflow-governance"
    assert ledger["checkpoint"]["signers"] == [ledger["keys"][0]["key_id"]]
    assert ledger["verification"] == {
        "status": "intact",
        "checked": 11,
        "reread_until": 11,
        "problems": [],
        "problem_count": 0,
        "incident_id": None,
    }
    assert utcnow() - verified_at < timedelta(hours=1)
    assert ledger["anchors"]["last_size"] == 7  # the next one is not due yet
    assert ledger["coverage"]["open_findings"] == 0


def test_a_ledger_that_nobody_reads_any_more_is_not_called_intact(sealed):
    verify_some(clock=lambda: utcnow() - timedelta(hours=2))

    found = sealed.get("/v1/ledger").json()["verification"]

    assert (found["status"], found["problem_count"]) == ("unverified", 0)
    assert found["verified_at"] is not None


def test_a_ledger_before_its_first_checkpoint(audited):
    ledger = audited.get("/v1/ledger").json()

    assert (ledger["checkpoint"], ledger["keys"]) == (None, [])
    assert ledger["verification"]["status"] == "unverified"
    assert_error(audited.get("/v1/ledger/consistency", old_size=1), 409, "ledger_shorter")


def test_a_changed_row_makes_the_ledger_red_and_names_the_leaf(sealed):
    tamper(sealed, update(event).where(of(8)).values(document="{}"))
    verify_some(clock=lambda: NOON)

    found = sealed.get("/v1/ledger").json()["verification"]

    assert found["status"] == "broken"
    assert (8, happening(8).event_id) in [
        (one["leaf_index"], one["event_id"]) for one in found["problems"]
    ]
    [incident] = sealed.get("/v1/incidents").json()["items"]
    assert found["incident_id"] == incident["incident_id"]


def test_who_may_not_read_every_dag_learns_that_it_is_broken_and_no_more(sealed):
    tamper(sealed, update(event).where(of(8)).values(document="{}"))
    verify_some(clock=lambda: NOON)
    sealed.permissions.dag_ids = {"another"}

    found = sealed.get("/v1/ledger").json()["verification"]

    assert (found["status"], found["problems"], found["incident_id"]) == ("broken", [], None)
    assert found["problem_count"] >= 1


def test_a_checkpoint_that_nobody_signed_shows_at_once(sealed):
    with sealed.transaction() as connection:
        signed = connection.execute(checkpoint.select().order_by(checkpoint.c.size.desc())).first()
    forged = signed.note.replace("\n11\n", "\n10\n")
    tamper(sealed, update(checkpoint).where(checkpoint.c.size == 11).values(note=forged))

    ledger = sealed.get("/v1/ledger").json()

    assert ledger["verification"]["status"] == "broken"
    assert "is not signed" in ledger["verification"]["problems"][0]["what"]
    assert ledger["checkpoint"]["signers"] == []


def test_an_id_that_does_not_come_from_what_happened_leads_to_its_event(sealed):
    odd = replace(happening(1), event_id="0123456789abcdef0123456789abcdef")
    sealed.record(odd)

    assert sealed.get(f"/v1/events/{odd.event_id}").json()["event_id"] == odd.event_id
