"""When everything is called all right, and when it is not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from airflow_gov_provider.domain.overview import (
    Level,
    by_day,
    level_of_approvals,
    level_of_gates,
    level_of_incidents,
    level_of_ledger,
    promises,
    shares,
    worst_level,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
NO_GATES = {"failed": 0, "insufficient": 0, "warned": 0, "passed": 0}


def test_days_stand_from_the_oldest_to_the_last():
    assert by_day([(0, 5), (2, 1), (0, 1)], days=3) == [1, 0, 6]


@given(some.lists(some.tuples(some.integers(-1, 40), some.integers(0, 9))))
def test_nothing_is_lost_at_the_edges_of_the_window(counts):
    assert sum(by_day(counts, days=30)) == sum(count for _, count in counts)


def test_a_day_with_nothing_to_keep_has_no_share():
    assert shares([3, 0, 0], [1, 0, 2]) == [0.75, None, 0.0]


def test_a_target_that_is_just_met_is_met():
    found = promises([(0.9, 9, 1), (0.99, 99, 1)])
    assert (found.below, found.level) == (0, Level.GOOD)
    assert found.target == pytest.approx(1 - 2 / 110)
    assert found.attainment == pytest.approx(108 / 110)


@pytest.mark.parametrize(
    ("kept", "level"),
    [
        ([], Level.UNKNOWN),
        ([(0.9, 0, 0)], Level.UNKNOWN),
        ([(0.9, 10, 0)], Level.GOOD),
        ([(0.9, 8, 2)], Level.BAD),
        ([(0.9, 98, 2), (0.9, 8, 2)], Level.ATTENTION),
    ],
)
def test_promises_are_bad_when_together_they_miss_more_than_they_may(kept, level):
    assert promises(kept).level is level


@given(some.lists(some.sampled_from(Level), min_size=1))
def test_the_whole_is_never_better_than_its_worst_part(levels):
    assert worst_level(levels) in levels
    assert (worst_level(levels) is Level.GOOD) == (set(levels) == {Level.GOOD})
    assert worst_level([*levels, Level.BAD]) is Level.BAD


def test_nothing_known_is_never_good():
    assert worst_level([]) is Level.UNKNOWN
    assert level_of_gates(**NO_GATES) is Level.UNKNOWN


@pytest.mark.parametrize(
    ("changes", "level"),
    [
        ({"passed": 3}, Level.GOOD),
        ({"passed": 3, "warned": 1}, Level.ATTENTION),
        ({"passed": 3, "insufficient": 1}, Level.BAD),
        ({"passed": 3, "failed": 1}, Level.BAD),
    ],
)
def test_an_open_question_of_a_gate_weighs_like_a_defect(changes, level):
    assert level_of_gates(**{**NO_GATES, **changes}) is level


def test_grave_incidents_are_bad_and_others_want_to_be_looked_at():
    assert level_of_incidents(critical=0, high=0, other=0) is Level.GOOD
    assert level_of_incidents(critical=0, high=0, other=2) is Level.ATTENTION
    assert level_of_incidents(critical=0, high=1, other=0) is Level.BAD


def test_what_waits_for_others_is_as_it_should_be_until_it_is_overdue():
    assert level_of_approvals(mine=0, overdue=0) is Level.GOOD
    assert level_of_approvals(mine=1, overdue=0) is Level.ATTENTION
    assert level_of_approvals(mine=0, overdue=1) is Level.ATTENTION


@pytest.mark.parametrize(
    ("status", "changes", "level"),
    [
        ("intact", {}, Level.GOOD),
        ("unverified", {"verified_at": None}, Level.UNKNOWN),
        ("unverified", {"verified_at": NOON - timedelta(days=9)}, Level.ATTENTION),
        ("broken", {}, Level.BAD),
        ("intact", {"findings": 1}, Level.ATTENTION),
        ("intact", {"unsealed": 9}, Level.GOOD),
        ("intact", {"unsealed": 9, "sealed_at": NOON - timedelta(hours=1)}, Level.ATTENTION),
        ("intact", {"unsealed": 9, "sealed_at": None}, Level.ATTENTION),
        ("intact", {"sealed_at": NOON - timedelta(days=9)}, Level.GOOD),
    ],
)
def test_a_ledger_is_good_that_was_read_again_and_is_sealed_in_time(status, changes, level):
    facts = {"sealed_at": NOON, "unsealed": 0, "findings": 0, "verified_at": NOON, "now": NOON}
    facts |= changes
    assert level_of_ledger(status, **facts) is level
