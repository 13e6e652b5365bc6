"""The API where it lives: mounted by the plugin in Airflow's own API app, with its users and tokens."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime

import pytest

from airflow_gov_provider.domain.evidence import Evidence, EvidenceKind, Origin
from airflow_gov_provider.domain.verdicts import Verdict
from airflow_gov_provider.store import database
from airflow_gov_provider.store.evidence.rows import insert_evidence

pytestmark = pytest.mark.integration

PASSWORDS = {"vera": "viewers-password", "adam": "admins-password"}
PATHS = ["/", "/v1/events", "/v1/evidence", "/v1/evidence/x", "/v1/cards/x", "/v1/health"]
PATHS += ["/v1/openapi.json", "/docs", "/openapi.json", "/nowhere"]


@pytest.fixture(scope="module")
def airflow_app(tmp_path_factory):
    """Airflow's API app as the api-server builds it, once for this module."""
    from airflow.api_fastapi.app import cached_app, purge_cached_app
    from airflow.utils.db import initdb

    home = tmp_path_factory.mktemp("api")
    passwords = home / "passwords.json"
    passwords.write_text(json.dumps(PASSWORDS))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS", "vera:viewer,adam:admin")
        patch.setenv("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE", str(passwords))
        patch.setenv("AIRFLOW__GOVERNANCE__SQL_ALCHEMY_CONN", f"sqlite:///{home}/governance.db")
        patch.setenv("AIRFLOW__GOVERNANCE__SPOOL_DIR", str(home / "spool"))
        database.migrate(os.environ["AIRFLOW__GOVERNANCE__SQL_ALCHEMY_CONN"])
        initdb()
        purge_cached_app()
        yield cached_app(apps="core")
        purge_cached_app()


@pytest.fixture(scope="module")
def server(airflow_app):
    from fastapi.testclient import TestClient

    with TestClient(airflow_app, base_url="http://testserver") as client:
        yield client


@pytest.fixture(scope="module")
def tokens(server):
    def token_of(name):
        response = server.post("/auth/token", json={"username": name, "password": PASSWORDS[name]})
        assert response.status_code == 201, response.text
        server.cookies.clear()
        return response.json()["access_token"]

    return {name: token_of(name) for name in PASSWORDS}


@pytest.fixture
def ask(server):
    """GET a path of ours with whatever credentials are given, and no others."""

    def get(path, *, token=None, cookie=None, method="GET"):
        server.cookies.clear()
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if cookie is not None:
            headers["Cookie"] = f"_token={cookie}"
        return server.request(method, f"/governance{path}", headers=headers)

    yield get
    server.cookies.clear()


@pytest.fixture(scope="module")
def recorded(airflow_app):
    """Evidence of three Dags; Airflow knows none of them, as if they had been deleted."""
    items = {
        dag_id: Evidence(
            evidence_id=f"0199f0a0-0000-7000-8000-{number:012d}",
            kind=EvidenceKind.QUALITY,
            origin=Origin(dag_id=dag_id, run_id="r", task_id="gate"),
            subject="census",
            verdict=Verdict.PASSED,
            summary="PASSED: 1 passed",
            recorded_at=datetime(2026, 1, 31, tzinfo=UTC),
        )
        for number, dag_id in enumerate(["income", "salaries", "layoffs"])
    }
    with database.transaction(os.environ["AIRFLOW__GOVERNANCE__SQL_ALCHEMY_CONN"]) as connection:
        for item in items.values():
            insert_evidence(connection, item)
    return items


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", PATHS)
def test_nobody_is_let_in_without_a_token(ask, path, method):
    assert ask(path, method=method).status_code == 401


def test_a_token_is_accepted_from_the_header_and_from_the_cookie(ask, tokens):
    for name in PASSWORDS:
        assert ask("/v1/evidence", token=tokens[name]).status_code == 200
        assert ask("/v1/evidence", cookie=tokens[name]).status_code == 200


@pytest.fixture
def expired():
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser

    user = SimpleAuthManagerUser(username="adam", role="admin")
    return get_auth_manager().generate_jwt(user, expiration_time_in_seconds=-60)


def test_a_token_that_is_expired_forged_or_none_is_refused(ask, tokens, expired):
    head, body, signature = tokens["adam"].split(".")
    forged = f"{head}.{body}.{signature[::-1]}"
    for bad in (expired, forged, "nonsense", f"{head}.{body}."):
        assert ask("/v1/evidence", token=bad).status_code == 401
        assert ask("/v1/evidence", cookie=bad).status_code == 401


def test_a_bad_token_in_the_header_is_not_saved_by_a_good_cookie(ask, tokens):
    assert ask("/v1/evidence", token="nonsense", cookie=tokens["adam"]).status_code == 401


def test_evidence_outlives_its_dag(ask, tokens, recorded):
    items = ask("/v1/evidence", token=tokens["adam"]).json()["items"]

    assert {item["dag_id"] for item in items} == set(recorded)


