"""What people may do about an incident, and that nobody is told another thing than what holds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_gov_provider.domain.incidents import moves
from airflow_gov_provider.domain.incidents.incident import Entry, Incident, State
from airflow_gov_provider.domain.incidents.moves import Move, already_told, why_not
from airflow_gov_provider.domain.incidents.reporting import Ending, regimes
from airflow_gov_provider.domain.severity import Severity
from airflow_gov_provider.exceptions import IncidentConflict

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
GDPR = regimes()["gdpr_breach"]


def fresh() -> Incident:
    return Incident(
        incident_id="1",
        dedup_key="key",
        kind="sla_miss",
        state=State.OPEN,
        severity=Severity.HIGH,
        title="income is late",
        dag_id="income",
        run_id=None,
        task_id=None,
        owner=None,
        opened_at=NOON,
        last_seen_at=NOON,
    )


def make(incident: Incident, move: Move, now: datetime) -> Incident:
    """:raises IncidentConflict: where the incident does not let it be done."""
    who = {"actor": "ada", "now": now}
    said = {"comment": "so it is", **who}
    report = {"regime": GDPR.regime, "reference": None, **said}
    make_it = {
        Move.ACKNOWLEDGE: lambda: moves.acknowledge(incident, **said),
        Move.ASSIGN: lambda: moves.assign(incident, assignee="bob", **said),
        Move.COMMENT: lambda: moves.say(incident, **said),
        Move.RESOLVE: lambda: moves.resolve(incident, resolution="fixed", **said),
        Move.REPORTABLE: lambda: moves.mark_reportable(
            incident, regime=GDPR, aware_at=None, **said
        ),
        Move.REPORT_SENT: lambda: moves.end_report(incident, ending=Ending.SENT, **report),
        Move.REPORT_WITHDRAWN: lambda: moves.end_report(
            incident, ending=Ending.WITHDRAWN, **report
        ),
    }
    return make_it[move]().after


@given(st.lists(st.sampled_from(Move), max_size=12))
def test_what_is_offered_can_be_done_and_what_is_not_is_refused_for_the_reason_that_is_told(wanted):
    incident = fresh()
    for number, move in enumerate(wanted):
        reason = why_not(incident, move)
        if move is Move.REPORTABLE:
            reason = already_told(incident, GDPR.regime)
        now = NOON + timedelta(minutes=number)
        if reason is None:
            incident = make(incident, move, now)
            continue
        with pytest.raises(IncidentConflict) as refused:
            make(incident, move, now)
        if move not in (Move.REPORT_SENT, Move.REPORT_WITHDRAWN):  # these tell of their duty
            assert str(refused.value) == reason


def test_that_a_clock_starts_and_that_it_ends_are_entries_of_different_names():
    started = moves.mark_reportable(
        fresh(), actor="ada", regime=GDPR, aware_at=None, comment=None, now=NOON
    )
    ends = {
        ending: moves.end_report(
            started.after,
            actor="ada",
            regime=GDPR.regime,
            ending=ending,
            reference=None,
            comment="so it is",
            now=NOON,
        ).entry
        for ending in Ending
    }

    assert started.entry is Entry.REPORTABLE
    assert ends == {Ending.SENT: Entry.REPORT_SENT, Ending.WITHDRAWN: Entry.REPORT_WITHDRAWN}
