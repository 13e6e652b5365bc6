"""Who may answer what, when an answer counts, and which states follow."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_gov_provider.domain.approvals.request import (
    MAX_REASON_LENGTH,
    Answer,
    Choice,
    Person,
    Request,
    Rules,
    Shown,
    State,
    digest_of_question,
    evidence_to_show,
    judge,
)
from airflow_gov_provider.domain.evidence import Evidence, EvidenceKind, ModelRef, Origin
from airflow_gov_provider.domain.verdicts import Verdict

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
MODEL = ModelRef(name="income_model", version="3")
ALICE, BOB = Person(id="alice", name="Alice"), Person(id="bob", name="Bob")
RULES = Rules(approvers=("alice", "bob"))


def an_evidence(number, *, kind=EvidenceKind.BIAS, task_id="bias", model=None, **origin):
    return Evidence(
        evidence_id=f"{number:036d}",
        kind=kind,
        origin=Origin(dag_id="d", run_id="r", task_id=task_id, **origin),
        subject="s",
        verdict=Verdict.FAILED,
        summary="s",
        recorded_at=NOON,
        model=model,
    )


SHOWN = (Shown.of(an_evidence(1)),)
DIGEST = digest_of_question("Promote?", MODEL, SHOWN)


def a_request(**changes):
    return Request(
        **{
            "request_id": "request-1",
            "origin": Origin(dag_id="d", run_id="r", task_id="approve"),
            "subject": "Promote?",
            "requester": "Alice",
            "approvers": ("alice", "bob"),
            "shown": SHOWN,
            "shown_digest": DIGEST,
            "opened_at": NOON,
            "expires_at": NOON + timedelta(hours=1),
            **changes,
        }
    )


def an_answer(**changes):
    return Answer(
        **{
            "choice": "Approve",
            "reason": "I have read it all",
            "by": BOB,
            "answered_at": NOON + timedelta(minutes=1),
            "saw": "request-1",
            **changes,
        }
    )


def ruling(request=None, answer=None, **changes):
    return judge(
        request or a_request(),
        answer,
        **{
            "rules": RULES,
            "standing_digest": DIGEST,
            "now": NOON + timedelta(minutes=2),
            **changes,
        },
    )


@pytest.mark.parametrize(
    ("choice", "state"), [("Approve", State.APPROVED), ("Reject", State.REJECTED)]
)
def test_an_approver_with_a_reason_decides(choice, state):
    found = ruling(answer=an_answer(choice=choice))

    assert (found.effective, found.refusal, found.new_state) == (True, None, state)


@pytest.mark.parametrize("name", ["Alice", "alice", " ALICE "])
def test_who_asked_cannot_approve_however_the_name_is_written(name):
    found = ruling(a_request(requester=name), an_answer(by=ALICE))

    assert not found.effective
    assert "somebody else has to approve it" in found.refusal
    assert found.new_state is State.PENDING


def test_who_asked_can_reject():
    assert ruling(answer=an_answer(by=ALICE, choice="Reject")).new_state is State.REJECTED


def test_who_asked_can_approve_where_the_code_of_the_dag_allows_it():
    rules = replace(RULES, allow_requester=True)

    assert ruling(answer=an_answer(by=ALICE), rules=rules).new_state is State.APPROVED


def test_nobody_is_the_requester_of_a_scheduled_run():
    found = ruling(a_request(requester=None), an_answer(by=ALICE))

    assert found.new_state is State.APPROVED


def test_somebody_who_is_not_an_approver_decides_nothing():
    found = ruling(answer=an_answer(by=Person(id="mallory", name="alice")))

    assert not found.effective
    assert "not one of the approvers (alice, bob)" in found.refusal


def test_without_approvers_whoever_airflow_lets_answer_may():
    rules = replace(RULES, approvers=())
    someone = an_answer(by=Person(id="carol", name="Carol"))

    assert ruling(answer=someone, rules=rules).new_state is State.APPROVED


def test_an_answer_of_nobody_in_particular_does_not_count():
    assert "does not say who" in ruling(answer=an_answer(by=None)).refusal


@pytest.mark.parametrize(
    ("reason", "length"), [("", 0), ("          ", 0), ("too short", 9), ("a \n\n\n\n\n\n  b", 3)]
)
def test_a_reason_is_counted_without_its_white_space(reason, length):
    found = ruling(answer=an_answer(reason=reason))

    assert found.refusal == f"expected a reason of 10 characters or more, found {length}"
    assert found.new_state is State.PENDING


@pytest.mark.parametrize(
    "nothing", ["\u200b", "\u2060", "\u00ad", "\u3164", "\u2800", "\x00", "\u202e"]
)
def test_characters_that_nobody_can_see_are_no_reason(nothing):
    found = ruling(answer=an_answer(reason=f"ok{nothing * 20}"))

    assert found.refusal == "expected a reason of 10 characters or more, found 2"


def test_an_endless_reason_is_refused():
    assert "at most 4000" in ruling(answer=an_answer(reason="x" * (MAX_REASON_LENGTH + 1))).refusal


def test_an_unknown_option_is_refused():
    assert "found 'Maybe'" in ruling(answer=an_answer(choice="Maybe")).refusal


def test_every_broken_rule_is_named_at_once():
    refusal = ruling(answer=an_answer(by=ALICE, reason="", saw="request-0")).refusal

    assert refusal.count(";") == 2
    for part in ("older evidence", "somebody else", "10 characters"):
        assert part in refusal


def test_an_answer_to_other_evidence_supersedes_the_request():
    found = ruling(answer=an_answer(), standing_digest="another")

    assert (found.effective, found.new_state) == (False, State.SUPERSEDED)
    assert "evidence has changed" in found.refusal


def test_an_answer_to_an_older_page_does_not_count():
    found = ruling(answer=an_answer(saw="request-0"))

    assert (found.effective, found.new_state) == (False, State.PENDING)
    assert "older evidence" in found.refusal


@pytest.mark.parametrize("page_is_current", [True, False])
def test_an_answer_need_not_name_its_page_only_where_there_is_but_one(page_is_current):
    found = ruling(answer=an_answer(saw=None), page_is_current=page_is_current)

    assert found.effective is page_is_current


def test_silence_ends_in_a_timeout_and_never_earlier():
    request = a_request()

    assert ruling(request, now=request.expires_at).new_state is State.TIMED_OUT
    early = ruling(request, now=request.expires_at - timedelta(seconds=1))
    assert early.new_state is State.PENDING


def test_a_request_without_an_end_never_times_out():
    found = ruling(a_request(expires_at=None), now=NOON + timedelta(days=9999))

    assert found.new_state is State.PENDING


def test_an_answer_after_the_end_comes_too_late():
    late = an_answer(answered_at=NOON + timedelta(hours=1, seconds=1))

    found = ruling(answer=late)

    assert (found.effective, found.new_state) == (False, State.TIMED_OUT)
    assert "ended at 2026-11-21 13:00 UTC" in found.refusal


people = st.sampled_from([ALICE, BOB, Person(id="mallory", name="Mallory"), None])
answers = st.none() | st.builds(
    Answer,
    choice=st.sampled_from(["Approve", "Reject", "approve", "", "Approve, Reject"]),
    reason=st.text(max_size=30),
    by=people,
    answered_at=st.integers(-60, 120).map(lambda minutes: NOON + timedelta(minutes=minutes)),
    saw=st.sampled_from(["request-1", "request-0", None]),
)


@given(
    answer=answers,
    state=st.sampled_from(State),
    requester=st.sampled_from(["alice", "bob", None]),
    standing_digest=st.sampled_from([DIGEST, "another"]),
    page_is_current=st.booleans(),
)
def test_only_an_effective_approval_of_the_shown_evidence_approves(
    answer, state, requester, standing_digest, page_is_current
):
    found = ruling(
        a_request(state=state, requester=requester),
        answer,
        standing_digest=standing_digest,
        page_is_current=page_is_current,
    )

    assert found.effective == (found.refusal is None)
    if state is not State.PENDING:
        assert (found.effective, found.new_state) == (False, state)
    elif found.new_state is State.APPROVED:
        assert found.effective
        assert answer.choice == Choice.APPROVE
        assert answer.by.id in RULES.approvers
        assert answer.by.id != requester
        assert standing_digest == DIGEST
        assert len(answer.reason.strip()) >= RULES.min_reason_length


def shown_ids(*evidence, recorded_by=("data", "bias"), model=None):
    found = evidence_to_show(evidence, recorded_by=frozenset(recorded_by), model=model)
    return [int(item.evidence_id) for item in found]


def test_what_is_shown_is_what_stands_of_the_tasks_before():
    first, again = an_evidence(1), an_evidence(2)
    elsewhere = an_evidence(3, task_id="unrelated")

    assert shown_ids(first, again, elsewhere) == [2]


def test_a_request_for_a_model_shows_that_model_and_what_is_about_none():
    other = an_evidence(1, model=ModelRef(name="income_model", version="2"), map_index=0)
    this = an_evidence(2, model=MODEL, map_index=1)
    data = an_evidence(3, task_id="data", kind=EvidenceKind.QUALITY)

    assert shown_ids(other, this, data, model=MODEL) == [2, 3]
    assert shown_ids(other, this, data) == [1, 2, 3]


def test_other_answers_are_not_shown_as_evidence():
    approval = an_evidence(1, kind=EvidenceKind.APPROVAL, task_id="data")
    promotion = an_evidence(2, kind=EvidenceKind.PROMOTION, task_id="bias")

    assert shown_ids(approval, promotion) == []


@pytest.mark.parametrize(
    "other",
    [
        ("Delete?", MODEL, SHOWN),
        ("Promote?", ModelRef(name="income_model", version="4"), SHOWN),
        ("Promote?", None, SHOWN),
        ("Promote?", MODEL, ()),
        ("Promote?", MODEL, (replace(SHOWN[0], digest="0" * 64),)),
        ("Promote?", MODEL, (replace(SHOWN[0], verdict=Verdict.PASSED),)),
    ],
)
def test_another_question_has_another_digest(other):
    assert digest_of_question(*other) != DIGEST
