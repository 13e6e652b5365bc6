"""The keys of the ledger, from settings or from the file of this host."""

from __future__ import annotations

import sys
from itertools import islice
from pathlib import Path

from airflow_gov_provider import config
from airflow_gov_provider.domain.ledger.notes import unverified
from airflow_gov_provider.exceptions import LedgerInvalid
from airflow_gov_provider.store.ledger.anchors import anchors
from airflow_gov_provider.store.ledger.keyring import Keyring, create_key_file, read_key_file

_MOST_OLDER = 50


def key_file() -> Path:
    """Where this host keeps the keys that no setting gives."""
    return config.airflow_home() / "governance" / "ledger.key"


def keys_given() -> Keyring | None:
    """The keys of the setting, or of the file; None if there are none yet.

    :raises LedgerInvalid: if what is there cannot be used.
    """
    if setting := config.ledger_key():
        return Keyring.from_text(setting, source="[governance] ledger_key")
    return read_key_file(key_file())


def required_keys() -> Keyring:
    """:raises LedgerInvalid: if there are no keys here, or they cannot be used."""
    found = keys_given()
    if found is None:
        raise LedgerInvalid(
            f"this host has no key of the ledger: neither [governance] ledger_key nor the file "
            f"{key_file()} is there; copy one from the host that signs, or name a verifier key"
        )
    return found


def signing_keys(*, first_use: bool) -> Keyring:
    """Keys to sign with.

    :param first_use: nothing was ever signed, so that a new key may be made.
    :raises LedgerInvalid: if there are none, or they cannot sign.
    """
    if first_use and keys_given() is None:
        return create_key_file(key_file(), name=config.ledger_origin())
    return required_keys()


def anchored_notes(size: int) -> list[str]:
    """The newest anchors of fewer leaves, for exports: their holders see that the ledger grew.

    :raises StoreError: if the anchor file cannot be read.
    """
    known = [anchor.note for anchor in anchors(config.ledger_anchor_file()) if anchor.note]
    return list(islice((n for n in reversed(known) if _size(n) < size), _MOST_OLDER))[::-1]


def _size(note: str) -> int:
    try:
        return unverified(note).size
    except LedgerInvalid:
        return sys.maxsize
