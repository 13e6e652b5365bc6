"""Nobody gets past the door without being known, whatever they ask for and whatever goes wrong."""

from __future__ import annotations

import re

import pytest
from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
from fastapi import FastAPI, HTTPException
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from starlette.routing import Route

from airflow_gov_provider.api import deps
from airflow_gov_provider.api.app import create_app
from airflow_gov_provider.api.deps import AirflowReader, authenticated, reader
from tests.unit.api.conftest import assert_error, evidence, happening, of_dag

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"]
OTHER_PATHS = [
    "/",
    "/docs",
    "/redoc",
    "/openapi.json",
    "/v1",
    "/v1/evidence/",
    "//x",
    "/v1/events?limit=nonsense",
    "/v1/cards/x.pdf",
    "/static/../../etc/passwd",
    "/v1/%2e%2e/x",
]


def paths_of(app: FastAPI) -> list[str]:
    return [re.sub(r"{[^}]*}", "x", route.path) for route in app.routes]


@pytest.fixture
def anonymous(sqlite_store, monkeypatch):
    """The app with Airflow's own check, to which no token is given."""
    monkeypatch.setattr(
        "airflow.api_fastapi.app.get_auth_manager",
        lambda: pytest.fail("there is no token to check"),
    )
    with TestClient(create_app(), raise_server_exceptions=False) as client:
        yield client


def test_every_route_is_one_that_the_apps_dependency_stands_before():
    app = create_app()

    assert {type(route) for route in app.routes} == {APIRoute}
    for route in app.routes:
        calls = [dependency.call for dependency in route.dependant.dependencies]
        assert authenticated in calls, route.path


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("path", [*paths_of(create_app()), *OTHER_PATHS])
def test_an_anonymous_request_is_refused_wherever_it_goes(anonymous, method, path):
    response = anonymous.request(method, path)

    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    if method != "HEAD":
        assert_error(response, 401, "unauthenticated")


@pytest.mark.parametrize(
    ("raised", "status", "code"),
    [
        (HTTPException(403, "Invalid JWT token"), 401, "unauthenticated"),
        (HTTPException(401, "Token Expired"), 401, "unauthenticated"),
        (RuntimeError("the key is s3cret"), 503, "access_undecided"),
        (KeyError("role"), 503, "access_undecided"),
    ],
)
def test_a_check_that_fails_lets_nobody_in(sqlite_store, monkeypatch, raised, status, code):
    async def get_user(*_):
        raise raised

    monkeypatch.setattr("airflow.api_fastapi.core_api.security.get_user", get_user)
    client = TestClient(create_app(), raise_server_exceptions=False)

    message = assert_error(client.get("/v1/evidence"), status, code)

    assert "s3cret" not in message


def test_a_check_that_finds_nobody_lets_nobody_in(sqlite_store, monkeypatch):
    async def get_user(*_):
        return None

    monkeypatch.setattr("airflow.api_fastapi.core_api.security.get_user", get_user)

    assert_error(TestClient(create_app()).get("/v1/events"), 401, "unauthenticated")


@pytest.fixture
def two_dags(record):
    record(evidence(1), evidence(2, origin=of_dag("secret")))
    record(happening(1), happening(2, dag_id="secret"), happening(3, dag_id=None))


@pytest.mark.usefixtures("two_dags")
@pytest.mark.parametrize("path", ["/v1/evidence", "/v1/events"])
def test_a_list_shows_only_dags_that_the_user_may_read(client, permissions, path):
    permissions.dag_ids = {"income"}

    assert {item["dag_id"] for item in client.get(path).json()["items"]} == {"income"}
    hidden = client.get(path, params={"dag_id": "secret"}).json()
    assert (hidden["items"], hidden["next_cursor"]) == ([], None)


@pytest.mark.usefixtures("two_dags")
@pytest.mark.parametrize("path", ["/v1/evidence", "/v1/events"])
def test_a_user_who_may_read_nothing_sees_nothing(client, permissions, path):
    permissions.dag_ids = set()

    found = client.get(path).json()
    assert (found["items"], found["next_cursor"]) == ([], None)


