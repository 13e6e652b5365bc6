"""Proving one event of a ledger of ten million leaves, from the database to the text of the proof.

The store is a SQLite file that is filled for this: every leaf, every node and the checkpoint are as
sealing makes them. Of the events only those that are proven are there; no proof reads another one.
Each proof begins on a new connection, with nothing in its cache.

    python benchmarks/ledger_prove.py --leaves 10000000
"""

from __future__ import annotations

import argparse
import random
import sqlite3
import statistics
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter, process_time

from airflow_gov_provider.domain.events import Event
from airflow_gov_provider.domain.ledger import notes
from airflow_gov_provider.domain.ledger.merkle import CompactRange, leaf_hashes
from airflow_gov_provider.domain.ledger.tlog_proof import verify_event
from airflow_gov_provider.store import database, ledger
from airflow_gov_provider.store.events import insert_events
from airflow_gov_provider.store.sealed_events import proof_of, sealed_event

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
KEY = notes.SignerKey("benchmark.example", bytes(32))
AT_ONCE = 200_000


def an_event(number: int) -> Event:
    payload = {"operator": "PythonOperator", "text": "x" * 500}
    return Event(event_id=f"{number:064x}", type="t", occurred_at=NOON, payload=payload)


def fill(path: Path, leaves: int, proven: set[int]) -> None:
    """As sealing would leave it; the other events are stood for by their numbers."""
    tree, nodes = CompactRange(), []
    raw = sqlite3.connect(path, isolation_level=None)
    raw.execute("PRAGMA synchronous=OFF")
    raw.execute("BEGIN")
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
        raw.executemany("INSERT INTO leaf VALUES (?, ?, ?)", rows)
    raw.executemany("INSERT INTO ledger_node VALUES (?, ?, ?)", nodes)
    note = notes.sign(notes.Checkpoint(KEY.name, tree.size, tree.root).text, KEY)
    signed = (tree.size, note, tree.to_bytes(), NOON.replace(tzinfo=None).isoformat(" "))
    raw.execute(
        "INSERT INTO checkpoint (size, note, compact_range, sealed_at) VALUES (?, ?, ?, ?)", signed
    )
    raw.execute("COMMIT")
    raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    raw.close()


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--leaves", type=int, default=10_000_000)
    parser.add_argument("--proofs", type=int, default=200)
    options = parser.parse_args()
    chosen = random.Random(1)  # noqa: S311 - the same ones in each run
    proven = {chosen.randrange(options.leaves) for _ in range(options.proofs)}
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "governance.db"
        url = f"sqlite:///{path}"
        database.migrate(url)
        with database.transaction(url) as connection:
            insert_events(connection, map(an_event, sorted(proven)), recorded_at=NOON)
        begun = perf_counter()
        fill(path, options.leaves, proven)
        filled = perf_counter() - begun
        print(
            f"{options.leaves:,} leaves, {path.stat().st_size / 1e6:,.0f} MB, "
            f"filled in {filled:.0f} s"
        )
        taken, work = [], []
        for number in sorted(proven):
            seconds, cpu, text = prove(url, number)
            verify_event(text, an_event(number).document, [KEY.verifier])
            taken.append(seconds * 1000)
            work.append(cpu * 1000)
        database.engine_for(url).dispose()
    p95 = statistics.quantiles(taken, n=20)[-1]
    print(
        f"one proof: median {statistics.median(taken):.1f} ms, p95 {p95:.1f} ms, "
        f"slowest {max(taken):.1f} ms, of {len(taken)}; {statistics.median(work):.1f} ms of it are "
        "work of this process; the aim is below 50 ms"
    )


if __name__ == "__main__":
    main()
