"""Incidents over REST: who sees them, who may change them, and what two people at once are told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient

from airflow_gov_provider.api.incident_schemas import LONGEST_TIMELINE, Resolutions
from airflow_gov_provider.api.writers import AirflowWriter, writer
from airflow_gov_provider.domain.incidents.incident import BY_PEOPLE, Sighting
from airflow_gov_provider.domain.severity import Severity
from airflow_gov_provider.hooks.incidents import report
from airflow_gov_provider.store import database
from airflow_gov_provider.store.incidents.rows import note_affected
from tests.unit.api.conftest import assert_error, happening

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Rights:
    """What the user may change; None for everything."""

    def __init__(self):
        self.user, self.dag_ids = "reviewer", None

    def name(self):
        return self.user

    def may_change(self, dag_id):
        return self.dag_ids is None or dag_id in self.dag_ids


@pytest.fixture
def rights(app):
    rights = Rights()
    app.dependency_overrides[writer] = lambda: rights
    return rights


@pytest.fixture
def see(sqlite_store):
    def make(number=1, *, dag_id="income", **changes):
        values = {
            "kind": "sla_miss",
            "dedup_key": f"key {number}",
            "occasion": "1",
            "severity": Severity.HIGH,
            "title": f"income is late ({number})",
            "dag_id": dag_id,
            "owner": "data team",
        }
        with database.transaction(sqlite_store) as connection:
            at = NOON + timedelta(minutes=number)
            return report(connection, Sighting(**{**values, **changes}), now=at).incident_id

    return make


def path(incident_id, action=""):
    return f"/v1/incidents/{incident_id}{'/' if action else ''}{action}"


BODIES = {
    "acknowledge": {},
    "assign": {"assignee": "bob"},
    "comment": {"comment": "looking"},
    "resolve": {"resolution": "fixed", "comment": "the source was late"},
    "reportable": {"regime": "gdpr_breach"},
}


def test_the_list_shows_the_newest_first_in_pages(client, see):
    ids = [see(number) for number in range(5)]
    first = client.get("/v1/incidents", params={"limit": 3}).json()
    rest = client.get("/v1/incidents", params={"cursor": first["next_cursor"]}).json()
    found = [item["incident_id"] for item in first["items"] + rest["items"]]
    assert found == ids[::-1]
    assert rest["next_cursor"] is None
    assert (first["items"][0]["state"], first["items"][0]["version"]) == ("open", 1)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"severity": "critical"}, [2]),
        ({"kind": "ledger"}, [3]),
        ({"dag_id": "salaries"}, [2]),
        ({"owner": "somebody"}, [3]),
        ({"state": "resolved"}, [1]),
        ({"state": "unresolved"}, [3, 2]),
        ({"q": "LATE (2)"}, [2]),
        ({"q": "100%"}, []),
        ({"since": "2026-03-01T12:02:00Z"}, [3, 2]),
        ({"until": "2026-03-01T12:02:00Z"}, [1]),
    ],
)
def test_each_filter_finds_what_it_names(client, rights, see, filters, expected):
    ids = [
        see(1),
        see(2, dag_id="salaries", severity=Severity.CRITICAL),
        see(3, dag_id=None, kind="ledger", owner="somebody"),
    ]
    assert client.post(path(ids[0], "resolve"), json=BODIES["resolve"]).status_code == 200
    page = client.get("/v1/incidents", params=filters).json()
    assert [item["incident_id"] for item in page["items"]] == [ids[at - 1] for at in expected]


def test_a_misspelt_filter_and_a_wrong_cursor_are_refused(client, see):
    assert_error(client.get("/v1/incidents?sate=open"), 422, "invalid_request")
    assert_error(client.get("/v1/incidents?state=opened"), 422, "invalid_request")
    assert_error(client.get("/v1/incidents?cursor=eHh4"), 400, "invalid_cursor")


def test_who_may_not_read_a_dag_does_not_learn_of_its_incidents(
    client, permissions, rights, see, record
):
    record(happening(1, dag_id="salaries"))
    hidden, shown, of_none = see(1, dag_id="salaries"), see(2), see(3, dag_id=None)
    permissions.dag_ids = {"income"}
    found = client.get("/v1/incidents").json()["items"]
    assert [item["incident_id"] for item in found] == [shown]
    for incident_id in (hidden, of_none, "01990000-0000-7000-8000-000000000000", "nonsense"):
        assert_error(client.get(path(incident_id)), 404, "incident_not_found")
        for action, body in BODIES.items():
            response = client.post(path(incident_id, action), json=body)
            assert_error(response, 404, "incident_not_found")
    assert client.get(path(shown)).status_code == 200


@pytest.mark.parametrize("action", BODIES)
def test_who_may_only_read_is_refused_every_change(client, rights, see, action):
    incident_id = see()
    rights.dag_ids = set()
    response = client.post(path(incident_id, action), json=BODIES[action])
    assert "edit its Dag" in assert_error(response, 403, "forbidden")
    assert client.get(path(incident_id)).json()["version"] == 1


def test_of_a_long_timeline_the_newest_entries_are_shown_and_all_are_counted(client, rights, see):
    for occasion in range(LONGEST_TIMELINE):
        incident_id = see(occasion=str(occasion))
    shown = client.get(path(incident_id)).json()
    assert [shown["timeline_total"], len(shown["timeline"])] == [LONGEST_TIMELINE] * 2
    shown = client.post(path(incident_id, "comment"), json=BODIES["comment"]).json()
    assert len(shown["timeline"]) == LONGEST_TIMELINE
    assert shown["timeline_total"] == shown["occurrences"] + 1 == LONGEST_TIMELINE + 1
    assert shown["timeline"][0]["details"]["occasion"] == "1"
    assert shown["timeline"][-1]["kind"] == "commented"


@pytest.mark.parametrize("action", BODIES)
def test_every_change_names_its_user_in_the_timeline(client, rights, see, action):
    incident_id = see()
    changed = client.post(path(incident_id, action), json={**BODIES[action], "version": 1})
    assert changed.status_code == 200
    last = changed.json()["timeline"][-1]
    assert (last["actor"], changed.json()["version"]) == ("reviewer", 2)
    assert changed.headers["ETag"] == '"2"'
    event = client.get(f"/v1/events/{last['event_id']}").json()
    assert (event["actor"], event["witness"], event["type"]) == (
        "reviewer",
        "api",
        f"incident.{last['kind']}",
    )


def test_of_two_people_the_second_is_told_who_was_faster(client, rights, see):
    incident_id = see()
    client.post(path(incident_id, "acknowledge"), json={"version": 1})
    rights.user = "somebody else"
    for how in ({"json": {"version": 1}}, {"json": {}, "headers": {"If-Match": '"1"'}}):
        said = assert_error(
            client.post(path(incident_id, "acknowledge"), **how), 409, "incident_conflict"
        )
        assert "reviewer: acknowledged at 20" in said
    without = client.post(path(incident_id, "acknowledge"), json={})
    assert "reviewer acknowledged it" in assert_error(without, 409, "incident_conflict")


@pytest.mark.parametrize("given", ["nonsense", '"2"'])
def test_a_header_that_names_no_version_or_another_than_the_body_is_refused(
    client, rights, see, given
):
    incident_id = see()
    response = client.post(
        path(incident_id, "acknowledge"), json={"version": 1}, headers={"If-Match": given}
    )
    assert "If-Match" in assert_error(response, 422, "invalid_request")
    assert client.get(path(incident_id)).json()["version"] == 1


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("resolve", {"comment": "x"}),
        ("resolve", {"resolution": "fixed"}),
        ("resolve", {"resolution": "healed", "comment": "x"}),
        ("resolve", {"resolution": "fixed", "comment": " \u200b "}),
        ("comment", {"comment": "nul \0"}),
        ("comment", {"comment": "x" * 4001}),
        ("assign", {}),
        ("acknowledge", {"by": "somebody else"}),
        ("reportable", {"regime": "unknown"}),
        ("reportable", {"regime": "gdpr_breach", "aware_at": "2999-01-01T00:00:00Z"}),
        ("report-withdrawn", {"regime": "gdpr_breach"}),
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(client, rights, see, action, body):
    incident_id = see()
    assert_error(client.post(path(incident_id, action), json=body), 422, "invalid_request")
    assert client.get(path(incident_id)).json()["version"] == 1


def test_a_clock_shows_what_is_left_until_the_report_was_sent(client, rights, see):
    incident_id = see()
    marked = client.post(path(incident_id, "reportable"), json=BODIES["reportable"]).json()
    [clock] = marked["reportable"]
    assert clock["ref"] == "Art. 33"
    assert 71.9 * 3600 < clock["seconds_left"] <= 72 * 3600
    sent = client.post(
        path(incident_id, "report-sent"), json={"regime": "gdpr_breach", "reference": "7/26"}
    ).json()
    [clock] = sent["reportable"]
    assert (clock["ended"], clock["ended_by"], clock["reference"], clock["seconds_left"]) == (
        "sent",
        "reviewer",
        "7/26",
        None,
    )


def test_what_lies_downstream_is_shown_as_far_as_it_may_be_read(
    client, permissions, see, sqlite_store
):
    incident_id = see()
    hop = {"via": "trigger", "name": "go"}
    affected = {
        "dags": [
            {"dag_id": "salaries", "after": "income", "steps": 1, **hop},
            {"dag_id": "report", "after": "salaries", "steps": 2, **hop},
        ],
        "models": [{"name": "pay", "version": "1"}],
        "cut": False,
    }
    with database.transaction(sqlite_store) as connection:
        note_affected(connection, incident_id, affected, owner=None)
    assert client.get(path(incident_id)).json()["affected"] == affected
    permissions.dag_ids = {"income", "report"}
    seen = client.get(path(incident_id)).json()["affected"]
    assert [(one["dag_id"], one["after"], one["name"]) for one in seen["dags"]] == [
        ("report", None, "")
    ]
    assert seen["models"] == []


def test_the_incidents_of_a_filter_are_counted_by_state_and_severity(
    client, rights, permissions, see
):
    ids = [see(1), see(2, severity=Severity.LOW), see(3), see(4, dag_id="salaries")]
    client.post(path(ids[0], "resolve"), json=BODIES["resolve"])
    client.post(path(ids[2], "acknowledge"), json={})

    def counted(**filters):
        found = client.get("/v1/incidents/counts", params=filters).json()
        told = {(one["state"], one["severity"]): one["count"] for one in found["items"]}
        return found["unresolved"], told

    of_income = {("acknowledged", "high"): 1, ("open", "low"): 1, ("resolved", "high"): 1}
    assert counted(dag_id="income") == (2, of_income)
    assert counted()[0] == 3
    assert counted(q="nothing like it") == (0, {})
    permissions.dag_ids = {"income"}
    assert counted() == (2, of_income)
    assert_error(client.get("/v1/incidents/counts?state=open"), 422, "invalid_request")


def moves_of(view):
    return {one["move"]: one["why_not"] for one in view["moves"]}


def test_an_incident_says_what_may_be_done_about_it_now_and_why_the_rest_may_not(
    client, rights, see
):
    incident_id = see()
    fresh = moves_of(client.get(path(incident_id)).json())
    no_clock = "no clock of a duty to report runs"
    assert {move for move, reason in fresh.items() if reason is None} == set(BODIES)
    assert (fresh["report-sent"], fresh["report-withdrawn"]) == (no_clock, no_clock)

    resolved = client.post(path(incident_id, "resolve"), json=BODIES["resolve"]).json()

    assert resolved["me"] == "reviewer"
    for move in ("acknowledge", "assign", "resolve"):
        assert moves_of(resolved)[move].startswith("reviewer resolved it at 20")
    assert moves_of(resolved)["comment"] is None


def test_a_duty_whose_report_was_sent_says_so(client, rights, see):
    incident_id = see()
    client.post(path(incident_id, "reportable"), json=BODIES["reportable"])
    sent = client.post(path(incident_id, "report-sent"), json={"regime": "gdpr_breach"}).json()

    duties = {one["regime"]: one["why_not"] for one in sent["duties"]}
    assert duties.pop("gdpr_breach").startswith("reviewer sent the report at 20")
    assert set(duties.values()) == {None}
    kinds = [entry["kind"] for entry in sent["timeline"]]
    assert kinds == ["opened", "reportable", "report_sent"]


def test_that_no_report_is_due_after_all_is_an_entry_of_its_own(client, rights, see):
    incident_id = see()
    client.post(path(incident_id, "reportable"), json=BODIES["reportable"])
    body = {"regime": "gdpr_breach", "comment": "no personal data was in it"}
    withdrawn = client.post(path(incident_id, "report-withdrawn"), json=body).json()

    assert withdrawn["timeline"][-1]["kind"] == "report_withdrawn"


def test_who_may_only_read_is_told_which_permission_they_lack(client, rights, see):
    incident_id = see()
    rights.dag_ids = set()

    seen = client.get(path(incident_id)).json()

    assert all("permission to edit its Dag" in reason for reason in moves_of(seen).values())
    assert all("permission to edit its Dag" in one["why_not"] for one in seen["duties"])


def test_an_incident_can_be_read_where_nobody_can_say_who_may_change_it(app, manager, see):
    incident_id = see()
    manager.answer = RuntimeError("down")
    app.dependency_overrides[writer] = lambda: AirflowWriter(User())
    with TestClient(app) as client:
        seen = client.get(path(incident_id)).json()

    assert (seen["me"], seen["assignees"]) == (None, ["data team"])
    assert all("could not say" in reason for reason in moves_of(seen).values())


def test_names_that_may_be_meant_are_those_who_looked_after_the_same_dag(client, rights, see):
    other, third, incident_id = see(1), see(2, dag_id="salaries"), see(3)
    client.post(path(other, "assign"), json={"assignee": "bob"})
    client.post(path(third, "assign"), json={"assignee": "carol"})

    assert client.get(path(incident_id)).json()["assignees"] == ["reviewer", "bob", "data team"]


class Manager:
    def __init__(self, answer):
        self.answer, self.asked = answer, []

    def _say(self, **asked):
        self.asked.append(asked)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    is_authorized_dag = is_authorized_configuration = _say


class User:
    def get_name(self):
        return "ada"


@pytest.fixture
def manager(monkeypatch):
    manager = Manager(True)
    monkeypatch.setattr("airflow.api_fastapi.app.get_auth_manager", lambda: manager)
    return manager


def test_airflow_is_asked_for_the_right_to_edit_the_dag_or_to_configure(manager):
    ada = AirflowWriter(User())
    assert ada.name() == "ada"
    assert ada.may_change("income")
    assert ada.may_change(None)
    of_dag, of_none = manager.asked
    assert (of_dag["method"], of_dag["details"].id) == ("PUT", "income")
    assert of_none["method"] == "PUT"
    assert "details" not in of_none


@pytest.mark.parametrize("dag_id", ["income", None])
def test_an_auth_manager_that_fails_means_no(app, manager, see, dag_id):
    incident_id = see(dag_id=dag_id)
    manager.answer = RuntimeError("down")
    app.dependency_overrides[writer] = lambda: AirflowWriter(User())
    with TestClient(app) as client:
        response = client.post(path(incident_id, "acknowledge"), json={})
        assert "nothing was changed" in assert_error(response, 503, "access_undecided")
        assert client.get(path(incident_id)).json()["version"] == 1


def test_a_user_without_a_name_changes_nothing(app, manager, see):
    class Nobody(User):
        def get_name(self):
            return " "

    incident_id = see()
    app.dependency_overrides[writer] = lambda: AirflowWriter(Nobody())
    with TestClient(app) as client:
        response = client.post(path(incident_id, "acknowledge"), json={})
        assert "nothing was changed" in assert_error(response, 503, "access_undecided")
        assert client.get(path(incident_id)).json()["version"] == 1


def test_the_reasons_are_those_that_people_may_give():
    assert set(Resolutions.__args__) == set(BY_PEOPLE)
