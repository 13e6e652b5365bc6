"""The ledger over the wire: its state, and what proves an event to whoever does not trust us."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from airflow_gov_provider.domain.ledger.notes import VerifierKey, encode


class _Out(BaseModel):
    model_config = ConfigDict(frozen=True)


class LedgerKey(_Out):
    """A public key of the ledger, as this api-server has it."""

    name: str
    key_id: str = Field(description="8 hexadecimal digits, as they stand in a signature.")
    public_key: str = Field(description="Ed25519, 32 bytes in base64.")
    text: str = Field(description="The verifier key, as `airflow governance ledger keys` prints.")
    is_current: bool = Field(description="False for one that was replaced.")

    @classmethod
    def all_of(cls, keys: Sequence[VerifierKey]) -> list[LedgerKey]:
        return [
            cls(
                name=key.name,
                key_id=key.key_id.hex(),
                public_key=encode(key.public),
                text=key.text,
                is_current=number == 0,
            )
            for number, key in enumerate(keys)
        ]


class SignedCheckpoint(_Out):
    size: int = Field(description="Leaves that it signs.")
    sealed_at: datetime
    note: str = Field(description="A c2sp.org/tlog-checkpoint with its signatures, as it was made.")


class EventProof(_Out):
    """Everything that shows an event to be in the ledger; nothing in it has been verified.

    The leaf is SHA-256 of a zero byte and `document` in UTF-8; `path` leads from it to the root
    that the checkpoint signs (RFC 9162, 2.1.3).
    """

    event_id: str
    document: str = Field(description="The event as it is stored now, to the byte.")
    leaf_index: int
    leaf_hash: str = Field(description="As it was sealed, in base64.")
    path: list[str] = Field(description="Hashes in base64, from the leaf up.")
    checkpoint: SignedCheckpoint
    keys: list[LedgerKey] = Field(description="Empty where this api-server has none.")
    tlog_proof: str = Field(description="The same as one text: c2sp.org/tlog-proof@v1.")


class ConsistencyProof(_Out):
    """That the ledger of the checkpoint begins with the one that had `old_size` leaves."""

    old_size: int
    path: list[str] = Field(description="Hashes in base64 (RFC 9162, 2.1.4).")
    checkpoint: SignedCheckpoint
    keys: list[LedgerKey]


class LedgerCheckpoint(SignedCheckpoint):
    origin: str | None = Field(description="The name of the ledger; null if the note is damaged.")
    root: str | None = Field(description="In base64.")
    signers: list[str] = Field(description="Ids of keys whose signature holds.")


class LedgerProblem(_Out):
    what: str
    leaf_index: int | None
    event_id: str | None


class LedgerVerification(_Out):
    """What the collector found, which reads the ledger again all the time."""

    status: Literal["intact", "broken", "unverified"] = Field(
        description="`broken`: something is not as it was sealed; `unverified`: nobody has looked "
        "in the last hour."
    )
    verified_at: datetime | None = Field(description="When it last read a part of the ledger.")
    checked: int = Field(description="Leaves that were read at least once.")
    reread_until: int = Field(description="The leaf up to which the present round has come.")
    problems: list[LedgerProblem] = Field(
        description="For users who may read every Dag; the first hundred."
    )
    problem_count: int
    incident_id: str | None = Field(description="The incident about it, if one is open.")


class LedgerAnchors(_Out):
    """Checkpoints outside of the database."""

    last_size: int | None = Field(description="Leaves of the last checkpoint in the anchor file.")
    last_at: datetime | None
    receipts: dict[str, datetime] = Field(
        description="Further anchors by name, and when each last took a checkpoint."
    )


class LedgerCoverage(_Out):
    since: datetime | None = Field(description="When the record began.")
    reconciled_until: datetime | None
    open_findings: int
    incomplete_runs: int


class LedgerReport(_Out):
    """How far the ledger is, and whether it is as it was sealed."""

    checkpoint: LedgerCheckpoint | None
    unsealed_events: int
    keys: list[LedgerKey]
    verification: LedgerVerification
    anchors: LedgerAnchors
    coverage: LedgerCoverage
