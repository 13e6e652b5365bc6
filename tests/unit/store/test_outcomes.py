"""The table of outcomes: which of them is the newest of each promise, and what it costs to know."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, create_engine, event

from airflow_gov_provider.domain.sla.commitments import Commitment, Kind
from airflow_gov_provider.hooks.sla import pending
from airflow_gov_provider.store.promises.commitments import declare
from airflow_gov_provider.store.promises.outcomes import add_pending, newest_of

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def promises(count: int) -> list[Commitment]:
    return [
        Commitment(name="asset", kind=Kind.ASSET, subject=f"s3://{number}", within=DAY)
        for number in range(count)
    ]


def note(connection: Connection, one: Commitment, *days: int) -> None:
    """Outcomes with deadlines so many days after noon, in this order."""
    rows = [pending(one, f"day {day}", expected_at=NOON + day * DAY, now=NOON) for day in days]
    add_pending(connection, rows)


@pytest.fixture
def connection(store_url):
    engine = create_engine(store_url)
    with engine.begin() as opened:
        yield opened
    engine.dispose()


def test_the_newest_outcome_is_that_with_the_last_deadline_of_each_promise(connection):
    old, shuffled, none, other = made = promises(4)
    declare(connection, made, now=NOON)
    note(connection, old, -300)
    note(connection, shuffled, 2, 9, 4)
    note(connection, other, 12)

    found = newest_of(connection, [one.commitment_id for one in (old, shuffled, none)])

    assert {id_: (one.occasion, one.terms) for id_, one in found.items()} == {
        old.commitment_id: ("day -300", old),
        shuffled.commitment_id: ("day 9", shuffled),
    }


def test_more_promises_than_one_statement_takes_are_all_answered(connection):
    made = promises(501)
    declare(connection, made, now=NOON)
    for one in made:
        note(connection, one, 1)

    assert set(newest_of(connection, [one.commitment_id for one in made])) == {
        one.commitment_id for one in made
    }


@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_the_newest_outcome_is_looked_for_once_for_each_promise_and_not_for_each_outcome(
    connection,
):
    made = promises(5)
    declare(connection, made, now=NOON)
    for one in made:
        note(connection, one, *range(40))
    asked = []
    event.listen(
        connection,
        "before_cursor_execute",
        lambda _c, _cursor, statement, values, *_: asked.append((statement, values)),
    )
    newest_of(connection, [one.commitment_id for one in made])
    ((statement, values),) = list(asked)

    explained = connection.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", values)

    twice = 2 * len(made)  # a join by hashes asks once more for what it compares in the end
    assert 0 < searches(explained.scalar_one()[0]["Plan"]) <= twice


def searches(plan: dict) -> int:
    """How often the statement in the statement was run."""
    own = plan["Actual Loops"] if plan.get("Subplan Name") else 0
    return own + sum(searches(part) for part in plan.get("Plans", ()))
