"""A real Airflow for a whole test session: four components, its own home, ports and databases."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeVar

import httpx
from e2e.harness.processes import COMPONENTS, Components, airflow_command
from e2e.harness.settings import environment, free_port, password_of

from airflow_gov_provider.domain.evidence import Evidence
from airflow_gov_provider.store import database
from airflow_gov_provider.store.approvals.requests import requests_of_run, votes_on
from airflow_gov_provider.store.evidence.rows import evidence_of_run

Answer = TypeVar("Answer")
START_SECONDS = 300
WAIT_SECONDS = 300
LOST_TIMES = 5
TERMINAL = frozenset({"success", "failed", "skipped", "upstream_failed", "removed"})

# An answer that arrives before the executor has told of the process that parked the task fails it
# ("state mismatch"); people are slower than this, tests are not.
SETTLING_SECONDS = 60


class Patient(httpx.HTTPTransport):
    """Asks again where Airflow's own API lost against its scheduler in the database, as people do.

    Such a request was rolled back. No other answer is asked for twice, and none of this provider's.
    """

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        for _ in range(LOST_TIMES):
            answer = super().handle_request(request)
            if answer.status_code != HTTPStatus.INTERNAL_SERVER_ERROR:
                return answer
            if (
                not request.url.path.startswith("/api/v2/")
                or b"Database error" not in answer.read()
            ):
                return answer
            time.sleep(1)
        return answer


class RunningAirflow:
    """What a test may do with it. Every method that takes ``user`` acts as that person."""

    def __init__(self, home: Path, settings: Mapping[str, str] | None = None) -> None:
        """:param settings: instead of those that the tests share, as ``section__option``."""
        self.home = home
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.env = environment(home, port=self.port, settings=settings or {})
        self.components = Components(home=home, env=self.env)
        self._clients: dict[str, httpx.Client] = {}

    # ------------------------------------------------------------------ its life

    def start(self) -> None:
        """Migrate, start the four components and wait until each of them reports healthy."""
        self.airflow("db", "migrate")
        for name in COMPONENTS:
            self.components.start(name)
        try:
            self.wait_until("every component is healthy", self._is_healthy, within=START_SECONDS)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        for client in self._clients.values():
            client.close()
        self.components.stop()

    def kill(self, component: str) -> None:
        """SIGKILL to the component and its children."""
        self.components.kill(component)

    def restart(self, component: str) -> None:
        """Start a component again, after killing it if it runs, and wait until it is healthy."""
        if component in self.components.running:
            self.components.kill(component)
        self.components.start(component)
        self.wait_until(f"{component} is healthy again", self._is_healthy, within=START_SECONDS)

    def airflow(self, *arguments: str) -> str:
        """Output of an ``airflow`` command in this Airflow's environment."""
        done = subprocess.run(
            airflow_command(*arguments),
            cwd=self.home,
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"airflow {' '.join(arguments)}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def _is_healthy(self) -> bool:
        ended = self.components.ended()
        assert not ended, f"{ended} ended\n{self.components.last_words()}"
        try:
            health = httpx.get(f"{self.url}/api/v2/monitor/health", timeout=10).json()
        except httpx.TransportError:
            return False
        parts = ("metadatabase", "scheduler", "triggerer", "dag_processor")
        return all((health.get(part) or {}).get("status") == "healthy" for part in parts)

    # ------------------------------------------------------------------ people

    def token(self, user: str) -> str:
        answer = httpx.post(
            f"{self.url}/auth/token",
            json={"username": user, "password": password_of(user)},
            timeout=60,
        )
        answer.raise_for_status()
        return str(answer.json()["access_token"])

    def api(self, user: str = "admin") -> httpx.Client:
        """A client that is logged in as the user; paths start with ``/api/v2`` or a plugin's."""
        if user not in self._clients:
            self._clients[user] = httpx.Client(
                base_url=self.url,
                headers={"Authorization": f"Bearer {self.token(user)}"},
                timeout=60,
                transport=Patient(retries=3),
            )
        return self._clients[user]

    # ------------------------------------------------------------------ runs and tasks

    def trigger(
        self,
        dag_id: str,
        *,
        user: str = "requester",
        conf: Mapping[str, Any] | None = None,
        run_id: str | None = None,
    ) -> str:
        """Start a run as the user, once the Dag is there; its run id."""
        self.wait_for_dag(dag_id)
        wanted = {"logical_date": None, "conf": dict(conf or {})}
        answer = self.api(user).post(
            f"/api/v2/dags/{dag_id}/dagRuns",
            json=wanted | ({"dag_run_id": run_id} if run_id else {}),
        )
        assert answer.is_success, answer.text
        return str(answer.json()["dag_run_id"])

    def wait_for_dag(self, dag_id: str) -> None:
        def parsed() -> bool:
            return self.api().get(f"/api/v2/dags/{dag_id}").is_success

        self.wait_until(f"Dag {dag_id} is parsed", parsed, tell=self._import_errors)

    def run(self, dag_id: str, run_id: str) -> dict[str, Any]:
        return self._get(f"/api/v2/dags/{dag_id}/dagRuns/{run_id}")

    def task(self, dag_id: str, run_id: str, task_id: str, map_index: int = -1) -> dict[str, Any]:
        path = f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}"
        return self._get(path if map_index < 0 else f"{path}/{map_index}")

    def tasks(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        """Every task instance of the run."""
        found = self._get(f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances?limit=500")
        return list(found["task_instances"])

    def task_states(self, dag_id: str, run_id: str) -> dict[str, str | None]:
        """State by task; a mapped task instance is named ``task[index]``."""
        return {_name(ti): ti["state"] for ti in self.tasks(dag_id, run_id)}

    def tell_of(self, dag_id: str, run_id: str) -> str:
        """For the message of a failing test: where the run stands, and why what failed has failed.

        A task that the scheduler failed has nothing to say of it; Airflow's own log has.
        """
        told = [str(self.task_states(dag_id, run_id))]
        for ti in self.tasks(dag_id, run_id):
            if ti["state"] in ("failed", "up_for_retry"):
                log = self.log(dag_id, run_id, ti["task_id"], map_index=ti["map_index"])
                told += [f"--- {_name(ti)} is {ti['state']}", log]
        query: dict[str, str | int] = {"dag_id": dag_id, "run_id": run_id, "limit": 500}
        for row in self.api().get("/api/v2/eventLogs", params=query).json()["event_logs"]:
            about = (row["when"], row["task_id"], row["map_index"], row["try_number"])
            told.append(" ".join(str(one) for one in (*about, row["event"], row["extra"] or "")))
        return "\n".join(told)

    def delete_run(self, dag_id: str, run_id: str) -> None:
        """Let it fail and delete it, so that one may be made again under its id at once.

        Executors name a process that has ended by Dag, run, task and try. One of the old run that
        they tell of late would fail the queued task of the new run that has the same name ("state
        mismatch"), so the scheduler has to have heard of all of them before.
        """
        path = f"/api/v2/dags/{dag_id}/dagRuns/{run_id}"
        ended = self.api().patch(path, json={"state": "failed"})
        assert ended.is_success, ended.text
        log = self.components.log_of("scheduler").read_text(errors="replace")
        for ti in self.tasks(dag_id, run_id):
            if _sent(ti) in log:
                self.wait_for_executor(ti)
        deleted = self.api().delete(path)
        assert deleted.is_success, deleted.text

    def wait_for_run(
        self, dag_id: str, run_id: str, *states: str, within: float = WAIT_SECONDS
    ) -> str:
        """The state in which the run ended, which must be one of ``states`` if any are given."""

        def ended() -> str | None:
            state = str(self.run(dag_id, run_id)["state"])
            return state if state in TERMINAL else None

        def tell() -> str:
            return self.tell_of(dag_id, run_id)

        state = self.wait_until(f"run {run_id} of {dag_id} ends", ended, within=within, tell=tell)
        assert not states or state in states, f"{dag_id} ended {state}: {tell()}"
        return state

    def wait_for_task(
        self,
        dag_id: str,
        run_id: str,
        task_id: str,
        *states: str,
        map_index: int = -1,
        within: float = WAIT_SECONDS,
    ) -> dict[str, Any]:
        """The task instance, as soon as it is in one of the states."""

        def arrived() -> dict[str, Any] | None:
            ti = self.task(dag_id, run_id, task_id, map_index)
            return ti if ti["state"] in states else None

        def tell() -> str:
            log = self.log(dag_id, run_id, task_id, map_index=map_index)
            return f"{self.tell_of(dag_id, run_id)}\n--- {task_id}\n{log}"

        what = f"{dag_id}.{task_id} is {' or '.join(states)}"
        return self.wait_until(what, arrived, within=within, tell=tell)

    def log(
        self,
        dag_id: str,
        run_id: str,
        task_id: str,
        *,
        try_number: int | None = None,
        map_index: int = -1,
    ) -> str:
        """What the task logged, one message a line."""
        number = try_number or self.task(dag_id, run_id, task_id, map_index)["try_number"] or 1
        path = f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/logs/{number}"
        answer = self.api().get(path, params={"map_index": map_index, "full_content": True})
        if not answer.is_success:
            return f"(no log: {answer.text})"
        return "\n".join(_line(entry) for entry in answer.json()["content"])

    # ------------------------------------------------------------------ people decide

    def wait_for_request(
        self, dag_id: str, run_id: str, task_id: str, *, map_index: int = -1, after_answers: int = 0
    ) -> dict[str, Any]:
        """What the Required Actions page shows, once the task waits and may safely be answered.

        :param after_answers: answers that must have been taken in before, refused ones.
        """

        def waits() -> dict[str, Any] | None:
            ti = self.task(dag_id, run_id, task_id, map_index)
            state = ti["state"]
            assert state not in TERMINAL, f"{task_id} ended {state} and waits no more\n{tell()}"
            asked = state == "awaiting_input" and self._answers(dag_id, run_id) >= after_answers
            return ti if asked else None

        def tell() -> str:
            log = self.log(dag_id, run_id, task_id, map_index=map_index)
            return f"{self.tell_of(dag_id, run_id)}\n--- {task_id}\n{log}"

        ti = self.wait_until(f"{dag_id}.{task_id} waits for an answer", waits, tell=tell)
        self.wait_for_executor(ti)
        return self.request(dag_id, run_id, task_id, map_index=map_index)

    def wait_for_executor(self, ti: Mapping[str, Any]) -> None:
        """Until the scheduler has heard of the end of every process that it began for this try."""
        sent = _sent(ti)
        key = (
            f"task_id={ti['task_id']!r}, run_id={ti['dag_run_id']!r}, try_number={ti['try_number']}"
        )
        heard = (
            "event with state success for task instance "
            f"TaskInstanceKey(dag_id={ti['dag_id']!r}, {key}, map_index={ti['map_index']})"
        )

        def settled() -> bool:
            log = self.components.log_of("scheduler").read_text(errors="replace")
            _, first, since = log.partition(sent)
            return bool(first) and since.count(heard) > since.count(sent)

        self.wait_until(f"the executor has done with {key}", settled, within=SETTLING_SECONDS)

    def request(
        self, dag_id: str, run_id: str, task_id: str, *, map_index: int = -1
    ) -> dict[str, Any]:
        """What the Required Actions page shows now."""
        return self._get(self._hitl_path(dag_id, run_id, task_id, map_index))

    def _answers(self, dag_id: str, run_id: str) -> int:
        with database.transaction(self.governance_url) as connection:
            requests = requests_of_run(connection, dag_id, run_id)
            return sum(len(votes_on(connection, request.request_id)) for request in requests)

    def clear(self, dag_id: str, run_id: str, task_id: str, *, downstream: bool = False) -> None:
        """Run a task again, as the administrator would with Clear."""
        answer = self.api().post(
            f"/api/v2/dags/{dag_id}/clearTaskInstances",
            json={
                "dry_run": False,
                "dag_run_id": run_id,
                "task_ids": [task_id],
                "only_failed": False,
                "include_downstream": downstream,
            },
        )
        assert answer.is_success, answer.text

    def answer(
        self,
        dag_id: str,
        run_id: str,
        task_id: str,
        option: str,
        reason: str,
        *,
        user: str = "approver",
        map_index: int = -1,
        saw: str | None = None,
    ) -> httpx.Response:
        """Answer as the user over the API that the Required Actions page uses.

        :param saw: id of the request that the answer is given to; the one shown now by default.
        """
        path = self._hitl_path(dag_id, run_id, task_id, map_index)
        shown = saw or self._get(path)["params"]["request"]["value"]
        return self.api(user).patch(
            path,
            json={"chosen_options": [option], "params_input": {"reason": reason, "request": shown}},
        )

    @staticmethod
    def _hitl_path(dag_id: str, run_id: str, task_id: str, map_index: int) -> str:
        task = f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}"
        return f"{task}/{map_index}/hitlDetails"

    # ------------------------------------------------------------------ databases

    @property
    def governance_url(self) -> str:
        default = f"sqlite:///{self.home / 'governance.db'}"
        return self.env.get("AIRFLOW__GOVERNANCE__SQL_ALCHEMY_CONN", default)

    @property
    def mlflow_uri(self) -> str:
        return self.env["MLFLOW_TRACKING_URI"]

    def evidence(self, dag_id: str, run_id: str) -> list[Evidence]:
        """Everything that the run has recorded, oldest first."""
        with database.transaction(self.governance_url) as connection:
            return evidence_of_run(connection, dag_id, run_id)

    # ------------------------------------------------------------------ waiting

    def wait_until(
        self,
        what: str,
        look: Callable[[], Answer | None],
        *,
        within: float = WAIT_SECONDS,
        tell: Callable[[], str] = lambda: "",
    ) -> Answer:
        """The first answer of ``look`` that is true; :raises AssertionError: if none comes."""
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            if found := look():
                return found
            time.sleep(0.5)
        raise AssertionError(
            f"{what}: not within {within:.0f} s\n{tell()}\n{self.components.last_words()}"
        )

    def _get(self, path: str) -> dict[str, Any]:
        answer = self.api().get(path)
        assert answer.is_success, f"{path}: {answer.status_code} {answer.text}"
        return dict(answer.json())

    def _import_errors(self) -> str:
        errors = self._get("/api/v2/importErrors")["import_errors"]
        return "\n".join(f"{e['filename']}: {e['stack_trace']}" for e in errors)


def _name(ti: Mapping[str, Any]) -> str:
    index = ti["map_index"]
    return str(ti["task_id"]) + (f"[{index}]" if index >= 0 else "")


def _sent(ti: Mapping[str, Any]) -> str:
    """What the scheduler logs when it gives the task instance to the executor."""
    return f"(id={ti['id']}, try_number="


def _line(entry: Any) -> str:
    """A log entry as a person would read it: its message, and what was raised."""
    if not isinstance(entry, dict):
        return str(entry)
    raised = [
        f"{error.get('exc_type')}: {error.get('exc_value')}"
        for error in entry.get("error_detail") or []
    ]
    return " ".join([str(entry.get("event", "")), *raised])
