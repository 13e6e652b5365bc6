"""How far Airflow's log was read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from airflow_gov_provider.collector.tail.rows import LogRow

NAME = "airflow_log"
MISSED_FOR = timedelta(minutes=10)  # no transaction that writes a row of the log takes longer
MOST_MISSING = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPosition:
    """The rows that were read, all in all.

    :param log_id: the highest id among them.
    :param at: the time in that row, which tells it from one of a later database with the same id.
    :param missing: ids below it that were not there, and when that was noticed first.
    """

    log_id: int = 0
    at: datetime | None = None
    missing: Mapping[int, datetime] = field(default_factory=dict)

    @property
    def content(self) -> dict[str, Any]:
        """JSON-safe; the inverse of ``from_content``."""
        return {
            "log_id": self.log_id,
            "at": self.at and self.at.isoformat(),
            "missing": {str(log_id): since.isoformat() for log_id, since in self.missing.items()},
        }

    @classmethod
    def from_content(cls, content: Mapping[str, Any]) -> LogPosition:
        return cls(
            log_id=content["log_id"],
            at=datetime.fromisoformat(content["at"]) if content["at"] else None,
            missing={
                int(log_id): datetime.fromisoformat(since)
                for log_id, since in content["missing"].items()
            },
        )

    def after(self, rows: Sequence[LogRow], *, now: datetime) -> LogPosition:
        """Where reading stands after these rows; ids between them that are not there are noted."""
        missing = dict(self.missing)
        log_id, at = self.log_id, self.at
        for row in sorted(rows, key=lambda row: row.log_id):
            missing.pop(row.log_id, None)
            if row.log_id > log_id:
                skipped = range(max(log_id + 1, row.log_id - MOST_MISSING), row.log_id)
                missing.update(dict.fromkeys(skipped, now))
                log_id, at = row.log_id, row.at
        young = {one: since for one, since in missing.items() if now - since < MISSED_FOR}
        kept = sorted(young, reverse=True)[:MOST_MISSING]
        return LogPosition(log_id=log_id, at=at, missing={one: young[one] for one in kept})
