"""What two cards say differently."""

from __future__ import annotations

import copy
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_gov_provider.domain import cards
from airflow_gov_provider.domain.cards.diff import diff
from airflow_gov_provider.domain.cards.facts import DatasetFacts, RunFacts, VersionFacts
from airflow_gov_provider.domain.cards.human import parse_human_part

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


def card(*, version="1", metrics=None, params=None, human=None, datasets=(), at=NOW):
    return cards.build_card(
        version=VersionFacts(name="income", version=version),
        run=RunFacts(
            run_id="r", metrics=metrics or {}, params=params or {}, datasets=tuple(datasets)
        ),
        model_file=None,
        human=parse_human_part(human, origin="a file"),
        evidence=(),
        generated_at=at,
        generator="tests",
    )


def told(first, second):
    return {
        "/".join(c.path): (c.kind.value, c.before, c.after) for c in diff(first, second).changes
    }


def test_a_card_does_not_differ_from_itself():
    found = diff(card(metrics={"auc": 0.9}), card(metrics={"auc": 0.9}))

    assert found.changes == ()
    assert found.equal > 0


def test_when_and_from_where_a_card_was_made_is_no_difference():
    later = datetime(2027, 1, 1, tzinfo=UTC)

    assert diff(card(human={"owner": "Ada"}), card(human={"owner": "Ada"}, at=later)).changes == ()


def test_metrics_differ_by_a_number():
    first, second = card(metrics={"auc": 0.9, "loss": 1}), card(metrics={"auc": 0.75, "f1": 0.5})

    by_path = {"/".join(c.path): c for c in diff(first, second).changes}

    assert by_path["evaluation/metrics/auc"].difference == pytest.approx(-0.15)
    assert by_path["evaluation/metrics/loss"].kind == "removed"
    assert by_path["evaluation/metrics/f1"].kind == "added"
    assert by_path["evaluation/metrics/f1"].difference is None


def test_what_nobody_says_any_more_is_removed():
    found = told(card(human={"owner": "Ada"}), card())

    assert found == {"provider/owner": ("removed", "Ada", None)}


def test_entries_are_told_apart_by_their_names_and_not_by_their_places():
    first = card(params={"a": "1", "b": "2"})
    second = card(params={"b": "2", "c": "3"})

    assert told(first, second) == {
        "training/parameters/a": ("removed", "1", None),
        "training/parameters/c": ("added", None, "3"),
    }


def test_one_data_set_in_two_roles_is_two():
    def used(rows):
        return [
            DatasetFacts(name="adult", role="training", rows=100),
            DatasetFacts(name="adult", role="evaluation", rows=rows),
        ]

    found = told(card(datasets=used(10)), card(datasets=used(20)))

    assert found == {"training/datasets/adult, evaluation/rows": ("changed", 10, 20)}


def test_a_limitation_that_was_added_is_seen_whole():
    before = {"limitations": ["Old data."]}
    after = {"limitations": ["Old data.", "Few women."]}

    assert list(told(card(human=before), card(human=after)).values()) == [
        ("added", None, "Few women.")
    ]


def test_a_risk_without_a_mitigation_is_a_statement_too():
    assert [v[0] for v in told(card(), card(human={"risks": [{"risk": "Bias"}]})).values()] == [
        "added"
    ]


def test_two_entries_of_one_name_are_both_compared():
    content = cards.card_json(card(human={"limitations": ["Same.", "Same."]}))
    once = copy.deepcopy(content)
    once["considerations"]["limitations"]["value"] = ["Same."]

    found = diff(cards.from_json(content), cards.from_json(once))

    assert [c.kind.value for c in found.changes] == ["removed"]


_numbers = st.dictionaries(
    st.sampled_from(["auc", "f1", "loss"]), st.floats(-1, 1, allow_nan=False), max_size=3
)


@given(_numbers, _numbers)
def test_the_way_back_is_the_way_there_reversed(before, after):
    first, second = card(metrics=before), card(metrics=after)

    there, back = diff(first, second), diff(second, first)

    assert there.equal == back.equal
    assert {(c.path, c.before, c.after) for c in there.changes} == {
        (c.path, c.after, c.before) for c in back.changes
    }
