"""How the Airflow of the end-to-end tests is configured: everything local, nothing shared."""

from __future__ import annotations

import base64
import json
import os
import secrets
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

TESTS = Path(__file__).parents[2]
READING_SECONDS = 5
USERS = {
    "requester": "user",
    "approver": "user",
    "reviewer": "user",
    "viewer": "viewer",
    "admin": "admin",
}


def free_port() -> int:
    """A port of the loopback interface that nobody listens on, and that no client is given."""
    while True:
        port = 20_000 + secrets.randbelow(10_000)
        with suppress(OSError), socket.socket() as listener:
            listener.bind(("127.0.0.1", port))
            return port


def password_of(user: str) -> str:
    return f"{user}-password"


def environment(
    home: Path, *, port: int, settings: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Environment of every component; settings of the surrounding shell are left out."""
    inherited = {name: text for name, text in os.environ.items() if not name.startswith("AIRFLOW")}
    passwords = home / "passwords.json"
    passwords.write_text(json.dumps({user: password_of(user) for user in USERS}))
    options = {
        "api__host": "127.0.0.1",
        "api__port": str(port),
        "api__workers": "1",
        "api__base_url": f"http://127.0.0.1:{port}",
        "api__secret_key": secrets.token_hex(16),
        "api_auth__jwt_secret": secrets.token_hex(64),
        "core__dags_are_paused_at_creation": "False",
        "core__execution_api_server_url": f"http://127.0.0.1:{port}/execution/",
        "core__executor": "LocalExecutor",
        "core__fernet_key": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "core__load_examples": "False",
        "core__min_serialized_dag_update_interval": "0",
        "core__parallelism": "4",
        "core__simple_auth_manager_passwords_file": str(passwords),
        "core__simple_auth_manager_users": ",".join(f"{u}:{role}" for u, role in USERS.items()),
        "dag_processor__bundle_refresh_check_interval": "1",
        "dag_processor__dag_bundle_config_list": json.dumps(_bundles(home)),
        "dag_processor__min_file_process_interval": "3600",  # a file that changes is read at once
        "database__sql_alchemy_conn": f"sqlite:///{home / 'airflow.db'}",
        "governance__mlflow_tracking_uri": f"sqlite:///{home / 'mlflow.db'}",
        "governance__spool_dir": str(home / "spool"),
        "scheduler__scheduler_idle_sleep_time": "0.5",
        "scheduler__trigger_timeout_check_interval": "2",
        "workers__execution_api_timeout": "60",
        "workers__min_heartbeat_interval": "1",
        **(settings or {}),
    }
    return {
        **inherited,
        **{f"AIRFLOW__{name.upper()}": value for name, value in options.items()},
        "AIRFLOW_HOME": str(home),
        "DO_NOT_TRACK": "true",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_TRACKING_URI": f"sqlite:///{home / 'mlflow.db'}",
        "PYTHONUNBUFFERED": "1",
        "TZ": "UTC",
    }


def written_dags(home: Path) -> Path:
    """Where a test may write and edit Dag files."""
    return home / "dags"


def write_dag(home: Path, name: str, content: str) -> Path:
    """Write a Dag file so that Airflow reads it again even if it is just reading what was there.

    It compares the time of the file with the end of its last reading, which lies after the moment
    at which that reading saw the file. A time somewhat in the future is never too early.
    """
    file = written_dags(home) / name
    file.write_text(content, encoding="utf-8")
    later = time.time() + READING_SECONDS
    os.utime(file, (later, later))
    return file


def _bundles(home: Path) -> list[dict[str, object]]:
    """The tests' own Dags, the examples that users get, and what tests write."""
    written_dags(home).mkdir(exist_ok=True)
    folders = {
        "e2e": TESTS / "e2e" / "dags",
        "examples": TESTS.parent / "dags_examples",
        "written": written_dags(home),
    }
    return [
        {
            "name": name,
            "classpath": "airflow.dag_processing.bundles.local.LocalDagBundle",
            "kwargs": {"path": str(folder), "refresh_interval": 1 if name == "written" else 3600},
        }
        for name, folder in folders.items()
    ]
