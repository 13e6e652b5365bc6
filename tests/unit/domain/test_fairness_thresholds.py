"""Thresholds: what can be demanded, and what an author hears about a mistake."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_gov_provider.domain.fairness import METRICS, Threshold, parse_thresholds
from airflow_gov_provider.exceptions import ArgumentInvalid


def test_a_bare_number_is_the_limit_on_the_side_that_makes_sense() -> None:
    difference, ratio = parse_thresholds(
        {"equalized_odds_difference": 0.1, "demographic_parity_ratio": 0.9}
    )

    assert (difference.at_most, difference.at_least) == (0.1, None)
    assert (ratio.at_most, ratio.at_least) == (None, 0.9)


def test_four_fifths_brings_its_own_limit() -> None:
    assert Threshold(metric="four_fifths").limit == 0.8
    assert parse_thresholds({"four_fifths": None})[0].limit == 0.8
    assert parse_thresholds({"four_fifths": {"at_least": 0.9}})[0].limit == 0.9


@pytest.mark.parametrize("metric", METRICS)
def test_every_metric_takes_a_limit(metric: str) -> None:
    side = METRICS[metric].gap.side

    assert parse_thresholds({metric: {side: 0.5}}) == (Threshold(metric=metric, **{side: 0.5}),)


@pytest.mark.parametrize(
    ("demands", "heard"),
    [
        ({"demographic_parity_diference": 0.1}, "did you mean demographic_parity_difference"),
        ({"qqqq": 0.1}, "known metrics: four_fifths"),
        ({"demographic_parity_difference": None}, "expected at_most= a number from 0 to 1"),
        ({"demographic_parity_difference": {"at_least": 0.1}}, "a difference takes at_most"),
        ({"demographic_parity_ratio": {"at_most": 0.1}}, "a ratio takes at_least"),
        ({"demographic_parity_ratio": 80}, "a number from 0 to 1, found 80"),
        ({"demographic_parity_ratio": "0.8"}, "a number from 0 to 1, found '0.8'"),
        ({"demographic_parity_ratio": float("nan")}, "a number from 0 to 1"),
        ({"demographic_parity_ratio": True}, "a number from 0 to 1"),
        ({"four_fifths": {"at_least": 0.8, "tolerance": 1}}, "unknown tolerance; expected"),
        ({"four_fifths": {"decide_on": "feeling"}}, "decide_on is one of 'estimate', 'interval'"),
        ({"four_fifths": {"level": 95}}, "level lies between 0 and 1, found 95"),
        ({"four_fifths": {"against": "overall"}}, "compares with the group that is selected most"),
        (
            {"accuracy_ratio": {"at_least": 0.9, "against": "overall", "decide_on": "interval"}},
            "has no interval",
        ),
        ({}, "thresholds is empty"),
        ([], "thresholds is empty"),
        (["four_fifths"], "a list of Threshold or a mapping"),
        ("four_fifths", "a list of Threshold or a mapping"),
    ],
)
def test_a_mistake_is_named_with_what_would_be_right(demands: Any, heard: str) -> None:
    with pytest.raises(ArgumentInvalid, match=heard):
        parse_thresholds(demands)


def test_all_mistakes_are_reported_at_once() -> None:
    with pytest.raises(ArgumentInvalid) as error:
        parse_thresholds({"four_fifth": 0.8, "accuracy_ratio": {"at_least": 2, "level": 2}})

    assert str(error.value).splitlines() == [
        "unknown metric 'four_fifth'; did you mean four_fifths?",
        "accuracy_ratio: expected at_least= a number from 0 to 1, found 2",
        "accuracy_ratio: level lies between 0 and 1, found 2",
    ]