@pytest.mark.usefixtures("two_dags")
def test_events_of_no_dag_are_for_those_who_may_read_every_dag(client, permissions):
    assert {item["dag_id"] for item in client.get("/v1/events").json()["items"]} == {
        "income",
        "secret",
        None,
    }

    permissions.dag_ids = {"secret"}

    assert {item["dag_id"] for item in client.get("/v1/events").json()["items"]} == {"secret"}


def dags_in(response) -> set[str | None]:
    assert response.status_code == 200, response.text
    return {item["dag_id"] for item in response.json()["items"]}


@pytest.mark.usefixtures("two_dags")
@pytest.mark.parametrize("path", ["/v1/evidence", "/v1/events"])
def test_a_right_that_is_withdrawn_ends_at_once_though_rights_are_remembered(
    client, permissions, path
):
    permissions.name = f"{path} until withdrawn"
    assert dags_in(client.get(path)) >= {"income", "secret"}

    permissions.dag_ids = {"income"}

    assert "secret" not in dags_in(client.get(path))

    permissions.dag_ids = set()

    assert not dags_in(client.get(path)) - {None}


@pytest.mark.usefixtures("two_dags")
def test_what_a_user_may_read_anew_shows_when_what_is_remembered_is_old(
    client, permissions, monkeypatch
):
    permissions.name, permissions.dag_ids = "one who gets a right", {"income"}
    assert dags_in(client.get("/v1/events")) == {"income"}

    permissions.dag_ids = None
    monkeypatch.setattr(deps, "REMEMBERED_SECONDS", -1)

    assert dags_in(client.get("/v1/events")) == {"income", "secret", None}


@pytest.mark.usefixtures("two_dags")
def test_rows_of_no_dag_go_with_the_right_to_read_every_dag_when_that_is_asked_for_again(
    client, permissions, monkeypatch
):
    permissions.name = "one who loses a right"
    assert None in dags_in(client.get("/v1/events"))

    permissions.dag_ids = {"income"}
    monkeypatch.setattr(deps, "REMEMBERED_SECONDS", -1)

    assert dags_in(client.get("/v1/events")) == {"income"}


@pytest.mark.usefixtures("two_dags")
def test_nobody_sees_what_is_remembered_of_another(client, permissions):
    permissions.name = "who may read everything"
    assert None in dags_in(client.get("/v1/events"))

    permissions.name, permissions.dag_ids = "somebody else", {"income"}

    assert dags_in(client.get("/v1/events")) == {"income"}


@pytest.mark.usefixtures("two_dags")
def test_every_dag_is_asked_about_once_in_some_seconds(client, permissions):
    permissions.name, permissions.dag_ids = "a patient one", {"income"}
    client.get("/v1/events")
    permissions.asked.clear()

    assert dags_in(client.get("/v1/events")) == {"income"}
    assert set().union(*permissions.asked) == {"income"}


def test_users_who_differ_in_what_a_token_says_of_them_are_told_apart(monkeypatch):
    manager = SimpleAuthManager()
    monkeypatch.setattr("airflow.api_fastapi.app.get_auth_manager", lambda: manager)

    def identity(role, teams=None):
        user = SimpleAuthManagerUser(username="somebody", role=role, teams=teams)
        return AirflowReader(user).identity()

    assert identity("viewer") == identity("viewer")
    assert len({identity("viewer"), identity("admin"), identity("viewer", ["red"])}) == 3


def test_nothing_is_remembered_of_a_user_who_cannot_be_named(ask):
    assert ask(AuthManager(readable={"income"})).identity() is None


@pytest.mark.usefixtures("two_dags")
def test_a_request_about_one_dag_asks_about_no_other(client, permissions):
    client.get("/v1/evidence", params={"dag_id": "income"})

    assert set().union(*permissions.asked) == {"income"}


