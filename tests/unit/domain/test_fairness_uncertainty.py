"""What the evidence says of chance: corrections, what could not have been shown, resampling."""

from __future__ import annotations

import json
from typing import Any

import pytest

from airflow_gov_provider.domain.fairness import (
    ContingencyTable,
    Counts,
    Groups,
    Threshold,
    evaluate,
)
from airflow_gov_provider.domain.fairness.text import as_text
from airflow_gov_provider.domain.fairness.uncertainty import in_words
from airflow_gov_provider.domain.verdicts import Finding, Verdict
from airflow_gov_provider.exceptions import ArgumentInvalid


def table(**groups: Counts) -> ContingencyTable:
    return ContingencyTable(features=("g",), cells={(name,): c for name, c in groups.items()})


def selected(share: float, rows: int) -> Counts:
    positives = round(share * rows)
    return Counts.of_rows(tp=positives, tn=rows - positives)


def judged(data: ContingencyTable, *, reference: str | None = None, **demand: Any) -> Finding:
    groups = Groups(min_size=1, reference={"g": reference} if reference else {})
    report = evaluate(data, subject="s", thresholds=[Threshold(**demand)], groups=groups).report
    return report.findings[-1]


def metric(data: ContingencyTable, *, reference: str | None = None, **demand: Any) -> Any:
    groups = Groups(min_size=1, reference={"g": reference} if reference else {})
    body = evaluate(data, subject="s", thresholds=[Threshold(**demand)], groups=groups).body
    return json.loads(json.dumps(body))["features"][0]["metrics"][0]


PARITY: dict[str, Any] = {"metric": "demographic_parity_difference", "at_most": 0.1}
TEST: dict[str, Any] = {**PARITY, "decide_on": "test"}


def test_a_miss_that_may_be_chance_leaves_the_question_open_when_the_test_decides() -> None:
    data = table(a=selected(0.5, 60), b=selected(0.35, 60))

    assert judged(data, **PARITY).verdict is Verdict.FAILED
    found = judged(data, **TEST)
    assert found.verdict is Verdict.INSUFFICIENT
    assert found.reason is not None
    assert found.reason.startswith("the estimate misses the limit, but that may be chance: p = 0.")
    assert found.reason.endswith("after the correction for 1 comparisons, more than 0.05")


def test_a_miss_that_is_no_chance_fails_and_names_the_pair() -> None:
    found = judged(table(a=selected(0.5, 600), b=selected(0.3, 600)), **TEST)

    assert found.verdict is Verdict.FAILED
    assert found.reason is not None
    assert found.reason.startswith("selection_rate 0.3000 of b (n=600) against 0.5000 of a")


def test_enough_rows_within_the_limit_pass_and_too_few_do_not() -> None:
    assert judged(table(a=selected(0.5, 9000), b=selected(0.48, 9000)), **TEST).verdict is (
        Verdict.PASSED
    )
    assert judged(table(a=selected(0.5, 90), b=selected(0.48, 90)), **TEST).verdict is (
        Verdict.INSUFFICIENT
    )


def test_the_more_groups_were_looked_at_the_more_a_miss_has_to_show() -> None:
    one = selected(0.3, 200)
    few = table(a=selected(0.5, 200), b=one)
    many = table(b=one, **{f"a{i}": selected(0.5, 200) for i in range(30)})

    assert judged(few, **TEST).verdict is Verdict.FAILED
    found = judged(many, **TEST)
    assert found.verdict is Verdict.INSUFFICIENT
    assert "for 465 comparisons" in str(found.reason)
    # With a reference group only the comparisons with it were made.
    assert judged(many, reference="b", **TEST).verdict is Verdict.FAILED


def test_ratios_are_tested_as_well() -> None:
    demand: dict[str, Any] = {"metric": "four_fifths", "decide_on": "test"}

    assert judged(table(a=selected(0.5, 80), b=selected(0.38, 80)), **demand).verdict is (
        Verdict.INSUFFICIENT
    )
    assert judged(table(a=selected(0.5, 800), b=selected(0.3, 800)), **demand).verdict is (
        Verdict.FAILED
    )


@pytest.mark.parametrize(
    "demand",
    [
        {"metric": "accuracy_min", "at_least": 0.5},
        {"metric": "equalized_odds_mean_difference", "at_most": 0.1},
        {"metric": "f1_difference", "at_most": 0.1},
    ],
)
def test_only_gaps_of_rates_can_be_tested(demand: dict[str, Any]) -> None:
    with pytest.raises(ArgumentInvalid, match="only differences and ratios of rates can be tested"):
        Threshold(decide_on="test", **demand)


