from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_gov_provider.domain import cards
from airflow_gov_provider.domain.canonical import digest, parse
from airflow_gov_provider.domain.cards.text import MAX_VALUE, clean, without_credentials
from airflow_gov_provider.domain.evidence import ModelRef
from airflow_gov_provider.domain.fairness import (
    ContingencyTable,
    Counts,
    evaluate,
    parse_thresholds,
)
from airflow_gov_provider.domain.verdicts import Severity, Verdict


def test_each_statement_says_who_said_it(card):
    assert card.provider.owner.provenance == "human"
    assert card.provider.owner.source == "credit.card.yaml"
    assert card.training.parameters.provenance == "auto"
    assert card.evaluation.fairness.provenance == "auto"
    assert card.missing == ()


def test_what_no_source_knows_is_missing_and_not_invented(card_parts):
    card = cards.build_card(
        **{
            **card_parts,
            "run": None,
            "model_file": None,
            "human": cards.parse_human_part(None, origin="nobody"),
            "evidence": [],
        }
    )

    known = {name for name, said in card.statements() if not said.is_missing}
    assert known == {
        "model_name",
        "model_version",
        "model_registered_at",
        "model_run_id",
        "model_source",
    }
    for _, said in card.statements():
        assert said.is_missing == (said.value is None)


def test_the_names_of_statements_are_unique_and_can_be_required(card):
    names = [name for name, _ in card.statements()]

    assert len(set(names)) == len(names)
    assert tuple(names) == cards.statement_names()
    assert set(cards.human.HUMAN_KEYS) <= set(names)


def test_completeness_warns_of_what_is_missing_and_fails_what_is_required(card_parts):
    card = cards.build_card(**{**card_parts, "run": None})

    lenient = cards.completeness(card)
    strict = cards.completeness(card, required=["metrics"])

    assert lenient.verdict is Verdict.WARNED
    assert {f.subject for f in lenient.with_verdict(Verdict.WARNED)} == set(card.missing)
    assert strict.verdict is Verdict.FAILED
    (failed,) = strict.with_verdict(Verdict.FAILED)
    assert (failed.subject, failed.severity) == ("metrics", Severity.ERROR)


def test_a_complete_card_passes(card):
    assert cards.completeness(card, required=cards.statement_names()).verdict is Verdict.PASSED


def test_a_card_survives_its_json_to_the_byte(card):
    content = cards.to_json_bytes(card)
    again = cards.from_json(parse(content))

    assert cards.to_json_bytes(again) == content
    assert cards.card_digest(card) == digest(content)
    assert cards.to_markdown(again) == cards.to_markdown(card)
    assert cards.to_html(again) == cards.to_html(card)


@given(st.floats(allow_nan=True, allow_infinity=True), st.integers(0, 2**70))
def test_any_number_survives_the_json_of_a_card(number, rows):
    facts = cards.building
    run = facts.RunFacts(
        run_id="r",
        metrics={"m": number},
        datasets=(cards.facts.DatasetFacts(name="d", rows=rows),),
    )
    card = cards.build_card(
        version=facts.VersionFacts(name="m", version="1"),
        run=run,
        model_file=None,
        human=cards.parse_human_part(None, origin=""),
        evidence=[],
        generated_at=cards.building.datetime.fromisoformat("2026-01-01T00:00:00+00:00"),
        generator="g",
    )
    content = cards.to_json_bytes(card)
    again = cards.from_json(parse(content))

    assert again == card
    assert cards.to_json_bytes(again) == content
    assert cards.to_markdown(again) == cards.to_markdown(card)


@pytest.mark.parametrize(
    "wrong",
    [{}, {"schema_version": 2}, {"name": "x"}, {"schema_version": 1, "generator": "g", "more": 1}],
)
def test_what_is_not_a_card_is_refused(wrong):
    with pytest.raises(ValueError, match="ModelCard"):
        cards.from_json(wrong)


def test_bias_evidence_of_another_version_or_of_none_is_not_on_the_card(card_parts):
    quality, bias = card_parts["evidence"]
    for named in (None, ModelRef(name="credit_model", version="2")):
        parts = {**card_parts, "evidence": [quality, replace(bias, model=named)]}
        assert cards.build_card(**parts).evaluation.fairness.is_missing


