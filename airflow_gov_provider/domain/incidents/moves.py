"""What people do about an incident; each function gives what becomes of it, or says why it cannot.

A function that is refused names who did what before, and when, so that whoever comes second knows.
"""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum

from airflow_gov_provider.domain.events import LONGEST_ID
from airflow_gov_provider.domain.incidents.incident import (
    BY_PEOPLE,
    LONGEST_COMMENT,
    Change,
    Entry,
    Incident,
    Resolution,
    State,
    resolved,
)
from airflow_gov_provider.domain.incidents.reporting import Clock, Ending, Regime, Step, start
from airflow_gov_provider.domain.severity import Severity, worst
from airflow_gov_provider.exceptions import ArgumentInvalid, IncidentConflict


def acknowledge(incident: Incident, *, actor: str, comment: str | None, now: datetime) -> Change:
    """Somebody looks after it.

    :raises IncidentConflict: unless it is open.
    """
    _require(incident, Move.ACKNOWLEDGE)
    after = replace(
        incident,
        state=State.ACKNOWLEDGED,
        version=incident.version + 1,
        acknowledged_at=now,
        acknowledged_by=actor,
    )
    said = {} if comment is None else {"comment": said_in(comment)}
    return Change(entry=Entry.ACKNOWLEDGED, after=after, at=now, actor=actor, details=said)


def assign(
    incident: Incident, *, actor: str, assignee: str | None, comment: str | None, now: datetime
) -> Change:
    """Somebody is to see to it; None takes it from whoever was.

    :raises IncidentConflict: if it is resolved.
    :raises ArgumentInvalid: for a name that no user can have.
    """
    _require(incident, Move.ASSIGN)
    name = None if assignee is None else assignee.strip()
    if name is not None and not 0 < len(name) <= LONGEST_ID:
        raise ArgumentInvalid(f"assignee: expected a name of 1 to {LONGEST_ID} characters")
    after = replace(incident, assignee=name, version=incident.version + 1)
    details = {"assignee": name, "before": incident.assignee}
    if comment is not None:
        details["comment"] = said_in(comment)
    return Change(entry=Entry.ASSIGNED, after=after, at=now, actor=actor, details=details)


def say(incident: Incident, *, actor: str, comment: str, now: datetime) -> Change:
    """A comment, in any state.

    :raises ArgumentInvalid: if nothing is said, or too much.
    """
    after = replace(incident, version=incident.version + 1)
    details = {"comment": said_in(comment)}
    return Change(entry=Entry.COMMENTED, after=after, at=now, actor=actor, details=details)


def resolve(
    incident: Incident, *, actor: str, resolution: str, comment: str, now: datetime
) -> Change:
    """It is over, for a reason and with a comment.

    :raises IncidentConflict: if it is resolved already.
    :raises ArgumentInvalid: for a reason that people cannot give, or without a comment.
    """
    _require(incident, Move.RESOLVE)
    if resolution not in BY_PEOPLE:
        raise ArgumentInvalid(
            f"resolution: expected one of {', '.join(BY_PEOPLE)}; found {resolution!r}"
        )
    reason, said = Resolution(resolution), said_in(comment)
    after = resolved(incident, reason, comment=said, by=actor, now=now)
    details = {"resolution": reason.value, "comment": said}
    return Change(entry=Entry.RESOLVED, after=after, at=now, actor=actor, details=details)


def mark_reportable(
    incident: Incident,
    *,
    actor: str,
    regime: Regime,
    aware_at: datetime | None,
    comment: str | None,
    now: datetime,
) -> Change:
    """An authority has to be told; the clock of this duty starts, or starts again, in any state.

    :param aware_at: when somebody became aware of it; None for now.
    :raises IncidentConflict: if the report of this duty was sent already.
    :raises ArgumentInvalid: for an awareness in the future.
    """
    if (told := already_told(incident, regime.regime)) is not None:
        raise IncidentConflict(told)
    clock = start(regime, aware_at=aware_at or now, by=actor, now=now)
    details: dict[str, str | None] = {
        "regime": regime.regime,
        "ref": regime.ref,
        "aware_at": clock.aware_at.isoformat(),
        "due_at": clock.due_at.isoformat(),
    }
    if comment is not None:
        details["comment"] = said_in(comment)
    return _with_clock(incident, clock, Entry.REPORTABLE, actor=actor, details=details, now=now)


def end_report(
    incident: Incident,
    *,
    actor: str,
    regime: str,
    ending: Ending,
    reference: str | None,
    comment: str | None,
    now: datetime,
) -> Change:
    """The report was sent, or none is due after all; the clock of this duty stands still.

    :param reference: how the authority calls it; for a report that was sent.
    :param comment: has to be given where none is due.
    :raises IncidentConflict: unless its clock runs.
    :raises ArgumentInvalid: without a comment where one is needed.
    """
    clock = _clock(incident, regime)
    if clock is None:
        raise IncidentConflict(f"the incident was not marked as reportable under {regime!r}")
    if clock.ended is not None:
        raise IncidentConflict(
            f"the clock stands still already: {clock.ended_by} said {clock.ended} at "
            f"{minute(clock.ended_at)}"
        )
    if ending is Ending.WITHDRAWN and comment is None:
        raise ArgumentInvalid("comment: expected why no report is due, found nothing")
    name = None if reference is None else reference.strip()[:LONGEST_ID] or None
    stopped = replace(clock, ended=ending, ended_at=now, ended_by=actor, reference=name)
    details = {"regime": regime, "ended": ending.value, "reference": name}
    if comment is not None:
        details["comment"] = said_in(comment)
    entry = _ENDINGS[ending]
    return _with_clock(incident, stopped, entry, actor=actor, details=details, now=now)


