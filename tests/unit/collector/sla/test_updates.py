"""Promises about the age of assets, judged from rows of a real Airflow on real databases."""

from __future__ import annotations

import pytest

from airflow_gov_provider.domain.sla.commitments import Kind
from tests.fakes.metadata import BEGIN
from tests.unit.collector.sla.conftest import at, promise


@pytest.fixture(autouse=True)
def _declared(judge):
    judge.declare(promise(Kind.ASSET, within=100, dag_id=None), at=BEGIN)


def occasion(seconds: float) -> str:
    return at(seconds).isoformat()


def test_time_counts_from_the_promise_until_the_first_update(judge):
    judge.judge(10)

    assert judge.states == [(occasion(0), "pending")]
    assert judge.only().expected_at == at(100)


@pytest.mark.parametrize("name", ["census", "s3://census"])
def test_an_update_in_time_meets_it_and_time_counts_anew(judge, metadata, name):
    if name != "census":
        judge.retire(promise(Kind.ASSET, dag_id=None), at=BEGIN)
        judge.declare(promise(Kind.ASSET, within=100, dag_id=None, subject=name), at=BEGIN)
    judge.judge(10)
    metadata.update_asset("census", at(80))
    metadata.update_asset("other", at(81))

    judge.judge(90)

    assert judge.states == [(occasion(0), "met"), (occasion(80), "pending")]
    assert [one.expected_at for one in judge.outcomes] == [at(100), at(180)]
    assert judge.outcomes[0].actual_at == at(80)


def test_without_an_update_it_is_missed_once(judge):
    judge.judge(10)

    assert judge.judge(110) == 1
    assert judge.judge(9000) == 0

    assert judge.states == [(occasion(0), "missed")]
    (incident,) = judge.incidents
    assert (incident.occurrences, incident.dag_id) == (1, None)


def test_a_late_update_says_when_it_happened_after_all_and_time_counts_anew(judge, metadata):
    judge.judge(110)
    metadata.update_asset("census", at(150))
    judge.judge(160)
    assert judge.outcomes[0].actual_at == at(150)
    assert judge.states == [(occasion(0), "missed"), (occasion(150), "pending")]

    metadata.update_asset("census", at(200))
    judge.judge(210)

    assert judge.states[:2] == [(occasion(0), "missed"), (occasion(150), "met")]
    assert [one.state for one in judge.incidents] == ["resolved"]


def test_updates_while_no_collector_ran_are_judged_when_it_is_back(judge, metadata):
    judge.judge(10)
    for seconds in (50, 60, 170, 260):
        metadata.update_asset("census", at(seconds))

    judge.judge(500)
    judge.judge(510)

    assert judge.states == [
        (occasion(0), "met"),
        (occasion(50), "met"),
        (occasion(60), "missed"),
        (occasion(170), "met"),
        (occasion(260), "missed"),
    ]
    actual = [one.actual_at for one in judge.outcomes]
    assert actual == [at(50), at(60), at(170), at(260), None]


def test_an_update_before_the_promise_does_not_count(judge, metadata):
    metadata.update_asset("census", at(-10))

    judge.judge(10)

    assert judge.states == [(occasion(0), "pending")]


def test_a_promise_that_is_withdrawn_has_no_further_periods(judge, metadata):
    judge.judge(10)
    judge.retire(promise(Kind.ASSET, dag_id=None), at=at(20))
    metadata.update_asset("census", at(50))

    judge.judge(300)

    assert judge.states == [(occasion(0), "met")]


def test_an_update_in_time_that_comes_to_light_later_corrects_the_miss(judge, metadata):
    judge.judge(110)
    assert judge.states == [(occasion(0), "missed")]
    metadata.update_asset("census", at(99))

    judge.judge(120)

    assert judge.states == [(occasion(0), "met"), (occasion(99), "pending")]
    assert judge.outcomes[0].actual_at == at(99)
    assert judge.told == {"sla.missed": 1, "sla.corrected": 1}
    assert [one.state for one in judge.incidents] == ["resolved"]


def test_a_period_that_ends_after_the_promise_was_taken_back_is_void(judge):
    judge.judge(10)
    judge.retire(promise(Kind.ASSET, dag_id=None), at=at(20))

    judge.judge(110)

    assert judge.only().reason == "the promise was taken back"
    assert (judge.state(occasion(0)), judge.told) == ("void", {"sla.void": 1})
    assert judge.incidents == []


def test_a_promise_that_is_taken_back_when_it_was_broken_is_missed(judge):
    judge.judge(10)
    judge.retire(promise(Kind.ASSET, dag_id=None), at=at(101))

    judge.judge(110)

    assert judge.state(occasion(0)) == "missed"


@pytest.mark.parametrize(("within", "deadline"), [(40, 40), (5, 30 + 5), (200, 200)])
def test_a_period_that_is_open_has_the_terms_of_now(judge, within, deadline):
    judge.judge(10)
    terms = promise(Kind.ASSET, within=within, dag_id=None, owner="other-team")
    judge.change(terms, at=at(29))

    judge.judge(30)
    judge.judge(31)
    assert (judge.only().expected_at, judge.only().owner) == (at(deadline), "other-team")
    judge.judge(deadline + 10)

    assert judge.states == [(occasion(0), "missed")]


def test_a_promise_that_is_made_again_counts_from_then_on(judge):
    terms = promise(Kind.ASSET, within=100, dag_id=None)
    judge.judge(10)
    judge.retire(terms, at=at(20))
    judge.judge(30)
    judge.declare(terms, at=at(90))

    judge.judge(110)

    assert (judge.state(occasion(0)), judge.only().expected_at) == ("pending", at(190))
