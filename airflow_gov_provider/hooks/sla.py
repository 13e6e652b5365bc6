"""Writing down what became of promises: the rows, their events and their incidents at once.

All of it happens on the caller's connection, in the transaction that it has open.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from airflow_gov_provider.domain.events import LONGEST_TEXT, Event, canonical_line
from airflow_gov_provider.domain.incidents.incident import Kind as IncidentKind
from airflow_gov_provider.domain.incidents.incident import Sighting, occurrence_id
from airflow_gov_provider.domain.sla.commitments import Commitment, Kind
from airflow_gov_provider.domain.sla.outcomes import (
    LATE,
    Judgement,
    Outcome,
    RunFacts,
    State,
    deadline,
    judge_run,
)
from airflow_gov_provider.domain.sla.words import title_of
from airflow_gov_provider.hooks import incidents
from airflow_gov_provider.hooks.governance import new_id
from airflow_gov_provider.store.events.rows import insert_events
from airflow_gov_provider.store.incidents.rows import incidents_of_events
from airflow_gov_provider.store.promises import declared
from airflow_gov_provider.store.promises import outcomes as store

CORRECTED = "sla.corrected"


def pending(
    terms: Commitment,
    occasion: str,
    *,
    expected_at: datetime | None,
    now: datetime,
    run_id: str | None = None,
    commitment_id: str | None = None,
) -> Outcome:
    """A new occasion of a commitment, whose id takes a while to compute where it is not given."""
    return Outcome(
        outcome_id=new_id(),
        commitment_id=commitment_id or terms.commitment_id,
        occasion=occasion,
        state=State.PENDING,
        created_at=now,
        terms=terms,
        dag_id=terms.dag_id,
        run_id=run_id,
        owner=terms.owner,
        expected_at=expected_at,
    )


def judged(outcome: Outcome, judgement: Judgement) -> Outcome:
    return replace(
        outcome,
        state=judgement.state,
        reason=judgement.reason,
        actual_at=judgement.actual_at,
    )


def settle(
    connection: Connection, outcomes: Sequence[Outcome], *, judged_by: str, now: datetime
) -> list[Outcome]:
    """Write what pending outcomes have come to, each with its event.

    A miss opens the incident of its commitment or counts it up, and one that was met later ends it.

    :param judged_by: ``callback`` or ``collector``.
    :returns: those that nobody else had judged before.
    """
    won = store.settle_pending(connection, outcomes, judged_by=judged_by, now=now)
    mine = sorted(
        (one for one in outcomes if one.outcome_id in won),
        key=lambda one: (one.expected_at or now, one.outcome_id),
    )
    events = (_event(f"sla.{one.state}", one, judged_by, now) for one in mine)
    insert_events(connection, events, recorded_at=now)
    for one in mine:
        if one.state is State.MISSED:
            _report(connection, one, judged_by, now)
    _heal(connection, [one for one in mine if one.state is State.MET], now)
    return mine


def settle_late_run(
    connection: Connection, commitment: Commitment, run: RunFacts, *, now: datetime
) -> Outcome | None:
    """Write that a run is late, as a native deadline says at the very moment.

    Whatever else is left to the collector, which knows more: it judges from Airflow's tables, who
    ended a run by hand, and corrects what is said here if they tell otherwise.

    :param commitment: as the Dag's code has it; what is declared is what counts.
    :returns: the outcome, or None if the run is not late or was judged before.
    """
    outcome = store.outcome_of(connection, commitment.commitment_id, run.run_id)
    if outcome is None:
        terms = declared.commitment_with(connection, commitment.commitment_id) or commitment
        expected_at = deadline(terms, run)
        outcome = pending(terms, run.run_id, expected_at=expected_at, now=now, run_id=run.run_id)
        store.add_pending(connection, [outcome])
        outcome = store.outcome_of(connection, commitment.commitment_id, run.run_id) or outcome
    if outcome.state is not State.PENDING or outcome.terms.kind is not Kind.RUN:
        return None
    if outcome.expected_at is None and (known := deadline(outcome.terms, run)) is not None:
        outcome = replace(outcome, expected_at=known)
        store.set_deadlines(connection, {outcome.outcome_id: known})
    judgement = judge_run(outcome.terms, run, expected_at=outcome.expected_at, now=now)
    if judgement.state not in LATE:
        return None
    late = judged(outcome, judgement)
    return next(iter(settle(connection, [late], judged_by=store.CALLBACK, now=now)), None)


def correct(
    connection: Connection, before: Outcome, judgement: Judgement, *, now: datetime
) -> bool:
    """What was told as late was in time: Airflow's tables say so.

    :returns: False if it was corrected before.
    """
    after = judged(before, judgement)
    if not store.correct(connection, before, after, now=now):
        return False
    told = _event(CORRECTED, after, store.COLLECTOR, now, before=before)
    insert_events(connection, [told], recorded_at=now)
    if before.state is State.MISSED:
        _heal(connection, [after], now, reason="the miss was none: it was corrected")
    return True


def begin_again(connection: Connection, before: Outcome, after: Outcome, *, now: datetime) -> None:
    """What was pending or void is pending anew, for another run that has the same id.

    That nobody could tell was told, so that it is corrected.
    """
    if not store.begin_again(connection, before, after) or before.state is State.PENDING:
        return
    reopened = replace(after, reason="the run was made again")
    told = _event(CORRECTED, reopened, store.COLLECTOR, now, before=before)
    insert_events(connection, [told], recorded_at=now)


def _event(
    type_: str, outcome: Outcome, witness: str, now: datetime, *, before: Outcome | None = None
) -> Event:
    terms = outcome.terms
    facts: dict[str, Any] = {
        "outcome_id": outcome.outcome_id,
        "commitment_id": outcome.commitment_id,
        "commitment": terms.name,
        "kind": terms.kind.value,
        "subject": terms.subject[:LONGEST_TEXT],
        "occasion": outcome.occasion,
        "outcome": outcome.state.value,
        "corrected_from": before and before.state.value,
        "reason": outcome.reason,
        "severity": terms.severity.value,
        "owner": outcome.owner,
        "expected_at": _told(outcome.expected_at),
        "actual_at": _told(outcome.actual_at),
    }
    known = {name: value for name, value in facts.items() if value is not None}
    return Event(
        event_id=_event_id(type_, outcome, before),
        type=type_,
        witness=witness,
        occurred_at=_happened_at(outcome, now) if before is None else now,
        dag_id=outcome.dag_id,
        run_id=outcome.run_id,
        task_id=terms.subject if terms.kind is Kind.TASK else None,
        payload=known,
    )


def _event_id(type_: str, outcome: Outcome, before: Outcome | None) -> str:
    """The same occasion may begin again, and then have the same outcome once more."""
    began = outcome.created_at.astimezone(UTC).isoformat()
    parts = [type_, outcome.commitment_id, outcome.occasion, began]
    if before is not None:
        parts += [before.state.value, outcome.state.value]
    return hashlib.sha256(canonical_line(parts)).hexdigest()


def _happened_at(outcome: Outcome, now: datetime) -> datetime:
    """A miss happens at the deadline, whenever it is noticed."""
    if outcome.state in LATE and outcome.expected_at is not None:
        return outcome.expected_at
    return outcome.actual_at or now


def _told(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat()


def dedup_key(commitment_id: str) -> str:
    """Of the incident of a commitment: all of its misses belong to one."""
    return f"sla:{commitment_id}"


def incident_ids_of(connection: Connection, outcomes: Collection[Outcome]) -> dict[str, str]:
    """The incidents that misses have opened or counted up, by the outcomes' ids."""
    events = {
        occurrence_id(dedup_key(one.commitment_id), one.occasion): one.outcome_id
        for one in outcomes
        if one.state in LATE
    }
    found = incidents_of_events(connection, events)
    return {events[event_id]: incident_id for event_id, incident_id in found.items()}


