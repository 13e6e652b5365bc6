"""The cards of the story: what training logged, what gates found, and what people say."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

import yaml
from data import EXAMPLES
from recording import Recorder
from world import World

from airflow_gov_provider import __version__
from airflow_gov_provider.domain import cards
from airflow_gov_provider.domain.canonical import canonical_bytes, digest
from airflow_gov_provider.domain.cards.facts import (
    DatasetFacts,
    FieldFacts,
    ModelFileFacts,
    RunFacts,
    VersionFacts,
)
from airflow_gov_provider.domain.evidence import Evidence, EvidenceKind, Origin
from airflow_gov_provider.operators.model_card import FORMATS

if TYPE_CHECKING:
    from runs import Run


class Cards(Recorder):
    def card(self, run: Run, origin: Origin) -> Evidence:
        model = self.model_of(run)
        facts = _training(run, self.world)
        card = cards.build_card(
            version=VersionFacts(
                name=model.name,
                version=model.version,
                run_id=facts.run_id,
                source=f"models:/{model.name}/{model.version}",
                registered_at=self.world.now - timedelta(minutes=2),
            ),
            run=facts,
            model_file=_MODEL_FILE,
            human=cards.parse_human_part(_words(model.name), origin="model.card.yaml"),
            evidence=run.recorded,
            generated_at=self.world.now,
            generator=f"airflow-gov-provider {__version__}",
        )
        body = {
            "card": cards.card_json(card),
            "card_digest": cards.card_digest(card),
            "formats": FORMATS,
            "artifact_uri": f"mlflow-artifacts:/{facts.run_id}/model_card",
            "run_id": facts.run_id,
            "missing": card.missing,
        }
        report = cards.completeness(card, required=("owner", "intended_use", "limitations"))
        return self.settle(
            run, origin, report, kind=EvidenceKind.CARD, on_fail="block", body=body, model=model
        )


def _sha(name: str) -> str:
    return digest(canonical_bytes([name]))


def _training(run: Run, world: World) -> RunFacts:
    dice = world.random
    drift = int(str(run.version)) * 0.0002
    started = run.row.tasks["train"].started_at
    return RunFacts(
        run_id=_sha(run.row.run_id)[:32],
        started_at=started,
        params={"C": "1.0", "max_iter": "500", "test_size": "0.25", "features": "10"},
        metrics={
            "accuracy": round(0.842 + drift + dice.gauss(0, 0.002), 4),
            "roc_auc": round(0.894 + drift + dice.gauss(0, 0.002), 4),
            "log_loss": round(0.336 - drift + dice.gauss(0, 0.003), 4),
        },
        datasets=tuple(
            DatasetFacts(
                name="applications",
                role=role,
                digest=_sha(f"{role} {run.row.run_id}")[:8],
                rows=rows,
                source="adult.parquet",
            )
            for role, rows in (("training", 33_916), ("evaluation", 11_306))
        ),
        code=f"train.py at {_sha(str(run.version))[:10]}",
    )


_MODEL_FILE = ModelFileFacts(
    library="sklearn",
    versions={"scikit-learn": "1.7.2", "python": "3.12.11"},
    inputs=tuple(
        FieldFacts(name=name, type=kind)
        for name, kind in (
            ("age", "long"),
            ("education_num", "long"),
            ("hours_per_week", "long"),
            ("occupation", "string"),
            ("workclass", "string"),
        )
    ),
    outputs=(FieldFacts(name="", type="string"),),
)


@cache
def _words(model: str) -> dict[str, Any]:
    """What people say about a model."""
    said: dict[str, Any] = yaml.safe_load(
        (EXAMPLES / "data" / "income_model.card.yaml").read_text()
    )
    owners = {"credit_scorer": "Risk models", "churn_model": "CRM analytics"}
    uses = {
        "credit_scorer": (
            "Order applications for consumer credit by expected ability to pay; a person decides."
        ),
        "churn_model": "Choose whom the retention team calls this week.",
    }
    return {
        **said,
        "owner": f"{owners[model]}, example bank",
        "contact": f"{model.replace('_', '-')}@example.com",
        "intended_use": uses[model],
    }
