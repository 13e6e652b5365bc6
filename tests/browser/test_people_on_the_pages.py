"""What people do on the pages, under their own rights."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from browser.browsing import SITE
from browser.narrow_auth_manager import HIDDEN_FROM_VIEWERS
from browser.seeded import SeededAirflow
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

LogIn = Callable[[str], Page]


def test_who_asked_is_told_why_they_cannot_approve(visiting: LogIn):
    page = visiting("reviewer")
    page.goto(f"{SITE}/approvals")
    page.get_by_text("Waiting for others").click()
    page.get_by_role("link", name="Promote churn_model").click()
    expect(page.get_by_text("You cannot answer this")).to_be_visible()
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)


def test_an_incident_is_acknowledged_and_resolved_by_somebody_who_may(
    seeded: SeededAirflow, visiting: LogIn
):
    incident = _open_incident(seeded)
    looking = visiting("viewer")
    looking.goto(f"{SITE}/incidents/{incident}")
    expect(looking.get_by_text("You cannot change it")).to_be_visible()
    expect(looking.get_by_role("button", name="Acknowledge")).to_have_count(0)

    page = visiting("requester")
    page.goto(f"{SITE}/incidents/{incident}")
    page.get_by_role("button", name="Acknowledge", exact=True).click()
    page.get_by_role("form", name="Acknowledge").get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_text("Acknowledge: done.")).to_be_visible()
    page.get_by_role("button", name="Resolve", exact=True).click()
    form = page.get_by_role("form", name="Resolve")
    form.get_by_label("Why it is over").select_option("fixed")
    form.get_by_role("button", name="Resolve").click()
    expect(form.get_by_role("alert")).to_be_visible()
    form.get_by_label("Comment").fill("The source was delivered again")
    form.get_by_role("button", name="Resolve").click()
    expect(page.get_by_text("Resolve: done.")).to_be_visible()
    expect(page.get_by_text("The source was delivered again").first).to_be_visible()

    stands = seeded.get(f"/governance/v1/incidents/{incident}")
    assert (stands["state"], stands["resolution"]) == ("resolved", "fixed")
    assert (stands["acknowledged_by"], stands["resolved_by"]) == ("requester", "requester")


def _open_incident(airflow: SeededAirflow) -> str:
    page = airflow.get("/governance/v1/incidents", dag_id="customer_data_mart", state="open")
    items = page["items"]
    assert isinstance(items, list)
    assert items, "the story ends with something that nobody has looked after yet"
    return str(items[0]["incident_id"])


@pytest.mark.parametrize("place", ["audit", "approvals", "incidents", "sla"])
def test_a_viewer_sees_no_dag_that_airflow_would_not_show(visiting: LogIn, place: str):
    said: list[str] = []
    page = visiting("viewer")
    page.on(
        "response",
        lambda answer: said.append(answer.text()) if "/governance/v1/" in answer.url else None,
    )
    page.goto(f"{SITE}/{place}")
    page.get_by_role("navigation", name="Governance").wait_for()
    page.wait_for_load_state("networkidle")
    shown = page.locator("body").inner_text()
    for dag_id in HIDDEN_FROM_VIEWERS:
        assert dag_id not in shown
        assert not any(dag_id in text for text in said)
    for dag_id in HIDDEN_FROM_VIEWERS:
        page.goto(f"{SITE}/{place}?dag_id={dag_id}")
        page.wait_for_load_state("networkidle")
        assert not any(f'"{dag_id}"' in text for text in said)


def test_what_a_viewer_does_not_see_others_do(visiting: LogIn):
    page = visiting("reviewer")
    page.goto(f"{SITE}/audit?dag_id=credit_scoring")
    expect(
        page.get_by_role("grid", name="Events").get_by_text("credit_scoring").first
    ).to_be_visible()
