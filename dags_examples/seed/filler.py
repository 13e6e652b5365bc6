"""Many more events for those who want to know how fast the pages are.

Runs of one Dag with a mapped task, spread over the whole year; they arrive in bulk, as a spool
that is shipped does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

from airflow_gov_provider.domain.events import Event

DAG_ID, TASK_ID = "transaction_scoring", "score_batch"
INDEXES = 48  # of the mapped task, in each run
OF_A_RUN = 2 * INDEXES + 2
_FAILS = 0.004


def events_of_day(day: datetime, *, runs: int, dice: Random) -> Iterator[Event]:
    """What listeners tell of so many runs, in the order in which it happens."""
    pause = timedelta(days=1) / max(1, runs)
    for number in range(runs):
        queued = day + pause * number
        run_id = f"scheduled__{queued.isoformat()}"
        yield from _run(run_id, queued, dice)


def _run(run_id: str, queued: datetime, dice: Random) -> Iterator[Event]:
    at = queued + timedelta(seconds=2)
    yield _event("dag_run", "running", run_id, at, {"queued_at": queued.isoformat()})
    failed = False
    for index in range(INDEXES):
        start = at + timedelta(milliseconds=40 * index + 900)
        end = start + timedelta(milliseconds=dice.randrange(9_000, 14_000))
        state = "failed" if dice.random() < _FAILS else "success"
        failed = failed or state == "failed"
        facts = {
            "operator": "_PythonDecoratedOperator",
            "owner": "payments",
            "pool": "default_pool",
        }
        yield _event("task_instance", "running", run_id, start, facts, index=index)
        facts = {**facts, "duration": round((end - start).total_seconds(), 3)}
        yield _event("task_instance", state, run_id, end, facts, index=index)
    facts = {"queued_at": queued.isoformat(), "run_type": "scheduled"}
    state = "failed" if failed else "success"
    yield _event("dag_run", state, run_id, at + timedelta(seconds=19), facts)


def _event(
    what: str,
    state: str,
    run_id: str,
    at: datetime,
    facts: dict[str, object],
    *,
    index: int | None = None,
) -> Event:
    key = f"{what}/{run_id}/{index}/{state}"
    return Event(
        event_id=hashlib.sha256(key.encode()).hexdigest(),
        type=f"{what}.{state}",
        state=state,
        dag_id=DAG_ID,
        run_id=run_id,
        task_id=None if index is None else TASK_ID,
        map_index=index,
        try_number=None if index is None else 1,
        occurred_at=at,
        payload=facts,
    )
