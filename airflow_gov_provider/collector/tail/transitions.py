"""From a row of Airflow's log to the transition that it tells of."""

from __future__ import annotations

import hashlib
from typing import Any

from airflow_gov_provider.collector.tail.rows import LOG, LogRow
from airflow_gov_provider.collector.tail.tries import Tries, facts_of
from airflow_gov_provider.domain.events import Event, bounded, canonical_line
from airflow_gov_provider.domain.sightings import FAILURES, INFERRED, LATER_TI_ID, TI_ID
from airflow_gov_provider.store.events.merging import View


def event_id_of(witness: str, reference: str) -> str:
    return hashlib.sha256(canonical_line([witness, reference])).hexdigest()


def view_of(row: LogRow, tries: Tries, *, max_bytes: int) -> View:
    """:param row: one with ``is_transition``."""
    before, live = tries.rows_of(row)
    state, is_inferred = _state(row, before, live)
    facts = {
        **facts_of(before if before is not None else live),
        "owner": row.owner,
        "hostname": row.facts.get("host_name"),
        "logged_as": row.event if row.event != state else None,
        INFERRED: is_inferred or None,
        **dict(zip((TI_ID, LATER_TI_ID), tries.ids_of(row), strict=False)),
    }
    event = Event(
        event_id=event_id_of(LOG, row.reference),
        type=f"task_instance.{state}",
        state=state,
        dag_id=row.dag_id,
        run_id=row.run_id,
        task_id=row.task_id,
        map_index=-1 if row.map_index is None else row.map_index,
        try_number=row.try_number,
        occurred_at=row.at,
        witness=LOG,
        payload=bounded(
            {name: value for name, value in facts.items() if value is not None},
            max_bytes=max_bytes,
        ),
    )
    return View(event=event, reference=row.reference)


def _state(row: LogRow, before: Any, live: Any) -> tuple[str, bool]:
    """The state that was reached, and whether that is a guess.

    A worker's report has its host and means what it says. The scheduler writes ``failed`` before it
    decides whether the task is tried again, and by ``try_number <= max_tries`` it decides.
    """
    if row.event != "failed" or "host_name" in row.facts:
        return row.event, False
    if live is not None and live.state in FAILURES:
        return live.state, False
    known = before if before is not None else live
    again = known is not None and (row.try_number or 0) <= (known.max_tries or 0)
    return ("up_for_retry" if again else "failed"), True
