"""A database file holds many tables: which one is meant is settled when the Dag is parsed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from airflow_gov_provider.exceptions import ArgumentInvalid
from airflow_gov_provider.operators.bias import BiasCheck
from airflow_gov_provider.operators.quality import DataQualityGate

CONTRACT = {"contract": "c", "version": "1", "columns": {"a": "string"}}


def gate(**arguments: Any) -> DataQualityGate:
    return DataQualityGate(task_id="gate", contract=CONTRACT, **arguments)


def check(**arguments: Any) -> BiasCheck:
    return BiasCheck(
        task_id="fair",
        label="y",
        positive_label=1,
        prediction="p",
        sensitive_features=["sex"],
        thresholds={"demographic_parity_difference": 0.1},
        **arguments,
    )


@pytest.mark.parametrize(("make", "name"), [(gate, "source"), (check, "predictions")])
@pytest.mark.parametrize("path", ["shop.duckdb", Path("shop.DDB")])
def test_without_a_table_it_is_refused_with_the_argument_to_add(make: Any, name: str, path: Any):
    with pytest.raises(ArgumentInvalid) as caught:
        make(**{name: path})

    assert f"{name}='{path}': a database file holds many tables" in str(caught.value)
    assert "add table=" in str(caught.value)


@pytest.mark.parametrize(("make", "name"), [(gate, "source"), (check, "predictions")])
def test_a_table_of_a_file_that_has_none_is_refused(make: Any, name: str):
    with pytest.raises(ArgumentInvalid, match=f"{name}='shop.csv': table= and query= belong to"):
        make(**{name: "shop.csv", "table": "people"})


@pytest.mark.parametrize(("make", "name"), [(gate, "source"), (check, "predictions")])
@pytest.mark.parametrize(
    "arguments",
    [
        ["shop.duckdb", {"table": "people"}],
        ["shop.duckdb", {"query": "SELECT 1"}],
        ["shop.duckdb", {"table": "{{ params.table }}"}],
        ["{{ params.path }}.duckdb", {}],
        ["{% if true %}shop.csv{% endif %}", {"table": "people"}],
    ],
)
def test_what_can_work_and_what_a_template_decides_is_taken(
    make: Any, name: str, arguments: Any
) -> None:
    path, part = arguments

    assert make(**{name: path}, **part).task_id


@pytest.mark.parametrize(("make", "name"), [(gate, "source"), (check, "predictions")])
def test_a_path_that_another_task_gives_is_taken(make: Any, name: str):
    from airflow.sdk import DAG, task

    with DAG("path_of_another_task", schedule=None):

        @task
        def path() -> str:
            return "shop.duckdb"

        assert make(**{name: path()}).task_id
