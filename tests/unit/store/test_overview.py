"""Figures of the last days, on SQLite and PostgreSQL, against counting by hand."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from sqlalchemy import insert

from airflow_gov_provider.domain.evidence import EvidenceKind, Origin
from airflow_gov_provider.domain.sla.commitments import USUAL_TARGET
from airflow_gov_provider.domain.verdicts import Verdict
from airflow_gov_provider.store import database, overview
from airflow_gov_provider.store.evidence.rows import insert_evidence
from airflow_gov_provider.store.overview import (
    Kept,
    Seen,
    Window,
    gates_by_day,
    incidents_by_day,
    outcomes_by_commitment,
    outcomes_by_day,
    unresolved_incidents,
    unsealed_events,
)
from airflow_gov_provider.store.promise_tables import commitment, incident, sla_outcome
from airflow_gov_provider.store.tables import ledger_queue
from tests.unit.api.conftest import evidence

NOW = datetime(2026, 3, 31, 12, 0, 30, 250_000, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WINDOW = Window(until=NOW, days=30)
ALL = Seen()
number = count(1)


@pytest.fixture
def connection(store_url):
    with database.transaction(store_url) as connection:
        yield connection


@pytest.fixture
def outcome(connection):
    def make(state, expected_at, *, actual_at=None, dag_id="income", commitment_id="c"):
        it = next(number)
        values = {
            "outcome_id": f"o{it}",
            "commitment_id": commitment_id,
            "occasion": f"run {it}",
            "dag_id": dag_id,
            "state": state,
            "expected_at": expected_at,
            "actual_at": actual_at,
            "created_at": NOW,
            "terms": "{}",
        }
        connection.execute(insert(sla_outcome), values)

    return make


@pytest.fixture
def wrong(connection):
    def make(opened_at, *, state="open", severity="high", dag_id="income"):
        it = next(number)
        values = {
            "incident_id": f"i{it}",
            "dedup_key": f"k{it}",
            "kind": "sla_miss",
            "state": state,
            "severity": severity,
            "title": "late",
            "dag_id": dag_id,
            "occurrences": 1,
            "version": 1,
            "opened_at": opened_at,
            "last_seen_at": opened_at,
            "details": "{}",
            "affected": "{}",
            "auto_resolve": False,
        }
        connection.execute(insert(incident), values)

    return make


def counted(days):
    found = Counter()
    for one in days:
        found[(one.age, str(one.name))] += one.count
    return dict(+found)


def test_an_outcome_counts_on_the_day_on_which_it_was_decided(connection, outcome):
    outcome("met", NOW + HOUR, actual_at=NOW - 2 * HOUR)
    outcome("met", NOW - HOUR, actual_at=NOW - 25 * HOUR)
    outcome("missed", NOW - DAY + HOUR)
    outcome("missed", NOW - 29 * DAY - HOUR)
    assert counted(outcomes_by_day(connection, WINDOW, ALL)) == {
        (0, "met"): 1,
        (1, "met"): 1,
        (0, "missed"): 1,
        (29, "missed"): 1,
    }


def test_what_was_decided_outside_of_the_window_or_not_at_all_does_not_count(connection, outcome):
    outcome("met", NOW - 29 * DAY, actual_at=NOW - 31 * DAY)
    outcome("missed", NOW - 30 * DAY - HOUR)
    outcome("missed", NOW)
    for state in ("pending", "excused", "void"):
        outcome(state, NOW - HOUR)
    outcome("pending", None)
    assert outcomes_by_day(connection, WINDOW, ALL) == []
    assert outcomes_by_commitment(connection, WINDOW, ALL) == []


def test_each_commitment_is_measured_by_its_own_target(connection, outcome):
    known = {"dag_id": "income", "name": "n", "kind": "run", "subject": "s", "severity": "low"}
    known |= {"source": "dag", "document": "{}", "declared_at": NOW, "updated_at": NOW}
    connection.execute(insert(commitment), {**known, "commitment_id": "strict", "target": 0.999})
    for state, commitment_id in (("met", "strict"), ("missed", "strict"), ("met", "forgotten")):
        outcome(state, NOW - HOUR, commitment_id=commitment_id)
    found = sorted(outcomes_by_commitment(connection, WINDOW, ALL), key=lambda one: one.target)
    assert found == [
        Kept(target=USUAL_TARGET, met=1, missed=0),
        Kept(target=0.999, met=1, missed=1),
    ]


@pytest.mark.parametrize(
    ("seen", "names"),
    [
        (Seen(), {"a", "b", None}),
        (Seen(of_no_dag=False), {"a", "b"}),
        (Seen(dag_ids=frozenset({"a"})), {"a", None}),
        (Seen(dag_ids=frozenset({"a"}), of_no_dag=False), {"a"}),
        (Seen(dag_ids=frozenset(), of_no_dag=False), set()),
    ],
)
def test_only_rows_that_the_reader_sees_are_counted(connection, outcome, wrong, seen, names):
    for dag_id in ("a", "b", None):
        outcome("missed", NOW - HOUR, dag_id=dag_id)
        wrong(NOW - HOUR, dag_id=dag_id)
    assert sum(one.count for one in outcomes_by_day(connection, WINDOW, seen)) == len(names)
    assert sum(one.missed for one in outcomes_by_commitment(connection, WINDOW, seen)) == len(names)
    assert sum(one.count for one in incidents_by_day(connection, WINDOW, seen)) == len(names)
    assert sum(one.count for one in unresolved_incidents(connection, seen)) == len(names)


def test_incidents_are_counted_by_the_day_and_by_what_is_left_of_them(connection, wrong):
    wrong(NOW - HOUR, severity="critical")
    wrong(NOW - 2 * DAY, state="acknowledged", severity="low")
    wrong(NOW - 2 * DAY - HOUR, state="resolved")
    wrong(NOW - 40 * DAY, severity="critical")
    assert counted(incidents_by_day(connection, WINDOW, ALL)) == {
        (0, "opened"): 1,
        (2, "opened"): 2,
    }
    left = {
        (one.severity, one.is_acknowledged): one.count
        for one in unresolved_incidents(connection, ALL)
    }
    assert left == {("critical", False): 2, ("low", True): 1}


def test_only_gates_and_cards_are_counted_by_their_verdicts(connection):
    for it, (kind, verdict, ago) in enumerate(
        [
            (EvidenceKind.QUALITY, Verdict.FAILED, HOUR),
            (EvidenceKind.BIAS, Verdict.FAILED, 2 * HOUR),
            (EvidenceKind.CARD, Verdict.PASSED, 3 * DAY),
            (EvidenceKind.APPROVAL, Verdict.FAILED, HOUR),
            (EvidenceKind.QUALITY, Verdict.FAILED, 31 * DAY),
        ]
    ):
        origin = Origin(dag_id="income", run_id="r", task_id="t")
        item = evidence(it, kind=kind, verdict=verdict, recorded_at=NOW - ago, origin=origin)
        insert_evidence(connection, item)
    assert counted(gates_by_day(connection, WINDOW, ALL)) == {(0, "FAILED"): 2, (3, "PASSED"): 1}
    others = Seen(dag_ids=frozenset({"other"}))
    assert gates_by_day(connection, WINDOW, others) == []


def test_counting_what_is_not_sealed_ends_somewhere(connection, monkeypatch):
    connection.execute(insert(ledger_queue), [{"seq": it} for it in range(1, 8)])
    assert unsealed_events(connection) == 7
    monkeypatch.setattr(overview, "MOST_UNSEALED", 5)
    assert unsealed_events(connection) == 5
