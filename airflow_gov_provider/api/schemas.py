"""What goes over the wire, in and out; the CLI prints the same items with ``--output json``."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from airflow_gov_provider.store.events.coverage import CoverageFinding
from airflow_gov_provider.store.events.rows import StoredEvent
from airflow_gov_provider.store.events.witnesses import Sighting
from airflow_gov_provider.store.evidence.rows import EvidenceRow, StoredEvidence


class _Out(BaseModel):
    model_config = ConfigDict(frozen=True)


class ErrorDetail(_Out):
    field: str = Field(description="Where the problem is, e.g. `query.limit`.")
    problem: str


class ErrorBody(_Out):
    code: str = Field(description="Stable; for programs.")
    message: str = Field(description="What was expected, what was found and what to do.")
    details: list[ErrorDetail] = Field(description="One entry a problem of an invalid request.")


class ErrorResponse(_Out):
    error: ErrorBody


class EventItem(_Out):
    """One thing that happened to a task instance or a Dag run."""

    seq: int = Field(description="Its place in the order of arrival.")
    event_id: str
    type: str
    state: str | None
    dag_id: str | None
    run_id: str | None
    task_id: str | None
    map_index: int | None = Field(description="-1 for a task that is not mapped.")
    try_number: int | None
    actor: str | None = Field(description="The user who did it, where that is known.")
    witness: str = Field(description="Who gave it: saw it first, or tells most of it.")
    witnesses: list[str] = Field(description="Everyone who saw it.")
    occurred_at: datetime
    recorded_at: datetime = Field(description="When it reached the governance database.")
    payload: dict[str, Any]

    @classmethod
    def of(cls, stored: StoredEvent, others: Collection[str] = ()) -> EventItem:
        """:param others: further witnesses."""
        return cls(**_of_event(stored, others))


def _of_event(stored: StoredEvent, others: Collection[str]) -> dict[str, Any]:
    event = stored.event
    return {
        "seq": stored.seq,
        "recorded_at": stored.recorded_at,
        "witnesses": sorted({event.witness, *others}),
        **{name: getattr(event, name) for name in event.__slots__ if name != "payload"},
        "payload": dict(event.payload),
    }


class SightingItem(_Out):
    """What one further witness saw of an event, or what the event was made of."""

    witness: str
    reference: str = Field(description="How the witness itself names what it saw.")
    occurred_at: datetime
    document: dict[str, Any] | None = Field(
        description="What it saw; null if what is stored is no JSON object any more."
    )


class EventLeaf(_Out):
    """Where an event stands in the ledger."""

    leaf_index: int
    sealed_at: datetime | None = Field(description="When the first checkpoint signed it.")
    is_unchanged: bool = Field(
        description="Whether the stored event has the hash that was sealed. "
        "`GET /governance/v1/events/{event_id}/proof` has what proves more than that."
    )


class EventDetail(EventItem):
    """One event with everything that further witnesses saw of it."""

    sightings: list[SightingItem]
    leaf: EventLeaf | None = Field(
        default=None, description="Null while it waits for the next checkpoint."
    )

    @classmethod
    def with_sightings(
        cls, stored: StoredEvent, sightings: Sequence[Sighting], leaf: EventLeaf | None = None
    ) -> EventDetail:
        return cls(
            leaf=leaf,
            **_of_event(stored, {sighting.witness for sighting in sightings}),
            sightings=[
                SightingItem(
                    witness=one.witness,
                    reference=one.reference,
                    occurred_at=one.occurred_at,
                    document=_parsed(one.document.encode()),
                )
                for one in sightings
            ],
        )


class EventPage(_Out):
    """Newest arrival first.

    What one page may read is bounded. A page that is cut short by that has fewer items than
    `limit`, or none, and a `next_cursor`: only null says that there are no more.
    """

    items: list[EventItem]
    next_cursor: str | None = Field(description="`cursor` of the next page; null on the last one.")
    newer_cursor: str = Field(description="`newer` of the page above, or of what arrives later.")
    has_newer: bool = Field(description="Whether anything has arrived above; it may not match.")


class EventCount(_Out):
    count: int
    is_exact: bool = Field(description="False if there are more, or may be: counting is bounded.")


class ModelVersion(_Out):
    name: str
    version: str


class EvidenceItem(_Out):
    """One piece of evidence, without its document."""

    evidence_id: str
    kind: str
    dag_id: str
    run_id: str
    task_id: str
    map_index: int = Field(description="-1 for a task that is not mapped.")
    try_number: int
    subject: str = Field(description="What it is about: a contract, a data set, a model version.")
    model: ModelVersion | None
    verdict: str
    summary: str
    recorded_at: datetime
    digest: str = Field(description="SHA-256 of the canonical document when it was recorded.")

    @classmethod
    def of(cls, row: EvidenceRow) -> EvidenceItem:
        return cls(**_columns(row))


class EvidencePage(_Out):
    """Newest first."""

    items: list[EvidenceItem]
    next_cursor: str | None = Field(description="`cursor` of the next page; null on the last one.")


class EvidenceDetail(EvidenceItem):
    """One piece of evidence with its document."""

    digest_matches: bool = Field(
        description="Whether the stored document still has the recorded digest. If false, the "
        "document was changed after it was recorded."
    )
    document: dict[str, Any] | None = Field(
        description="The recorded document; its RFC 8785 bytes have the digest. Null if what is "
        "stored is no JSON object any more."
    )

    @classmethod
    def with_document(cls, stored: StoredEvidence) -> EvidenceDetail:
        return cls(
            **_columns(stored.row),
            digest_matches=stored.digest_matches,
            document=_parsed(stored.document),
        )


class DatabaseHealth(_Out):
    url: str = Field(description="Without user, password and parameters.")
    reachable: bool
    revision: str | None = Field(description="The revision of the schema; null without one.")
    needed_revision: str | None
    is_current: bool
    problem: str | None


class DutyHealth(_Out):
    """Something that the collector does again and again."""

    name: str
    failures: int = Field(description="In a row; 0 if the last run went well.")
    last_run_at: datetime | None
    done: int = Field(description="Things done since the process started.")


class CollectorHealth(_Out):
    """The collector of this api-server process, and the spool of its host."""

    mode: str = Field(description="The setting: `embedded`, `external` or `off`.")
    running: bool
    leads: bool = Field(
        default=False, description="Whether it does what only one process may do at a time."
    )
    led: bool | None = Field(
        default=None,
        description="Whether any collector of the deployment does; null where nobody can tell.",
    )
    last_round_at: datetime | None
    failures: int = Field(description="In a row; 0 if the last round went well.")
    sealing_failures: int = Field(
        default=0,
        description="Of the sealer, in a row. It refuses to sign what does not continue what was "
        "signed before; `airflow governance ledger verify` tells more.",
    )
    duties: list[DutyHealth] = Field(default=[], description="Everything that it does.")
    shipped_total: int = Field(description="Events shipped since the process started.")
    waiting_files: int
    waiting_bytes: int
    quarantined: int = Field(description="Files of events that could not be used.")
    lost_events: int = Field(description="Events that could not be written to the spool.")
    unread_log_rows: int | None = Field(
        default=None,
        description="Rows of Airflow's log that were not read yet; null where nobody can tell.",
    )
    unread_log_since: datetime | None = Field(
        default=None, description="When the first of them was written."
    )

    @property
    def is_well(self) -> bool:
        there = {"embedded": self.running, "external": self.led is not False, "off": True}
        troubles = (self.failures, self.sealing_failures, self.quarantined, self.lost_events)
        failing = any(duty.failures for duty in self.duties)
        return there.get(self.mode, False) and not failing and not any(troubles)


class LedgerHealth(_Out):
    """How far the tamper-evident ledger is."""

    size: int = Field(description="Events that the last checkpoint signs.")
    unsealed_events: int = Field(description="Events that wait for the next checkpoint.")
    last_checkpoint_at: datetime | None


class GapHealth(_Out):
    """A time in which no collector was there; tasks and Airflow went on meanwhile."""

    since: datetime
    until: datetime
    reason: str = Field(description="`clean_stop`, `crash` or `interrupted`.")
    filled: dict[str, int] | None = Field(
        description="Events of that time that came later, by witness; null while they may come."
    )


class RecordingHealth(_Out):
    """How complete the record is."""

    since: datetime | None = Field(description="When the first collector was there.")
    stopped_at: datetime | None = Field(
        description="When the last collector said goodbye; null while one is there."
    )
    last_gap: GapHealth | None
    open_findings: int = Field(
        description="Places where something is not recorded; `GET /governance/v1/coverage` tells."
    )
    waiting_requests: int = Field(
        description="Answered requests whose row of Airflow's log was not read yet."
    )
    reconciled_until: datetime | None = Field(
        description="All runs that had finished by then were compared with Airflow's tables."
    )
    incomplete_runs: int = Field(description="Of these, in which something is missing or doubled.")


class CoverageItem(_Out):
    """Something that is, or was, not recorded as it should be."""

    finding_id: str
    kind: str = Field(
        description="`listener`: hooks are called and ours is not; `missing`: states of Airflow's "
        "tables have no event, or more than one."
    )
    subject: str = Field(description="`host:` or `dag:` and a name.")
    details: dict[str, Any] = Field(description="Counts and examples.")
    opened_at: datetime
    closed_at: datetime | None = Field(description="Null while it is so.")

    @classmethod
    def of(cls, finding: CoverageFinding) -> CoverageItem:
        return cls(**{name: getattr(finding, name) for name in finding.__slots__})


class CoveragePage(_Out):
    items: list[CoverageItem]
    next_cursor: str | None = Field(description="Null on the last page.")


class Health(_Out):
    status: Literal["ok", "degraded", "unavailable"] = Field(
        description="`degraded`: the collector fails, events were lost or something is known not "
        "to be recorded; `unavailable`: there is no current database."
    )
    version: str
    database: DatabaseHealth
    collector: CollectorHealth | None = Field(description="Null where none can run.")
    ledger: LedgerHealth | None = Field(description="Null without a current database.")
    recording: RecordingHealth | None = Field(description="Null without a current database.")


def _columns(row: EvidenceRow) -> dict[str, Any]:
    origin, model = row.origin, row.model
    return {
        "evidence_id": row.evidence_id,
        "kind": row.kind,
        "dag_id": origin.dag_id,
        "run_id": origin.run_id,
        "task_id": origin.task_id,
        "map_index": origin.map_index,
        "try_number": origin.try_number,
        "subject": row.subject,
        "model": model and ModelVersion(name=model.name, version=model.version),
        "verdict": row.verdict,
        "summary": row.summary,
        "recorded_at": row.recorded_at,
        "digest": row.digest,
    }


def _parsed(document: bytes) -> dict[str, Any] | None:
    try:
        content = json.loads(document)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None
