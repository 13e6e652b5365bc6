"""The api-server as a witness of requests, in Airflow's own API app with its users and tokens."""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path

import pytest

from airflow_gov_provider.domain.events import Event
from airflow_gov_provider.hooks.governance import utcnow
from airflow_gov_provider.plugins import requests as witness
from airflow_gov_provider.store import database
from airflow_gov_provider.store.spool.claims import claimed_files

pytestmark = pytest.mark.integration

PASSWORDS = {"vera": "viewers-password", "adam": "admins-password"}
VARIABLE = {"key": "limit", "value": "hunter2"}


@pytest.fixture(scope="module")
def spool(tmp_path_factory):
    return tmp_path_factory.mktemp("witness") / "spool"


@pytest.fixture(scope="module")
def server(tmp_path_factory, spool):
    """Airflow's API app as the api-server builds it, once for this module."""
    from airflow.api_fastapi.app import cached_app, purge_cached_app
    from airflow.utils.db import initdb
    from fastapi.testclient import TestClient

    home = tmp_path_factory.mktemp("api")
    passwords = home / "passwords.json"
    passwords.write_text(json.dumps(PASSWORDS))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS", "vera:viewer,adam:admin")
        patch.setenv("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE", str(passwords))
        patch.setenv("AIRFLOW__GOVERNANCE__SQL_ALCHEMY_CONN", f"sqlite:///{home}/governance.db")
        patch.setenv("AIRFLOW__GOVERNANCE__SPOOL_DIR", str(spool))
        patch.setenv("AIRFLOW__GOVERNANCE__COLLECTOR", "off")
        database.migrate(os.environ["AIRFLOW__GOVERNANCE__SQL_ALCHEMY_CONN"])
        initdb()
        purge_cached_app()
        with TestClient(cached_app(apps="core"), base_url="http://testserver") as client:
            yield client
        purge_cached_app()


@pytest.fixture(scope="module")
def tokens(server):
    def token_of(name):
        response = server.post("/auth/token", json={"username": name, "password": PASSWORDS[name]})
        assert response.status_code == 201, response.text
        server.cookies.clear()
        return response.json()["access_token"]

    return {name: token_of(name) for name in PASSWORDS}


@pytest.fixture(autouse=True)
def fresh(spool):
    """Settings as they are now, and an empty spool."""
    witness._settings.cache_clear()
    witness._known_tokens.clear()
    records(spool)
    yield
    witness._settings.cache_clear()


def records(spool: Path) -> list[Event]:
    """What was spooled since the last call."""
    spool.mkdir(parents=True, exist_ok=True)
    found: list[Event] = []
    with claimed_files(spool, limit=100) as files:
        for file in files:
            lines, damages = file.read()
            assert not damages
            found += [Event.from_document(line) for line in lines]
            file.remove()
    return found


@pytest.fixture
def ask(server):
    def send(method, path, *, token=None, cookie=None, headers=None, **more):
        server.cookies.clear()
        sent = dict(headers or {})
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        if cookie is not None:
            sent["Cookie"] = f"_token={cookie}"
        return server.request(method, f"/api/v2{path}", headers=sent, **more)

    return send


def test_a_change_is_witnessed_with_who_where_and_how_it_was_answered(ask, tokens, spool):
    before = utcnow()
    answer = ask("POST", "/variables?secret=1", token=tokens["adam"], json=VARIABLE)
    assert answer.status_code == 201, answer.text
    ask("DELETE", "/variables/limit", token=tokens["adam"])

    made, deleted = records(spool)
    assert (made.type, made.actor) == ("request.post_variable", "adam")
    assert made.payload["client"] == "testclient"
    assert (made.payload["method"], made.payload["path"]) == ("POST", "/api/v2/variables")
    assert made.payload["status"] == 201
    assert before <= made.occurred_at <= datetime.fromisoformat(made.payload["ended_at"])
    assert deleted.payload["params"] == {"variable_key": "limit"}
    assert not any(
        b"hunter2" in one.document or b"secret" in one.document for one in [made, deleted]
    )


