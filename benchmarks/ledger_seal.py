"""What sealing costs: events a second that get leaves, and with ``--load`` a queue under load.

Each store is a new database with so many events that wait. *sealed* gives them leaves in batches,
stores the tree and signs it, as the collector does; *verified* reads everything again, beside
hashing the same documents once.

The load: processes that commit one event after the other, at a given rate together, while another
one seals. The length of the queue is looked at twice a second: as long as it does not grow, sealing
keeps up.

    python benchmarks/ledger_seal.py --events 500000
    python benchmarks/ledger_seal.py --events 100000 --load 5000 --seconds 20 --writers 4
"""

from __future__ import annotations

import argparse
import hashlib
import multiprocessing
import statistics
import time
from collections.abc import Callable
from itertools import count
from typing import Any

import figures
from ledger_databases import NOON, events, fresh, postgres

from airflow_gov_provider.domain.events import Event
from airflow_gov_provider.domain.ledger import notes
from airflow_gov_provider.store import database, ledger
from airflow_gov_provider.store.audit import audit
from airflow_gov_provider.store.events import insert_events
from airflow_gov_provider.store.keyring import Keyring

KEYS = Keyring(signer=notes.SignerKey("bench", bytes(32)))
BATCH = 10_000
PAUSE = 0.5
LEAST_RATE, JUDGED_FROM = 100_000, 200_000


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def insert(url: str, rows: list[Event]) -> None:
    for start in range(0, len(rows), BATCH):
        with database.transaction(url) as connection:
            insert_events(connection, rows[start : start + BATCH], recorded_at=NOON)


def seal_batch(url: str) -> int:
    with database.transaction(url) as connection:
        ledger.lock(connection)
        before = ledger.last_checkpoint(connection)
        made = ledger.seal(connection, KEYS, origin="bench", now=NOON)
    return made.size - (before.size if before else 0) if made else 0


def seal(url: str) -> None:
    while seal_batch(url):
        pass


def verify(url: str) -> None:
    with database.transaction(url) as connection:
        report = audit(connection, KEYS)
    if report.problems:
        raise SystemExit(str(report.problems[0]))


def as_autovacuum_does(url: str) -> None:
    with database.transaction(url) as connection:
        connection.exec_driver_sql("ANALYZE")


def measure(kind: str, server: str | None, rows: list[Event]) -> dict[str, float]:
    with fresh(kind, server) as url:
        insert(url, rows)
        as_autovacuum_does(url)
        sealed = seconds(lambda: seal(url))
        verified = seconds(lambda: verify(url))
    documents = [row.document for row in rows]
    hashed = seconds(lambda: [hashlib.sha256(item).digest() for item in documents])
    return {"sealed": sealed, "verified": verified, "hashed": hashed}


def report(kind: str, total: int, runs: list[dict[str, float]]) -> None:
    middle = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
    print(f"\n{kind}, {total:,} events, median of {len(runs)}")
    for name in ("sealed", "verified"):
        best = min(run[name] for run in runs)
        print(
            f"  {name:9} {middle[name]:7.2f} s  {total / middle[name]:10,.0f} events/s"
            f"   (best {total / best:,.0f})"
        )
    print(
        f"  verifying takes {middle['verified'] / middle['hashed']:.1f}x the time of hashing once"
    )
    rate = total / min(run["sealed"] for run in runs)
    limit = figures.Limit(
        figure=f"{kind}: sealing",
        found=f"{rate:,.0f} events/s",
        limit=f">= {LEAST_RATE:,} events/s",
        kept=rate >= LEAST_RATE if total >= JUDGED_FROM else None,
    )
    figures.tell([limit])


def write(url: str, name: str, rate: float, stop: Any, written: Any) -> None:
    """One event a transaction, by the driver alone; late ones are caught up with."""
    some = events(10**9, prefix=name)
    statement = (
        "INSERT INTO event (event_id, type, state, dag_id, run_id, task_id, map_index, try_number,"
        " witness, occurred_at, recorded_at, document)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    )
    with database.engine_for(url).connect() as connection:
        driver: Any = connection.connection.driver_connection
        lite = connection.dialect.name == "sqlite"
        if not lite:
            statement = statement.replace("?", "%s")
        begin = time.monotonic()
        for number in count():
            if stop.is_set():
                break
            event = next(some)
            at = event.occurred_at.isoformat()
            fields = (event.event_id, event.type, event.state, event.dag_id, event.run_id)
            driver.execute(
                statement,
                (*fields, event.task_id, -1, 1, "listener", at, at, event.document.decode()),
            )
            driver.commit()
            with written.get_lock():
                written.value += 1
            time.sleep(max(0.0, begin + (number + 1) / rate - time.monotonic()))


def keep_sealing(url: str, stop: Any) -> None:
    """Sleeps as the collector does when little waits."""
    while not stop.is_set():
        if seal_batch(url) < ledger.BATCH:
            stop.wait(PAUSE)


def under_load(kind: str, server: str | None, options: argparse.Namespace) -> None:
    context = multiprocessing.get_context("spawn")
    stop, written = context.Event(), context.Value("q", 0)
    share = options.load / options.writers
    with fresh(kind, server) as url:
        processes = [
            context.Process(target=write, args=(url, f"w{number}-", share, stop, written))
            for number in range(options.writers)
        ]
        processes.append(context.Process(target=keep_sealing, args=(url, stop)))
        for process in processes:
            process.start()
        while not written.value:
            time.sleep(0.01)
        begin, first = time.monotonic(), written.value
        lengths = []
        while time.monotonic() - begin < options.seconds:
            time.sleep(PAUSE)
            with database.transaction(url) as connection:
                lengths.append(ledger.ledger_state(connection).unsealed)
        rate = (written.value - first) / (time.monotonic() - begin)
        stop.set()
        for process in processes:
            process.join()
    half = len(lengths) // 2
    print(f"\n{kind}, {options.writers} writers of single events, one sealer")
    print(f"  reached {rate:,.0f} events/s of {options.load:,} asked for")
    print(f"  queue, every {PAUSE} s: {' '.join(map(str, lengths))}")
    print(f"  longest in the first half {max(lengths[:half])}, in the second {max(lengths[half:])}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--load", type=int, default=5000, help="events a second; 0 for none")
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--writers", type=int, default=4)
    parser.add_argument("--postgres", help="URL of a server where databases may be created")
    options = parser.parse_args()
    rows = list(events(options.events))
    with postgres(options.postgres) as server:
        for kind in ["sqlite", *(["postgresql"] if server else [])]:
            if rows:
                report(
                    kind,
                    options.events,
                    [measure(kind, server, rows) for _ in range(options.repeat)],
                )
            if options.load:
                under_load(kind, server, options)


if __name__ == "__main__":
    main()
