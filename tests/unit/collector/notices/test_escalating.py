"""What nobody takes up becomes louder, once for each rule that says so."""

from __future__ import annotations

import pytest

from airflow_gov_provider.collector.notices.escalating import escalate_waiting
from airflow_gov_provider.collector.notices.routing import route_entries
from airflow_gov_provider.domain.incidents.incident import Kind, Sighting
from airflow_gov_provider.domain.severity import Severity
from airflow_gov_provider.hooks.incident_decisions import Author, acknowledge, resolve
from airflow_gov_provider.hooks.incidents import report
from airflow_gov_provider.store import database
from airflow_gov_provider.store.incidents import notices
from airflow_gov_provider.store.incidents.rows import entries_of, get_incident

RULES = """
version: 1
channels:
  desk: {notifier: some.Notifier}
  boss: {notifier: some.Notifier}
rules:
  - {notify: [desk], events: [opened]}
escalations:
  - {name: louder, after: 30m, set: {severity: critical}, notify: [boss]}
  - {name: again, when: {severity: critical}, after: 1h, notify: [boss, desk]}
"""
ADA = Author(name="ada")


@pytest.fixture
def late(store, clock):
    def see(occasion: str = "run 1", *, key: str = "sla_miss:c", owner: str | None = None) -> str:
        sighting = Sighting(
            kind=Kind.SLA_MISS,
            dedup_key=key,
            owner=owner,
            occasion=occasion,
            severity=Severity.MEDIUM,
            title="income is late",
        )
        with database.transaction(store) as connection:
            return report(connection, sighting, now=clock()).incident_id

    return see


@pytest.fixture
def escalated(store, clock):
    def names(incident_id: str) -> list[str]:
        escalate_waiting(clock=clock)
        with database.transaction(store) as connection:
            entries = entries_of(connection, incident_id)
        return [one.details["escalation"] for one in entries if one.kind == "escalated"]

    return names


def test_it_is_escalated_once_by_each_rule_and_its_channels_are_told(
    late, escalated, rules, store, clock
):
    rules(RULES)
    incident_id = late()
    clock.later(29 * 60)
    assert escalated(incident_id) == []
    clock.later(60)
    assert escalated(incident_id) == ["louder"]
    assert escalated(incident_id) == ["louder"]
    clock.later(30 * 60)
    assert escalated(incident_id) == ["louder", "again"]
    route_entries(clock=clock)
    with database.transaction(store) as connection:
        incident = get_incident(connection, incident_id)
        told = [notice.channel for notice in notices.notices_of(connection, incident_id)]
    assert incident is not None
    assert incident.severity is Severity.CRITICAL
    assert told == ["desk", "boss", "boss", "desk"]


def test_what_somebody_has_acknowledged_is_left_alone(late, escalated, rules, store, clock):
    rules(RULES)
    incident_id = late()
    with database.transaction(store) as connection:
        acknowledge(connection, incident_id, author=ADA, now=clock())
    clock.later(3600)
    assert escalated(incident_id) == []


def test_what_comes_back_waits_anew(late, escalated, rules, store, clock):
    rules(RULES)
    incident_id = late()
    clock.later(31 * 60)
    assert escalated(incident_id) == ["louder"]
    with database.transaction(store) as connection:
        resolve(
            connection, incident_id, author=ADA, resolution="fixed", comment="done", now=clock()
        )
    clock.later(10)
    assert late("run 2") == incident_id
    assert escalated(incident_id) == ["louder"]
    clock.later(30 * 60)
    assert escalated(incident_id) == ["louder", "louder"]


def test_old_incidents_that_no_rule_is_about_keep_none_waiting(
    late, escalated, rules, clock, monkeypatch
):
    monkeypatch.setattr("airflow_gov_provider.collector.notices.escalating._AT_ONCE", 2)
    rules(RULES.replace("{name: louder,", "{name: louder, when: {owner: '*'},"))
    others = [late(key=f"sla_miss:{number}") for number in range(5)]
    owned = late(key="sla_miss:owned", owner="ml-team")
    clock.later(31 * 60)
    assert escalated(owned) == ["louder"]
    assert [escalated(incident_id) for incident_id in others] == [[]] * 5


def test_rules_without_escalations_ask_nothing_of_the_database(rules, monkeypatch, clock):
    rules("version: 1\n")
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__SQL_ALCHEMY_CONN", "postgresql://nobody@127.0.0.1:1/x")
    assert escalate_waiting(clock=clock) == 0
