"""What a promise is called where people read of it."""

from __future__ import annotations

from datetime import time, timedelta

import pytest

from airflow_gov_provider.domain.sla.commitments import Commitment, CountsFrom, Kind, usual_name
from airflow_gov_provider.domain.sla.words import length_in_words, title_of


def unnamed(kind: Kind, **terms) -> Commitment:
    naming = {key: terms[key] for key in ("subject", "counts_from") if key in terms}
    return Commitment(name=usual_name(kind, **naming), kind=kind, dag_id="income", **terms)


@pytest.mark.parametrize(
    ("promise", "said"),
    [
        (
            unnamed(Kind.BY, by=time(10), tz="Europe/Berlin"),
            "done by 10:00 (Europe/Berlin)",
        ),
        (unnamed(Kind.BY, by=time(6, 30)), "done by 06:30 (UTC)"),
        (unnamed(Kind.RUN, within=timedelta(hours=2)), "done within 2 h of being queued"),
        (
            unnamed(Kind.RUN, within=timedelta(minutes=90), counts_from=CountsFrom.LOGICAL_DATE),
            "done within 1 h 30 min of its logical date",
        ),
        (
            unnamed(Kind.TASK, subject="train", within=timedelta(minutes=5)),
            "task train done within 5 min of the run's start",
        ),
        (
            unnamed(Kind.ASSET, subject="s3://orders", within=timedelta(days=1)),
            "s3://orders updated every 1 d",
        ),
    ],
)
def test_a_promise_without_a_name_is_called_by_what_it_says(promise, said):
    assert title_of(promise) == said


def test_a_name_that_its_author_gave_stays():
    named = Commitment(name="breakfast", kind=Kind.BY, dag_id="income", by=time(7))

    assert title_of(named) == "breakfast"


def test_a_title_changes_with_the_terms_while_the_promise_stays_the_same():
    short = unnamed(Kind.RUN, within=timedelta(hours=1))
    long = unnamed(Kind.RUN, within=timedelta(hours=3))

    assert short.commitment_id == long.commitment_id
    assert title_of(short) != title_of(long)


def test_a_length_is_told_in_its_units():
    assert length_in_words(timedelta(days=1, hours=12, seconds=5)) == "1 d 12 h 5 s"
    assert length_in_words(timedelta(seconds=0.5)) == "0.5 s"
