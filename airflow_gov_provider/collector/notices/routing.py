"""The duty that settles whom to tell of each thing that happened to an incident.

It is done here and not where the entry is written, so that an entry waits while the rules cannot be
read, and nobody is forgotten who stands in them once they are repaired.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Row

from airflow_gov_provider import config
from airflow_gov_provider.domain.incidents.rules import Facts, IncidentRules
from airflow_gov_provider.domain.severity import Severity
from airflow_gov_provider.hooks.governance import governance_transaction, new_id, utcnow
from airflow_gov_provider.hooks.incident_rules import rules_file
from airflow_gov_provider.store.incidents import notices

_AT_ONCE = 200
_OF_INCIDENT = (
    "incident_id",
    "kind",
    "state",
    "severity",
    "title",
    "dag_id",
    "run_id",
    "task_id",
    "owner",
    "assignee",
    "occurrences",
)


def route_entries(*, clock: Callable[[], datetime] = utcnow) -> int:
    """Write the notices of entries that have none yet.

    :returns: how many entries were settled.
    :raises ContractInvalid: if the rules cannot be read; the entries wait.
    :raises StoreUnavailable: if the governance database cannot be reached.
    """
    with governance_transaction() as connection:
        if not notices.unrouted_entries(connection, limit=1):
            return 0
    rules = rules_file().current()
    with governance_transaction() as connection:
        found = notices.unrouted_entries(connection, limit=_AT_ONCE)
        return sum(_route(connection, row, rules, now=clock()) for row in found)


def _route(connection: Connection, row: Row[Any], rules: IncidentRules, *, now: datetime) -> bool:
    facts = Facts(
        kind=row.of_kind,
        severity=Severity(row.of_severity),
        dag_id=row.of_dag_id,
        task_id=row.of_task_id,
        owner=row.of_owner,
    )
    entry = {
        "entry_id": row.entry_id,
        "kind": row.kind,
        "actor": row.actor,
        "at": row.at.isoformat(),
        "details": json.loads(row.details),
    }
    name = entry["details"].get("escalation")
    channels = rules.channels_for(facts, row.kind, escalation=name)
    incident = {field: getattr(row, f"of_{field}") for field in _OF_INCIDENT}
    incident["opened_at"] = row.of_opened_at.isoformat()
    content = {"incident": incident, "entry": entry, "url": _url(row.of_dag_id, row.of_run_id)}
    return notices.route(
        connection,
        row.entry_id,
        incident_id=row.incident_id,
        notices={channel: new_id() for channel in channels},
        content=content,
        now=now,
    )


def _url(dag_id: str | None, run_id: str | None) -> str:
    """Where people see the run in Airflow; empty where that is not known."""
    base = config.api_base_url().rstrip("/")
    if not base or dag_id is None:
        return ""
    url = f"{base}/dags/{quote(dag_id, safe='')}"
    return f"{url}/runs/{quote(run_id, safe='')}" if run_id else url
