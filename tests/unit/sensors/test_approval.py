"""What the author of a Dag may write, and how Airflow's events become answers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowFailException

from airflow_gov_provider.domain.approvals.request import Answer, Person, Request, State, Vote
from airflow_gov_provider.domain.evidence import Origin
from airflow_gov_provider.exceptions import ArgumentInvalid
from airflow_gov_provider.hooks.governance import governance_transaction, utcnow
from airflow_gov_provider.sensors.approval import HumanApprovalSensor
from airflow_gov_provider.sensors.decisions import answer_of, decision_of, is_timeout
from airflow_gov_provider.store.approvals.requests import votes_on

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def a_sensor(**arguments):
    return HumanApprovalSensor(**{"task_id": "approve", "subject": "Promote?", **arguments})


@pytest.mark.parametrize(
    "argument",
    [
        {"defaults": "Approve"},
        {"defaults": ["Reject"]},
        {"options": ["Approve"]},
        {"multiple": True},
        {"params": {"reason": "as agreed"}},
        {"body": "trust me"},
        {"assigned_users": [{"id": "a", "name": "a"}]},
    ],
)
def test_nothing_that_could_approve_silently_can_be_given(argument):
    with pytest.raises(ArgumentInvalid, match=f"{next(iter(argument))} cannot be given"):
        a_sensor(**argument)


def test_params_of_the_dag_are_no_business_of_the_form():
    with DAG("d", schedule=None, params={"reason": "as agreed"}):
        sensor = a_sensor()

    assert not sensor.params


def test_every_wrong_argument_is_named_at_once():
    with pytest.raises(ArgumentInvalid) as caught:
        a_sensor(
            defaults="Approve",
            approvers="bob",
            min_reason_length=0,
            response_timeout=timedelta(),
            on_timeout="approve",
            on_reject="ignore",
        )

    for part in (
        "defaults cannot be given",
        "found 'bob'",
        "found 0",
        "found datetime.timedelta(0)",
        "found 'approve'",
        "found 'ignore'",
    ):
        assert part in str(caught.value)


@pytest.mark.parametrize("approvers", ["bob", [""], ["  "], [1], [{"id": "1"}], None, {"bob"}])
def test_approvers_that_could_never_match_are_refused(approvers):
    with pytest.raises(ArgumentInvalid, match="approvers is a list"):
        a_sensor(approvers=approvers)


@pytest.mark.parametrize("given", [3600, "1h", timedelta(seconds=-1)])
def test_a_time_to_answer_that_is_no_positive_timedelta_is_refused(given):
    with pytest.raises(ArgumentInvalid, match="response_timeout is a positive timedelta, found"):
        a_sensor(response_timeout=given)


def test_approvers_are_handed_to_airflow_by_their_ids():
    sensor = a_sensor(approvers=["bob", {"id": "7", "name": "Carol"}])

    assert sensor.approvers == ("bob", "7")
    assert sensor.assigned_users == [{"id": "bob", "name": "bob"}, {"id": "7", "name": "Carol"}]


def test_who_may_answer_is_never_a_template():
    assert set(HumanApprovalSensor.template_fields) == {"subject", "model_name", "model_version"}


def test_a_time_limit_on_the_task_is_not_a_time_limit_on_the_person():
    sensor = a_sensor(execution_timeout=timedelta(seconds=9))

    assert sensor.execution_timeout == timedelta(seconds=9)
    assert sensor.response_timeout is None


def test_it_has_tries_for_changing_evidence_unless_the_dag_says_otherwise():
    with DAG("d", schedule=None, default_args={"retries": 0}):
        given = a_sensor()

    assert a_sensor().retries == 3
    assert given.retries == 0


def a_dag_run(**changes):
    known = {"triggering_user_name": "alice", "start_date": NOON, "clear_number": 0}
    return SimpleNamespace(**{**known, **changes})


def test_a_run_without_evidence_or_with_nobody_to_approve_it_fails_without_a_retry(
    sqlite_store, task_context
):
    context = task_context("approve")
    context["dag_run"] = a_dag_run()
    for sensor, message in (
        (a_sensor(), "nothing to approve"),
        (a_sensor(approvers=["alice"], require_evidence=False), "nobody may approve"),
    ):
        with pytest.raises(AirflowFailException, match=message):
            sensor.execute(context)


def an_event(**changes):
    return {
        "chosen_options": ["Approve"],
        "params_input": {"reason": "I have read it", "request": "request-1"},
        "responded_at": NOON,
        "responded_by_user": {"id": "bob", "name": "Bob"},
        "timedout": False,
        **changes,
    }


def test_an_event_becomes_an_answer():
    assert answer_of(an_event(), now=NOON) == Answer(
        choice="Approve",
        reason="I have read it",
        by=Person(id="bob", name="Bob"),
        answered_at=NOON,
        saw="request-1",
    )


@pytest.mark.parametrize("written", [None, {}, {"reason": None}, {"reason": ""}])
def test_an_answer_without_a_reason_is_still_an_answer(written):
    answer = answer_of(an_event(params_input=written), now=NOON)

    assert (answer.reason, answer.saw) == ("", None)


def test_nobody_and_several_options_are_kept_as_they_came():
    answer = answer_of(
        an_event(responded_by_user=None, chosen_options=["Approve", "Reject"]), now=NOON
    )

    assert (answer.by, answer.choice) == (None, "Approve, Reject")


@pytest.mark.parametrize(
    "event",
    [
        {"error": "The response timeout has passed", "error_type": "timeout"},
        {**an_event(), "timedout": True, "responded_by_user": None},
    ],
)
def test_a_timeout_is_nobodys_answer_even_if_it_names_an_option(event):
    assert is_timeout(event)
    assert answer_of(event, now=NOON) is None


def a_request(**changes):
    return Request(
        **{
            "request_id": "request-1",
            "origin": Origin(dag_id="d", run_id="r", task_id="approve"),
            "subject": "Promote?",
            "requester": "alice",
            "approvers": ("bob",),
            "shown": (),
            "shown_digest": "a" * 64,
            "opened_at": NOON,
            **changes,
        }
    )


def a_vote(effective, by="bob"):
    return Vote(
        vote_id="v",
        request_id="request-1",
        answer=answer_of(an_event(responded_by_user={"id": by, "name": by}), now=NOON),
        effective=effective,
        refusal=None if effective else "no",
        recorded_at=NOON,
    )


def test_a_decision_names_who_counted_and_how_many_did_not():
    found = decision_of(
        a_request(state=State.APPROVED), [a_vote(False, "alice"), a_vote(False), a_vote(True)]
    )

    assert found["decision"] == "approved"
    assert found["decided_by"] == {"id": "bob", "name": "bob"}
    assert found["reason"] == "I have read it"
    assert found["refused_answers"] == 2


def test_a_timeout_was_decided_by_nobody():
    found = decision_of(a_request(state=State.TIMED_OUT), [a_vote(False)])

    assert found["decision"] == "timed_out"
    assert (found["decided_by"], found["reason"], found["answered_at"]) == (None, None, None)


@pytest.fixture
def approved(sqlite_store, task_context):
    """A sensor, its context and its request, which was approved."""
    sensor = a_sensor(require_evidence=False)
    context = {**task_context("approve"), "dag_run": a_dag_run()}
    request = sensor._open(context, ())
    return sensor, context, sensor._rule(request, an_answer(request), (), now=utcnow())


def an_answer(request, **changes):
    event = an_event(params_input={"reason": "I have read it", "request": request.request_id})
    return answer_of({**event, **changes}, now=NOON)


def test_a_later_try_honours_the_decision(approved):
    sensor, context, request = approved

    assert sensor._open(context, ()) == request
    assert request.state is State.APPROVED


def test_the_decision_upon_a_deleted_run_is_not_one_upon_its_successor_of_the_same_id(approved):
    sensor, context, request = approved
    made_again = a_dag_run(start_date=request.opened_at + timedelta(seconds=1))

    asked = sensor._open({**context, "dag_run": made_again}, ())

    assert asked.request_id != request.request_id
    assert asked.state is State.PENDING


def test_a_decision_outlives_the_clearing_of_its_run(approved):
    sensor, context, request = approved
    cleared = a_dag_run(start_date=request.opened_at + timedelta(seconds=1), clear_number=1)

    assert sensor._open({**context, "dag_run": cleared}, ()) == request


def test_of_two_answers_at_the_same_time_only_the_one_that_decided_has_effect(approved):
    sensor, _, request = approved
    pending = replace(request, state=State.PENDING)

    after = sensor._rule(pending, an_answer(request, chosen_options=["Reject"]), (), now=utcnow())

    assert after.state is State.APPROVED
    with governance_transaction() as connection:
        votes = votes_on(connection, request.request_id)
    assert [(vote.effective, vote.refusal) for vote in votes] == [
        (True, None),
        (False, "it was decided meanwhile"),
    ]
