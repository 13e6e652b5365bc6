"""Where an alias pointed, from what promotions say they did."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fakes.governed_runs import NOON, GovernedRun
from hypothesis import given
from hypothesis import strategies as st

from airflow_gov_provider.domain.evidence import ModelRef
from airflow_gov_provider.domain.models.alias_history import Drift, as_of, compare, history, move_of
from airflow_gov_provider.domain.verdicts import Verdict


def moves(*steps):
    """Each step: version, and what was there before; one minute apart."""
    found = []
    for number, (version, previous, *alias) in enumerate(steps):
        run = GovernedRun(model=ModelRef(name="income", version=version), first=number)
        done = run.promotion(previous=previous, alias=alias[0] if alias else "champion")
        found.append(move_of(done))
    return found


def versions(states):
    return {state.alias: state.version for state in states}


@pytest.mark.parametrize("stage", ["refused", "intended", "not confirmed"])
def test_only_a_promotion_that_was_carried_out_moves_an_alias(stage):
    assert move_of(GovernedRun().promotion(stage=stage, verdict=Verdict.FAILED)) is None


def test_other_evidence_moves_nothing():
    assert move_of(GovernedRun().card()) is None


def test_an_alias_pointed_where_the_last_promotion_before_put_it():
    told = moves(("1", None), ("2", "1"), ("3", "2"))

    assert versions(as_of(told, told[1].at)) == {"champion": "2"}
    assert versions(as_of(told, told[2].at - timedelta(seconds=1))) == {"champion": "2"}
    assert versions(as_of(told, told[2].at)) == {"champion": "3"}


def test_before_the_first_promotion_it_pointed_to_what_that_one_found():
    told = moves(("3", "2"))

    (state,) = as_of(told, NOON - timedelta(days=1))

    assert (state.version, state.since, state.found_by) == ("2", None, told[0])


def test_before_it_was_first_set_there_was_no_alias():
    assert as_of(moves(("1", None)), NOON - timedelta(days=1)) == ()


def test_aliases_of_one_name_in_two_registries_are_two():
    here = move_of(GovernedRun(first=1).promotion(registry="http://one"))
    there = move_of(GovernedRun(first=2).promotion(registry="http://two"))

    assert len(as_of([here, there], NOON + timedelta(days=1))) == 2


def test_a_promotion_that_finds_another_version_tells_of_a_move_outside():
    told = history(moves(("1", None), ("3", "2"), ("4", "3")))

    assert [move.left_at for move in told] == [None, "1", None]


def test_an_alias_that_was_removed_in_between_is_told_as_well():
    told = history(moves(("1", None), ("2", None)))

    assert told[1].left_at == "1"


def test_other_aliases_are_no_gap():
    told = history(moves(("1", None), ("2", None, "challenger"), ("2", "1")))

    assert all(move.left_at is None for move in told)


@pytest.mark.parametrize(
    ("found", "drift"),
    [
        ({"champion": "2"}, Drift.SAME),
        ({"champion": "7"}, Drift.MOVED),
        ({}, Drift.GONE),
    ],
)
def test_an_alias_that_was_moved_outside_of_promotions_is_seen(found, drift):
    states = as_of(moves(("1", None), ("2", "1")), NOON + timedelta(days=1))

    (compared,) = compare(states, found)

    assert (compared.alias, compared.drift) == ("champion", drift)
    assert compared.found == found.get("champion")


def test_an_alias_that_no_promotion_ever_set_is_unrecorded():
    (compared,) = compare([], {"shadow": "4"})

    assert (compared.drift, compared.recorded) == (Drift.UNRECORDED, None)


@given(st.lists(st.sampled_from("123"), min_size=1, max_size=8), st.randoms())
def test_the_order_in_which_promotions_are_read_does_not_matter(path, random):
    before, steps = None, []
    for version in path:
        steps.append((version, before))
        before = version
    told = moves(*steps)
    shuffled = random.sample(told, len(told))

    assert history(shuffled) == history(told)
    assert all(move.left_at is None for move in history(told))
    for move in told:
        assert versions(as_of(shuffled, move.at)) == {"champion": move.version}
