"""What the pages about promises ask for: figures, calendars, series and budgets in one answer each."""

from __future__ import annotations

from datetime import timedelta

import pytest

from airflow_gov_provider.domain.sla.outcomes import Judgement, State
from airflow_gov_provider.hooks.governance import utcnow
from airflow_gov_provider.hooks.sla import judged, pending, settle
from airflow_gov_provider.store import database
from airflow_gov_provider.store.promises.commitments import declare
from airflow_gov_provider.store.promises.outcomes import COLLECTOR, add_pending
from tests.unit.api.conftest import NOON, assert_error
from tests.unit.api.test_sla import ASSET, HOUR, INCOME, OTHER, items

DAY = timedelta(days=1)


@pytest.fixture
def noon():
    """Noon of yesterday, so that a day is over and all of it is known."""
    return utcnow().replace(hour=12, minute=0, second=0, microsecond=0) - DAY


@pytest.fixture
def kept(sqlite_store, noon):
    """Ten days of ``income`` of which the newest was missed, one of ``other`` that is excused."""
    rows = [
        pending(INCOME, f"run {n}", expected_at=noon - n * DAY, now=noon, run_id=f"run {n}")
        for n in range(10)
    ]
    excused = pending(OTHER, "run 1", expected_at=noon, now=noon, run_id="run 1")
    late = Judgement(state=State.MISSED, actual_at=noon + HOUR)
    met = [Judgement(state=State.MET, actual_at=row.expected_at - HOUR) for row in rows[1:]]
    sorry = Judgement(state=State.EXCUSED, reason="a holiday")
    with database.transaction(sqlite_store) as connection:
        declare(connection, [INCOME, OTHER, ASSET], now=NOON)
        add_pending(connection, [*rows, excused])
        done = [judged(row, it) for row, it in zip(rows, [late, *met], strict=True)]
        settle(connection, [*done, judged(excused, sorry)], judged_by=COLLECTOR, now=noon)
    return rows


def test_a_list_of_commitments_tells_at_once_how_well_each_is_kept(client, kept):
    listed = client.get("/v1/sla/commitments").json()

    asset, income, other = listed["items"]
    assert (income["title"], income["kept"]["title"]) == ("an hour", "an hour")
    assert (income["kept"]["met"], income["kept"]["missed"]) == (9, 1)
    assert income["kept"]["budget_used"] == pytest.approx(1.0)
    assert [share for share in income["trend"] if share is not None] == [1.0] * 9 + [0.0]
    assert (other["kept"]["excused"], other["kept"]["attainment"]) == (1, None)
    assert (asset["kept"]["pending"], set(asset["trend"])) == (0, {None})
    assert (listed["next_cursor"], listed["cut"]) == (None, False)


def test_what_used_most_of_its_budget_comes_first_where_that_is_asked_for(client, kept):
    worst = client.get("/v1/sla/commitments?order=worst&limit=1").json()

    assert [one["dag_id"] for one in worst["items"]] == ["income"]
    assert (worst["cut"], worst["next_cursor"]) == (True, None)


def test_a_list_with_figures_has_the_filters_and_pages_of_the_one_without(client, kept):
    def dags(query):
        return [one["dag_id"] for one in items(client.get(f"/v1/sla/commitments?{query}"))]

    assert dags("dag_id=other") == ["other"]
    assert dags("kind=asset") == dags("subject=s3://census") == [None]
    assert dags("owner=nobody") == dags("retired=true") == []
    first = client.get("/v1/sla/commitments?limit=2").json()
    assert dags(f"limit=2&cursor={first['next_cursor']}") == ["other"]


def test_a_window_of_figures_leaves_out_what_is_older(client, kept):
    within = utcnow() - 5 * DAY
    (income,) = items(client.get("/v1/sla/commitments?dag_id=income&window=5d"))

    expected = sum(row.expected_at >= within for row in kept)
    assert expected in (4, 5), "which of the two hangs on the time of the day"
    assert income["kept"]["met"] + income["kept"]["missed"] == expected
    assert len(income["trend"]) == 6, "parts of two days at the ends are days of their own"


