"""Requests, votes and pages, on SQLite and PostgreSQL."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from airflow_gov_provider.domain.approvals.request import (
    Answer,
    Person,
    Request,
    Shown,
    State,
    Vote,
)
from airflow_gov_provider.domain.evidence import EvidenceKind, Origin
from airflow_gov_provider.domain.verdicts import Verdict
from airflow_gov_provider.hooks.governance import new_id
from airflow_gov_provider.store import database
from airflow_gov_provider.store.approvals import requests as store

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def a_request(**changes):
    shown = Shown(
        evidence_id=new_id(),
        digest="a" * 64,
        kind=EvidenceKind.BIAS,
        verdict=Verdict.FAILED,
        task_id="check_bias",
    )
    return Request(
        **{
            "request_id": new_id(),
            "origin": Origin(dag_id="d", run_id="r", task_id="approve", try_number=2),
            "subject": "Promote Ω?",
            "requester": "alice",
            "approvers": ("bob", "carol"),
            "shown": (shown,),
            "shown_digest": "b" * 64,
            "opened_at": NOON,
            "expires_at": NOON + timedelta(hours=1),
            **changes,
        }
    )


def a_vote(request, **changes):
    answer = Answer(
        choice="Approve",
        reason="I have read it all",
        by=Person(id="bob", name="Bob"),
        answered_at=NOON,
        saw=None,
    )
    return Vote(
        **{
            "vote_id": new_id(),
            "request_id": request.request_id,
            "answer": answer,
            "effective": True,
            "refusal": None,
            "recorded_at": NOON,
            **changes,
        }
    )


@pytest.fixture
def request_(store_url):
    request = a_request()
    with database.transaction(store_url) as connection:
        store.open_request(connection, request)
    return request


def test_what_is_read_is_what_was_asked(store_url, request_):
    with database.transaction(store_url) as connection:
        assert store.get_request(connection, request_.request_id) == request_
        assert store.requests_of_run(connection, "d", "r") == [request_]
        assert store.requests_of_run(connection, "d", "another") == []
        assert store.get_request(connection, new_id()) is None


def test_the_latest_request_of_a_task_instance_is_found_whichever_try_asked(store_url, request_):
    later = a_request(origin=replace(request_.origin, try_number=3))
    mapped = a_request(origin=replace(request_.origin, map_index=0))
    with database.transaction(store_url) as connection:
        store.open_request(connection, later)
        store.open_request(connection, mapped)

        assert store.latest_request(connection, request_.origin) == later
        assert store.latest_request(connection, mapped.origin) == mapped
        nowhere = replace(request_.origin, task_id="another")
        assert store.latest_request(connection, nowhere) is None


def test_a_request_is_settled_once(store_url, request_):
    with database.transaction(store_url) as connection:
        first = store.settle(
            connection,
            request_.request_id,
            State.REJECTED,
            decided_at=NOON,
            decided_by="bob",
            reason="the gap",
        )
        second = store.settle(connection, request_.request_id, State.APPROVED, decided_at=NOON)
        found = store.get_request(connection, request_.request_id)

    assert (first, second) == (True, False)
    assert (found.state, found.decided_by, found.reason) == (State.REJECTED, "bob", "the gap")
    assert found.decided_at == NOON


def test_of_two_who_settle_at_the_same_time_one_wins(store_url, request_):
    barrier = threading.Barrier(2)
    won = {}

    def decide(state):
        barrier.wait()
        with database.transaction(store_url) as connection:
            won[state] = store.settle(connection, request_.request_id, state, decided_at=NOON)

    threads = [
        threading.Thread(target=decide, args=(state,)) for state in (State.APPROVED, State.REJECTED)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with database.transaction(store_url) as connection:
        found = store.get_request(connection, request_.request_id)
    assert sorted(won.values()) == [False, True]
    assert won[found.state]


def test_votes_are_kept_in_their_order_the_refused_ones_too(store_url, request_):
    anonymous = Answer(choice="Approve", reason="", by=None, answered_at=NOON, saw=None)
    votes = [
        a_vote(request_, answer=anonymous, effective=False, refusal="who was it?"),
        a_vote(request_),
    ]
    with database.transaction(store_url) as connection:
        for vote in votes:
            store.record_vote(connection, vote)

        assert store.votes_on(connection, request_.request_id) == votes


def test_an_answer_that_is_too_long_is_kept_as_far_as_it_fits(store_url, request_):
    long = Answer(
        choice="A" * 99,
        reason="r" * 9999,
        by=Person(id="i" * 999, name="n" * 999),
        answered_at=NOON,
        saw=None,
    )
    with database.transaction(store_url) as connection:
        store.record_vote(connection, a_vote(request_, answer=long, effective=False, refusal="no"))
        (vote,) = store.votes_on(connection, request_.request_id)

    kept = vote.answer
    assert list(map(len, (kept.choice, kept.reason, kept.by.id, kept.by.name))) == [
        50,
        4000,
        250,
        250,
    ]


def test_a_page_is_to_be_shown_while_its_request_is_pending_and_airflow_shows_another(
    store_url, request_
):
    def waiting():
        return [(r.request_id, page) for r, page in store.pages_to_show(connection)]

    with database.transaction(store_url) as connection:
        store.keep_page(connection, request_.request_id, {"body": "old"}, is_current=True)
        assert waiting() == []
        store.keep_page(connection, request_.request_id, {"body": "new"}, is_current=False)
        assert waiting() == [(request_.request_id, {"body": "new"})]
        store.mark_page_current(connection, request_.request_id)
        assert waiting() == []
        store.keep_page(connection, request_.request_id, {"body": "new"}, is_current=False)
        store.settle(connection, request_.request_id, State.TIMED_OUT, decided_at=NOON)
        assert waiting() == []
