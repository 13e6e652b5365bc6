"""The table of promises: what is declared, changed and taken back, each with its event."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import create_engine, select

from airflow_gov_provider.domain.severity import Severity
from airflow_gov_provider.domain.sla.commitments import Commitment, CountsFrom, Kind
from airflow_gov_provider.store.promises.commitments import (
    Changes,
    CommitmentFilter,
    declare,
    page_of_commitments,
    stored_commitment,
)
from airflow_gov_provider.store.tables import event

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
ALL = CommitmentFilter(is_retired=None)


def promise(dag_id: str | None = "income", name: str = "run from queued", **more) -> Commitment:
    terms = {"kind": Kind.RUN, "within": HOUR, "counts_from": CountsFrom.QUEUED, **more}
    return Commitment(name=name, dag_id=dag_id, subject=dag_id or "s3://x", **terms)


@pytest.fixture
def connection(store_url):
    engine = create_engine(store_url)
    with engine.begin() as opened:
        yield opened
    engine.dispose()


def told(connection) -> list[tuple[str, str | None, dict]]:
    rows = connection.execute(select(event).order_by(event.c.seq)).all()
    assert {row.witness for row in rows} <= {"collector"}
    return [(row.type, row.dag_id, json.loads(row.document)["payload"]) for row in rows]


def test_what_is_promised_comes_back_as_it_was(connection):
    made = promise(owner="ml", description="soon", severity=Severity.HIGH, target=0.999)
    assert declare(connection, [made], now=NOON) == Changes(declared=1)

    stored = stored_commitment(connection, made.commitment_id)
    assert stored.terms == made
    assert (stored.declared_at, stored.updated_at, stored.retired_at) == (NOON, NOON, None)
    ((type_, dag_id, payload),) = told(connection)
    assert (type_, dag_id) == ("commitment.declared", "income")
    assert Commitment.from_content(payload["terms"]) == made


def test_declaring_the_same_again_changes_and_tells_nothing(connection):
    declare(connection, [promise()], now=NOON)
    assert declare(connection, [promise()], now=NOON + HOUR).count == 0

    assert stored_commitment(connection, promise().commitment_id).updated_at == NOON
    assert len(told(connection)) == 1


def test_other_terms_are_a_change_of_the_same_promise_with_both_in_the_event(connection):
    declare(connection, [promise()], now=NOON)
    later = replace(promise(), within=2 * HOUR)
    assert declare(connection, [later], now=NOON + HOUR) == Changes(changed=1)

    stored = stored_commitment(connection, later.commitment_id)
    assert (stored.terms, stored.declared_at) == (later, NOON)
    assert stored.updated_at == NOON + HOUR
    type_, _, payload = told(connection)[-1]
    assert type_ == "commitment.changed"
    assert (payload["before"]["within"], payload["terms"]["within"]) == (3600, 7200)


def test_what_nobody_declares_any_more_is_retired_and_kept(connection):
    declare(connection, [promise(), promise("credit")], now=NOON)
    assert declare(connection, [promise("credit")], now=NOON + HOUR) == Changes(retired=1)

    assert stored_commitment(connection, promise().commitment_id).retired_at == NOON + HOUR
    assert told(connection)[-1][:2] == ("commitment.retired", "income")
    assert [
        one.terms.dag_id for one in page_of_commitments(connection, CommitmentFilter()).items
    ] == ["credit"]


def test_what_is_promised_again_counts_from_then_on(connection):
    declare(connection, [promise()], now=NOON)
    declare(connection, [], now=NOON + HOUR)
    assert declare(connection, [promise()], now=NOON + 2 * HOUR) == Changes(declared=1)

    stored = stored_commitment(connection, promise().commitment_id)
    assert (stored.declared_at, stored.retired_at) == (NOON + 2 * HOUR, None)
    assert [type_ for type_, *_ in told(connection)] == [
        "commitment.declared",
        "commitment.retired",
        "commitment.declared",
    ]


def test_pages_are_by_dag_and_name_and_lose_and_double_nothing(connection):
    made = [promise(dag, name) for dag in (None, "a", "b", "c") for name in ("x", "y", "z")]
    declare(connection, made, now=NOON)

    found, before = [], None
    while True:
        page = page_of_commitments(connection, ALL, before=before, limit=5)
        found += [(one.terms.dag_id, one.terms.name) for one in page.items]
        before = page.next_cursor
        if before is None:
            break
    assert found == [(dag, name) for dag in (None, "a", "b", "c") for name in ("x", "y", "z")]


def test_pages_show_what_fits_all_filters(connection):
    declare(
        connection,
        [
            promise("a", owner="ml", severity=Severity.HIGH),
            promise("b", owner="ml"),
            promise("c", owner="risk", kind=Kind.BY),
            promise(None),
        ],
        now=NOON,
    )

    def dags(**filters):
        page = page_of_commitments(connection, CommitmentFilter(**filters))
        return [one.terms.dag_id for one in page.items]

    assert dags() == [None, "a", "b", "c"]
    assert dags(owner="ml") == ["a", "b"]
    assert dags(severity="high") == ["a"]
    assert dags(kind="by") == ["c"]
    assert dags(dag_id="b") == ["b"]
    assert dags(dag_ids={"a", "c", "x"}) == ["a", "c"]
    assert dags(is_retired=True) == []


def test_a_thousand_promises_are_declared_and_taken_back_at_once(connection):
    made = [promise(f"dag_{number}") for number in range(1200)]
    assert declare(connection, made, now=NOON) == Changes(declared=1200)
    assert declare(connection, made[:1], now=NOON + HOUR) == Changes(retired=1199)
    assert len(told(connection)) == 2399
