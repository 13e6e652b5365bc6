"""What machines do about incidents: each change with its entry and its event.

All of it happens on the caller's connection, in the transaction that it has open. What people do
is in ``hooks.incident_decisions``.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from airflow_gov_provider import config
from airflow_gov_provider.domain.events import Event, bounded
from airflow_gov_provider.domain.incidents import moves
from airflow_gov_provider.domain.incidents.incident import (
    Change,
    Incident,
    Sighting,
    change_id,
    healed,
    occurrence_id,
    sighted,
)
from airflow_gov_provider.domain.incidents.reporting import Step
from airflow_gov_provider.domain.incidents.rules import Facts
from airflow_gov_provider.domain.severity import Severity
from airflow_gov_provider.exceptions import IncidentConflict
from airflow_gov_provider.hooks.governance import new_id
from airflow_gov_provider.hooks.incident_rules import current_rules
from airflow_gov_provider.store.events.rows import insert_events
from airflow_gov_provider.store.incidents import rows as store

COLLECTOR = "collector"
_MOST_ATTEMPTS = 20


def report(
    connection: Connection, sighting: Sighting, *, now: datetime, witness: str = COLLECTOR
) -> Incident:
    """Open an incident, count up the one that is open, or open the last one again.

    An occasion that was counted already changes nothing. Rules decide about severity, owner and
    automatic resolution; ``domain.incidents.incident`` says which incident an occasion belongs to.

    :param witness: who tells of it: ``collector``, ``callback`` or ``cli``.
    :returns: the incident that the occasion belongs to.
    """
    key = sighting.dedup_key
    store.one_after_the_other(connection, key)
    event_id = occurrence_id(key, sighting.occasion)
    known = store.incident_of_event(connection, key, event_id)
    if known is not None:
        return known
    ruled = _ruled(sighting)
    for _ in range(_MOST_ATTEMPTS):
        before = store.newest_of_key(connection, key)
        change = sighted(before, ruled, incident_id=new_id(), now=now)
        is_new = before is None or change.after.incident_id != before.incident_id
        if write_change(connection, None if is_new else before, change, witness, event_id=event_id):
            return change.after
    raise IncidentConflict(f"the incident {key!r} changes faster than it can be counted up")


def _ruled(sighting: Sighting) -> Sighting:
    """As the rules of the settings want it."""
    facts = Facts(
        kind=sighting.kind,
        severity=sighting.severity,
        dag_id=sighting.dag_id,
        task_id=sighting.task_id,
        owner=sighting.owner,
    )
    ruling = current_rules().ruling(facts)
    keeps = ruling.auto_resolve is None
    return replace(
        sighting,
        severity=ruling.severity or sighting.severity,
        owner=ruling.owner or sighting.owner,
        auto_resolve=sighting.auto_resolve if keeps else bool(ruling.auto_resolve),
    )


def heal(
    connection: Connection,
    dedup_key: str,
    *,
    reason: str,
    now: datetime,
    well_at: datetime | None = None,
    witness: str = COLLECTOR,
) -> Incident | None:
    """Resolve what is well again, if it resolves by itself.

    :param well_at: when it was seen to be well; what was seen to be wrong later stands. None for
        now.
    :returns: the incident, or None if nothing changed.
    """
    known = store.newest_of_key(connection, dedup_key)
    if known is None or _healed(known, reason, well_at, now) is None:
        return None
    store.one_after_the_other(connection, dedup_key)
    for _ in range(_MOST_ATTEMPTS):
        before = store.newest_of_key(connection, dedup_key)
        change = None if before is None else _healed(before, reason, well_at, now)
        if change is None:
            return None
        if write_change(connection, before, change, witness):
            return change.after
    return None


def _healed(
    incident: Incident, reason: str, well_at: datetime | None, now: datetime
) -> Change | None:
    return healed(incident, reason=reason, well_at=well_at or now, now=now)


def remind(
    connection: Connection, incident: Incident, *, regime: str, step: Step, now: datetime
) -> bool:
    """Say that the time of a clock runs out; False if the incident has changed meanwhile."""
    change = moves.remind(incident, regime=regime, step=step, now=now)
    return write_change(connection, incident, change, COLLECTOR)


def escalate(
    connection: Connection,
    incident: Incident,
    *,
    name: str,
    now: datetime,
    severity: Severity | None = None,
) -> Incident | None:
    """Say that nobody has acknowledged it for long; None if it has changed meanwhile.

    :param name: of the rule that says so.
    :param severity: at least so severe from now on.
    :raises IncidentConflict: unless it is open.
    """
    change = moves.escalate(incident, name=name, severity=severity, now=now)
    return change.after if write_change(connection, incident, change, COLLECTOR) else None


def write_change(
    connection: Connection,
    before: Incident | None,
    change: Change,
    witness: str,
    *,
    event_id: str | None = None,
) -> bool:
    """Write the change with its entry and its event; False if somebody else was faster."""
    if before is None:
        done = store.insert_incident(connection, change.after)
    else:
        done = store.replace_incident(connection, before, change.after)
    if not done:
        return False
    event = _event(change, event_id or change_id(change), witness)
    store.insert_entry(connection, change, event.event_id)
    insert_events(connection, [event], recorded_at=change.at)
    return True


def _event(change: Change, event_id: str, witness: str) -> Event:
    """What the ledger keeps: who did what, and of what was said only the digest."""
    incident = change.after
    payload = {
        "incident_id": incident.incident_id,
        "dedup_key": incident.dedup_key,
        "kind": incident.kind,
        "severity": incident.severity.value,
        "incident_state": incident.state.value,
        "version": incident.version,
        "occurrences": incident.occurrences,
        "digest": hashlib.sha256(store.document_of(change).encode()).hexdigest(),
    }
    names = ("resolution", "assignee", "regime", "ended", "step", "escalation")
    payload |= {name: change.details[name] for name in names if change.details.get(name)}
    return Event(
        event_id=event_id,
        type=f"incident.{change.entry}",
        witness=witness,
        occurred_at=change.at,
        dag_id=incident.dag_id,
        run_id=incident.run_id,
        task_id=incident.task_id,
        actor=change.actor,
        payload=bounded(payload, max_bytes=config.max_payload_bytes()),
    )
