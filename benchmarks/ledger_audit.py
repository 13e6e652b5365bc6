"""Verifying a ledger in its database, beside hashing its events once.

Cases take turns in one process; a ratio is of the best runs. *hash* is SHA-256 over each event in
memory. *verify* is what `airflow governance ledger verify --full` does: every event hashed again
and compared with its columns, the tree folded, every checkpoint compared. From 200,000 events on a
second process looks at some of them; its start is in the time. Work is the processor time of the
first process alone; the rest of the time it waits for the database, or for the second one.

    python benchmarks/ledger_audit.py --events 1000000
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from hashlib import sha256
from time import perf_counter, process_time

from ledger_databases import NOON, events, fresh, postgres

from airflow_gov_provider.domain.ledger import notes
from airflow_gov_provider.store import database
from airflow_gov_provider.store.audit.whole import audit
from airflow_gov_provider.store.events.rows import insert_events
from airflow_gov_provider.store.ledger import tree as ledger
from airflow_gov_provider.store.ledger.keyring import Keyring

KEYS = Keyring(signer=notes.SignerKey("benchmark.example", bytes(32)))


def fill(url: str, count: int) -> None:
    with database.transaction(url) as connection:
        insert_events(connection, events(count), recorded_at=NOON)
    made: object = True
    while made:
        with database.transaction(url) as connection:
            ledger.lock(connection)
            made = ledger.seal(connection, KEYS, origin="benchmark.example", now=NOON)
    with database.transaction(url) as connection:
        connection.exec_driver_sql("ANALYZE")


def verify(url: str, count: int) -> None:
    with database.transaction(url) as connection:
        report = audit(connection, KEYS)
    if report.problems or report.events != count:
        raise SystemExit(f"it should verify: {report.problems[:1]}")


def best_of(cases: dict[str, Callable[[], object]], turns: int) -> dict[str, tuple[float, float]]:
    best: dict[str, tuple[float, float]] = {}
    for _ in range(turns):
        for name, case in cases.items():
            begun, worked = perf_counter(), process_time()
            case()
            taken = perf_counter() - begun, process_time() - worked
            best[name] = min(taken, best.get(name, taken))
    return best


def measure(kind: str, server: str | None, count: int, turns: int) -> None:
    documents = [event.document for event in events(count)]
    with fresh(kind, server) as url:
        fill(url, count)
        best = best_of(
            {
                "hash": lambda: [sha256(document).digest() for document in documents],
                "verify": lambda: verify(url, count),
            },
            turns,
        )
    size = sum(map(len, documents)) / count
    print(f"\n{kind}, {count:,} events of {size:,.0f} bytes, best of {turns}")
    for name, (taken, work) in best.items():
        print(
            f"  {name:7} {taken:7.2f} s {taken / best['hash'][0]:6.1f}x hash, "
            f"work {work:7.2f} s {work / best['hash'][1]:6.1f}x"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--turns", type=int, default=2)
    parser.add_argument("--postgres", help="URL of a server where databases may be created")
    options = parser.parse_args()
    measure("sqlite", None, options.events, options.turns)
    with postgres(options.postgres) as server:
        if server:
            measure("postgresql", server, options.events, options.turns)


if __name__ == "__main__":
    main()
