"""From the spool into a sealed ledger, beside inserting the same rows bare.

*bare* hands rows that are ready to the driver (COPY on PostgreSQL, one executemany on SQLite) in
one transaction, into the same table with the same indexes, but without the trigger that queues;
the target is of this. *bare, keys alone* does so without the indexes that are not unique.
*ours* reads spool files, checks frames and events, keeps each event once, and seals: queue, leaves,
tree, checkpoint and anchor. It is measured with one process that ships and then seals, and with two
that do so side by side, as the collectors of two hosts. Each case has a new database, and cases
take turns. All of these processes live long elsewhere, so each has done the same with 2,000 other
events before its time begins: modules, keys, statements and connections are there.

    python benchmarks/shipping.py --events 200000 --repeat 3
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from typing import Any

import figures
from ledger_databases import NOON, events, fresh, postgres, without_queue
from sqlalchemy import inspect

from airflow_gov_provider.domain.events import Event
from airflow_gov_provider.store import database
from airflow_gov_provider.store.ledger.tree import ledger_state
from airflow_gov_provider.store.spool.records import frame

_NAMES = (
    *("event_id", "type", "state", "dag_id", "run_id", "task_id", "map_index", "try_number"),
    *("actor", "witness"),
)
_COLUMNS = ", ".join((*_NAMES, "occurred_at", "recorded_at", "document"))
_FRAMES_PER_FILE = 7000
_WARM_UP = 2000
_JUDGED_FROM = 200_000
TARGETS = {"sqlite": 0.5, "postgresql": 0.6}


def write_spool(directory: Path, lines: list[bytes]) -> None:
    for start in range(0, len(lines), _FRAMES_PER_FILE):
        path = directory / f"bench-{start:09d}.spool"
        some = lines[start : start + _FRAMES_PER_FILE]
        path.write_bytes(b"".join([b"\n" + frame(line) for line in some]))


def rows_of(kind: str, some: list[Event]) -> list[tuple[Any, ...]]:
    """As the driver wants them."""

    def at(moment: Any) -> Any:
        if kind == "postgresql":
            return moment
        return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")

    return [
        (
            *(getattr(event, name) for name in _NAMES),
            at(event.occurred_at),
            at(NOON),
            event.document.decode(),
        )
        for event in some
    ]


def bare(
    url: str,
    rows: list[tuple[Any, ...]],
    *,
    warm_up: list[tuple[Any, ...]],
    indexes: bool = True,
) -> float:
    without_queue(url)
    if not indexes:
        with database.transaction(url) as connection:
            for index in inspect(connection).get_indexes("event"):
                if not index["unique"]:
                    connection.exec_driver_sql(f"DROP INDEX {index['name']}")
    _insert(url, warm_up)
    start = time.perf_counter()
    _insert(url, rows)
    return time.perf_counter() - start


def _insert(url: str, rows: list[tuple[Any, ...]]) -> None:
    with database.transaction(url) as connection:
        driver: Any = connection.connection
        if connection.dialect.name == "sqlite":
            marks = ", ".join("?" * len(rows[0]))
            driver.executemany(f"INSERT INTO event ({_COLUMNS}) VALUES ({marks})", rows)
        else:
            with driver.cursor().copy(f"COPY event ({_COLUMNS}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)


def _settings(url: str, home: str) -> None:
    os.environ["AIRFLOW_HOME"] = home
    os.environ["AIRFLOW__GOVERNANCE__SQL_ALCHEMY_CONN"] = url
    os.environ["AIRFLOW__GOVERNANCE__SPOOL_DIR"] = f"{home}/spool"
    os.environ["AIRFLOW__GOVERNANCE__LEDGER_ANCHOR_FILE"] = f"{home}/anchors.log"


_PAUSE = 0.2  # seconds


def _work(part: str, url: str, home: str, meeting: tuple[Any, Any], total: int) -> None:
    """In a process of its own; waits twice for the others, and says when it is done."""
    ready, done = meeting
    _settings(url, home)
    from airflow_gov_provider.collector.seal import seal_once
    from airflow_gov_provider.hooks.shipping import ship_once

    def work(events: int) -> None:
        if part != "seal":
            ship_once()
        sealed = 0
        while part != "ship" and sealed < events:
            sealed += seal_once()
            if part == "seal":  # the collector takes turns as well, and pauses for longer
                time.sleep(_PAUSE)

    work(_WARM_UP)
    ready.wait()
    ready.wait()
    work(total)
    done.put(time.monotonic())


def ours(url: str, lines: list[bytes], parts: list[str], *, warm_up: list[bytes]) -> float:
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as home:
        spool = Path(home) / "spool"
        spool.mkdir()
        write_spool(spool, warm_up)
        ready, done = context.Barrier(len(parts) + 1), context.Queue()
        processes = [
            context.Process(target=_work, args=(part, url, home, (ready, done), len(lines)))
            for part in parts
        ]
        for process in processes:
            process.start()
        ready.wait()
        write_spool(spool, lines)
        ready.wait()
        start = time.monotonic()
        taken: float = max(done.get() for _ in parts) - start
        for process in processes:
            process.join()
    with database.transaction(url) as connection:
        state = ledger_state(connection)
    total = len(warm_up) + len(lines)
    if (state.size, state.unsealed) != (total, 0):
        raise SystemExit(f"expected {total} sealed events, found {state}")
    return taken


def compare(kind: str, server: str | None, some: list[Event], repeat: int) -> None:
    lines, rows = [event.document for event in some], rows_of(kind, some)
    others = list(events(_WARM_UP, prefix="warm-up-"))
    first_lines, first_rows = [event.document for event in others], rows_of(kind, others)
    cases: dict[str, Callable[[str], float]] = {
        "bare": lambda url: bare(url, rows, warm_up=first_rows),
        "bare, keys alone": lambda url: bare(url, rows, warm_up=first_rows, indexes=False),
        "ours, one process": lambda url: ours(url, lines, ["both"], warm_up=first_lines),
        "ours, two processes": lambda url: ours(url, lines, ["ship", "seal"], warm_up=first_lines),
    }
    taken: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(repeat):
        for name, run in cases.items():
            with fresh(kind, server) as url:
                taken[name].append(run(url))
    print(f"\n{kind}: {len(some):,} events of {len(lines[0]):,} bytes, median of {repeat}")
    middle = {name: statistics.median(times) for name, times in taken.items()}
    for name, seconds in middle.items():
        ratio = ""
        if name.startswith("ours"):
            alone = middle["bare, keys alone"] / seconds
            ratio = f"   {middle['bare'] / seconds:.2f}x bare, {alone:.2f}x keys alone"
        spread = f"{min(taken[name]):.2f} to {max(taken[name]):.2f}"
        rate = len(some) / seconds
        print(f"  {name:20} {seconds:6.2f} s ({spread})  {rate:9,.0f} events/s{ratio}")
    best = middle["bare"] / min(seconds for name, seconds in middle.items() if name[:4] == "ours")
    limit = figures.Limit(
        figure=f"{kind}: of the rate of bare inserts",
        found=f"{best:.2f} x bare",
        limit=f">= {TARGETS[kind]} x bare",
        kept=best >= TARGETS[kind] if len(some) >= _JUDGED_FROM else None,
    )
    figures.tell([limit])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--postgres", help="URL of a server where databases may be created")
    parser.add_argument("--only", choices=sorted(TARGETS))
    options = parser.parse_args()
    some = list(events(options.events))
    with postgres(options.postgres) as server:
        for kind in ("sqlite", "postgresql"):
            if (kind == "sqlite" or server) and options.only in (None, kind):
                compare(kind, server, some, options.repeat)


if __name__ == "__main__":
    main()
