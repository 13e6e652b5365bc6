"""Agreement with the fairlearn and aif360 that are installed, on data that no golden file has."""

from __future__ import annotations

import random
import warnings
from functools import cache
from typing import Any

import pytest

from airflow_gov_provider.domain.fairness import (
    METRICS,
    Cell,
    ContingencyTable,
    Counts,
    Groups,
    Threshold,
    evaluate,
)
from airflow_gov_provider.domain.fairness.counts import summed
from airflow_gov_provider.domain.fairness.population import Population

Row = tuple[str, str, int, int, float]
"""Group, stratum, label, prediction and weight."""

pytestmark = pytest.mark.filterwarnings("ignore")


@cache
def invented() -> list[Row]:
    """Loans of three towns, from a generator with a seed."""
    draw = random.Random(20_261_122)  # noqa: S311 - no secret
    rows: list[Row] = []
    for _ in range(3_000):
        town = draw.choices(["north", "south", "west"], [5, 3, 1])[0]
        age = draw.choice(["young", "old"])
        label = int(draw.random() < {"north": 0.4, "south": 0.25, "west": 0.6}[town])
        right = {"north": 0.9, "south": 0.75, "west": 0.7}[town] - 0.1 * (age == "old")
        prediction = label if draw.random() < right else 1 - label
        rows.append((town, age, label, prediction, draw.randint(1, 8) / 4))
    return rows


@cache
def tumours() -> list[Row]:
    """The breast cancer data of scikit-learn: a rule of thumb by size, groups by texture."""
    datasets = pytest.importorskip("sklearn.datasets")
    data = datasets.load_breast_cancer()
    names = list(data.feature_names)
    radius, texture = (names.index(name) for name in ("mean radius", "mean texture"))
    smooth = names.index("mean smoothness")
    return [
        (
            "fine" if row[texture] < 17 else "coarse" if row[texture] > 21 else "middle",
            "smooth" if row[smooth] < 0.095 else "rough",
            int(label),
            int(row[radius] < 14.5),
            1.0,
        )
        for row, label in zip(data.data, data.target, strict=True)
    ]


DATA = {"invented": invented, "tumours": tumours}


def table(rows: list[Row]) -> Population:
    cells = [
        (
            (group, stratum),
            Counts.of_outcome(
                label=bool(label),
                prediction=bool(prediction),
                cell=Cell(rows=1, weight=weight, squares=weight * weight),
            ),
        )
        for group, stratum, label, prediction, weight in rows
    ]
    return Population(
        counts=ContingencyTable(features=("g", "s"), cells=summed(cells), weighted=True)
    )


def judged(rows: list[Row], name: str, *, reference: str | None = None, **demand: Any) -> Any:
    metric = METRICS[name]
    limit = {metric.gap.side: 1.0 if metric.gap.side == "at_most" else 0.0}
    found = evaluate(
        table(rows),
        subject="s",
        thresholds=[Threshold(metric=name, **limit, **demand)],
        groups=Groups(min_size=1, reference={"g": reference} if reference else {}),
        features=["g"],
    )
    entry = found.body["features"][-1 if metric.whole else 0]
    return entry["metrics"][0]


