"""Seal what has arrived: leaves for queued events, a signed checkpoint, and now and then an anchor.

Sealing is one transaction: a crash leaves either all of it or nothing, and what was not sealed is
still queued. The anchor is written after the commit, since one of a tree that was never committed
would be a false alarm; if a crash comes between, the next round writes it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import Connection

from airflow_gov_provider import config
from airflow_gov_provider.domain.events import Event
from airflow_gov_provider.domain.ledger import notes
from airflow_gov_provider.exceptions import LedgerBroken, LedgerInvalid
from airflow_gov_provider.hooks.governance import governance_transaction, utcnow
from airflow_gov_provider.hooks.ledger import key_file, required_keys, signing_keys
from airflow_gov_provider.store.events.rows import insert_events
from airflow_gov_provider.store.ledger import tree as ledger
from airflow_gov_provider.store.ledger.anchors import append_anchor, last_anchor
from airflow_gov_provider.store.ledger.keyring import Keyring, replace_key_file

_MOST_BATCHES = 100


def seal_once(*, clock: Callable[[], datetime] = utcnow) -> int:
    """Seal what waits now, and anchor it if that is due.

    :returns: how many events have a leaf now that had none.
    :raises LedgerBroken: if what is stored does not continue what was signed or anchored.
    :raises LedgerInvalid: if this host has no key to sign with.
    :raises StoreUnavailable: if the database cannot be reached.
    """
    sealed = 0
    for _ in range(_MOST_BATCHES):
        grown_by = _seal_batch(clock())
        sealed += grown_by
        if grown_by < ledger.BATCH:
            break
    anchor_once(clock=clock)
    return sealed


def _seal_batch(now: datetime) -> int:
    with governance_transaction() as connection:
        if not ledger.anything_waits(connection):
            return 0
    with governance_transaction() as connection:
        ledger.lock(connection)
        last = ledger.last_checkpoint(connection)
        if last is None and last_anchor(config.ledger_anchor_file()) is not None:
            raise LedgerBroken(_REPLACED.format(path=config.ledger_anchor_file()))
        keys = signing_keys(first_use=last is None)
        if last is not None:
            _require_continuation(ledger.StoredTree(connection), last, keys)
        made = ledger.seal(connection, keys, origin=config.ledger_origin(), now=now)
    return made.size - (last.size if last else 0) if made else 0


_REPLACED = (
    "the anchor file {path} knows a ledger, and the database has none; it was replaced or emptied. "
    "Restore it; if you began anew on purpose, move the anchor file away and keep it"
)


def _require_continuation(
    tree: ledger.StoredTree, last: ledger.StoredCheckpoint, keys: Keyring
) -> None:
    """Refuse a database that is older than its anchor, or another one.

    :raises LedgerBroken: with what is wrong and what helps.
    """
    anchor = last_anchor(config.ledger_anchor_file())
    if anchor is None or anchor.note is None or anchor.note == last.note:
        return
    path = config.ledger_anchor_file()
    try:
        anchored, _ = notes.open_checkpoint(anchor.note, keys.verifiers)
    except LedgerInvalid as error:
        raise LedgerBroken(f"the last anchor in {path}: {error}") from error
    if anchored.size > last.size:
        raise LedgerBroken(
            f"{path} has an anchor of {anchored.size} leaves and the database only {last.size}: "
            "it was set back to an older state. Restore the newer one; nothing is signed meanwhile"
        )
    if tree.root(anchored.size) != anchored.root:
        raise LedgerBroken(
            f"the first {anchored.size} leaves are not those that {path} has an anchor of; "
            "`airflow governance ledger verify` says more, and nothing is signed meanwhile"
        )


def require_anchored(connection: Connection, last: ledger.StoredCheckpoint) -> None:
    """Refuse to vouch for a ledger that does not continue what is in the anchor file.

    :raises LedgerBroken: with what is wrong and what helps.
    """
    _require_continuation(ledger.StoredTree(connection), last, required_keys())


def anchor_once(*, clock: Callable[[], datetime] = utcnow, now_due: bool = False) -> bool:
    """Write the last checkpoint to the anchor file, if it is not there and the interval is over.

    :param now_due: do not wait for the interval.
    :returns: whether a line was written.
    :raises LedgerBroken: if the database does not continue what is anchored.
    :raises StoreError: if the file cannot be written.
    """
    path, now = config.ledger_anchor_file(), clock()
    newest = last_anchor(path)
    pause = timedelta(seconds=config.anchor_interval())
    if not now_due and newest and newest.anchored_at and now - newest.anchored_at < pause:
        return False
    with governance_transaction() as connection:
        last = ledger.last_checkpoint(connection)
        if last is None or (newest is not None and newest.note == last.note):
            return False
        require_anchored(connection, last)
    append_anchor(path, last.note, now=now)
    return True


def replace_key(*, clock: Callable[[], datetime] = utcnow) -> Keyring:
    """Make a new signing key; one checkpoint is signed by the old key and the new one.

    The change is an event of the ledger, and the old public key stays trusted here.

    :raises LedgerInvalid: if a setting gives the key, or there is none to replace.
    :raises LedgerBroken: if what is stored does not continue what was signed.
    """
    if config.ledger_key():
        raise LedgerInvalid(
            "[governance] ledger_key gives the key; put a new signer key before the verifier key "
            "of the old one there"
        )
    seal_once(clock=clock)
    keys, now = required_keys(), clock()
    fresh = notes.generate(keys.required_signer.name)
    with governance_transaction() as connection:
        ledger.lock(connection)
        happened = Event(
            event_id=uuid4().hex,
            type="ledger.key_replaced",
            occurred_at=now,
            witness="ledger",
            payload={"old": keys.required_signer.verifier.text, "new": fresh.verifier.text},
        )
        insert_events(connection, [happened], recorded_at=now)
        ledger.seal(connection, keys, origin=config.ledger_origin(), now=now, also=[fresh])
    rotated = keys.rotated(fresh)
    replace_key_file(key_file(), rotated)
    return rotated
