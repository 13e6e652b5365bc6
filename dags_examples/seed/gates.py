"""The gates of the story, judged by the domain's own code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from data import (
    SOUND,
    census,
    contract_called,
    counted,
    held_out,
    profile_of,
    sampled,
)
from pipelines import Step
from recording import Recorder
from story import Trouble

from airflow_gov_provider.domain.canonical import canonical_bytes, digest
from airflow_gov_provider.domain.contracts import Contract
from airflow_gov_provider.domain.evidence import Evidence, EvidenceKind, Origin
from airflow_gov_provider.domain.fairness.evaluate import evaluate as assess
from airflow_gov_provider.domain.fairness.thresholds import Groups, SmallGroups, parse_thresholds
from airflow_gov_provider.domain.quality.evaluation import evaluate
from airflow_gov_provider.domain.quality.expectations import Profile

if TYPE_CHECKING:
    from runs import Run

_SMALLEST_GROUP = 400


class Gates(Recorder):
    def quality(self, step: Step, run: Run, origin: Origin, trouble: Trouble | None) -> Evidence:
        world, name = self.world, step.settings["contract"]
        contract = contract_called(name)
        spoiled = trouble.spoiled if trouble else SOUND
        if name == "census":
            measured, source = census()
            profile = sampled(measured, spoiled=spoiled, dice=world.random)
        else:
            table = step.settings["source"]
            rows = int(step.settings["rows"] * world.random.uniform(0.96, 1.04))
            source = {"kind": "database", "conn_id": "warehouse", "table": table, "query": None}
            profile = profile_of(
                contract, table, rows=rows, spoiled=spoiled, now=world.now, dice=world.random
            )
        report = evaluate(contract, profile, now=world.now)
        return self.settle(
            run,
            origin,
            report,
            kind=EvidenceKind.QUALITY,
            on_fail=step.on_fail,
            body=_body(contract, profile, source),
        )

    def bias(self, step: Step, run: Run, origin: Origin, trouble: Trouble | None) -> Evidence:
        unfair = bool(trouble and trouble.unfair)
        table = held_out(counted(mended=not unfair), share=0.25, dice=self.world.random)
        model = self.model_of(run)
        assessment = assess(
            table,
            subject=str(model),
            thresholds=parse_thresholds(step.settings["thresholds"]),
            groups=Groups(small=SmallGroups.IGNORE, min_size=_SMALLEST_GROUP),
        )
        predictions = f"predictions/{model.name}-{model.version}.parquet"
        body = {
            **assessment.body,
            "source": {
                "kind": "files",
                "path": predictions,
                "files": 1,
                "sha256": digest(canonical_bytes([predictions])),
            },
            "question": _QUESTION,
        }
        return self.settle(
            run,
            origin,
            assessment.report,
            kind=EvidenceKind.BIAS,
            on_fail=step.on_fail,
            body=body,
            model=model,
        )


_QUESTION = {
    "label": "income",
    "positive_label": [">50K"],
    "prediction": "predicted",
    "positive_prediction": [">50K"],
    "score": None,
    "threshold": None,
    "weight": None,
}


def _body(contract: Contract, profile: Profile, source: dict[str, Any]) -> dict[str, Any]:
    names = ("id", "version", "name", "format", "format_version", "digest", "outside")
    about = {name: getattr(contract, name) for name in names}
    return {
        "contract": {**about, "object": contract.object_name},
        "source": source,
        "rows": profile.rows,
        "columns": dict(profile.columns),
        "statements": profile.statements,
    }
