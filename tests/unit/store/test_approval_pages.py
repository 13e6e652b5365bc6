"""Lists of requests, on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import timedelta

import pytest

from airflow_gov_provider.domain.approvals.request import State
from airflow_gov_provider.domain.evidence import ModelRef, Origin
from airflow_gov_provider.hooks.governance import new_id
from airflow_gov_provider.store import database
from airflow_gov_provider.store.approvals import pages as approval_pages
from airflow_gov_provider.store.approvals import requests as store
from airflow_gov_provider.store.approvals.pages import (
    RequestFilter,
    page_of_requests,
    refused_answers,
    request_before,
    standing_evidence_ids,
)
from airflow_gov_provider.store.evidence.rows import insert_evidence
from tests.unit.api.conftest import evidence
from tests.unit.store.test_approvals import NOON, a_request, a_vote


@pytest.fixture
def connection(store_url):
    with database.transaction(store_url) as connection:
        yield connection


@pytest.fixture
def ask(connection):
    def make(dag_id="d", run_id="r", task_id="approve", **changes):
        origin = Origin(dag_id=dag_id, run_id=run_id, task_id=task_id)
        request = a_request(**{"request_id": new_id(), "origin": origin, **changes})
        store.open_request(connection, request)
        return request

    return make


def ids(page):
    return [request.request_id for request in page.items]


def test_a_request_is_read_with_its_model_and_rules(connection, ask):
    asked = ask(
        model=ModelRef(name="income", version="3"), allow_requester=True, min_reason_length=3
    )
    plain = ask()
    assert store.get_request(connection, asked.request_id) == asked
    assert store.get_request(connection, plain.request_id) == plain


@pytest.mark.parametrize("oldest_first", [True, False])
def test_pages_hold_every_request_once_and_in_order(connection, ask, oldest_first):
    asked = [ask().request_id for _ in range(7)]
    found, beyond = [], None
    while True:
        page = page_of_requests(
            connection, RequestFilter(), oldest_first=oldest_first, beyond=beyond, limit=3
        )
        found += ids(page)
        beyond = page.next_cursor
        if beyond is None:
            break
    assert found == (asked if oldest_first else asked[::-1])


def test_what_the_database_cannot_filter_by_does_not_shorten_pages(connection, ask, monkeypatch):
    monkeypatch.setattr(approval_pages, "_AT_ONCE", 3)
    asked = [ask(requester=str(number % 4)) for number in range(20)]
    page = page_of_requests(
        connection, RequestFilter(), keep=lambda it: it.requester == "0", oldest_first=True, limit=4
    )
    wanted = [request.request_id for request in asked[::4]]
    assert ids(page) == wanted[:4]
    rest = page_of_requests(
        connection,
        RequestFilter(),
        keep=lambda it: it.requester == "0",
        oldest_first=True,
        beyond=page.next_cursor,
    )
    assert ids(rest) == wanted[4:]
    assert rest.next_cursor is None


def test_reading_ends_before_the_last_request_and_says_where_to_go_on(connection, ask, monkeypatch):
    monkeypatch.setattr(approval_pages, "_AT_ONCE", 2)
    monkeypatch.setattr(approval_pages, "MOST_READ", 4)
    asked = [ask() for _ in range(6)]
    wanted = asked[-1].request_id
    page = page_of_requests(
        connection, RequestFilter(), keep=lambda it: it.request_id == wanted, oldest_first=True
    )
    assert page.items == []
    following = page_of_requests(
        connection,
        RequestFilter(),
        keep=lambda it: it.request_id == wanted,
        oldest_first=True,
        beyond=page.next_cursor,
    )
    assert ids(following) == [wanted]


def test_every_filter_finds_its_own(connection, ask):
    mine = ask("a", "r 1", "t", model=ModelRef(name="m", version="2"), opened_at=NOON)
    ask("b", "r 2", "u", model=ModelRef(name="n", version="2"), opened_at=NOON + timedelta(days=1))
    for wanted in (
        {"dag_ids": {"a"}},
        {"dag_id": "a"},
        {"run_id": "r 1"},
        {"task_id": "t"},
        {"task_id": "t", "map_index": -1},
        {"model_name": "m"},
        {"model_name": "m", "model_version": "2"},
        {"until": NOON + timedelta(hours=1)},
    ):
        assert ids(page_of_requests(connection, RequestFilter(**wanted))) == [mine.request_id]
    late = page_of_requests(connection, RequestFilter(since=NOON + timedelta(hours=1)))
    assert mine.request_id not in ids(late)
    assert len(late.items) == 1
    assert page_of_requests(connection, RequestFilter(dag_ids=())).items == []


def test_a_decision_moves_a_request_from_one_list_to_another(connection, ask):
    asked = ask()
    waiting = RequestFilter(states=(State.PENDING,))
    rejected = RequestFilter(states=(State.REJECTED, State.APPROVED))
    assert ids(page_of_requests(connection, waiting)) == [asked.request_id]
    store.settle(connection, asked.request_id, State.REJECTED, decided_at=NOON, decided_by="bob")
    assert page_of_requests(connection, waiting).items == []
    assert ids(page_of_requests(connection, rejected)) == [asked.request_id]


def test_only_answers_without_effect_are_counted_as_refused(connection, ask):
    one, other, quiet = ask(), ask(), ask()
    for request, effective in ((one, False), (one, False), (one, True), (other, True)):
        refusal = None if effective else "too short"
        store.record_vote(connection, a_vote(request, effective=effective, refusal=refusal))
    counts = refused_answers(connection, [it.request_id for it in (one, other, quiet)])
    assert counts == {one.request_id: 2}


def test_the_request_before_is_the_last_one_of_the_same_task_instance(connection, ask):
    first, second = ask(), ask()
    ask(task_id="other")
    third = ask()
    assert request_before(connection, third) == second
    assert request_before(connection, second) == first
    assert request_before(connection, first) is None


def test_evidence_stands_until_its_task_records_again(connection):
    origin = Origin(dag_id="d", run_id="r", task_id="gate")
    for number, task_id in enumerate(["gate", "bias", "gate"]):
        item = evidence(number, origin=Origin(dag_id="d", run_id="r", task_id=task_id))
        insert_evidence(connection, item)
    insert_evidence(connection, evidence(9, origin=Origin(dag_id="d", run_id="x", task_id="gate")))
    standing = standing_evidence_ids(connection, origin.dag_id, origin.run_id)
    assert standing == {evidence(1).evidence_id, evidence(2).evidence_id}
