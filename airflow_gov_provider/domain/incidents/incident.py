"""An incident, what can happen to it, and the functions that move it between its states.

* For each ``dedup_key`` at most one incident is not resolved. Whatever is seen again under its key
  counts it up and extends its timeline.
* One *occasion* of a key (a run, a piece of evidence, a finding) counts once, whoever tells of it,
  however often and in whichever order.
* What is seen again within ``REOPENS_WITHIN`` after an incident was resolved opens the same one
  again, by whomever it was resolved; later, it is a new incident.
* What had happened before it was resolved and is only told late opens it again if a person resolved
  it: they did not know of that. Where machines had seen that it was well again, it stays resolved,
  and its timeline is extended.
* Machines resolve only incidents with ``auto_resolve``, and only if what was wrong was not seen
  since the moment at which it was seen to be well.
* Every change makes ``version`` grow by one and is one entry of the timeline.

::

    (nothing) --seen--> OPEN --acknowledge--> ACKNOWLEDGED
    OPEN | ACKNOWLEDGED --resolve or heal--> RESOLVED --seen again--> OPEN
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from airflow_gov_provider.domain.events import LONGEST_ID, canonical_line
from airflow_gov_provider.domain.incidents.reporting import Clock
from airflow_gov_provider.domain.severity import Severity, worst

REOPENS_WITHIN = timedelta(hours=24)
LONGEST_COMMENT = 4000
LONGEST_KEY = 500
_LONGEST_TITLE = 500


class State(StrEnum):
    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class Kind(StrEnum):
    """What is wrong."""

    SLA_MISS = "sla_miss"
    GATE_BLOCKED = "gate_blocked"
    APPROVAL_BYPASS = "approval_bypass"
    COVERAGE = "coverage"
    LEDGER = "ledger"


class Entry(StrEnum):
    """What happened to an incident; the events are called ``incident.`` and one of these."""

    OPENED = "opened"
    REPEATED = "repeated"
    REOPENED = "reopened"
    ACKNOWLEDGED = "acknowledged"
    ASSIGNED = "assigned"
    COMMENTED = "commented"
    RESOLVED = "resolved"
    ESCALATED = "escalated"
    REPORTABLE = "reportable"  # an authority has to be told; the clock of this duty runs
    REPORT_SENT = "report_sent"
    REPORT_WITHDRAWN = "report_withdrawn"


class Resolution(StrEnum):
    """Why an incident is over."""

    FIXED = "fixed"
    FALSE_ALARM = "false_alarm"
    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    HEALED = "healed"  # of machines alone


BY_PEOPLE = tuple(one for one in Resolution if one is not Resolution.HEALED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """Something that is wrong, as whoever noticed it tells of it.

    :param dedup_key: what makes it the same thing as another time; see ``dedup_key_of``.
    :param occasion: names this one time; it counts once.
    :param title: one line for people.
    :param details: JSON-safe facts, without secrets and without values from rows of data.
    :param models: names of models that it is about.
    :param seen_at: when it was so; None for the time at which it is reported.
    :param auto_resolve: whether it is over as soon as it is well again, without a person.
    """

    kind: str
    dedup_key: str
    occasion: str
    severity: Severity
    title: str
    dag_id: str | None = None
    run_id: str | None = None
    task_id: str | None = None
    owner: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    models: tuple[str, ...] = ()
    seen_at: datetime | None = None
    auto_resolve: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Something that is wrong, and what people do about it.

    :param details: of the newest occurrence.
    :param affected: what lies downstream; empty while nobody has looked.
    :param reportable: clocks of duties to tell an authority, one for each regime.
    """

    incident_id: str
    dedup_key: str
    kind: str
    state: State
    severity: Severity
    title: str
    dag_id: str | None
    run_id: str | None
    task_id: str | None
    owner: str | None
    opened_at: datetime
    last_seen_at: datetime
    assignee: str | None = None
    occurrences: int = 1
    version: int = 1
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    resolved_at: datetime | None = None
    resolved_by: str | None = None
    resolution: Resolution | None = None
    comment: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    affected: Mapping[str, Any] = field(default_factory=dict)
    reportable: tuple[Clock, ...] = ()
    auto_resolve: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What becomes of an incident.

    :param details: of its entry in the timeline, JSON-safe.
    """

    entry: Entry
    after: Incident
    at: datetime
    actor: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


def _short(name: str | None) -> str | None:
    return None if name is None else name[:LONGEST_ID]


def dedup_key_of(kind: str, *parts: str | int | None) -> str:
    """``kind:part/part``; one that is too long for the database ends in a digest instead."""
    text = f"{kind}:{'/'.join(str(part) for part in parts if part is not None)}"
    if len(text) <= LONGEST_KEY:
        return text
    return f"{kind}:{hashlib.sha256(canonical_line(list(parts))).hexdigest()}"


def occurrence_id(dedup_key: str, occasion: str) -> str:
    """The id of the event of this occasion, whether it opens, counts up or opens again."""
    return _digest(["incident.occurrence", dedup_key, occasion])


def change_id(change: Change) -> str:
    """The id of the event of any other change."""
    return _digest([f"incident.{change.entry}", change.after.incident_id, change.after.version])


def _digest(parts: list[str | int]) -> str:
    return hashlib.sha256(canonical_line(parts)).hexdigest()


def sighted(
    known: Incident | None, sighting: Sighting, *, incident_id: str, now: datetime
) -> Change:
    """What an occasion that was not counted yet makes of the newest incident of its key.

    :param incident_id: for a new one.
    """
    seen_at = min(sighting.seen_at or now, now)
    details = {"occasion": sighting.occasion, "title": sighting.title, **sighting.details}
    if known is None or _is_past(known, seen_at):
        opened = _opened(sighting, incident_id, seen_at=seen_at, now=now)
        return Change(entry=Entry.OPENED, after=opened, at=now, details=details)
    after = _counted_up(known, sighting, seen_at)
    entry = Entry.REPEATED
    if _opens_again(known, seen_at):
        entry = Entry.REOPENED
        after = replace(_fresh(after), severity=sighting.severity)
    return Change(entry=entry, after=after, at=now, details=details)


def _is_past(known: Incident, seen_at: datetime) -> bool:
    """Whether it was resolved so long ago that something new is another incident."""
    if known.state is not State.RESOLVED or known.resolved_at is None:
        return False
    return seen_at - known.resolved_at > REOPENS_WITHIN


def _opens_again(known: Incident, seen_at: datetime) -> bool:
    """Whether it says more than whoever resolved the incident could know."""
    if known.state is not State.RESOLVED or known.resolved_at is None:
        return False
    return known.resolved_by is not None or seen_at > known.resolved_at


def _opened(sighting: Sighting, incident_id: str, *, seen_at: datetime, now: datetime) -> Incident:
    return Incident(
        incident_id=incident_id,
        dedup_key=sighting.dedup_key,
        kind=sighting.kind,
        state=State.OPEN,
        opened_at=now,
        last_seen_at=seen_at,
        severity=sighting.severity,
        owner=_short(sighting.owner),
        auto_resolve=sighting.auto_resolve,
        **_newest(sighting),
    )


def _newest(sighting: Sighting) -> dict[str, Any]:
    details = {**sighting.details, "models": list(sighting.models)}
    return {
        "title": sighting.title[:_LONGEST_TITLE],
        "dag_id": sighting.dag_id,
        "run_id": sighting.run_id,
        "task_id": sighting.task_id,
        "details": details if sighting.models else dict(sighting.details),
    }


def _counted_up(known: Incident, sighting: Sighting, seen_at: datetime) -> Incident:
    """With one occurrence more; what is told late does not replace what is newer."""
    newer = _newest(sighting) if seen_at >= known.last_seen_at else {}
    return replace(
        known,
        version=known.version + 1,
        occurrences=known.occurrences + 1,
        last_seen_at=max(known.last_seen_at, seen_at),
        severity=worst(known.severity, sighting.severity),
        owner=known.owner or _short(sighting.owner),
        auto_resolve=sighting.auto_resolve,
        **newer,
    )


def _fresh(incident: Incident) -> Incident:
    """Open again; who is assigned stays so, and what lies downstream is looked for anew."""
    return replace(
        incident,
        state=State.OPEN,
        acknowledged_at=None,
        acknowledged_by=None,
        resolved_at=None,
        resolved_by=None,
        resolution=None,
        comment=None,
        affected={},
    )


def healed(incident: Incident, *, reason: str, well_at: datetime, now: datetime) -> Change | None:
    """None if it is not for machines to resolve, or what was wrong was seen later than that.

    It counts as resolved since it was seen to be well, which may be told late.
    """
    if incident.state is State.RESOLVED or not incident.auto_resolve:
        return None
    if incident.last_seen_at > well_at:
        return None
    over_at = min(well_at, now)
    after = resolved(incident, Resolution.HEALED, comment=reason, by=None, now=over_at)
    details = {"resolution": Resolution.HEALED.value, "comment": reason}
    return Change(entry=Entry.RESOLVED, after=after, at=now, details=details)


def resolved(
    incident: Incident, resolution: Resolution, *, comment: str, by: str | None, now: datetime
) -> Incident:
    """:param by: None for a machine."""
    return replace(
        incident,
        state=State.RESOLVED,
        version=incident.version + 1,
        resolved_at=now,
        resolved_by=by,
        resolution=resolution,
        comment=comment,
    )
