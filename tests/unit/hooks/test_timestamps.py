"""Time stamps from a real authority: what is asked, what is believed, what anybody can check."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fakes.tampering import unguarded
from fakes.timestamps import Authority, serving
from sqlalchemy import update

from airflow_gov_provider.collector import seal
from airflow_gov_provider.collector.anchoring import Anchoring
from airflow_gov_provider.domain.events import Event
from airflow_gov_provider.domain.ledger import notes
from airflow_gov_provider.exceptions import AnchorFailed, ArgumentInvalid, LedgerInvalid
from airflow_gov_provider.hooks import timestamps
from airflow_gov_provider.hooks.governance import utcnow
from airflow_gov_provider.store import database
from airflow_gov_provider.store.events.rows import insert_events
from airflow_gov_provider.store.ledger.receipts import receipts
from airflow_gov_provider.store.tables import event

NOTE = notes.sign(
    notes.Checkpoint("a.example", 3, bytes(32)).text, notes.SignerKey("a.example", bytes(32))
)


@pytest.fixture(scope="module")
def authority(tmp_path_factory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tsa"))


@pytest.fixture(scope="module")
def stranger(tmp_path_factory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tsa"), "stranger")


@pytest.fixture
def url(authority):
    authority.answer = authority.reply
    authority.requests.clear()
    with serving(authority) as found:
        yield found


@pytest.fixture
def anchor(url, authority) -> timestamps.TimestampAuthority:
    trusted = timestamps.trusted_certificates(authority.ca)
    return timestamps.TimestampAuthority(url=url, trusted=trusted)


def test_the_answer_shows_when_the_checkpoint_was_there(anchor):
    before = utcnow() - timedelta(seconds=2)

    reply = anchor(NOTE)

    assert before < timestamps.attested_at(reply, NOTE, anchor.trusted) < utcnow()


def test_anybody_can_check_the_answer_with_openssl(anchor, authority, stranger):
    reply = anchor(NOTE)

    assert authority.verifies(reply, NOTE)
    assert not authority.verifies(reply, NOTE + " ")
    assert not stranger.verifies(reply, NOTE)


def test_only_a_digest_is_sent(anchor, authority):
    anchor(NOTE)

    (query,) = authority.requests
    assert len(query) < 100
    assert b"a.example" not in query


def test_the_answer_to_another_note_is_refused(anchor):
    reply = anchor(NOTE)

    with pytest.raises(LedgerInvalid, match="the time stamp does not hold"):
        timestamps.attested_at(reply, NOTE.replace("3", "4", 1), anchor.trusted)


def test_an_old_answer_does_not_pass_for_a_new_one(anchor, authority):
    old = anchor(NOTE)
    authority.answer = lambda _query: old

    with pytest.raises(LedgerInvalid, match="Nonce"):
        anchor(NOTE)


def test_an_authority_that_is_not_trusted_is_refused(anchor, authority, stranger):
    authority.answer = stranger.reply

    with pytest.raises(LedgerInvalid, match="the time stamp does not hold"):
        anchor(NOTE)


@pytest.mark.parametrize("answer", [b"", b"<html>not here</html>", bytes(50_000)])
def test_what_is_no_answer_is_refused(anchor, authority, answer):
    authority.answer = lambda _query: answer

    with pytest.raises(LedgerInvalid):
        anchor(NOTE)


def test_every_byte_of_an_answer_that_is_turned_is_noticed_or_means_nothing(anchor):
    """A token has unsigned parts; where a turned bit is accepted, time and note are the same."""
    reply = anchor(NOTE)
    when = timestamps.attested_at(reply, NOTE, anchor.trusted)
    for at in range(0, len(reply), 7):
        turned = reply[:at] + bytes([reply[at] ^ 1]) + reply[at + 1 :]
        try:
            assert timestamps.attested_at(turned, NOTE, anchor.trusted) == when
        except LedgerInvalid:
            continue


def test_an_authority_that_is_away_is_an_error_of_the_system(authority):
    with serving(authority) as url:
        pass
    trusted = timestamps.trusted_certificates(authority.ca)

    with pytest.raises(OSError, match="refused"):
        timestamps.TimestampAuthority(url=url, trusted=trusted)(NOTE)


@pytest.mark.parametrize("url", ["file:///etc/hostname", "ftp://127.0.0.1/", "tsa.example.com"])
def test_only_http_is_spoken(authority, url):
    trusted = timestamps.trusted_certificates(authority.ca)

    with pytest.raises(ArgumentInvalid, match="expected an http or https URL"):
        timestamps.TimestampAuthority(url=url, trusted=trusted)(NOTE)


def test_settings_that_lack_say_which(monkeypatch, tmp_path):
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__TIMESTAMP_URL", "http://127.0.0.1:9/")
    with pytest.raises(ArgumentInvalid, match="timestamp_url needs timestamp_ca_file"):
        timestamps.configured_authority()

    monkeypatch.setenv("AIRFLOW__GOVERNANCE__TIMESTAMP_CA_FILE", str(tmp_path / "none.pem"))
    with pytest.raises(ArgumentInvalid, match=r"none\.pem cannot be read as one \(FileNotFound"):
        timestamps.configured_authority()


@pytest.fixture
def stamped(url, authority, sqlite_store, tmp_path, monkeypatch):
    """A ledger of one event, and a receipt of it."""
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__TIMESTAMP_URL", url)
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__TIMESTAMP_CA_FILE", str(authority.ca))
    with database.transaction(sqlite_store) as connection:
        happened = Event(event_id="1", type="t", occurred_at=utcnow())
        insert_events(connection, [happened], recorded_at=utcnow())
    seal.seal_once()
    assert Anchoring("rfc3161").now() is not None
    seal.seal_once()
    return sqlite_store


def checked(url, **options):
    with database.transaction(url) as connection:
        return timestamps.check_timestamps(
            connection, seal.required_keys(), size=options.pop("size", 2), **options
        )


def test_the_stamps_of_a_ledger_are_checked(stamped, authority):
    found = checked(stamped)

    assert (found.count, found.problems, found.remarks) == (1, (), ())
    assert found.oldest == found.newest
    assert found.newest[1] == 1
    assert checked(stamped, since=utcnow() + timedelta(hours=1)).count == 0
    with database.transaction(stamped) as connection:
        (receipt,) = receipts(connection)
    assert authority.verifies(receipt.content, receipt.note)


def test_a_stamp_of_another_ledger_is_named(stamped):
    (problem,) = checked(stamped, size=0).problems

    assert "the time stamp is of another ledger" in str(problem)


def test_a_stamp_that_was_exchanged_is_named(stamped):
    with database.transaction(stamped) as connection, unguarded(connection):
        document = connection.scalar(
            event.select().with_only_columns(event.c.document).where(event.c.seq == 2)
        )
        changed = document.replace('"receipt":"MII', '"receipt":"AAA')
        assert changed != document
        connection.execute(update(event).where(event.c.seq == 2).values(document=changed))

    (problem,) = checked(stamped).problems
    assert "the time stamp does not hold" in str(problem)


def test_without_certificates_the_stamps_are_only_counted(stamped, monkeypatch):
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__TIMESTAMP_CA_FILE", "")

    found = checked(stamped)

    assert (found.count, found.problems) == (0, ())
    assert found.remarks[0].startswith("1 time stamps were not looked at")


def test_an_authority_that_fails_is_a_failed_anchor(stamped, authority):
    authority.answer = lambda _query: b""
    with database.transaction(stamped) as connection:
        happened = Event(event_id="2", type="t", occurred_at=utcnow())
        insert_events(connection, [happened], recorded_at=utcnow())
    seal.seal_once()

    with pytest.raises(AnchorFailed, match=r"anchor rfc3161 failed \(the time stamp does not hold"):
        Anchoring("rfc3161").now()