def test_every_comparison_has_its_p_value_corrected_for_all_of_them() -> None:
    data = table(a=selected(0.5, 200), b=selected(0.4, 200), c=selected(0.49, 200))

    found = metric(data, reference="a", **PARITY)

    assert found["correction"] == {
        "method": "benjamini-hochberg",
        "tests": 2,
        "q": pytest.approx(0.05),
    }
    b, c = found["comparisons"]
    assert b["p_adjusted"] == pytest.approx(2 * b["p_value"])
    assert c["p_adjusted"] == pytest.approx(c["p_value"])


def test_what_the_rows_could_not_have_shown_is_for_the_largest_and_the_smallest_group() -> None:
    data = table(a=selected(0.5, 5000), b=selected(0.5, 5000), tiny=selected(0.5, 40))

    found = metric(data, reference="a", **PARITY)["detectable"]

    assert found["alpha"] == pytest.approx(0.025)
    assert found["power"] == 0.8
    # (z(0.9875) + z(0.8)) * sqrt(2 * 0.25 / 5000) = 0.031
    assert found["best"] == pytest.approx(0.0308, abs=0.0003)
    assert found["worst_group"] == "tiny"
    assert found["worst"] == pytest.approx(0.234, abs=0.01)


def test_three_rows_could_not_have_shown_a_gap_at_all() -> None:
    found = metric(table(a=selected(0.3, 300), b=selected(1 / 3, 3)), reference="a", **PARITY)

    # Not even 0 or 1 in three rows is far enough from 0.3 for a difference below that.
    assert found["detectable"]["worst_group"] == "b"
    ratio = metric(
        table(a=selected(0.3, 300), b=selected(1 / 3, 3)),
        reference="a",
        metric="demographic_parity_ratio",
        at_least=0.8,
    )
    assert ratio["detectable"]["worst"] is None


def test_a_gap_to_all_rows_has_a_resampled_interval_and_says_how_it_was_drawn() -> None:
    data = table(a=selected(0.5, 400), b=selected(0.3, 600), c=selected(0.4, 10))

    found = metric(data, against="overall", **PARITY)

    assert found["interval"] is None
    again = metric(data, against="overall", **PARITY)["resampled"]
    assert again == found["resampled"]
    low, high = again.pop("interval")
    assert low < found["value"] < high
    assert again.pop("error") > 0
    assert again.pop("generator").startswith("numpy 2.")
    assert again == {"method": "uniform", "scheme": "poisson", "replicates": 2000, "seed": 0}


@pytest.mark.parametrize(
    ("name", "limit"),
    [
        ("f1_difference", "at_most"),
        ("f1_ratio", "at_least"),
        ("balanced_accuracy_ratio", "at_least"),
        ("matthews_correlation_difference", "at_most"),
    ],
)
@pytest.mark.parametrize("reference", [None, "b"])
def test_a_gap_of_a_measure_without_a_formula_has_a_resampled_interval(
    name: str, limit: str, reference: str | None
) -> None:
    data = table(
        a=Counts.of_rows(tp=300, fp=40, fn=60, tn=500),
        b=Counts.of_rows(tp=250, fp=90, fn=100, tn=400),
        c=Counts.of_rows(tp=280, fp=60, fn=80, tn=450),
    )

    found = metric(data, reference=reference, metric=name, **{limit: 0.5})

    assert found["interval"] is None
    low, high = found["resampled"]["interval"]
    assert low < found["value"] < high
    assert found["resampled"]["method"] == "uniform"


def test_where_a_formula_gives_the_interval_nothing_is_drawn() -> None:
    found = metric(table(a=selected(0.5, 400), b=selected(0.3, 600)), **PARITY)

    assert found["interval"] is not None
    assert found["resampled"] is None


def test_what_could_not_have_been_shown_is_said_in_words() -> None:
    data = table(a=selected(0.5, 5000), tiny=selected(0.5, 40))

    difference = in_words(metric(data, reference="a", **PARITY))
    ratio = in_words(metric(data, reference="a", metric="demographic_parity_ratio", at_least=0.8))
    nothing = in_words(metric(data, reference="a", metric="f1_difference", at_most=0.1))

    assert difference is not None
    assert difference.startswith("these data could not have shown a difference of selection_rate")
    assert ratio is not None
    assert ratio.startswith("these data could not have shown a ratio of selection_rate above 0.5")
    assert nothing is None


def test_the_log_says_what_could_not_have_been_shown() -> None:
    data = table(a=selected(0.5, 5000), b=selected(0.5, 5000), tiny=selected(0.5, 40))
    assessment = evaluate(
        data,
        subject="s",
        thresholds=[Threshold(**PARITY)],
        groups=Groups(reference={"g": "a"}),
    )

    (line,) = [line for line in as_text(assessment).splitlines() if "could not have" in line]
    assert line.startswith(
        "g demographic_parity_difference: these data could not have shown a difference of "
        "selection_rate below 0.03"
    )
    assert ", for tiny 0.2" in line
