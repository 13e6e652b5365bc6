"""Since when events are recorded, and when they were not.

Every collector says a few times a minute that it is there. The last one to stop cleanly says so in
the ledger; whoever comes next tells there from when to when nobody was, whether anybody had said
goodbye or not.

Tasks do not depend on collectors: their hooks write to a spool meanwhile, and Airflow's own tables
are read later. So a gap is a time in which nothing was *read*; once everything that was written in
it has been read, the ledger says what came of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from airflow_gov_provider.domain.events import Event, canonical_line

STARTED = "recording.started"
STOPPED = "recording.stopped"
GAP = "recording.gap"
FILLED = "recording.filled"

CLEAN_STOP = "clean_stop"
CRASH = "crash"
INTERRUPTED = "interrupted"  # a collector lived on and could not write
LOG_PURGED = "log_purged"

SILENCE = timedelta(seconds=60)  # of all collectors, from which on it is a gap


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A time in which nobody recorded.

    :param reason: ``clean_stop``, ``crash`` or ``interrupted``.
    :param event_id: its marker in the ledger.
    :param filled: events of that time that came later, by witness; None while they may still come.
    """

    since: datetime
    until: datetime
    reason: str
    event_id: str
    filled: Mapping[str, int] | None = None

    @property
    def content(self) -> dict[str, Any]:
        """JSON-safe; the inverse of ``from_content``."""
        return {
            "since": self.since.isoformat(),
            "until": self.until.isoformat(),
            "reason": self.reason,
            "event_id": self.event_id,
            "filled": self.filled and dict(self.filled),
        }

    @classmethod
    def from_content(cls, content: Mapping[str, Any]) -> Gap:
        return cls(
            since=datetime.fromisoformat(content["since"]),
            until=datetime.fromisoformat(content["until"]),
            reason=content["reason"],
            event_id=content["event_id"],
            filled=content["filled"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """What is known of recording.

    :param since: when the first collector was there.
    :param last_seen: when any collector was there last.
    :param present: when each collector said last that it is there.
    :param stopped_at: when the last one said goodbye, if none has come since.
    :param gap: the last one.
    :param log_id: how far Airflow's log had been read when somebody was there last.
    """

    since: datetime
    last_seen: datetime
    present: Mapping[str, datetime] = field(default_factory=dict)
    stopped_at: datetime | None = None
    gap: Gap | None = None
    log_id: int | None = None

    @property
    def content(self) -> dict[str, Any]:
        """JSON-safe; the inverse of ``from_content``."""
        return {
            "since": self.since.isoformat(),
            "last_seen": self.last_seen.isoformat(),
            "present": {name: at.isoformat() for name, at in self.present.items()},
            "stopped_at": self.stopped_at and self.stopped_at.isoformat(),
            "gap": self.gap and self.gap.content,
            "log_id": self.log_id,
        }

    @classmethod
    def from_content(cls, content: Mapping[str, Any]) -> Recording:
        stopped_at, gap = content["stopped_at"], content["gap"]
        return cls(
            since=datetime.fromisoformat(content["since"]),
            last_seen=datetime.fromisoformat(content["last_seen"]),
            present={n: datetime.fromisoformat(at) for n, at in content["present"].items()},
            stopped_at=datetime.fromisoformat(stopped_at) if stopped_at else None,
            gap=Gap.from_content(gap) if gap else None,
            log_id=content["log_id"],
        )


Step = tuple[Recording, list[Event]]


def present(
    before: Recording | None, holder: str, *, now: datetime, log_id: int | None = None
) -> Step:
    """A collector says that it is there.

    :param before: what was known; None if no collector ever was there.
    :param log_id: how far Airflow's log has been read.
    :returns: what is known now, and the marker of the gap that ends, if one does.
    """
    if before is None:
        return Recording(since=now, last_seen=now, present={holder: now}, log_id=log_id), []
    gap = _gap_that_ends(before, holder, now)
    there = _still_there(before, now) | {holder: now}
    last = max(before.last_seen, now)
    after = replace(before, last_seen=last, present=there, stopped_at=None, log_id=log_id)
    return (replace(after, gap=gap), [_marker(gap)]) if gap else (after, [])


def _gap_that_ends(before: Recording, holder: str, now: datetime) -> Gap | None:
    last = before.last_seen
    if before.stopped_at is not None:
        reason = CLEAN_STOP
    elif now - last <= SILENCE:
        return None
    else:
        reason = INTERRUPTED if holder in before.present else CRASH
    return Gap(since=last, until=max(last, now), reason=reason, event_id=_name(GAP, last))


def gone(before: Recording, holder: str, *, now: datetime) -> Step:
    """A collector says goodbye.

    :returns: what is known now, and the marker that nobody records any more, if it was the last.
    """
    if before.stopped_at is not None:
        return before, []
    there = _still_there(before, now)
    there.pop(holder, None)
    after = replace(before, last_seen=max(before.last_seen, now), present=there)
    return (after, []) if there else (replace(after, stopped_at=now), [_event(STOPPED, now)])


def filled(before: Recording, counts: Mapping[str, int], *, now: datetime) -> Step:
    """All that was written in the last gap has been read.

    :param counts: events of that time that came later, by witness.
    """
    if before.gap is None or before.gap.filled is not None:
        return before, []
    gap = replace(before.gap, filled=dict(counts))
    event = _event(FILLED, now, gap.since, payload=gap.content)
    return replace(before, gap=gap), [event]


def purged(*, after: int, before: int, at_most: int, now: datetime) -> Event:
    """The marker that rows of Airflow's log went before they were read.

    :param after: the last row that had been read.
    :param before: the first row that is left.
    :param at_most: how many are not there; ids that were never used count as well.
    """
    payload = {"reason": LOG_PURGED, "after": after, "before": before, "at_most": at_most}
    return _event(GAP, now, after, before, payload=payload)


def _still_there(before: Recording, now: datetime) -> dict[str, datetime]:
    return {name: at for name, at in before.present.items() if now - at <= SILENCE}


def _marker(gap: Gap) -> Event:
    length = round((gap.until - gap.since).total_seconds())
    content = {name: value for name, value in gap.content.items() if name != "filled"}
    del content["event_id"]
    return _event(GAP, gap.until, gap.since, payload={**content, "seconds": length})


def _event(
    type_: str, at: datetime, *name: object, payload: Mapping[str, Any] | None = None
) -> Event:
    """An event that is the same whoever tells it, of two that tell it."""
    return Event(
        event_id=_name(type_, *(name or (at,))),
        type=type_,
        witness="collector",
        occurred_at=at,
        payload=payload or {},
    )


def _name(type_: str, *name: object) -> str:
    return hashlib.sha256(canonical_line([type_, *name])).hexdigest()
