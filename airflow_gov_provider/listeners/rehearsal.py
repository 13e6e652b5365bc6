"""What a task process will run, run before by the process that forks it.

The interpreter specialises a function while it runs it for the first times, and writes that into
the function itself. A process that was just forked has to copy a page of memory for each such
write, and runs the slow form of everything until then, because it runs it only twice. Done before
the fork, the pages are shared and the form is the fast one.

Standard library only: task processes import this module.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from types import SimpleNamespace
from uuid import UUID

from airflow_gov_provider.listeners.observation import task_line
from airflow_gov_provider.store.spool.records import SpoolWriter

_TIMES = 10  # the interpreter takes eight before it begins to specialise
_AN_ID, _A_TIME = UUID(int=0), datetime(2026, 1, 1, microsecond=1, tzinfo=UTC)


def rehearse(writer: SpoolWriter, *, max_bytes: int) -> None:
    """Print the lines of a task that does not exist, forget them, and write nothing to the spool.

    Takes about a millisecond, once in a process and those that are forked from it.

    :raises OSError: if the spool cannot be written to.
    """
    _print_lines(max_bytes)
    writer.rehearse(_TIMES)


@cache
def _print_lines(max_bytes: int) -> None:
    ti = _task_instance()
    for _ in range(_TIMES):
        task_line("running", ti, max_bytes=max_bytes)
        task_line("success", ti, previous_state="running", max_bytes=max_bytes)


def _task_instance() -> SimpleNamespace:
    """What the lines are made of, with values of the types that Airflow has."""
    dag_run = SimpleNamespace(run_type="manual", logical_date=_A_TIME, clear_number=0)
    return SimpleNamespace(
        id=_AN_ID,
        dag_id="dag",
        run_id="run",
        task_id="task",
        map_index=-1,
        try_number=1,
        task=SimpleNamespace(task_type="Operator", owner="airflow", pool="default_pool"),
        bundle_instance=SimpleNamespace(name="bundle", version=None),
        queue="default",
        max_tries=0,
        dag_version_id=_AN_ID,
        hostname="host",
        start_date=_A_TIME,
        end_date=_A_TIME,
        _ti_context_from_server=SimpleNamespace(dag_run=dag_run),
    )
