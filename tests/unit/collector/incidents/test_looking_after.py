"""The ledger is verified all the time; clocks run out; and what lies downstream is found."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from fakes.tampering import unguarded
from sqlalchemy import delete, select, update

from airflow_gov_provider.collector.incidents import dag_links, ledger, surroundings
from airflow_gov_provider.collector.incidents.clocks import watch_clocks
from airflow_gov_provider.collector.seal import seal_once
from airflow_gov_provider.domain.chain.blast_radius import Link, Via, downstream
from airflow_gov_provider.domain.evidence import ModelRef
from airflow_gov_provider.domain.incidents.incident import Sighting
from airflow_gov_provider.domain.severity import Severity
from airflow_gov_provider.domain.verdicts import Verdict
from airflow_gov_provider.hooks import incident_decisions as people
from airflow_gov_provider.hooks.incidents import report
from airflow_gov_provider.store.audit.verification import POSITION, read_verification
from airflow_gov_provider.store.events.witnesses import read_position
from airflow_gov_provider.store.tables import checkpoint, event, evidence, leaf


@pytest.fixture
def grow(store, clock):
    """Some events, sealed in one checkpoint."""

    def add(count=3):
        ids = [store.happen("dag_run.success", dag_id="income") for _ in range(count)]
        seal_once(clock=clock)
        clock.later(seconds=60)
        return ids

    return add


def verify(clock):
    clock.later(seconds=60)
    return ledger.verify_some(clock=clock)


def position(store):
    with store.transaction() as connection:
        return read_position(connection, POSITION).content


def wrong_leaves(store):
    with store.transaction() as connection:
        return {one.leaf_index for one in read_verification(connection).problems}


def test_nothing_is_read_while_nothing_is_sealed(store, clock):
    assert verify(clock) == 0


def test_what_is_new_is_read_at_once_and_what_is_old_little_by_little(
    store, clock, grow, monkeypatch
):
    monkeypatch.setattr(ledger, "OLD_AT_ONCE", 4)
    monkeypatch.setattr(ledger, "_SECONDS_OF_OLD", 0.0)
    for _ in range(4):
        grow()
    assert verify(clock) == 12 + 3
    assert position(store) == {"checked": 12, "again": 3}
    grow()
    assert verify(clock) == 3 + 3
    places = []
    for _ in range(5):
        verify(clock)
        places.append(position(store)["again"])
    assert places == [9, 12, 15, 3, 6]
    assert store.incidents() == []


def test_a_ledger_that_was_never_read_is_read_from_its_beginning(store, clock, grow, monkeypatch):
    monkeypatch.setattr(ledger, "NEW_AT_ONCE", 4)
    monkeypatch.setattr(ledger, "_SECONDS", 0.0)
    for _ in range(4):
        grow()
    verify(clock)
    assert position(store)["checked"] == 3


CHANGES = {
    "an event was changed": lambda ids: (
        update(event).where(event.c.event_id == ids[1]).values(document="{}")
    ),
    "a column was changed": lambda ids: (
        update(event).where(event.c.event_id == ids[1]).values(actor="eve")
    ),
    "an event is gone": lambda ids: delete(event).where(event.c.event_id == ids[1]),
    "a leaf was changed": lambda ids: (
        update(leaf).where(leaf.c.event_id == ids[1]).values(leaf_hash=bytes(32))
    ),
    "a leaf is gone": lambda ids: delete(leaf).where(leaf.c.event_id == ids[1]),
    "a checkpoint was changed": lambda _: (
        update(checkpoint).where(checkpoint.c.size == 3).values(compact_range=b"\0" * 8)
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_was_changed_becomes_one_incident(store, clock, grow, change):
    ids = grow()
    verify(clock)
    with store.transaction() as connection, unguarded(connection):
        connection.execute(CHANGES[change](ids))
    for _ in range(3):
        verify(clock)
    [found] = store.incidents()
    assert (found.kind, found.severity, found.occurrences) == ("ledger", "critical", 1)
    assert not found.auto_resolve
    assert found.details["problems"] >= 1


def test_what_is_wrong_stays_known_until_its_leaves_are_read_again_and_are_well(
    store, clock, grow, monkeypatch
):
    monkeypatch.setattr(ledger, "OLD_AT_ONCE", 3)
    monkeypatch.setattr(ledger, "_SECONDS_OF_OLD", 0.0)
    wrong, *_ = [grow() for _ in range(4)]
    row = event.c.event_id == wrong[1]
    with store.transaction() as connection, unguarded(connection):
        before = connection.scalar(select(event.c.document).where(row))
        connection.execute(update(event).where(row).values(document="{}"))
    verify(clock)
    assert wrong_leaves(store) == {1}
    verify(clock)
    assert wrong_leaves(store) == {1}
    with store.transaction() as connection, unguarded(connection):
        connection.execute(update(event).where(row).values(document=before))
    for _ in range(2):
        verify(clock)
        assert wrong_leaves(store) == {1}
    verify(clock)
    assert wrong_leaves(store) == set()


def test_what_is_found_later_does_not_hide_what_was_found_before(store, clock, grow, monkeypatch):
    monkeypatch.setattr(ledger, "OLD_AT_ONCE", 3)
    monkeypatch.setattr(ledger, "_SECONDS_OF_OLD", 0.0)
    first, second = grow(), grow()
    for wrong in (first, second):
        with store.transaction() as connection, unguarded(connection):
            connection.execute(
                update(event).where(event.c.event_id == wrong[1]).values(document="{}")
            )
        verify(clock)
    for _ in range(3):
        verify(clock)
    [found] = store.incidents()
    assert {1, 4} <= wrong_leaves(store)
    assert all(any(one[1] in said for said in found.details["first"]) for one in (first, second))


def test_old_leaves_are_read_slice_by_slice_while_there_is_time(store, clock, grow, monkeypatch):
    monkeypatch.setattr(ledger, "OLD_AT_ONCE", 3)
    for _ in range(4):
        grow()
    verify(clock)

    assert verify(clock) == 12
    assert position(store)["again"] == 12


def test_evidence_that_was_removed_is_noticed(store, clock):
    store.record(Verdict.PASSED)
    seal_once(clock=clock)
    verify(clock)
    with store.transaction() as connection, unguarded(connection):
        connection.execute(delete(evidence))
    verify(clock)
    [found] = store.incidents()
    assert "was recorded, and is gone" in found.details["first"][0]


def test_a_ledger_that_was_cut_off_is_noticed(store, clock, grow):
    grow()
    grow()
    verify(clock)
    with store.transaction() as connection, unguarded(connection):
        connection.execute(delete(checkpoint).where(checkpoint.c.size == 6))
        connection.execute(delete(leaf).where(leaf.c.leaf_index >= 3))
    verify(clock)
    [found] = store.incidents()
    assert found.details["first"][0] == "6 leaves were verified before, and 3 are signed now"


@pytest.fixture
def opened(store, clock):
    sighting = Sighting(
        kind="sla_miss",
        dedup_key="k",
        occasion="1",
        severity=Severity.HIGH,
        title="late",
        dag_id="train",
    )
    with store.transaction() as connection:
        return report(connection, sighting, now=clock())


def test_people_are_reminded_of_a_clock_at_each_step_once(store, clock, opened):
    with store.transaction() as connection:
        people.mark_reportable(
            connection,
            opened.incident_id,
            author=people.Author(name="alice"),
            regime="gdpr_breach",
            now=clock(),
        )
    done = []
    for hours in (0, 35, 1, 1, 28, 7, 100):
        clock.later(hours=hours)
        done.append(watch_clocks(clock=clock))
    assert done == [0, 0, 1, 0, 1, 1, 0]
    assert store.told(opened.incident_id) == ["opened", "reportable", *["escalated"] * 3]


class Dependency(NamedTuple):
    """Of Airflow, as far as it is read."""

    source: str
    target: str
    label: str
    dependency_type: str
    dependency_id: str


OF_AIRFLOW = [
    Dependency("train", "asset", "model", "asset", "1"),
    Dependency("asset", "serve", "model", "asset", "1"),
    Dependency("asset", "asset-alias:latest", "model", "asset", "1"),
    Dependency("asset:1", "nightly", "latest", "asset-alias", "latest"),
    Dependency("serve", "report", "start report", "trigger", "start report"),
    Dependency("report", "audit", "wait", "sensor", "wait"),
]


def test_dependencies_of_airflow_lead_over_assets_aliases_triggers_and_sensors():
    links = [link for one in OF_AIRFLOW for link in dag_links.links_of(one)]
    dags, _ = downstream("train", links)
    assert [(one.dag_id, one.after, one.via) for one in dags] == [
        ("serve", "train", Via.ASSET),
        ("nightly", "train", Via.ASSET),
        ("report", "serve", Via.TRIGGER),
        ("audit", "report", Via.SENSOR),
    ]


@pytest.mark.usefixtures("metadata")
def test_what_lies_downstream_is_noted_once_with_the_models(store, opened, monkeypatch):
    read = []

    def links(_session):
        read.append(1)
        return [Link(source="dag:train", target="dag:income", via=Via.TRIGGER, name="go")]

    monkeypatch.setattr(surroundings, "dag_links", links)
    store.record(Verdict.PASSED, model=ModelRef(name="income model", version="2"))
    store.record(Verdict.PASSED, model=ModelRef(name="income model", version="3"))
    around = surroundings.Surroundings()
    assert [around.look(), around.look()] == [1, 0]
    [found] = store.incidents()
    assert [one["dag_id"] for one in found.affected["dags"]] == ["income"]
    assert found.affected["models"] == [{"name": "income model", "version": "3"}]
    assert found.version == opened.version
    assert read == [1]


@pytest.mark.usefixtures("metadata")
def test_a_dag_that_leads_nowhere_is_looked_at_once_as_well(store, opened):
    assert surroundings.Surroundings().look() == 1
    [found] = store.incidents()
    assert (found.affected["dags"], found.affected["cut"]) == ([], False)
