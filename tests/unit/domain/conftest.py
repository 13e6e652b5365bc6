"""A card with everything on it, and cards made of any one text."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from airflow_gov_provider.domain import cards
from airflow_gov_provider.domain.cards.facts import (
    DatasetFacts,
    FieldFacts,
    ModelFileFacts,
    RunFacts,
    VersionFacts,
)
from airflow_gov_provider.domain.evidence import Evidence, EvidenceKind, ModelRef, Origin
from airflow_gov_provider.domain.verdicts import Verdict

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)

HUMAN: dict[str, Any] = {
    "owner": "Credit risk team",
    "contact": "risk@example.com",
    "license": "apache-2.0",
    "task": "tabular-classification",
    "intended_use": "Rank applications for a person to look at.",
    "users": ["Case workers"],
    "out_of_scope": ["Deciding without a person", "Other countries"],
    "limitations": ["Trained on one year | of data"],
    "ethical_considerations": ["Groups differ in their base rates."],
    "risks": [
        {"risk": "Unequal selection", "mitigation": "Review by a person"},
        {"risk": "Drift"},
    ],
}


def rates(value: float, low: float, high: float) -> dict[str, Any]:
    return {
        "rates": {"selection_rate": value, "true_positive_rate": None},
        "intervals": {"selection_rate": [low, high], "true_positive_rate": None},
    }


BIAS: dict[str, Any] = {
    "schema": "fairness/1",
    "features": [
        {
            "feature": "sex",
            "of": ["sex"],
            "reference": None,
            "groups": [
                {"group": "Female", "n": 3631, "sufficient": True, **rates(0.11, 0.1, 0.12)},
                {"group": "Male", "n": 7168, "sufficient": True, **rates(0.32, 0.31, 0.33)},
                {
                    "group": "(missing)",
                    "n": 12,
                    "sufficient": False,
                    "reason": "12 judged rows, fewer than 30",
                    **rates(0.5, 0.25, 0.75),
                },
            ],
            "metrics": [
                {
                    "metric": "four_fifths",
                    "value": 0.34375,
                    "interval": [0.31, 0.38],
                    "threshold": {"at_least": 0.8, "at_most": None, "against": "groups"},
                    "expected": ">= 0.8",
                    "verdict": "FAILED",
                    "reason": "Female is selected less often than Male",
                }
            ],
        }
    ],
    "findings": [
        {
            "check": "sex:four_fifths",
            "kind": "four_fifths",
            "subject": "sex",
            "verdict": "FAILED",
            "expected": ">= 0.8",
            "observed": 0.34375,
            "reason": "Female is selected less often than Male",
        }
    ],
}

QUALITY: dict[str, Any] = {
    "findings": [
        {"check": "a", "kind": "not_null", "subject": "age", "verdict": "PASSED"},
        {
            "check": "b",
            "kind": "range",
            "subject": "age",
            "verdict": "WARNED",
            "expected": "<= 90",
            "observed": 12,
            "reason": None,
        },
    ]
}


def evidence(
    number: int,
    kind: EvidenceKind,
    *,
    task: str,
    verdict: Verdict,
    body: dict[str, Any],
    model: ModelRef | None = None,
    subject: str = "applications",
) -> Evidence:
    return Evidence(
        evidence_id=f"018f0000-0000-7000-8000-{number:012d}",
        kind=kind,
        origin=Origin(dag_id="d", run_id="r", task_id=task),
        subject=subject,
        verdict=verdict,
        summary=f"{verdict.value}: 1 passed, 1 failed",
        recorded_at=NOON,
        model=model,
        body=body,
    )


@pytest.fixture
def card_parts() -> dict[str, Any]:
    """Arguments of ``build_card`` for a card that misses nothing."""
    return {
        "version": VersionFacts(
            name="credit_model",
            version="3",
            run_id="0123abcd",
            source="models:/m-1",
            registered_at=NOON,
            tags={"stage": "candidate", "governance.card_digest": "of an earlier card"},
        ),
        "run": RunFacts(
            run_id="0123abcd",
            started_at=NOON,
            params={"max_iter": "120", "learning_rate": "0.1"},
            metrics={"roc_auc": 0.9187, "accuracy": 1.0, "log_loss": float("nan")},
            datasets=(
                DatasetFacts(
                    name="applications", digest="80d88c1d", role="training", source="a.parquet"
                ),
                DatasetFacts(name="held_out", digest="9f2ac001", role="evaluation", rows=11306),
            ),
            code="train.py at commit abc",
        ),
        "model_file": ModelFileFacts(
            library="sklearn",
            versions={"scikit-learn": "1.9.1"},
            inputs=(FieldFacts(name="age", type="long"),),
            outputs=(FieldFacts(name="", type="string", required=False),),
        ),
        "human": cards.parse_human_part(HUMAN, origin="credit.card.yaml"),
        "evidence": [
            evidence(
                1,
                EvidenceKind.QUALITY,
                task="check_data",
                verdict=Verdict.WARNED,
                body=QUALITY,
            ),
            evidence(
                2,
                EvidenceKind.BIAS,
                task="check_bias",
                verdict=Verdict.FAILED,
                body=BIAS,
                model=ModelRef(name="credit_model", version="3"),
                subject="predictions",
            ),
        ],
        "generated_at": NOON,
        "generator": "airflow-gov-provider 0.1.0",
    }


@pytest.fixture
def card(card_parts: dict[str, Any]) -> cards.ModelCard:
    return cards.build_card(**card_parts)


@pytest.fixture(scope="session")
def card_saying() -> Callable[[str], cards.ModelCard]:
    """A card in which every free text is the given one."""

    def build(text: str) -> cards.ModelCard:
        model = ModelRef(name=text, version="3")
        finding = dict.fromkeys(
            ("check", "kind", "subject", "expected", "observed", "reason"), text
        )
        group = {"group": text, "n": 1, "sufficient": False, "reason": text, **rates(0.1, 0, 1)}
        gap = {"metric": text, "value": 0.5, "expected": text, "verdict": "FAILED", "reason": text}
        body = {
            "features": [{"feature": text, "groups": [group], "metrics": [gap]}],
            "findings": [{**finding, "verdict": "FAILED"}],
        }
        written: dict[str, Any] = {key: text for key in cards.human.HUMAN_KEYS if key != "risks"}
        written["risks"] = [{"risk": text, "mitigation": text}]
        named = {text: text}
        field = FieldFacts(name=text, type=text)
        dataset = DatasetFacts(name=text, digest=text, role=text, source=text)
        return cards.build_card(
            version=VersionFacts(
                name=text, version="3", run_id=text, source=text, registered_at=NOON, tags=named
            ),
            run=RunFacts(
                run_id=text,
                started_at=NOON,
                params=named,
                metrics={text: 0.5},
                datasets=(dataset,),
                code=text,
            ),
            model_file=ModelFileFacts(
                library=text, versions=named, inputs=(field,), outputs=(field,)
            ),
            human=cards.parse_human_part(written, origin=text),
            evidence=[
                evidence(
                    1, kind, task=text, verdict=Verdict.FAILED, body=body, model=model, subject=text
                )
                for kind in (EvidenceKind.QUALITY, EvidenceKind.BIAS)
            ],
            generated_at=NOON,
            generator=text,
        )

    return build
