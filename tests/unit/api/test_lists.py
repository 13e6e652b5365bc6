"""Lists: filters, pages and what a wrong question is answered with."""

from __future__ import annotations

import base64
import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_gov_provider.api.queries import cursor_to, key_of
from airflow_gov_provider.domain.evidence import EvidenceKind
from airflow_gov_provider.domain.verdicts import Verdict
from airflow_gov_provider.store.tables import ID_LENGTH
from tests.unit.api.conftest import NOON, assert_error, evidence, happening, of_dag

LISTS = ["/v1/evidence", "/v1/events"]


def ids(response) -> list[str]:
    assert response.status_code == 200, response.text
    return [item.get("evidence_id") or item["event_id"] for item in response.json()["items"]]


def item(path, number):
    return evidence(number) if path == "/v1/evidence" else happening(number)


@pytest.fixture
def everything(record, path):
    record(*[item(path, number) for number in range(7)])


@pytest.mark.parametrize("path", LISTS)
def test_an_empty_database_is_an_empty_page(client, path):
    page = client.get(path).json()

    assert (page["items"], page["next_cursor"]) == ([], None)


@pytest.mark.usefixtures("everything")
@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("limit", [1, 3, 7, 1000])
def test_pages_show_everything_once_newest_first(client, path, limit):
    seen, cursor = [], None
    while True:
        parameters = {"limit": limit} | ({"cursor": cursor} if cursor else {})
        response = client.get(path, params=parameters)
        assert len(ids(response)) <= limit
        seen += ids(response)
        cursor = response.json()["next_cursor"]
        if cursor is None:
            break

    assert seen == ids(client.get(path))
    assert len(set(seen)) == 7
    assert seen == sorted(seen, reverse=True)


@pytest.mark.usefixtures("everything")
@pytest.mark.parametrize("path", LISTS)
def test_rows_that_arrive_while_somebody_pages_do_not_shift_the_next_page(client, record, path):
    first = client.get(path, params={"limit": 3})
    record(item(path, 50))

    second = client.get(path, params={"limit": 3, "cursor": first.json()["next_cursor"]})

    assert not set(ids(first)) & set(ids(second))
    assert ids(first) + ids(second) == ids(client.get(path))[1:7]


def test_evidence_is_filtered_by_everything_it_is_known_by(client, record):
    record(
        evidence(1),
        evidence(2, origin=of_dag("other")),
        evidence(3, kind=EvidenceKind.BIAS),
        evidence(4, verdict=Verdict.FAILED),
    )

    def found(**parameters):
        return {item[-1] for item in ids(client.get("/v1/evidence", params=parameters))}

    assert found(dag_id="income") == {"1", "3", "4"}
    assert found(kind="bias") == {"3"}
    assert found(verdict="FAILED") == {"4"}
    assert found(run_id="run 1", task_id="gate") == {"1", "2", "3", "4"}
    assert found(run_id="run 2") == set()
    assert found(dag_id="income", kind="quality", verdict="PASSED") == {"1"}


def test_events_are_filtered_by_type_task_and_actor(client, record):
    record(
        happening(1),
        happening(2, type="dag_run.failed", task_id=None, actor="ada"),
        happening(3, task_id="gate"),
    )

    def found(**parameters):
        return {int(item, 16) for item in ids(client.get("/v1/events", params=parameters))}

    assert found(type="dag_run.failed") == {2}
    assert found(actor="ada") == {2}
    assert found(task_id="gate") == {3}
    assert found(type="task_instance.success") == {1, 3}


def test_events_are_filtered_by_class_state_witness_try_and_words(client, record):
    record(
        happening(1),
        happening(2, type="override.cleared", state=None, witness="airflow"),
        happening(3, map_index=4, try_number=2),
        happening(4, payload={"file": "s3://bucket/Census-2026.csv", "seen": [{"by": "Größe"}]}),
    )

    def found(**parameters):
        return {int(item, 16) for item in ids(client.get("/v1/events", params=parameters))}

    assert found(category="override") == {2}
    assert found(category="over") == set()
    assert found(state="success") == {1, 3, 4}
    assert found(witness="airflow") == {2}
    assert found(task_id="train", map_index=4) == {3}
    assert found(task_id="train", try_number=1) == {1, 2, 4}
    assert found(q="CENSUS bucket") == {4}
    assert found(q="census-2026.csv") == {4}
    assert found(q="2026-census") == set()
    assert found(q="größe") == {4}
    assert found(q="override") == {2}
    assert found(q="train", state="success", since=NOON.isoformat()) == {1, 3, 4}


