"""An Airflow on a seeded governance database: an api-server and nothing else, which is enough to look.

The history is the one of `make seed-demo`, shorter and with many more events, so that the pages are
tried with what they are made for.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from random import Random
from types import ModuleType

import httpx
from e2e.harness.settings import free_port

from airflow_gov_provider.store import database
from airflow_gov_provider.store.events.rows import insert_events
from airflow_gov_provider.store.search import index as search_index

REPOSITORY = Path(__file__).parents[2]
SEED = REPOSITORY / "dags_examples" / "seed"
START_SECONDS = 240
STOP_SECONDS = 20
RUNS_AT_ONCE = 500


def password_of(user: str) -> str:
    return f"{user}-demo"


def seed(home: Path, *, port: int, events: int = 0, days: int = 365) -> str:
    """Tell the story into a new home. :returns: what the seed says that it made."""
    arguments = ["--home", home, "--port", port, "--events", events, "--days", days]
    done = subprocess.run(
        [sys.executable, SEED, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


class SeededAirflow:
    """:param home: that a seed has made."""

    def __init__(self, home: Path, *, port: int | None = None) -> None:
        self.home = home
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None
        self._clients: dict[str, httpx.Client] = {}

    @property
    def governance_url(self) -> str:
        return f"sqlite:///{self.home / 'governance.db'}"

    def start(self) -> None:
        """The api-server, with the settings that the seed left behind."""
        with (self.home / "api-server.log").open("ab") as log:
            self._process = subprocess.Popen(
                self._command("api-server"),
                cwd=self.home,
                env=_environment(),
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            assert self._process.poll() is None, self._log()
            assert time.monotonic() < deadline, f"no answer in {START_SECONDS} s\n{self._log()}"
            time.sleep(0.5)

    def stop(self) -> None:
        for client in self._clients.values():
            client.close()
        self._clients.clear()
        process, self._process = self._process, None
        if process is None:
            return
        for kind in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(process.pid, kind)
                process.wait(STOP_SECONDS)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                continue

    def airflow(self, *arguments: str) -> str:
        """Output of an ``airflow`` command in this home."""
        done = subprocess.run(
            self._command(*arguments),
            env=_environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"airflow {' '.join(arguments)}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def _command(self, *arguments: str) -> list[str]:
        enter = f'PORT={self.port}; . "{self.home / "airflow.env"}"; exec "$0" -m airflow "$@"'
        return ["/bin/bash", "-c", enter, sys.executable, *arguments]

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/api/v2/version", timeout=5).is_success
        except httpx.TransportError:
            return False

    def _log(self) -> str:
        return (self.home / "api-server.log").read_text(errors="replace")[-4000:]

    def api(self, user: str = "admin") -> httpx.Client:
        """A client that is logged in as the user."""
        if user not in self._clients:
            token = httpx.post(
                f"{self.url}/auth/token",
                json={"username": user, "password": password_of(user)},
                timeout=60,
            )
            token.raise_for_status()
            self._clients[user] = httpx.Client(
                base_url=self.url,
                headers={"Authorization": f"Bearer {token.json()['access_token']}"},
                timeout=60,
            )
        return self._clients[user]

    def get(self, path: str, *, user: str = "admin", **query: str | int) -> dict[str, object]:
        answer = self.api(user).get(path, params=query)
        assert answer.is_success, f"{path}: {answer.status_code} {answer.text}"
        return dict(json.loads(answer.text))

    def fill(self, events: int) -> None:
        """Bring so many more events, seal and index them; no server may run meanwhile."""
        arrive(self.governance_url, events)
        self.airflow("governance", "ledger", "seal")


def arrive(url: str, events: int) -> None:
    """As the bulk of the seed arrives, and indexed as the collector does it."""
    filler = _filler()
    begin, runs = datetime(2026, 1, 1, tzinfo=UTC), events // filler.OF_A_RUN
    dice = Random(7)  # noqa: S311 - events, not secrets
    for day in range(0, runs, RUNS_AT_ONCE):
        some = filler.events_of_day(
            begin + timedelta(days=day // RUNS_AT_ONCE),
            runs=min(RUNS_AT_ONCE, runs - day),
            dice=dice,
        )
        with database.transaction(url) as connection:
            insert_events(connection, some, recorded_at=begin + timedelta(days=365))
    with database.transaction(url) as connection:
        below = search_index.settled(connection)
    while True:
        with database.transaction(url) as connection:
            if not search_index.index_next(connection, below):
                return


def _filler() -> ModuleType:
    spec = spec_from_file_location("seed_filler", SEED / "filler.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _environment() -> dict[str, str]:
    clean = {name: text for name, text in os.environ.items() if not name.startswith("AIRFLOW")}
    return {
        **clean,
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__CORE__AUTH_MANAGER": "browser.narrow_auth_manager.NarrowAuthManager",
        "PYTHONPATH": str(REPOSITORY / "tests"),
        "TZ": "UTC",
    }
