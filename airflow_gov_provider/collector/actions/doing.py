"""Something that a person or the machinery did, as its witnesses tell it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from airflow_gov_provider.collector.actions import kinds
from airflow_gov_provider.collector.actions.effects import Window
from airflow_gov_provider.collector.actions.telling import Action
from airflow_gov_provider.collector.tail.rows import LOG, LogRow
from airflow_gov_provider.domain.events import canonical_line
from airflow_gov_provider.store.events.requests import WITNESS, Request

API, COMMAND_LINE, MACHINERY = "api", "cli", "machinery"
_SCHEDULER = "scheduler"  # in the place of a user, when the scheduler pauses a Dag
_UNKNOWN_LASTS = timedelta(seconds=5)  # time to have an effect, where nobody saw the end


@dataclass(frozen=True, slots=True, kw_only=True)
class Doing:
    """One thing that was done or tried.

    :param via: ``api``, ``cli`` or ``machinery``.
    :param actor: who did it; None for the machinery.
    """

    event_id: str
    witness: str
    at: datetime
    until: datetime
    via: str
    actor: str | None
    dag_id: str | None
    run_id: str | None
    task_id: str | None
    map_index: int | None
    try_number: int | None
    action: Action
    request: Request | None

    @property
    def window(self) -> Window:
        """When it had its effect."""
        return Window(since=self.at, until=self.until)

    @classmethod
    def of_row(cls, row: LogRow, request: Request | None) -> Doing:
        via = _via(row)
        facts = {} if via == MACHINERY else row.facts
        params = dict(request.params) if request else {}
        return cls(
            event_id=hashlib.sha256(canonical_line([LOG, row.reference])).hexdigest(),
            witness=LOG,
            at=row.at,
            until=max(row.at, request.ended_at) if request else row.at + _UNKNOWN_LASTS,
            via=via,
            actor=None if via == MACHINERY else row.owner,
            dag_id=row.dag_id,
            run_id=row.run_id,
            task_id=row.task_id,
            map_index=_index(row.map_index, facts.get("map_index")),
            try_number=row.try_number,
            action=Action(name=row.event, facts=facts, params=params),
            request=request,
        )

    @classmethod
    def of_request(cls, request: Request) -> Doing:
        return cls(
            event_id=request.request_id,
            witness=WITNESS,
            at=request.started_at,
            until=request.ended_at,
            via=API,
            actor=request.user,
            dag_id=request.event.dag_id,
            run_id=request.event.run_id,
            task_id=request.event.task_id,
            map_index=_index(None, request.params.get("map_index")),
            try_number=None,
            action=Action(name=request.endpoint, facts=None, params=request.params),
            request=request,
        )


def _via(row: LogRow) -> str:
    if row.event.startswith(kinds.CLI):
        return COMMAND_LINE
    by_somebody = row.owner is not None and row.owner != _SCHEDULER and row.try_number is None
    return API if "method" in row.facts or by_somebody else MACHINERY


def _index(known: int | None, named: object) -> int | None:
    if known is not None or named is None:
        return known
    try:
        return int(str(named))
    except ValueError:
        return None
