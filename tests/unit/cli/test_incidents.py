"""Incidents on the command line: what is shown, who is named, and how it fails."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from fakes.tampering import unguarded
from sqlalchemy import update

from airflow_gov_provider.cli import incident_definition
from airflow_gov_provider.collector.notices.delivering import Delivering, send_through_airflow
from airflow_gov_provider.collector.notices.routing import route_entries
from airflow_gov_provider.domain.incidents.incident import BY_PEOPLE, Sighting
from airflow_gov_provider.domain.incidents.incident import State as IncidentState
from airflow_gov_provider.domain.incidents.reporting import regimes
from airflow_gov_provider.domain.severity import Severity
from airflow_gov_provider.hooks.incidents import report
from airflow_gov_provider.store import database
from airflow_gov_provider.store.tables import event
from tests.unit.api.conftest import happening

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def ada(monkeypatch):
    monkeypatch.setenv("LOGNAME", "ada")


@pytest.fixture
def see(sqlite_store, ada):
    def make(**changes):
        values = {
            "kind": "sla_miss",
            "dedup_key": "key",
            "occasion": "1",
            "severity": Severity.HIGH,
            "title": "income is late",
            "dag_id": "income",
            "run_id": "run 1",
            "owner": "data team",
            "details": {"expected_at": "12:00"},
        }
        with database.transaction(sqlite_store) as connection:
            return report(connection, Sighting(**{**values, **changes}), now=NOON).incident_id

    return make


@pytest.fixture
def incident_id(see):
    return see()


def test_the_list_is_a_table_or_json(run, incident_id):
    table = run("incidents", "list", "--state", "unresolved")
    lines = table.out.splitlines()
    assert lines[0].split()[:4] == ["id", "state", "severity", "times"]
    assert lines[1].startswith(f"{incident_id}  open   high")
    [item] = json.loads(run("incidents", "list", "-o", "json").out)
    assert (item["incident_id"], item["title"]) == (incident_id, "income is late")


def test_filters_that_find_nothing_are_told_apart(run, incident_id):
    assert run("incidents", "list", "--state", "resolved", "--severity", "high").out == (
        "No incident matches these filters: there is no incident with state 'resolved'.\n"
    )
    assert run("incidents", "list", "--owner", "nobody", "--kind", "ledger").out == (
        "No incident matches these filters: there is no incident with kind 'ledger' and none with "
        "owner 'nobody'.\n"
    )


def test_filters_that_find_something_each_and_nothing_together_say_so(run, incident_id, see):
    see(severity=Severity.LOW, owner="others", dedup_key="another")

    said = run("incidents", "list", "--owner", "others", "--severity", "high").out

    assert said.startswith("No incident matches all of these filters, though each finds some")


def test_a_timeline_shows_all_that_was_said(run, incident_id):
    comment = "word " * 60 + "end"
    run("incidents", "comment", incident_id, "--comment", comment)

    shown = run("incidents", "show", incident_id).out

    assert f"comment: {comment}" in shown
    assert "occasion: " in shown
    assert "..." not in shown


def test_an_empty_list_says_what_makes_one(run, sqlite_store):
    assert run("incidents", "list").out.startswith("No incidents. A missed commitment")


def test_an_incident_goes_from_open_to_resolved_under_the_name_of_the_shell(run, incident_id):
    assert run("incidents", "ack", incident_id, "-m", "on it").code == 0
    assert run("incidents", "assign", incident_id, "bob").code == 0
    assert run("incidents", "comment", incident_id, "-m", "waiting").code == 0
    done = run("incidents", "resolve", incident_id, "--reason", "fixed", "-m", "it came")
    shown = run("incidents", "show", incident_id)
    assert done.out == shown.out
    assert [line.split("  ")[0] for line in shown.out.splitlines()[:3]] == [
        "incident",
        "state",
        "severity",
    ]
    assert "resolved" in shown.out
    entries = json.loads(run("incidents", "show", incident_id, "-o", "json").out)["timeline"]
    assert [entry["actor"] for entry in entries] == [None, *["cli:ada"] * 4]
    assert entries[-1]["details"]["comment"] == "it came"


def test_who_comes_second_is_told_who_was_first_and_the_command_fails(run, incident_id):
    run("incidents", "ack", incident_id)
    again = run("incidents", "ack", incident_id)
    assert again.code == 1
    assert again.out == ""
    assert "cli:ada acknowledged it at" in again.err
    stale = run("incidents", "comment", incident_id, "-m", "x", "--version", "1")
    assert stale.code == 1
    assert "cli:ada: acknowledged at" in stale.err


def test_an_incident_that_is_not_there_is_said_so(run, incident_id):
    for words in (("show", "nope"), ("ack", "nope")):
        outcome = run("incidents", *words)
        assert (outcome.code, outcome.out) == (1, "")
        assert "there is no incident 'nope'" in outcome.err


def test_a_clock_is_shown_with_the_time_that_is_left(run, incident_id):
    marked = run(
        *("incidents", "reportable", incident_id),
        *("--regime", "gdpr_breach", "--aware-at", "80h"),
    )
    assert "gdpr_breach (Art. 33): due" in marked.out
    assert "OVERDUE by 8h" in marked.out
    assert "OVERDUE by 8h" in run("incidents", "list").err
    sent = run(
        *("incidents", "report-sent", incident_id),
        *("--regime", "gdpr_breach", "--reference", "7/26"),
    )
    assert "by cli:ada, 7/26" in sent.out
    withdrawn = run("incidents", "report-sent", incident_id, "--regime", "gdpr_breach")
    assert withdrawn.code == 1
    assert "the clock stands still already: cli:ada said sent" in withdrawn.err


def test_a_ledger_that_does_not_verify_opens_an_incident_once(run, record, sqlite_store, ada):
    record(*[happening(number) for number in range(3)])
    run("ledger", "seal")
    with database.transaction(sqlite_store) as connection, unguarded(connection):
        where = event.c.event_id == happening(1).event_id
        connection.execute(update(event).where(where).values(document="{}"))
    assert run("ledger", "verify").code == 1
    assert run("ledger", "verify").code == 1
    [item] = json.loads(run("incidents", "list", "-o", "json").out)
    assert (item["kind"], item["severity"], item["occurrences"]) == ("ledger", "critical", 1)
    shown = json.loads(run("incidents", "show", item["incident_id"], "-o", "json").out)
    assert shown["details"]["found_by"] == "cli"


def test_the_choices_are_the_words_of_the_domain():
    assert (*IncidentState, "unresolved") == incident_definition.STATES
    assert tuple(Severity) == incident_definition.SEVERITIES
    assert BY_PEOPLE == incident_definition.RESOLUTIONS
    assert tuple(regimes()) == incident_definition.REGIMES


RULES = """
version: 1
channels:
  hook:
    notifier: airflow_gov_provider.notifications.webhook.WebhookNotifier
    arguments: {url: "http://127.0.0.1:9/", timeout: 1}
    attempts: 1
