"""Lists of incidents: filters and pages say the same in both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from airflow_gov_provider.domain.incidents.incident import Sighting
from airflow_gov_provider.domain.severity import Severity
from airflow_gov_provider.hooks import incident_decisions as people
from airflow_gov_provider.hooks.incidents import report
from airflow_gov_provider.store import database
from airflow_gov_provider.store.incidents.pages import IncidentFilter, page_of_incidents

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAGS = ("income", "salaries", None, "income", "100%_done")


@pytest.fixture
def listed(store_url):
    """Numbers, from 0, of the incidents that a filter finds."""
    ids = []
    with database.transaction(store_url) as connection:
        for number, dag_id in enumerate(DAGS):
            sighting = Sighting(
                kind="ledger" if dag_id is None else "sla_miss",
                dedup_key=f"key {number}",
                occasion="1",
                severity=Severity.LOW if number % 2 else Severity.HIGH,
                title=f"{dag_id} is LATE",
                dag_id=dag_id,
                owner=f"team {number}",
            )
            at = NOON + timedelta(hours=number)
            ids.append(report(connection, sighting, now=at).incident_id)
        alice = people.Author(name="alice")
        people.assign(connection, ids[3], author=alice, assignee="bob", now=NOON)
        people.resolve(
            connection, ids[0], author=alice, resolution="fixed", comment="done", now=NOON
        )

    def find(**wanted):
        with database.transaction(store_url) as connection:
            page = page_of_incidents(connection, IncidentFilter(**wanted))
        return [ids.index(one.incident_id) for one in page.items]

    find.url = store_url
    return find


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, [4, 3, 2, 1, 0]),
        ({"state": "resolved"}, [0]),
        ({"state": "unresolved"}, [4, 3, 2, 1]),
        ({"state": "acknowledged"}, []),
        ({"severity": "low"}, [3, 1]),
        ({"kind": "ledger"}, [2]),
        ({"dag_id": "income"}, [3, 0]),
        ({"assignee": "bob"}, [3]),
        ({"owner": "team 1"}, [1]),
        ({"q": "SALARIES is late"}, [1]),
        ({"q": "%"}, [4]),
        ({"q": "_"}, [4]),
        ({"since": NOON + timedelta(hours=3)}, [4, 3]),
        ({"until": NOON + timedelta(hours=1)}, [0]),
        ({"dag_ids": {"income"}}, [3, 2, 0]),
        ({"dag_ids": {"income"}, "of_no_dag": False}, [3, 0]),
        ({"dag_ids": set(), "of_no_dag": False}, []),
        ({"of_no_dag": False}, [4, 3, 1, 0]),
    ],
    ids=str,
)
def test_a_filter_finds_what_it_names_and_nothing_else(listed, wanted, found):
    assert listed(**wanted) == found


def test_pages_join_without_a_gap_and_without_an_overlap(listed):
    seen, cursor = [], None
    with database.transaction(listed.url) as connection:
        while True:
            page = page_of_incidents(connection, IncidentFilter(), before=cursor, limit=2)
            seen += page.items
            cursor = page.next_cursor
            if cursor is None:
                break
    assert [one.owner for one in seen] == [f"team {number}" for number in (4, 3, 2, 1, 0)]
