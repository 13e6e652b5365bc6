"""The overview over REST: one answer with the figures of every page, for who may see them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from airflow_gov_provider.api.answerers import answerer
from airflow_gov_provider.api.app import Collector, create_app
from airflow_gov_provider.api.deps import authenticated, reader
from airflow_gov_provider.api.overview_figures import forget_figures
from airflow_gov_provider.domain.approvals.request import Person
from airflow_gov_provider.domain.evidence import Origin
from airflow_gov_provider.domain.incidents.incident import Sighting
from airflow_gov_provider.domain.severity import Severity
from airflow_gov_provider.domain.verdicts import Verdict
from airflow_gov_provider.hooks.governance import new_id, utcnow
from airflow_gov_provider.hooks.incidents import report
from airflow_gov_provider.store import database
from airflow_gov_provider.store.approvals import requests as store
from airflow_gov_provider.store.events.coverage import CoverageFinding, open_finding
from tests.unit.api.conftest import evidence, happening, of_dag
from tests.unit.store.test_approvals import a_request

HOUR = timedelta(hours=1)
WELL = {
    "mode": "embedded",
    "running": True,
    "last_round_at": None,
    "failures": 0,
    "shipped_total": 0,
    "waiting_files": 0,
    "waiting_bytes": 0,
    "quarantined": 0,
    "lost_events": 0,
}


class Bob:
    def person(self):
        return Person(id="bob", name="Bob")

    def may_answer(self, _dag_id):
        return True

    def answered(self, _origin):
        return None


@pytest.fixture
def client(app, client):
    app.dependency_overrides[answerer] = Bob
    forget_figures()
    return client


@pytest.fixture
def overview(client):
    def get():
        forget_figures()
        response = client.get("/v1/overview")
        assert response.status_code == 200, response.text
        return response.json()

    return get


@pytest.fixture
def wrong(sqlite_store):
    def make(key, severity, dag_id="income"):
        with database.transaction(sqlite_store) as connection:
            sighting = Sighting(
                kind="sla_miss",
                dedup_key=key,
                occasion="1",
                severity=severity,
                title="late",
                dag_id=dag_id,
            )
            report(connection, sighting, now=utcnow() - HOUR)

    return make


@pytest.fixture
def ask(sqlite_store):
    def make(dag_id="income", **changes):
        origin = Origin(dag_id=dag_id, run_id="r", task_id="approve")
        values = {"request_id": new_id(), "origin": origin, "opened_at": utcnow() - HOUR}
        request = a_request(**{**values, "expires_at": utcnow() + HOUR, **changes})
        with database.transaction(sqlite_store) as connection:
            store.open_request(connection, request)
        return request

    return make


def test_an_empty_database_claims_nothing(overview):
    found = overview()
    assert found["level"] == "unknown"
    assert found["attainment"]["attainment"] is None
    assert found["attainment"]["trend"] == [None] * 30
    assert (found["incidents"]["level"], found["incidents"]["unresolved"]) == ("good", 0)
    assert (found["gates"]["level"], found["gates"]["blocked"]) == ("unknown", [0] * 30)
    assert (found["approvals"]["level"], found["approvals"]["oldest_at"]) == ("good", None)
    assert (found["ledger"]["level"], found["ledger"]["status"]) == ("unknown", "unverified")
    assert found["collector"] is None


def test_open_incidents_are_counted_by_severity_with_the_gravest_first(overview, wrong):
    wrong("a", Severity.CRITICAL)
    wrong("b", Severity.LOW)
    wrong("c", Severity.LOW)
    found = overview()["incidents"]
    assert list(found["by_severity"].items()) == [
        ("critical", 1),
        ("high", 0),
        ("medium", 0),
        ("low", 2),
    ]
    assert (found["unresolved"], found["unacknowledged"], found["level"]) == (3, 3, "bad")
    assert found["opened"][-1] == 3
    assert found["query"] == ""


def test_waiting_approvals_tell_what_is_mine_and_what_is_urgent(overview, ask):
    first, other = ask(), ask(approvers=("ada",), opened_at=utcnow() - 5 * HOUR)
    late = ask(expires_at=utcnow() - HOUR)
    found = overview()["approvals"]
    assert (found["waiting"], found["mine"], found["overdue"]) == (3, 1, 1)
    assert found["oldest_at"] == other.opened_at.isoformat().replace("+00:00", "Z")
    assert found["next_deadline_at"] == first.expires_at.isoformat().replace("+00:00", "Z")
    assert (found["level"], found["query"]) == ("attention", "")
    assert late.expires_at < first.expires_at


def test_what_waits_for_others_alone_leads_to_the_list_of_others(overview, ask):
    ask(approvers=("ada",))
    found = overview()["approvals"]
    assert (found["level"], found["query"]) == ("good", "list=others")


def test_gates_of_this_week_stand_beside_those_of_the_week_before(overview, record):
    for number, (verdict, days) in enumerate(
        [
            ("FAILED", 1),
            ("INSUFFICIENT", 1),
            ("WARNED", 2),
            ("PASSED", 3),
            ("FAILED", 8),
            ("FAILED", 20),
        ]
    ):
        record(
            evidence(number, verdict=Verdict(verdict), recorded_at=utcnow() - timedelta(days=days))
        )
    found = overview()["gates"]
    assert found["last_week"] == {"failed": 1, "insufficient": 1, "warned": 1, "passed": 1}
    assert found["week_before"] == {"failed": 1, "insufficient": 0, "warned": 0, "passed": 0}
    assert sum(found["blocked"]) == 4
    assert (sum(found["warned"]), found["level"]) == (1, "bad")


def test_nobody_learns_from_a_figure_of_dags_that_they_may_not_read(
    overview, permissions, record, wrong, ask
):
    permissions.dag_ids = {"income"}
    recorded_at = utcnow() - HOUR
    record(
        happening(1, dag_id="salaries"),
        evidence(1, origin=of_dag("salaries"), verdict=Verdict.FAILED, recorded_at=recorded_at),
    )
    wrong("a", Severity.HIGH, "salaries")
    wrong("b", Severity.HIGH, None)
    ask("salaries")
    found = overview()
    assert found["incidents"]["unresolved"] == 0
    assert found["gates"]["last_week"]["failed"] == 0
    assert found["approvals"]["waiting"] == 0
    permissions.dag_ids = None
    found = overview()
    assert found["incidents"]["unresolved"] == 2
    assert found["gates"]["last_week"]["failed"] == 1
    assert found["approvals"]["waiting"] == 1


def test_figures_of_one_reader_are_not_remembered_for_another(client, permissions, record, wrong):
    record(happening(1, dag_id="salaries"), happening(2))
    wrong("a", Severity.HIGH, "salaries")
    assert client.get("/v1/overview").json()["incidents"]["unresolved"] == 1
    permissions.dag_ids = {"income"}
    assert client.get("/v1/overview").json()["incidents"]["unresolved"] == 0


def test_figures_are_counted_once_for_those_who_ask_at_the_same_time(client, wrong):
    first = client.get("/v1/overview").json()
    wrong("a", Severity.HIGH)
    again = client.get("/v1/overview").json()
    assert (again["as_of"], again["incidents"]) == (first["as_of"], first["incidents"])


def test_coverage_findings_about_hidden_dags_are_not_counted(overview, permissions, sqlite_store):
    with database.transaction(sqlite_store) as connection:
        for number, subject in enumerate(("host:worker", "dag:salaries")):
            finding = CoverageFinding(
                finding_id=f"0199f0a0-0000-7000-8000-{number:012d}",
                kind="missing",
                subject=subject,
                details={},
                opened_at=utcnow(),
            )
            open_finding(connection, finding)
    assert overview()["ledger"]["open_findings"] == 2
    permissions.dag_ids = {"income"}
    assert overview()["ledger"]["open_findings"] == 1


@pytest.mark.parametrize(
    ("changes", "level"),
    [
        ({}, "good"),
        ({"running": False}, "bad"),
        ({"problem": "no collector leads"}, "bad"),
        ({"duties": [{"name": "seal", "failures": 2, "last_run_at": None, "done": 0}]}, "bad"),
    ],
)
def test_a_collector_that_is_not_well_is_told(sqlite_store, permissions, changes, level):
    app = create_app(Collector(start=lambda: lambda: None, status=lambda: {**WELL, **changes}))
    app.dependency_overrides[authenticated] = lambda: "somebody"
    app.dependency_overrides[reader] = lambda: permissions
    app.dependency_overrides[answerer] = Bob
    with TestClient(app) as client:
        found = client.get("/v1/overview").json()["collector"]
    assert found["level"] == level
    assert found["problem"] == changes.get("problem")
    assert found["failing"] == [duty["name"] for duty in changes.get("duties", [])]
