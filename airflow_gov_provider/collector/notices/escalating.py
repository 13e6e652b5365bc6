"""The duty that escalates incidents which nobody has acknowledged."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from airflow_gov_provider.domain.incidents.incident import Incident
from airflow_gov_provider.domain.incidents.rules import Facts, IncidentRules
from airflow_gov_provider.hooks.governance import governance_transaction, utcnow
from airflow_gov_provider.hooks.incident_rules import current_rules
from airflow_gov_provider.hooks.incidents import escalate
from airflow_gov_provider.store.incidents.waits import Wait, waiting_incidents

_AT_ONCE = 500


def escalate_waiting(*, clock: Callable[[], datetime] = utcnow) -> int:
    """Escalate what has waited for as long as a rule allows; each rule does so once.

    An incident that was opened again waits anew.

    :returns: how many escalations there were.
    :raises StoreUnavailable: if the governance database cannot be reached.
    """
    rules = current_rules()
    if not rules.escalations:
        return 0
    now = clock()
    shortest = min(one.after for one in rules.escalations)
    done, after = 0, 0
    while True:
        with governance_transaction() as connection:
            page = waiting_incidents(connection, since=now - shortest, after=after, limit=_AT_ONCE)
        done += sum(_escalated(wait, rules, now=now) for wait in page)
        if len(page) < _AT_ONCE:
            return done
        after = page[-1].entry_id


def _escalated(wait: Wait, rules: IncidentRules, *, now: datetime) -> int:
    due = [
        one
        for one in rules.due(_facts(wait.incident), unacknowledged=now - wait.since)
        if one.name not in wait.escalated
    ]
    incident: Incident | None = wait.incident
    done = 0
    for one in due:
        if incident is None:  # somebody did something about it meanwhile
            break
        with governance_transaction() as connection:
            incident = escalate(connection, incident, name=one.name, severity=one.severity, now=now)
        done += incident is not None
    return done


def _facts(incident: Incident) -> Facts:
    return Facts(
        kind=incident.kind,
        severity=incident.severity,
        dag_id=incident.dag_id,
        task_id=incident.task_id,
        owner=incident.owner,
    )