rules:
  - notify: [hook]
"""


def test_rules_are_checked_with_their_channels_and_nothing_is_sent(run, tmp_path):
    path = tmp_path / "rules.yaml"
    path.write_text(RULES)
    good = run("incidents", "lint", str(path))
    assert (good.code, good.out) == (
        0,
        f"{path}: 1 channels, 1 rules, 0 escalations; nothing is wrong with it\n",
    )

    path.write_text(RULES.replace("url:", "ur:") + "  - {notify: [hok]}\n")
    first = run("incidents", "lint", str(path))
    assert first.code == 1
    assert "rules[1].notify[0]: unknown value 'hok'; did you mean 'hook'?" in first.err
    path.write_text(RULES.replace("url:", "ur:").replace("WebhookN", "WebN"))
    assert "has no WebNotifier" in run("incidents", "lint", str(path)).err


def test_a_notice_that_was_given_up_is_listed_and_sent_again(
    run, incident_id, tmp_path, monkeypatch
):
    path = tmp_path / "rules.yaml"
    path.write_text(RULES)
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__INCIDENT_RULES", str(path))
    assert run("incidents", "notices").out.startswith("No notices. The rules of [governance]")
    route_entries()
    delivering = Delivering(send=send_through_airflow)
    delivering.begin()
    delivering.finish(30)

    table = run("incidents", "notices", "--state", "dead").out
    [notice] = json.loads(run("incidents", "notices", "-o", "json").out)
    assert notice["notice_id"] in table
    assert (notice["state"], notice["channel"], notice["entry"]) == ("dead", "hook", "opened")
    assert run("incidents", "retry", notice["notice_id"]).code == 0
    [again] = json.loads(run("incidents", "notices", "-o", "json").out)
    assert (again["state"], again["attempts"]) == ("waiting", 0)
    refused = run("incidents", "retry", notice["notice_id"])
    assert refused.code == 1
    assert "was given up" in refused.err
