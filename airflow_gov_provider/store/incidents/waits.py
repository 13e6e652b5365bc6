"""Incidents that nobody has acknowledged, and since when."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from airflow_gov_provider.domain.incidents.incident import Entry, Incident, State
from airflow_gov_provider.store.incidents.rows import incident_of
from airflow_gov_provider.store.promise_tables import incident, incident_entry

_BEGINS = (Entry.OPENED.value, Entry.REOPENED.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """An incident that is open.

    :param since: when it was opened, or opened again.
    :param entry_id: of the entry that says so.
    :param escalated: the names of the escalations that it has had since then.
    """

    incident: Incident
    since: datetime
    entry_id: int
    escalated: Collection[str]


def waiting_incidents(
    connection: Connection, *, since: datetime, after: int = 0, limit: int
) -> list[Wait]:
    """Open incidents that have been so since that time or longer, in the order of their openings.

    :param after: the ``entry_id`` of the last one of the page before.
    """
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
        .where(incident_entry.c.at <= since, incident_entry.c.entry_id > after)
        .order_by(incident_entry.c.entry_id)
        .limit(limit)
    )
    rows = connection.execute(query).all()
    names = _escalations(connection, {row.incident_id: row.entry_id for row in rows})
    return [
        Wait(
            incident=incident_of(row),
            since=row.at,
            entry_id=row.entry_id,
            escalated=names[row.incident_id],
        )
        for row in rows
    ]


def _escalations(connection: Connection, began: Mapping[str, int]) -> dict[str, set[str]]:
    """The names of the escalations of each incident since the entry at which it began."""
    query = select(
        incident_entry.c.incident_id, incident_entry.c.entry_id, incident_entry.c.details
    ).where(incident_entry.c.incident_id.in_(began), incident_entry.c.kind == Entry.ESCALATED.value)
    found: dict[str, set[str]] = {incident_id: set() for incident_id in began}
    for row in connection.execute(query):
        if row.entry_id > began[row.incident_id]:
            found[row.incident_id].add(str(json.loads(row.details).get("escalation")))
    return found