def _report(connection: Connection, outcome: Outcome, witness: str, now: datetime) -> None:
    terms = outcome.terms
    where = outcome.dag_id or terms.subject
    details = {
        "commitment_id": outcome.commitment_id,
        "commitment": terms.name,
        "promise": title_of(terms),
        "kind": terms.kind.value,
        "subject": terms.subject,
        "occasion": outcome.occasion,
        "outcome_id": outcome.outcome_id,
        "expected_at": _told(outcome.expected_at),
        "actual_at": _told(outcome.actual_at),
        "description": terms.description,
    }
    sighting = Sighting(
        kind=IncidentKind.SLA_MISS.value,
        dedup_key=dedup_key(outcome.commitment_id),
        occasion=outcome.occasion,
        severity=terms.severity,
        title=f"{where}: “{title_of(terms)}” was missed for {outcome.occasion}",
        dag_id=outcome.dag_id,
        run_id=outcome.run_id,
        task_id=terms.subject if terms.kind is Kind.TASK else None,
        owner=outcome.owner,
        details={name: value for name, value in details.items() if value is not None},
        seen_at=outcome.expected_at,
    )
    incidents.report(connection, sighting, now=now, witness=witness)


def _heal(
    connection: Connection,
    outcomes: Collection[Outcome],
    now: datetime,
    *,
    reason: str = "it was met again",
) -> None:
    """End the incidents of what is met again, where nothing was missed after that."""
    well: dict[str, datetime] = {}
    for one in outcomes:
        key, at = dedup_key(one.commitment_id), one.expected_at or now
        well[key] = max(well.get(key, at), at)
    for key in sorted(store.unresolved_keys(connection, well)):
        incidents.heal(connection, key, reason=reason, now=now, well_at=well[key])
