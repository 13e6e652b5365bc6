"""Run the governed pipeline on a real Airflow and show what was recorded.

Run it as `make demo`, or as `make demo AUTO=1` to let the approver answer over the REST API.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

from airflow_process import airflow_command, running_airflow
from environment import REPOSITORY, USERS, Demo, fresh
from rest import Airflow
from summary import render, summarise

GOVERNED, BLOCKED, APPROVAL = "governed_income_model", "blocked_by_quality", "approve"
REASON = "The gap follows the base rates of 1994; accepted for this demonstration, not for lending."
INTERRUPTED = 130
FINISHED = {"success", "failed"}
# Answering in the very moment in which the task parks can fail it on a LocalExecutor.
SECONDS_BEFORE_ANSWER = 7


def say(text: str = "") -> None:
    print(text, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--auto", action="store_true", help="let the approver answer by itself")
    parser.add_argument("--home", type=Path, default=REPOSITORY / ".demo", help="its directory")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    demo = fresh(arguments.home.resolve())
    say(f"Starting Airflow in {demo.home} (half a minute) ...")
    code = INTERRUPTED
    with suppress(KeyboardInterrupt), running_airflow(demo):
        try:
            code = run(demo, auto=arguments.auto)
        finally:
            say("\nStopping Airflow ...")
    say("Stopped, with everything that was started.")
    return code


def run(demo: Demo, *, auto: bool) -> int:
    requester = Airflow(demo, "requester")
    say(f"Airflow is up: {demo.url}\n")
    runs = {}
    for dag_id in (GOVERNED, BLOCKED):
        requester.wait_for_dag(dag_id)
        runs[dag_id] = requester.trigger(dag_id)
        note = ", which is meant to fail" if dag_id == BLOCKED else ""
        say(f"  requester triggered {dag_id}{note} ({runs[dag_id]})")
    say()
    if not auto:
        say(invitation(demo, runs[GOVERNED]))
    follow(demo, requester, runs, auto=auto)
    summary = summarise(demo, requester, governed=runs[GOVERNED], blocked=runs[BLOCKED])
    (demo.home / "summary.json").write_text(json.dumps(summary, indent=2) + "\n")
    say(render(summary))
    say(f"The same as JSON: {demo.home / 'summary.json'}")
    asks = f"AIRFLOW_HOME={demo.home} {airflow_command()} governance evidence list"
    say(f"On the command line: {asks}")
    if not auto:
        say(f"\nAirflow goes on at {demo.url}; look around, and end it with Ctrl-C.")
        with suppress(KeyboardInterrupt):
            while True:
                time.sleep(3600)
    return 0 if not summary["problems"] else 1


def invitation(demo: Demo, run_id: str) -> str:
    users = "\n".join(
        f"    {user:10} password {demo.password(user):16} ({role})" for user, role in USERS.items()
    )
    return (
        f"Open {demo.url} and log in:\n{users}\n\n"
        f"Watch the run as `requester`:\n    {demo.url}/dags/{GOVERNED}/runs/{run_id}\n"
        "It stops at `approve`. Then log in as `approver`, open Governance in the navigation,\n"
        "read the evidence under Approvals, give a reason and press Approve or Reject.\n"
        "As `auditor`, look at Governance > Audit and verify an event in your browser.\n"
    )


def follow(demo: Demo, airflow: Airflow, runs: dict[str, str], *, auto: bool) -> None:
    """Print each change of state until both runs are finished; answer for the approver if asked."""
    shown: dict[tuple[str, str], str | None] = {}
    waiting_since: float | None = None
    started = time.monotonic()
    while True:
        for dag_id, run_id in runs.items():
            for task_id, state in sorted(airflow.tasks(dag_id, run_id).items()):
                if state and shown.get((dag_id, task_id)) != state:
                    shown[(dag_id, task_id)] = state
                    say(f"  {time.monotonic() - started:6.1f} s  {dag_id}.{task_id}: {state}")
        if all(airflow.run(dag, run)["state"] in FINISHED for dag, run in runs.items()):
            return
        waits = shown.get((GOVERNED, APPROVAL)) == "awaiting_input"
        waiting_since = (waiting_since or time.monotonic()) if waits else None
        if auto and waiting_since and time.monotonic() - waiting_since > SECONDS_BEFORE_ANSWER:
            Airflow(demo, "approver").answer(
                GOVERNED, runs[GOVERNED], APPROVAL, option="Approve", reason=REASON
            )
            say("           approver answered: Approve")
            auto = False
        time.sleep(0.7)


if __name__ == "__main__":
    sys.exit(main())
