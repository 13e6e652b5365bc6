"""Where the demo lives, who its users are, and how its Airflow is set up."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PREFERRED_PORT = 8080
USERS = {"requester": "user", "approver": "user", "auditor": "viewer"}
MARKER = "made-by-make-demo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """One run of the demo: its directory, its port, its password (each user's name and "-demo")."""

    home: Path
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def governance_url(self) -> str:
        return f"sqlite:///{self.home / 'governance.db'}"

    @property
    def mlflow_url(self) -> str:
        return f"sqlite:///{self.home / 'mlflow.db'}"

    def password(self, user: str) -> str:
        return f"{user}-demo"


def fresh(home: Path) -> Demo:
    """An empty home; what an earlier demo left there is removed, anything else is refused."""
    if home.exists() and any(home.iterdir()) and not (home / MARKER).exists():
        raise SystemExit(
            f"{home} holds files that no demo made; remove it or choose another --home"
        )
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    (home / MARKER).touch()
    demo = Demo(home=home, port=_free_port(PREFERRED_PORT))
    passwords = {user: demo.password(user) for user in USERS}
    (home / "passwords.json").write_text(json.dumps(passwords) + "\n")
    return demo


def settings(demo: Demo) -> dict[str, str]:
    """Environment of the demo's Airflow; nothing outside its home is touched."""
    api = f"{demo.url}/execution/"
    return {
        **{k: v for k, v in os.environ.items() if not k.startswith("AIRFLOW")},
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "AIRFLOW_HOME": str(demo.home),
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(demo.port),
        "AIRFLOW__API__BASE_URL": demo.url,
        "AIRFLOW__API__SECRET_KEY": secrets.token_urlsafe(64),
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_urlsafe(64),
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(REPOSITORY / "dags_examples"),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": api,
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(demo.home / "passwords.json"),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{u}:{r}" for u, r in USERS.items()),
        "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(_free_port(0)),
        "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(_free_port(0)),
        # The first call of a fresh api-server can take long where the machine is busy.
        "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "60",
        "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
        "AIRFLOW__GOVERNANCE__MLFLOW_TRACKING_URI": demo.mlflow_url,
        "MLFLOW_TRACKING_URI": demo.mlflow_url,
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
        "NO_COLOR": "1",
    }


def _free_port(preferred: int) -> int:
    """The preferred port, or any free one if it is taken."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise SystemExit("no free port on 127.0.0.1")
