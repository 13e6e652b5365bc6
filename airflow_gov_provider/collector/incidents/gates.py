"""A gate that lets nobody pass becomes an incident, and is over when the same gate passes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from airflow_gov_provider.collector.incidents.owners import owner_of
from airflow_gov_provider.collector.incidents.walking import walk_on
from airflow_gov_provider.domain.evidence import Evidence
from airflow_gov_provider.domain.incidents.incident import Kind, Sighting, dedup_key_of
from airflow_gov_provider.domain.record.walks import Stretch
from airflow_gov_provider.domain.severity import Severity
from airflow_gov_provider.domain.verdicts import OnFail, Verdict
from airflow_gov_provider.hooks.governance import utcnow
from airflow_gov_provider.hooks.incidents import heal, report
from airflow_gov_provider.store.events.sources import recorded_evidence
from airflow_gov_provider.store.evidence.rows import get_evidence
from airflow_gov_provider.store.incidents.rows import healing_keys

POSITION = "incidents.gates"
_SEVERITIES = {Verdict.FAILED: Severity.HIGH, Verdict.INSUFFICIENT: Severity.MEDIUM}


def watch_gates(*, clock: Callable[[], datetime] = utcnow) -> int:
    """Read what was recorded since the last time.

    :returns: how many pieces of evidence opened, counted up or ended an incident.
    :raises StoreUnavailable: if the governance database cannot be reached.
    """
    now = clock()
    return walk_on(POSITION, _Gates(now).take, now=now)


@dataclass(frozen=True, slots=True)
class _Gates:
    now: datetime

    def take(self, connection: Connection, stretches: Sequence[Stretch]) -> int:
        blocked = set(healing_keys(connection, kind=Kind.GATE_BLOCKED))
        done = 0
        for after, up_to in stretches:
            for evidence_id, verdict in recorded_evidence(connection, after=after, up_to=up_to):
                if Verdict.__members__.get(verdict) in _SEVERITIES:
                    done += self._report(connection, evidence_id, blocked)
                elif blocked:
                    done += self._heal(connection, evidence_id, blocked)
        return done

    def _report(self, connection: Connection, evidence_id: str, blocked: set[str]) -> bool:
        evidence = get_evidence(connection, evidence_id)
        if evidence is None or evidence.body.get("on_fail") != OnFail.BLOCK:
            return False  # what a person is to decide on, or does not block, is no incident
        owner = owner_of(evidence.origin.dag_id)
        report(connection, sighting_of(evidence, owner=owner), now=self.now)
        blocked.add(key_of(evidence))
        return True

    def _heal(self, connection: Connection, evidence_id: str, blocked: set[str]) -> bool:
        evidence = get_evidence(connection, evidence_id)
        if evidence is None or key_of(evidence) not in blocked:
            return False
        reason = f"the gate passed in run {evidence.origin.run_id}"
        key, well_at = key_of(evidence), evidence.recorded_at
        return heal(connection, key, reason=reason, now=self.now, well_at=well_at) is not None


def key_of(evidence: Evidence) -> str:
    """One incident for each gate; each index of a mapped one is a gate of its own."""
    origin = evidence.origin
    index = origin.map_index if origin.map_index >= 0 else None
    return dedup_key_of(Kind.GATE_BLOCKED, origin.dag_id, origin.task_id, index)


def sighting_of(evidence: Evidence, *, owner: str | None) -> Sighting:
    origin = evidence.origin
    return Sighting(
        kind=Kind.GATE_BLOCKED,
        dedup_key=key_of(evidence),
        occasion=evidence.evidence_id,
        severity=_SEVERITIES[evidence.verdict],
        title=f"{origin.dag_id}.{origin.task_id} blocks: {evidence.subject}: {evidence.summary}",
        dag_id=origin.dag_id,
        run_id=origin.run_id,
        task_id=origin.task_id,
        owner=owner,
        details={
            "evidence_id": evidence.evidence_id,
            "evidence_kind": evidence.kind.value,
            "verdict": evidence.verdict.value,
            "map_index": origin.map_index,
            "try_number": origin.try_number,
        },
        models=(evidence.model.name,) if evidence.model else (),
        seen_at=evidence.recorded_at,
    )
