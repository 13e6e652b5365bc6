"""Reading evidence for people: rows without their documents, and documents exactly as stored."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from fakes.tampering import unguarded
from sqlalchemy import update

from airflow_gov_provider.domain.evidence import Evidence, EvidenceKind, ModelRef, Origin
from airflow_gov_provider.domain.verdicts import Verdict
from airflow_gov_provider.store import database
from airflow_gov_provider.store.dag_ids import recorded_dag_ids
from airflow_gov_provider.store.evidence import rows as store
from airflow_gov_provider.store.tables import event
from airflow_gov_provider.store.tables import evidence as table


def evidence(number: int, dag_id: str = "income") -> Evidence:
    return Evidence(
        evidence_id=f"0199f0a0-0000-7000-8000-{number:012d}",
        kind=EvidenceKind.QUALITY,
        origin=Origin(dag_id=dag_id, run_id="r1", task_id="gate"),
        subject="census",
        model=ModelRef(name="income", version="3") if number % 2 else None,
        verdict=Verdict.PASSED,
        summary="PASSED: 3 passed",
        recorded_at=datetime(2026, 1, 1, 12, number, tzinfo=UTC),
        body={"share": 0.1},
    )


@pytest.fixture
def connection(store_url):
    with database.transaction(store_url) as connection:
        yield connection


def test_a_row_says_what_was_recorded(connection):
    recorded = evidence(1)
    store.insert_evidence(connection, recorded)

    row = store.page_of_rows(connection, store.EvidenceFilter()).items[0]

    for name in ("evidence_id", "origin", "subject", "model", "summary", "recorded_at", "digest"):
        assert getattr(row, name) == getattr(recorded, name)
    assert (row.kind, row.verdict) == ("quality", "PASSED")


def test_pages_of_rows_cover_everything_once_newest_first(connection):
    for number in range(7):
        store.insert_evidence(connection, evidence(number))

    seen, before = [], None
    while True:
        page = store.page_of_rows(connection, store.EvidenceFilter(), before=before, limit=3)
        seen += [row.evidence_id for row in page.items]
        before = page.next_cursor
        if before is None:
            break

    assert seen == [evidence(number).evidence_id for number in reversed(range(7))]


def test_a_document_that_was_changed_in_the_database_no_longer_matches_its_digest(connection):
    store.insert_evidence(connection, evidence(1))
    untouched = store.get_stored(connection, evidence(1).evidence_id)
    with unguarded(connection):
        connection.execute(update(table).values(document=table.c.document + " "))

    assert untouched.digest_matches
    assert untouched.document == evidence(1).document
    assert not store.get_stored(connection, evidence(1).evidence_id).digest_matches


def test_unknown_evidence_is_none(connection):
    assert store.get_stored(connection, "nothing") is None


def test_every_dag_that_left_evidence_is_found_once(connection):
    for number, dag_id in enumerate(["b", "a", "a", "Ünder", "b", "c c"]):
        store.insert_evidence(connection, evidence(number, dag_id))

    assert recorded_dag_ids(connection, table) == {"a", "b", "c c", "Ünder"}


def test_an_empty_table_has_no_dags(connection):
    assert recorded_dag_ids(connection, event) == frozenset()
