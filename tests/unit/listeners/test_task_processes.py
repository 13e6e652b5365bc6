"""Real task processes, forked and supervised by Airflow; only the API server is left out."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from airflow_gov_provider.store.spool.claims import claimed_files, spool_state

_DAG = """
from airflow.sdk import DAG, task
from airflow.sdk.exceptions import AirflowSkipException

with DAG("measured"):
    @task
    def succeeds(): ...
    @task
    def skips():
        raise AirflowSkipException
    @task
    def fails():
        raise ValueError("row-4711")
    @task
    def exits():
        import os
        os.kill(os.getpid(), 9)
    succeeds(), skips(), fails(), exits()
"""

_RUN = """
import sys
from uuid import uuid4
import httpx
from airflow.sdk.api.client import Client
from airflow.sdk.api.datamodels._generated import BundleInfo, TaskInstance
from airflow.sdk.execution_time import supervisor

run = {"dag_id": "measured", "run_id": "r", "logical_date": None, "data_interval_start": None,
       "data_interval_end": None, "end_date": None, "partition_key": None, "run_type": "manual",
       "start_date": "2026-01-01T00:00:00Z", "run_after": "2026-01-01T00:00:00Z",
       "state": "running", "consumed_asset_events": []}
context = {"dag_run": run, "max_tries": 0, "should_retry": False}
answer = lambda asked: httpx.Response(200, json=context if asked.url.path.endswith("/run") else {})
for task_id in sys.argv[1:]:
    code = supervisor.supervise_task(
        ti=TaskInstance(id=uuid4(), task_id=task_id, dag_id="measured", run_id="r", try_number=1,
                        dag_version_id=uuid4()),
        bundle_info=BundleInfo(name="dags-folder"), dag_rel_path="measured.py", token="",
        client=Client(base_url=None, dry_run=True, token="", transport=httpx.MockTransport(answer)),
    )
    print("ENDED", task_id, code, flush=True)
"""


@pytest.fixture
def home(tmp_path) -> Path:
    (tmp_path / "dags").mkdir()
    (tmp_path / "dags" / "measured.py").write_text(textwrap.dedent(_DAG))
    return tmp_path


def run_tasks(home: Path, *tasks: str, **settings: str) -> tuple[dict[str, int], str]:
    """Each task in a process of its own.

    :returns: how each process ended, and everything that was logged.
    """
    env = {
        **os.environ,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
        "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
        **{f"AIRFLOW__GOVERNANCE__{name.upper()}": value for name, value in settings.items()},
    }
    ran = subprocess.run(
        [sys.executable, "-c", _RUN, *tasks], check=True, capture_output=True, text=True, env=env
    )
    ended = [line.split()[1:] for line in ran.stdout.splitlines() if line.startswith("ENDED")]
    return {task: int(code) for task, code in ended}, ran.stdout + ran.stderr


def stored(url: str) -> list[tuple[str, str]]:
    engine = create_engine(url)
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT task_id, state FROM event ORDER BY seq"))
        found = [(str(task), str(state)) for task, state in rows]
    engine.dispose()
    return found


def test_each_task_process_ships_what_it_saw_before_it_ends(home, store_url):
    ended, logged = run_tasks(home, "succeeds", "skips", "fails", sql_alchemy_conn=store_url)

    assert list(ended) == ["succeeds", "skips", "fails"]
    assert ended["succeeds"] == 0
    assert stored(store_url) == [
        ("succeeds", "running"),
        ("succeeds", "success"),
        ("skips", "running"),
        ("skips", "skipped"),
        ("fails", "running"),
        ("fails", "failed"),
    ], logged
    assert spool_state(home / "governance" / "spool").files == 0


def test_what_a_killed_task_left_is_shipped_by_the_next_one_on_its_host(home, store_url):
    run_tasks(home, "exits", sql_alchemy_conn=store_url)
    assert stored(store_url) == []

    run_tasks(home, "succeeds", sql_alchemy_conn=store_url)

    assert stored(store_url) == [
        ("exits", "running"),
        ("succeeds", "running"),
        ("succeeds", "success"),
    ]


def test_a_store_that_never_answers_fails_no_task_and_loses_nothing(home):
    """A server that takes connections and says nothing, as behind some firewalls."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        ended, logged = run_tasks(
            home,
            "succeeds",
            "succeeds",
            sql_alchemy_conn=f"postgresql+psycopg://gov@127.0.0.1:{port}/g?connect_timeout=600",
            ship_timeout="0.5",
        )

    assert ended == {"succeeds": 0}
    assert logged.count("took longer than [governance] ship_timeout") == 1
    with claimed_files(home / "governance" / "spool", limit=9) as files:
        assert sum(len(file.read()[0]) for file in files) == 4
