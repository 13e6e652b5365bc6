"""The keys of a ledger: one that signs, and those that signed before it.

As text they stand one after the other, separated by white space: the signer key first, then the
verifier keys of those that it replaced. A host that only verifies has verifier keys alone.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from airflow_gov_provider.domain.ledger import notes
from airflow_gov_provider.exceptions import LedgerInvalid

_SIGNER = "PRIVATE+KEY+"
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyring:
    """:param trusted: verifier keys beside the signer's own."""

    signer: notes.SignerKey | None = None
    trusted: tuple[notes.VerifierKey, ...] = ()

    @property
    def verifiers(self) -> tuple[notes.VerifierKey, ...]:
        """Every key whose signature counts; the current one is the first."""
        own = (self.signer.verifier,) if self.signer else ()
        return (*own, *self.trusted)

    @property
    def required_signer(self) -> notes.SignerKey:
        """:raises LedgerInvalid: if these keys can only verify."""
        if self.signer is None:
            raise LedgerInvalid(
                "there is no signer key here, only verifier keys; set [governance] ledger_key, or "
                "copy the key file of the host that signs"
            )
        return self.signer

    def rotated(self, fresh: notes.SignerKey) -> Keyring:
        """The keys once ``fresh`` has replaced the signer."""
        return replace(self, signer=fresh, trusted=self.verifiers)

    @property
    def text(self) -> str:
        """What ``from_text`` reads. It holds the secret."""
        own = [self.signer.text] if self.signer else []
        return "".join(f"{line}\n" for line in [*own, *(key.text for key in self.trusted)])

    @classmethod
    def from_text(cls, text: str, *, source: str) -> Keyring:
        """:raises LedgerInvalid: if something in it is no key; the message shows no part of it."""
        words = text.split()
        try:
            signers = [notes.SignerKey.from_text(w) for w in words if w.startswith(_SIGNER)]
            others = [notes.VerifierKey.from_text(w) for w in words if not w.startswith(_SIGNER)]
        except LedgerInvalid as error:
            raise LedgerInvalid(
                f"{source}: expected a signer key and perhaps verifier keys, white space between "
                "them; found something else"
            ) from error
        if not words or len(signers) > 1:
            raise LedgerInvalid(f"{source}: expected one signer key, found {len(signers)}")
        return cls(signer=signers[0] if signers else None, trusted=tuple(others))


def read_key_file(path: Path) -> Keyring | None:
    """The keys in the file; None if there is no file.

    :raises LedgerInvalid: if it cannot be read, or others than its owner can read it.
    """
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="ascii")
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise LedgerInvalid(f"the key file {path} cannot be read: {type(error).__name__}") from None
    if mode & _OTHERS:
        raise LedgerInvalid(
            f"others than its owner may use the key file {path} (mode {stat.S_IMODE(mode):04o}); "
            f"`chmod 600 {path}`"
        )
    return Keyring.from_text(text, source=str(path))


def create_key_file(path: Path, *, name: str) -> Keyring:
    """A new key in a new file that its owner alone can read; of several that try, one makes it.

    :raises LedgerInvalid: if the file cannot be written.
    """
    fresh = Keyring(signer=notes.generate(name))
    partial = _written_beside(path, fresh)
    try:
        with suppress(FileExistsError):
            os.link(partial, path)
    finally:
        partial.unlink()
    return read_key_file(path) or fresh


def replace_key_file(path: Path, keys: Keyring) -> None:
    """:raises LedgerInvalid: if the file cannot be written; the old one is still there then."""
    _written_beside(path, keys).replace(path)


def _written_beside(path: Path, keys: Keyring) -> Path:
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.unlink(missing_ok=True)
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(keys.text)
            file.flush()
            os.fsync(descriptor)
    except OSError as error:
        raise LedgerInvalid(
            f"the key file {path} cannot be written: {type(error).__name__}"
        ) from error
    return partial