def test_airflows_own_row_lies_between_the_start_and_the_end(ask, tokens, spool):
    from airflow.models.log import Log
    from airflow.utils.session import create_session
    from sqlalchemy import select

    ask("POST", "/pools", token=tokens["adam"], json={"name": "small", "slots": 1})
    (made,) = records(spool)
    with create_session(scoped=False) as session:
        at, owner = session.execute(
            select(Log.dttm, Log.owner).where(Log.event == "post_pool").order_by(Log.id.desc())
        ).first()
    assert made.occurred_at <= at <= datetime.fromisoformat(made.payload["ended_at"])
    assert (made.type, made.actor) == ("request.post_pool", owner)


def test_a_user_who_may_not_is_witnessed_although_airflow_logs_nothing(ask, tokens, spool):
    path = "/dags/income/dagRuns/r1/taskInstances/t"
    answer = ask("PATCH", path, token=tokens["vera"], json={"new_state": "failed"})
    assert answer.status_code == 403

    (made,) = records(spool)
    assert (made.type, made.actor) == ("request.patch_task_instance", "vera")
    assert (made.dag_id, made.run_id, made.task_id) == ("income", "r1", "t")
    assert made.payload["status"] == 403


def test_the_cookie_of_the_ui_names_the_user_and_the_header_comes_before_it(ask, tokens, spool):
    ask("POST", "/pools", cookie=tokens["vera"], json={})
    ask("POST", "/pools", token=tokens["adam"], cookie=tokens["vera"], json={})
    assert [one.actor for one in records(spool)] == ["vera", "adam"]


def test_a_token_that_is_forged_or_none_names_nobody(ask, tokens, spool):
    head, body, signature = tokens["adam"].split(".")
    for token in (f"{head}.{body}.{signature[::-1]}", f"{head}.{body}.", "nonsense", ""):
        assert ask("POST", "/pools", token=token, json={}).status_code in (401, 403)
        assert ask("POST", "/pools", cookie=token, json={}).status_code in (401, 403)
    ask("POST", "/pools", token="nonsense", cookie=tokens["adam"], json={})
    assert ask("POST", "/pools", json={}).status_code == 401
    assert records(spool) == []


def test_reading_is_not_witnessed(ask, server, tokens, spool):
    assert ask("GET", "/pools", token=tokens["adam"]).status_code == 200
    assert server.post("/governance/v1/nothing").status_code in (401, 404, 405)
    assert records(spool) == []


@pytest.mark.parametrize(
    ("trusted", "client"),
    [("0", "testclient"), ("1", "10.0.0.2"), ("2", "10.0.0.1"), ("4", "testclient")],
)
def test_a_forwarded_address_is_believed_as_far_as_proxies_are(  # noqa: PLR0917
    ask, tokens, spool, monkeypatch, trusted, client
):
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__TRUSTED_PROXIES", trusted)
    headers = {"X-Forwarded-For": "6.6.6.6, 10.0.0.1, 10.0.0.2"}
    ask("POST", "/pools", token=tokens["adam"], headers=headers, json={})
    (made,) = records(spool)
    assert made.payload["client"] == client


def test_a_spool_that_cannot_be_written_breaks_no_request(
    ask, tokens, spool, monkeypatch, tmp_path
):
    blocked = tmp_path / "a file"
    blocked.write_text("")
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__SPOOL_DIR", str(blocked / "spool"))
    witness._settings.cache_clear()
    answer = ask("POST", "/variables", token=tokens["adam"], json=VARIABLE)
    assert answer.status_code == 201
    ask("DELETE", "/variables/limit", token=tokens["adam"])


def test_an_auth_manager_that_fails_breaks_no_request(ask, tokens, spool, monkeypatch):
    async def failing(_token):
        raise RuntimeError

    monkeypatch.setattr(witness, "_verified", failing)
    assert ask("POST", "/variables", token=tokens["adam"], json=VARIABLE).status_code == 201
    assert records(spool) == []
    assert ask("DELETE", "/variables/limit", token=tokens["adam"]).status_code == 204


def test_a_token_is_verified_once_for_many_requests(ask, tokens, spool, monkeypatch):
    asked = []
    verified = witness._verified

    async def counting(token):
        asked.append(token)
        return await verified(token)

    monkeypatch.setattr(witness, "_verified", counting)
    for _ in range(5):
        ask("POST", "/pools", token=tokens["adam"], json={})
    assert len(asked) == 1
    assert len(records(spool)) == 5
