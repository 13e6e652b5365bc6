"""From rows of Airflow's log that are no transitions to events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from airflow_gov_provider import config
from airflow_gov_provider.collector.actions import kinds
from airflow_gov_provider.collector.actions.consequences import consequences
from airflow_gov_provider.collector.actions.doing import MACHINERY, Doing
from airflow_gov_provider.collector.actions.matching import matched, own_event_of
from airflow_gov_provider.collector.actions.telling import told
from airflow_gov_provider.collector.tail.rows import LogRow
from airflow_gov_provider.domain.events import LONGEST_ID, Event, bounded
from airflow_gov_provider.store.events.requests import join, waiting_requests
from airflow_gov_provider.store.events.rows import insert_events

_FORBIDDEN = 403
_ANY_TASK = "~"


def record_actions(
    connection: Connection, session: Any, rows: Sequence[LogRow], *, now: datetime
) -> list[tuple[LogRow, str]]:
    """Insert the events that these rows tell of, with what the requests say that made the rows.

    :param connection: to the governance database.
    :param session: of Airflow's metadata database, which is only read.
    :param rows: none of which is a transition.
    :returns: every row and the id of the event that it belongs to.
    """
    requests = matched(rows, waiting_requests(connection)) if rows else {}
    results: list[tuple[LogRow, str]] = []
    events: list[Event] = []
    for row in rows:
        doing = Doing.of_row(row, requests.get(row.reference))
        earlier = None if doing.request else own_event_of(connection, row)
        if earlier is None:
            events.append(event_of(connection, session, doing))
        results.append((row, earlier or doing.event_id))
    insert_events(connection, events, recorded_at=now)
    ids = {row.reference: event_id for row, event_id in results}
    joined = [(request, ids[reference]) for reference, request in requests.items()]
    join(connection, joined, recorded_at=now)
    return results


def event_of(
    connection: Connection, session: Any, doing: Doing, *, more: Mapping[str, Any] | None = None
) -> Event:
    """The event, redacted and within its limits.

    ``effective`` in its payload is None where nobody can tell whether anything came of it.

    :param more: what else its payload says.
    """
    from airflow.sdk.log import redact  # type: ignore[attr-defined]

    request = doing.request
    by_itself = told(doing.action, by_person=doing.via != MACHINERY)
    came = consequences(connection, session, doing, by_itself)
    denied = request is not None and request.status == _FORBIDDEN
    denied = denied and came.type not in (kinds.ANSWERED, kinds.REFUSED)
    payload: dict[str, Any] = {
        **by_itself.payload,
        **came.payload,
        "via": doing.via,
        "endpoint": doing.action.name,
        "request": request.told if request else None,
        "attempted": came.type if denied else None,
        **(more or {}),
    }
    payload = {name: it for name, it in payload.items() if it is not None}
    kept: Any = redact(payload | {"effective": came.effective})
    return Event(
        event_id=doing.event_id,
        type=kinds.DENIED if denied else came.type,
        witness=doing.witness,
        occurred_at=doing.at,
        dag_id=_id(doing.dag_id),
        run_id=_id(came.run_id or doing.run_id),
        task_id=_id(doing.task_id),
        map_index=doing.map_index,
        try_number=doing.try_number,
        actor=_id(doing.actor),
        payload=bounded(kept, max_bytes=config.max_payload_bytes()),
    )


def _id(value: str | None) -> str | None:
    return None if value is None or value == _ANY_TASK else value[:LONGEST_ID]
