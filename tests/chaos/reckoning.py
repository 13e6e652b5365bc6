"""What Airflow's tables say against what the events say, counted without a line of the product."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import create_engine, text

TERMINAL = ("success", "failed", "skipped", "upstream_failed", "removed")
# Airflow's history calls a try that is followed by another one failed; its event says why.
_TRIES = """
    SELECT dag_id, run_id, task_id, map_index, try_number, state FROM task_instance
    UNION ALL
    SELECT dag_id, run_id, task_id, map_index, try_number, state FROM task_instance_history
"""
_RUNS = "SELECT dag_id, run_id, NULL, NULL, NULL, state FROM dag_run"
_EVENTS = """
    SELECT dag_id, run_id, task_id, map_index, try_number,
           CASE state WHEN 'up_for_retry' THEN 'failed' ELSE state END FROM event
    WHERE type LIKE 'task_instance.%' OR type LIKE 'dag_run.%'
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reckoning:
    """:param transitions: of task instances, as events."""

    transitions: int
    tries: int
    missing: list[tuple[object, ...]]
    doubled: list[tuple[object, ...]]


def reckon(airflow_url: str, governance_url: str) -> Reckoning:
    ends = [row for row in _rows(airflow_url, _TRIES, _RUNS) if row[-1] in TERMINAL]
    seen = _rows(governance_url, _EVENTS)
    times = Counter(row for row in seen if row[-1] in TERMINAL)
    return Reckoning(
        transitions=sum(row[2] is not None for row in seen),
        tries=len(ends),
        missing=[row for row in ends if not times[row]],
        doubled=[row for row, count in times.items() if count > 1],
    )


def _rows(url: str, *queries: str) -> list[tuple[object, ...]]:
    engine = create_engine(url)
    with engine.connect() as connection:
        found = [tuple(row) for query in queries for row in connection.execute(text(query))]
    engine.dispose()
    return found
