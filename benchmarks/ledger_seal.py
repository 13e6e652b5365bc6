"""What sealing costs: events a second into the tree, beside inserting the same events bare.

Each store is a new database. *bare* inserts the rows and nothing else (no queue, no triggers);
*shipped* inserts them as the collector does, so that they are queued; *sealed* then gives them
leaves, stores the tree and signs it. The ratio is the time of bare against shipped and sealed
together. *verify* reads everything again, beside hashing the same documents once.

    python benchmarks/ledger_seal.py --events 200000 --postgres postgresql+psycopg://u@h/empty_db
"""

from __future__ import annotations

import argparse
import hashlib
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from airflow_gov_provider.domain.events import Event
from airflow_gov_provider.domain.ledger import notes
from airflow_gov_provider.store import database, ledger
from airflow_gov_provider.store.audit import audit
from airflow_gov_provider.store.events import insert_events
from airflow_gov_provider.store.keyring import Keyring

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
KEYS = Keyring(signer=notes.SignerKey("bench", bytes(32)))
BATCH = 10_000


def events(count: int) -> list[Event]:
    payload = {"operator": "PythonOperator", "owner": "ml-team", "text": "x" * 500}
    return [
        Event(
            event_id=hashlib.sha256(str(number).encode()).hexdigest(),
            type="task_instance.success",
            state="success",
            dag_id=f"dag_{number % 50}",
            run_id=f"scheduled__2026-11-21T{number % 24:02d}:00:00+00:00",
            task_id=f"task_{number % 20}",
            map_index=-1,
            try_number=1,
            occurred_at=NOON + timedelta(milliseconds=number),
            payload=payload,
        )
        for number in range(count)
    ]


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def insert(url: str, rows: list[Event]) -> None:
    for start in range(0, len(rows), BATCH):
        with database.transaction(url) as connection:
            insert_events(connection, rows[start : start + BATCH], recorded_at=NOON)


def seal(url: str) -> None:
    while True:
        with database.transaction(url) as connection:
            ledger.lock(connection)
            if ledger.seal(connection, KEYS, origin="bench", now=NOON) is None:
                return


def verify(url: str) -> None:
    with database.transaction(url) as connection:
        report = audit(connection, KEYS)
    if report.problems:
        raise SystemExit(str(report.problems[0]))


def as_autovacuum_does(url: str) -> None:
    with database.transaction(url) as connection:
        connection.exec_driver_sql("ANALYZE")


def without_queue(url: str) -> None:
    with database.transaction(url) as connection:
        on = " ON event" if connection.dialect.name == "postgresql" else ""
        connection.exec_driver_sql(f"DROP TRIGGER governance_queue{on}")


@contextmanager
def fresh(kind: str, postgres: str | None) -> Iterator[str]:
    """A migrated, empty database."""
    if kind == "sqlite":
        with tempfile.TemporaryDirectory() as directory:
            url = f"sqlite:///{Path(directory) / 'bench.db'}"
            database.migrate(url)
            yield url
        return
    name = f"bench_{time.monotonic_ns()}"
    admin = create_engine(str(postgres), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    url = make_url(str(postgres)).set(database=name).render_as_string(hide_password=False)
    try:
        database.migrate(url)
        yield url
    finally:
        database.engine_for(url).dispose()
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        admin.dispose()


def measure(kind: str, postgres: str | None, rows: list[Event]) -> dict[str, float]:
    with fresh(kind, postgres) as url:
        without_queue(url)
        bare = seconds(lambda: insert(url, rows))
    with fresh(kind, postgres) as url:
        shipped = seconds(lambda: insert(url, rows))
        sealed = seconds(lambda: seal(url))
        as_autovacuum_does(url)
        verified = seconds(lambda: verify(url))
    documents = [row.document for row in rows]
    hashed = seconds(lambda: [hashlib.sha256(item).digest() for item in documents])
    return {
        "bare": bare,
        "shipped": shipped,
        "sealed": sealed,
        "verified": verified,
        "hashed": hashed,
    }


def report(kind: str, count: int, runs: list[dict[str, float]]) -> None:
    middle = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
    print(f"\n{kind}, {count:,} events, median of {len(runs)}")
    for name in ("bare", "shipped", "sealed", "verified"):
        print(f"  {name:9} {middle[name]:7.2f} s  {count / middle[name]:10,.0f} events/s")
    both = middle["shipped"] + middle["sealed"]
    print(f"  shipping and sealing run at {middle['bare'] / both:.2f}x the rate of bare inserts")
    print(
        f"  verifying takes {middle['verified'] / middle['hashed']:.1f}x the time of hashing once"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--postgres", help="URL of a server where databases may be created")
    options = parser.parse_args()
    rows = events(options.events)
    for kind in ["sqlite", *(["postgresql"] if options.postgres else [])]:
        runs = [measure(kind, options.postgres, rows) for _ in range(options.repeat)]
        report(kind, options.events, runs)


if __name__ == "__main__":
    main()
