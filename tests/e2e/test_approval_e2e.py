"""Approval in a real Airflow, answered over the API that the Required Actions page uses."""

from __future__ import annotations

import pytest
from e2e.harness.airflow import RunningAirflow

from airflow_gov_provider.domain.approvals.request import Request, State, Vote
from airflow_gov_provider.domain.evidence import Evidence, EvidenceKind
from airflow_gov_provider.domain.verdicts import Verdict
from airflow_gov_provider.store import database
from airflow_gov_provider.store.approvals.requests import requests_of_run, votes_on

pytestmark = pytest.mark.e2e

GOOD_REASON = "The gap is known and the model only ranks leads"


def decision(airflow: RunningAirflow, dag_id: str, run_id: str) -> Evidence:
    recorded = airflow.evidence(dag_id, run_id)
    (found,) = [item for item in recorded if item.kind is EvidenceKind.APPROVAL]
    return found


def asked(airflow: RunningAirflow, dag_id: str, run_id: str) -> list[tuple[Request, list[Vote]]]:
    """Every request of the run with the answers to it."""
    with database.transaction(airflow.governance_url) as connection:
        requests = requests_of_run(connection, dag_id, run_id)
        return [(request, votes_on(connection, request.request_id)) for request in requests]


def test_an_approval_lets_the_run_go_on_and_is_evidence_bound_to_what_was_shown(
    airflow: RunningAirflow,
):
    run_id = airflow.trigger("approval")
    request = airflow.wait_for_request("approval", run_id, "approve")
    assert "**FAILED**" in request["body"]
    assert [user["id"] for user in request["assigned_users"]] == ["requester", "approver"]

    answer = airflow.answer("approval", run_id, "approve", "Approve", GOOD_REASON)

    assert answer.is_success, answer.text
    airflow.wait_for_run("approval", run_id, "success")
    recorded = airflow.evidence("approval", run_id)
    shown = [item for item in recorded if item.kind is not EvidenceKind.APPROVAL]
    found = decision(airflow, "approval", run_id)
    assert found.verdict is Verdict.PASSED
    assert found.body["decision"] == "approved"
    assert found.body["decided_by"] == {"id": "approver", "name": "approver"}
    assert found.body["reason"] == GOOD_REASON
    assert found.body["requester"] == "requester"
    assert found.body["refused_answers"] == 0
    assert [(item["evidence_id"], item["digest"]) for item in found.body["shown"]] == [
        (item.evidence_id, item.digest) for item in shown
    ]
    assert len(shown) == 3


def test_answers_that_break_a_rule_are_kept_and_explained_and_the_task_waits_again(
    airflow: RunningAirflow,
):
    run_id = airflow.trigger("approval", user="requester")
    airflow.wait_for_request("approval", run_id, "approve")
    airflow.answer("approval", run_id, "approve", "Approve", GOOD_REASON, user="requester")
    airflow.wait_for_request("approval", run_id, "approve", after_answers=1)
    airflow.answer("approval", run_id, "approve", "Approve", "  ok    ")
    airflow.wait_for_request("approval", run_id, "approve", after_answers=2)

    def explained() -> bool:
        return "found 2" in str(airflow.request("approval", run_id, "approve")["body"])

    airflow.wait_until("the page says why the answer does not count", explained)
    answer = airflow.answer("approval", run_id, "approve", "Approve", GOOD_REASON)

    assert answer.is_success, answer.text
    airflow.wait_for_run("approval", run_id, "success")
    ((request, votes),) = asked(airflow, "approval", run_id)
    assert [vote.effective for vote in votes] == [False, False, True]
    assert "somebody else has to approve" in str(votes[0].refusal)
    assert "10 characters or more, found 2" in str(votes[1].refusal)
    assert request.state is State.APPROVED
    assert decision(airflow, "approval", run_id).body["refused_answers"] == 2
    log = airflow.log("approval", run_id, "approve")
    assert "The answer of requester does not count" in log
    assert airflow.task("approval", run_id, "approve")["try_number"] == 1


def test_a_user_who_is_not_an_approver_is_turned_away_by_airflow(airflow: RunningAirflow):
    run_id = airflow.trigger("approval")
    airflow.wait_for_request("approval", run_id, "approve")

    answers = {
        user: airflow.answer("approval", run_id, "approve", "Approve", GOOD_REASON, user=user)
        for user in ("reviewer", "admin", "viewer")
    }

    assert {user: answer.status_code for user, answer in answers.items()} == {
        "reviewer": 403,
        "admin": 403,
        "viewer": 403,
    }
    assert airflow.task("approval", run_id, "approve")["state"] == "awaiting_input"


def test_a_rejection_fails_the_task_without_a_retry_and_ends_the_path(airflow: RunningAirflow):
    run_id = airflow.trigger("approval")
    airflow.wait_for_request("approval", run_id, "approve")

    airflow.answer("approval", run_id, "approve", "Reject", "The gap by race is too large")

    airflow.wait_for_run("approval", run_id, "failed")
    states = airflow.task_states("approval", run_id)
    assert (states["approve"], states["promote"]) == ("failed", "upstream_failed")
    assert airflow.task("approval", run_id, "approve")["try_number"] == 1
    found = decision(airflow, "approval", run_id)
    assert (found.verdict, found.body["decision"]) == (Verdict.FAILED, "rejected")


