"""Agreement to 1e-9 with fairlearn, aif360, holisticai and smclarify on real census data.

The golden file holds what those libraries answered; the counts here are taken from the same rows
with nothing but the csv module.
"""

from __future__ import annotations

import csv
import json
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from airflow_gov_provider.domain.fairness import (
    Cell,
    ContingencyTable,
    Counts,
    Groups,
    Threshold,
    evaluate,
)
from airflow_gov_provider.domain.fairness.counts import summed
from airflow_gov_provider.domain.fairness.intervals import (
    katz_log,
    newcombe,
    two_proportion_p_value,
    wilson,
)
from airflow_gov_provider.domain.fairness.metrics import METRICS, Gap
from airflow_gov_provider.domain.fairness.rates import rate, rates_of

GOLDEN_DIRECTORY = Path(__file__).parents[2] / "golden"
GOLDEN = json.loads((GOLDEN_DIRECTORY / "golden_fairness.json").read_text())
FEATURES = ("sex", "race", "age_band")
SHORT_NAMES = {
    "base_rate": "base_rate",
    "selection_rate": "selection_rate",
    "tpr": "true_positive_rate",
    "fpr": "false_positive_rate",
    "tnr": "true_negative_rate",
    "fnr": "false_negative_rate",
    "ppv": "positive_predictive_value",
    "npv": "negative_predictive_value",
    "accuracy": "accuracy",
}
EVERY_GROUP = Groups(min_size=1)


def close(expected: float) -> Any:
    return pytest.approx(expected, abs=1e-9)