@pytest.mark.usefixtures("two_dags")
@pytest.mark.parametrize("path", ["/v1/evidence/{}", "/v1/cards/{}", "/v1/cards/{}.html"])
def test_evidence_of_another_cannot_be_told_from_evidence_that_is_not_there(
    client, permissions, path
):
    permissions.dag_ids = {"income"}

    hidden = client.get(path.format(evidence(2).evidence_id))
    absent = client.get(path.format(evidence(99).evidence_id))

    assert_error(hidden, 404, "evidence_not_found")
    assert (hidden.status_code, hidden.content) == (absent.status_code, absent.content)
    assert hidden.headers == absent.headers


def test_a_dag_that_turns_up_between_looking_and_reading_is_not_shown(
    client, permissions, record, monkeypatch
):
    permissions.dag_ids = {"income"}
    record(evidence(1))
    from airflow_gov_provider.api.routes import evidence as routes

    look = routes.visible_dag_ids

    def look_then_record(*args, **kwargs):
        seen = look(*args, **kwargs)
        record(evidence(2, origin=of_dag("secret")))
        return seen

    monkeypatch.setattr(routes, "visible_dag_ids", look_then_record)

    items = client.get("/v1/evidence").json()["items"]

    assert [item["dag_id"] for item in items] == ["income"]


class AuthManager:
    """Teams and permissions of a small company, behind the auth manager's own methods."""

    def __init__(self, readable=(), teams=(), error=None):
        self.readable, self.teams, self.error = set(readable), set(teams), error
        self.questions = []

    def filter_authorized_dag_ids(self, *, dag_ids, user, method, team_name=None):  # noqa: ARG002
        if self.error:
            raise self.error
        self.questions.append((frozenset(dag_ids), method, team_name))
        return {d for d in dag_ids if d in self.readable and team_name in {None, *self.teams}}

    def is_authorized_team(self, *, method, details, user):  # noqa: ARG002
        return details.name in self.teams


@pytest.fixture
def ask(monkeypatch):
    def with_manager(manager):
        monkeypatch.setattr("airflow.api_fastapi.app.get_auth_manager", lambda: manager)
        return AirflowReader("somebody")

    return with_manager


def test_a_dag_is_put_to_the_auth_manager_once_a_request(ask):
    manager = AuthManager(readable={"a"})
    somebody = ask(manager)

    assert somebody.readable({"a", "b"}) == {"a"}
    assert somebody.readable({"a"}) == {"a"}
    assert somebody.readable({"b", "c"}) == set()

    assert manager.questions == [
        (frozenset({"a", "b"}), "GET", None),
        (frozenset({"c"}), "GET", None),
    ]


def test_an_auth_manager_that_fails_makes_nothing_readable(app, ask, record):
    record(evidence(1))
    somebody = ask(AuthManager(readable={"income"}, error=RuntimeError("s3cret")))
    app.dependency_overrides[reader] = lambda: somebody

    message = assert_error(TestClient(app).get("/v1/evidence"), 503, "access_undecided")

    assert "s3cret" not in message


def test_with_teams_a_dag_is_read_as_a_dag_of_its_team(ask, monkeypatch):
    monkeypatch.setenv("AIRFLOW__CORE__MULTI_TEAM", "True")
    monkeypatch.setattr(
        "airflow_gov_provider.api.deps._dag_ids_by_team",
        lambda _: {"red": {"a"}, "blue": {"b"}, None: {"c"}},
    )
    monkeypatch.setattr("airflow.models.team.Team.get_all_team_names", lambda: {"red", "blue"})
    everything = {"a", "b", "c", "deleted"}

    of_red = ask(AuthManager(readable=everything, teams={"red"})).readable(everything)
    of_both = ask(AuthManager(readable=everything, teams={"red", "blue"})).readable(everything)

    assert of_red == {"a", "c"}
    assert of_both == everything


def test_every_route_answers_an_unknown_method_with_those_that_it_has(client):
    for route in create_app().routes:
        assert isinstance(route, Route)
        if route.path != "/{path:path}":
            response = client.delete(re.sub(r"{[^}]*}", "x", route.path))
            assert_error(response, 405, "method_not_allowed")
            assert response.headers["allow"] == ", ".join(sorted(route.methods))
            assert "DELETE" not in route.methods
