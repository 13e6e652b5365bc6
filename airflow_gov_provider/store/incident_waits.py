"""Incidents that nobody has acknowledged, and since when."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from airflow_gov_provider.domain.incidents import Entry, Incident, State
from airflow_gov_provider.store.incidents import incident_of
from airflow_gov_provider.store.promise_tables import incident, incident_entry

_BEGINS = (Entry.OPENED.value, Entry.REOPENED.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """An incident that is open.

    :param since: when it was opened, or opened again.
    :param escalated: the names of the escalations that it has had since then.
    """

    incident: Incident
    since: datetime
    escalated: Collection[str]


def waiting_incidents(connection: Connection, *, since: datetime, limit: int) -> list[Wait]:
    """Open incidents that have been so since that time or longer, the longest first."""
    began = (
        select(incident_entry.c.incident_id, func.max(incident_entry.c.entry_id).label("entry_id"))
        .join(incident, incident.c.incident_id == incident_entry.c.incident_id)
        .where(incident.c.state == State.OPEN.value, incident_entry.c.kind.in_(_BEGINS))
        .group_by(incident_entry.c.incident_id)
        .subquery()
    )
    query = (
        select(incident, incident_entry.c.at, incident_entry.c.entry_id)
        .join(began, began.c.incident_id == incident.c.incident_id)
        .join(incident_entry, incident_entry.c.entry_id == began.c.entry_id)
        .where(incident_entry.c.at <= since)
        .order_by(incident_entry.c.at)
        .limit(limit)
    )
    return [
        Wait(
            incident=incident_of(row),
            since=row.at,
            escalated=_escalations(connection, row.incident_id, after=row.entry_id),
        )
        for row in connection.execute(query).all()
    ]


def _escalations(connection: Connection, incident_id: str, *, after: int) -> frozenset[str]:
    details = connection.scalars(
        select(incident_entry.c.details).where(
            incident_entry.c.incident_id == incident_id,
            incident_entry.c.entry_id > after,
            incident_entry.c.kind == Entry.ESCALATED.value,
        )
    )
    return frozenset(str(json.loads(one).get("escalation")) for one in details)
