"""What our hooks add to a task, beside a listener that does nothing and one that only appends.

Each figure comes from fresh processes that have loaded what every task process has loaded; they
take turns, so that a busy machine is busy for all of them. One process is one task: import the
listener, then its two hooks (running, success) through Airflow's listener manager.

    python benchmarks/listener_overhead.py --tasks 30
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
from pathlib import Path

_TASK = textwrap.dedent(
    """
    import json, os, sys, time
    from datetime import UTC, datetime
    from types import SimpleNamespace
    from uuid import uuid4

    variant, directory = sys.argv[1:]
    os.environ["AIRFLOW__GOVERNANCE__SPOOL_DIR"] = directory
    os.environ["AIRFLOW_HOME"] = directory

    from airflow.providers.common.compat.sdk import hookimpl
    from airflow.sdk import BaseOperator
    from airflow.sdk._shared.listeners.listener import ListenerManager
    from airflow.sdk._shared.listeners.spec import taskinstance
    from airflow.sdk.api.datamodels._generated import DagRun, TaskInstanceState, TIRunContext
    from airflow.sdk.configuration import conf
    from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

    now = datetime.now(UTC)
    run = DagRun.model_construct(
        dag_id="d", run_id="r", logical_date=None, run_after=now, run_type="manual",
        state="running", clear_number=0, triggering_user_name="alice", consumed_asset_events=[],
    )
    ti = RuntimeTaskInstance.model_construct(
        id=uuid4(), dag_id="d", run_id="r", task_id="t", try_number=1, map_index=-1,
        dag_version_id=uuid4(), hostname="h", queue="default", max_tries=0, start_date=now,
        end_date=now, state=TaskInstanceState.RUNNING, task=BaseOperator(task_id="t", owner="o"),
        bundle_instance=SimpleNamespace(name="b", version=None),
    )
    ti._ti_context_from_server = TIRunContext.model_construct(dag_run=run, max_tries=0)
    conf.get("core", "dags_folder")

    class Nothing:
        @hookimpl
        def on_task_instance_running(self, previous_state, task_instance): ...
        @hookimpl
        def on_task_instance_success(self, previous_state, task_instance): ...

    class Append:
        # The least that survives a power cut: as many bytes, appended and synced.
        @hookimpl
        def on_task_instance_running(self, previous_state, task_instance):
            self.append()
            opened = os.open(directory, os.O_RDONLY)
            os.fsync(opened)
            os.close(opened)
        @hookimpl
        def on_task_instance_success(self, previous_state, task_instance):
            self.append()
        def append(self):
            opened = os.open(f"{directory}/1.spool", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            os.write(opened, b"x" * 800)
            os.fdatasync(opened)
            os.close(opened)

    manager = ListenerManager()
    manager.add_hookspecs(taskinstance)
    times = [time.perf_counter()]
    if variant == "ours":
        from airflow_gov_provider.listeners import hooks as listener
    else:
        listener = Append() if variant == "append" else Nothing()
    manager.add_listener(listener)
    times.append(time.perf_counter())
    manager.hook.on_task_instance_running(previous_state=None, task_instance=ti)
    times.append(time.perf_counter())
    manager.hook.on_task_instance_success(previous_state=None, task_instance=ti)
    times.append(time.perf_counter())
    spooled = sum(path.stat().st_size for path in os.scandir(directory)
                  if path.name.endswith(".spool"))
    assert (spooled > 0) == (variant != "no-op")
    print("TIMES", json.dumps([1e3 * (b - a) for a, b in zip(times, times[1:])]))
    """
)

PARTS = ("import", "running", "success")


def one_task(variant: str, bytecode: str) -> list[float]:
    """Milliseconds of import, running hook and success hook in a process of its own.

    :param bytecode: where compiled modules are kept, as an installed package has them.
    """
    env = {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryDirectory() as directory:
        done = subprocess.run(
            [sys.executable, "-c", _TASK, variant, directory],
            env={**env, "PYTHONPYCACHEPREFIX": bytecode},
            capture_output=True,
            text=True,
            check=True,
        )
    line = next(line for line in done.stdout.splitlines() if line.startswith("TIMES"))
    return list(json.loads(line.removeprefix("TIMES")))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=20)
    tasks = parser.parse_args().tasks
    measured: dict[str, list[list[float]]] = {"no-op": [], "append": [], "ours": []}
    with tempfile.TemporaryDirectory() as bytecode:
        one_task("ours", bytecode)  # compiles
        for _ in range(tasks):
            for variant, rows in measured.items():
                rows.append(one_task(variant, bytecode))
    hooks = {
        variant: sorted(running + success for _, running, success in rows)
        for variant, rows in measured.items()
    }
    print(f"{Path(__file__).stem}: {tasks} tasks each, milliseconds, median / min")
    for variant, rows in measured.items():
        parts = dict(zip(PARTS, zip(*rows, strict=True), strict=True))
        columns = {**parts, "both hooks": hooks[variant]}
        shown = (f"{n} {statistics.median(c):.3f} / {min(c):.3f}" for n, c in columns.items())
        print(f"  {variant:7} {'   '.join(shown)}")
    for other in ("no-op", "append"):
        medians = statistics.median(hooks["ours"]) / statistics.median(hooks[other])
        minima = hooks["ours"][0] / hooks[other][0]
        print(f"  ours / {other}: {medians:.1f} of medians, {minima:.1f} of minima")


if __name__ == "__main__":
    main()
