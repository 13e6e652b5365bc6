"""What was promised: a run, a task, a time of day or an asset, and by when.

A commitment is known by its Dag, its kind, what it is about and its name; with other minutes, a
worse severity or another owner it is the same commitment.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import time, timedelta
from enum import StrEnum
from typing import Any

from airflow_gov_provider.domain.events import LONGEST_ID, canonical_line
from airflow_gov_provider.domain.severity import Severity
from airflow_gov_provider.domain.sla.calendars import Calendar

USUAL_TARGET = 0.99
SHORTEST = timedelta(seconds=1)
LONGEST = timedelta(days=3660)
MIDNIGHT = time(0)
DAG_CODE = "dag"  # the source of what stands in a Dag file
CALLBACK = "airflow_gov_provider.deadlines.callback.judge"  # of every alert that carries a promise


class Kind(StrEnum):
    RUN = "run"
    TASK = "task"
    BY = "by"
    ASSET = "asset"


class CountsFrom(StrEnum):
    QUEUED = "queued"
    LOGICAL_DATE = "logical_date"
    RUN_START = "run_start"


@dataclass(frozen=True, slots=True, kw_only=True)
class Commitment:
    """One promise.

    :param name: tells apart several promises about one thing.
    :param dag_id: None for an asset that no one Dag makes, and in Dag code, which does not know.
    :param subject: the task's id, the asset's name or URI, else the Dag's id.
    :param within: how long a run or a task may take, or how old an asset may be.
    :param counts_from: what ``within`` of a run or a task is counted from.
    :param by: the local time by which a run must have succeeded, in the zone ``tz``.
    :param opens: the local time from which on a run counts for its day.
    :param target: the share of outcomes that should be met, above 0 and at most 1.
    :param source: ``dag``, or the file and the entry that declare it.
    """

    name: str
    kind: Kind
    dag_id: str | None = None
    subject: str = ""
    within: timedelta | None = None
    counts_from: CountsFrom | None = None
    by: time | None = None
    tz: str | None = None
    opens: time = MIDNIGHT
    severity: Severity = Severity.MEDIUM
    owner: str | None = None
    description: str | None = None
    target: float = USUAL_TARGET
    calendar: Calendar = field(default_factory=Calendar)
    source: str = DAG_CODE

    @property
    def commitment_id(self) -> str:
        """64 hexadecimal digits."""
        identity = [self.dag_id, self.kind.value, self.subject, self.name]
        return hashlib.sha256(canonical_line(identity)).hexdigest()

    def of_dag(self, dag_id: str, *, owner: str | None = None) -> Commitment:
        """The promise of one Dag, and its owner's where it names no other."""
        return replace(
            self, dag_id=dag_id, subject=self.subject or dag_id, owner=self.owner or owner
        )

    @property
    def content(self) -> dict[str, Any]:
        """A JSON value that ``from_content`` reads; what is not given is left out."""
        told: dict[str, Any] = {
            "name": self.name,
            "kind": self.kind.value,
            "dag_id": self.dag_id,
            "subject": self.subject or None,
            "within": None if self.within is None else _seconds(self.within),
            "counts_from": None if self.counts_from is None else self.counts_from.value,
            "by": None if self.by is None else self.by.isoformat(),
            "tz": self.tz,
            "opens": None if self.opens == MIDNIGHT else self.opens.isoformat(),
            "severity": self.severity.value,
            "owner": self.owner,
            "description": self.description,
            "target": self.target,
            "calendar": self.calendar.content or None,
            "source": self.source,
        }
        return {key: value for key, value in told.items() if value is not None}

    @classmethod
    def from_content(cls, content: Mapping[str, Any]) -> Commitment:
        """:raises KeyError, ValueError: where the content is of another version or damaged."""
        within, counts_from, by = (content.get(key) for key in ("within", "counts_from", "by"))
        return cls(
            name=content["name"],
            kind=Kind(content["kind"]),
            dag_id=content.get("dag_id"),
            subject=content.get("subject", ""),
            within=None if within is None else timedelta(seconds=within),
            counts_from=None if counts_from is None else CountsFrom(counts_from),
            by=None if by is None else time.fromisoformat(by),
            tz=content.get("tz"),
            opens=time.fromisoformat(content.get("opens", MIDNIGHT.isoformat())),
            severity=Severity(content["severity"]),
            owner=content.get("owner"),
            description=content.get("description"),
            target=float(content["target"]),
            calendar=Calendar.from_content(content.get("calendar", {})),
            source=content["source"],
        )


def usual_name(kind: Kind, *, subject: str = "", counts_from: CountsFrom | None = None) -> str:
    """What a promise is called that was given no name: without its number, which may change."""
    match kind:
        case Kind.RUN:
            name = f"run from {(counts_from or CountsFrom.QUEUED).value.replace('_', ' ')}"
        case Kind.BY:
            name = "by"
        case _:
            name = f"{kind.value} {subject}"
    return name[:LONGEST_ID]


def _seconds(length: timedelta) -> int | float:
    seconds = length.total_seconds()
    return int(seconds) if seconds.is_integer() else seconds
