"""What a task can ask Airflow about the task instances of its Dag, without an Airflow."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Airflow:
    """XComs by Dag, run, task, map index and key; states by Dag, run, task and map index."""

    xcoms: dict[tuple[str, str, str, int, str], Any] = field(default_factory=dict)
    states: dict[tuple[str, str, str, int], str | None] = field(default_factory=dict)

    def start(self, task_id: str, *, run_id: str = "run_1", map_index: int = -1) -> None:
        """Begin another try, for which Airflow takes the XComs of the earlier one away."""
        at = ("a_dag", run_id, task_id, map_index)
        self.xcoms = {key: value for key, value in self.xcoms.items() if key[:4] != at}
        self.states[at] = "running"

    def delete_run(self, run_id: str = "run_1") -> None:
        self.xcoms = {key: value for key, value in self.xcoms.items() if key[1] != run_id}
        self.states = {key: value for key, value in self.states.items() if key[1] != run_id}


@dataclass
class TaskInstance:
    """The part of a ``RuntimeTaskInstance`` that operators use."""

    dag_id: str
    run_id: str
    task_id: str
    map_index: int | None = -1
    try_number: int = 1
    airflow: Airflow = field(default_factory=Airflow)

    def xcom_push(self, key: str, value: Any) -> None:
        at = (
            self.dag_id,
            self.run_id,
            self.task_id,
            -1 if self.map_index is None else self.map_index,
        )
        self.airflow.xcoms[*at, key] = value
        self.airflow.states.setdefault(at, "success")

    def xcom_pull(self, *, task_ids: str, map_indexes: int, key: str) -> Any:
        return self.airflow.xcoms.get((self.dag_id, self.run_id, task_ids, map_indexes, key))

    def get_task_states(
        self, *, dag_id: str, task_ids: list[str], run_ids: list[str]
    ) -> dict[str, dict[str, str | None]]:
        found: dict[str, dict[str, str | None]] = {}
        for (dag, run, task, index), state in self.airflow.states.items():
            if dag == dag_id and run in run_ids and task in task_ids:
                found.setdefault(run, {})[task if index < 0 else f"{task}_{index}"] = state
        return found
