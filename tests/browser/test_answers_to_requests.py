"""What becomes of answers that are given, or may not be given, on the page of approvals."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from browser.browsing import SITE
from e2e.harness.airflow import RunningAirflow
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

LogIn = Callable[[str], Page]
DAG, QUESTION = "approval", "Promote income_model version 3 to champion?"
REASON = "The gap is known, and the model only orders a list that people read"


@pytest.fixture
def request_of(airflow: RunningAirflow) -> Callable[[str], str]:
    """Where a request of a run is shown, once its task waits."""

    def find(run_id: str) -> str:
        airflow.wait_for_request(DAG, run_id, "approve")
        page = airflow.api().get("/governance/v1/approvals", params={"run_id": run_id}).json()
        (found,) = page["items"]
        return f"{SITE}/approvals/{found['request_id']}"

    return find


def answer(page: Page, choice: str, reason: str = REASON) -> None:
    form = page.get_by_role("form", name="Your decision")
    form.get_by_label("Reason").fill(reason)
    form.get_by_role("button", name=choice).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name=f"Yes, {choice.lower()}").click()


def test_whoever_triggered_the_run_may_only_reject_and_the_run_fails(
    airflow: RunningAirflow, logged_in: LogIn, request_of: Callable[[str], str]
):
    run_id = airflow.trigger(DAG, user="requester")
    page = logged_in("requester")
    page.goto(request_of(run_id))
    expect(page.get_by_text("You cannot approve: you triggered the run")).to_be_visible()
    expect(page.get_by_role("button", name="Approve")).to_be_disabled()
    answer(page, "Reject")
    airflow.wait_for_run(DAG, run_id, "failed")
    expect(page.get_by_text("Your decision counts. What comes after does not run")).to_be_visible()


def test_an_answer_that_does_not_count_is_told_and_another_one_may_follow(
    airflow: RunningAirflow, logged_in: LogIn, request_of: Callable[[str], str]
):
    run_id = airflow.trigger(DAG, user="requester")
    path = request_of(run_id)
    # By hand and not through the page, which would not send so short a reason.
    request_id = path.rsplit("/", 1)[1]
    form = (
        airflow.api("approver").get(f"/governance/v1/approvals/{request_id}").json()["answer_form"]
    )
    sent = airflow.api("approver").patch(
        f"/api/v2/{form['path']}",
        json={
            "chosen_options": ["Approve"],
            "params_input": {**form["params"], "reason": "ok"},
        },
    )
    assert sent.is_success, sent.text
    airflow.wait_for_request(DAG, run_id, "approve", after_answers=1)
    page = logged_in("approver")
    page.goto(path)
    expect(page.get_by_text("It does not count: expected a reason of 10")).to_be_visible()
    answer(page, "Approve")
    airflow.wait_for_run(DAG, run_id, "success")
    expect(page.get_by_text("Your decision counts. The run goes on")).to_be_visible()


def test_who_may_only_look_is_told_why_they_may_not_answer(
    airflow: RunningAirflow, logged_in: LogIn, request_of: Callable[[str], str]
):
    path = request_of(airflow.trigger(DAG, user="requester"))
    page = logged_in("viewer")
    page.goto(path)
    expect(page.get_by_text("You cannot answer this")).to_be_visible()
    why = "Because you are not one of the approvers (requester, approver)."
    expect(page.get_by_text(why)).to_be_visible()
    page.goto(f"{SITE}/approvals")
    expect(page.get_by_text("Nothing waits for you")).to_be_visible()


def test_a_run_shows_its_own_requests_on_its_tab(
    airflow: RunningAirflow, logged_in: LogIn, request_of: Callable[[str], str]
):
    run_id = airflow.trigger(DAG, user="requester")
    request_of(run_id)
    page = logged_in("approver")
    page.goto(f"/dags/{DAG}/runs/{run_id}/plugin/governance_run?view=approvals")
    expect(page.get_by_role("table", name="Waiting for me").get_by_role("row")).to_have_count(2)
    page.get_by_role("link", name=QUESTION).click()
    expect(page.get_by_role("heading", name=QUESTION)).to_be_visible()