def table(*, weighted: bool = False) -> ContingencyTable:
    with (GOLDEN_DIRECTORY / "golden_fairness_adult.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    cells = []
    for row in rows:
        weight = float(row["sample_weight"]) if weighted else 1.0
        counts = Counts.of_outcome(
            label=row["y_true"] == "1",
            prediction=row["y_pred"] == "1",
            cell=Cell(rows=1, weight=weight, squares=weight * weight),
        )
        cells.append((tuple(row[feature] for feature in FEATURES), counts))
    return ContingencyTable(features=FEATURES, cells=summed(cells), weighted=weighted)


ADULT = table()
WEIGHTED = table(weighted=True)


def value(metric: str, feature: str, *, of: ContingencyTable = ADULT, **demand: Any) -> float:
    """The metric over all groups, whatever their size."""
    limit = {"at_most": 1.0} if METRICS[metric].gap is Gap.DIFFERENCE else {"at_least": 0.0}
    threshold = Threshold(metric=metric, **limit, **demand)
    crossing = [feature.split(" & ")] if " & " in feature else []
    assessment = evaluate(
        of, subject="adult", thresholds=[threshold], groups=EVERY_GROUP, intersections=crossing
    )
    found = next(f for f in assessment.report.findings if f.check == f"{feature}:{metric}")
    assert isinstance(found.observed, float), found.reason
    return found.observed


@pytest.mark.parametrize("feature", FEATURES)
def test_counts_and_rates_of_every_group_are_fairlearns(feature: str) -> None:
    golden = GOLDEN["fairlearn"][feature]
    found = ADULT.by(feature)

    assert {key[0] for key in found} == set(golden["by_group"])
    for (group,), counts in found.items():
        assert counts.rows == golden["by_group"][group]["count"]
        for short, name in SHORT_NAMES.items():
            assert rate(name, counts).value == close(golden["by_group"][group][short]), (
                group,
                name,
            )


def test_overall_rates_are_fairlearns() -> None:
    for short, name in SHORT_NAMES.items():
        expected = GOLDEN["fairlearn"]["sex"]["overall"][short]
        assert rate(name, ADULT.overall).value == close(expected), name


@pytest.mark.parametrize(
    ("feature", "short", "gap"), [*product(FEATURES, SHORT_NAMES, ("difference", "ratio"))]
)
def test_gaps_between_groups_and_to_all_rows_are_fairlearns(
    feature: str, short: str, gap: str
) -> None:
    golden = GOLDEN["fairlearn"][feature]
    metric = f"{SHORT_NAMES[short]}_{gap}"

    assert value(metric, feature) == close(golden[f"{gap}_between_groups"][short])
    assert value(metric, feature, against="overall") == close(golden[f"{gap}_to_overall"][short])


@pytest.mark.parametrize(
    ("feature", "metric"),
    [
        *product(
            FEATURES,
            (
                "demographic_parity_difference",
                "demographic_parity_ratio",
                "equalized_odds_difference",
                "equalized_odds_ratio",
                "equal_opportunity_difference",
                "equal_opportunity_ratio",
                "predictive_parity_difference",
            ),
        )
    ],
)
def test_named_metrics_are_fairlearns(feature: str, metric: str) -> None:
    assert value(metric, feature) == close(GOLDEN["fairlearn"][feature][metric])


@pytest.mark.parametrize(
    ("feature", "metric"),
    [*product(FEATURES, ("demographic_parity_difference", "equalized_odds_difference"))],
)
def test_weighted_metrics_are_fairlearns(feature: str, metric: str) -> None:
    expected = GOLDEN["fairlearn"][feature]["weighted"][metric]

    assert value(metric, feature, of=WEIGHTED) == close(expected)


def test_crossed_features_are_fairlearns() -> None:
    golden = GOLDEN["fairlearn"]["sex*race"]
    found = ADULT.by("sex", "race")

    assert {"|".join(map(str, key)) for key in found} == set(golden["by_group"])
    for (sex, race), counts in found.items():
        expected = golden["by_group"][f"{sex}|{race}"]
        assert counts.rows == expected["count"]
        for short in ("selection_rate", "tpr", "fpr"):
            assert rate(SHORT_NAMES[short], counts).value == close(expected[short])
    for metric in ("demographic_parity_difference", "equalized_odds_difference"):
        assert value(metric, "sex & race") == close(golden[metric])


def test_gaps_within_each_age_band_follow_from_the_same_cells() -> None:
    golden = GOLDEN["fairlearn"]["sex | age_band"]
    crossed = ADULT.by("sex", "age_band")

    for band, difference in golden["selection_rate_difference"].items():
        women, men = (
            rate("selection_rate", crossed[(sex, band)]).value for sex in ("Female", "Male")
        )
        assert men - women == close(difference)
        assert women / men == close(golden["selection_rate_ratio"][band])


@pytest.mark.parametrize("feature", FEATURES)
def test_four_fifths_compares_every_group_with_the_one_selected_most(feature: str) -> None:
    golden = GOLDEN["fairlearn"][feature]["four_fifths"]
    assessment = evaluate(
        ADULT,
        subject="adult",
        thresholds=[Threshold(metric="four_fifths")],
        groups=Groups(min_size=1, reference={feature: "no such group"}),
    )
    metric = next(f for f in assessment.body["features"] if f["feature"] == feature)["metrics"][0]

    assert metric["verdict"] == ("PASSED" if golden["pass"] else "FAILED")
    assert {pair["against"] for pair in metric["comparisons"]} == {golden["reference_group"]}
    ratios = {pair["group"]: pair["value"] for pair in metric["comparisons"]}
    expected = {g: r for g, r in golden["impact_ratio"].items() if g != golden["reference_group"]}
    assert ratios == {group: close(ratio) for group, ratio in expected.items()}


def signed(metric: str, gap: Gap) -> float:
    """Female against Male, with its sign: aif360's "unprivileged - privileged"."""
    limit = {"at_most": 1.0} if gap is Gap.DIFFERENCE else {"at_least": 0.0}
    assessment = evaluate(
        ADULT,
        subject="adult",
        thresholds=[Threshold(metric=f"{metric}_{gap}", features=("sex",), **limit)],
        groups=Groups(reference={"sex": "Male"}),
    )
    (pair,) = assessment.body["features"][0]["metrics"][0]["comparisons"]
    assert (pair["group"], pair["against"]) == ("Female", "Male")
    return float(pair["signed"])


def test_signed_comparisons_with_a_reference_group_are_aif360s() -> None:
    golden = GOLDEN["aif360"]["sex"]
    difference, ratio = Gap.DIFFERENCE, Gap.RATIO

    assert signed("selection_rate", difference) == close(golden["statistical_parity_difference"])
    assert signed("selection_rate", ratio) == close(golden["disparate_impact"])
    assert signed("base_rate", difference) == close(
        golden["dataset"]["statistical_parity_difference"]
    )
    assert signed("base_rate", ratio) == close(golden["dataset"]["disparate_impact"])
    for name in ("true_positive_rate", "false_positive_rate", "false_negative_rate"):
        assert signed(name, difference) == close(golden[f"{name}_difference"])
    for name in ("false_positive_rate", "false_negative_rate"):
        assert signed(name, ratio) == close(golden[f"{name}_ratio"])
    # Discovery and omission rates are the complements of the predictive values, and the error rate
    # of the accuracy, so their differences have the other sign.
    assert -signed("positive_predictive_value", difference) == close(
        golden["false_discovery_rate_difference"]
    )
    assert -signed("negative_predictive_value", difference) == close(
        golden["false_omission_rate_difference"]
    )
    assert -signed("accuracy", difference) == close(golden["error_rate_difference"])
    assert value("equalized_odds_difference", "sex") == close(golden["equalized_odds_difference"])


def test_ratios_of_error_rates_follow_from_the_rates_as_aif360_has_them() -> None:
    golden = GOLDEN["aif360"]["sex"]
    women, men = (rates_of(ADULT.by("sex")[(sex,)]) for sex in ("Female", "Male"))

    for ours, theirs in (
        ("positive_predictive_value", "false_discovery_rate_ratio"),
        ("negative_predictive_value", "false_omission_rate_ratio"),
        ("accuracy", "error_rate_ratio"),
    ):
        assert (1 - women[ours].value) / (1 - men[ours].value) == close(golden[theirs])


def test_two_sided_comparisons_by_race_are_aif360s_once_the_groups_are_joined() -> None:
    """aif360 compares White with everybody else together; adding counts does the same."""
    golden = GOLDEN["aif360"]["race"]
    groups = ADULT.by("race")
    others = sum((c for key, c in groups.items() if key != ("White",)), start=Counts())
    two = {"White": rates_of(groups[("White",)]), "others": rates_of(others)}

    for name, expected in (
        ("selection_rate", "statistical_parity_difference"),
        ("true_positive_rate", "equal_opportunity_difference"),
        ("false_positive_rate", "false_positive_rate_difference"),
    ):
        assert two["others"][name].value - two["White"][name].value == close(golden[expected])


def test_signed_comparisons_are_holisticais() -> None:
    golden = GOLDEN["holisticai"]["sex"]

    assert signed("selection_rate", Gap.DIFFERENCE) == close(golden["statistical_parity"])
    assert signed("selection_rate", Gap.RATIO) == close(golden["disparate_impact"])
    assert value("four_fifths", "sex") == close(golden["four_fifths"])
    for name, expected in (
        ("true_positive_rate", "equal_opportunity_diff"),
        ("false_positive_rate", "false_positive_rate_diff"),
        ("false_negative_rate", "false_negative_rate_diff"),
        ("true_negative_rate", "true_negative_rate_diff"),
        ("accuracy", "accuracy_diff"),
    ):
        assert signed(name, Gap.DIFFERENCE) == close(golden[expected])


def test_differences_of_facets_are_smclarifys_with_its_signs() -> None:
    """Clarify subtracts disadvantaged from advantaged, except for SD and DRR, which turn round."""
    golden = GOLDEN["smclarify"]["sex"]
    difference = Gap.DIFFERENCE

    assert -signed("base_rate", difference) == close(golden["DPL"])
    assert -signed("selection_rate", difference) == close(golden["DPPL"])
    assert signed("selection_rate", Gap.RATIO) == close(golden["DI"])
    assert -signed("true_positive_rate", difference) == close(golden["RD"])
    assert signed("true_negative_rate", difference) == close(golden["SD"])
    assert -signed("positive_predictive_value", difference) == close(golden["DAR"])
    assert signed("negative_predictive_value", difference) == close(golden["DRR"])
    assert -signed("accuracy", difference) == close(golden["AD"])


def test_closed_form_intervals_and_the_test_of_equal_rates_agree() -> None:
    golden = GOLDEN["closed_form"]["sex_inference"]
    groups = ADULT.by("sex")
    women, men = (rate("selection_rate", groups[(sex,)]) for sex in ("Female", "Male"))
    both = (women.value, women.trials, men.value, men.trials)

    assert wilson(women.value, women.trials, 0.95) == close(golden["wilson95"]["Female"])
    assert wilson(men.value, men.trials, 0.95) == close(golden["wilson95"]["Male"])
    assert newcombe(*both, 0.95) == close(golden["newcombe95_diff_female_minus_male"])
    assert katz_log(*both, 0.95) == close(golden["katz_log95_ratio"])
    assert two_proportion_p_value(*both) == pytest.approx(golden["two_prop_p_two_sided"], rel=1e-9)


@pytest.mark.parametrize("feature", FEATURES)
def test_confusion_counts_are_the_golden_ones(feature: str) -> None:
    found = {
        key[0]: {
            "n": c.rows,
            "tp": c.tp.rows,
            "fp": c.fp.rows,
            "fn": c.fn.rows,
            "tn": c.tn.rows,
        }
        for key, c in ADULT.by(feature).items()
    }

    assert found == GOLDEN["closed_form"]["confusion"][feature]


# Where the definition differs on purpose: fairlearn answers with a number, and we say that there is
# none.

EDGES = GOLDEN["edge_cases_fairlearn"]


def edge(name: str) -> ContingencyTable:
    case = EDGES[name]
    rows = zip(case["group"], case["y_true"], case["y_pred"], strict=True)
    cells = [
        (
            (None if group == "NaN" else group,),
            Counts.of_outcome(label=bool(y), prediction=bool(p), cell=Cell.of_rows(1)),
        )
        for group, y, p in rows
    ]
    return ContingencyTable(features=("group",), cells=summed(cells))


def edge_finding(name: str, metric: str) -> Any:
    limit = {"at_most": 1.0} if METRICS[metric].gap is Gap.DIFFERENCE else {"at_least": 0.0}
    assessment = evaluate(
        edge(name),
        subject=name,
        thresholds=[Threshold(metric=metric, **limit)],
        groups=EVERY_GROUP,
    )
    return next(f for f in assessment.report.findings if f.kind == metric)


def test_a_group_without_positives_has_no_true_positive_rate_where_fairlearn_says_zero() -> None:
    assert EDGES["group_without_positives"]["equal_opportunity_difference"] == 1.0

    found = edge_finding("group_without_positives", "equal_opportunity_difference")

    assert rate("true_positive_rate", edge("group_without_positives").by("group")[("b",)]) is None
    assert found.verdict == "INSUFFICIENT"
    assert found.observed is None
    assert "b cannot be compared: no rows with a positive label" in found.reason


def test_a_group_without_negatives_has_no_false_positive_rate_where_fairlearn_says_zero() -> None:
    assert EDGES["group_without_negatives"]["by_group"]["b"]["fpr"] == 0.0

    found = edge_finding("group_without_negatives", "equalized_odds_difference")

    assert found.verdict == "INSUFFICIENT"
    assert "no rows with a negative label" in found.reason
    # The half that can be answered is.
    assert found.observed == close(EDGES["group_without_negatives"]["equal_opportunity_difference"])


def test_zero_by_zero_is_no_ratio_and_nobody_selected_is_no_difference() -> None:
    assert EDGES["all_predicted_negative"]["demographic_parity_ratio"] is None

    assert edge_finding("all_predicted_negative", "demographic_parity_ratio").verdict == (
        "INSUFFICIENT"
    )
    assert edge_finding("all_predicted_negative", "four_fifths").observed is None
    same = edge_finding("all_predicted_negative", "demographic_parity_difference")
    assert same.observed == EDGES["all_predicted_negative"]["demographic_parity_difference"]
    # fairlearn's predictive value of a group without positive predictions is 0.
    assert EDGES["all_predicted_negative"]["by_group"]["a"]["ppv"] == 0.0
    assert edge_finding("all_predicted_negative", "predictive_parity_difference").observed is None


def test_a_single_group_is_compared_with_nothing_where_fairlearn_says_parity() -> None:
    assert EDGES["single_group"]["demographic_parity_ratio"] == 1.0

    found = edge_finding("single_group", "demographic_parity_ratio")

    assert found.verdict == "INSUFFICIENT"
    assert "a is the only group left" in found.reason


def test_a_group_of_one_is_compared_only_if_the_author_wants_it() -> None:
    thresholds = [Threshold(metric="demographic_parity_difference", at_most=1.0)]

    asked = evaluate(
        edge("group_of_one"), subject="s", thresholds=thresholds, groups=EVERY_GROUP
    ).report.findings[-1]
    usual = evaluate(edge("group_of_one"), subject="s", thresholds=thresholds).report.findings[-1]

    assert asked.observed == close(EDGES["group_of_one"]["demographic_parity_difference"])
    assert (usual.verdict, usual.observed) == ("INSUFFICIENT", None)


@pytest.mark.parametrize("name", ["missing_group_none", "missing_group_nan"])
def test_missing_group_values_are_a_slice_where_fairlearn_raises(name: str) -> None:
    assert EDGES[name]["demographic_parity_difference"].startswith("RAISES")

    found = edge_finding(name, "demographic_parity_difference")

    assert found.observed == close(0.5)
    assert found.details["worst_pair"]["against"] == "(missing)"