@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize(
    ("ours", "theirs", "options"),
    [
        ("demographic_parity_difference", "demographic_parity_difference", {}),
        ("demographic_parity_ratio", "demographic_parity_ratio", {}),
        ("equal_opportunity_difference", "equal_opportunity_difference", {}),
        ("equal_opportunity_ratio", "equal_opportunity_ratio", {}),
        ("equalized_odds_difference", "equalized_odds_difference", {}),
        ("equalized_odds_ratio", "equalized_odds_ratio", {}),
        ("equalized_odds_mean_difference", "equalized_odds_difference", {"agg": "mean"}),
        ("equalized_odds_mean_ratio", "equalized_odds_ratio", {"agg": "mean"}),
    ],
)
def test_named_metrics_are_those_of_the_fairlearn_that_is_installed(
    data: str, ours: str, theirs: str, options: dict[str, str]
) -> None:
    fairlearn = pytest.importorskip("fairlearn.metrics")
    rows = DATA[data]()
    group, _, label, prediction, weight = (list(column) for column in zip(*rows, strict=True))

    expected = getattr(fairlearn, theirs)(
        label, prediction, sensitive_features=group, sample_weight=weight, **options
    )

    assert judged(rows, ours)["value"] == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize(
    ("rate", "function"),
    [
        ("selection_rate", "fairlearn.selection_rate"),
        ("false_negative_rate", "fairlearn.false_negative_rate"),
        ("accuracy", "sklearn.accuracy_score"),
        ("error_rate", "sklearn.zero_one_loss"),
        ("f1", "sklearn.f1_score"),
        ("balanced_accuracy", "sklearn.balanced_accuracy_score"),
        ("matthews_correlation", "sklearn.matthews_corrcoef"),
        ("positive_predictive_value", "sklearn.precision_score"),
    ],
)
def test_differences_and_the_worst_group_are_those_of_fairlearns_metric_frame(
    data: str, rate: str, function: str
) -> None:
    fairlearn = pytest.importorskip("fairlearn.metrics")
    sklearn = pytest.importorskip("sklearn.metrics")
    rows = DATA[data]()
    group, stratum, label, prediction, weight = (list(c) for c in zip(*rows, strict=True))
    library, _, name = function.partition(".")
    chosen = getattr({"fairlearn": fairlearn, "sklearn": sklearn}[library], name)
    frame = fairlearn.MetricFrame(
        metrics=chosen,
        y_true=label,
        y_pred=prediction,
        sensitive_features=group,
        sample_params={"sample_weight": weight},
    )

    assert judged(rows, f"{rate}_difference")["value"] == pytest.approx(frame.difference())
    assert judged(rows, f"{rate}_min")["value"] == pytest.approx(frame.group_min())
    assert judged(rows, f"{rate}_max")["value"] == pytest.approx(frame.group_max())
    if rate != "matthews_correlation":
        assert judged(rows, f"{rate}_ratio")["value"] == pytest.approx(frame.ratio())

    within = fairlearn.MetricFrame(
        metrics=chosen,
        y_true=label,
        y_pred=prediction,
        sensitive_features=group,
        control_features=stratum,
        sample_params={"sample_weight": weight},
    )
    parts = judged(rows, f"{rate}_difference", given=("s",))["parts"]
    assert {part["part"].removeprefix("s="): part["value"] for part in parts} == {
        name: pytest.approx(gap) for name, gap in within.difference().items()
    }


def aif360_metric(rows: list[Row], privileged: str) -> Any:
    datasets = pytest.importorskip("aif360.datasets")
    metrics = pytest.importorskip("aif360.metrics")
    import numpy as np
    import pandas as pd

    def dataset(place: int) -> Any:
        frame = pd.DataFrame(
            {
                "g": [float(row[0] == privileged) for row in rows],
                "y": [float(row[place]) for row in rows],
                "w": [row[4] for row in rows],
            }
        )
        return datasets.BinaryLabelDataset(
            df=frame,
            label_names=["y"],
            protected_attribute_names=["g"],
            instance_weights_name="w",
        )

    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return metrics.ClassificationMetric(
            dataset(2),
            dataset(3),
            unprivileged_groups=[{"g": 0.0}],
            privileged_groups=[{"g": 1.0}],
        )


def two_groups(rows: list[Row], privileged: str) -> list[Row]:
    return [(g if g == privileged else "rest", *others) for g, *others in rows]  # type: ignore[misc]


@pytest.mark.parametrize(("data", "privileged"), [("invented", "north"), ("tumours", "middle")])
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("demographic_parity_difference", "statistical_parity_difference"),
        ("demographic_parity_ratio", "disparate_impact"),
        ("equal_opportunity_difference", "equal_opportunity_difference"),
        ("average_odds_difference", "average_odds_difference"),
        ("average_predictive_value_difference", "average_predictive_value_difference"),
        ("false_discovery_rate_difference", "false_discovery_rate_difference"),
        ("false_omission_rate_ratio", "false_omission_rate_ratio"),
        ("false_negative_rate_ratio", "false_negative_rate_ratio"),
        ("error_rate_difference", "error_rate_difference"),
        ("error_rate_ratio", "error_rate_ratio"),
    ],
)
def test_signed_comparisons_are_those_of_the_aif360_that_is_installed(
    data: str, privileged: str, ours: str, theirs: str
) -> None:
    rows = DATA[data]()
    expected = getattr(aif360_metric(rows, privileged), theirs)()

    (pair,) = judged(two_groups(rows, privileged), ours, reference=privileged)["comparisons"]

    assert (pair["group"], pair["against"]) == ("rest", privileged)
    assert pair["signed"] == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(("data", "privileged"), [("tumours", "middle"), ("tumours", "fine")])
@pytest.mark.parametrize(
    "metric",
    [
        "generalized_entropy_index",
        "theil_index",
        "coefficient_of_variation",
        "between_group_generalized_entropy_index",
        "between_group_theil_index",
        "between_group_coefficient_of_variation",
        "differential_fairness_bias_amplification",
    ],
)
def test_inequality_is_that_of_the_aif360_that_is_installed(
    data: str, privileged: str, metric: str
) -> None:
    """On rows that weigh one each: aif360 leaves weights out here."""
    rows = DATA[data]()
    expected = getattr(aif360_metric(rows, privileged), metric)()

    assert judged(two_groups(rows, privileged), metric)["value"] == pytest.approx(
        expected, abs=1e-9
    )
