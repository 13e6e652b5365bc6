"""Rules about incidents: what they set, whom they name, and how mistakes in them are told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_gov_provider.domain.incidents.rules import (
    ENTRIES,
    KINDS,
    TOLD_BY_DEFAULT,
    Facts,
    load_rules,
)
from airflow_gov_provider.domain.severity import Severity
from airflow_gov_provider.exceptions import ContractInvalid

RULES = """
version: 1
channels:
  ops: {notifier: some.Notifier, arguments: {to: ops}}
  legal: {notifier: some.Notifier, attempts: 5}
rules:
  - when: {dag_id: "finance_*"}
    set: {owner: finance}
    notify: ops
  - when: {kind: [sla_miss, coverage], severity: high}
    set: {severity: critical, owner: nobody, auto_resolve: true}
    notify: [legal, ops]
    events: [opened, commented]
escalations:
  - {name: late, when: {severity: [high, critical]}, after: 30m, notify: [legal]}
  - {after: 1h, set: {severity: critical}}
"""
FACTS = Facts(kind="sla_miss", severity=Severity.HIGH, dag_id="finance_daily")


def test_the_first_rule_that_sets_something_wins_and_others_add_what_it_left_open():
    ruling = load_rules(RULES).ruling(FACTS)
    assert (ruling.owner, ruling.severity, ruling.auto_resolve) == (
        "finance",
        Severity.CRITICAL,
        True,
    )


def test_each_channel_of_any_fitting_rule_is_told_once():
    rules = load_rules(RULES)
    assert rules.channels_for(FACTS, "opened") == ("ops", "legal")
    assert rules.channels_for(FACTS, "commented") == ("legal", "ops")
    assert rules.channels_for(FACTS, "resolved") == ("ops",)
    other = Facts(kind="ledger", severity=Severity.HIGH)
    assert rules.channels_for(other, "opened") == ()
    assert rules.channels_for(other, "escalated", escalation="late") == ("legal",)


def test_an_incident_is_escalated_when_nobody_took_it_up_for_so_long():
    rules = load_rules(RULES)
    due = [one.name for one in rules.due(FACTS, unacknowledged=timedelta(minutes=30))]
    assert due == ["late"]
    assert len(rules.due(FACTS, unacknowledged=timedelta(hours=1))) == 2
    assert rules.due(FACTS, unacknowledged=timedelta(minutes=29)) == ()


def test_a_pattern_fits_nothing_that_is_not_there():
    rules = load_rules("version: 1\nrules:\n  - {when: {dag_id: '*'}, set: {owner: x}}\n")
    assert rules.ruling(Facts(kind="ledger", severity=Severity.LOW)).owner is None


def test_every_mistake_is_told_at_once_with_its_place():
    with pytest.raises(ContractInvalid) as raised:
        load_rules(
            """
version: 2
channels:
  ops: {notifer: x}
  two: {notifier: "a b", attempts: 0}
rules:
  - when: {dag: x, kind: unheard_*, severity: hihg}
    notify: [opps]
    events: [opend]
  - when: {}
escalations:
  - {after: soon}
  - {name: a, after: 1m, notify: ops}
  - {name: a, after: 2m, notify: ops}
"""
        )
    text = str(raised.value)
    for expected in (
        "version: expected version 1",
        "channels.ops: unknown key 'notifer'; did you mean 'notifier'?",
        "channels.two.notifier: expected the import path",
        "channels.two.attempts: expected a number from 1 to 1000",
        "rules[0].when: unknown key 'dag'",
        "rules[0].when.kind: expected a pattern of at least one of",
        "rules[0].when.severity: unknown value 'hihg'; did you mean 'high'?",
        "rules[0].notify[0]: unknown value 'opps'; did you mean 'ops'?",
        "rules[0].events[0]: unknown value 'opend'; did you mean 'opened'?",
        "rules[1]: expected 'set', 'notify' or both",
        "escalations[0].after: expected a duration",
        "escalations[0]: expected 'set', 'notify' or both",
        "escalations: 'a' stands twice",
    ):
        assert expected in text


@given(
    kind=st.sampled_from(KINDS),
    severity=st.sampled_from(Severity),
    dag_id=st.none() | st.text(max_size=8),
    entry=st.sampled_from(ENTRIES),
)
def test_a_rule_without_conditions_hears_of_everything_it_asked_for(kind, severity, dag_id, entry):
    rules = load_rules("version: 1\nchannels: {all: {notifier: a.B}}\nrules:\n  - {notify: all}\n")
    facts = Facts(kind=kind, severity=severity, dag_id=dag_id)
    assert bool(rules.channels_for(facts, entry)) == (entry in TOLD_BY_DEFAULT)


def test_each_problem_of_a_text_or_a_file_has_its_line(tmp_path):
    text = """\
version: 1
channels:
  chat: {notifier: 7}
rules:
  - notify: chta
    when:
      severity: [worst]
"""
    path = tmp_path / "rules.yaml"
    path.write_text(text)

    for source in (text, path):
        with pytest.raises(ContractInvalid) as refused:
            load_rules(source)
        told = [problem.partition(":")[0] for problem in refused.value.problems]
        assert sorted(told) == [
            "line 3, channels.chat.notifier",
            "line 5, rules[0].notify",
            "line 7, rules[0].when.severity[0]",
        ]
