"""What the demo asks of Airflow's own REST API, as one of its users."""

from __future__ import annotations

import time
from typing import Any

import httpx
from environment import Demo


class Airflow:
    """Airflow as the given user sees it."""

    def __init__(self, demo: Demo, user: str) -> None:
        token = httpx.post(
            f"{demo.url}/auth/token",
            json={"username": user, "password": demo.password(user)},
            timeout=30,
        )
        token.raise_for_status()
        self._client = httpx.Client(
            base_url=demo.url,
            headers={"Authorization": f"Bearer {token.json()['access_token']}"},
            timeout=60,
        )

    def get(self, path: str) -> Any:
        answer = self._client.get(path)
        answer.raise_for_status()
        return answer.json()

    def wait_for_dag(self, dag_id: str, *, seconds: float = 120) -> None:
        deadline = time.monotonic() + seconds
        while self._client.get(f"/api/v2/dags/{dag_id}").status_code != httpx.codes.OK:
            if time.monotonic() > deadline:
                problems = self.get("/api/v2/importErrors")["import_errors"]
                listing = "\n".join(p["stack_trace"] for p in problems) or "no import errors"
                raise SystemExit(f"the Dag {dag_id} did not appear in {seconds:.0f} s: {listing}")
            time.sleep(1)

    def trigger(self, dag_id: str) -> str:
        answer = self._client.post(f"/api/v2/dags/{dag_id}/dagRuns", json={"logical_date": None})
        answer.raise_for_status()
        return str(answer.json()["dag_run_id"])

    def run(self, dag_id: str, run_id: str) -> dict[str, Any]:
        return dict(self.get(f"/api/v2/dags/{dag_id}/dagRuns/{run_id}"))

    def tasks(self, dag_id: str, run_id: str) -> dict[str, str | None]:
        """State of each task of the run."""
        found = self.get(f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances")
        return {task["task_id"]: task["state"] for task in found["task_instances"]}

    def answer(self, dag_id: str, run_id: str, task_id: str, *, option: str, reason: str) -> None:
        task = f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/-1/hitlDetails"
        # The form carries the id of the request that was read; it goes back with the answer.
        fields = {name: field["value"] for name, field in self.get(task)["params"].items()}
        self._client.patch(
            task, json={"chosen_options": [option], "params_input": {**fields, "reason": reason}}
        ).raise_for_status()