_ENDINGS = {Ending.SENT: Entry.REPORT_SENT, Ending.WITHDRAWN: Entry.REPORT_WITHDRAWN}


def remind(incident: Incident, *, regime: str, step: Step, now: datetime) -> Change:
    """The time of a clock runs out, or has; of machines alone."""
    clock = _clock(incident, regime)
    assert clock is not None  # noqa: S101 - whoever calls this has read it from the incident
    details = {
        "step": step.value,
        "regime": regime,
        "ref": clock.ref,
        "due_at": clock.due_at.isoformat(),
    }
    told = _clocks(incident, clock.having_told(step))
    after = replace(incident, reportable=told, version=incident.version + 1)
    return Change(entry=Entry.ESCALATED, after=after, at=now, details=details)


def escalate(incident: Incident, *, name: str, severity: Severity | None, now: datetime) -> Change:
    """Nobody has acknowledged it for long; of machines alone.

    :param name: of the rule that says so.
    :param severity: at least so severe from now on; None leaves it.
    :raises IncidentConflict: unless it is open.
    """
    _require(incident, Move.ACKNOWLEDGE)
    raised = incident.severity if severity is None else worst(incident.severity, severity)
    after = replace(incident, severity=raised, version=incident.version + 1)
    details = {"escalation": name, "severity": raised.value, "before": incident.severity.value}
    return Change(entry=Entry.ESCALATED, after=after, at=now, details=details)


def _with_clock(
    incident: Incident,
    clock: Clock,
    entry: Entry,
    *,
    actor: str,
    details: dict[str, str | None],
    now: datetime,
) -> Change:
    after = replace(incident, reportable=_clocks(incident, clock), version=incident.version + 1)
    return Change(entry=entry, after=after, at=now, actor=actor, details=details)


def _clock(incident: Incident, regime: str) -> Clock | None:
    return next((clock for clock in incident.reportable if clock.regime == regime), None)


def _clocks(incident: Incident, changed: Clock) -> tuple[Clock, ...]:
    """With one clock in the place of the one that had its regime."""
    others = [clock for clock in incident.reportable if clock.regime != changed.regime]
    return tuple(sorted([*others, changed], key=lambda clock: (clock.due_at, clock.regime)))


class Move(StrEnum):
    """What people do, called as over REST."""

    ACKNOWLEDGE = "acknowledge"
    ASSIGN = "assign"
    COMMENT = "comment"
    RESOLVE = "resolve"
    REPORTABLE = "reportable"
    REPORT_SENT = "report-sent"
    REPORT_WITHDRAWN = "report-withdrawn"


_FROM = {
    Move.ACKNOWLEDGE: (State.OPEN,),
    Move.ASSIGN: (State.OPEN, State.ACKNOWLEDGED),
    Move.RESOLVE: (State.OPEN, State.ACKNOWLEDGED),
}


def why_not(incident: Incident, move: Move) -> str | None:
    """Why the incident does not let anybody do this now; None where it does."""
    if move in (Move.REPORT_SENT, Move.REPORT_WITHDRAWN):
        runs = any(clock.ended is None for clock in incident.reportable)
        return None if runs else "no clock of a duty to report runs"
    states = _FROM.get(move, tuple(State))
    if incident.state in states:
        return None
    return f"{_standing(incident)}; expected it to be {' or '.join(states)}"


def already_told(incident: Incident, regime: str) -> str | None:
    """Who sent the report of this duty, and when; None where that is still to be done."""
    known = _clock(incident, regime)
    if known is None or known.ended is not Ending.SENT:
        return None
    return f"{known.ended_by} sent the report at {minute(known.ended_at)}"


def _require(incident: Incident, move: Move) -> None:
    if (reason := why_not(incident, move)) is not None:
        raise IncidentConflict(reason)


def _standing(incident: Incident) -> str:
    """Who brought it to where it is."""
    match incident.state:
        case State.RESOLVED:
            by = incident.resolved_by or "the collector"
            return f"{by} resolved it at {minute(incident.resolved_at)} ({incident.resolution})"
        case State.ACKNOWLEDGED:
            by = incident.acknowledged_by or "somebody"
            return f"{by} acknowledged it at {minute(incident.acknowledged_at)}"
    return "it is open"


def said_in(comment: str) -> str:
    """What a comment says, without blanks around it.

    :raises ArgumentInvalid: if nothing of it can be seen, or it is too long.
    """
    text = comment.strip()
    if not any(unicodedata.category(letter)[0] in "LNPS" for letter in text):
        raise ArgumentInvalid("comment: expected some words, found nothing that can be read")
    if len(text) > LONGEST_COMMENT:
        raise ArgumentInvalid(
            f"comment: expected at most {LONGEST_COMMENT} characters, found {len(text)}"
        )
    return text


def minute(time: datetime | None) -> str:
    return "an unknown time" if time is None else f"{time.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
