"""How far Airflow's Dag runs and task instances were looked through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

NAME = "airflow_task_instances"


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepPosition:
    """What was looked at, all in all.

    :param since: what ended before is not recorded; recording had not begun.
    :param swept_at: everything in active runs that changed before was looked at.
    :param run_id: the highest id of a Dag run that was seen.
    :param log_id: the last row of the log whose run was noted.
    :param open: ids of runs that have to be looked through once they have ended.
    """

    since: datetime
    swept_at: datetime
    run_id: int
    log_id: int
    open: frozenset[int] = frozenset()

    @property
    def content(self) -> dict[str, Any]:
        """JSON-safe; the inverse of ``from_content``."""
        return {
            "since": self.since.isoformat(),
            "swept_at": self.swept_at.isoformat(),
            "run_id": self.run_id,
            "log_id": self.log_id,
            "open": sorted(self.open),
        }

    @classmethod
    def from_content(cls, content: Mapping[str, Any]) -> SweepPosition:
        return cls(
            since=datetime.fromisoformat(content["since"]),
            swept_at=datetime.fromisoformat(content["swept_at"]),
            run_id=content["run_id"],
            log_id=content["log_id"],
            open=frozenset(content["open"]),
        )
