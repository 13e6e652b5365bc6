"""Shares, budgets and burn rates, counted by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_gov_provider.domain.sla.attainment import Grouping, Tally, attain, attain_by


def tally(met=0, missed=0, *, target=0.99, **more) -> Tally:
    content = {"commitment_id": "c", "name": "by", "dag_id": "dag", "owner": None} | more
    return Tally(met=met, missed=missed, target=target, **content)


def test_attainment_is_what_was_met_of_what_was_met_or_missed():
    found = attain("c", [tally(met=97, missed=3, excused=5, void=7, pending=2)])

    assert (found.counted, found.attainment) == (100, 0.97)
    assert found.target == 0.99
    assert found.budget_used == pytest.approx(3.0), "one miss of a hundred was allowed"


def test_what_is_not_counted_has_no_share():
    found = attain("c", [tally(excused=1, void=2, pending=3)])

    assert (found.attainment, found.target, found.budget_used) == (None, None, None)
    assert (found.excused, found.void, found.pending) == (1, 2, 3)


def test_a_target_that_allows_for_nothing_has_no_budget():
    assert attain("c", [tally(met=5, target=1.0)]).budget_used == 0.0
    assert attain("c", [tally(met=5, missed=1, target=1.0)]).budget_used is None


def test_targets_of_several_commitments_are_weighted_by_how_often_each_counts():
    found = attain("dag", [tally(met=90, target=0.9), tally(met=8, missed=2, target=0.5)])

    assert found.allowed == pytest.approx(9 + 5)
    assert found.target == pytest.approx(0.86)
    assert found.budget_used == pytest.approx(2 / 14)


def test_a_burn_rate_is_the_share_missed_in_its_window_of_the_share_that_may_be():
    found = attain("c", [tally(recent={"1h": (1, 10), "30d": (1, 100)})])

    assert found.burn_rates["1h"] == pytest.approx(10.0)
    assert found.burn_rates["30d"] == pytest.approx(1.0)
    assert found.burn_rates["6h"] is None


def test_what_has_used_most_of_its_budget_comes_first():
    some = [
        tally(met=10, dag_id="kept"),
        tally(met=9, missed=1, dag_id="worse", target=0.99),
        tally(met=9, missed=1, dag_id="bad", target=0.9),
        tally(pending=1, dag_id="new"),
        tally(met=9, missed=1, dag_id="worst", target=1.0),
    ]

    found = attain_by(Grouping.DAG, some)

    assert [one.dag_id for one in found] == ["worst", "worse", "bad", "kept", "new"]


@given(st.lists(st.tuples(*[st.integers(0, 50)] * 2, st.sampled_from("abc")), max_size=20))
def test_grouping_loses_nothing(parts):
    some = [tally(met=met, missed=missed, owner=owner) for met, missed, owner in parts]

    found = attain_by(Grouping.OWNER, some)

    assert sum(one.met for one in found) == sum(met for met, _, _ in parts)
    assert sum(one.missed for one in found) == sum(missed for _, missed, _ in parts)
    assert len(found) == len({owner for _, _, owner in parts})
