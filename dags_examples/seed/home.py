"""The throw-away Airflow that shows the story: its directory, its users, its settings."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
USERS = {
    "requester": "user",
    "approver": "user",
    "reviewer": "user",
    "viewer": "viewer",
    "admin": "admin",
}
MARKER = "made-by-make-seed-demo"
ENVIRONMENT = "airflow.env"


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """:param database: URL of the governance database; empty for the SQLite file in the home."""

    path: Path
    port: int
    database: str = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def password(self, user: str) -> str:
        return f"{user}-demo"

    def settings(self) -> dict[str, str]:
        """What this Airflow needs to be told, whoever starts it."""
        found = {
            "AIRFLOW_HOME": str(self.path),
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": str(self.port),
            "AIRFLOW__API__BASE_URL": self.url,
            "AIRFLOW__API__SECRET_KEY": _kept_secret(self.path / "api.secret"),
            "AIRFLOW__API_AUTH__JWT_SECRET": _kept_secret(self.path / "jwt.secret"),
            "AIRFLOW__CORE__DAGS_FOLDER": str(HERE / "dags"),
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__PARALLELISM": "4",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{self.path / 'airflow.db'}",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(self.path / "passwords.json"),
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(
                f"{user}:{role}" for user, role in USERS.items()
            ),
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "DO_NOT_TRACK": "true",
        }
        if self.database:
            found["AIRFLOW__GOVERNANCE__SQL_ALCHEMY_CONN"] = self.database
        return found


def fresh(path: Path, *, port: int, database: str) -> Home:
    """An empty home with users; only what an earlier seed left there is removed."""
    if path.exists() and any(path.iterdir()) and not (path / MARKER).exists():
        raise SystemExit(f"{path} holds files of somebody else; choose another --home")
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    (path / MARKER).touch()
    home = Home(path=path, port=port, database=database)
    passwords = {user: home.password(user) for user in USERS}
    (path / "passwords.json").write_text(json.dumps(passwords) + "\n")
    (path / ENVIRONMENT).write_text(_exports(home))
    return home


def _exports(home: Home) -> str:
    """For a shell; a copy of the home works as well, and PORT may name another port."""
    lines = [
        'AIRFLOW_HOME="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"',
        f"PORT=${{PORT:-{home.port}}}",
    ]
    for name, value in home.settings().items():
        if name != "AIRFLOW_HOME":
            moved = value.replace(str(home.path), "$AIRFLOW_HOME")
            moved = moved.replace(f":{home.port}", ":$PORT")
            moved = "$PORT" if value == str(home.port) else moved
            lines.append(f'{name}="{moved}"')
    return "set -a\n" + "\n".join(lines) + "\nset +a\n"


def _kept_secret(path: Path) -> str:
    if not path.exists():
        path.write_text(secrets.token_urlsafe(48))
        path.chmod(0o600)
    return path.read_text()


def prepare_airflow(home: Home) -> None:
    """Its tables, and the Dags of the story in them."""
    for command in (["db", "migrate"], ["dags", "reserialize"]):
        done = subprocess.run(  # noqa: S603 - a program of this very environment
            [Path(sys.executable).parent / "airflow", *command],
            env={**_clean_environment(), **home.settings()},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"airflow {' '.join(command)} failed:\n{done.stderr[-4000:]}")


def _clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}


def enter(home: Home) -> None:
    """Let this very process be one of that Airflow; before anything of Airflow is imported."""
    for name in [name for name in os.environ if name.startswith("AIRFLOW")]:
        del os.environ[name]
    os.environ.update(home.settings())
