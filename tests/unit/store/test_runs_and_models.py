"""Runs, gates and models in both databases: what the queries find, whatever the dialect."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fakes.governed_runs import NOON, GovernedRun

from airflow_gov_provider.domain.chain import NodeKind
from airflow_gov_provider.domain.events import Event
from airflow_gov_provider.domain.evidence import EvidenceKind, ModelRef
from airflow_gov_provider.store import database
from airflow_gov_provider.store.events.rows import insert_events
from airflow_gov_provider.store.evidence import models as model_records
from airflow_gov_provider.store.evidence import runs
from airflow_gov_provider.store.evidence.gate_history import last_runs_of_gate
from airflow_gov_provider.store.evidence.rows import insert_evidence


@pytest.fixture
def connection(store_url):
    with database.transaction(store_url) as connection:
        yield connection


@pytest.fixture
def recorded(connection):
    """Six runs of two Dags, the odd ones about another model; in the order of recording."""
    found = []
    for number in range(6):
        run = GovernedRun(
            dag_id="ab"[number % 2],
            run_id=f"run {number}",
            model=ModelRef(name="xy"[number % 2], version=str(number)),
            first=number * 10,
        ).whole()
        for item in run.recorded:
            insert_evidence(connection, item)
        found.append(run)
    return found


def everyone(dag_ids):
    return dag_ids


def names(page):
    return [run.run_id for run in page.items]


def test_every_run_is_found_once_newest_first(connection, recorded):
    page = runs.page_of_runs(connection, runs.RunFilter(), limit=10)

    assert names(page) == [run.run_id for run in reversed(recorded)]
    assert page.next_cursor is None


@pytest.mark.usefixtures("recorded")
@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"dag_id": "a"}, ["run 4", "run 2", "run 0"]),
        ({"dag_ids": ["b"]}, ["run 5", "run 3", "run 1"]),
        ({"dag_ids": []}, []),
        ({"model_name": "y"}, ["run 5", "run 3", "run 1"]),
        ({"since": NOON + timedelta(minutes=31)}, ["run 5", "run 4", "run 3"]),
        ({"until": NOON + timedelta(minutes=11)}, ["run 0"]),
    ],
)
def test_runs_are_found_by(connection, wanted, expected):
    assert names(runs.page_of_runs(connection, runs.RunFilter(**wanted))) == expected


def test_what_runs_recorded_is_read_for_all_of_them_at_once(connection, recorded):
    keys = [(run.dag_id, run.run_id) for run in recorded[:2]]

    found = runs.recorded_of_runs(connection, keys)

    for run, key in zip(recorded, keys, strict=False):
        assert [r.evidence.evidence_id for r in found[key]] == [e.evidence_id for e in run.recorded]
        bodies = {r.evidence.kind: bool(r.evidence.body) for r in found[key]}
        assert bodies[EvidenceKind.APPROVAL]
        assert not bodies[EvidenceKind.QUALITY]
        assert all(r.intact for r in found[key])


def test_one_run_is_read_with_all_it_says(connection, recorded):
    found = runs.recorded_of_run(connection, ("a", "run 0"))

    assert [(r.evidence, r.digest, r.intact) for r in found] == [
        (item, item.digest, True) for item in recorded[0].recorded
    ]


def test_governance_tasks_are_known_by_their_operators(connection):
    def event(number, task_id, state, operator, map_index=-1):
        return Event(
            event_id=f"{number:064x}",
            type=f"task_instance.{state}",
            state=state,
            dag_id="a",
            run_id="run 0",
            task_id=task_id,
            map_index=map_index,
            try_number=1,
            occurred_at=NOON,
            payload={"operator": operator, "note": '"operator":"BiasCheck"'},
        )

    happened = [
        event(1, "gate", "running", "DataQualityGate", 0),
        event(2, "gate", "failed", "DataQualityGate", 0),
        event(3, "gate", "running", "DataQualityGate", 1),
        event(4, "train", "failed", "PythonOperator"),
    ]
    insert_events(connection, happened, recorded_at=NOON)

    found = runs.governance_tasks(connection, ("a", "run 0"))

    assert [(t.task_id, t.map_index, t.kind, t.state) for t in found] == [
        ("gate", 0, NodeKind.QUALITY, "failed"),
        ("gate", 1, NodeKind.QUALITY, "running"),
    ]


@pytest.mark.usefixtures("recorded")
def test_the_last_runs_of_a_gate_are_found_oldest_first(connection):
    found = last_runs_of_gate(
        connection, dag_id="a", task_id="bias_task", kind=EvidenceKind.BIAS, limit=2
    )

    assert [item.origin.run_id for item in found] == ["run 2", "run 4"]


@pytest.mark.usefixtures("recorded")
def test_models_are_found_with_their_newest_version_and_who_recorded_it(connection):
    page = model_records.page_of_models(connection, everyone)

    assert [(m.name, m.newest_version, m.dag_id) for m in page.items] == [
        ("x", "4", "a"),
        ("y", "5", "b"),
    ]


@pytest.mark.usefixtures("recorded")
def test_of_a_model_that_other_dags_name_nothing_is_found(connection):
    page = model_records.page_of_models(connection, lambda dag_ids: dag_ids & {"a"})

    assert [m.name for m in page.items] == ["x"]
    assert model_records.dags_of_model(connection, "y") == {"b"}
    assert model_records.summary_of_model(connection, "y", {"a"}) is None
    assert model_records.page_of_versions(connection, "y", {"a"}).items == []
    assert model_records.moves_of_model(connection, "y", {"a"}) == []


@pytest.mark.usefixtures("recorded")
def test_versions_come_in_pages_those_recorded_last_first(connection):
    first = model_records.page_of_versions(connection, "x", {"a"}, limit=2)
    rest = model_records.page_of_versions(connection, "x", {"a"}, limit=2, before=first.next_cursor)

    assert [v.version for v in (*first.items, *rest.items)] == ["4", "2", "0"]
    assert rest.next_cursor is None
    assert set(first.items[0].newest) == {"bias", "card", "approval", "promotion"}


@pytest.mark.usefixtures("recorded")
def test_the_moves_of_a_model_are_its_promotions_oldest_first(connection):
    moves = model_records.moves_of_model(connection, "x", {"a"})

    assert [move.version for move in moves] == ["0", "2", "4"]
    assert [m.version for m in model_records.moves_of_model(connection, "x", {"a"}, most=1)] == [
        "4"
    ]