@pytest.mark.parametrize(
    ("parameters", "problem"),
    [
        ({"q": ""}, "at least 1 character"),
        ({"q": "-- ?"}, "expected at least one letter or digit"),
        ({"q": "a " * 31}, "expected at most 30 words to search for, found 31"),
        ({"q": "x" * 1001}, "at most 1000 characters"),
        ({"q": "a\0b"}, "match pattern"),
        ({"map_index": 3}, "expected map_index together with task_id"),
        ({"try_number": 1, "dag_id": "income"}, "expected try_number together with task_id"),
        ({"task_id": "train", "try_number": 2**31}, "less than 2147483648"),
        ({"state": "s" * 51}, "at most 50 characters"),
    ],
)
def test_a_search_that_cannot_be_made_is_explained(client, parameters, problem):
    response = client.get("/v1/events", params=parameters)

    assert problem in assert_error(response, 422, "invalid_request")


def test_only_the_dags_of_a_page_are_asked_about_if_all_of_them_may_be_read(
    client, record, permissions
):
    record(happening(1, dag_id="other"), happening(2), happening(3, dag_id=None))

    assert len(ids(client.get("/v1/events", params={"until": "2026-01-31T12:03:00Z"}))) == 2
    assert set().union(*permissions.asked) == {"income", "other"}
    permissions.asked.clear()
    assert len(ids(client.get("/v1/events", params={"since": "2026-01-31T12:02:00Z"}))) == 2
    assert {"income", "other"} in permissions.asked  # an event of no Dag is for who may read all


def test_who_may_read_few_dags_is_shown_all_of_theirs_and_no_others(client, record, permissions):
    dags = [None if number % 5 == 0 else f"dag_{number % 7}" for number in range(100)]
    record(*[happening(number, dag_id=dag_id) for number, dag_id in enumerate(dags)])
    permissions.dag_ids = {"dag_2", "dag_5"}

    seen, cursor = [], None
    while True:
        parameters = {"limit": 10, "q": "train"} | ({"cursor": cursor} if cursor else {})
        answer = client.get("/v1/events", params=parameters).json()
        seen += answer["items"]
        cursor = answer["next_cursor"]
        if cursor is None:
            break

    expected = [
        f"{number:064x}" for number in reversed(range(100)) if dags[number] in permissions.dag_ids
    ]
    assert [item["event_id"] for item in seen] == expected


def test_a_page_that_was_cut_short_leads_on_to_the_rest(client, record, monkeypatch):
    monkeypatch.setattr("airflow_gov_provider.store.search.pages._TAIL", 4)
    record(happening(1, actor="ada"), *[happening(number) for number in range(2, 10)])

    seen, cursor, requests = [], None, 0
    while True:
        parameters = {"actor": "ada"} | ({"cursor": cursor} if cursor else {})
        response = client.get("/v1/events", params=parameters)
        seen, requests = seen + ids(response), requests + 1
        cursor = response.json()["next_cursor"]
        if cursor is None:
            break

    assert (len(seen), requests) == (1, 3)


@pytest.mark.usefixtures("everything")
@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    "time",
    [
        "2026-01-31T12:03:00Z",
        "2026-01-31T13:03:00+01:00",
        "2026-01-31T13:03:00 01:00",  # a plus sign that was not escaped
        "2026-01-31T06:33:00-05:30",
    ],
)
def test_since_includes_and_until_excludes_its_time_in_any_zone(client, path, time):
    since = ids(client.get(path, params={"since": time}))
    until = ids(client.get(path, params={"until": time}))

    assert (len(since), len(until)) == (4, 3)
    assert not set(since) & set(until)


