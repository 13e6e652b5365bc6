"""Incidents on real databases: reporting, healing, and people who decide at the same time."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from airflow_gov_provider.domain.incidents.incident import (
    Entry,
    Kind,
    Sighting,
    State,
    occurrence_id,
)
from airflow_gov_provider.domain.incidents.reporting import Ending
from airflow_gov_provider.domain.severity import Severity
from airflow_gov_provider.exceptions import ArgumentInvalid, IncidentConflict, IncidentNotFound
from airflow_gov_provider.hooks import incident_decisions as people
from airflow_gov_provider.hooks.incidents import heal, report
from airflow_gov_provider.store import database
from airflow_gov_provider.store.events.rows import event_with
from airflow_gov_provider.store.incidents import rows as store
from airflow_gov_provider.store.promise_tables import incident, incident_entry
from airflow_gov_provider.store.tables import event

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ALICE = people.Author(name="alice")
BOB = people.Author(name="bob", witness="cli")


def later(**span: int) -> datetime:
    return NOON + timedelta(**span)


def miss(occasion: str = "run 1", **changes) -> Sighting:
    values = {
        "kind": Kind.SLA_MISS,
        "dedup_key": "sla:late",
        "occasion": occasion,
        "severity": Severity.HIGH,
        "title": "income is late",
        "dag_id": "income",
        "run_id": occasion,
        "details": {"expected_at": "2026-03-01T12:00:00+00:00"},
    }
    return Sighting(**{**values, **changes})


@pytest.fixture
def transaction(store_url):
    return lambda: database.transaction(store_url)


def told(connection, incident_id):
    return [entry.kind for entry in store.entries_of(connection, incident_id)]


def test_what_is_reported_opens_an_incident_with_an_entry_and_an_event(transaction):
    with transaction() as connection:
        opened = report(connection, miss(), now=NOON)
        assert store.get_incident(connection, opened.incident_id) == opened
        [entry] = store.entries_of(connection, opened.incident_id)
        found = event_with(connection, entry.event_id)
    assert (opened.state, opened.version, opened.occurrences) == (State.OPEN, 1, 1)
    assert (entry.kind, entry.actor, entry.details["occasion"]) == (Entry.OPENED, None, "run 1")
    assert found.event.type == "incident.opened"
    assert (found.event.dag_id, found.event.run_id) == ("income", "run 1")
    assert found.event.payload["incident_id"] == opened.incident_id


def test_the_same_occasion_counts_once_and_another_one_counts_up(transaction):
    with transaction() as connection:
        first = report(connection, miss(), now=NOON)
        again = report(connection, miss(), now=later(minutes=1))
        second = report(connection, miss("run 2"), now=later(minutes=2))
        assert told(connection, first.incident_id) == [Entry.OPENED, Entry.REPEATED]
    assert again == first
    assert (second.incident_id, second.occurrences) == (first.incident_id, 2)
    assert (second.run_id, second.last_seen_at) == ("run 2", later(minutes=2))


def test_what_heals_is_resolved_by_itself_and_opens_again_when_it_is_seen_again(transaction):
    with transaction() as connection:
        first = report(connection, miss(), now=NOON)
        well = heal(connection, "sla:late", reason="the next run was in time", now=later(hours=1))
        again = report(connection, miss("run 3"), now=later(hours=24))
        kinds = told(connection, first.incident_id)
    assert (well.state, well.resolution, well.resolved_by) == (State.RESOLVED, "healed", None)
    assert (again.incident_id, again.state, again.resolved_at) == (
        first.incident_id,
        State.OPEN,
        None,
    )
    assert kinds == [Entry.OPENED, Entry.RESOLVED, Entry.REOPENED]


def test_the_newest_part_of_a_timeline_is_read_with_the_length_of_the_whole(transaction):
    with transaction() as connection:
        report(connection, miss("x", dedup_key="other"), now=NOON)
        *_, of = [report(connection, miss(f"run {number}"), now=NOON) for number in range(5)]
        entries, total = store.newest_entries(connection, of.incident_id, limit=3)
        whole = store.newest_entries(connection, of.incident_id, limit=5)
        assert whole == (store.entries_of(connection, of.incident_id), 5)
    assert [entry.details["occasion"] for entry in entries] == ["run 2", "run 3", "run 4"]
    assert total == 5


def test_a_day_after_it_was_resolved_it_is_another_incident(transaction):
    with transaction() as connection:
        first = report(connection, miss(), now=NOON)
        heal(connection, "sla:late", reason="well", now=later(hours=1))
        other = report(connection, miss("run 3"), now=later(hours=25, seconds=1))
        same = report(connection, miss(), now=later(hours=26))
    assert other.incident_id != first.incident_id
    assert same.incident_id == first.incident_id


def test_an_occasion_from_before_it_healed_leaves_it_resolved(transaction):
    with transaction() as connection:
        report(connection, miss(), now=NOON)
        heal(connection, "sla:late", reason="well", now=later(hours=1))
        late = report(connection, miss("run 2", seen_at=later(minutes=30)), now=later(hours=2))
    assert (late.state, late.occurrences) == (State.RESOLVED, 2)


def test_an_occasion_that_nobody_had_told_the_person_who_resolved_it_opens_it_again(transaction):
    """The collector was down when the second run became late, and when the first was resolved."""
    with transaction() as connection:
        of = report(connection, miss(), now=NOON).incident_id
        answer = {"resolution": "fixed", "comment": "run 1 is done"}
        people.resolve(connection, of, author=ALICE, now=later(minutes=10), **answer)
        again = report(connection, miss(), now=later(minutes=20))
        assert again.state is State.RESOLVED
        late = report(connection, miss("run 2", seen_at=later(minutes=5)), now=later(minutes=20))
        kinds = told(connection, of)
    assert (late.incident_id, late.state, late.occurrences) == (of, State.OPEN, 2)
    assert (late.resolved_by, late.resolved_at) == (None, None)
    assert kinds == [Entry.OPENED, Entry.RESOLVED, Entry.REOPENED]


def test_nothing_heals_that_was_seen_since_or_that_people_have_to_resolve(transaction):
    with transaction() as connection:
        report(connection, miss(), now=later(hours=1))
        report(connection, miss("x", dedup_key="bypass", auto_resolve=False), now=NOON)
        late = heal(connection, "sla:late", reason="w", now=later(hours=2), well_at=NOON)
        stays = heal(connection, "bypass", reason="w", now=later(hours=2))
        none = heal(connection, "never heard of", reason="w", now=later(hours=2))
    assert late is stays is none is None


def test_people_take_it_from_open_to_resolved_and_every_step_names_them(transaction):
    with transaction() as connection:
        opened = report(connection, miss(), now=NOON)
        of = opened.incident_id
        people.acknowledge(connection, of, author=ALICE, now=later(minutes=1), version=1)
        people.assign(connection, of, author=ALICE, assignee="bob", now=later(minutes=2))
        people.comment(connection, of, author=BOB, text=" on it ", now=later(minutes=3))
        done = people.resolve(
            connection,
            of,
            author=BOB,
            resolution="fixed",
            comment="the source was late",
            now=later(minutes=4),
            version=4,
        )
        entries = store.entries_of(connection, of)
        events = [event_with(connection, entry.event_id).event for entry in entries]
    assert (done.state, done.assignee, done.acknowledged_by) == (State.RESOLVED, "bob", "alice")
    assert (done.resolved_by, done.resolution, done.version) == ("bob", "fixed", 5)
    assert [entry.kind for entry in entries] == [
        *("opened", "acknowledged", "assigned", "commented", "resolved")
    ]
    assert entries[3].details["comment"] == "on it"
    assert [told.actor for told in events] == [None, "alice", "alice", "bob", "bob"]
    assert [told.witness for told in events] == ["collector", "api", "api", "cli", "cli"]
    assert not any("source was late" in told.document.decode() for told in events)


def test_whoever_has_seen_an_older_version_is_told_who_did_what(transaction):
    with transaction() as connection:
        opened = report(connection, miss(), now=NOON)
        people.acknowledge(connection, opened.incident_id, author=ALICE, now=later(minutes=1))
        with pytest.raises(IncidentConflict, match="alice: acknowledged at 2026-03-01 12:01:00"):
            people.comment(
                connection, opened.incident_id, author=BOB, text="mine", now=NOON, version=1
            )
        with pytest.raises(IncidentConflict, match="alice acknowledged it at 2026-03-01 12:01:00"):
            people.acknowledge(connection, opened.incident_id, author=BOB, now=NOON)
        assert told(connection, opened.incident_id) == ["opened", "acknowledged"]


def test_an_incident_that_is_not_there_is_said_so(transaction):
    with transaction() as connection, pytest.raises(IncidentNotFound, match="no incident 'nope'"):
        people.acknowledge(connection, "nope", author=ALICE, now=NOON)


def test_a_resolution_needs_a_reason_of_people_and_words(transaction):
    with transaction() as connection:
        of = report(connection, miss(), now=NOON).incident_id
        for resolution, comment in (("healed", "ok"), ("gone", "ok"), ("fixed", " \u200b ")):
            with pytest.raises(ArgumentInvalid):
                people.resolve(
                    connection, of, author=BOB, resolution=resolution, comment=comment, now=NOON
                )
        assert store.get_incident(connection, of).state is State.OPEN


def test_a_clock_starts_with_the_awareness_and_stands_still_when_the_report_is_sent(transaction):
    with transaction() as connection:
        of = report(connection, miss(), now=NOON).incident_id
        marked = people.mark_reportable(
            connection, of, author=ALICE, regime="gdpr_breach", aware_at=later(hours=-2), now=NOON
        )
        [clock] = store.get_incident(connection, of).reportable
        sent = people.end_report(
            connection,
            of,
            author=BOB,
            regime="gdpr_breach",
            ending=Ending.SENT,
            reference="2026/17",
            now=later(hours=1),
        )
        with pytest.raises(IncidentConflict, match="bob sent the report"):
            people.mark_reportable(connection, of, author=ALICE, regime="gdpr_breach", now=NOON)
        stored = store.get_incident(connection, of)
    assert marked.reportable == (clock,)
    assert clock.due_at == later(hours=70)
    assert (sent.reportable[0].ended, sent.reportable[0].reference) == ("sent", "2026/17")
    assert stored == sent
    assert sent.reportable[0].left(later(days=9)) is None


def in_parallel(*calls):
    """What each call returns or raises, all begun at the same moment."""
    together = threading.Barrier(len(calls))

    def run(call):
        together.wait(10)
        try:
            return call()
        except IncidentConflict as error:
            return error

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_of_two_people_at_once_one_wins_and_the_other_gets_a_conflict(transaction):
    with transaction() as connection:
        of = report(connection, miss(), now=NOON).incident_id

    def resolve(author):
        with transaction() as connection:
            return people.resolve(
                connection, of, author=author, resolution="fixed", comment="done", now=NOON
            )

    def acknowledge(author):
        with transaction() as connection:
            return people.acknowledge(connection, of, author=author, now=NOON, version=1)

    crowd = [people.Author(name=f"user {number}") for number in range(4)]
    results = in_parallel(*[lambda by=by: acknowledge(by) for by in crowd])
    winners = [one for one in results if not isinstance(one, IncidentConflict)]
    losers = [str(one) for one in results if isinstance(one, IncidentConflict)]
    assert len(winners) == 1
    assert all(winners[0].acknowledged_by in loser for loser in losers)

    results = in_parallel(*[lambda by=by: resolve(by) for by in crowd])
    assert sum(not isinstance(one, IncidentConflict) for one in results) == 1
    with transaction() as connection:
        assert told(connection, of) == ["opened", "acknowledged", "resolved"]
        assert store.get_incident(connection, of).version == 3


def test_many_who_report_at_once_leave_one_incident_that_counts_each_occasion_once(transaction):
    def see(occasion):
        with transaction() as connection:
            return report(connection, miss(occasion), now=NOON)

    occasions = ["run 1", "run 2", "run 3", "run 1", "run 2", "run 3"]
    results = in_parallel(*[lambda occasion=occasion: see(occasion) for occasion in occasions])
    with transaction() as connection:
        assert connection.scalar(select(func.count()).select_from(incident)) == 1
        kept = store.get_incident(connection, results[0].incident_id)
        ids = {entry.event_id for entry in store.entries_of(connection, kept.incident_id)}
    assert (kept.occurrences, kept.version) == (3, 3)
    assert ids == {occurrence_id("sla:late", occasion) for occasion in occasions}


def test_a_resolution_and_a_recurrence_at_once_lose_neither(transaction):
    with transaction() as connection:
        of = report(connection, miss(), now=NOON).incident_id

    def resolve():
        with transaction() as connection:
            return people.resolve(
                connection, of, author=ALICE, resolution="fixed", comment="done", now=NOON
            )

    def see():
        with transaction() as connection:
            return report(connection, miss("run 2"), now=later(seconds=1))

    in_parallel(resolve, see)
    with transaction() as connection:
        kinds = told(connection, of)
        kept = store.get_incident(connection, of)
    assert kept.occurrences == 2
    assert kinds in (["opened", "resolved", "reopened"], ["opened", "repeated", "resolved"])


def test_what_is_rolled_back_leaves_nothing(transaction):
    def fail_after_reporting():
        with transaction() as connection:
            report(connection, miss(), now=NOON)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_after_reporting()
    with transaction() as connection:
        for table in (incident, incident_entry, event):
            assert connection.scalar(select(func.count()).select_from(table)) == 0


def test_thousands_of_incidents_are_reported_in_one_transaction(store_url, transaction):
    if not store_url.startswith("postgresql"):
        pytest.skip("SQLite has one lock for everything")
    with transaction() as connection:
        for number in range(200):
            report(connection, miss(dedup_key=f"sla:{number}"), now=NOON)
        held = connection.exec_driver_sql(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
        ).scalar()
    assert held <= 64
