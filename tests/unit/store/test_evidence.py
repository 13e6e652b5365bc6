"""Evidence rows, on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from airflow_gov_provider.domain.evidence import Evidence, EvidenceKind, ModelRef, Origin
from airflow_gov_provider.domain.verdicts import Verdict
from airflow_gov_provider.hooks.governance import new_id
from airflow_gov_provider.store import database
from airflow_gov_provider.store.evidence.rows import (
    EvidenceFilter,
    evidence_of_run,
    get_evidence,
    insert_evidence,
    page_of_evidence,
)
from airflow_gov_provider.store.tables import evidence as table

START = datetime(2026, 1, 1, tzinfo=UTC)


def example(number=0, *, dag_id="dag", run_id="run", kind=EvidenceKind.QUALITY):
    return Evidence(
        evidence_id=new_id(),
        kind=kind,
        origin=Origin(dag_id=dag_id, run_id=run_id, task_id=f"t{number}"),
        subject="data Ω",
        model=ModelRef(name="m", version="1") if number % 2 else None,
        verdict=Verdict.FAILED if number % 3 == 0 else Verdict.PASSED,
        summary="s",
        recorded_at=START + timedelta(minutes=number),
        body={"number": number, "share": 0.1},
    )


@pytest.fixture
def recorded(store_url):
    items = [example(n, dag_id="a" if n < 7 else "b") for n in range(10)]
    with database.transaction(store_url) as connection:
        for item in items:
            insert_evidence(connection, item)
    return items


def test_what_is_read_is_what_was_written(store_url, recorded):
    with database.transaction(store_url) as connection:
        assert get_evidence(connection, recorded[3].evidence_id) == recorded[3]
        assert evidence_of_run(connection, "a", "run") == recorded[:7]
        stored = connection.execute(
            select(table.c.digest).where(table.c.evidence_id == recorded[3].evidence_id)
        ).scalar_one()

    assert stored == recorded[3].digest


def test_an_unknown_id_finds_nothing(store_url, recorded):
    with database.transaction(store_url) as connection:
        assert get_evidence(connection, "nothing") is None


def test_pages_follow_each_other_without_gap_or_repeat_while_rows_arrive(store_url, recorded):
    seen, cursor = [], None
    with database.transaction(store_url) as connection:
        while True:
            page = page_of_evidence(connection, EvidenceFilter(), before=cursor, limit=3)
            seen += page.items
            insert_evidence(connection, example(99))
            cursor = page.next_cursor
            if cursor is None:
                break

    assert seen == recorded[::-1]


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        (EvidenceFilter(dag_id="b"), [9, 8, 7]),
        (EvidenceFilter(dag_ids=["b"]), [9, 8, 7]),
        (EvidenceFilter(dag_ids=[]), []),
        (EvidenceFilter(task_id="t4"), [4]),
        (EvidenceFilter(verdict=Verdict.FAILED), [9, 6, 3, 0]),
        (EvidenceFilter(kind=EvidenceKind.CARD), []),
        (EvidenceFilter(model_name="m", dag_id="a"), [5, 3, 1]),
        (EvidenceFilter(since=START + timedelta(minutes=8)), [9, 8]),
        (EvidenceFilter(until=START + timedelta(minutes=2)), [1, 0]),
        (EvidenceFilter(run_id="other"), []),
    ],
)
def test_each_filter_keeps_only_what_it_names(store_url, recorded, wanted, numbers):
    with database.transaction(store_url) as connection:
        page = page_of_evidence(connection, wanted)

    assert [item.body["number"] for item in page.items] == numbers


def test_a_transaction_that_fails_leaves_nothing_behind(store_url):
    item = example()

    def fail_after_writing():
        with database.transaction(store_url) as connection:
            insert_evidence(connection, item)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_after_writing()

    with database.transaction(store_url) as connection:
        assert get_evidence(connection, item.evidence_id) is None
