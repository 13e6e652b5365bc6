"""From rows of what ended to the transitions that they tell of."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any

from airflow_gov_provider.collector.tail.transitions import event_id_of
from airflow_gov_provider.domain.events import Event, bounded, dag_run_event_id
from airflow_gov_provider.domain.sightings import CHANGED, DAG_RUN, INFERRED, TASK_INSTANCE, TI_ID
from airflow_gov_provider.store.events.merging import View

_TASK_FACTS = ("operator", "pool", "queue", "max_tries", "hostname", "dag_version_id")
_TIMES = ("start_date", "end_date")
_RUN_FACTS = ("run_type", "triggered_by", "logical_date", "bundle_version", "queued_at")


def ended_at(row: Any) -> datetime:
    at: datetime = row.end_date or row.updated_at
    return at


def reference_of(row: Any) -> str:
    """How this witness names the end of a task instance."""
    return f"{row.ti_id}:{row.try_number}:{row.state}"


def task_view(row: Any, *, max_bytes: int, of_history: bool = False, told: bool = False) -> View:
    """A task instance that ended.

    :param of_history: of an earlier try; there ``failed`` also means that it was to be repeated.
    :param told: the log has a row for its failure, and is the better witness of which one it was.
    """
    reference = reference_of(row)
    facts = {
        **_present(row, (*_TASK_FACTS, *_TIMES)),
        "duration": None if row.duration is None else round(row.duration, 3),
        TI_ID: str(row.ti_id),
        CHANGED: None if of_history else row.updated_at,
        INFERRED: (of_history and row.state == "failed") or None,
    }
    event = Event(
        event_id=event_id_of(TASK_INSTANCE, reference),
        type=f"task_instance.{row.state}",
        state=row.state,
        dag_id=row.dag_id,
        run_id=row.run_id,
        task_id=row.task_id,
        map_index=row.map_index,
        try_number=row.try_number,
        occurred_at=ended_at(row),
        witness=TASK_INSTANCE,
        payload=_payload(facts, max_bytes),
    )
    return View(event=event, reference=reference, only_joins=told)


def run_view(row: Any, *, max_bytes: int) -> View:
    """Of a run that ended. Its identity is the one that the scheduler's hook gives it, too."""
    state = _plain(row.state)
    queued = row.queued_at.isoformat() if row.queued_at else ""
    facts = {
        **_present(row, (*_RUN_FACTS, *_TIMES)),
        "triggering_user": row.triggering_user_name,
        "clear_number": row.clear_number or 0,
        "dag_version_id": row.created_dag_version_id,
        CHANGED: row.updated_at,
    }
    event = Event(
        event_id=dag_run_event_id(
            dag_id=row.dag_id,
            run_id=row.run_id,
            queued_at=row.queued_at,
            clear_number=row.clear_number,
            state=state,
        ),
        type=f"dag_run.{state}",
        state=state,
        dag_id=row.dag_id,
        run_id=row.run_id,
        occurred_at=ended_at(row),
        witness=DAG_RUN,
        payload=_payload(facts, max_bytes),
    )
    return View(event=event, reference=f"{row.id}:{row.clear_number or 0}:{state}@{queued}")


def _present(row: Any, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: _plain(getattr(row, name)) for name in names}


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value


def _payload(facts: Mapping[str, Any], max_bytes: int) -> dict[str, Any]:
    known = {name: value for name, value in facts.items() if value is not None}
    return bounded(known, max_bytes=max_bytes)
