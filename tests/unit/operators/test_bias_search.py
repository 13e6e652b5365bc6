"""A bias check that also looks for the slice nobody named, on the census data."""

from __future__ import annotations

import json
import logging
import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException
from fakes.task_instances import TaskInstance

from airflow_gov_provider.domain.evidence import Evidence
from airflow_gov_provider.domain.fairness.slice_terms import SliceSearch
from airflow_gov_provider.domain.verdicts import Verdict
from airflow_gov_provider.exceptions import ArgumentInvalid
from airflow_gov_provider.hooks.governance import recorded_in_run
from airflow_gov_provider.operators.bias import BiasCheck

ADULT = Path(__file__).parents[2] / "golden" / "golden_fairness_adult.csv"
CONTEXT: Any = {
    "ti": TaskInstance(
        dag_id="income", run_id="run-1", task_id="check_bias", map_index=-1, try_number=1
    )
}


def check(**arguments: Any) -> BiasCheck:
    chosen: dict[str, Any] = {
        "task_id": "check_bias",
        "predictions": ADULT,
        "label": "y_true",
        "positive_label": 1,
        "prediction": "y_pred",
        "sensitive_features": ["sex"],
        "thresholds": {"demographic_parity_difference": 0.3},
        "search": ["sex", "race", "education_num", "hours_per_week"],
        **arguments,
    }
    return BiasCheck(**{name: value for name, value in chosen.items() if value is not None})


def recorded() -> Evidence:
    (evidence,) = recorded_in_run("income", "run-1")
    return evidence


def test_the_worst_slice_is_in_evidence_and_log_and_warns(
    sqlite_store: str, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        check().execute(CONTEXT)

    told = capsys.readouterr().out + caplog.text
    body = recorded().body
    assert recorded().verdict is Verdict.WARNED
    finding = body["findings"][-1]
    assert finding["check"] == "worst_slice"
    assert finding["severity"] == "warning"
    worst = body["search"]["worst"]
    assert worst
    assert all(one["p_adjusted"] <= 0.05 for one in worst)
    assert body["search"]["bins"].keys() == {"hours_per_week"}
    assert body["search"]["complete"]
    assert "searching for the worst slice: counting sex, race, education_num" in told
    assert worst[0]["slice"] in told
    assert "could not have shown accuracy worse by less than" in told


def test_a_bad_slice_blocks_where_its_author_makes_it_an_error(sqlite_store: str) -> None:
    search = SliceSearch(features=("sex", "race"), at_most=0.05, severity="error")

    with pytest.raises(AirflowFailException, match="FAILED"):
        check(search=search).execute(CONTEXT)

    assert recorded().verdict is Verdict.FAILED


def test_a_table_behind_a_connection_is_searched_in_the_same_snapshot(
    sqlite_store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "data.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE p (sex TEXT, region TEXT, y INTEGER, d INTEGER)")
        rows = [("F", "north", 1, 1), ("M", "north", 1, 1), ("F", "south", 1, 1)] * 200
        connection.executemany("INSERT INTO p VALUES (?, ?, ?, ?)", rows)
        connection.executemany("INSERT INTO p VALUES (?, ?, ?, ?)", [("M", "south", 1, 0)] * 200)
    connection_of = json.dumps({"conn_type": "sqlite", "host": str(path)})
    monkeypatch.setenv("AIRFLOW_CONN_PREDICTIONS", connection_of)

    check(
        predictions=None,
        conn_id="predictions",
        table="p",
        label="y",
        prediction="d",
        thresholds={"demographic_parity_difference": 1.0},
        search={"features": ["sex", "region"], "rates": ["accuracy"]},
    ).execute(CONTEXT)

    (worst,) = recorded().body["search"]["worst"]
    assert worst["values"] == {"sex": "M", "region": "south"}
    assert (worst["value"], worst["rest"], worst["worse"]) == (0.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("arguments", "heard"),
    [
        ({"search": {"features": ["race"], "max_features": 9}}, "max_features is a whole number"),
        ({"search": "race"}, "search is a SliceSearch, a list of columns or a mapping"),
        ({"search": ["race", "y_pred"]}, "'y_pred' is what is searched for"),
    ],
)
def test_a_mistake_in_the_search_is_named_when_the_dag_is_parsed(
    arguments: dict[str, Any], heard: str
) -> None:
    with pytest.raises(ArgumentInvalid, match=re.escape(heard)):
        check(**arguments)


def test_a_column_that_is_not_there_fails_at_once(sqlite_store: str) -> None:
    with pytest.raises(AirflowFailException, match="has no column shoe_size"):
        check(search=["shoe_size"]).execute(CONTEXT)
