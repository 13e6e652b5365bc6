"""What our hooks add to a task, beside a no-op, a bare append with fsync, and OpenLineage.

Every figure comes from real task processes: Airflow's supervisor forks them, and its task runner
parses a Dag file, renders, runs the task and finishes it, with nothing but the API server left out.
So whatever a task process has loaded and warmed by the time a hook is called, it has here too. What
is measured is the time in all hook calls of a task, around Airflow's own call sites, on the clock
and on the processor.

``even`` has so many tasks under way at once, which start and end evenly spread over time and leave
the processor idle for half of it. ``rush`` starts all of them at the same moment: whoever waits for
a disk then waits for a processor as well, and the bare append shows for how long.

What remains of ours, and why: each of the two events of a task is on the disk when its hook
returns, which is the two syncs of the bare append and takes as long as the disk does. The rest is
processor time, and little of it is work: a task process is a fork, so the first call pays a page
fault, some microseconds each on a virtual machine, for every page of code and of objects that it
is the first to touch (about forty more than a no-op), and runs code that no cache holds. Warm, an
event costs less than a tenth of a millisecond. What can be known before the fork (settings, the
name of the file, the masker) is found out there, by the supervisor, once, and what a hook runs is
run there beforehand; *unrehearsed* shows what that spares. A file that was filled with zeros
beforehand, whose records would be written over them, was tried: it took neither less processor nor
less time to sync here.

The variants take turns, so that a busy machine is busy for all of them. OpenLineage writes to a
file, once as it comes and once in its thread mode; its rows are left out where its provider is not
installed.

    python benchmarks/listener_overhead.py --tasks 32
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import statistics
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NoReturn, Self

import figures
import neighbours

CONCURRENT = (1, 8, 32)
HOOKS = ("on_starting", "on_task_instance_running", "on_task_instance_success", "before_stopping")
DRIVERS = ("sqlalchemy", "psycopg", "psycopg2", "asyncpg")
RECORD_BYTES = 800
MOST_MS = 1.0
_OPENLINEAGE = "apache-airflow-providers-openlineage"
_SECONDS_A_TASK = 0.8  # between two starts, which leaves two processors idle for half of the time

_DAG = """
import os, time
from airflow.sdk import DAG, task
with DAG("measured"):
    @task
    def nothing():
        time.sleep(float(os.environ["MEASURED_SECONDS"]))
    nothing()
