"""Engines for the governance database, and its schema.

SQLite runs in WAL mode, so that readers and the one writer do not wait for each
other. The other modules of this package take a Connection and never commit: whoever opened a
transaction closes it.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import (
    ColumnClause,
    Connection,
    Engine,
    column,
    create_engine,
    event,
    inspect,
    select,
    table,
)
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError

from airflow_gov_provider.exceptions import (
    ArgumentInvalid,
    StoreAhead,
    StoreBehind,
    StoreUnavailable,
)
from airflow_gov_provider.store.tables import VERSION_TABLE

_BUSY_TIMEOUT_SECONDS = 30
_CONNECT_TIMEOUT_SECONDS = 10
_MIGRATIONS = Path(__file__).parent / "migrations"
_MIGRATING = threading.Lock()  # alembic keeps what it works on in globals
SUPPORTED = ("sqlite", "postgresql")


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaState:
    """Where a database stands.

    :param current: its revision, or None for a database without our tables.
    :param head: the revision this package needs.
    """

    url: str
    current: str | None
    head: str

    @property
    def is_current(self) -> bool:
        return self.current == self.head

    @property
    def is_ahead(self) -> bool:
        """Whether it has a revision that this package does not know."""
        return self.current is not None and self.current not in _revisions()

    @property
    def problem(self) -> str | None:
        """What is wrong with it and what helps; None if nothing is."""
        if self.is_current:
            return None
        if self.is_ahead:
            return (
                f"newer than this airflow-gov-provider, whose newest revision is {self.head}; "
                "install the version that migrated the database, or a newer one"
            )
        return f"behind {self.head}; run `airflow governance db migrate`"


def engine_for(url: str) -> Engine:
    """An engine of this process for the URL; the same one at each call.

    :raises ArgumentInvalid: if the URL is malformed, of another database or lacks its driver.
    """
    return _engine(url, os.getpid())  # a forked child must not use its parent's connections


@lru_cache(maxsize=8)
def _engine(url: str, pid: int) -> Engine:  # noqa: ARG001 - the pid is part of the cache key
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise ArgumentInvalid(
            "[governance] sql_alchemy_conn is not a SQLAlchemy URL; expected for example "
            "postgresql+psycopg://user@host/database"
        ) from error
    backend = parsed.get_backend_name()
    if backend not in SUPPORTED:
        raise ArgumentInvalid(
            f"[governance] sql_alchemy_conn names the database {backend!r}; "
            f"supported are {' and '.join(SUPPORTED)}"
        )
    if backend == "sqlite":
        return _sqlite_engine(url, parsed.database)
    try:
        return create_engine(url, pool_pre_ping=True, pool_size=5, connect_args=patience(parsed))
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise ArgumentInvalid(
            f"the driver of {parsed.drivername!r} is not installed; "
            "`pip install 'airflow-gov-provider[postgres]'` brings one"
        ) from error


def patience(url: URL) -> dict[str, int]:
    """What a driver is told of how long to wait: for a server that does not answer at all, unless
    the URL says its own, and for whoever writes to an SQLite file.

    Without an end, requests for such a server would fill the threads of Airflow's api-server for
    minutes.
    """
    if url.get_backend_name() == "sqlite":
        return {"timeout": _BUSY_TIMEOUT_SECONDS}
    known = url.get_driver_name() in ("psycopg", "psycopg2")
    if known and "connect_timeout" not in url.query:
        return {"connect_timeout": _CONNECT_TIMEOUT_SECONDS}
    return {}


def _sqlite_engine(url: str, path: str | None) -> Engine:
    if path and path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args=patience(make_url(url)))

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")  # evidence must survive a power cut
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    return engine


@contextmanager
def translated_errors(url: str) -> Iterator[None]:
    """Turn a failure to reach the database into StoreUnavailable, without its password."""
    try:
        yield
    except OperationalError as error:
        raise StoreUnavailable(_unreachable(url, error)) from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise StoreUnavailable(_unreachable(url, error)) from error
        raise


def _unreachable(url: str, error: DBAPIError) -> str:
    detail = str(error.orig).strip().splitlines()
    return (
        f"the governance database {safe_url(url)} did not answer "
        f"({detail[0] if detail else type(error.orig).__name__}); "
        "check [governance] sql_alchemy_conn and that the database is running"
    )


def safe_url(url: str) -> str:
    """The URL without its password and its parameters, which may hold another one."""
    return make_url(url).set(query={}).render_as_string(hide_password=True)


@contextmanager
def transaction(url: str) -> Iterator[Connection]:
    """A connection that commits at the end of the block and rolls back on an error.

    :raises StoreUnavailable: if the database cannot be reached.
    """
    with translated_errors(url), engine_for(url).begin() as connection:
        yield connection


def schema_state(url: str) -> SchemaState:
    """:raises StoreUnavailable: if the database cannot be reached."""
    with translated_errors(url), engine_for(url).connect() as connection:
        current = None
        # Not asked of alembic's MigrationContext, which logs two lines each time.
        if inspect(connection).has_table(VERSION_TABLE):
            version: ColumnClause[str] = column("version_num")
            current = connection.scalar(select(version).select_from(table(VERSION_TABLE, version)))
    return SchemaState(url=safe_url(url), current=current, head=_head())


def _head() -> str:
    return _revisions()[0]


@lru_cache(maxsize=1)
def _revisions() -> tuple[str, ...]:
    """Every revision that this package knows, the newest first."""
    from alembic.script import ScriptDirectory

    return tuple(script.revision for script in ScriptDirectory(str(_MIGRATIONS)).walk_revisions())


def migrate(url: str) -> SchemaState:
    """Bring the schema to this package's revision; several processes may try at the same time.

    :raises StoreAhead: if a newer version of this package has migrated it already.
    :raises StoreUnavailable: if the database cannot be reached.
    """
    refuse_newer(schema_state(url))
    from alembic import command
    from alembic.config import Config

    with _MIGRATING, transaction(url) as connection, _quiet_alembic():
        _one_migration_at_a_time(connection)
        config = Config()
        config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return schema_state(url)


@contextmanager
def _quiet_alembic() -> Iterator[None]:
    """Without the lines that alembic writes about each step, which end up in a task's log."""
    logger = logging.getLogger("alembic")
    before = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(before)


def _one_migration_at_a_time(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtext('airflow_gov_provider'))")


@lru_cache(maxsize=8)
def _known_current(url: str, pid: int) -> None:  # noqa: ARG001 - the pid is part of the cache key
    require_current(url)


def require_current(url: str) -> None:
    """Refuse every schema but the one this package needs.

    :raises StoreBehind: if it is older.
    :raises StoreAhead: if it is newer.
    """
    state = schema_state(url)
    refuse_newer(state)
    if not state.is_current:
        raise StoreBehind(_complaint(state))


def refuse_newer(state: SchemaState) -> None:
    """:raises StoreAhead: if the revision is none that this package knows."""
    if state.is_ahead:
        raise StoreAhead(_complaint(state))


def _complaint(state: SchemaState) -> str:
    return (
        f"the governance database {state.url} has schema revision {state.current or 'none'}, "
        f"which is {state.problem}"
    )


def prepare(url: str, *, migrate_first: bool) -> Engine:
    """The engine of a database whose schema is known to be current.

    :param migrate_first: bring an older schema up to date instead of refusing it.
    :raises StoreBehind: if it is older and may not be migrated.
    :raises StoreUnavailable: if the database cannot be reached.
    """
    if migrate_first and not schema_state(url).is_current:
        migrate(url)
    _known_current(url, os.getpid())
    return engine_for(url)
