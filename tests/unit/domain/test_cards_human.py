from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from airflow_gov_provider.domain.cards.human import HUMAN_KEYS, MAX_TEXT, parse_human_part
from airflow_gov_provider.exceptions import ContractInvalid


def test_every_problem_is_reported_at_once_with_its_place():
    with pytest.raises(ContractInvalid) as caught:
        parse_human_part(
            {
                "owner": 7,
                "licence": "mit",
                "colour": "red",
                "contact": "  ",
                "intended_use": "TODO",
                "task": "x" * (MAX_TEXT + 1),
                "users": [],
                "limitations": ["fine", None],
                "risks": [{"mitigation": "m"}, "text", {"risk": "r", "chance": "low"}],
            },
            origin="card.yaml",
        )

    text = str(caught.value)
    assert len(caught.value.problems) == 11
    assert "licence: unknown key; did you mean license?" in text
    assert "colour: unknown key; known are owner, contact" in text
    assert "owner: expected text, found int" in text
    assert "contact: is empty" in text
    assert "intended_use: is a placeholder" in text
    assert "task: has 5,001 characters; at most 5,000" in text
    assert "users: expected text or a list of texts, found an empty list" in text
    assert "limitations[1]: expected text, found nothing" in text
    assert "risks[0].risk: is required" in text
    assert "risks[1]: expected a mapping" in text
    assert "risks[2].chance: unknown key" in text


@pytest.mark.parametrize("content", [[], "text", 3])
def test_what_is_no_mapping_is_refused(content):
    with pytest.raises(ContractInvalid, match="expected a mapping"):
        parse_human_part(content, origin="card.yaml")


@pytest.mark.parametrize("text", ["TODO", "tbd", "TBD: ask Anna", "???", "...", "FixMe"])
def test_a_placeholder_is_no_statement(text):
    with pytest.raises(ContractInvalid, match="placeholder"):
        parse_human_part({"owner": text}, origin="card.yaml")


@pytest.mark.parametrize("text", ["Todor Ivanov", "Is it fit? Yes.", "TODO lists are its subject"])
def test_a_text_that_only_looks_like_a_placeholder_is_one(text):
    assert parse_human_part({"owner": text}, origin="card.yaml").owner == text


def test_one_text_stands_for_a_list_of_one():
    assert parse_human_part({"users": "reviewers"}, origin="x").users == ("reviewers",)


def test_nothing_at_all_is_a_part_without_statements():
    part = parse_human_part(None, origin="x")

    assert all(getattr(part, key) is None for key in HUMAN_KEYS)


def test_the_part_of_the_example_is_complete(repository: Path):
    path = repository / "dags_examples" / "data" / "income_model.card.yaml"

    part = parse_human_part(yaml.safe_load(path.read_text()), origin=path.name)

    assert all(getattr(part, key) for key in HUMAN_KEYS)
