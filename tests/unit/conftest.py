"""A real MLflow in a SQLite file, and task contexts, for whoever writes to either."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from fakes.task_instances import Airflow, TaskInstance

MODEL_FILE = """\
flavors:
  python_function: {loader_module: mlflow.sklearn, python_version: 3.11.7}
  sklearn: {sklearn_version: 1.9.1, serialization_format: skops}
mlflow_version: 3.17.2
signature:
  inputs: '[{"type": "long", "name": "age", "required": true}, {"type": "string", "name": "job", "required": false}]'
  outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "int64", "shape": [-1]}}]'
"""


@dataclass
class Mlflow:
    """An MLflow of one test."""

    uri: str
    directory: Path
    _experiments: list[str] = field(default_factory=list)

    @property
    def client(self) -> Any:
        from mlflow import MlflowClient

        return MlflowClient(tracking_uri=self.uri, registry_uri=self.uri)

    def run(
        self,
        *,
        params: Mapping[str, str] | None = None,
        metrics: Mapping[str, float] | None = None,
        tags: Mapping[str, str] | None = None,
        datasets: bool = True,
        model_file: str | None = MODEL_FILE,
    ) -> str:
        from mlflow.entities import Dataset, DatasetInput, InputTag

        client = self.client
        if not self._experiments:
            location = (self.directory / "artifacts").as_uri()
            self._experiments.append(client.create_experiment("tests", artifact_location=location))
        run_id = client.create_run(self._experiments[0], tags=dict(tags or {})).info.run_id
        for name, value in (params or {"max_iter": "120"}).items():
            client.log_param(run_id, name, value)
        for name, number in (metrics or {"accuracy": 0.865}).items():
            client.log_metric(run_id, name, number)
        if datasets:
            used = Dataset(
                name="uci-adult",
                digest="80d88c1d",
                source_type="local",
                source='{"uri": "adult.parquet"}',
                profile='{"num_rows": 33916}',
            )
            client.log_inputs(
                run_id,
                [DatasetInput(used, [InputTag("mlflow.data.context", "training")])],
            )
        if model_file is not None:
            client.log_text(run_id, model_file, "model/MLmodel")
        client.set_terminated(run_id)
        return str(run_id)

    def version(
        self,
        name: str = "income_model",
        *,
        run_id: str | None = None,
        source: str | None = None,
        **run: Any,
    ) -> str:
        """Register one more version and return its number."""
        from mlflow.exceptions import MlflowException

        run_id = run_id if run_id is not None else self.run(**run)
        client = self.client
        try:
            client.create_registered_model(name)
        except MlflowException:
            client.get_registered_model(name)
        found = client.create_model_version(
            name, source or f"runs:/{run_id}/model", run_id=run_id or None
        )
        return str(found.version)

    def alias(self, name: str = "income_model", alias: str = "champion") -> str | None:
        found = self.client.get_registered_model(name).aliases.get(alias)
        return None if found is None else str(found)


@pytest.fixture(scope="session")
def _mlflow_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty, initialised MLflow database: making one takes seconds, copying one does not."""
    path = tmp_path_factory.mktemp("mlflow") / "template.db"
    Mlflow(uri=f"sqlite:///{path}", directory=path.parent).client.search_registered_models()
    return path


@pytest.fixture
def mlflow_store(_mlflow_template: Path, tmp_path: Path) -> Mlflow:
    """An empty MLflow of the test's own."""
    path = tmp_path / "mlflow.db"
    shutil.copy(_mlflow_template, path)
    return Mlflow(uri=f"sqlite:///{path}", directory=tmp_path)


@pytest.fixture
def airflow_side() -> Airflow:
    """What Airflow knows of the task instances that ``task_context`` makes."""
    return Airflow()


@pytest.fixture
def task_context(airflow_side: Airflow) -> Callable[..., Any]:
    """What an operator needs to know of the task instance it runs in."""

    def context(
        task_id: str = "task",
        *,
        dag_id: str = "a_dag",
        run_id: str = "run_1",
        map_index: int = -1,
        try_number: int = 1,
    ) -> Any:
        ti = TaskInstance(
            dag_id=dag_id,
            run_id=run_id,
            task_id=task_id,
            map_index=map_index,
            try_number=try_number,
            airflow=airflow_side,
        )
        return {"ti": ti}

    return context
