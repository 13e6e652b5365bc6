"""What a page of events costs at any depth with any filters, beside Airflow's own event log.

Each store is filled with so many events and indexed as the collector does it, but for the newest
few. Every search runs many times on one connection, so that a driver which prepares statements has
done so: from the newest event, from the middle and from near the end. *database* is what the
statements of a page take, *page* all of ``page_of_events``, and *REST* the whole request to
Airflow's API app under uvicorn on 127.0.0.1, signed in. A page that was cut short by the bound on
what one page may read is marked with how many requests it takes to fill it.

Airflow's ``GET /api/v2/eventLogs`` answers from the same server, out of a ``log`` table with fewer
rows. It counts every match and pages by offset.

    python benchmarks/event_search.py --rows 10000000

To fill and to index ten million events takes longer than to measure: ``--keep DIR`` leaves the
stores there, and finds them there the next time; ``--fill`` stops before anything is measured.
"""

from __future__ import annotations

import argparse
import re
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import figures
import httpx
from search_server import running_server
from search_stores import (
    DAGS,
    NOON,
    dag_name,
    database_of,
    event_row,
    postgres,
    prepare,
    sqlite_in,
    stores,
)
from sqlalchemy import func, select
from sqlalchemy.engine import make_url
from sqlalchemy.event import listen, remove

from airflow_gov_provider.store import database
from airflow_gov_provider.store.ledger import tree as ledger
from airflow_gov_provider.store.search import walk as search_walk
from airflow_gov_provider.store.search.pages import EventFilter, page_of_events
from airflow_gov_provider.store.tables import event

LIMIT = 50
MOST_MS, JUDGED_FROM = {"database": 2, "REST": 15}, 10_000_000


