"""What people do about incidents: one of two who do something at once wins, the other is told.

Each decision is written with its entry in the timeline and its event in the ledger, in the
transaction that the caller has open.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from airflow_gov_provider.domain.incidents import moves
from airflow_gov_provider.domain.incidents.incident import Change, Incident
from airflow_gov_provider.domain.incidents.reporting import Ending, regime_called
from airflow_gov_provider.exceptions import IncidentConflict, IncidentNotFound
from airflow_gov_provider.hooks.incidents import write_change
from airflow_gov_provider.store.incidents import rows as store

_MOST_ATTEMPTS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who does something about an incident.

    :param name: the user.
    :param witness: through what: ``api`` or ``cli``.
    """

    name: str
    witness: str = "api"


def acknowledge(
    connection: Connection,
    incident_id: str,
    *,
    author: Author,
    now: datetime,
    version: int | None = None,
    comment: str | None = None,
) -> Incident:
    """Somebody looks after it.

    :param version: the version that the author has seen; None for whichever stands.
    :raises IncidentNotFound: if there is none.
    :raises IncidentConflict: if somebody else was faster.
    :raises ArgumentInvalid: for a comment without words.
    """
    return _decide(
        connection,
        incident_id,
        lambda incident: moves.acknowledge(
            incident, actor=author.name, comment=_redacted(comment), now=now
        ),
        author=author,
        version=version,
    )


def assign(
    connection: Connection,
    incident_id: str,
    *,
    author: Author,
    assignee: str | None,
    now: datetime,
    version: int | None = None,
    comment: str | None = None,
) -> Incident:
    """Somebody is to see to it; errors as of ``acknowledge``."""
    return _decide(
        connection,
        incident_id,
        lambda incident: moves.assign(
            incident, actor=author.name, assignee=assignee, comment=_redacted(comment), now=now
        ),
        author=author,
        version=version,
    )


def comment(
    connection: Connection,
    incident_id: str,
    *,
    author: Author,
    text: str,
    now: datetime,
    version: int | None = None,
) -> Incident:
    """Say something about it; errors as of ``acknowledge``."""
    return _decide(
        connection,
        incident_id,
        lambda incident: moves.say(
            incident, actor=author.name, comment=_redacted(text) or "", now=now
        ),
        author=author,
        version=version,
    )


def resolve(
    connection: Connection,
    incident_id: str,
    *,
    author: Author,
    resolution: str,
    comment: str,
    now: datetime,
    version: int | None = None,
) -> Incident:
    """It is over, for a reason and with a comment; errors as of ``acknowledge``."""
    return _decide(
        connection,
        incident_id,
        lambda incident: moves.resolve(
            incident,
            actor=author.name,
            resolution=resolution,
            comment=_redacted(comment) or "",
            now=now,
        ),
        author=author,
        version=version,
    )


def mark_reportable(
    connection: Connection,
    incident_id: str,
    *,
    author: Author,
    regime: str,
    now: datetime,
    aware_at: datetime | None = None,
    version: int | None = None,
    comment: str | None = None,
) -> Incident:
    """Start the clock of a duty to tell an authority; errors as of ``acknowledge``.

    :param regime: a name from ``domain.incidents.reporting.regimes``.
    :param aware_at: when somebody became aware of it; None for now.
    """
    law = regime_called(regime)
    return _decide(
        connection,
        incident_id,
        lambda incident: moves.mark_reportable(
            incident,
            actor=author.name,
            regime=law,
            aware_at=aware_at,
            comment=_redacted(comment),
            now=now,
        ),
        author=author,
        version=version,
    )


def end_report(
    connection: Connection,
    incident_id: str,
    *,
    author: Author,
    regime: str,
    ending: Ending,
    now: datetime,
    reference: str | None = None,
    version: int | None = None,
    comment: str | None = None,
) -> Incident:
    """The report was sent, or none is due after all; errors as of ``acknowledge``."""
    return _decide(
        connection,
        incident_id,
        lambda incident: moves.end_report(
            incident,
            actor=author.name,
            regime=regime,
            ending=ending,
            reference=_redacted(reference),
            comment=_redacted(comment),
            now=now,
        ),
        author=author,
        version=version,
    )


def _decide(
    connection: Connection,
    incident_id: str,
    move: Callable[[Incident], Change],
    *,
    author: Author,
    version: int | None,
) -> Incident:
    store.begin_writing(connection)
    for _ in range(_MOST_ATTEMPTS):
        before = store.get_incident(connection, incident_id)
        if before is None:
            raise IncidentNotFound(f"there is no incident {incident_id!r}")
        if version is not None and before.version != version:
            raise IncidentConflict(_what_came_between(connection, before, version))
        change = move(before)
        if write_change(connection, before, change, author.witness):
            return change.after
    raise IncidentConflict("the incident changes all the time; look at it and try again")


def _what_came_between(connection: Connection, incident: Incident, seen: int) -> str:
    last = store.last_entry(connection, incident.incident_id)
    who = (last and last.actor) or "the collector"
    did = f"{who}: {last.kind} at {moves.minute(last.at)}" if last else "it has changed"
    return (
        f"{did}, so the incident is {incident.state} and has version {incident.version}; "
        f"expected version {seen}. Look at it and decide again"
    )


def _redacted(text: str | None) -> str | None:
    """Without the secrets that Airflow knows."""
    if text is None:
        return None
    from airflow.sdk.log import redact  # type: ignore[attr-defined]

    return str(redact(text))
