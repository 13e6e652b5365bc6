"""What a gate measured before a moment, in both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from airflow_gov_provider.domain.evidence import Evidence, EvidenceKind, Origin
from airflow_gov_provider.domain.quality.recollection import moment_of
from airflow_gov_provider.domain.verdicts import Verdict
from airflow_gov_provider.store import database
from airflow_gov_provider.store.evidence import gate_history
from airflow_gov_provider.store.evidence.rows import insert_evidence

DAY = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture
def connection(store_url: str) -> Any:
    with database.transaction(store_url) as connection:
        yield connection


def recorded(
    connection: Any, number: int, *, day: int | None, run_id: str = "", task: str = "gate"
) -> None:
    """:param number: of the record; ``day`` is that of the run."""
    moment = None if day is None else (DAY + timedelta(days=day)).isoformat()
    insert_evidence(
        connection,
        Evidence(
            evidence_id=f"{number:036}",
            kind=EvidenceKind.QUALITY,
            origin=Origin(dag_id="d", run_id=run_id or f"day {day}", task_id=task),
            subject="c",
            verdict=Verdict.PASSED,
            summary="",
            recorded_at=DAY,
            body={"occasion": {"logical_date": moment}, "number": number},
        ),
    )


def before(connection: Any, day: int) -> list[Evidence]:
    return gate_history.runs_before(
        connection,
        dag_id="d",
        task_id="gate",
        kind=EvidenceKind.QUALITY,
        before=DAY + timedelta(days=day),
    )


def test_only_runs_of_an_earlier_moment_count_whenever_they_were_recorded(connection: Any) -> None:
    for number, day in enumerate([5, 1, 3, 2]):
        recorded(connection, number, day=day)

    assert [moment_of(item) for item in before(connection, 3)] == [
        DAY + timedelta(days=1),
        DAY + timedelta(days=2),
    ]


def test_a_run_that_recorded_twice_counts_with_what_stands(connection: Any) -> None:
    recorded(connection, 1, day=1)
    recorded(connection, 2, day=1)

    assert [item.body["number"] for item in before(connection, 9)] == [2]


def test_another_gate_and_a_record_without_a_moment_do_not_count(connection: Any) -> None:
    recorded(connection, 1, day=1, task="other")
    recorded(connection, 2, day=None)

    assert before(connection, 9) == []


def test_an_old_day_is_found_behind_pages_of_newer_ones(
    connection: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate_history, "_PAGE", 2)
    for number in range(9):
        recorded(connection, number, day=number)

    assert [item.body["number"] for item in before(connection, 2)] == [0, 1]
