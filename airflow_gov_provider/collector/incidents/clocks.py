"""Reminders that the time to tell an authority runs out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from airflow_gov_provider.hooks.governance import governance_transaction, utcnow
from airflow_gov_provider.hooks.incidents import remind
from airflow_gov_provider.store.incidents.rows import get_incident, reportable_incidents

INTERVAL = 30.0


def watch_clocks(*, clock: Callable[[], datetime] = utcnow) -> int:
    """Escalate where half of the time, nine tenths of it, or all of it is over; each once.

    :returns: how many escalations there were.
    :raises StoreUnavailable: if the governance database cannot be reached.
    """
    now = clock()
    with governance_transaction() as connection:
        due = [
            (incident.incident_id, one.regime)
            for incident in reportable_incidents(connection)
            for one in incident.reportable
            if one.step_to_tell(now) is not None
        ]
    return sum(_remind(incident_id, regime, now) for incident_id, regime in due)


def _remind(incident_id: str, regime: str, now: datetime) -> bool:
    with governance_transaction() as connection:
        incident = get_incident(connection, incident_id)
        running = incident.reportable if incident else ()
        step = next((one.step_to_tell(now) for one in running if one.regime == regime), None)
        if incident is None or step is None:
            return False
        return remind(connection, incident, regime=regime, step=step, now=now)
