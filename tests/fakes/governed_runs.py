"""Evidence of governed Dag runs, with bodies of the form that the operators write."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow_gov_provider.domain.evidence import Evidence, EvidenceKind, ModelRef, Origin
from airflow_gov_provider.domain.verdicts import Verdict

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


def id_at(time: datetime, number: int) -> str:
    """The UUIDv7 of a millisecond."""
    digits = f"{int(time.timestamp() * 1000):012x}"
    return f"{digits[:8]}-{digits[8:]}-7000-8000-{number:012d}"


def named(item: Evidence, **more: Any) -> dict[str, Any]:
    """How one document names another."""
    return {
        "evidence_id": item.evidence_id,
        "digest": item.digest,
        "kind": item.kind.value,
        "verdict": item.verdict.value,
        **more,
    }


@dataclass
class GovernedRun:
    """One Dag run that records step by step; ``recorded`` has everything so far."""

    dag_id: str = "income"
    run_id: str = "run 1"
    model: ModelRef | None = field(default_factory=lambda: ModelRef(name="income", version="3"))
    first: int = 0
    recorded: list[Evidence] = field(default_factory=list)

    def record(
        self,
        kind: EvidenceKind,
        *,
        task_id: str | None = None,
        map_index: int = -1,
        try_number: int = 1,
        verdict: Verdict = Verdict.PASSED,
        summary: str | None = None,
        **body: Any,
    ) -> Evidence:
        number = self.first + len(self.recorded) + 1
        about = None if kind is EvidenceKind.QUALITY else self.model
        item = Evidence(
            evidence_id=id_at(NOON + timedelta(minutes=number), number),
            kind=kind,
            origin=Origin(
                dag_id=self.dag_id,
                run_id=self.run_id,
                task_id=task_id or f"{kind.value}_task",
                map_index=map_index,
                try_number=try_number,
            ),
            subject=f"{kind.value} of {about or 'the data'}",
            model=about,
            verdict=verdict,
            summary=summary or f"{verdict.value}: {kind.value}",
            recorded_at=NOON + timedelta(minutes=number),
            body=body,
        )
        self.recorded.append(item)
        return item

    def quality(
        self, *, path: str = "data/adult.parquet", sha256: str = "ab" * 32, **more: Any
    ) -> Evidence:
        source = {"kind": "files", "path": path, "files": 1, "sha256": sha256}
        return self.record(EvidenceKind.QUALITY, source=source, rows=45222, **more)

    def bias(self, **more: Any) -> Evidence:
        source = {"kind": "files", "path": "predictions.parquet", "files": 1, "sha256": "cd" * 32}
        return self.record(EvidenceKind.BIAS, source=source, rows={"total": 11306}, **more)

    def card(self, *gates: Evidence, run_id: str | None = "mlflow-run-1", **more: Any) -> Evidence:
        of = {
            kind: [named(gate) for gate in gates if gate.kind is kind]
            for kind in (EvidenceKind.QUALITY, EvidenceKind.BIAS)
        }
        card = {
            "training": {"datasets": {"value": [{"name": "adult", "digest": "93f8"}]}},
            "evaluation": {
                "quality": {"value": of[EvidenceKind.QUALITY]},
                "fairness": {"value": of[EvidenceKind.BIAS]},
            },
        }
        return self.record(EvidenceKind.CARD, card=card, run_id=run_id, missing=[], **more)

    def approval(
        self,
        *saw: Evidence,
        by: str = "Ada",
        reason: str = "It is good enough.",
        verdict: Verdict = Verdict.PASSED,
        **more: Any,
    ) -> Evidence:
        return self.record(
            EvidenceKind.APPROVAL,
            verdict=verdict,
            decision="approved" if verdict is Verdict.PASSED else "rejected",
            decided_by={"id": by.lower(), "name": by},
            reason=reason,
            shown=[named(item) for item in saw],
            **more,
        )

    def promotion(
        self,
        *counted: Evidence,
        alias: str = "champion",
        previous: str | None = None,
        stage: str = "done",
        registry: str = "http://mlflow",
        verdict: Verdict = Verdict.PASSED,
        **more: Any,
    ) -> Evidence:
        approvals = [e.evidence_id for e in counted if e.kind is EvidenceKind.APPROVAL]
        return self.record(
            EvidenceKind.PROMOTION,
            verdict=verdict,
            alias=alias,
            version=self.model.version if self.model else "",
            registry=registry,
            stage=stage,
            previous_version=previous,
            decided_upon=[named(item) for item in counted],
            approvals=approvals,
            **more,
        )

    def whole(self) -> GovernedRun:
        """From the data to the promotion; the bias check failed and a person accepted that."""
        quality = self.quality()
        bias = self.bias(verdict=Verdict.FAILED)
        card = self.card(quality, bias)
        approval = self.approval(quality, bias, card)
        accepted = [named(bias, approval=approval.evidence_id)]
        self.promotion(quality, bias, card, approval, accepted=accepted)
        return self
