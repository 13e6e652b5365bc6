"""What an approver sees on the Required Actions page, and what a click there does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from e2e.harness.airflow import RunningAirflow
from playwright.sync_api import Page, expect

from airflow_gov_provider.domain.evidence import EvidenceKind

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

REASON = "The gap is known, and the model only orders a list that people read"


def test_an_approver_reads_the_evidence_gives_a_reason_and_the_run_goes_on(
    airflow: RunningAirflow, logged_in: Callable[[str], Page], screenshots: Path
):
    run_id = airflow.trigger("approval_browser", user="requester")
    airflow.wait_for_request("approval_browser", run_id, "approve")
    page = logged_in("approver")

    page.goto("/required_actions")
    question = page.get_by_role("link", name="May income_model version 3 be used?")
    question.and_(page.locator(f'[href*="{run_id}"]')).click()

    expect(page.get_by_text("Requested by: requester")).to_be_visible()
    expect(page.get_by_text("1 of 3 did not pass.")).to_be_visible()
    row = page.get_by_role("row").filter(has_text="check_bias (bias)")
    expect(row).to_contain_text("FAILED")
    expect(row).to_contain_text("1 passed, 2 failed")
    expect(page.get_by_text("race, four_fifths: expected >= 0.8, found 0.3071")).to_be_visible()
    card = page.get_by_role("link", name="Read the model card")
    expect(card).to_have_attribute("href", f"/governance/v1/cards/{_card(airflow, run_id)}.html")
    approve = page.get_by_role("button", name="Approve", exact=True)
    expect(approve).to_be_disabled()
    page.screenshot(path=screenshots / "required_action.png", full_page=True)

    page.locator("textarea").fill(REASON)
    expect(approve).to_be_enabled()
    approve.click()

    airflow.wait_for_run("approval_browser", run_id, "success")
    expect(
        page.get_by_text("Approval Received").or_(page.get_by_text("Response received"))
    ).to_be_visible()
    page.screenshot(path=screenshots / "approved.png", full_page=True)
    found = airflow.evidence("approval_browser", run_id)[-1]
    assert (found.kind, found.body["decision"]) == (EvidenceKind.APPROVAL, "approved")
    assert found.body["reason"] == REASON
    assert found.body["decided_by"]["id"] == "approver"


def _card(airflow: RunningAirflow, run_id: str) -> str:
    recorded = airflow.evidence("approval_browser", run_id)
    return next(item.evidence_id for item in recorded if item.kind is EvidenceKind.CARD)
