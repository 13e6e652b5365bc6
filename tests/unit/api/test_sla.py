"""Commitments, outcomes and attainment over REST, for whoever may read the Dags."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from airflow_gov_provider.domain.sla.commitments import Commitment, CountsFrom, Kind
from airflow_gov_provider.domain.sla.outcomes import Judgement, State
from airflow_gov_provider.hooks.governance import utcnow
from airflow_gov_provider.hooks.sla import judged, pending, settle
from airflow_gov_provider.store import database
from airflow_gov_provider.store.promises.commitments import declare
from airflow_gov_provider.store.promises.outcomes import COLLECTOR, add_pending
from tests.unit.api.conftest import NOON, assert_error

HOUR = timedelta(hours=1)


def promise(dag_id: str | None, kind: Kind = Kind.RUN, **changes) -> Commitment:
    made = Commitment(
        name="an hour",
        kind=kind,
        dag_id=dag_id,
        subject=dag_id or "s3://census",
        within=HOUR,
        counts_from=CountsFrom.QUEUED if kind is Kind.RUN else None,
        owner="ml-team",
        target=0.9,
    )
    return replace(made, **changes)


INCOME, OTHER, ASSET = promise("income"), promise("other"), promise(None, Kind.ASSET)


@pytest.fixture
def now():
    return utcnow().replace(microsecond=0)


@pytest.fixture
def kept(sqlite_store, now):
    """Of ``income`` three of four were met; ``other`` and an asset have one that is pending."""
    rows = [
        pending(INCOME, f"run {n}", expected_at=now - n * HOUR, now=now, run_id=f"run {n}")
        for n in (1, 2, 3, 4)
    ]
    ahead = [pending(OTHER, "run 1", expected_at=now + HOUR, now=now, run_id="run 1")]
    ahead.append(pending(ASSET, now.isoformat(), expected_at=now + HOUR, now=now))
    met = [Judgement(state=State.MET, actual_at=row.expected_at) for row in rows[1:]]
    late = Judgement(state=State.MISSED, actual_at=now)
    with database.transaction(sqlite_store) as connection:
        declare(connection, [INCOME, OTHER, ASSET], now=NOON)
        add_pending(connection, [*rows, *ahead])
        done = [judged(row, it) for row, it in zip(rows, [late, *met], strict=True)]
        settle(connection, done, judged_by=COLLECTOR, now=now)
    return rows


def items(response):
    assert response.status_code == 200, response.text
    return response.json()["items"]


def test_commitments_are_listed_by_dag_and_name_with_all_of_their_terms(client, kept):
    listed = items(client.get("/v1/commitments"))

    assert [one["dag_id"] for one in listed] == [None, "income", "other"]
    assert listed[1] == {
        "commitment_id": INCOME.commitment_id,
        "dag_id": "income",
        "name": "an hour",
        "title": "an hour",
        "kind": "run",
        "subject": "income",
        "owner": "ml-team",
        "severity": "medium",
        "target": 0.9,
        "source": "dag",
        "declared_at": "2026-01-31T12:00:00Z",
        "updated_at": "2026-01-31T12:00:00Z",
        "retired_at": None,
        "terms": INCOME.content,
    }


def test_commitments_can_be_filtered_and_paged(client, kept):
    def dags(query):
        return [one["dag_id"] for one in items(client.get(f"/v1/commitments?{query}"))]

    assert dags("dag_id=other") == ["other"]
    assert dags("kind=asset") == [None]
    assert dags("owner=nobody") == dags("retired=true") == dags("severity=critical") == []
    first = client.get("/v1/commitments?limit=2").json()
    rest = client.get(f"/v1/commitments?limit=2&cursor={first['next_cursor']}").json()
    assert [one["dag_id"] for one in [*first["items"], *rest["items"]]] == [None, "income", "other"]
    assert rest["next_cursor"] is None


def test_one_commitment(client, kept):
    found = client.get(f"/v1/commitments/{OTHER.commitment_id}")

    assert (found.status_code, found.json()["dag_id"]) == (200, "other")
    for unknown in ("0" * 64, "nothing"):
        assert_error(client.get(f"/v1/commitments/{unknown}"), 404, "commitment_not_found")


def test_outcomes_are_listed_with_what_was_expected_and_what_happened(client, kept, now):
    missed = items(client.get("/v1/outcomes?state=missed"))

    (one,) = missed
    stamp = "%Y-%m-%dT%H:%M:%SZ"
    assert one.pop("outcome_id") == kept[0].outcome_id
    incident = client.get(f"/v1/incidents/{one.pop('incident_id')}").json()
    assert incident["dedup_key"] == f"sla:{INCOME.commitment_id}"
    assert one == {
        "commitment_id": INCOME.commitment_id,
        "name": "an hour",
        "title": "an hour",
        "kind": "run",
        "subject": "income",
        "severity": "medium",
        "occasion": "run 1",
        "dag_id": "income",
        "run_id": "run 1",
        "owner": "ml-team",
        "state": "missed",
        "reason": None,
        "expected_at": (now - HOUR).strftime(stamp),
        "actual_at": now.strftime(stamp),
        "judged_by": "collector",
        "judged_at": now.strftime(stamp),
        "created_at": now.strftime(stamp),
    }


def test_outcomes_can_be_filtered_and_paged(client, kept, now):
    def count(query):
        return len(items(client.get(f"/v1/outcomes?{query}")))

    assert count("") == 6
    assert count("dag_id=income") == count(f"commitment_id={INCOME.commitment_id}") == 4
    assert count("run_id=run 1") == 2
    assert count("state=pending") == 2
    middle = (now - 150 * timedelta(minutes=1)).isoformat().replace("+", "%2B")
    assert count(f"dag_id=income&since={middle}") == count(f"dag_id=income&until={middle}") == 2
    seen, cursor = [], None
    while cursor or not seen:
        page = client.get(f"/v1/outcomes?limit=4{f'&cursor={cursor}' if cursor else ''}").json()
        seen += [one["outcome_id"] for one in page["items"]]
        cursor = page["next_cursor"]
    assert len(seen) == len(set(seen)) == 6


def test_attainment_is_told_for_each_commitment_dag_or_owner(client, kept):
    by_dag = client.get("/v1/sla/attainment?by=dag").json()

    assert (by_dag["by"], by_dag["total"]) == ("dag", 3)
    income = by_dag["items"][0]
    assert (income["dag_id"], income["met"], income["missed"]) == ("income", 3, 1)
    assert (income["attainment"], income["target"]) == (0.75, 0.9)
    assert income["budget_used"] == pytest.approx(2.5)
    assert income["burn_rates"]["30d"] == pytest.approx(2.5)
    (owner,) = items(client.get("/v1/sla/attainment?by=owner"))
    assert (owner["subject"], owner["met"], owner["pending"]) == ("ml-team", 3, 2)
    named = items(client.get("/v1/sla/attainment?dag_id=income"))
    assert [(one["name"], one["subject"]) for one in named] == [("an hour", INCOME.commitment_id)]
    (of_runs,) = items(client.get("/v1/sla/attainment?kind=run&dag_id=income"))
    assert of_runs["title"] == "an hour"
    assert items(client.get("/v1/sla/attainment?kind=task")) == []


def test_a_window_leaves_out_what_was_decided_before(client, kept):
    (found,) = items(client.get("/v1/sla/attainment?dag_id=income&window=150m"))

    assert (found["met"], found["missed"]) == (1, 1)


@pytest.mark.parametrize(
    "query",
    ["window=soon", "window=0d", "window=99999w", "by=team", "until=noon", "typo=1"],
)
def test_a_query_that_makes_no_sense_is_refused(client, kept, query):
    assert_error(client.get(f"/v1/sla/attainment?{query}"), 422, "invalid_request")


@pytest.mark.parametrize("path", ["commitments", "outcomes"])
def test_a_cursor_of_another_list_is_refused(client, kept, path):
    assert_error(client.get(f"/v1/{path}?cursor=bm90aGluZzox"), 400, "invalid_cursor")


def test_readers_see_only_their_dags_and_nothing_that_belongs_to_none(client, kept, permissions):
    permissions.dag_ids = {"income"}

    assert {one["dag_id"] for one in items(client.get("/v1/commitments"))} == {"income"}
    assert {one["dag_id"] for one in items(client.get("/v1/outcomes"))} == {"income"}
    assert {one["dag_id"] for one in items(client.get("/v1/sla/attainment"))} == {"income"}
    assert items(client.get("/v1/outcomes?dag_id=other")) == []
    for hidden in (OTHER, ASSET):
        response = client.get(f"/v1/commitments/{hidden.commitment_id}")
        assert_error(response, 404, "commitment_not_found")


def test_what_belongs_to_no_dag_is_hidden_even_where_no_dag_has_promised_anything(
    client, sqlite_store, kept, permissions
):
    with database.transaction(sqlite_store) as connection:
        declare(connection, [ASSET], now=NOON)
    permissions.dag_ids = set()

    assert items(client.get("/v1/commitments")) == []
