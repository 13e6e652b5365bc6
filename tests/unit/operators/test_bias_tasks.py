"""BiasCheck on scores, several classes and numbers, and within strata; real files, real database."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException
from fakes.task_instances import TaskInstance

from airflow_gov_provider.domain.evidence import Evidence
from airflow_gov_provider.exceptions import ArgumentInvalid
from airflow_gov_provider.hooks.governance import recorded_in_run
from airflow_gov_provider.operators.bias import BiasCheck

ADULT = Path(__file__).parents[2] / "golden" / "golden_fairness_adult.csv"
CONTEXT: Any = {
    "ti": TaskInstance(
        dag_id="income", run_id="run-1", task_id="check_bias", map_index=-1, try_number=1
    )
}


def scored(**arguments: Any) -> BiasCheck:
    defaults: dict[str, Any] = {
        "task_id": "check_bias",
        "predictions": ADULT,
        "label": "y_true",
        "positive_label": 1,
        "score": "y_score",
        "threshold": 0.5,
        "sensitive_features": ["sex"],
        "on_fail": "review",
    }
    return BiasCheck(**{**defaults, **arguments})


def judged(operator: BiasCheck) -> Evidence:
    operator.execute(CONTEXT)
    return recorded_in_run("income", "run-1")[-1]


def finding(evidence: Evidence, check: str) -> dict[str, Any]:
    return next(f for f in evidence.body["findings"] if f["check"] == check)


def test_metrics_of_scores_are_judged_and_the_curves_are_kept(sqlite_store: str) -> None:
    evidence = judged(
        scored(
            score_bins="exact",
            thresholds={
                "roc_auc_min": 0.8,
                "ece_max": 0.05,
                "brier_difference": 0.01,
                "score_ks": 0.1,
            },
        )
    )

    assert finding(evidence, "sex:auc_min")["verdict"] == "PASSED"
    assert finding(evidence, "sex:auc_min")["observed"] == pytest.approx(0.8503698198, abs=1e-9)
    assert finding(evidence, "sex:expected_calibration_error_max")["verdict"] == "PASSED"
    assert finding(evidence, "sex:brier_difference")["verdict"] == "FAILED"
    assert finding(evidence, "sex:score_ks")["verdict"] == "FAILED"
    women = evidence.body["features"][0]["groups"][0]
    assert women["measures"]["auc"]["value"] == pytest.approx(0.9149072458069512, abs=1e-9)
    assert women["measures"]["auc"]["error"] == 0
    assert [point["threshold"] for point in women["sweep"]] == [k / 10 for k in range(1, 10)]
    middle = women["sweep"][4]
    assert middle["true_positive_rate"] == women["rates"]["true_positive_rate"]
    assert sum(one["n"] for one in women["reliability"]) == women["n"]


def test_bins_too_coarse_to_tell_leave_the_question_open(sqlite_store: str) -> None:
    demand = {"auc_min": 0.8504}

    coarse = judged(scored(score_bins=10, thresholds=demand))
    exact = judged(scored(score_bins="exact", thresholds=demand))

    assert finding(coarse, "sex:auc_min")["verdict"] == "INSUFFICIENT"
    assert "take more score_bins" in finding(coarse, "sex:auc_min")["reason"]
    assert finding(exact, "sex:auc_min")["verdict"] == "FAILED"


def test_scores_are_not_counted_where_nothing_asks_for_them(sqlite_store: str) -> None:
    evidence = judged(scored(thresholds={"four_fifths": 0.1}))

    women = evidence.body["features"][0]["groups"][0]
    assert "sweep" not in women
    assert set(women["measures"]) == {"f1", "balanced_accuracy", "matthews_correlation"}


def test_parity_is_demanded_of_people_who_are_alike_in_the_control_features(
    sqlite_store: str,
) -> None:
    evidence = judged(
        scored(
            control_features=["age_band"],
            thresholds={
                "demographic_parity_difference": 0.2,
                "CDDPL": 0.1,
                "equal_opportunity_difference": {"at_most": 1.0, "given": []},
                "accuracy_difference": {"at_most": 0.2, "across": "average"},
            },
        )
    )

    assert [f["feature"] for f in evidence.body["features"]] == ["sex"]
    parity, disparity, opportunity, accuracy = evidence.body["features"][0]["metrics"]
    assert parity["value"] == pytest.approx(0.3179160419790105, abs=1e-9)
    assert parity["reason"].startswith("age_band=>65: ")
    assert {part["part"] for part in parity["parts"]} == {
        "age_band=<=25",
        "age_band=26-45",
        "age_band=46-65",
        "age_band=>65",
    }
    assert parity["expected"] == "<= 0.2 for each age_band"
    assert disparity["value"] == pytest.approx(0.27472051023503474, abs=1e-9)
    assert opportunity["parts"] == []
    assert 0 < accuracy["value"] < max(part["value"] for part in accuracy["parts"])


def test_a_stratum_with_too_few_of_a_group_leaves_the_question_open_or_is_left_out(
    sqlite_store: str,
) -> None:
    demand: dict[str, Any] = {
        "sensitive_features": ["race"],
        "control_features": ["age_band"],
        "thresholds": {"demographic_parity_difference": 1.0},
        "min_group_size": 100,
    }

    strict = judged(scored(**demand))
    lenient = judged(scored(**demand, small_groups="ignore"))

    check = "race:demographic_parity_difference"
    assert finding(strict, check)["verdict"] == "INSUFFICIENT"
    assert "age_band=" in finding(strict, check)["reason"]
    assert finding(lenient, check)["verdict"] == "PASSED"


def classes(tmp_path: Path) -> Path:
    """The model says high for women where it is low, now and then."""
    path = tmp_path / "classes.csv"
    lines = ["sex,truth,said"]
    for i in range(600):
        sex, truth = "FM"[i % 2], ("low", "mid", "high")[i % 3]
        said = "high" if sex == "F" and truth == "low" and i % 5 == 0 else truth
        lines.append(f"{sex},{truth},{said}")
    path.write_text("\n".join(lines))
    return path


def test_every_class_is_judged_against_the_rest(sqlite_store: str, tmp_path: Path) -> None:
    evidence = judged(
        scored(
            predictions=classes(tmp_path),
            task="multiclass",
            label="truth",
            positive_label=(),
            score=None,
            threshold=None,
            prediction="said",
            thresholds={
                "equal_opportunity_difference": 0.1,
                "accuracy_difference": 0.1,
                "macro_recall_min": 0.9,
                "demographic_parity_difference": {"at_most": 0.05, "across": "average"},
            },
        )
    )

    opportunity, accuracy, recall, parity = evidence.body["features"][0]["metrics"]
    assert evidence.body["classes"] == ["high", "low", "mid"]
    assert opportunity["value"] == pytest.approx(0.2)
    assert opportunity["reason"].startswith("class low: true_positive_rate 0.8")
    assert {part["part"] for part in opportunity["parts"]} == {
        "class high",
        "class low",
        "class mid",
    }
    assert accuracy["value"] == pytest.approx(0.2 / 3)
    assert accuracy["parts"] == []
    assert recall["value"] == pytest.approx(2.8 / 3)
    assert parity["value"] == pytest.approx((0.2 / 3 + 0.2 / 3 + 0) / 3)
    women = evidence.body["features"][0]["groups"][0]
    assert set(women["rates"]) == {"accuracy", "error_rate"}
    assert women["counts"] == {"right": 280, "wrong": 20}


def test_errors_of_numbers_are_compared_in_the_units_of_the_data(
    sqlite_store: str, tmp_path: Path
) -> None:
    path = tmp_path / "pay.csv"
    lines = ["sex,pay,said"]
    lines += [
        f"{'FM'[i % 2]},{1000 + i},{1000 + i - (50 if i % 2 == 0 else 0) + i % 7}"
        for i in range(400)
    ]
    path.write_text("\n".join(lines))

    evidence = judged(
        scored(
            predictions=path,
            task="regression",
            label="pay",
            positive_label=(),
            score=None,
            threshold=None,
            prediction="said",
            thresholds={
                "mean_error_difference": {"at_most": 40, "decide_on": "interval"},
                "mae_max": 100,
                "median_error_difference": 60,
                "rmse_ratio": 0.5,
            },
        )
    )

    error, absolute, median, squared = evidence.body["features"][0]["metrics"]
    assert error["verdict"] == "FAILED"
    assert error["unit"] == "value"
    assert error["value"] == pytest.approx(50, abs=0.2)
    low, high = error["interval"]
    assert low < 50 < high
    assert error["comparisons"][0]["p_value"] < 1e-9
    assert absolute["verdict"] == "PASSED"
    assert median["value"] == pytest.approx(50, abs=1)
    assert squared["verdict"] == "FAILED"
    assert evidence.body["features"][0]["groups"][0]["rates"] == {}


def test_inequality_is_judged_once_over_everybody(sqlite_store: str) -> None:
    evidence = judged(
        scored(
            sensitive_features=["sex", "race"],
            thresholds={"theil_index": 0.1, "between_group_theil_index": 0.1},
        )
    )

    assert [f["feature"] for f in evidence.body["features"]] == ["sex", "race", "(overall)"]
    assert finding(evidence, "(overall):theil_index")["observed"] == pytest.approx(
        0.14628587760125086, abs=1e-9
    )
    assert finding(evidence, "sex:between_group_theil_index")["verdict"] == "PASSED"


@pytest.mark.parametrize(
    ("arguments", "heard"),
    [
        ({"task": "ranking"}, "task is one of 'binary', 'multiclass', 'regression'"),
        ({"task": "multiclass"}, "positive_label, score, threshold belong to task='binary'"),
        ({"thresholds": {"mae_max": 1}}, "mean_absolute_error_max: is of predicted numbers"),
        ({"thresholds": {"macro_f1_min": 1}}, "macro_f1_min: needs task='multiclass'"),
        ({"score_bins": 3}, "score_bins is a whole number from 10 to 100000 or 'exact', found 3"),
        ({"control_features": "age_band"}, "control_features is a list of columns"),
        ({"control_features": ["sex"]}, "a feature is either compared or held"),
        ({"thresholds": {"CDDL": 0.1}}, "clarify_cddl: is over strata"),
        (
            {
                "score": None,
                "threshold": None,
                "prediction": "y_pred",
                "thresholds": {"auc_min": 1},
            },
            "auc_min: is of scores, and needs score=",
        ),
        (
            {
                "task": "regression",
                "positive_label": (),
                "score": None,
                "threshold": None,
                "prediction": "y_pred",
                "thresholds": {"four_fifths": 0.8},
            },
            "four_fifths: is of classes, found task='regression'",
        ),
    ],
)
def test_a_demand_that_does_not_fit_the_task_is_named(
    arguments: dict[str, Any], heard: str
) -> None:
    with pytest.raises(ArgumentInvalid, match=re.escape(heard)):
        scored(**{"thresholds": {"four_fifths": 0.8}, **arguments})


def test_scores_outside_of_0_to_1_fail_at_once(sqlite_store: str, tmp_path: Path) -> None:
    path = tmp_path / "logits.csv"
    path.write_text("sex,y_true,y_score\nF,1,3.5\nM,0,-1\nM,1,0.5\n")

    with pytest.raises(AirflowFailException, match="probabilities from 0 to 1"):
        scored(predictions=path, thresholds={"auc_min": 0.5}).execute(CONTEXT)


def test_without_numpy_scores_are_refused_before_a_run_rather_than_during_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("airflow_gov_provider.operators.bias_tasks.find_spec", lambda _: None)

    with pytest.raises(ArgumentInvalid, match="metrics of scores need numpy; install"):
        scored(thresholds={"auc_min": 0.5})
    with pytest.raises(ArgumentInvalid, match="metrics of scores need numpy; install"):
        scored(thresholds={"four_fifths": 0.8}, score_bins=100)
    scored(thresholds={"four_fifths": 0.8})


def test_scores_are_decided_on_their_intervals(sqlite_store: str) -> None:
    evidence = judged(
        scored(
            thresholds={
                "roc_auc_difference": {"at_most": 0.05, "decide_on": "interval"},
                "brier_max": {"at_most": 0.2, "decide_on": "interval"},
                "ece_difference": {"at_most": 0.0001, "decide_on": "interval"},
            }
        )
    )

    found = {f["kind"]: f for f in evidence.body["findings"]}
    for name in ("auc_difference", "brier_max"):
        low, high = found[name]["details"]["interval"]
        assert low <= found[name]["observed"] <= high
        assert found[name]["details"]["bound"]["value"] >= found[name]["observed"]
    assert found["brier_max"]["verdict"] == "PASSED"
    assert found["expected_calibration_error_difference"]["verdict"] in ("FAILED", "INSUFFICIENT")


def test_replicates_and_seed_are_in_the_evidence_and_draw_the_same_again(sqlite_store: str) -> None:
    def drawn(**arguments: Any) -> dict[str, Any]:
        demand = {"theil_index": {"at_most": 0.5, "decide_on": "interval"}}
        evidence = judged(scored(thresholds=demand, **arguments))
        resampled: dict[str, Any] = finding(evidence, "(overall):theil_index")["details"][
            "resampled"
        ]
        return resampled

    first, again, other = (drawn(replicates=300, seed=seed) for seed in (9, 9, 10))

    assert (first["replicates"], first["seed"], first["scheme"]) == (300, 9, "poisson")
    assert first == again
    assert first["interval"] != other["interval"]
    assert drawn()["replicates"] == 2000


@pytest.mark.parametrize(
    ("arguments", "heard"),
    [
        ({"replicates": 10}, "replicates is a whole number from 100 to 100000, found 10"),
        ({"seed": True}, "seed is a whole number from 0 to 4294967295, found True"),
        (
            {"replicates": 150},
            "theil_index: the ends of 0.95 intervals take at least 200 replicates, found 150",
        ),
    ],
)
def test_a_mistake_in_the_resampling_is_named(arguments: dict[str, Any], heard: str) -> None:
    with pytest.raises(ArgumentInvalid, match=re.escape(heard)):
        scored(thresholds={"theil": {"at_most": 0.5, "decide_on": "interval"}}, **arguments)


def test_a_search_goes_through_the_errors_of_predicted_numbers(sqlite_store: str) -> None:
    evidence = judged(
        scored(
            task="regression",
            positive_label=(),
            prediction="y_score",
            score=None,
            threshold=None,
            thresholds={"mae_difference": 0.5},
            search={"features": ["sex", "race"], "at_most": 0.2, "rates": ["mean_absolute_error"]},
        )
    )

    search = evidence.body["search"]
    assert search["terms"]["task"] == "regression"
    assert {one["rate"] for one in search["worst"]} == {"mean_absolute_error"}
    assert all(one["value"] > one["rest"] for one in search["worst"])


def test_a_search_goes_through_the_mistakes_about_one_of_several_classes(
    sqlite_store: str,
) -> None:
    evidence = judged(
        scored(
            task="multiclass",
            positive_label=(),
            prediction="y_pred",
            score=None,
            threshold=None,
            thresholds={"macro_f1_min": 0.1},
            search={"features": ["sex", "race"], "positive_class": 1},
        )
    )

    assert evidence.body["search"]["terms"]["positive_class"] == 1
    worst = finding(evidence, "worst_slice")
    assert worst["expected"].endswith("more than 0.1 for class 1")
