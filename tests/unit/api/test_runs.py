"""Governed runs over REST: the list, the chain of one, and how its checks went before."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fakes.governed_runs import NOON, GovernedRun
from fakes.tampering import unguarded
from sqlalchemy import update

from airflow_gov_provider.api.routes import runs as routes
from airflow_gov_provider.domain.approvals.request import Request, Shown
from airflow_gov_provider.domain.evidence import EvidenceKind, ModelRef, Origin
from airflow_gov_provider.domain.verdicts import Verdict
from airflow_gov_provider.store import database
from airflow_gov_provider.store.approvals import requests as approvals
from airflow_gov_provider.store.tables import evidence as table
from tests.unit.api.conftest import assert_error, happening

ODD = "scheduled__2026-01-31T12:00:00+00:00/é b"


@pytest.fixture
def three(record):
    """A good run, one that was accepted and one that failed, in this order."""
    good = GovernedRun(run_id="good", first=0)
    good.quality()
    accepted = GovernedRun(run_id="accepted", first=20).whole()
    failed = GovernedRun(run_id="failed", first=40, model=ModelRef(name="churn", version="1"))
    failed.bias(verdict=Verdict.FAILED)
    record(*good.recorded, *accepted.recorded, *failed.recorded)


def listed(client, **parameters):
    response = client.get("/v1/runs", params=parameters)
    assert response.status_code == 200, response.text
    return response.json()


@pytest.mark.usefixtures("three")
def test_runs_come_newest_first_with_the_verdict_of_the_whole(client):
    items = listed(client)["items"]

    assert [(run["run_id"], run["verdict"]) for run in items] == [
        ("failed", "FAILED"),
        ("accepted", "WARNED"),
        ("good", "PASSED"),
    ]
    assert items[1]["accepted"] == 1
    step = {"kind": "bias", "count": 1, "verdict": "FAILED", "intact": True}
    assert step in items[1]["steps"]
    assert items[1]["models"] == [{"name": "income", "version": "3"}]


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"verdict": "FAILED"}, ["failed"]),
        ({"verdict": "INSUFFICIENT"}, []),
        ({"model": "churn"}, ["failed"]),
        ({"dag_id": "other"}, []),
        ({"since": (NOON + timedelta(minutes=30)).isoformat()}, ["failed"]),
        ({"until": (NOON + timedelta(minutes=10)).isoformat()}, ["good"]),
    ],
)
def test_runs_are_filtered(client, asked, expected):
    assert [run["run_id"] for run in listed(client, **asked)["items"]] == expected


def paged(client, **parameters):
    seen, cursor = [], None
    while True:
        page = listed(client, **parameters, **({"cursor": cursor} if cursor else {}))
        assert len(page["items"]) <= parameters["limit"]
        seen += [run["run_id"] for run in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            return seen


@pytest.fixture(params=[1, 3, 1000])
def bounded(request, monkeypatch):
    monkeypatch.setattr(routes, "_MOST_LOOKED_AT", request.param)


@pytest.mark.parametrize("limit", [1, 2, 3, 50])
@pytest.mark.parametrize("verdict", [None, "FAILED", "PASSED"])
@pytest.mark.usefixtures("bounded")
def test_pages_show_every_run_once(client, record, limit, verdict):
    expected = []
    for number in range(9):
        run = GovernedRun(run_id=f"run {number}", first=number * 10)
        run.quality(verdict=Verdict.FAILED if number % 3 == 0 else Verdict.PASSED)
        run.quality(task_id="other")
        record(*run.recorded)
        if verdict in (None, "FAILED" if number % 3 == 0 else "PASSED"):
            expected.insert(0, run.run_id)

    asked = {"limit": limit} | ({"verdict": verdict} if verdict else {})

    assert paged(client, **asked) == expected


def test_a_run_keeps_its_place_when_it_records_again(client, record):
    first, second = GovernedRun(run_id="first"), GovernedRun(run_id="second", first=10)
    record(first.quality(), second.quality())
    cursor = listed(client, limit=1)["next_cursor"]
    first.first = 50
    record(first.bias())

    items = listed(client, limit=1, cursor=cursor)["items"]

    assert [run["run_id"] for run in items] == ["first"]


@pytest.mark.parametrize("cursor", ["nonsense", "ZXZpZGVuY2U6eA", ""])
def test_a_cursor_of_something_else_is_refused(client, cursor):
    assert client.get("/v1/runs", params={"cursor": cursor}).status_code == 400


@pytest.mark.usefixtures("three")
def test_runs_of_a_dag_that_may_not_be_read_are_not_there(client, permissions):
    permissions.dag_ids = set()

    assert listed(client) == {"items": [], "next_cursor": None}
    key = {"dag_id": "income", "run_id": "good"}
    assert_error(client.get("/v1/runs/chain", params=key), 404, "run_not_found")
    gate = {"dag_id": "income", "task_id": "quality_task"}
    assert client.get("/v1/checks/history", params=gate).json() == {"runs": [], "checks": []}


def chain(client, run: GovernedRun):
    response = client.get("/v1/runs/chain", params={"dag_id": run.dag_id, "run_id": run.run_id})
    assert response.status_code == 200, response.text
    return response.json()


def test_a_chain_has_the_run_with_its_nodes_and_edges(client, record):
    run = GovernedRun(run_id=ODD).whole()
    record(*run.recorded)

    found = chain(client, run)

    assert found["run"]["run_id"] == ODD
    kinds = [node["kind"] for node in found["nodes"]]
    steps = ["quality", "training", "bias", "card", "approval", "promotion"]
    assert kinds == ["data", "data", "data", *steps]
    assert all(edge["holds"] for edge in found["edges"])
    approval = next(n for n in found["nodes"] if n["kind"] == "approval")
    assert {"name": "Decided by", "value": "Ada"} in approval["facts"]


def test_a_run_that_recorded_nothing_is_not_found(client):
    response = client.get("/v1/runs/chain", params={"dag_id": "income", "run_id": "x"})

    assert_error(response, 404, "run_not_found")


def test_a_changed_document_is_told_in_the_chain(client, record, sqlite_store):
    run = GovernedRun()
    record(run.quality(), run.bias())
    with database.transaction(sqlite_store) as connection, unguarded(connection):
        first = table.c.evidence_id == run.recorded[0].evidence_id
        connection.execute(update(table).where(first).values(document="[" * 100_000))

    nodes = chain(client, run)["nodes"]

    assert [n["intact"] for n in nodes if n["kind"] in ("quality", "bias")] == [False, True]


def whitewashed(document: str) -> str:
    assert document.count('"verdict":"FAILED"') == 1
    return document.replace('"verdict":"FAILED"', '"verdict":"PASSED"')


@pytest.mark.parametrize(
    "columns",
    [
        {"verdict": "PASSED"},
        {"verdict": "GREAT"},
        {"verdict": "PASSED", "document": whitewashed},
        {"document": "nothing"},
        {"run_id": "other", "verdict": "FAILED"},
        {"task_id": "another"},
        {"model_version": "4"},
        {"summary": "PASSED: 3 passed"},
        {"recorded_at": NOON},
    ],
)
def test_what_was_changed_by_hand_has_no_verdict_anywhere(client, record, sqlite_store, columns):
    run = GovernedRun(run_id="run", first=1)
    failed = run.bias(verdict=Verdict.FAILED)
    record(failed)
    document = failed.document.decode()
    values = {name: v(document) if callable(v) else v for name, v in columns.items()}
    with database.transaction(sqlite_store) as connection, unguarded(connection):
        connection.execute(update(table).values(values))
    run.run_id = columns.get("run_id", "run")

    (item,) = listed(client)["items"]
    found = chain(client, run)

    assert (item["verdict"], item["changed"]) == ("INSUFFICIENT", 1)
    assert item["steps"] == [
        {"kind": "bias", "count": 1, "verdict": "INSUFFICIENT", "intact": False}
    ]
    assert found["run"] == item
    (step,) = [n for n in found["nodes"] if n["kind"] == "bias"]
    assert (step["verdict"], step["intact"]) == (None, False)
    assert listed(client, verdict="PASSED")["items"] == []


def test_a_question_that_waits_is_counted_and_shown(client, record, sqlite_store):
    run = GovernedRun()
    record(bias := run.bias())
    asked = Request(
        request_id="01" * 18,
        origin=Origin(dag_id=run.dag_id, run_id=run.run_id, task_id="approve"),
        subject="Promote?",
        requester=None,
        approvers=(),
        shown=(Shown.of(bias),),
        shown_digest="",
        opened_at=NOON,
    )
    with database.transaction(sqlite_store) as connection:
        approvals.open_request(connection, asked)

    found = chain(client, run)

    assert found["run"]["waiting"] == 1
    assert listed(client)["items"][0]["waiting"] == 1
    assert next(n for n in found["nodes"] if n["kind"] == "approval")["status"] == "waiting"


def test_a_gate_that_failed_before_it_recorded_is_missing(client, record):
    run = GovernedRun(run_id="run 1")
    record(run.quality())
    places = {"dag_id": run.dag_id, "run_id": run.run_id}
    record(
        happening(1, task_id="bias", state="running", payload={"operator": "BiasCheck"}, **places),
        happening(2, task_id="bias", state="failed", payload={"operator": "BiasCheck"}, **places),
        happening(3, task_id="train", state="failed", payload={"operator": "Python"}, **places),
        happening(
            4,
            task_id="quality_task",
            state="success",
            payload={"operator": "DataQualityGate"},
            **places,
        ),
    )

    missing = [n for n in chain(client, run)["nodes"] if n["status"] == "missing"]

    assert [(n["kind"], n["task_id"]) for n in missing] == [("bias", "bias")]


def measured(number: int, value: float, **more):
    run = GovernedRun(run_id=f"run {number}", first=number * 10)
    return run.quality(
        findings=[
            {
                "check": "age.not_null",
                "kind": "not_null",
                "subject": "age",
                "verdict": "PASSED",
                "observed": value,
                "expected": "<= 1 %",
            }
        ],
        **more,
    )


def history(client, **parameters):
    asked = {"dag_id": "income", "task_id": "quality_task", **parameters}
    response = client.get("/v1/checks/history", params=asked)
    assert response.status_code == 200, response.text
    return response.json()


def test_the_history_of_a_gate_has_the_last_runs_oldest_first(client, record):
    record(*[measured(number, number / 10) for number in range(5)])

    found = history(client, limit=3)

    assert [run["run_id"] for run in found["runs"]] == ["run 2", "run 3", "run 4"]
    assert [p["observed"] for p in found["checks"][0]["points"]] == [0.2, 0.3, 0.4]


def test_the_history_of_a_report_ends_with_that_report(client, record):
    evidence = [measured(number, number) for number in range(3)]
    record(*evidence)

    found = history(client, until=evidence[1].evidence_id)

    assert [run["run_id"] for run in found["runs"]] == ["run 0", "run 1"]


@pytest.mark.parametrize(
    "other",
    [{"task_id": "other"}, {"map_index": 3}, {"kind": EvidenceKind.BIAS.value}, {"dag_id": "x"}],
)
def test_the_history_is_of_this_gate_only(client, record, other):
    record(measured(1, 0.5))

    assert history(client, **other)["runs"] == []