def test_a_user_reads_only_what_airflow_lets_them_read(ask, tokens, recorded, monkeypatch):
    from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager

    allowed = SimpleAuthManager.is_authorized_dag

    def only_income(self, *, method, user, access_entity=None, details=None):
        if user.username == "vera" and (details is None or details.id != "income"):
            return False
        return allowed(self, method=method, user=user, access_entity=access_entity, details=details)

    monkeypatch.setattr(SimpleAuthManager, "is_authorized_dag", only_income)

    def seen_by(name):
        items = ask("/v1/evidence", token=tokens[name]).json()["items"]
        return {item["dag_id"] for item in items}

    hidden = recorded["layoffs"].evidence_id
    assert seen_by("vera") == {"income"}
    assert seen_by("adam") == {"income", "salaries", "layoffs"}
    assert ask(f"/v1/evidence/{hidden}", token=tokens["vera"]).status_code == 404
    assert ask(f"/v1/evidence/{hidden}", token=tokens["adam"]).status_code == 200


def test_an_auth_manager_that_fails_shows_nothing(ask, tokens, recorded, monkeypatch):
    from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager

    def broken(*_, **__):
        raise ConnectionError("the directory is away")

    monkeypatch.setattr(SimpleAuthManager, "is_authorized_dag", broken)

    response = ask("/v1/evidence", token=tokens["adam"])

    assert response.status_code == 503
    assert response.json()["error"]["code"] == "access_undecided"


def test_the_collector_runs_inside_the_api_server(ask, tokens):
    health = ask("/v1/health", token=tokens["vera"]).json()

    assert health["status"] == "ok"
    assert health["collector"]["running"] is True


def test_teams_decide_over_dags_that_airflow_knows(airflow_app):
    from airflow.models.dag import DagModel
    from airflow.models.dagbundle import DagBundleModel
    from airflow.models.team import Team
    from airflow.utils.session import create_session

    from airflow_gov_provider.api.deps import _dag_ids_by_team

    with create_session() as session:
        bundle, plain = DagBundleModel(name="of-red"), DagBundleModel(name="of-nobody")
        bundle.teams.append(Team(name="red"))
        session.add_all([bundle, plain])
        session.flush()
        session.add(DagModel(dag_id="paint", bundle_name="of-red", bundle_version=None))
        session.add(DagModel(dag_id="shared", bundle_name="of-nobody", bundle_version=None))
    try:
        by_team = _dag_ids_by_team({"paint", "shared", "deleted"})
    finally:
        with create_session() as session:
            for dag in session.query(DagModel).filter(DagModel.dag_id.in_(["paint", "shared"])):
                session.delete(dag)
            session.flush()
            for bundle in session.query(DagBundleModel).filter(
                DagBundleModel.name.in_(["of-red", "of-nobody"])
            ):
                session.delete(bundle)
            session.query(Team).filter_by(name="red").delete()

    assert by_team == {"red": {"paint"}, None: {"shared"}}


@pytest.fixture
def incident_id(airflow_app):
    from airflow_gov_provider.domain.incidents.incident import Sighting
    from airflow_gov_provider.domain.severity import Severity
    from airflow_gov_provider.hooks.governance import new_id
    from airflow_gov_provider.hooks.incidents import report

    sighting = Sighting(
        kind="sla_miss",
        dedup_key=new_id(),
        occasion="1",
        severity=Severity.HIGH,
        title="income is late",
        dag_id="income",
    )
    with database.transaction(os.environ["AIRFLOW__GOVERNANCE__SQL_ALCHEMY_CONN"]) as connection:
        return report(connection, sighting, now=datetime(2026, 1, 31, tzinfo=UTC)).incident_id


def test_an_incident_is_changed_by_whom_airflow_lets_edit_its_dag_and_by_no_viewer(
    server, tokens, incident_id
):
    def post(action, body, name):
        server.cookies.clear()
        headers = {"Authorization": f"Bearer {tokens[name]}"}
        path = f"/governance/v1/incidents/{incident_id}/{action}"
        return server.post(path, json=body, headers=headers)

    refused = post("acknowledge", {}, "vera")
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "forbidden")
    assert post("acknowledge", {"version": 1}, "adam").status_code == 200
    assert post("acknowledge", {"version": 1}, "adam").status_code == 409
    done = post("resolve", {"resolution": "fixed", "comment": "it came"}, "adam").json()
    assert [entry["actor"] for entry in done["timeline"]] == [None, "adam", "adam"]
    assert done["state"] == "resolved"


def test_an_auth_manager_that_fails_changes_no_incident(
    server, ask, tokens, incident_id, monkeypatch
):
    from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager

    allowed = SimpleAuthManager.is_authorized_dag

    def broken(self, *, method, **asked):
        if method == "PUT":
            raise ConnectionError("the directory is away")
        return allowed(self, method=method, **asked)

    monkeypatch.setattr(SimpleAuthManager, "is_authorized_dag", broken)
    headers = {"Authorization": f"Bearer {tokens['adam']}"}
    path = f"/v1/incidents/{incident_id}"
    response = server.post(f"/governance{path}/acknowledge", json={}, headers=headers)
    assert response.status_code == 503
    assert ask(path, token=tokens["adam"]).json()["state"] == "open"
