"""Lines that hooks write, read back."""

from __future__ import annotations

from typing import Any

from airflow_gov_provider.domain.events import Event
from airflow_gov_provider.listeners.observation import dag_run_line, task_line


def task_event(state: str, task_instance: Any, **told: Any) -> Event:
    return Event.from_document(task_line(state, task_instance, **told))


def dag_run_event(state: str, dag_run: Any, msg: str, **told: Any) -> Event:
    return Event.from_document(dag_run_line(state, dag_run, msg, **told))
