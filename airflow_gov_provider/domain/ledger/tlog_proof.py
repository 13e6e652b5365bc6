"""The proof of a single event, as one text: c2sp.org/tlog-proof@v1."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from airflow_gov_provider.domain.ledger import proofs
from airflow_gov_provider.domain.ledger.merkle import leaf_hash
from airflow_gov_provider.domain.ledger.notes import (
    Checkpoint,
    VerifierKey,
    decode,
    encode,
    open_checkpoint,
)
from airflow_gov_provider.exceptions import LedgerInvalid

_FIRST_LINE = "c2sp.org/tlog-proof@v1"
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})", re.ASCII)
_EXTRA = "extra "


@dataclass(frozen=True, slots=True, kw_only=True)
class TlogProof:
    """That one leaf stands under a checkpoint.

    :param path: the inclusion proof.
    :param note: the signed checkpoint, as it was published.
    :param extra: bytes that the ledger does not vouch for.
    """

    index: int
    path: tuple[bytes, ...]
    note: str
    extra: bytes | None = None

    @property
    def text(self) -> str:
        lines = [_FIRST_LINE]
        if self.extra is not None:
            lines.append(_EXTRA + encode(self.extra))
        lines += [f"index {self.index}", *(encode(item) for item in self.path)]
        return "".join(f"{line}\n" for line in lines) + "\n" + self.note

    @classmethod
    def from_text(cls, text: str) -> TlogProof:
        """:raises LedgerInvalid: when this is not such a text."""
        head, gap, note = text.partition("\n\n")
        first, *lines = head.split("\n")
        if first != _FIRST_LINE or not gap:
            raise LedgerInvalid(f"a proof begins with {_FIRST_LINE} and ends with a checkpoint")
        extra = None
        if lines and lines[0].startswith(_EXTRA):
            extra = decode(lines.pop(0).removeprefix(_EXTRA), "the extra data of a proof")
        index = _INDEX.fullmatch(lines[0]) if lines else None
        if index is None:
            raise LedgerInvalid("a proof names its leaf in a line such as `index 5`")
        path = tuple(decode(line, "a hash of a proof") for line in lines[1:])
        return cls(index=int(index[1]), path=path, note=note, extra=extra)


def verify_event(text: str, document: bytes, keys: Iterable[VerifierKey]) -> Checkpoint:
    """The checkpoint under which the stored bytes ``document`` are proved to stand.

    :raises LedgerInvalid: when the proof is malformed, its checkpoint is not signed by ``keys``,
        or these are not the bytes that were sealed.
    """
    proof = TlogProof.from_text(text)
    checkpoint, _ = open_checkpoint(proof.note, keys)
    holds = proofs.verify_inclusion(
        leaf=leaf_hash(document),
        index=proof.index,
        size=checkpoint.size,
        proof=proof.path,
        root=checkpoint.root,
    )
    if not holds:
        raise LedgerInvalid(
            f"these bytes are not leaf {proof.index} of {checkpoint.origin} at {checkpoint.size}"
        )
    return checkpoint
