"""Promotions of the story, decided by the domain's own rules."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pipelines import Step
from recording import Blocked, Recorder

from airflow_gov_provider.domain.evidence import Evidence, EvidenceKind, ModelRef, Origin
from airflow_gov_provider.domain.models.promotion import PromotionDecision, decide
from airflow_gov_provider.domain.verdicts import Verdict
from airflow_gov_provider.operators.registry import DONE, INTENDED, REFUSED

if TYPE_CHECKING:
    from runs import Run

ALIAS, REGISTRY = "champion", "https://mlflow.example.com"


class Promotions(Recorder):
    def promote(self, step: Step, run: Run, origin: Origin) -> Sequence[Evidence]:
        world, model = self.world, self.model_of(run)
        by_hand = sorted(run.by_hand)
        decision = decide(
            model,
            run.recorded,
            required=[EvidenceKind(kind) for kind in step.settings["required"]],
            objections=[
                f"task {name} was marked success by hand and recorded nothing" for name in by_hand
            ],
        )
        subject = f"alias {ALIAS!r} of {model.name} to version {model.version}"
        previous = world.champions.get((model.name, ALIAS))

        def record(stage: str, verdict: Verdict, summary: str, **more: Any) -> Evidence:
            return self.record(
                origin,
                EvidenceKind.PROMOTION,
                subject,
                verdict,
                summary,
                body=_promotion_body(model, decision, stage, **more),
                model=model,
            )

        if not decision.allowed:
            number = len(decision.reasons)
            run.recorded.append(
                record(
                    REFUSED,
                    Verdict.FAILED,
                    f"refused: {number} reason{'s' * (number != 1)}",
                    reasons=decision.reasons,
                )
            )
            raise Blocked
        arrow = f"{ALIAS} from {previous or 'no version'} to {model.version}"
        intended = record(
            INTENDED, Verdict.INSUFFICIENT, f"{INTENDED}: {arrow}", previous_version=previous
        )
        world.now += timedelta(milliseconds=400)
        done = record(
            DONE,
            Verdict.PASSED,
            f"{DONE}: {arrow}",
            previous_version=previous,
            changed=previous != model.version,
        )
        world.champions[model.name, ALIAS] = model.version
        return [intended, done]


def _promotion_body(
    model: ModelRef, decision: PromotionDecision, stage: str, **more: Any
) -> dict[str, Any]:
    return {
        "alias": ALIAS,
        "version": model.version,
        "registry": REGISTRY,
        "stage": stage,
        "decided_upon": [_reference(item) for item in decision.considered],
        "accepted": [
            {**_reference(one.evidence), "approval": one.approval.evidence_id}
            for one in decision.accepted
        ],
        "approvals": [item.evidence_id for item in decision.approvals],
        **more,
    }


def _reference(item: Evidence) -> dict[str, str]:
    return {
        "evidence_id": item.evidence_id,
        "digest": item.digest,
        "kind": item.kind.value,
        "verdict": item.verdict.value,
    }
