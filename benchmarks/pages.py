"""How fast the Audit page is with a million events, in Chromium and at the server: `make bench-ui`.

The store is that of `make seed-demo` with as many more events, and one api-server answers. Beside
each figure stands its target, and where there is one, Airflow's own audit log page (`/events`) with
as many rows, measured in the same way in the same run.

* *API*: the first page of events, the time of the whole request over 127.0.0.1.
* *interactive*: from the navigation, with nothing in the browser's cache, until the first row is
  there. The browser has been started before; the user is signed in.
  Most of it is Airflow's: how long it takes until Airflow asks for our bundle stands beside it.
* *filter*: from choosing a filter until the first new row is there.
* *memory*: of the page's JavaScript after garbage is collected, and of the tab's process above what
  an empty one takes, after scrolling so many rows.

    python benchmarks/pages.py --events 1000000
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from shutil import copytree
from typing import Any

import figures
import sqlalchemy

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from browser.browsing import SITE, chromium, log_in, missing
from browser.seeded import SeededAirflow, password_of, seed
from playwright.sync_api import Browser, Page

USER = "admin"
DAYS = 12
REPEAT = 7
PAGE = 50
FIRST_ROW = '[role=grid] [aria-rowindex="2"] time'
TARGETS = {"API": 50, "interactive": 1500, "filter": 300, "memory": 150}
ENOUGH_SECONDS = 900


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench-ui", description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--scroll", type=int, default=100_000, help="rows to scroll through")
    parser.add_argument(
        "--keep", type=Path, help="where the store is kept, and found the next time"
    )
    parser.add_argument(
        "--only", choices=("times", "memory"), help="one of the two; both if it is not given"
    )
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started is stopped
    if reason := missing():
        print(reason)
        return 0
    with tempfile.TemporaryDirectory() as directory:
        home = options.keep or Path(directory) / "home"
        if not home.exists():
            prepare(home, options.events)
        running = SeededAirflow(home)
        running.start()
        try:
            measure(running, options)
        finally:
            running.stop()
    return 0


def prepare(home: Path, events: int) -> None:
    print(f"filling a store with {events:,} events and Airflow's log with as many rows ...")
    with tempfile.TemporaryDirectory() as directory:
        told = Path(directory) / "told"
        seed(told, port=8181, days=DAYS)
        copytree(told, home)
    began = time.monotonic()
    SeededAirflow(home).fill(events)
    print(f"  events, sealed and indexed: {time.monotonic() - began:.0f} s")
    fill_log(home / "airflow.db", events)


def fill_log(database: Path, rows: int) -> None:
    """Rows as task processes leave them, all before those that are there."""
    begin = datetime(2026, 1, 1)  # noqa: DTZ001 - as SQLite keeps it
    engine = sqlalchemy.create_engine(f"sqlite:///{database}")
    statement = (
        "INSERT INTO log (dttm, dag_id, task_id, map_index, event, run_id, owner, try_number)"
        " VALUES (?, 'transaction_scoring', 'score_batch', ?, 'success', ?, 'airflow', 1)"
    )
    with engine.begin() as connection:
        driver: Any = connection.connection.driver_connection
        made = (
            (str(begin + timedelta(seconds=n)), n % 49, f"scheduled__{n // 49}")
            for n in range(rows)
        )
        driver.executemany(statement, made)
    engine.dispose()


def measure(airflow: SeededAirflow, options: argparse.Namespace) -> None:
    with chromium("--js-flags=--expose-gc", "--enable-precise-memory-info") as browser:
        state = signed_in(browser, airflow)
        if options.only != "memory":
            measure_times(browser, airflow, state)
        if options.only != "times":
            remember(browser, airflow, state, options.scroll)


def measure_times(browser: Browser, airflow: SeededAirflow, state: Any) -> None:
    ours = api_times(airflow, "/governance/v1/events", limit=PAGE)
    theirs = api_times(airflow, "/api/v2/eventLogs", limit=PAGE, order_by="-when")
    tell("API, first page", ours, TARGETS["API"], theirs)
    shells: list[float] = []
    ours = loads(browser, airflow, state, f"{SITE}/audit", FIRST_ROW, shells=shells)
    theirs = loads(browser, airflow, state, "/events", "table tbody tr td")
    tell("interactive after a cold load", ours, TARGETS["interactive"], theirs)
    print(f"{'':32} {statistics.median(shells):6.0f} ms of it until Airflow asks for our bundle")
    page = opened(browser, airflow, state)
    tell("filter to new rows", filters(airflow, page), TARGETS["filter"])
    page.context.close()


def tell(what: str, ours: list[float], target: float, theirs: list[float] | None = None) -> None:
    """Medians, in milliseconds."""
    middle = statistics.median(ours)
    beside = f"   Airflow's page: {statistics.median(theirs):6.0f} ms" if theirs else ""
    spread = f"{min(ours):.0f} to {max(ours):.0f}"
    print(f"{what:32} {middle:6.0f} ms ({spread}){beside}")
    _judge(what, middle, target, "ms")


def _judge(what: str, found: float, most: float, unit: str) -> None:
    limit = figures.Limit(
        figure=what, found=f"{found:.0f} {unit}", limit=f"< {most:g} {unit}", kept=found < most
    )
    figures.tell([limit])


def api_times(airflow: SeededAirflow, path: str, **query: str | int) -> list[float]:
    airflow.get(path, user=USER, **query)
    return [timed(lambda: airflow.get(path, user=USER, **query)) for _ in range(3 * REPEAT)]


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def signed_in(browser: Browser, airflow: SeededAirflow) -> Any:
    """Cookies of a user who has gone through the login form."""
    context = browser.new_context(base_url=airflow.url)
    log_in(context.new_page(), USER, password_of(USER))
    state = context.storage_state()
    context.close()
    return state


def _page(browser: Browser, airflow: SeededAirflow, state: Any) -> Page:
    context = browser.new_context(
        base_url=airflow.url, storage_state=state, viewport={"width": 1280, "height": 860}
    )
    return context.new_page()


def loads(
    browser: Browser,
    airflow: SeededAirflow,
    state: Any,
    address: str,
    row: str,
    *,
    shells: list[float] | None = None,
) -> list[float]:
    """Each in a context of its own, which has nothing in its cache.

    :param shells: takes when our bundle was asked for.
    """
    times = []
    for _ in range(REPEAT):
        page = _page(browser, airflow, state)
        page.add_init_script(_APPEARED % json.dumps(row))
        page.goto(address, wait_until="commit")
        page.locator(row).first.wait_for()
        times.append(float(page.evaluate("() => globalThis.appeared")))
        if shells is not None:
            shells.append(float(page.evaluate(_ASKED)))
        page.context.close()
    return times


# The time of the first frame after the row is in the page, told by the page itself.
_APPEARED = """
const look = () => {
  if (!document.querySelector(%s)) { requestAnimationFrame(look); return; }
  globalThis.appeared = performance.now();
};
requestAnimationFrame(look);
"""
_ASKED = """() => performance.getEntriesByType('resource')
  .find(one => one.name.includes('/governance/ui/main.js')).startTime"""


def opened(browser: Browser, airflow: SeededAirflow, state: Any) -> Page:
    page = _page(browser, airflow, state)
    page.goto(f"{SITE}/audit")
    page.locator(FIRST_ROW).wait_for()
    return page


def filters(airflow: SeededAirflow, page: Page) -> list[float]:
    """From one kind of event to another one, whose first row says so."""
    values = (
        page.get_by_label("Kind").locator("option").evaluate_all("all => all.map(o => o.value)")
    )
    times = []
    there = [value for value in values if value and _has_any(airflow, value)]
    for value in there[:REPEAT]:
        page.locator(FIRST_ROW).wait_for()
        before = page.locator('[role=grid] [aria-rowindex="2"]').inner_text()
        times.append(_changed(page, value, before))
    return times


def _has_any(airflow: SeededAirflow, category: str) -> bool:
    return bool(airflow.get("/governance/v1/events", category=category, limit=1)["items"])


# In the page itself, so that nothing on the way to the browser counts.
_CHANGED = """([value, before]) => new Promise(resolve => {
  const kind = [...document.querySelectorAll('select')].find(
    one => [...one.options].some(option => option.value === value));
  const set = Object.getOwnPropertyDescriptor(HTMLSelectElement.prototype, 'value').set;
  const began = performance.now();
  const look = () => {
    const row = document.querySelector('[role=grid] [aria-rowindex="2"]');
    if (row?.querySelector('time') && row.innerText !== before) resolve(performance.now() - began);
    else requestAnimationFrame(look);
  };
  set.call(kind, value);
  kind.dispatchEvent(new Event('change', { bubbles: true }));
  requestAnimationFrame(look);
})"""


def _changed(page: Page, value: str, before: str) -> float:
    return float(page.evaluate(_CHANGED, [value, before]))


# A screen further whenever the last row in sight is there, in the page itself.
_SCROLL = """([wanted, seconds]) => new Promise(resolve => {
  const grid = document.querySelector('[role=grid]');
  const until = performance.now() + 1000 * seconds;
  const seen = () => Math.max(0, ...[...grid.querySelectorAll('[aria-rowindex]')]
    .filter(row => row.querySelector('time'))
    .map(row => Number(row.getAttribute('aria-rowindex'))));
  const inSight = () => {
    const end = grid.getBoundingClientRect().bottom;
    const rows = [...grid.querySelectorAll('[aria-rowindex]')]
      .filter(row => row.getBoundingClientRect().top < end - 1);
    return rows.length > 1 && rows.at(-1).querySelector('time');
  };
  const step = () => {
    const rows = seen();
    if (rows >= wanted || performance.now() > until) { resolve(rows); return; }
    if (inSight()) grid.scrollTop += grid.clientHeight;
    requestAnimationFrame(step);
  };
  step();
})"""


def remember(browser: Browser, airflow: SeededAirflow, state: Any, wanted: int) -> None:
    """Scroll from the newest row on, and say what the tab holds before and after."""
    theirs = _held(lambda: _page(browser, airflow, state), _own_page_of_airflow)
    print(
        f"{'memory of a page of Airflow':32} {theirs[0]:6.0f} MB of JavaScript, {theirs[1]:.0f} MB"
    )
    known = renderers()
    page = opened(browser, airflow, state)
    own = renderers() - known
    before = memory(page, own)
    began = time.monotonic()
    seen = int(page.evaluate(_SCROLL, [wanted, ENOUGH_SECONDS]))
    took = time.monotonic() - began
    after = memory(page, own)
    print(
        f"{'memory after scrolling':32} {after[0]:6.0f} MB of JavaScript (before {before[0]:.0f}), "
        f"{after[1]:.0f} MB of the whole process (before {before[1]:.0f}), "
        f"{seen:,} rows in {took:.0f} s"
    )
    _judge("JavaScript's memory after scrolling", after[0], TARGETS["memory"], "MB")


def _held(open_page: Callable[[], Page], go: Callable[[Page], None]) -> tuple[float, float]:
    known = renderers()
    page = open_page()
    go(page)
    found = memory(page, renderers() - known)
    page.context.close()
    return found


def _own_page_of_airflow(page: Page) -> None:
    page.goto("/events")
    page.locator("table tbody tr td").first.wait_for()


def memory(page: Page, processes: set[int]) -> tuple[float, float]:
    """Megabytes of JavaScript's heap, and of what is private to the processes of the tab."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    heap = float(session.send("Runtime.getHeapUsage")["usedSize"]) / 1e6
    session.detach()
    return heap, sum(map(private_megabytes, processes))


def renderers() -> set[int]:
    """Processes of Chromium that show pages; Linux only."""
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if b"--type=renderer" in command and _is_ours(entry):
                found.add(int(entry.name))
    return found


def _is_ours(entry: Path) -> bool:
    """Whether this process has started it, at whatever remove."""
    pid = int(entry.name)
    while pid > 1:
        if pid == os.getpid():
            return True
        try:
            pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            return False
    return False


def private_megabytes(pid: int) -> float:
    """What would be free if it ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) / 1000


if __name__ == "__main__":
    sys.exit(main())
