"""Writing down what a task found, as an operator does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from world import World

from airflow_gov_provider.domain.canonical import jsonable
from airflow_gov_provider.domain.evidence import Evidence, EvidenceKind, ModelRef, Origin
from airflow_gov_provider.domain.verdicts import OnFail, Report, Verdict, blocks, recorded_verdict
from airflow_gov_provider.store.evidence.rows import insert_evidence

if TYPE_CHECKING:
    from runs import Run


class Blocked(Exception):
    """A gate let nobody pass; what it found is recorded."""


class Recorder:
    """Works in one world; keeps nothing of its own."""

    def __init__(self, world: World) -> None:
        self.world = world

    @staticmethod
    def model_of(run: Run) -> ModelRef:
        return ModelRef(name=str(run.pipeline.model), version=str(run.version))

    def record(
        self,
        origin: Origin,
        kind: EvidenceKind,
        subject: str,
        verdict: Verdict,
        summary: str,
        *,
        body: Mapping[str, Any],
        model: ModelRef | None,
    ) -> Evidence:
        item = Evidence(
            evidence_id=self.world.new_id(),
            kind=kind,
            origin=origin,
            subject=subject,
            verdict=verdict,
            summary=summary,
            recorded_at=self.world.now,
            model=model,
            body=jsonable(body),
        )
        self.world.write(lambda connection: insert_evidence(connection, item))
        return item

    def settle(
        self,
        run: Run,
        origin: Origin,
        report: Report,
        *,
        kind: EvidenceKind,
        on_fail: str,
        body: Mapping[str, Any],
        model: ModelRef | None = None,
    ) -> Evidence:
        """As an operator does: record, then let pass or block."""
        how = OnFail(on_fail)
        verdict = recorded_verdict(report.verdict, how)
        whole = {
            **body,
            "verdict_before_policy": report.verdict,
            "on_fail": how,
            "findings": [finding.as_json() for finding in report.findings],
        }
        item = self.record(
            origin, kind, report.subject, verdict, report.summary(), body=whole, model=model
        )
        if blocks(verdict, how):
            run.recorded.append(item)
            raise Blocked
        return item
