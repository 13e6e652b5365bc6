"""Rows of Airflow's log, as the collector hands them on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

LOG = "log"
STATES = frozenset(
    {
        "running",
        "success",
        "failed",
        "skipped",
        "up_for_retry",
        "deferred",
        "up_for_reschedule",
        "awaiting_input",
        "scheduled",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRow:
    """One row of Airflow's ``log`` table.

    :param extra: JSON of the request for what a person did, free text or None otherwise.
    """

    log_id: int
    at: datetime
    event: str
    dag_id: str | None
    run_id: str | None
    task_id: str | None
    map_index: int | None
    try_number: int | None
    owner: str | None
    extra: str | None

    @property
    def reference(self) -> str:
        """Its name among witnesses; ids alone begin anew with a new metadata database."""
        return f"{self.log_id}@{self.at.astimezone(UTC).isoformat()}"

    @property
    def is_transition(self) -> bool:
        """Whether it tells that a task instance reached a state, not what a person did."""
        return self.event in STATES and self.task_id is not None and self.try_number is not None

    @property
    def facts(self) -> dict[str, Any]:
        """What ``extra`` holds, if it is a JSON object."""
        try:
            content = json.loads(self.extra or "")
        except ValueError:
            return {}
        return content if isinstance(content, dict) else {}