def test_an_event_says_what_happened_without_wrapping_it_twice(client, record):
    event = happening(1, payload={"operator": "PythonOperator", "duration": 1.5})
    record(event)

    (item,) = client.get("/v1/events").json()["items"]

    assert item == {
        "seq": 1,
        "event_id": event.event_id,
        "type": "task_instance.success",
        "state": "success",
        "dag_id": "income",
        "run_id": "run 1",
        "task_id": "train",
        "map_index": -1,
        "try_number": 1,
        "actor": None,
        "witness": "listener",
        "witnesses": ["listener"],
        "occurred_at": "2026-01-31T12:01:00Z",
        "recorded_at": "2026-02-01T12:00:00Z",
        "payload": {"operator": "PythonOperator", "duration": 1.5},
    }


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    ("parameters", "field", "problem"),
    [
        ({"limit": 0}, "query.limit", "greater than or equal to 1"),
        ({"limit": 1001}, "query.limit", "less than or equal to 1000"),
        ({"limit": "many"}, "query.limit", "valid integer"),
        ({"since": "yesterday"}, "query.since", "expected an ISO 8601 time with its zone"),
        ({"until": "2026-01-31T12:00:00"}, "query.until", "found no zone"),
        ({"since": "1700000000"}, "query.since", "expected an ISO 8601 time"),
        ({"dag": "income"}, "query.dag", "there is no such parameter"),
        ({"dag_id": ""}, "query.dag_id", "at least 1 character"),
        ({"dag_id": "a\0b"}, "query.dag_id", "match pattern"),  # which PostgreSQL cannot store
        ({"dag_id": "x" * (ID_LENGTH + 1)}, "query.dag_id", "at most 250 characters"),
    ],
)
def test_a_parameter_that_cannot_be_used_is_explained(client, path, parameters, field, problem):
    response = client.get(path, params=parameters)

    message = assert_error(response, 422, "invalid_request")
    (detail,) = response.json()["error"]["details"]
    assert detail["field"] == field
    assert problem in detail["problem"]
    assert problem in message


def test_every_wrong_parameter_is_named_at_once(client):
    response = client.get(
        "/v1/evidence",
        params={"limit": 0, "kind": "rumour", "verdict": "passed", "since": "x", "until": "y"},
    )

    assert_error(response, 422, "invalid_request")
    assert {detail["field"] for detail in response.json()["error"]["details"]} == {
        "query.limit",
        "query.kind",
        "query.verdict",
        "query.since",
        "query.until",
    }


@pytest.mark.parametrize("path", LISTS)
def test_a_time_span_without_any_time_is_refused(client, path):
    later = (NOON + timedelta(hours=1)).isoformat()
    response = client.get(path, params={"since": later, "until": NOON.isoformat()})

    assert "since to be before until" in assert_error(response, 422, "invalid_request")


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "nonsense",
        "ü",
        "a===",
        base64.urlsafe_b64encode(b"\xff\xfe").decode(),
        cursor_to("event", "12 OR 1=1"),
        cursor_to("event", "-1"),
        cursor_to("event", "9" * 19),
        cursor_to("evidence", "x" * 36),
        cursor_to("card", "1"),
    ],
)
def test_a_cursor_that_is_not_ours_is_refused(client, path, cursor):
    assert_error(client.get(path, params={"cursor": cursor}), 400, "invalid_cursor")


def test_a_cursor_of_one_list_does_not_open_another(client):
    of_event = cursor_to("event", "5")
    of_evidence = cursor_to("evidence", evidence(1).evidence_id)

    assert_error(client.get("/v1/evidence", params={"cursor": of_event}), 400, "invalid_cursor")
    assert_error(client.get("/v1/events", params={"cursor": of_evidence}), 400, "invalid_cursor")
    assert client.get("/v1/events", params={"cursor": of_event}).status_code == 200


@given(st.integers(min_value=0, max_value=10**18 - 1))
def test_a_cursor_leads_back_to_its_key(key):
    assert key_of(cursor_to("event", str(key)), table="event", shape=r"\d{1,18}") == str(key)


@given(st.text())
def test_no_text_makes_a_cursor_fail_otherwise_than_by_being_none(text):
    key = key_of(text, table="event", shape=r"\d{1,18}")

    assert key is None or re.fullmatch(r"\d{1,18}", key)
