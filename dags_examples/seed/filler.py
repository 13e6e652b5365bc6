"""Many more events for those who want to know how fast the pages are.

Runs of one Dag with a mapped task, spread over the whole story. They arrive in bulk, as lines of a
spool that is shipped.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

from airflow_gov_provider.domain.events import Event
from airflow_gov_provider.store.events.lines import event_of_line

DAG_ID, TASK_ID = "transaction_scoring", "score_batch"
INDEXES = 49  # of the mapped task, in each run
OF_A_RUN = 2 * INDEXES + 2
_FAILS = 0.004
_FACTS = '"operator":"_PythonDecoratedOperator","owner":"payments","pool":"default_pool"'


def events_of_day(day: datetime, *, runs: int, dice: Random) -> Iterator[Event]:
    """What listeners tell of so many runs, in the order in which they were queued."""
    pause = timedelta(days=1) / max(1, runs)
    for number in range(runs):
        yield from _run(day + pause * number, dice)


def _run(queued: datetime, dice: Random) -> Iterator[Event]:
    run_id = f"scheduled__{queued.isoformat()}"
    facts = f'{{"queued_at":"{queued.isoformat()}","run_type":"scheduled"}}'
    at = queued + timedelta(seconds=2)
    yield _event("dag_run", "running", run_id, at, facts)
    failed = False
    for index in range(INDEXES):
        start = at + timedelta(milliseconds=40 * index + 900)
        took = dice.randrange(9_001, 14_000, 2)
        state = "failed" if dice.random() < _FAILS else "success"
        failed = failed or state == "failed"
        yield _event("task_instance", "running", run_id, start, f"{{{_FACTS}}}", index=index)
        facts_of_end = f'{{"duration_ms":{took},{_FACTS}}}'
        end = start + timedelta(milliseconds=took)
        yield _event("task_instance", state, run_id, end, facts_of_end, index=index)
    state = "failed" if failed else "success"
    yield _event("dag_run", state, run_id, at + timedelta(seconds=19), facts)


def _event(
    what: str, state: str, run_id: str, at: datetime, facts: str, *, index: int | None = None
) -> Event:
    """:param facts: the payload, as it is printed."""
    key = hashlib.sha256(f"{what}/{run_id}/{index}/{state}".encode()).hexdigest()
    of_task = index is not None
    task = f'"{TASK_ID}"' if of_task else "null"
    line = (
        f'{{"actor":null,"dag_id":"{DAG_ID}","event_id":"{key}",'
        f'"map_index":{index if of_task else "null"},"occurred_at":"{at.isoformat()}",'
        f'"payload":{facts},"run_id":"{run_id}","state":"{state}",'
        f'"task_id":{task},'
        f'"try_number":{1 if of_task else "null"},"type":"{what}.{state}","v":1,'
        '"witness":"listener"}'
    )
    return event_of_line(line.encode())
