"""What sealing costs: events a second that get leaves, and with ``--load`` a queue under load.

Each store is a new database with so many events that wait. *sealed* gives them leaves in batches,
stores the tree and signs it, as the collector does; *verified* reads everything again, beside
hashing the same documents once.

The load: processes that commit one event after the other, at a given rate together, while another
one seals. The length of the queue is looked at twice a second: as long as it does not grow, sealing
keeps up. Beside it, what the same processes reach with the same statements where no event is queued
and nobody seals: more single commits than that this machine and its disk do not give.

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
from dataclasses import dataclass
from typing import Any

import figures
from ledger_databases import NOON, events, fresh, postgres, without_queue

from airflow_gov_provider.domain.events import Event
from airflow_gov_provider.domain.ledger import notes
from airflow_gov_provider.store import database
from airflow_gov_provider.store.audit.whole import audit
from airflow_gov_provider.store.events.rows import insert_events
from airflow_gov_provider.store.ledger import tree as ledger
from airflow_gov_provider.store.ledger.keyring import Keyring

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


_INSERT = (
    "INSERT INTO event (event_id, type, state, dag_id, run_id, task_id, map_index, try_number,"
    " witness, occurred_at, recorded_at, document)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def write(url: str, name: str, share: Share, meeting: Meeting) -> None:
    """One event a transaction, by the driver alone, of rows that are ready; late ones are caught
    up with.
    """
    rows = [_row(event) for event in events(share.rows, prefix=name)]
    with database.engine_for(url).connect() as connection:
        driver: Any = connection.connection.driver_connection
        lite = connection.dialect.name == "sqlite"
        statement = _INSERT if lite else _INSERT.replace("?", "%s")
        meeting.ready.wait()
        begin = time.monotonic()
        for number, row in enumerate(rows, start=1):
            if meeting.stop.is_set():
                break
            driver.execute(statement, row)
            driver.commit()
            share.written.value = number
            time.sleep(max(0.0, begin + number / share.rate - time.monotonic()))


def _row(event: Event) -> tuple[Any, ...]:
    at = event.occurred_at.isoformat()
    fields = (event.event_id, event.type, event.state, event.dag_id, event.run_id, event.task_id)
    return (*fields, -1, 1, "listener", at, at, event.document.decode())


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Of one writer.

    :param rate: events a second that it is to write.
    :param written: how many it has.
    """

    rows: int
    rate: float
    written: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    ready: Any
    stop: Any


def keep_sealing(url: str, meeting: Meeting) -> None:
    """Sleeps as the collector does when little waits."""
    meeting.ready.wait()
    while not meeting.stop.is_set():
        if seal_batch(url) < ledger.BATCH:
            meeting.stop.wait(PAUSE)


def written_beside(
    url: str, options: argparse.Namespace, *, sealer: bool
) -> tuple[float, list[int]]:
    """Events a second that the writers reach, and the lengths of the queue meanwhile."""
    context = multiprocessing.get_context("spawn")
    everybody = options.writers + sealer + 1
    meeting = Meeting(ready=context.Barrier(everybody), stop=context.Event())
    rate = options.load / options.writers
    shares = [
        Share(
            rows=int(rate * options.seconds), rate=rate, written=context.Value("q", 0, lock=False)
        )
        for _ in range(options.writers)
    ]
    processes = [
        context.Process(target=write, args=(url, f"w{number}-", share, meeting))
        for number, share in enumerate(shares)
    ]
    if sealer:
        processes.append(context.Process(target=keep_sealing, args=(url, meeting)))
    for process in processes:
        process.start()
    meeting.ready.wait()
    begin, lengths = time.monotonic(), []
    while time.monotonic() - begin < options.seconds:
        time.sleep(PAUSE)
        with database.transaction(url) as connection:
            lengths.append(ledger.ledger_state(connection).unsealed)
    reached = sum(share.written.value for share in shares) / (time.monotonic() - begin)
    meeting.stop.set()
    for process in processes:
        process.join()
    return reached, lengths


def under_load(kind: str, server: str | None, options: argparse.Namespace) -> None:
    with fresh(kind, server) as url:
        without_queue(url)
        bare, _ = written_beside(url, options, sealer=False)
    with fresh(kind, server) as url:
        reached, lengths = written_beside(url, options, sealer=True)
    half = len(lengths) // 2
    print(
        f"\n{kind}, {options.writers} writers of single events, {options.load:,} a second asked for"
    )
    print(f"  bare, neither queued nor sealed: {bare:,.0f} events/s")
    print(f"  queued, beside a sealer:         {reached:,.0f} events/s, {reached / bare:.2f}x bare")
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