def searches(rows: int) -> dict[str, EventFilter]:
    """By name; those after the first lines are there to be awkward."""
    middle = NOON + timedelta(seconds=rows // 8)
    asleep = {dag_name(number) for number in range(DAGS - 20, DAGS)}
    run_id = event_row(rows // 3, rows)[4]
    return {
        "nothing": EventFilter(),
        "one Dag of 2,000": EventFilter(dag_id=dag_name(7)),
        "a Dag that sleeps": EventFilter(dag_id=dag_name(DAGS - 1)),
        "one run (20,000 events)": EventFilter(run_id=run_id),
        "one task of 40": EventFilter(task_id="task_8"),
        "one task, index and try": EventFilter(task_id="task_0", map_index=42, try_number=2),
        "type, 1 of 6": EventFilter(type="task_instance.failed"),
        "category, 1 of 200,000": EventFilter(category="override"),
        "state, 1 of 3": EventFilter(state="success"),
        "user, 1 of 70": EventFilter(actor="user_3"),
        "user, 1 of 100,000": EventFilter(actor="maria"),
        "nobody": EventFilter(actor="nobody"),
        "witness, all but only old": EventFilter(witness="airflow"),
        "an hour in the middle": EventFilter(since=middle, until=middle + timedelta(hours=1)),
        "before the middle, one state": EventFilter(until=middle, state="failed"),
        "two frequent, few in common": EventFilter(type="override.success", task_id="task_8"),
        "two frequent, none in common": EventFilter(state="failed", q="odd"),
        "three frequent, all in common": EventFilter(state="success", witness="airflow", q="even"),
        "visible: 1,500 Dags": EventFilter(dag_ids={dag_name(n) for n in range(DAGS) if n % 4}),
        "visible: 20 that sleep": EventFilter(dag_ids=asleep),
        "visible: 500 Dags, rare user": EventFilter(
            dag_ids={dag_name(n) for n in range(0, DAGS, 4)}, actor="maria"
        ),
        "word of every event": EventFilter(q="dags"),
        "word of ten events": EventFilter(q=f"batch{rows // 40}"),
        "word of no event": EventFilter(q="nowhere"),
        "path, 1 of 1,000": EventFilter(q="s3://bucket/census-77.csv"),
        "phrase that none has": EventFilter(q="internal-bucket"),
        "two words, none in common": EventFilter(q="even bashoperator"),
        "event id": EventFilter(q=event_row(rows // 4, rows)[0]),
    }


@dataclass(slots=True)
class Timed:
    """:param pages: requests until one page is full or the end is reached."""

    seconds: list[float] = field(default_factory=list)
    pages: int = 1

    def __str__(self) -> str:
        three = min(self.seconds), statistics.median(self.seconds), self.p95
        return " /".join(f"{seconds * 1e3:7.2f}" for seconds in three)

    @property
    def p95(self) -> float:
        return statistics.quantiles(self.seconds, n=20)[-1]


def timed(work: Callable[[], object], repeat: int) -> Timed:
    found = Timed()
    for _ in range(repeat):
        start = time.perf_counter()
        work()
        found.seconds.append(time.perf_counter() - start)
    return found


def in_store(
    connection: Any, wanted: EventFilter, before: int | None, repeat: int
) -> tuple[Timed, Timed]:
    """The statements of a page alone, and the page."""
    sent = statements_of(connection, wanted, before)
    driver = connection.connection
    plain = driver.cursor()
    of_blocks = driver.cursor(binary=True) if connection.dialect.driver == "psycopg" else plain

    def send() -> None:
        for statement, given, has_blocks in sent:
            (of_blocks if has_blocks else plain).execute(statement, given).fetchall()

    page = timed(lambda: page_of_events(connection, wanted, before=before, limit=LIMIT), repeat)
    page.pages = requests_of(connection, wanted, before)
    return timed(send, repeat), page


def statements_of(
    connection: Any, wanted: EventFilter, before: int | None
) -> list[tuple[str, Any, bool]]:
    """Each with its values, and whether it goes to psycopg without SQLAlchemy between."""
    sent: list[tuple[str, Any, bool]] = []
    read_blocks = search_walk._executed  # noqa: SLF001

    def note(_c: Any, _cursor: Any, statement: str, given: Any, *_more: Any) -> None:
        sent.append((statement, given, False))

    def note_blocks(connection: Any, statement: str, given: Any) -> Any:
        if connection.dialect.driver == "psycopg":
            sent.append((statement, given, True))
        return read_blocks(connection, statement, given)

    listen(connection, "before_cursor_execute", note)
    search_walk._executed = note_blocks  # noqa: SLF001
    try:
        page_of_events(connection, wanted, before=before, limit=LIMIT)
    finally:
        search_walk._executed = read_blocks  # noqa: SLF001
        remove(connection, "before_cursor_execute", note)
    return sent


def requests_of(connection: Any, wanted: EventFilter, before: int | None) -> int:
    """How many it takes to fill one page, or to reach the end."""
    count = 0
    for requests in range(1, 100):
        page = page_of_events(connection, wanted, before=before, limit=LIMIT)
        count += len(page.items)
        if count >= LIMIT or page.next_cursor is None:
            return requests
        before = int(page.next_cursor)
    return 100


def parameters(wanted: EventFilter, before: int | None) -> dict[str, Any] | None:
    """None for what no parameter can say."""
    if wanted.dag_ids is not None:
        return None
    from airflow_gov_provider.api.queries import cursor_to

    given = {one.name: getattr(wanted, one.name) for one in fields(wanted)}
    given |= {"limit": LIMIT, "cursor": before and cursor_to("event", str(before))}
    found = {name: value for name, value in given.items() if value is not None}
    return {n: v.isoformat() if isinstance(v, datetime) else v for n, v in found.items()}


def get(client: httpx.Client, path: str, given: dict[str, Any]) -> None:
    client.get(path, params=given).raise_for_status()


def report_ours(url: str, client: httpx.Client, options: argparse.Namespace) -> None:
    rows, repeat = options.rows, options.repeat
    with database.transaction(url) as connection:
        newest = connection.scalar(select(func.max(event.c.seq)))
    print(f"  ms, least / p50 / p95 of {repeat}{'database':>32}{'page':>27}{'REST':>27}")
    worst = {"database": 0.0, "page": 0.0, "REST": 0.0}
    for name, wanted in searches(rows).items():
        if not re.search(options.searches, name):
            continue
        for where, before in (("newest", None), ("middle", newest // 2), ("end", newest // 20)):
            with database.transaction(url) as connection:
                ledger.snapshot(connection)
                sent, page = in_store(connection, wanted, before, repeat)
            given, rest = parameters(wanted, before), ""
            worst["database"] = max(worst["database"], sent.p95)
            worst["page"] = max(worst["page"], page.p95)
            if given is not None:
                asked = timed(
                    lambda given=given: get(client, "/governance/v1/events", given), repeat
                )
                worst["REST"] = max(worst["REST"], asked.p95)
                rest = str(asked)
            more = f"  {page.pages} requests" if page.pages > 1 else ""
            print(f"  {name:31}{where:8}{sent!s:>27}{page!s:>27}{rest:>27}{more}", flush=True)
    kind = make_url(url).get_backend_name()
    figures.tell(
        [
            figures.Limit(
                figure=f"{kind}, {rows:,} events: highest p95, {name}",
                found=f"{worst[name] * 1e3:.2f} ms",
                limit=f"<= {most} ms",
                kept=worst[name] * 1e3 <= most if rows >= JUDGED_FROM else None,
            )
            for name, most in MOST_MS.items()
        ]
    )


def report_airflow(client: httpx.Client, rows: int, repeat: int) -> None:
    print(f"\nAirflow's eventLogs, {rows:,} rows, ms, least / p50 / p95 of {repeat}")
    cases: dict[str, dict[str, Any]] = {
        "page 1": {},
        f"offset {rows // 2:,}": {"offset": rows // 2},
        "one Dag of 2,000": {"dag_id": dag_name(7)},
        "one event of 5": {"event": "failed"},
    }
    for name, given in cases.items():
        found = timed(
            lambda given=given: get(client, "/api/v2/eventLogs", {"limit": LIMIT, **given}), repeat
        )
        print(f"  {name:31}{'':8}{'':54}{found!s:>27}", flush=True)
    floor = timed(lambda: get(client, "/api/v2/version", {}), repeat)
    print(f"  {'(version, the least a request costs)':39}{'':54}{floor!s:>27}")


def measure(url: str, metadata: str, home: Path, options: argparse.Namespace) -> None:
    prepare(url, rows=options.rows, keep=options.keep)
    if options.fill:
        return
    with running_server(url, metadata, home, options.log_rows) as client:
        report_ours(url, client, options)
        if options.log_rows:
            report_airflow(client, options.log_rows, max(12, options.repeat // 3))
    database.engine_for(url).dispose()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--log-rows", type=int, default=1_000_000, help="in Airflow's own table")
    parser.add_argument("--repeat", type=int, default=40)
    parser.add_argument("--only", choices=("sqlite", "postgresql"))
    parser.add_argument("--postgres", help="URL of a server where databases may be created")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="leave the filled stores there")
    parser.add_argument("--fill", action="store_true", help="with --keep: measure another time")
    parser.add_argument("--searches", default="", help="only those that the expression finds")
    options = parser.parse_args()
    keep = options.keep is not None
    with (
        stores(options.keep) as home,
        postgres(options.postgres, home) as server,
        database_of(server, "bench_airflow", keep=keep) as metadata,
    ):
        if options.only != "postgresql":
            measure(sqlite_in(home), metadata, home / "airflow", options)
            for path in [] if keep else home.glob("governance.db*"):
                path.unlink()
        if options.only != "sqlite":
            with database_of(server, "bench_governance", keep=keep) as url:
                measure(url, metadata, home / "airflow", options)


if __name__ == "__main__":
    main()
