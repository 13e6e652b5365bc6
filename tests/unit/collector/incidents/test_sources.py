"""What becomes an incident by itself, and what ends one, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fakes.tampering import unguarded
from sqlalchemy import delete, insert, select

from airflow_gov_provider.collector.incidents.bypasses import watch_approvals
from airflow_gov_provider.collector.incidents.coverage import watch_coverage
from airflow_gov_provider.collector.incidents.gates import watch_gates
from airflow_gov_provider.domain.evidence import EvidenceKind, ModelRef
from airflow_gov_provider.domain.verdicts import Verdict
from airflow_gov_provider.hooks import incident_decisions as people
from airflow_gov_provider.store.events.coverage import CoverageFinding, close_finding, open_finding
from airflow_gov_provider.store.events.sources import last_seq
from airflow_gov_provider.store.tables import approval_request, event, ledger_queue

pytestmark = pytest.mark.usefixtures("metadata")


@pytest.fixture
def gates(store, clock):
    """Watches from now on; each call is a round some seconds later."""

    def watch() -> int:
        clock.later(seconds=5)
        return watch_gates(clock=clock)

    store.record(Verdict.FAILED)  # from before: none of our business
    watch()
    return watch


def test_a_gate_that_blocks_opens_an_incident_and_is_over_when_it_passes(store, gates, clock):
    evidence = store.record(Verdict.FAILED, model=ModelRef(name="income", version="3"))
    assert gates() == 1
    [opened] = store.incidents()
    assert (opened.kind, opened.severity, opened.state) == ("gate_blocked", "high", "open")
    assert (opened.dag_id, opened.run_id, opened.task_id) == ("income", "run 1", "gate")
    assert opened.details["evidence_id"] == evidence.evidence_id
    assert opened.details["models"] == ["income"]

    clock.later(seconds=1)
    store.record(Verdict.INSUFFICIENT)
    gates()
    clock.later(seconds=1)
    store.record(Verdict.PASSED)
    gates()
    [over] = store.incidents()
    assert (over.incident_id, over.occurrences) == (opened.incident_id, 2)
    assert (over.state, over.resolution) == ("resolved", "healed")
    assert store.told(over.incident_id) == ["opened", "repeated", "resolved"]


def test_what_is_read_a_second_time_changes_nothing(store, gates, clock):
    for verdict in (Verdict.FAILED, Verdict.PASSED, Verdict.FAILED):
        store.record(verdict)
        clock.later(seconds=1)
    gates()
    [before] = store.incidents()
    assert (before.state, before.occurrences) == ("open", 2)
    for _ in range(30):
        gates()
    assert store.incidents() == [before]


def test_only_gates_that_block_open_incidents(store, gates):
    store.record(Verdict.FAILED, on_fail="review")
    store.record(Verdict.WARNED, on_fail="warn")
    store.record(Verdict.PASSED)
    assert gates() == 0
    assert store.incidents() == []


def test_each_index_of_a_mapped_gate_is_a_gate_of_its_own(store, gates, clock):
    store.record(Verdict.FAILED, origin={"map_index": 0})
    clock.later(seconds=1)
    store.record(Verdict.PASSED, origin={"map_index": 1})
    gates()
    [opened] = store.incidents()
    assert (opened.state, opened.dedup_key) == ("open", "gate_blocked:income/gate/0")


def test_what_a_person_has_resolved_opens_again_only_for_something_new(store, gates, clock):
    store.record(Verdict.FAILED)
    gates()
    [opened] = store.incidents()
    with store.transaction() as connection:
        people.resolve(
            connection,
            opened.incident_id,
            author=people.Author(name="alice"),
            resolution="accepted",
            comment="known",
            now=clock.later(seconds=1),
        )
    for _ in range(30):
        gates()
    assert store.incidents()[0].state == "resolved"
    store.record(Verdict.FAILED)
    gates()
    assert store.told(opened.incident_id) == ["opened", "resolved", "reopened"]


def test_evidence_that_is_committed_late_below_what_was_read_is_found(store, gates, clock):
    """The row of another transaction, with a lower number, shows only now."""
    late = store.record(Verdict.FAILED, task_id="late gate")
    store.record(Verdict.PASSED)
    with store.transaction() as connection, unguarded(connection):
        where = event.c.task_id == "late gate"
        row = connection.execute(select(event).where(where)).one()._asdict()
        connection.execute(delete(event).where(event.c.seq == row["seq"]))
        connection.execute(delete(ledger_queue).where(ledger_queue.c.seq == row["seq"]))
    gates()
    assert store.incidents() == []
    with store.transaction() as connection:
        assert row["seq"] < last_seq(connection)
        connection.execute(insert(event).values(row))
    for _ in range(30):
        gates()
    [found] = store.incidents()
    assert found.details["evidence_id"] == late.evidence_id


@pytest.fixture
def approvals(store, clock):
    def watch() -> int:
        done = 0
        for _ in range(3):  # what it leaves alone for a moment is read then
            clock.later(seconds=5)
            done += watch_approvals(clock=clock)
        return done

    watch()
    return watch


@pytest.fixture
def ask(store, clock):
    def request(state="pending", *, run_id="run 1", number=1):
        with store.transaction() as connection:
            connection.execute(
                insert(approval_request).values(
                    request_id=f"01990000-0000-7000-8000-{number:012d}",
                    dag_id="income",
                    run_id=run_id,
                    task_id="approve",
                    map_index=-1,
                    try_number=1,
                    subject="ok?",
                    approvers="[]",
                    shown="[]",
                    shown_digest="0" * 64,
                    state=state,
                    opened_at=clock(),
                )
            )

    return request


def succeed(store, run_id="run 1", task_id="approve", try_number=1, **more):
    names = {"dag_id": "income", "run_id": run_id, "task_id": task_id, "map_index": -1}
    names["try_number"] = try_number
    return store.happen("task_instance.success", state="success", **names, **more)


def mark(store, run_id="run 1", actor="mallory"):
    store.happen(
        "override.mark_task",
        dag_id="income",
        run_id=run_id,
        task_id="approve",
        actor=actor,
        witness="log",
    )


def test_a_task_that_succeeds_past_an_open_request_is_a_bypass_that_names_who_did_it(
    store, ask, approvals
):
    ask()
    succeed(store)
    mark(store)
    assert approvals() == 1
    [found] = store.incidents()
    assert (found.kind, found.severity, found.state) == ("approval_bypass", "critical", "open")
    assert found.title == "income.approve succeeded by mallory without approval (pending)"
    assert (found.details["marked_by"], found.auto_resolve) == ("mallory", False)
    for _ in range(10):
        approvals()
    assert store.incidents() == [found]


def test_what_was_approved_is_none_and_neither_is_a_task_that_asks_nobody(store, ask, approvals):
    ask("approved")
    succeed(store)
    succeed(store, task_id="train")
    assert approvals() == 0
    assert store.incidents() == []


def test_an_approval_of_an_earlier_try_does_not_speak_for_one_that_is_marked(
    store, ask, approvals, clock
):
    """The gate and the approval were cleared, and somebody did not wait until it asked again."""
    ask("approved")
    succeed(store)
    assert approvals() == 0
    clock.later(minutes=5)
    succeed(store, try_number=2)
    mark(store)
    assert approvals() == 1
    [found] = store.incidents()
    assert found.title == "income.approve succeeded by mallory without approval (approved before)"


def test_neither_does_it_while_the_cleared_try_keeps_its_number(store, ask, approvals, clock):
    """Airflow counts tries up when it schedules; so it is as well in a run of a deleted one's id."""
    ask("approved")
    succeed(store)
    clock.later(minutes=5)
    succeed(store, payload={"manual": True})
    assert approvals() == 1
    assert store.incidents()[0].details["request_state"] == "approved"


