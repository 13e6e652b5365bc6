"""Proving one event of a ledger of ten million leaves, from the database to the text of the proof.

The databases are filled for this: every leaf, every node and the checkpoint are as sealing makes
them. Of the events only those that are proven are there; no proof reads another one. Each proof
begins by opening a connection, which is in its time, and with nothing in the cache of it.

    python benchmarks/ledger_prove.py --leaves 10000000
"""

from __future__ import annotations

import argparse
import random
import statistics
from time import perf_counter, process_time

import figures
from ledger_databases import NOON, fresh, postgres
from sqlalchemy import insert

from airflow_gov_provider.domain.events import Event
from airflow_gov_provider.domain.ledger import notes
from airflow_gov_provider.domain.ledger.merkle import CompactRange, leaf_hashes
from airflow_gov_provider.domain.ledger.tlog_proof import verify_event
from airflow_gov_provider.store import database
from airflow_gov_provider.store.events.rows import insert_events
from airflow_gov_provider.store.ledger import tree as ledger
from airflow_gov_provider.store.ledger.leaves import insert_rows
from airflow_gov_provider.store.ledger.sealed_events import proof_of, sealed_event
from airflow_gov_provider.store.tables import checkpoint, leaf, ledger_node

KEY = notes.SignerKey("benchmark.example", bytes(32))
AT_ONCE = 200_000
MOST_MS, JUDGED_FROM = 50, 10_000_000


def an_event(number: int) -> Event:
    payload = {"operator": "PythonOperator", "text": "x" * 500}
    return Event(event_id=f"{number:064x}", type="t", occurred_at=NOON, payload=payload)


def fill(url: str, leaves: int, proven: set[int]) -> None:
    """As sealing would leave it; the other events are stood for by their numbers."""
    with database.transaction(url) as connection:
        insert_events(connection, map(an_event, sorted(proven)), recorded_at=NOON)
    tree, nodes = CompactRange(), []
    levels = range(ledger.STORED_LEVELS, 64, ledger.STORED_LEVELS)
    for start in range(0, leaves, AT_ONCE):
        numbers = range(start, min(start + AT_ONCE, leaves))
        hashes = leaf_hashes(
            an_event(number).document if number in proven else b"%d" % number for number in numbers
        )
        tree = tree.extend(
            hashes, lambda level, at, found: nodes.append((level, at, found)), levels=levels
        )
        rows = ((n, f"{n:064x}", found) for n, found in zip(numbers, hashes, strict=True))
        with database.transaction(url) as connection:
            insert_rows(connection, leaf, rows)
    note = notes.sign(notes.Checkpoint(KEY.name, tree.size, tree.root).text, KEY)
    signed = insert(checkpoint).values(
        size=tree.size, note=note, compact_range=tree.to_bytes(), sealed_at=NOON
    )
    with database.transaction(url) as connection:
        insert_rows(connection, ledger_node, nodes)
        connection.execute(signed)
    with database.transaction(url) as connection:
        connection.exec_driver_sql("ANALYZE")


def prove(url: str, number: int) -> tuple[float, float, str]:
    """Seconds by the clock, seconds of work, and the proof."""
    database.engine_for(url).dispose()
    begun, worked = perf_counter(), process_time()
    with database.transaction(url) as connection:
        ledger.snapshot(connection)
        last = ledger.last_checkpoint(connection)
        found = sealed_event(connection, f"{number:064x}")
        if found is None or last is None:
            raise SystemExit(f"leaf {number} should be there")
        text = proof_of(connection, found, last)
    return perf_counter() - begun, process_time() - worked, text


def chosen(leaves: int, proofs: int) -> set[int]:
    draw = random.Random(1)  # noqa: S311 - the same ones in each run
    return {draw.randrange(leaves) for _ in range(proofs)}


def report(kind: str, url: str, proven: set[int], *, judged: bool) -> None:
    taken, work = [], []
    for number in sorted(proven):
        seconds, cpu, text = prove(url, number)
        verify_event(text, an_event(number).document, [KEY.verifier])
        taken.append(seconds * 1000)
        work.append(cpu * 1000)
    p95 = statistics.quantiles(taken, n=20)[-1]
    print(
        f"{kind}, one proof: median {statistics.median(taken):.1f} ms, p95 {p95:.1f} ms, "
        f"slowest {max(taken):.1f} ms, of {len(taken)}; {statistics.median(work):.1f} ms of it are "
        "work of this process"
    )
    limit = figures.Limit(
        figure=f"{kind}: proving one event, p95",
        found=f"{p95:.1f} ms",
        limit=f"< {MOST_MS} ms",
        kept=p95 < MOST_MS if judged else None,
    )
    figures.tell([limit])


def measure(kind: str, server: str | None, leaves: int, proofs: int) -> None:
    proven = chosen(leaves, proofs)
    with fresh(kind, server) as url:
        begun = perf_counter()
        fill(url, leaves, proven)
        print(f"{kind}, {leaves:,} leaves, filled in {perf_counter() - begun:.0f} s", flush=True)
        report(kind, url, proven, judged=leaves >= JUDGED_FROM)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--leaves", type=int, default=10_000_000)
    parser.add_argument("--proofs", type=int, default=200)
    parser.add_argument("--postgres", help="URL of a server where databases may be created")
    options = parser.parse_args()
    measure("sqlite", None, options.leaves, options.proofs)
    with postgres(options.postgres) as server:
        if server:
            measure("postgresql", server, options.leaves, options.proofs)


if __name__ == "__main__":
    main()
