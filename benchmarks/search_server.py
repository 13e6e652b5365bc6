"""Airflow's API app with our plugin in it, for benchmarks of requests."""

from __future__ import annotations

import json
import multiprocessing
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from search_stores import DAGS, NOON, STATES, TASKS, USERS, dag_name
from sqlalchemy import create_engine, text

PASSWORD = "a-benchmark"  # noqa: S105 - of a server that lives as long as the benchmark
_AT_ONCE = 20_000


def serve(environment: dict[str, str], port: int, log_rows: int) -> None:
    """Runs in a process of its own, whose output goes into a file: Airflow logs each request."""
    os.environ.update(environment)
    with _log_in(environment["AIRFLOW_HOME"]).open("ab") as lines:
        os.dup2(lines.fileno(), 1)
        os.dup2(lines.fileno(), 2)
    import uvicorn
    from airflow.api_fastapi.app import cached_app
    from airflow.utils.db import initdb

    initdb()
    fill_log(environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"], log_rows)
    uvicorn.run(cached_app(apps="core"), port=port, log_level="error", access_log=False)


def _log_in(home: str | Path) -> Path:
    return Path(home) / "server.log"


def fill_log(url: str, rows: int) -> None:
    """Airflow shows only rows of Dags that it has."""
    from airflow.models.dag import DagModel
    from airflow.models.dagbundle import DagBundleModel
    from airflow.utils.session import create_session

    engine = create_engine(url)
    with engine.begin() as connection:
        if connection.scalar(text("SELECT count(*) FROM log")) >= rows:
            return
    with create_session() as session:
        session.add(DagBundleModel(name="b"))
        session.flush()
        session.add_all([DagModel(dag_id=dag_name(n), bundle_name="b") for n in range(DAGS)])
    with engine.begin() as connection:
        insert = text(
            "INSERT INTO log (dttm, dag_id, task_id, run_id, event, owner, extra)"
            " VALUES (:dttm, :dag_id, :task_id, :run_id, :event, :owner, :extra)"
        )
        for start in range(0, rows, _AT_ONCE):
            connection.execute(insert, [log_row(n) for n in range(start, start + _AT_ONCE)])
    engine.dispose()


def log_row(number: int) -> dict[str, Any]:
    return {
        "dttm": NOON + timedelta(seconds=number),
        "dag_id": dag_name(number % DAGS),
        "task_id": f"task_{number % TASKS}",
        "run_id": f"run_{number // 20_000}",
        "event": STATES[number % 6],
        "owner": f"user_{number % USERS}",
        "extra": "{}",
    }


@contextmanager
def running_server(governance: str, metadata: str, home: Path, log_rows: int) -> Iterator[Any]:
    """A signed-in client."""
    home.mkdir(exist_ok=True)
    passwords = home / "passwords.json"
    passwords.write_text(json.dumps({"adam": PASSWORD}), encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": metadata,
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "adam:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords),
        "AIRFLOW__GOVERNANCE__SQL_ALCHEMY_CONN": governance,
        "AIRFLOW__GOVERNANCE__COLLECTOR": "off",
    }
    process = multiprocessing.get_context("spawn").Process(
        target=serve, args=(environment, port, log_rows)
    )
    process.start()
    client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60)
    try:
        sign_in(client, process, _log_in(home))
        yield client
    finally:
        client.close()
        process.terminate()
        process.join()


def sign_in(client: httpx.Client, process: Any, log: Path) -> None:
    while True:
        if not process.is_alive():
            raise SystemExit(f"the API server ended; {log} says why")
        try:
            answer = client.post("/auth/token", json={"username": "adam", "password": PASSWORD})
            break
        except httpx.TransportError:
            time.sleep(0.5)
    client.headers["Authorization"] = f"Bearer {answer.raise_for_status().json()['access_token']}"
