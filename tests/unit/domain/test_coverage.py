"""When a listener that is not heard becomes a finding, and when it is heard again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from airflow_gov_provider.domain.record.coverage import DAG, HOST, Transition, judge

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
A, B = (HOST, "a"), (HOST, "b")


def seen(heard: str, *, host="a", dag="dag", begin=0):
    """``"101"`` is a transition that was heard, one that was not, and one that was."""
    return [
        Transition(
            event_id=f"{host}-{dag}-{begin + second}",
            host=host,
            dag_id=dag,
            at=BEGIN + timedelta(seconds=begin + second),
            heard=one == "1",
        )
        for second, one in enumerate(heard)
    ]


def lost(transitions, **more):
    return [loss.subject for loss in judge(transitions, **more).lost]


def test_several_in_a_row_on_one_host_are_a_finding_with_examples():
    (loss,) = judge([*seen("1000"), *seen("1111", host="b")]).lost

    assert (loss.subject, loss.lost, loss.of) == (A, 3, 4)
    assert list(loss.examples) == ["a-dag-3", "a-dag-2", "a-dag-1"]
    assert loss.since == BEGIN + timedelta(seconds=1)


def test_one_process_that_died_is_none():
    assert lost(seen("1101")) == lost(seen("00")) == lost(seen("0010011")) == []


def test_few_of_very_many_are_none():
    assert lost(seen("1" * 60 + "000")) == []
    assert lost(seen("1" * 50 + "000")) == [A]


def test_a_dag_is_named_where_its_hosts_are_well():
    elsewhere = [*seen("1" * 40, dag="other"), *seen("1" * 40, dag="other", host="b")]
    spread = [
        one
        for at in range(3)
        for host in "ab"
        for one in seen("0", host=host, begin=100 + 20 * at + 10 * (host == "b"))
    ]
    heard = [
        one
        for at in (105, 115, 125, 135, 145, 155)
        for h in "ab"
        for one in seen("1", dag="other", host=h, begin=at)
    ]

    assert lost([*elsewhere, *spread, *heard]) == [(DAG, "dag")]


def test_a_dag_needs_no_finding_beside_that_of_its_host():
    assert lost(seen("000")) == [A]


def test_what_is_known_is_not_found_again_and_is_restored_when_it_is_heard():
    assert lost(seen("0000"), open_findings=[A]) == []
    assert judge(seen("00011111"), open_findings=[A]).restored == [A]
    assert judge(seen("0001111"), open_findings=[A]).restored == []
    assert judge(seen("1"), open_findings=[A, B]).restored == [A]


def test_what_came_late_counts():
    assert judge(seen("111"), open_findings=[A]).restored == [A]


def test_what_was_before_a_finding_was_closed_does_not_open_it_again():
    closed = {A: BEGIN + timedelta(seconds=3), (DAG, "dag"): BEGIN + timedelta(seconds=3)}

    assert lost(seen("000111"), closed=closed) == []
    assert lost(seen("000111000"), closed=closed) == [A]


def test_what_a_host_was_blamed_for_is_not_held_against_its_dags_later():
    assert lost(seen("000111"), closed={A: BEGIN + timedelta(seconds=3)}) == []


@given(st.lists(st.tuples(st.sampled_from("ab"), st.booleans()), max_size=60), st.randoms())
def test_the_order_of_arrival_does_not_matter(given_transitions, random):
    ones = [
        one
        for at, (host, heard) in enumerate(given_transitions)
        for one in seen("01"[heard], host=host, begin=at)
    ]
    shuffled = random.sample(ones, len(ones))

    assert judge(shuffled, open_findings=[A]) == judge(ones, open_findings=[A])


@given(st.lists(st.booleans(), max_size=60))
def test_nothing_is_found_where_all_are_heard_and_always_where_none_is(pauses):
    assert lost(seen("1" * len(pauses))) == []
    assert lost(seen("0" * len(pauses))) == ([A] if len(pauses) >= 3 else [])
