"""What is said about an answer before it is given agrees with what is made of it afterwards."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from airflow_gov_provider.domain.approvals.answering import (
    WAITING,
    Asking,
    differences,
    objection,
    worst_shown,
)
from airflow_gov_provider.domain.approvals.request import (
    Answer,
    Choice,
    Person,
    Request,
    Rules,
    Shown,
    State,
    judge,
)
from airflow_gov_provider.domain.evidence import EvidenceKind, Origin
from airflow_gov_provider.domain.verdicts import Verdict

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
ADA = Person(id="ada", name="Ada")
PARKED = Asking(state=WAITING)


def shown(task_id="gate", digest="a", *, verdict=Verdict.PASSED, map_index=-1):
    return Shown(
        evidence_id=f"{task_id} {digest}",
        digest=digest,
        kind=EvidenceKind.QUALITY,
        verdict=verdict,
        task_id=task_id,
        map_index=map_index,
    )


def a_request(**changes):
    values = {
        "request_id": "r",
        "origin": Origin(dag_id="d", run_id="r", task_id="approve"),
        "subject": "Promote?",
        "requester": "alice",
        "approvers": ("ada", "alice"),
        "shown": (shown(),),
        "shown_digest": "s",
        "opened_at": NOON,
        "expires_at": NOON + HOUR,
    }
    return Request(**{**values, **changes})


def said_to(request, person=ADA, choice=Choice.APPROVE, *, may_edit=True, asking=PARKED, now=NOON):
    return objection(request, choice, by=person, may_edit=may_edit, now=now, asking=asking)


people = some.sampled_from(["ada", "Alice", "alice", "bob"]).map(
    lambda name: Person(id=name, name=name)
)
requests = some.builds(
    a_request,
    requester=some.sampled_from([None, "alice", "bob"]),
    approvers=some.sampled_from([(), ("ada",), ("ada", "alice", "Alice")]),
    allow_requester=some.booleans(),
    state=some.sampled_from(State),
    expires_at=some.sampled_from([None, NOON + HOUR, NOON - HOUR]),
)


@given(requests, people, some.sampled_from(Choice))
def test_who_may_answer_beforehand_is_heard_afterwards_and_nobody_else(request, person, choice):
    answer = Answer(
        choice=choice, reason="I have read all of it", by=person, answered_at=NOON, saw="r"
    )
    rules = Rules(approvers=request.approvers, allow_requester=request.allow_requester)
    ruling = judge(request, answer, rules=rules, standing_digest="s", now=NOON)
    assert ruling.effective is (said_to(request, person, choice) is None)


@pytest.mark.parametrize(
    ("request_", "person", "choice", "words"),
    [
        (
            a_request(),
            Person(id="bob", name="Bob"),
            Choice.APPROVE,
            "not one of the approvers (ada, alice)",
        ),
        (
            a_request(),
            Person(id="alice", name="Alice"),
            Choice.APPROVE,
            "somebody else has to approve",
        ),
        (a_request(state=State.APPROVED), ADA, Choice.REJECT, "approved already"),
        (a_request(state=State.SUPERSEDED), ADA, Choice.REJECT, "asked anew"),
        (a_request(expires_at=NOON - HOUR), ADA, Choice.APPROVE, "time is over"),
    ],
)
def test_the_reason_is_told_in_words(request_, person, choice, words):
    assert words in said_to(request_, person, choice)


def test_the_requester_may_always_reject():
    assert said_to(a_request(), Person(id="alice", name="Alice"), Choice.REJECT) is None


def test_a_requester_who_is_no_approver_is_told_both_reasons():
    bob, own = Person(id="bob", name="Bob"), a_request(requester="bob")
    told = said_to(own, bob)
    assert "not one of the approvers" in told
    assert "whoever triggered the run may not approve it" in told
    for request, choice in (
        (a_request(requester="bob", allow_requester=True), Choice.APPROVE),
        (a_request(), Choice.APPROVE),
        (own, Choice.REJECT),
    ):
        assert "triggered" not in said_to(request, bob, choice)


def test_an_approver_who_may_not_edit_the_dag_is_told_which_right_is_missing():
    assert "permission to edit it" in said_to(a_request(), may_edit=False)


@pytest.mark.parametrize(
    ("asking", "words"),
    [
        (Asking(state=None), "not in Airflow any more"),
        (Asking(state="success"), "it is success"),
        (
            Asking(state="scheduled", answered_by="Bob", answered_at=NOON, choice="Approve"),
            "Bob approved at 2026-11-21 12:00:00 UTC, not judged yet",
        ),
        (
            Asking(state="scheduled", answered_at=NOON, choice="Reject", reason="too weak"),
            "somebody rejected at 2026-11-21 12:00:00 UTC, not judged yet: “too weak”",
        ),
    ],
)
def test_a_task_that_does_not_wait_takes_no_answer(asking, words):
    assert words in said_to(a_request(), asking=asking)
    assert said_to(a_request(), asking=None) is None


def test_an_answer_that_waits_is_told_to_everyone_and_after_a_minute_that_nothing_judges_it():
    answered = Asking(state="scheduled", answered_by="Ada", answered_at=NOON, choice="Approve")
    bob = Person(id="bob", name="Bob")
    for person in (ADA, bob):
        told = said_to(a_request(), person, asking=answered, now=NOON + timedelta(seconds=60))
        assert told.endswith("not judged yet")
    later = said_to(a_request(), bob, asking=answered, now=NOON + timedelta(seconds=61))
    assert "nothing has judged it for more than a minute" in later


def test_two_requests_differ_by_what_was_recorded_again_came_and_went():
    earlier = a_request(shown=(shown("same"), shown("again", "old"), shown("gone")))
    later = a_request(shown=(shown("new"), shown("again", "young"), shown("same")))
    found = [
        (one.before and one.before.evidence_id, one.after and one.after.evidence_id)
        for one in differences(earlier, later)
    ]
    assert found == [(None, "new a"), ("again old", "again young"), ("gone a", None)]
    assert differences(later, later) == ()


def test_each_index_of_a_mapped_gate_is_compared_with_itself():
    earlier = a_request(shown=(shown(map_index=0), shown(map_index=1)))
    later = a_request(shown=(shown(map_index=0), shown(digest="b", map_index=1)))
    (found,) = differences(earlier, later)
    assert (found.before.digest, found.after.digest, found.after.map_index) == ("a", "b", 1)


def test_the_worst_verdict_stands_for_all_that_is_shown():
    verdicts = (Verdict.PASSED, Verdict.INSUFFICIENT, Verdict.WARNED)
    request = a_request(shown=tuple(shown(verdict=verdict) for verdict in verdicts))
    assert worst_shown(request) is Verdict.INSUFFICIENT
    assert worst_shown(replace(request, shown=())) is None