"""

Task = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=32, help="of each variant and kind")
    parser.add_argument("--concurrent", type=int, nargs="*", default=CONCURRENT)
    parser.add_argument("--kinds", nargs="*", choices=("even", "rush"), default=("even", "rush"))
    parser.add_argument("--without", nargs="*", default=(), help="variants, by the names they have")
    parser.add_argument(
        "--directory",
        default="/var/tmp",  # noqa: S108 - on a disk
        help="where all is written; one in memory shows what is left on a disk that syncs at once",
    )
    arguments = parser.parse_args()
    neighbours.find_site()
    with tempfile.TemporaryDirectory(prefix="listener-overhead-", dir=arguments.directory) as home:
        _set_up(Path(home))
        variants = {
            name: make
            for name, make in _variants(Path(home)).items()
            if name not in arguments.without
        }
        for kind in arguments.kinds:
            for slots in arguments.concurrent:
                rows = measure(variants, slots=slots, tasks=arguments.tasks, even=kind == "even")
                _report(f"{slots} at once, {kind}", rows, even=kind == "even")


def _set_up(home: Path) -> None:
    """An Airflow of its own, with one Dag, before anything imports Airflow."""
    (home / "dags").mkdir()
    (home / "dags" / "measured.py").write_text(_DAG)
    os.environ |= {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
        "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
        "AIRFLOW__OPENLINEAGE__TRANSPORT": json.dumps(
            {"type": "file", "log_file_path": str(home / "lineage"), "append": True}
        ),
    }
    logging.disable(logging.CRITICAL)


def _variants(home: Path) -> dict[str, Callable[[], Any]]:
    """What makes the listener of each, in a process that has loaded Airflow."""

    def openlineage(*, in_thread: bool) -> Any:
        os.environ["AIRFLOW__OPENLINEAGE__EXECUTE_IN_THREAD"] = str(in_thread)
        from airflow.providers.openlineage.plugins.listener import get_openlineage_listener

        return get_openlineage_listener()

    variants = {"no-op": _nothing, "append": lambda: _append(home / "appended"), "ours": _ours}
    variants["ours, unrehearsed"] = _unrehearsed
    if find_spec("airflow.providers.openlineage") is None:
        print(f"OpenLineage is not installed: {neighbours.HOW}")
        return variants
    print(f"{_OPENLINEAGE} {figures.version(_OPENLINEAGE)}")
    return variants | {
        "OpenLineage": lambda: openlineage(in_thread=False),
        "OpenLineage, thread": lambda: openlineage(in_thread=True),
    }


def _ours() -> Any:
    """As on a host where tasks ran before, and where events are shipped by a collector."""
    from airflow_gov_provider import config
    from airflow_gov_provider.listeners import hooks
    from airflow_gov_provider.store.spool.records import SpoolWriter
    from airflow_gov_provider.store.spool.shippers import show_presence

    SpoolWriter(config.spool_dir()).append(b"an earlier one")
    show_presence(config.spool_dir(), lasting=3600)
    return hooks


def _unrehearsed() -> Any:
    """Where a task process is the first to run what its hooks run."""
    hooks = _ours()
    hooks.rehearse = lambda *_, **__: None
    return hooks


def _nothing() -> Any:
    from airflow.providers.common.compat.sdk import hookimpl

    class Nothing:
        @hookimpl
        def on_task_instance_running(self, previous_state: Any, task_instance: Any) -> None: ...
        @hookimpl
        def on_task_instance_success(self, previous_state: Any, task_instance: Any) -> None: ...

    return Nothing()


def _append(path: Path) -> Any:
    """The least that survives a power cut: as many bytes, appended and synced."""
    from airflow.providers.common.compat.sdk import hookimpl

    def append() -> None:
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(opened, b"x" * RECORD_BYTES)
        os.fsync(opened)
        os.close(opened)

    class Append:
        @hookimpl
        def on_task_instance_running(self) -> None:
            append()

        @hookimpl
        def on_task_instance_success(self) -> None:
            append()

    return Append()


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """Stands where Airflow looks for its listener manager, and times each call of a hook."""

    manager: Any
    results: int
    clock: dict[str, float] = field(default_factory=dict)
    processor: dict[str, float] = field(default_factory=dict)

    @property
    def hook(self) -> Self:
        return self

    def __getattr__(self, name: str) -> Callable[..., None]:
        def call(**arguments: Any) -> None:
            known = set(DRIVERS) & sys.modules.keys()
            began, worked = time.perf_counter(), time.process_time()
            try:
                getattr(self.manager.hook, name)(**arguments)
            finally:
                self.processor[name] = 1e3 * (time.process_time() - worked)
                self.clock[name] = 1e3 * (time.perf_counter() - began)
                self._tell(sorted(set(DRIVERS) & sys.modules.keys() - known), name == HOOKS[-1])

        return call

    def _tell(self, drivers: list[str], last: bool) -> None:  # noqa: FBT001 - positional inside
        if drivers or last:
            told = {"clock": self.clock, "processor": self.processor, "drivers": drivers}
            line = json.dumps(told | {"last": last})
            os.write(self.results, line.encode() + b"\n")  # few bytes in one write stay together


def measure(
    variants: dict[str, Callable[[], Any]], *, slots: int, tasks: int, even: bool
) -> dict[str, list[Task]]:
    """The times of each task, for each variant."""
    each = max(1, -(-8 // slots))  # tasks that a worker runs, one after the other
    rows: dict[str, list[Task]] = {name: [] for name in variants}
    for _ in range(max(1, tasks // (slots * each))):
        for name, make in variants.items():
            rows[name] += _in_a_fork(make, slots, each, even=even)
    return rows


def _in_a_fork(make: Callable[[], Any], slots: int, each: int, *, even: bool) -> list[Task]:
    reading, writing = os.pipe()
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        _ending(lambda: _work(make(), writing, slots, each, even=even))
    os.close(writing)
    with os.fdopen(reading) as lines:
        rows = [json.loads(line) for line in lines]
    os.waitpid(child, 0)
    ended = [row for row in rows if row["last"]]
    if len(ended) != slots * each:
        raise SystemExit(f"expected the times of {slots * each} tasks, found {len(ended)}")
    return rows


def _ending(act: Callable[[], None]) -> NoReturn:
    try:
        act()
    except BaseException:  # noqa: BLE001 - shown, and the process ends here
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _work(listener: Any, results: int, slots: int, each: int, *, even: bool) -> None:
    """A worker with ``slots`` processes that each run ``each`` tasks."""
    from airflow.sdk._shared.listeners.listener import ListenerManager
    from airflow.sdk._shared.listeners.spec import lifecycle, taskinstance
    from airflow.sdk.execution_time import supervisor, task_runner

    manager = ListenerManager()
    manager.add_hookspecs(lifecycle)
    manager.add_hookspecs(taskinstance)
    manager.add_listener(listener)
    timed = Timed(manager=manager, results=results)
    task_runner.get_listener_manager = lambda: timed  # type: ignore[assignment]
    os.environ["MEASURED_SECONDS"] = str(_SECONDS_A_TASK * (slots - 1) if even else 0)

    def run(number: int) -> None:
        for _ in range(each):
            time.sleep(_SECONDS_A_TASK * (number + 0.5) if even else 0)
            _run_a_task(supervisor)

    children = []
    for number in range(slots):
        child = os.fork()
        if child == 0:
            _ending(lambda number=number: run(number))  # type: ignore[misc]
        children.append(child)
    for child in children:
        os.waitpid(child, 0)


def _run_a_task(supervisor: Any) -> None:
    from uuid import uuid4

    from airflow.sdk.api.datamodels._generated import BundleInfo, TaskInstance

    identity = {"dag_id": "measured", "task_id": "nothing", "run_id": "r", "try_number": 1}
    supervisor.supervise_task(
        ti=TaskInstance(id=uuid4(), dag_version_id=uuid4(), **identity),
        bundle_info=BundleInfo(name="dags-folder"),
        dag_rel_path="measured.py",
        token="",
        client=_client(),
    )


def _client() -> Any:
    """Airflow's own, whose requests are answered here."""
    import httpx
    from airflow.sdk.api.client import Client

    unknown = ("data_interval_start", "data_interval_end", "end_date", "partition_key")
    moment = "2026-01-01T00:00:00Z"
    run = dict.fromkeys((*unknown, "logical_date")) | {
        "dag_id": "measured",
        "run_id": "r",
        "start_date": moment,
        "run_after": moment,
        "run_type": "manual",
        "state": "running",
        "consumed_asset_events": [],
    }
    context = {"dag_run": run, "max_tries": 0, "should_retry": False}

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=context if request.url.path.endswith("/run") else {})

    return Client(base_url=None, dry_run=True, token="", transport=httpx.MockTransport(answer))


