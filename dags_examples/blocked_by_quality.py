"""A gate that lets nobody pass.

The first task spoils a copy of the census data in four ways; the gate finds all four, records
them as evidence, and the training behind it never starts.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from airflow.sdk import dag, task

from airflow_gov_provider.operators.quality import DataQualityGate

DATA = Path(__file__).parent / "data"


@task
def spoil() -> str:
    """Write a copy with missing, impossible, unknown and repeated values; return its path."""
    import os

    import pandas as pd

    people = pd.read_parquet(DATA / "adult.parquet")
    people.loc[people.index[:50], "education"] = None
    people.loc[people.index[100:120], "age"] = 214
    people.loc[people.index[200:203], "income"] = "a lot"
    people.loc[people.index[300], "person_id"] = people.loc[people.index[301], "person_id"]
    spoiled = Path(os.environ["AIRFLOW_HOME"]) / "spoiled" / "adult.parquet"
    spoiled.parent.mkdir(parents=True, exist_ok=True)
    people.to_parquet(spoiled, index=False)
    return str(spoiled)


@task
def train() -> None:
    print("never reached: the gate before this task blocks")


@dag(
    schedule=None,
    tags=["governance", "example"],
    default_args={"owner": "ml-team", "retries": 2, "retry_delay": timedelta(seconds=5)},
    description="Spoiled data does not get past the quality gate.",
)
def blocked_by_quality() -> None:
    check_data = DataQualityGate(
        task_id="check_data",
        contract=DATA / "adult_income.odcs.yaml",
        source="{{ ti.xcom_pull(task_ids='spoil') }}",
        on_fail="block",
    )
    spoil() >> check_data >> train()


blocked_by_quality()