def test_the_requester_may_reject_and_a_rejection_can_skip_what_follows(airflow: RunningAirflow):
    run_id = airflow.trigger("approval_skip", user="requester")
    airflow.wait_for_request("approval_skip", run_id, "approve")

    airflow.answer(
        "approval_skip", run_id, "approve", "Reject", "I have found a mistake", user="requester"
    )

    airflow.wait_for_run("approval_skip", run_id, "success")
    states = airflow.task_states("approval_skip", run_id)
    assert (states["approve"], states["promote"]) == ("success", "skipped")
    assert decision(airflow, "approval_skip", run_id).body["decided_by"]["id"] == "requester"


def test_silence_never_approves_and_is_recorded_as_a_timeout(airflow: RunningAirflow):
    run_id = airflow.trigger("approval_timeout")

    airflow.wait_for_run("approval_timeout", run_id, "failed")
    found = decision(airflow, "approval_timeout", run_id)
    assert (found.verdict, found.body["decision"]) == (Verdict.FAILED, "timed_out")
    assert found.body["decided_by"] is None
    ((request, votes),) = asked(airflow, "approval_timeout", run_id)
    assert (request.state, votes) == (State.TIMED_OUT, [])


def test_a_run_whose_only_approver_triggered_it_fails_at_once(airflow: RunningAirflow):
    run_id = airflow.trigger("approval_nobody", user="requester")

    airflow.wait_for_run("approval_nobody", run_id, "failed")
    assert "nobody may approve it" in airflow.log("approval_nobody", run_id, "approve")
    assert asked(airflow, "approval_nobody", run_id) == []


def test_each_instance_of_a_mapped_request_is_decided_on_its_own(airflow: RunningAirflow):
    run_id = airflow.trigger("approval_mapped")
    for index in (0, 1):
        request = airflow.wait_for_request("approval_mapped", run_id, "approve", map_index=index)
        assert request["subject"] == ["Use it for training?", "Use it for scoring?"][index]
        option = ["Approve", "Reject"][index]
        airflow.answer("approval_mapped", run_id, "approve", option, GOOD_REASON, map_index=index)

    airflow.wait_for_run("approval_mapped", run_id, "failed")
    states = airflow.task_states("approval_mapped", run_id)
    assert (states["approve[0]"], states["approve[1]"]) == ("success", "failed")


def test_an_answer_does_not_count_for_evidence_that_changed_and_the_new_evidence_is_shown(
    airflow: RunningAirflow,
):
    run_id = airflow.trigger("approval")
    first = airflow.wait_for_request("approval", run_id, "approve")
    airflow.clear("approval", run_id, "check_bias")
    airflow.wait_for_task("approval", run_id, "check_bias", "success")
    airflow.answer("approval", run_id, "approve", "Approve", GOOD_REASON)

    def refreshed() -> dict[str, object] | None:
        shown = airflow.request("approval", run_id, "approve")
        return shown if shown["params"] != first["params"] else None

    second = airflow.wait_until("the page shows the new evidence", refreshed)
    airflow.wait_for_request("approval", run_id, "approve")
    new_bias = airflow.evidence("approval", run_id)[-1]
    assert new_bias.digest[:12] in str(second["body"])
    assert new_bias.digest[:12] not in str(first["body"])

    stale = first["params"]["request"]["value"]
    airflow.answer("approval", run_id, "approve", "Approve", GOOD_REASON, saw=stale)
    airflow.wait_for_request("approval", run_id, "approve", after_answers=2)
    airflow.answer("approval", run_id, "approve", "Approve", GOOD_REASON)

    airflow.wait_for_run("approval", run_id, "success")
    (old, (void,)), (new, (blind, counted)) = asked(airflow, "approval", run_id)
    assert (old.state, new.state) == (State.SUPERSEDED, State.APPROVED)
    assert "evidence has changed" in str(void.refusal)
    assert "older evidence" in str(blind.refusal)
    assert counted.effective
    found = decision(airflow, "approval", run_id)
    assert new_bias.evidence_id in [item["evidence_id"] for item in found.body["shown"]]
    assert found.body["request_id"] == new.request_id


def test_a_decision_stands_when_the_task_is_cleared_without_new_evidence(airflow: RunningAirflow):
    run_id = airflow.trigger("approval_skip")
    airflow.wait_for_request("approval_skip", run_id, "approve")
    airflow.answer("approval_skip", run_id, "approve", "Reject", "The gap is too large")
    airflow.wait_for_run("approval_skip", run_id, "success")

    airflow.clear("approval_skip", run_id, "approve", downstream=True)
    airflow.wait_until(
        "the task has run again",
        lambda: airflow.task("approval_skip", run_id, "approve")["try_number"] == 2,
    )

    airflow.wait_for_run("approval_skip", run_id, "success")
    assert airflow.task_states("approval_skip", run_id)["promote"] == "skipped"
    assert len(asked(airflow, "approval_skip", run_id)) == 1
    assert decision(airflow, "approval_skip", run_id).body["decision"] == "rejected"
