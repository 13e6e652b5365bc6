"""Requests for approval over REST: who sees which, and what they are told of answering."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from fastapi.testclient import TestClient

from airflow_gov_provider.api import answerers
from airflow_gov_provider.api.answerers import AirflowAnswerer, answerer, asking
from airflow_gov_provider.api.writers import writer
from airflow_gov_provider.domain.approvals.answering import WAITING, Asking
from airflow_gov_provider.domain.approvals.request import Person, Shown, State
from airflow_gov_provider.domain.evidence import EvidenceKind, ModelRef, Origin
from airflow_gov_provider.domain.verdicts import Verdict
from airflow_gov_provider.hooks.governance import new_id
from airflow_gov_provider.store import database
from airflow_gov_provider.store.approvals import requests as store
from airflow_gov_provider.store.evidence.rows import insert_evidence
from tests.unit.api.conftest import assert_error, evidence
from tests.unit.store.test_approvals import a_request, a_vote

ADA, BOB, ALICE = (Person(id=name, name=name.title()) for name in ("ada", "bob", "alice"))
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
MODEL = ModelRef(name="income", version="3")


class Answering:
    """Who answers, of which Dags Airflow lets them (None for all), and what it says of any task."""

    def __init__(self):
        self.who, self.dag_ids = BOB, None
        self.task = Asking(state=WAITING)
        self.looked_at = []
        self.unjudged = {}

    def answered(self, origin):
        return self.unjudged.get(origin)

    def person(self):
        return self.who

    def may_answer(self, dag_id):
        return self.dag_ids is None or dag_id in self.dag_ids

    def look_at(self, origin):
        self.looked_at.append(origin)
        return self.task


@pytest.fixture
def asker(app, monkeypatch):
    asker = Answering()
    app.dependency_overrides[answerer] = lambda: asker
    app.dependency_overrides[asking] = lambda: asker.look_at
    monkeypatch.setattr("airflow_gov_provider.api.routes.approvals.utcnow", lambda: NOW)
    return asker


@pytest.fixture
def ask(sqlite_store):
    def make(dag_id="income", *, run_id="run 1", task_id="approve", shown=(), **changes):
        request = a_request(
            request_id=new_id(),
            origin=Origin(dag_id=dag_id, run_id=run_id, task_id=task_id),
            shown=tuple(it if isinstance(it, Shown) else Shown.of(it) for it in shown),
            **changes,
        )
        with database.transaction(sqlite_store) as connection:
            store.open_request(connection, request)
        return request

    return make


@pytest.fixture
def refuse(sqlite_store):
    """Somebody answers, and it does not count."""

    def make(request, refusal):
        with database.transaction(sqlite_store) as connection:
            store.record_vote(connection, a_vote(request, effective=False, refusal=refusal))

    return make


@pytest.fixture
def settle(sqlite_store):
    def make(request, state, **changes):
        with database.transaction(sqlite_store) as connection:
            store.settle(connection, request.request_id, state, decided_at=NOW, **changes)

    return make


def listed(client, **params):
    response = client.get("/v1/approvals", params=params)
    assert response.status_code == 200, response.text
    return [item["request_id"] for item in response.json()["items"]]


def detail(client, request):
    response = client.get(f"/v1/approvals/{request.request_id}")
    assert response.status_code == 200, response.text
    return response.json()


def choices(item):
    return {one["choice"]: one["may"] for one in item["choices"]}


def test_what_waits_is_either_for_me_or_for_others(client, asker, ask):
    mine, open_to_all = ask(), ask(approvers=())
    theirs, of_mine = ask(approvers=("ada",)), ask(requester="bob")
    assert listed(client, view="mine") == [mine.request_id, open_to_all.request_id]
    assert listed(client, view="others") == [theirs.request_id, of_mine.request_id]
    asker.who = ADA
    assert listed(client, view="mine") == [open_to_all.request_id, theirs.request_id]


def test_what_may_not_be_edited_waits_for_others(client, asker, ask):
    ask()
    asker.dag_ids = set()
    assert listed(client, view="mine") == []
    (item,) = client.get("/v1/approvals", params={"view": "others"}).json()["items"]
    assert item["may_answer"] is False
    assert "permission to edit" in item["why_not"]


def test_what_is_answered_and_not_judged_yet_waits_for_nobody_of_us(client, asker, ask):
    request = ask()
    asker.unjudged[request.origin] = Asking(
        state="scheduled", answered_by="Bob", answered_at=NOW, choice="Approve", reason="fine"
    )
    assert listed(client, view="mine") == []
    (item,) = client.get("/v1/approvals", params={"view": "others"}).json()["items"]
    assert item["why_not"] == "Bob approved at 2026-11-21 12:00:00 UTC, not judged yet: “fine”"
    assert item["may_answer"] is False


def test_what_is_decided_leaves_the_waiting_lists(client, asker, ask, settle):
    approved, timed_out, waiting = ask(), ask(), ask()
    settle(approved, State.APPROVED, decided_by="ada", reason="all is well")
    settle(timed_out, State.TIMED_OUT)
    assert listed(client, view="mine") == [waiting.request_id]
    assert listed(client, view="decided") == [timed_out.request_id, approved.request_id]
    assert listed(client, decision="approved") == [approved.request_id]
    assert listed(client) == [waiting.request_id, timed_out.request_id, approved.request_id]
    (item,) = client.get("/v1/approvals", params={"decision": "approved"}).json()["items"]
    assert (item["decided_by"], item["reason"], item["votes"]) == ("ada", "all is well", 1)
    assert item["why_not"] == "it is approved already"


@pytest.mark.parametrize("view", ["mine", "decided"])
def test_a_cursor_leads_through_the_whole_list(client, asker, ask, settle, view):
    asked = [ask() for _ in range(5)]
    for request in asked if view == "decided" else []:
        settle(request, State.REJECTED)
    first = client.get("/v1/approvals", params={"view": view, "limit": 3}).json()
    found = [item["request_id"] for item in first["items"]]
    found += listed(client, view=view, cursor=first["next_cursor"])
    wanted = [request.request_id for request in asked]
    assert found == (wanted if view == "mine" else wanted[::-1])


def test_a_cursor_of_another_order_is_refused(client, asker, ask):
    for _ in range(2):
        ask()
    cursor = client.get("/v1/approvals", params={"view": "mine", "limit": 1}).json()["next_cursor"]
    response = client.get("/v1/approvals", params={"view": "decided", "cursor": cursor})
    assert_error(response, 400, "invalid_cursor")


@pytest.mark.parametrize(
    "params",
    [
        {"map_index": 0},
        {"model_version": "3"},
        {"view": "mine", "decision": "approved"},
        {"since": "2026-02-01T00:00:00Z", "until": "2026-01-01T00:00:00Z"},
        {"colour": "red"},
    ],
)
def test_filters_that_do_not_fit_together_are_refused(client, asker, params):
    assert_error(client.get("/v1/approvals", params=params), 422, "invalid_request")


def test_a_list_can_be_narrowed_to_a_model_version_and_a_task_instance(client, asker, ask):
    about = ask(model=MODEL)
    ask(model=replace(MODEL, version="4"), run_id="run 2")
    assert listed(client, model_name="income", model_version="3") == [about.request_id]
    place = {"dag_id": "income", "run_id": "run 1", "task_id": "approve", "map_index": -1}
    assert listed(client, **place) == [about.request_id]


def test_nobody_sees_requests_of_a_dag_that_they_may_not_read(
    client, permissions, asker, ask, settle
):
    permissions.dag_ids = {"income"}
    hidden, settled = ask("salaries"), ask("salaries")
    settle(settled, State.APPROVED)
    for params in ({"view": "mine"}, {"view": "others"}, {"view": "decided"}, {}):
        assert listed(client, **params) == []
    for request in (hidden, settled):
        response = client.get(f"/v1/approvals/{request.request_id}")
        assert_error(response, 404, "approval_not_found")


@pytest.mark.parametrize("request_id", ["x", "0199f0a0-0000-7000-8000-000000000001", "%00"])
def test_a_request_that_is_not_there_is_not_found(client, asker, request_id):
    assert_error(client.get(f"/v1/approvals/{request_id}"), 404, "approval_not_found")


@pytest.fixture
def told(sqlite_store):
    """Evidence of the run, recorded."""

    def make(number, **changes):
        item = evidence(number, **changes)
        with database.transaction(sqlite_store) as connection:
            insert_evidence(connection, item)
        return item

    return make


def a_bias_report(**changes):
    findings = [
        {"verdict": "PASSED", "kind": "four_fifths", "subject": "age", "expected": ">= 0.8"},
        {"verdict": "WARNED", "kind": "size", "subject": "race", "severity": "warning"},
        {
            "verdict": "FAILED",
            "kind": "four_fifths",
            "subject": "sex",
            "expected": ">= 0.8",
            "observed": 0.359212,
            "reason": "women are chosen less often",
        },
    ]
    values = {"verdict": Verdict.FAILED, "kind": EvidenceKind.BIAS, "summary": "FAILED: 1 failed"}
    return {**values, "body": {"findings": findings}, **changes}


def test_the_detail_shows_the_evidence_as_the_approver_has_to_weigh_it(client, asker, ask, told):
    quality, bias = told(1), told(2, **a_bias_report())
    request = ask(shown=(quality, bias), model=MODEL)
    found = detail(client, request)
    assert (found["verdict"], found["shown"], found["did_not_pass"]) == ("FAILED", 2, 1)
    assert found["model"] == {"name": "income", "version": "3"}
    first, second = found["evidence"]
    assert first["findings"] == []
    assert first["summary"] == "PASSED: 3 passed"
    assert all(one["digest_matches"] and one["stands"] for one in (first, second))
    assert second["digest"] == bias.digest
    failed, warned = second["findings"]
    assert failed == {
        "verdict": "FAILED",
        "kind": "four_fifths",
        "subject": "sex",
        "expected": ">= 0.8",
        "observed": "0.3592",
        "reason": "women are chosen less often",
        "is_warning": False,
    }
    assert warned["is_warning"] is True


def test_only_so_many_findings_are_shown_and_the_rest_is_counted(client, asker, ask, told):
    findings = [{"verdict": "FAILED", "kind": "k", "subject": str(n)} for n in range(20)]
    item = told(1, **a_bias_report(body={"findings": findings}))
    (shown,) = detail(client, ask(shown=(item,)))["evidence"]
    assert (len(shown["findings"]), shown["more_findings"]) == (12, 8)


def test_evidence_that_was_recorded_again_does_not_stand_any_more(client, asker, ask, told):
    old = told(1)
    request = ask(shown=(old,))
    told(2)
    assert [one["stands"] for one in detail(client, request)["evidence"]] == [False]


def test_evidence_that_is_not_what_was_shown_is_found_out(client, asker, ask, told):
    request = ask(shown=(replace(Shown.of(told(1)), digest="f" * 64),))
    assert [one["digest_matches"] for one in detail(client, request)["evidence"]] == [False]


def test_evidence_that_is_gone_is_shown_as_not_what_was_shown(client, asker, ask):
    (shown,) = detail(client, ask(shown=(evidence(1),)))["evidence"]
    assert shown["digest_matches"] is False
    assert shown["summary"] is None


def test_the_form_says_where_and_what_to_send(client, asker, ask):
    request = ask("a/b c", run_id="manual__2026-01-01T00:00:00+00:00", min_reason_length=3)
    form = detail(client, request)["answer_form"]
    assert form["path"] == (
        "dags/a%2Fb%20c/dagRuns/manual__2026-01-01T00%3A00%3A00%2B00%3A00"
        "/taskInstances/approve/-1/hitlDetails"
    )
    assert form["params"] == {"request": request.request_id}
    assert (form["min_reason_length"], form["max_reason_length"]) == (3, 4000)


def test_whoever_triggered_the_run_may_only_reject(client, asker, ask):
    found = detail(client, ask(requester="bob"))
    assert choices(found) == {"Approve": False, "Reject": True}
    assert found["may_answer"] is True
    assert "somebody else has to approve" in found["why_not"]


def test_an_answer_that_is_not_judged_yet_leaves_no_room_for_another(client, asker, ask):
    asker.task = Asking(state="scheduled", answered_by="Ada", answered_at=NOW)
    found = detail(client, ask())
    assert choices(found) == {"Approve": False, "Reject": False}
    assert found["why_not"] == "Ada answered at 2026-11-21 12:00:00 UTC, not judged yet"
    assert found["asking"]["answered_by"] == "Ada"


def test_a_request_whose_task_is_gone_can_not_be_answered(client, asker, ask):
    asker.task = Asking(state=None)
    assert detail(client, ask())["may_answer"] is False


def test_what_is_decided_asks_airflow_nothing(client, asker, ask, settle):
    request = ask()
    settle(request, State.APPROVED, decided_by="ada")
    found = detail(client, request)
    assert (found["asking"], found["answer_form"], found["may_answer"]) == (None, None, False)
    assert asker.looked_at == []


def test_a_refused_answer_is_told_with_its_reason(client, asker, ask, refuse):
    request = ask()
    refuse(request, "Bob triggered the run")
    found = detail(client, request)
    assert found["state"] == "pending"
    assert (found["votes"], found["votes_needed"], found["refused_answers"]) == (0, 1, 1)
    (answer,) = found["answers"]
    assert (answer["user_name"], answer["choice"]) == ("Bob", "Approve")
    assert (answer["effective"], answer["refusal"]) == (False, "Bob triggered the run")


def test_a_request_that_was_asked_anew_says_what_changed(client, asker, ask, told, request):
    before = ask(shown=(told(1),))
    request.getfixturevalue("refuse")(before, "other evidence")
    request.getfixturevalue("settle")(before, State.SUPERSEDED)
    new = told(2, verdict=Verdict.FAILED)
    earlier = detail(client, ask(shown=(new,)))["earlier"]
    assert (earlier["request_id"], earlier["state"]) == (before.request_id, "superseded")
    assert [vote["refusal"] for vote in earlier["votes"]] == ["other evidence"]
    (change,) = earlier["changes"]
    assert (change["kind"], change["task_id"]) == ("quality", "gate")
    assert (change["before"]["verdict"], change["after"]["verdict"]) == ("PASSED", "FAILED")
    assert detail(client, before)["earlier"] is None


def test_nothing_that_people_wrote_becomes_anything_but_text(client, asker, ask, told):
    evil = "<img src=x onerror=alert(1)>"
    item = told(1, subject=evil, summary=evil)
    found = client.get(f"/v1/approvals/{ask(subject=evil, shown=(item,)).request_id}")
    assert found.headers["content-type"] == "application/json"
    assert found.json()["subject"] == evil
    assert found.json()["evidence"][0]["summary"] == evil


# ---------------------------------------------------------------- Airflow's part


class User:
    def get_id(self):
        return 7

    def get_name(self):
        return "Ada"


class Manager:
    def __init__(self):
        self.allowed, self.asked = True, []

    def is_authorized_dag(self, **asked):
        self.asked.append(asked)
        if isinstance(self.allowed, Exception):
            raise self.allowed
        return self.allowed


@pytest.fixture
def manager(monkeypatch):
    manager = Manager()
    monkeypatch.setattr("airflow.api_fastapi.app.get_auth_manager", lambda: manager)
    return manager


def test_the_right_is_the_one_that_airflow_asks_for_itself(manager):
    ada = AirflowAnswerer(User())
    assert ada.person() == Person(id="7", name="Ada")
    assert ada.may_answer("income")
    assert ada.may_answer("income")
    (asked,) = manager.asked
    assert asked["method"] == "PUT"
    assert asked["access_entity"].value == "HITL_DETAIL"
    assert asked["details"].id == "income"


def test_an_auth_manager_that_fails_lets_nobody_answer(app, manager, ask):
    manager.allowed = RuntimeError("away")
    app.dependency_overrides[answerer] = lambda: AirflowAnswerer(User())
    ask(approvers=())
    with TestClient(app) as client:
        response = client.get("/v1/approvals", params={"view": "mine"})
        assert_error(response, 503, "access_undecided")


def test_a_database_of_airflow_that_is_away_is_told(app, client, asker, ask, monkeypatch):
    def away(origin):
        raise OSError("away")

    monkeypatch.setattr(answerers, "_asking", away)
    del app.dependency_overrides[asking]
    response = client.get(f"/v1/approvals/{ask().request_id}")
    assert_error(response, 503, "access_undecided")


@pytest.fixture
def rights(app):
    """May change what belongs to no Dag."""
    rights = SimpleNamespace(may_change=lambda dag_id: dag_id is None)
    app.dependency_overrides[writer] = lambda: rights


def test_everyone_is_told_who_they_are(client, asker, rights, monkeypatch):
    monkeypatch.setenv("AIRFLOW__CORE__DEFAULT_TIMEZONE", "Europe/Berlin")
    assert client.get("/v1/me").json() == {
        "id": "bob",
        "name": "Bob",
        "may_configure": True,
        "time_zone": "Europe/Berlin",
    }


def test_a_time_zone_without_a_name_is_not_made_up(client, asker, rights, monkeypatch):
    for configured, told in {"utc": "UTC", "system": None}.items():
        monkeypatch.setenv("AIRFLOW__CORE__DEFAULT_TIMEZONE", configured)
        assert client.get("/v1/me").json()["time_zone"] == told


def test_a_deadline_that_is_over_leaves_nothing_to_answer(client, asker, ask):
    found = detail(client, ask(expires_at=NOW - timedelta(seconds=1)))
    assert found["why_not"] == "its time is over"
    assert found["state"] == "pending"