def test_a_calendar_shows_each_day_by_what_needs_a_look_most(client, kept, noon):
    found = client.get("/v1/sla/calendar?days=365").json()

    assert [one["dag_id"] for one in found["items"]] == [None, "income", "other"]
    days = found["items"][1]["days"]
    assert [one["day"] for one in days] == [(noon - n * DAY).date().isoformat() for n in range(10)][
        ::-1
    ]
    newest = {"met": 0, "missed": 1, "excused": 0, "void": 0, "pending": 0}
    assert days[-1] == {"day": noon.date().isoformat(), "state": "missed", **newest}
    assert found["items"][2]["days"][0]["state"] == "excused"
    assert found["cut"] is False


def test_the_days_of_a_calendar_are_those_of_its_reader(client, kept, noon):
    (one,) = items(
        client.get(f"/v1/sla/calendar?commitment_id={OTHER.commitment_id}&tz=Pacific/Kiritimati")
    )

    assert [day["day"] for day in one["days"]] == [(noon + 14 * HOUR).date().isoformat()]


def test_a_calendar_is_cut_to_as_many_commitments_and_days_as_are_asked_for(client, kept, noon):
    last = (noon - 2 * DAY).date().isoformat()
    found = client.get(f"/v1/sla/calendar?days=3&last_day={last}&limit=2").json()

    assert found["cut"] is True
    assert (found["first_day"], found["last_day"]) == (
        (noon - 4 * DAY).date().isoformat(),
        last,
    )
    assert len(found["items"][1]["days"]) == 3
    assert_error(client.get("/v1/sla/calendar?days=400"), 422, "invalid_request")


def test_a_series_tells_by_how_much_each_run_was_early_or_late(client, kept):
    found = client.get(f"/v1/sla/series?commitment_id={INCOME.commitment_id}&limit=3").json()

    assert (found["title"], found["within_seconds"]) == ("an hour", 3600)
    told = [(one["run_id"], one["state"], one["seconds_late"]) for one in found["points"]]
    assert told == [("run 2", "met", -3600), ("run 1", "met", -3600), ("run 0", "missed", 3600)]
    early, late = found["points"][0], found["points"][-1]
    assert early["incident_id"] is None
    incident = client.get(f"/v1/incidents/{late['incident_id']}").json()
    assert (incident["run_id"], incident["details"]["promise"]) == ("run 0", "an hour")


def test_a_budget_burns_down_to_what_attainment_leaves_of_it(client, kept):
    found = client.get(f"/v1/sla/budget?commitment_id={INCOME.commitment_id}&window=30d").json()

    assert found["allowed"] == pytest.approx(1.0)
    assert (found["met"], found["missed"], found["target"]) == (9, 1, 0.9)
    assert found["remaining"] == pytest.approx(0.0)
    assert [one["remaining"] for one in found["days"]][:20] == [1.0] * 20
    assert found["days"][-1]["remaining"] == pytest.approx(found["remaining"])
    assert sum(one["missed"] for one in found["days"]) == 1
    assert set(found["burn_rates"]) == {"1h", "6h", "3d", "30d"}


@pytest.mark.parametrize("path", ["series", "budget", "calendar"])
def test_a_commitment_that_may_not_be_read_is_as_one_that_is_not_there(
    client, kept, permissions, path
):
    permissions.dag_ids = {"income"}

    for hidden in (OTHER.commitment_id, ASSET.commitment_id, "0" * 64):
        response = client.get(f"/v1/sla/{path}?commitment_id={hidden}")
        assert_error(response, 404, "commitment_not_found")
    assert client.get(f"/v1/sla/{path}?commitment_id={INCOME.commitment_id}").status_code == 200


@pytest.mark.parametrize("path", ["commitments", "calendar"])
def test_lists_hold_only_what_may_be_read(client, kept, permissions, path):
    permissions.dag_ids = {"income"}

    assert [one["dag_id"] for one in items(client.get(f"/v1/sla/{path}"))] == ["income"]


@pytest.mark.parametrize(
    "query",
    [
        "calendar?tz=Mars/Olympus",
        "calendar?tz=/etc/passwd",
        "calendar?days=0",
        "calendar?last_day=soon",
        "commitments?order=best",
        "commitments?window=soon",
        "commitments?tz=..",
        "series",
        "budget?window=30d",
        f"budget?commitment_id={'0' * 64}&window=400d",
        f"series?commitment_id={'0' * 64}&limit=2000",
    ],
)
def test_what_makes_no_sense_is_refused(client, kept, query):
    assert_error(client.get(f"/v1/sla/{query}"), 422, "invalid_request")
