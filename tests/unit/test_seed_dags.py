"""The Dags beside the simulated history are Dags that Airflow can read."""

from __future__ import annotations

from pathlib import Path

import pytest
from airflow.dag_processing.dagbag import DagBag

DAGS = sorted((Path(__file__).parents[2] / "dags_examples" / "seed" / "dags").glob("*.py"))


@pytest.mark.parametrize("path", DAGS, ids=[path.stem for path in DAGS])
def test_each_file_has_dags_with_tasks(path: Path) -> None:
    bag = DagBag(dag_folder=str(path), collect_dags=False)

    found = bag.process_file(str(path))

    assert bag.import_errors == {}
    assert found
    assert all(dag.tasks for dag in found)
