"""What a promise is known by, and that it survives being written down."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

from fakes.promises import commitments, words
from hypothesis import given

from airflow_gov_provider.domain.events import canonical_line
from airflow_gov_provider.domain.severity import Severity, worst
from airflow_gov_provider.domain.sla.commitments import Commitment, CountsFrom, Kind, usual_name

TRAIN = Commitment(name="task train", kind=Kind.TASK, subject="train", within=timedelta(hours=1))


@given(commitments)
def test_a_commitment_comes_back_from_its_json(commitment):
    assert Commitment.from_content(json.loads(canonical_line(commitment.content))) == commitment


@given(commitments, words)
def test_a_commitment_of_a_dag_is_about_something_and_somebodys(commitment, dag_id):
    taken = commitment.of_dag(dag_id, owner="ml")
    assert (taken.dag_id, bool(taken.subject)) == (dag_id, True)
    assert taken.owner == (commitment.owner or "ml")


def test_another_number_is_the_same_commitment_and_another_dag_is_another():
    income = TRAIN.of_dag("income")
    assert income.commitment_id == replace(income, within=timedelta(hours=2)).commitment_id
    assert income.commitment_id == replace(income, severity=Severity.LOW).commitment_id
    assert income.commitment_id != TRAIN.of_dag("credit").commitment_id
    assert income.commitment_id != replace(income, name="soft").commitment_id


def test_the_id_of_a_commitment_is_pinned():
    assert TRAIN.of_dag("income").commitment_id == (
        "7c7465ebf1330db01f387ee807cd074b8e1b07da122cf4dcc9d431bcf92f0f9f"
    )


def test_usual_names_leave_out_what_may_change():
    assert usual_name(Kind.RUN) == "run from queued"
    assert usual_name(Kind.RUN, counts_from=CountsFrom.LOGICAL_DATE) == "run from logical date"
    assert usual_name(Kind.TASK, subject="train") == "task train"
    assert usual_name(Kind.BY) == "by"
    assert usual_name(Kind.ASSET, subject="s3://x") == "asset s3://x"
    assert len(usual_name(Kind.ASSET, subject="s" * 1000)) == 250


def test_severities_are_compared_by_rank_and_not_by_the_alphabet():
    assert worst(Severity.LOW, Severity.CRITICAL, Severity.MEDIUM) is Severity.CRITICAL
    assert sorted(Severity, key=lambda severity: severity.rank) == list(Severity)
