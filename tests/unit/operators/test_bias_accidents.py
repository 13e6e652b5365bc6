"""Data and arguments by which everything would look equal are refused, not passed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest
from fakes.task_instances import TaskInstance

from airflow_gov_provider.domain.fairness.slice_terms import SliceSearch
from airflow_gov_provider.exceptions import ArgumentInvalid, SourceInvalid
from airflow_gov_provider.hooks.governance import recorded_in_run
from airflow_gov_provider.operators.bias import BiasCheck
from airflow_gov_provider.operators.bias_search import look
from airflow_gov_provider.profiling.fairness.contingency_spec import ContingencySpec, Task
from airflow_gov_provider.profiling.fairness.populating import populate_files
from airflow_gov_provider.profiling.places import look as places

SCORED = ContingencySpec(
    features=("g",), label="y", positive=(1,), score="s", threshold=0.5, weight="w", score_bins=100
)
CLASSES = ContingencySpec(
    features=("g",), label="y", positive=(), prediction="p", task=Task.MULTICLASS
)


def written(folder: Path, columns: str) -> str:
    path = folder / "rows.parquet"
    with duckdb.connect() as database:
        database.execute(
            f"COPY (SELECT 'g' || i % 2 AS g, {columns} FROM range(400) t(i)) "  # noqa: S608
            f"TO '{path}' (FORMAT parquet)"
        )
    return str(path)


@pytest.mark.parametrize("weight", ["'inf'::double", "1e200"])
def test_a_weight_that_is_too_large_is_refused_beside_scores_too(
    tmp_path: Path, weight: str
) -> None:
    columns = f"i // 2 % 2 AS y, i % 10 / 10 AS s, CASE WHEN i = 0 THEN {weight} ELSE 1.0 END AS w"

    with pytest.raises(SourceInvalid, match="found one that is too large"):
        populate_files(written(tmp_path, columns), SCORED)


@pytest.mark.parametrize(("threshold", "one_sided"), [(50.0, True), (0.5, False), (-1.0, True)])
@pytest.mark.parametrize("bins", [None, 100])
def test_a_threshold_on_another_scale_than_the_scores_is_noticed(
    tmp_path: Path, *, threshold: float, one_sided: bool, bins: int | None
) -> None:
    path = written(tmp_path, "i // 2 % 2 AS y, i % 10 / 10 AS s, 1.0 AS w")
    spec = ContingencySpec(
        features=("g",), label="y", positive=(1,), score="s", threshold=threshold, score_bins=bins
    )

    assert populate_files(path, spec).counts.one_sided is one_sided


def test_predictions_that_name_no_class_of_the_labels_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "i % 3 AS y, 'secret ' || i % 3 AS p")

    with pytest.raises(SourceInvalid, match="classes that are both in y and in p") as error:
        populate_files(path, CLASSES)
    assert "secret" not in str(error.value)


def test_a_search_does_not_take_one_class_in_two_types_for_two_classes(tmp_path: Path) -> None:
    path = written(tmp_path, "(i % 3)::double AS y, (i % 3)::text AS p")
    work = look(CLASSES, SliceSearch(features=("g",), task="multiclass"), lambda _: None)

    with pytest.raises(SourceInvalid, match="the search finds 0 equal in place of 400"):
        places.with_digest(path, work)


def test_a_threshold_may_not_hold_the_only_feature_that_it_compares_by() -> None:
    arguments: dict[str, Any] = {
        "task_id": "check_bias",
        "predictions": "rows.parquet",
        "label": "y",
        "positive_label": 1,
        "prediction": "p",
        "sensitive_features": ["sex", "age"],
    }

    with pytest.raises(ArgumentInvalid, match="given holds every feature"):
        BiasCheck(**arguments, thresholds={"four_fifths": {"given": ["sex", "age"]}})
    with pytest.raises(ArgumentInvalid, match="given holds every feature"):
        BiasCheck(**arguments, thresholds={"four_fifths": {"given": ["sex"], "features": ["sex"]}})
    BiasCheck(**arguments, thresholds={"four_fifths": {"given": ["sex"]}})


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ({"prediction": "y"}, "are the same column 'y'"),
        ({"prediction": None, "score": "y", "threshold": 0.5}, "are the same column 'y'"),
        ({"sensitive_features": ["sex", "y"]}, "names 'y', which is the label"),
        ({"sensitive_features": ["p"]}, "names 'p', which is the label or what was predicted"),
    ],
)
def test_a_column_that_stands_for_two_things_is_refused(named: dict[str, Any], message: str):
    arguments: dict[str, Any] = {
        "task_id": "check_bias",
        "predictions": "rows.parquet",
        "label": "y",
        "positive_label": 1,
        "prediction": "p",
        "sensitive_features": ["sex"],
        "thresholds": {"four_fifths": {}},
    }
    BiasCheck(**arguments)

    with pytest.raises(ArgumentInvalid, match=message):
        BiasCheck(**arguments | named)


@pytest.mark.usefixtures("sqlite_store")
@pytest.mark.parametrize("positive", [["yes", "no"], ["yes", "no", "never"]])
def test_a_positive_label_that_names_every_label_does_not_pass(
    tmp_path: Path, positive: list[str]
) -> None:
    columns = "['yes', 'no'][1 + i // 2 % 2] AS y, ['yes', 'no'][1 + i // 4 % 2] AS p"
    demand = {"equalized_odds_difference": 0.1, "demographic_parity_difference": 0.1}
    of_all = demanding(written(tmp_path, columns), demand, positive)
    of_decisions = demanding(written(tmp_path, columns), {"four_fifths": 0.8}, positive)

    for found in (of_all, of_decisions):
        assert found["two_outcomes:label"]["verdict"] == "INSUFFICIENT"
        assert found["two_outcomes:prediction"]["verdict"] == "INSUFFICIENT"
    assert "2 distinct values in all" in of_all["two_outcomes:label"]["reason"]


@pytest.mark.usefixtures("sqlite_store")
def test_classes_that_are_all_of_one_do_not_pass(tmp_path: Path) -> None:
    found = demanding(
        written(tmp_path, "'low' AS y, 'low' AS p"), {"accuracy_difference": 0.1}, (), "multiclass"
    )

    assert found["two_outcomes:class"]["verdict"] == "INSUFFICIENT"


def demanding(
    path: str, thresholds: dict[str, float], positive: Any, task: str = "binary"
) -> dict[str, Any]:
    """The findings of a check by their names."""
    ti = TaskInstance(dag_id="d", run_id="r", task_id="t", map_index=-1, try_number=1)
    context: Any = {"ti": ti}
    BiasCheck(
        task_id="t",
        predictions=path,
        task=task,
        label="y",
        positive_label=positive,
        prediction="p",
        sensitive_features=["g"],
        thresholds=thresholds,
        on_fail="review",
    ).execute(context)
    findings = recorded_in_run("d", "r")[-1].body["findings"]
    return {each["check"]: each for each in findings}
