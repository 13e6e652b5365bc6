"""What people have ended by hand, as the ledger's events of their actions tell.

That somebody marked a run or a task does not say that it ended so: it may have been refused, or the
task may have run again. A mark is what ended something that ended at the very time.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select, tuple_

from airflow_gov_provider.collector.actions.kinds import MARK_RUN, MARK_TASK
from airflow_gov_provider.store.tables import event

_BEFORE, _AFTER = timedelta(seconds=1), timedelta(seconds=10)  # clocks differ, requests take time
_AT_ONCE = 400
_SOMEBODY = "somebody"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """:param task_id: None for one of a run or of a group of tasks.
    :param wide: whether other tasks than the named one were marked with it.
    """

    at: datetime
    by: str
    of_run: bool
    task_id: str | None = None
    map_index: int | None = None
    wide: bool = False

    @property
    def window(self) -> tuple[datetime, datetime]:
        """When it ended what it ended."""
        return self.at - _BEFORE, self.at + _AFTER

    def may_be_of(self, task_id: str) -> bool:
        return self.wide or self.task_id == task_id

    def ended(self, at: datetime | None) -> bool:
        since, until = self.window
        return at is not None and since <= at <= until


def marks_of(
    connection: Connection, keys: Collection[tuple[str, str]]
) -> dict[tuple[str, str], list[Mark]]:
    """The marks in runs by Dag and run id; those that were refused are left out."""
    found: dict[tuple[str, str], list[Mark]] = {}
    ordered = sorted(keys)
    for start in range(0, len(ordered), _AT_ONCE):
        query = select(event.c.document).where(
            tuple_(event.c.dag_id, event.c.run_id).in_(ordered[start : start + _AT_ONCE]),
            event.c.type.in_((MARK_RUN, MARK_TASK)),
        )
        for document in connection.scalars(query.order_by(event.c.seq)):
            content = json.loads(document)
            if content["payload"].get("effective") is not False:
                key = (content["dag_id"], content["run_id"])
                found.setdefault(key, []).append(_mark(content))
    return found


def marks_in_bulk(
    connection: Connection, keys: Collection[tuple[str, str]]
) -> dict[tuple[str, str], list[Mark]]:
    """The same of requests that name several runs of one Dag at once."""
    found: dict[tuple[str, str], list[Mark]] = {}
    dag_ids = sorted({dag_id for dag_id, _ in keys})
    for start in range(0, len(dag_ids), _AT_ONCE):
        query = select(event.c.document).where(
            event.c.dag_id.in_(dag_ids[start : start + _AT_ONCE]),
            event.c.run_id.is_(None),
            event.c.type == MARK_RUN,
        )
        for document in connection.scalars(query.order_by(event.c.seq)):
            content = json.loads(document)
            payload = content["payload"]
            named = payload.get("runs", ()) if payload.get("effective") is not False else ()
            for run in named:
                key = (run.get("dag_id") or content["dag_id"], run.get("run_id"))
                if key in keys and "new_state" in run:
                    found.setdefault(key, []).append(_mark(content))
    return found


def run_marked_by(ended_at: datetime | None, marks: Iterable[Mark]) -> str | None:
    """Who has ended the run by hand, if anyone has."""
    return next((one.by for one in marks if one.of_run and one.ended(ended_at)), None)


def _mark(content: Any) -> Mark:
    of_run, task_id = content["type"] == MARK_RUN, content["task_id"]
    index = content["map_index"]
    wide = of_run or task_id is None or bool(content["payload"].get("flags"))
    return Mark(
        at=datetime.fromisoformat(content["occurred_at"]),
        by=content["actor"] or _SOMEBODY,
        of_run=of_run,
        task_id=task_id,
        map_index=None if wide or index is None or index < 0 else index,
        wide=wide,
    )
