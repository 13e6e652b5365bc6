"""Data and arguments by which everything would look equal are refused, not passed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from airflow_gov_provider.domain.fairness.slice_terms import SliceSearch
from airflow_gov_provider.exceptions import ArgumentInvalid, SourceInvalid
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