def test_a_try_that_ends_by_itself_by_an_earlier_answer_is_none(store, ask, approvals, clock):
    """Clearing it asks again only where other evidence stands."""
    ask("approved")
    succeed(store)
    clock.later(minutes=5)
    succeed(store, try_number=2)
    clock.later(minutes=5)
    succeed(store, try_number=3, payload={"process": "task"})
    mark(store, actor="alice")  # the rest of the run, at about that time
    assert approvals() == 0


@pytest.mark.parametrize("is_deleted", [False, True])
def test_what_was_approved_for_the_very_try_may_be_marked(store, ask, approvals, clock, is_deleted):
    if is_deleted:
        ask("approved")
        succeed(store)
        clock.later(minutes=5)
    ask("approved", number=2)
    clock.later(seconds=5)
    succeed(store)
    mark(store)
    assert approvals() == 0


@pytest.mark.parametrize("verdict", [Verdict.PASSED, Verdict.FAILED])
def test_the_try_that_records_the_answer_is_approved_though_an_earlier_one_asked(
    store, ask, approvals, clock, verdict
):
    ask("approved")
    clock.later(minutes=5)
    origin = {"try_number": 2}
    store.record(verdict, task_id="approve", kind=EvidenceKind.APPROVAL, origin=origin)
    clock.later(seconds=1)
    succeed(store, try_number=2, payload={"manual": True})
    assert approvals() == (verdict is Verdict.FAILED)


def test_a_task_that_is_marked_before_it_asked_is_a_bypass_as_well(store, ask, approvals):
    ask("approved")
    succeed(store, run_id="run 2")
    approvals()
    [found] = store.incidents()
    assert (found.run_id, found.details["request_state"]) == ("run 2", "never asked")


@pytest.mark.parametrize("state", ["rejected", "timed_out"])
def test_past_a_rejection_only_what_a_person_did_is_a_bypass(store, ask, approvals, state):
    """A sensor that skips what follows ends well although nobody has approved."""
    ask(state)
    succeed(store)
    assert approvals() == 0
    ask(state, run_id="run 2", number=2)
    succeed(store, run_id="run 2", payload={"manual": True})
    assert approvals() == 1
    assert store.incidents()[0].run_id == "run 2"


def test_a_finding_about_coverage_is_an_incident_for_as_long_as_it_is_open(store, clock):
    finding = CoverageFinding(
        finding_id="01990000-0000-7000-8000-000000000001",
        kind="listener",
        subject="dag:income",
        details={"lost": 3},
        opened_at=clock(),
    )
    with store.transaction() as connection:
        open_finding(connection, finding)
    assert [watch_coverage(clock=clock), watch_coverage(clock=clock)] == [1, 0]
    [opened] = store.incidents()
    assert (opened.kind, opened.dag_id, opened.state) == ("coverage", "income", "open")
    with store.transaction() as connection:
        close_finding(connection, finding, now=clock.later(minutes=5))
    assert [watch_coverage(clock=clock), watch_coverage(clock=clock)] == [1, 0]
    assert store.incidents()[0].resolution == "healed"
    assert store.incidents()[0].resolved_at == opened.opened_at + timedelta(minutes=5)