def test_replaced_evidence_is_not_on_the_card(card_parts):
    quality, bias = card_parts["evidence"]
    again = replace(
        quality, evidence_id="018f0000-0000-7000-8000-000000000009", verdict=Verdict.PASSED
    )

    card = cards.build_card(**{**card_parts, "evidence": [quality, bias, again]})

    assert [g.evidence_id for g in card.evaluation.quality.value] == [again.evidence_id]


def test_the_card_shows_what_the_bias_check_really_records(card_parts):
    """Against the fairness part itself, whose document this card reads."""
    table = ContingencyTable(
        features=("sex",),
        cells={
            ("Male",): Counts.of_rows(tp=40, fp=10, fn=10, tn=40),
            ("Female",): Counts.of_rows(tp=20, fp=0, fn=20, tn=60),
            (None,): Counts.of_rows(tp=1, tn=2),
        },
    )
    thresholds = parse_thresholds({"four_fifths": {"at_least": 0.8}})
    assessment = evaluate(table, subject="predictions", thresholds=thresholds)
    quality, bias = card_parts["evidence"]
    body = json.loads(json.dumps(assessment.body))
    body["findings"] = [f.as_json() for f in assessment.report.findings]
    parts = {**card_parts, "evidence": [quality, replace(bias, body=body)]}

    (gate,) = cards.build_card(**parts).evaluation.fairness.value

    (feature,) = gate.features
    assert [(g.group, g.n, g.sufficient) for g in feature.groups] == [
        ("Female", 100, True),
        ("Male", 100, True),
        ("(missing)", 3, False),
    ]
    selected = [r for r in feature.groups[0].rates if r.name == "selection_rate"]
    assert selected[0].value == 0.2
    assert selected[0].low < 0.2 < selected[0].high
    assert (feature.gaps[0].name, feature.gaps[0].value) == ("four_fifths", 0.4)
    assert feature.gaps[0].at_least == 0.8
    assert gate.troubles


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"features": None, "findings": "text"},
        {"features": [1, {"groups": [None, {"n": "many", "rates": [], "intervals": 3}]}]},
        {"features": [{"metrics": [{"interval": [1], "verdict": "GREAT", "threshold": 5}]}]},
        {"findings": [{"verdict": "FAILED", "observed": {"a": 1}}, None]},
    ],
)
def test_evidence_that_is_not_understood_is_named_all_the_same(card_parts, body):
    quality, bias = card_parts["evidence"]
    parts = {**card_parts, "evidence": [quality, replace(bias, body=body)]}

    card = cards.build_card(**parts)

    assert card.evaluation.fairness.value[0].evidence_id == bias.evidence_id
    assert cards.to_html(card)


def test_our_own_tags_are_not_on_the_card(card):
    assert [(t.name, t.value) for t in card.tags] == [("stage", "candidate")]


def test_long_values_are_cut_and_say_so(card_parts):
    run = replace(card_parts["run"], params={"p": "x" * 10_000})

    card = cards.build_card(**{**card_parts, "run": run})

    (entry,) = card.training.parameters.value
    assert len(entry.value) < MAX_VALUE + 50
    assert entry.value.endswith("… (cut, 10,000 characters)")


def test_long_lists_are_cut_and_say_so(card_parts):
    run = replace(card_parts["run"], params={f"p{i:04d}": "x" for i in range(1000)})

    card = cards.build_card(**{**card_parts, "run": run})

    assert len(card.training.parameters.value) == 200
    assert card.training.parameters.omitted == 800
    assert "800 more are left out." in cards.to_markdown(card)
    assert "800 more are left out." in cards.to_html(card)


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("a\nb\tc\x00d", "a b c d"),
        ("  a  ", "a"),
        ("in\u202egnorance\u200b", "ingnorance"),
        ("see postgresql://anna:pw@host/db!", "see postgresql://***@host/db!"),
        ("https://host/path?a=1&token=abc&b=2", "https://host/path?a=1&token=***&b=2"),
    ],
)
def test_values_are_cleaned(text, cleaned):
    assert clean(text) == cleaned


@given(st.text())
def test_cleaning_twice_changes_nothing(text):
    once = clean(text, limit=10_000)

    assert clean(once, limit=10_000) == once
    assert without_credentials(once) == once
