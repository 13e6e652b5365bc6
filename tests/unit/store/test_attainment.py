"""Counting outcomes in real databases, against a count by hand over arbitrary histories."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert

from airflow_gov_provider.domain.events import canonical_line
from airflow_gov_provider.domain.sla.attainment import BURN_WINDOWS, Grouping, attain_by
from airflow_gov_provider.domain.sla.commitments import Commitment, Kind
from airflow_gov_provider.store import database
from airflow_gov_provider.store.promise_tables import commitment, sla_outcome
from airflow_gov_provider.store.promises.attainment import TallyFilter, tallies

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)

histories = st.lists(
    st.fixed_dictionaries(
        {
            "state": st.sampled_from(["met", "missed", "excused", "void", "pending"]),
            "dag_id": st.sampled_from(["a", "b"]),
            "owner": st.sampled_from([None, "team"]),
            "expected": st.integers(-1000, 30),  # hours from noon
            "early": st.integers(0, 40),
        }
    ),
    max_size=30,
)


def write(url: str, history: list[dict]) -> None:
    rows = [
        {
            "outcome_id": f"{number:036}",
            "commitment_id": one["dag_id"] * 64,
            "occasion": str(number),
            "dag_id": one["dag_id"],
            "owner": one["owner"],
            "state": one["state"],
            "expected_at": NOON + one["expected"] * HOUR,
            "actual_at": NOON + (one["expected"] - one["early"]) * HOUR
            if one["state"] == "met"
            else None,
            "judged_at": None if one["state"] == "pending" else NOON,
            "created_at": NOON - 2000 * HOUR,
            "terms": "{}",
        }
        for number, one in enumerate(history)
    ]
    with database.transaction(url) as connection:
        connection.execute(delete(sla_outcome))
        if rows:
            connection.execute(insert(sla_outcome), rows)


@pytest.fixture
def promised(store_url):
    """Dag ``a`` has a commitment of which nine of ten are to be met; nobody knows that of ``b``."""
    terms = Commitment(name="by ten", kind=Kind.BY, dag_id="a", subject="a")
    row = {"commitment_id": "a" * 64, "dag_id": "a", "name": "by ten", "kind": "by"}
    row |= {"subject": "a", "severity": "low", "target": 0.9, "source": "dag"}
    row |= {"document": canonical_line(terms.content).decode()}
    with database.transaction(store_url) as connection:
        connection.execute(insert(commitment).values(**row, declared_at=NOON, updated_at=NOON))
    return store_url


def decided(one: dict) -> int:
    return one["expected"] - one["early"] if one["state"] == "met" else one["expected"]


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(history=histories, back=st.integers(1, 900), until=st.integers(-200, 0))
def test_attainment_equals_a_count_by_hand(promised, history, back, until):
    write(promised, history)
    since = until - back
    wanted = TallyFilter(since=NOON + since * HOUR, until=NOON + until * HOUR)

    with database.transaction(promised) as connection:
        found = {one.dag_id: one for one in attain_by(Grouping.DAG, tallies(connection, wanted))}

    for dag_id in "ab":
        mine = [one for one in history if one["dag_id"] == dag_id]
        inside = [one["state"] for one in mine if since <= decided(one) < until]
        got = found.get(dag_id)
        for state in ("met", "missed", "excused", "void"):
            assert (getattr(got, state) if got else 0) == inside.count(state)
        pending = sum(one["state"] == "pending" for one in mine)
        assert (got.pending if got else 0) == pending
        for name, span in BURN_WINDOWS.items():
            hours = span / HOUR
            recent = [one["state"] for one in mine if until - hours <= decided(one) < until]
            counted = recent.count("met") + recent.count("missed")
            allowed = counted * (0.1 if dag_id == "a" else 0.01)
            expected = recent.count("missed") / allowed if counted else None
            assert (got.burn_rates[name] if got else None) == (
                None if expected is None else pytest.approx(expected)
            )


def test_filters_and_the_names_of_commitments(promised):
    one = {"state": "met", "owner": "team", "expected": -1, "early": 0}
    write(promised, [one | {"dag_id": "a"}, one | {"dag_id": "b", "owner": None}])
    window = {"since": NOON - 10 * HOUR, "until": NOON}

    def count(**wanted):
        with database.transaction(promised) as connection:
            found = list(tallies(connection, TallyFilter(**window, **wanted)))
        return sorted((tally.dag_id, tally.name, tally.target) for tally in found)

    a, b = ("a", "by ten", 0.9), ("b", None, 0.99)
    assert count() == [a, b]
    assert count(dag_id="a") == count(owner="team") == count(commitment_id="a" * 64) == [a]
    assert count(dag_ids={"b"}) == [b]
    assert count(dag_ids=set()) == []


@given(history=histories, named=st.sets(st.sampled_from(["a", "b"])))
@settings(
    deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_commitments_that_are_named_count_as_they_do_among_all(store_url, history, named):
    write(store_url, history)
    times = {"since": NOON - 500 * HOUR, "until": NOON}
    ids = {name * 64 for name in named}
    with database.transaction(store_url) as connection:
        every = list(tallies(connection, TallyFilter(**times)))
        some = list(tallies(connection, TallyFilter(**times, commitment_ids=ids)))

    def by_key(found):
        return sorted(found, key=lambda one: (one.commitment_id, one.owner or ""))

    assert by_key(some) == by_key(one for one in every if one.commitment_id in ids)
