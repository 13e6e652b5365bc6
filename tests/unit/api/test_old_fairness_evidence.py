"""Evidence of fairness as the first version wrote it is read like that of today.

``fairness_of_version_1.json`` is what that version made of counts of five groups; nothing rewrites
it, because evidence is never rewritten.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from airflow_gov_provider.domain import cards
from airflow_gov_provider.domain.cards.facts import VersionFacts
from airflow_gov_provider.domain.evidence import Evidence, EvidenceKind
from airflow_gov_provider.domain.fairness.slice_findings import slices_as_text
from airflow_gov_provider.domain.fairness.uncertainty import in_words
from airflow_gov_provider.domain.verdicts import Verdict
from tests.unit.api.conftest import NOON, evidence

GOLDEN = Path(__file__).parents[2] / "golden" / "fairness_of_version_1.json"


@pytest.fixture
def old() -> Evidence:
    body = json.loads(GOLDEN.read_text())
    return evidence(
        1,
        kind=EvidenceKind.BIAS,
        subject="income/3",
        verdict=Verdict.FAILED,
        summary="FAILED: 2 of 10 failed",
        body=body,
    )


def test_the_document_lacks_what_later_versions_added(old: Evidence) -> None:
    features: Any = old.body["features"]
    metric = features[0]["metrics"][0]

    assert not {"task", "search"} & old.body.keys()
    assert not {"correction", "detectable", "resampled", "gap", "kind", "unit", "parts"} & {*metric}
    assert "measures" not in features[0]["groups"][0]


def test_it_is_served_whole_and_unchanged(client: Any, record: Any, old: Evidence) -> None:
    record(old)

    detail = client.get(f"/v1/evidence/{old.evidence_id}").json()
    (listed,) = client.get("/v1/evidence").json()["items"]

    assert detail["digest_matches"] is True
    assert detail["document"]["body"] == old.body
    assert listed["verdict"] == detail["verdict"] == "FAILED"


def test_a_card_shows_its_groups_gaps_and_verdicts(client: Any, record: Any, old: Evidence) -> None:
    made = cards.build_card(
        version=VersionFacts(name="income", version="3"),
        run=None,
        model_file=None,
        human=cards.parse_human_part(None, origin=""),
        evidence=[old],
        generated_at=NOON,
        generator="airflow-gov-provider",
    )
    of_card = evidence(2, kind=EvidenceKind.CARD, body={"card": cards.card_json(made)})
    record(old, of_card)

    page = client.get(f"/v1/cards/{of_card.evidence_id}.html").text
    text = client.get(f"/v1/cards/{of_card.evidence_id}.md").text
    read = cards.from_json(client.get(f"/v1/cards/{of_card.evidence_id}.json").json())

    assert read == made
    (gate,) = made.evaluation.fairness.value
    assert [item.feature for item in gate.features] == ["sex", "race", "sex & race"]
    for shown in (page, text):
        assert "Female" in shown
        assert "four_fifths" in shown or "four fifths" in shown
        assert "FAILED" in shown


def test_what_is_said_in_words_of_new_documents_is_left_out_of_old_ones(old: Evidence) -> None:
    metrics = [metric for feature in old.body["features"] for metric in feature["metrics"]]

    assert [in_words(metric) for metric in metrics] == [None] * len(metrics)
    assert list(slices_as_text(old.body)) == []
