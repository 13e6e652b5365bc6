"""A request for approval, answered on the Governance pages of a whole Airflow."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from browser.browsing import SITE
from e2e.harness.airflow import RunningAirflow
from playwright.sync_api import Page, expect

from airflow_gov_provider.domain.evidence import EvidenceKind

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

LogIn = Callable[[str], Page]
REASON = "The gap is known, and the model only orders a list that people read"


def test_an_approver_finds_the_request_approves_it_and_the_run_goes_on(
    airflow: RunningAirflow, logged_in: LogIn
):
    run_id = airflow.trigger("approval_browser", user="requester")
    airflow.wait_for_request("approval_browser", run_id, "approve")
    page = logged_in("approver")
    page.goto(f"{SITE}/approvals")
    page.get_by_role("link", name="May income_model version 3 be used?").first.click()

    form = page.get_by_role("form", name="Your decision")
    form.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("Say why in 10 characters or more")).to_be_visible()
    form.get_by_label("Reason").fill(REASON)
    form.get_by_role("button", name="Approve").click()
    page.get_by_role("dialog").get_by_role("button", name="Approve").click()

    airflow.wait_for_run("approval_browser", run_id, "success")
    found = airflow.evidence("approval_browser", run_id)[-1]
    assert (found.kind, found.body["decision"]) == (EvidenceKind.APPROVAL, "approved")
    assert (found.body["reason"], found.body["decided_by"]["id"]) == (REASON, "approver")
    expect(page.get_by_text(REASON).first).to_be_visible()
