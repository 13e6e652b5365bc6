"""`make seed-demo`: a history that the code itself has told, and that verifies."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator

import pytest
from browser.seeded import SEED, SeededAirflow

from airflow_gov_provider.domain.evidence import Evidence, EvidenceKind
from airflow_gov_provider.store import database
from airflow_gov_provider.store.evidence.rows import EvidenceFilter, page_of_evidence

pytestmark = pytest.mark.e2e

# Two weeks in March, when the customers were spoiled.
UNTIL, DAYS = "2026-03-18T20:00:00+00:00", "9"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> SeededAirflow:
    home = tmp_path_factory.mktemp("story") / "home"
    arguments = ["--home", home, "--until", UNTIL, "--days", DAYS, "--events", "5000"]
    done = subprocess.run(
        [sys.executable, SEED, *map(str, arguments)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    for user in ("requester", "approver", "reviewer", "viewer", "admin"):
        assert f"{user}-demo" in done.stdout
    return SeededAirflow(home)


@pytest.fixture(scope="module")
def metadata(told: SeededAirflow) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(told.home / "airflow.db")
    yield connection
    connection.close()


def evidence(told: SeededAirflow, **wanted: object) -> list[Evidence]:
    with database.transaction(told.governance_url) as connection:
        return list(page_of_evidence(connection, EvidenceFilter(**wanted), limit=500).items)


def test_the_ledger_of_the_story_verifies(told: SeededAirflow):
    said = told.airflow("governance", "ledger", "verify", "--full")
    assert "nothing is missing and nothing was changed" in said


def test_spoiled_data_blocks_the_mart_until_somebody_goes_past_the_gate(told: SeededAirflow):
    found = evidence(told, dag_id="customer_data_mart", kind=EvidenceKind.QUALITY)
    by_day = {item.recorded_at.day: item.verdict for item in found}
    assert [by_day[day] for day in (10, 11, 12, 13, 14)] == [
        "PASSED",
        "FAILED",
        "FAILED",
        "FAILED",
        "PASSED",
    ]
    listed = told.airflow("governance", "events", "--category", "override", "--output", "json")
    marked = [event for event in json.loads(listed) if event["type"] == "override.mark_task"]
    assert [(event["dag_id"], event["task_id"], event["actor"]) for event in marked] == [
        ("customer_data_mart", "check_customers", "admin")
    ]


def test_each_champion_was_promoted_by_a_run_that_somebody_approved(told: SeededAirflow):
    done = [
        item for item in evidence(told, kind=EvidenceKind.PROMOTION) if item.body["stage"] == "done"
    ]
    assert {item.model and item.model.name for item in done} == {"credit_scorer", "churn_model"}
    for item in done:
        (approval,) = evidence(
            told, run_id=item.origin.run_id, dag_id=item.origin.dag_id, kind=EvidenceKind.APPROVAL
        )
        assert item.body["approvals"] == [approval.evidence_id]
        assert approval.body["decision"] == "approved"


def test_airflow_knows_the_runs_that_the_events_are_about(
    told: SeededAirflow, metadata: sqlite3.Connection
):
    runs = set(metadata.execute("SELECT dag_id, run_id, state FROM dag_run"))
    with database.transaction(told.governance_url) as connection:
        events = connection.exec_driver_sql(
            "SELECT DISTINCT dag_id, run_id FROM event WHERE type LIKE 'dag_run.%'"
            " AND dag_id <> 'transaction_scoring'"
        ).all()
    assert {(dag_id, run_id) for dag_id, run_id, _ in runs} == {tuple(row) for row in events}
    assert {state for _, _, state in runs} == {"success", "failed", "running"}


def test_what_the_promises_came_to_agrees_with_airflow(
    told: SeededAirflow, metadata: sqlite3.Connection
):
    with database.transaction(told.governance_url) as connection:
        judged = connection.exec_driver_sql(
            "SELECT run_id, state, actual_at FROM sla_outcome JOIN commitment USING (commitment_id)"
            " WHERE commitment.dag_id = 'fraud_detection' AND commitment.kind = 'run'"
        ).all()
    assert len(judged) >= 9 * 6
    for run_id, state, _ in judged:
        seconds = metadata.execute(
            "SELECT (julianday(end_date) - julianday(queued_at)) * 86400 FROM dag_run"
            " WHERE run_id = ? AND dag_id = 'fraud_detection'",
            (run_id,),
        ).fetchone()[0]
        assert (state == "met") == (seconds <= 900), f"{run_id}: {state} after {seconds} s"


def test_as_many_events_are_there_as_were_asked_for(told: SeededAirflow):
    with database.transaction(told.governance_url) as connection:
        count = connection.exec_driver_sql("SELECT count(*) FROM event").scalar_one()
    assert 5000 <= count < 6000
