"""The whole life of incidents, in any order of events, against a model that is plain to see."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from airflow_gov_provider.domain.incidents.incident import (
    REOPENS_WITHIN,
    Kind,
    Resolution,
    Sighting,
    State,
)
from airflow_gov_provider.domain.severity import Severity
from airflow_gov_provider.exceptions import IncidentConflict
from airflow_gov_provider.hooks import incident_decisions as people
from airflow_gov_provider.hooks.incidents import heal, report
from airflow_gov_provider.store import database
from airflow_gov_provider.store.events.rows import event_with
from airflow_gov_provider.store.incidents import rows as store

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOURS = st.integers(0, 30)
ALLOWED_AFTER = {
    None: {"opened"},
    State.OPEN: {"repeated", "acknowledged", "assigned", "commented", "resolved"},
    State.ACKNOWLEDGED: {"repeated", "assigned", "commented", "resolved"},
    State.RESOLVED: {"repeated", "reopened", "commented"},
}
LEADS_TO = {
    "opened": State.OPEN,
    "reopened": State.OPEN,
    "acknowledged": State.ACKNOWLEDGED,
    "resolved": State.RESOLVED,
}
keys = itertools.count()


class Life(RuleBasedStateMachine):
    url: str
    lived = 0

    def __init__(self) -> None:
        super().__init__()
        self.key = f"key {next(keys)}"
        self.now = NOON
        self.seen: set[str] = set()
        self.ids: list[str] = []

    def _do(self, action):
        """The action on the newest incident; what it returns or raises, after the time went on."""
        try:
            with database.transaction(self.url) as connection:
                return action(connection)
        except IncidentConflict as error:
            return error

    def teardown(self) -> None:
        type(self).lived += len(self.ids)

    def _newest(self):
        with database.transaction(self.url) as connection:
            return store.newest_of_key(connection, self.key)

    @rule(hours=HOURS, minutes=st.integers(1, 59))
    def wait(self, hours, minutes):
        self.now += timedelta(hours=hours, minutes=minutes)

    @rule(occasion=st.integers(0, 6).map(str), ago=st.sampled_from([0, 0, 0, 1, 40]))
    def see(self, occasion, ago):
        before = self._newest()
        seen_at = self.now - timedelta(hours=ago)
        sighting = Sighting(
            kind=Kind.SLA_MISS,
            dedup_key=self.key,
            occasion=occasion,
            severity=Severity.HIGH,
            title="late",
            seen_at=seen_at,
        )
        after = self._do(lambda connection: report(connection, sighting, now=self.now))
        if occasion in self.seen:
            assert self._newest() == before
            return
        self.seen.add(occasion)
        if before is None or _is_over(before, seen_at):
            assert after.incident_id not in self.ids
            self.ids.append(after.incident_id)
            assert (after.state, after.occurrences) == (State.OPEN, 1)
            return
        assert after.incident_id == before.incident_id
        assert after.occurrences == before.occurrences + 1
        by_machine = before.resolved_at is not None and before.resolved_by is None
        stays = before.resolved_at is None or (by_machine and seen_at <= before.resolved_at)
        assert after.state is (before.state if stays else State.OPEN)

    @rule()
    def become_well(self):
        before = self._newest()
        after = self._do(lambda connection: heal(connection, self.key, reason="ok", now=self.now))
        if before is None or before.state is State.RESOLVED:
            assert after is None
        else:
            assert (after.state, after.resolution) == (State.RESOLVED, Resolution.HEALED)

    @rule(
        what=st.sampled_from(["acknowledge", "assign", "comment", "resolve"]), stale=st.booleans()
    )
    def decide(self, what, stale):
        before = self._newest()
        if before is None:
            return
        version = before.version - 1 if stale else before.version
        more = {
            "acknowledge": {},
            "assign": {"assignee": "bob"},
            "comment": {"text": "hm"},
            "resolve": {"resolution": "fixed", "comment": "done"},
        }[what]
        act = getattr(people, what)
        author = people.Author(name="alice")
        after = self._do(
            lambda connection: act(
                connection,
                before.incident_id,
                author=author,
                now=self.now,
                version=version,
                **more,
            )
        )
        fits = {
            "acknowledge": before.state is State.OPEN,
            "comment": True,
        }.get(what, before.state is not State.RESOLVED)
        if stale or not fits:
            assert isinstance(after, IncidentConflict)
            assert self._newest() == before
        else:
            assert after.version == before.version + 1

    @invariant()
    def every_timeline_is_a_possible_one(self):
        unresolved, occasions = 0, 0
        with database.transaction(self.url) as connection:
            for incident_id in self.ids:
                incident = store.get_incident(connection, incident_id)
                entries = store.entries_of(connection, incident_id)
                assert [entry.details["version"] for entry in entries] == [
                    *range(1, incident.version + 1)
                ]
                assert _state_after(entries) is incident.state
                for entry in entries:
                    assert event_with(connection, entry.event_id).event.type.endswith(entry.kind)
                unresolved += incident.state is not State.RESOLVED
                occasions += incident.occurrences
                is_resolved = incident.state is State.RESOLVED
                assert (incident.resolved_at is not None) is is_resolved
                assert (incident.resolution is not None) is is_resolved
        assert unresolved <= 1
        assert occasions == len(self.seen)


def _is_over(incident, seen_at):
    resolved_at = incident.resolved_at
    return resolved_at is not None and seen_at - resolved_at > REOPENS_WITHIN


def _state_after(entries):
    state = None
    for entry in entries:
        assert entry.kind in ALLOWED_AFTER[state]
        state = LEADS_TO.get(entry.kind, state)
    return state


def test_whatever_happens_in_whichever_order_the_life_of_an_incident_is_a_possible_one(
    store_url,
):
    database.engine_for(store_url)
    machine = type("LifeInThisDatabase", (Life,), {"url": store_url})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=25,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert machine.lived > 0, "no incident was opened, so nothing was looked at"
