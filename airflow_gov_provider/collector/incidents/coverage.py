"""What is not recorded as it should be is an incident for as long as that is so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection

from airflow_gov_provider.collector.incidents.owners import owner_of
from airflow_gov_provider.domain.incidents.incident import (
    Kind,
    Sighting,
    dedup_key_of,
    occurrence_id,
)
from airflow_gov_provider.domain.severity import Severity
from airflow_gov_provider.hooks.governance import governance_transaction, utcnow
from airflow_gov_provider.hooks.incidents import heal, report
from airflow_gov_provider.store.events.coverage import LISTENER_LOST, CoverageFinding, open_findings
from airflow_gov_provider.store.incidents.rows import healing_keys, known_events

_SAYS = {
    LISTENER_LOST: "the governance listener is not called for",
}
_ELSE = "states are missing or doubled in the ledger for"


def watch_coverage(*, clock: Callable[[], datetime] = utcnow) -> int:
    """Compare open findings with the incidents about them.

    :returns: how many incidents were opened, counted up or ended.
    :raises StoreUnavailable: if the governance database cannot be reached.
    """
    now = clock()
    with governance_transaction() as connection:
        found = {key_of(one): one for one in open_findings(connection)}
        unreported = _unreported(connection, found)
        over = [key for key in healing_keys(connection, kind=Kind.COVERAGE) if key not in found]
    if not unreported and not over:
        return 0
    done = 0
    with governance_transaction() as connection:
        for key in unreported:
            report(connection, sighting_of(found[key]), now=now)
            done += 1
        for key in over:
            done += heal(connection, key, reason="it is recorded again", now=now) is not None
    return done


def _unreported(connection: Connection, found: dict[str, CoverageFinding]) -> list[str]:
    ids = {key: occurrence_id(key, one.finding_id) for key, one in found.items()}
    known = known_events(connection, ids.values())
    return [key for key, event_id in ids.items() if event_id not in known]


def key_of(finding: CoverageFinding) -> str:
    return dedup_key_of(Kind.COVERAGE, finding.kind, finding.subject)


def sighting_of(finding: CoverageFinding) -> Sighting:
    return Sighting(
        kind=Kind.COVERAGE,
        dedup_key=key_of(finding),
        occasion=finding.finding_id,
        severity=Severity.HIGH,
        title=f"{_SAYS.get(finding.kind, _ELSE)} {finding.subject}",
        dag_id=finding.dag_id,
        owner=owner_of(finding.dag_id),
        details={"finding_id": finding.finding_id, "finding_kind": finding.kind},
        seen_at=finding.opened_at,
    )
