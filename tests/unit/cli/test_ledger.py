"""Verify, prove, export: what an auditor does and a script can rely on."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from fakes.tampering import unguarded
from fakes.timestamps import Authority, serving
from sqlalchemy import update

from airflow_gov_provider.domain.ledger import notes
from airflow_gov_provider.domain.ledger.tlog_proof import verify_event
from airflow_gov_provider.store import database
from airflow_gov_provider.store.tables import event
from tests.unit.api.conftest import evidence, happening


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def sealed(run, record, home):
    record(*[happening(number) for number in range(5)], evidence(1))
    assert run("ledger", "seal").out == "sealed 6 events\n"


@pytest.fixture
def key(run, sealed) -> str:
    return run("ledger", "keys").out.strip()


def test_an_untouched_ledger_is_verified(run, sealed):
    outcome = run("ledger", "verify")

    assert outcome.code == 0
    assert outcome.out == (
        "ledger   airflow-governance, 6 leaves are signed\n"
        "read     6 events from leaf 0 on, 1 checkpoints, 1 anchors, 1 evidence and votes, 0 sightings\n"
        "waiting  0 events for the next checkpoint\n"
        "OK       nothing is missing and nothing was changed\n"
    )
    assert outcome.err == ""


@pytest.mark.parametrize("words", [(), ("--full",), ("--since", "2026-01-01"), ("-o", "json")])
def test_one_row_that_was_edited_is_named_and_the_command_fails(run, sealed, sqlite_store, words):
    with database.transaction(sqlite_store) as connection, unguarded(connection):
        where = event.c.event_id == happening(3).event_id
        connection.execute(update(event).where(where).values(document="{}"))

    outcome = run("ledger", "verify", *words)

    assert outcome.code == 1
    assert "1 problem" in outcome.err
    if "json" in words:
        (problem,) = json.loads(outcome.out)["problems"]
        assert (problem["leaf_index"], problem["seq"]) == (3, 4)
        assert problem["event_id"] == happening(3).event_id
    else:
        assert f"WRONG    leaf 3, event {happening(3).event_id}, seq 4: the event" in outcome.out


def test_a_stranger_verifies_with_a_key_alone(run, key, home):
    (home / "governance" / "ledger.key").unlink()
    other = notes.generate("airflow-governance").verifier.text

    assert "no key of the ledger" in run("ledger", "verify").err
    assert run("ledger", "verify", "--key", key).code == 0
    assert "no key that is trusted here" in run("ledger", "verify", "--key", other).out


def test_an_anchor_file_of_ones_own_is_compared(run, sealed, record, tmp_path):
    kept = tmp_path / "kept.log"
    kept.write_bytes((tmp_path / "anchors.log").read_bytes() * 2)

    assert "2 anchors" in run("ledger", "verify", "--anchors", str(kept)).out
    assert run("ledger", "verify", "--anchors", str(tmp_path / "none")).code == 1


def test_a_ledger_without_anchors_says_what_that_means(run, sealed, tmp_path):
    (tmp_path / "anchors.log").unlink()

    outcome = run("ledger", "verify")

    assert outcome.code == 0
    assert "without an anchor" in outcome.err


def test_an_event_is_proven_to_whoever_has_the_key(run, key, tmp_path):
    printed = run("ledger", "prove", happening(2).event_id).out
    run("ledger", "prove", happening(2).event_id, "--output-file", str(tmp_path / "proof"))

    proven = verify_event(printed, happening(2).document, [notes.VerifierKey.from_text(key)])
    assert proven.size == 6
    assert (tmp_path / "proof").read_text() == printed


def test_what_cannot_be_proven_says_why(run, sealed, record):
    record(happening(77))

    assert "is not sealed yet" in run("ledger", "prove", happening(77).event_id).err
    assert "there is no event 'x'" in run("ledger", "prove", "x").err


def test_an_event_that_was_changed_is_not_proven(run, sealed, sqlite_store):
    with database.transaction(sqlite_store) as connection, unguarded(connection):
        where = event.c.event_id == happening(3).event_id
        connection.execute(update(event).where(where).values(document="{}"))

    outcome = run("ledger", "prove", happening(3).event_id)

    assert (outcome.code, outcome.out) == (1, "")


def verified(bundle: Path, key: str) -> subprocess.CompletedProcess[str]:
    keys = bundle.with_suffix(".pub")
    keys.write_text(key)
    program = [sys.executable, "-m", "airflow_gov_provider.verify", bundle, "--key", keys]
    return subprocess.run(program, capture_output=True, text=True, check=False)


def test_an_export_verifies_without_airflow(run, key, record, tmp_path):
    record(*[happening(number, dag_id="other") for number in range(10, 20)])
    run("ledger", "seal")
    bundle = tmp_path / "income.zip"

    outcome = run("ledger", "export", "--dag-id", "income", "-o", str(bundle))

    assert outcome.code == 0
    assert outcome.out == f"6 events of airflow-governance are in {bundle}\n"
    assert "airflow_gov_provider.verify" in outcome.err
    assert [path.name for path in tmp_path.glob("income*")] == ["income.zip"]
    assert verified(bundle, key).returncode == 0
    other = notes.generate("airflow-governance").verifier.text
    assert verified(bundle, other).returncode != 0


def test_a_changed_event_does_not_export_as_a_good_one(run, key, sqlite_store, tmp_path):
    with database.transaction(sqlite_store) as connection, unguarded(connection):
        where = event.c.event_id == happening(3).event_id
        connection.execute(update(event).where(where).values(document="{}"))
    bundle = tmp_path / "all.zip"

    run("ledger", "export", "-o", str(bundle))

    checked = verified(bundle, key)
    assert checked.returncode != 0
    assert "leaf 3" in checked.stdout + checked.stderr


def test_a_place_that_cannot_be_written_is_told(run, sealed, tmp_path):
    outcome = run("ledger", "export", "-o", str(tmp_path / "none" / "x.zip"))

    assert outcome.code == 1
    assert "cannot be written" in outcome.err


def test_before_the_first_checkpoint_there_is_nothing_to_show(run, sqlite_store, home, tmp_path):
    for words in (("checkpoint",), ("anchor",), ("export", "-o", str(tmp_path / "x.zip"))):
        outcome = run("ledger", *words)
        assert (outcome.code, outcome.out) == (1, "")
        assert "there is no checkpoint yet" in outcome.err
    assert not (tmp_path / "x.zip").exists()


def test_the_checkpoint_is_the_signed_note(run, key):
    note = run("ledger", "checkpoint").out

    signed, _ = notes.open_checkpoint(note, [notes.VerifierKey.from_text(key)])
    assert (signed.origin, signed.size) == ("airflow-governance", 6)


def test_an_anchor_is_written_on_demand(run, sealed, record, tmp_path):
    assert "already in" in run("ledger", "anchor").out
    record(happening(9))
    run("ledger", "seal")

    assert "now in" in run("ledger", "anchor").out
    assert len((tmp_path / "anchors.log").read_text().splitlines()) == 2


def test_keys_show_no_secret(run, sealed, home):
    outcome = run("ledger", "keys")
    secret = (home / "governance" / "ledger.key").read_text().split("+", 4)[-1].strip()

    assert outcome.out.startswith("airflow-governance+")
    assert secret not in outcome.out + outcome.err


def test_a_replaced_key_is_introduced_by_the_old_one(run, key, record, home):
    replaced = run("ledger", "keys", "--replace").out.splitlines()
    introduced = run("ledger", "checkpoint").out
    record(happening(50))
    run("ledger", "seal")
    later = run("ledger", "checkpoint").out

    assert len(replaced) == 2
    fresh, old = (notes.VerifierKey.from_text(text) for text in replaced)
    assert old.text == key
    _, signers = notes.open_checkpoint(introduced, [fresh, old])
    assert {signer.key_id for signer in signers} == {fresh.key_id, old.key_id}
    assert notes.open_checkpoint(later, [fresh])[0].size == 8
    assert run("ledger", "verify").code == 0
    assert "key_replaced" in run("events").out


def test_a_key_from_a_setting_is_replaced_there(run, sqlite_store, home, monkeypatch):
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__LEDGER_KEY", notes.generate("a").text)

    assert "put a new signer key before" in run("ledger", "keys", "--replace").err


def test_anchors_of_the_settings_are_asked_and_their_receipts_listed(
    run, sealed, monkeypatch, tmp_path
):
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__LEDGER_ANCHORS", "fakes.anchors.keep")
    first, again = run("ledger", "anchor"), run("ledger", "anchor")
    listed = run("ledger", "anchor", "--list")
    (receipt,) = json.loads(run("ledger", "anchor", "--list", "-o", "json").out)

    assert "now at fakes.anchors.keep, receipt " in first.out
    assert "nothing has come since the last receipt of fakes.anchors.keep" in again.out
    assert "fakes.anchors.keep  6" in listed.out
    assert (receipt["size"], receipt["encoding"]) == (6, "text")
    assert receipt["note"] == run("ledger", "checkpoint").out
    assert run("ledger", "verify").code == 0


def test_an_anchor_that_fails_fails_the_command_and_not_the_file(run, sealed, monkeypatch):
    names = "fakes.anchors.fail,fakes.anchors.keep"
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__LEDGER_ANCHORS", names)

    outcome = run("ledger", "anchor")

    assert outcome.code == 1
    assert "error: not anchored at fakes.anchors.fail\n" in outcome.err
    assert "hunter2" not in outcome.err + outcome.out
    assert "already in" in outcome.out
    assert "now at fakes.anchors.keep" in outcome.out


def test_time_stamps_are_verified_with_the_ledger(run, sealed, monkeypatch, tmp_path):
    authority = Authority(tmp_path)
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__TIMESTAMP_CA_FILE", str(authority.ca))
    with serving(authority) as url:
        monkeypatch.setenv("AIRFLOW__GOVERNANCE__TIMESTAMP_URL", url)
        assert run("ledger", "anchor").code == 0
    run("ledger", "seal")
    good = run("ledger", "verify")
    other = Authority(tmp_path, "other")
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__TIMESTAMP_CA_FILE", str(other.ca))
    bad = run("ledger", "verify", "-o", "json")

    assert good.code == 0
    assert "stamped  1 time stamps: 6 leaves were there at 20" in good.out
    assert bad.code == 1
    assert "the time stamp does not hold" in json.loads(bad.out)["problems"][0]["what"]
    assert json.loads(bad.out)["is_intact"] is False
