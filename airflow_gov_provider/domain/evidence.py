"""Evidence: what a gate, a card, an approval or a promotion found and decided, in one document.

The document is canonical JSON, its digest is the SHA-256 of those bytes, and whoever decides upon a
piece of evidence names it by id *and* digest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from airflow_gov_provider.domain.canonical import canonical_bytes, digest, parse
from airflow_gov_provider.domain.verdicts import Verdict

DOCUMENT_VERSION = 1


class EvidenceKind(StrEnum):
    QUALITY = "quality"
    BIAS = "bias"
    CARD = "card"
    APPROVAL = "approval"
    PROMOTION = "promotion"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Which try of which task instance recorded it; ``map_index`` is -1 for an unmapped task."""

    dag_id: str
    run_id: str
    task_id: str
    map_index: int = -1
    try_number: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRef:
    """A registered model version; MLflow's version numbers are kept as text."""

    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.name} version {self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One recorded piece of evidence.

    :param subject: what it is about, for people: a contract id, a data set, a model version.
    :param model: the model version it speaks for, where it speaks for one.
    :param summary: one line.
    :param body: the kind's own content, JSON-safe, without row values and secrets.
    """

    evidence_id: str
    kind: EvidenceKind
    origin: Origin
    subject: str
    verdict: Verdict
    summary: str
    recorded_at: datetime
    model: ModelRef | None = None
    body: Mapping[str, Any] = field(default_factory=dict)

    @property
    def document(self) -> bytes:
        """Canonical JSON of everything above."""
        return canonical_bytes(
            {
                "v": DOCUMENT_VERSION,
                "evidence_id": self.evidence_id,
                "kind": self.kind,
                "origin": asdict(self.origin),
                "subject": self.subject,
                "model": asdict(self.model) if self.model else None,
                "verdict": self.verdict,
                "summary": self.summary,
                "recorded_at": self.recorded_at,
                "body": self.body,
            }
        )

    @property
    def digest(self) -> str:
        return digest(self.document)

    @classmethod
    def from_document(cls, document: bytes) -> Evidence:
        """Read a document back.

        :raises ValueError: if its version is not one that this package can read.
        """
        content = parse(document)
        if content.get("v") != DOCUMENT_VERSION:
            raise ValueError(
                f"expected evidence document version {DOCUMENT_VERSION}, found {content.get('v')!r}"
            )
        return cls(
            evidence_id=content["evidence_id"],
            kind=EvidenceKind(content["kind"]),
            origin=Origin(**content["origin"]),
            subject=content["subject"],
            model=ModelRef(**content["model"]) if content["model"] else None,
            verdict=Verdict(content["verdict"]),
            summary=content["summary"],
            recorded_at=datetime.fromisoformat(content["recorded_at"]),
            body=content["body"],
        )


def standing(evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """What counts now: per kind and task instance the newest record, oldest first.

    A cleared or retried task records again, and the new record replaces the old one; identifiers
    are UUIDv7, so their order is the order of recording.
    """
    newest: dict[tuple[str, str, int], Evidence] = {}
    for item in sorted(evidence, key=lambda e: e.evidence_id):
        newest[(item.kind, item.origin.task_id, item.origin.map_index)] = item
    return tuple(sorted(newest.values(), key=lambda e: e.evidence_id))
