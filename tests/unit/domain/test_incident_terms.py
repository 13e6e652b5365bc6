"""Keys of incidents, clocks of reports, what lies downstream, and how a growing table is read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_gov_provider.domain.chain.blast_radius import (
    MOST_DAGS,
    Link,
    Via,
    dag_node,
    downstream,
)
from airflow_gov_provider.domain.incidents.incident import LONGEST_KEY, dedup_key_of
from airflow_gov_provider.domain.incidents.reporting import (
    Clock,
    Step,
    regime_called,
    regimes,
    start,
)
from airflow_gov_provider.domain.record import walks
from airflow_gov_provider.domain.record.walks import SETTLES_AFTER, Walk
from airflow_gov_provider.exceptions import ArgumentInvalid

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_key_is_readable_and_fits_whatever_it_is_made_of():
    assert dedup_key_of("gate_blocked", "income", "gate", None) == "gate_blocked:income/gate"
    long, longer = dedup_key_of("k", "a" * 250, "b" * 250), dedup_key_of("k", "a" * 250, "c" * 250)
    assert len(long) <= LONGEST_KEY
    assert long != longer


def test_the_duties_to_report_have_the_times_of_the_law():
    days = {name: regime.within / timedelta(days=1) for name, regime in regimes().items()}
    assert days == {
        "eu_ai_act_serious_incident": 15,
        "eu_ai_act_widespread": 2,
        "eu_ai_act_death": 10,
        "gdpr_breach": 3,
    }
    with pytest.raises(ArgumentInvalid, match="expected one of eu_ai_act_serious_incident"):
        regime_called("hipaa")


def clock_of(regime="gdpr_breach", **changes) -> Clock:
    return start(regime_called(regime), aware_at=NOON, by="alice", now=NOON, **changes)


def test_a_clock_reminds_at_half_at_nine_tenths_and_at_the_end_and_once_each():
    clock, told = clock_of(), []
    for hour in range(200):
        now = NOON + timedelta(hours=hour)
        if step := clock.step_to_tell(now):
            told.append((hour, step))
            clock = clock.having_told(step)
    assert told == [(36, Step.HALF), (65, Step.NINETY), (72, Step.OVERDUE)]


def test_a_clock_that_nobody_looked_at_for_long_reminds_only_of_the_last_step():
    late = NOON + timedelta(days=4)
    clock = clock_of().having_told(Step.OVERDUE)
    assert clock_of().step_to_tell(late) is Step.OVERDUE
    assert clock.step_to_tell(late) is None
    assert clock.left(late) == timedelta(days=-1)


def test_nobody_is_aware_of_anything_in_the_future():
    with pytest.raises(ArgumentInvalid, match="aware_at: expected a time until now"):
        start(
            regime_called("gdpr_breach"),
            aware_at=NOON + timedelta(seconds=1),
            by="alice",
            now=NOON,
        )


@given(st.sampled_from(sorted(regimes())), st.sampled_from([None, *Step]))
def test_a_clock_is_read_back_as_it_was_written(regime, step):
    clock = clock_of(regime)
    clock = clock.having_told(step) if step else clock
    assert Clock.from_content(clock.content) == clock


def by(source: str, target: str, via: Via = Via.TRIGGER, name: str = "t") -> Link:
    return Link(source=source, target=target, via=via, name=name)


def test_what_lies_downstream_is_found_by_assets_triggers_and_sensors_with_the_way_to_it():
    links = [
        by("dag:train", "asset:1", Via.ASSET, "model"),
        by("asset:1", "dag:serve", Via.ASSET, "model"),
        by("dag:serve", "dag:report", Via.SENSOR, "wait"),
        by("dag:report", "dag:train", Via.TRIGGER, "again"),
        by("dag:other", "dag:alone", Via.TRIGGER, "start"),
    ]
    dags, cut = downstream("train", links)
    assert [(one.dag_id, one.after, one.via, one.name, one.steps) for one in dags] == [
        ("serve", "train", Via.ASSET, "model", 1),
        ("report", "serve", Via.SENSOR, "wait", 2),
    ]
    assert not cut


def test_more_than_can_be_listed_is_cut_and_said_so():
    links = [by("dag:a", f"dag:b{number}") for number in range(MOST_DAGS + 1)]
    dags, cut = downstream("a", links)
    assert (len(dags), cut) == (MOST_DAGS, True)


NODES = st.sampled_from([*(dag_node(name) for name in "abcde"), "asset:1", "asset:2"])


@given(st.sets(st.tuples(NODES, NODES), max_size=20))
def test_downstream_is_what_can_be_reached_and_the_nearest_come_first(pairs):
    dags, _ = downstream("a", [by(source, target) for source, target in sorted(pairs)])
    reached, grown = {"dag:a"}, True
    while grown:
        more = {target for source, target in pairs if source in reached} - reached
        reached, grown = reached | more, bool(more)
    assert {dag_node(one.dag_id) for one in dags} == {
        node for node in reached if node.startswith("dag:") and node != "dag:a"
    }
    assert [one.steps for one in dags] == sorted(one.steps for one in dags)


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 50)), max_size=30),
    st.sampled_from([0, 8]),
)
def test_every_row_is_read_and_one_that_turns_up_late_as_well(arrivals, lag):
    """Rows get their numbers in order and show up to 50 seconds later."""
    shows = [(number + 1, 5 * at_round, delay) for number, (at_round, delay) in enumerate(arrivals)]
    numbered = sorted(shows, key=lambda row: (row[1], row[0]))
    visible_at = {
        number: NOON + timedelta(seconds=given_at + delay)
        for number, (_, given_at, delay) in enumerate(numbered, start=1)
    }
    walk, read = Walk.begin(0), dict.fromkeys(visible_at, 0)
    for second in range(0, 400, 5):
        now = NOON + timedelta(seconds=second)
        there = [number for number, at in visible_at.items() if at <= now]
        stretches, walk = walk.step(last=max(there, default=0), now=now, lag=timedelta(seconds=lag))
        for after, up_to in stretches:
            for number in there:
                read[number] += after < number <= up_to
        walk = Walk.from_content(walk.content)
    assert all(1 <= times <= 2 for times in read.values())
    assert walk.read == walk.settled == len(visible_at)
    assert walk.step(last=len(visible_at), now=NOON + timedelta(days=1))[1] == walk


def test_a_long_way_is_gone_in_several_steps(monkeypatch):
    monkeypatch.setattr(walks, "MOST_AT_ONCE", 10)
    walk, found = Walk.begin(0), []
    for second in range(0, 1000, 5):
        now = NOON + timedelta(seconds=second)
        stretches, walk = walk.step(last=25, now=now)
        found += stretches
    assert found[:3] == [(0, 10), (10, 20), (20, 25)]
    assert all(up_to - after <= 10 for after, up_to in found)
    assert walk.settled == 25
    assert timedelta(seconds=50) < SETTLES_AFTER