def _report(title: str, rows: dict[str, list[Task]], *, even: bool) -> None:
    ended = {name: [task for task in tasks if task["last"]] for name, tasks in rows.items()}
    print(f"\n{title}: ms in the hooks of a task, of {len(ended['no-op'])}", flush=True)
    print(f"  {'':20} median     p95     min  processor   running  success  stopping  drivers")
    for name, tasks in ended.items():
        sums = _sums(tasks, "clock")
        columns = (
            statistics.median(sums),
            sums[int(0.95 * (len(sums) - 1))],
            sums[0],
            statistics.median(_sums(tasks, "processor")),
            *(statistics.median(task["clock"][hook] for task in tasks) for hook in HOOKS[1:]),
        )
        drivers = sorted({driver for task in rows[name] for driver in task["drivers"]})
        figures = " ".join(f"{figure:8.3f}" for figure in columns)
        print(f"  {name:18} {figures}  {', '.join(drivers) or 'none'}")
    for clock, what in (("clock", "on the clock"), ("processor", "of processor")):
        medians = {name: statistics.median(_sums(tasks, clock)) for name, tasks in ended.items()}
        added = {name: median - medians["no-op"] for name, median in medians.items()}
        others = added.keys() - {"no-op", "ours"}
        ratios = sorted(f"{added['ours'] / added[name]:.2f} x {name}" for name in others)
        print(f"  ours adds {added['ours']:.3f} ms {what}: {', '.join(ratios)}")
        if clock == "clock" and even:
            _judge(title, added["ours"])


def _judge(title: str, added: float) -> None:
    limit = figures.Limit(
        figure=f"{title}: all hooks above a no-op",
        found=f"{added:.2f} ms",
        limit=f"<= {MOST_MS:g} ms",
        kept=added <= MOST_MS,
    )
    figures.tell([limit])


def _sums(tasks: list[Task], of: str) -> list[float]:
    return sorted(sum(task[of].values()) for task in tasks)


if __name__ == "__main__":
    main()
