"""The Audit page: search in a million events, one event proved in the browser, a spoiled ledger."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

import pytest
from browser.browsing import SITE
from browser.conftest import EVENTS
from browser.seeded import SeededAirflow
from playwright.sync_api import Locator, Page, expect

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

LogIn = Callable[[str], Page]


def rows(page: Page) -> Locator:
    """Rows of the timeline that show an event."""
    return page.get_by_role("grid", name="Events").get_by_role("row").filter(has_text="20")


def test_somebody_finds_what_a_person_did_among_a_million_events(
    seeded: SeededAirflow, visiting: LogIn
):
    assert seeded.get("/governance/v1/events", limit=1)["items"]
    page = visiting("reviewer")
    page.goto(f"{SITE}/audit")
    expect(rows(page).filter(has_text="transaction_scoring").first).to_be_visible()

    page.get_by_label("Search").fill("trigger_run")
    expect(rows(page)).to_have_count(2)
    expect(rows(page).first).to_contain_text("requester")
    expect(rows(page).last).to_contain_text("reviewer")
    assert "q=trigger_run" in page.url

    page.reload()
    expect(page.get_by_label("Search")).to_have_value("trigger_run")
    expect(rows(page)).to_have_count(2)


def test_a_mapped_task_is_followed_to_the_run_that_a_link_names(visiting: LogIn):
    page = visiting("reviewer")
    page.goto(f"{SITE}/audit?dag_id=transaction_scoring&state=failed")
    expect(rows(page).first).to_contain_text("transaction_scoring")
    page.get_by_role("grid", name="Events").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    drawer = page.get_by_role("dialog")
    expect(drawer.get_by_text("transaction_scoring").first).to_be_visible()
    expect(drawer.get_by_text("Arrived as number")).to_be_visible()
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()


def test_an_event_is_proved_to_be_in_the_ledger_within_the_browser(visiting: LogIn):
    page = visiting("viewer")
    page.goto(f"{SITE}/audit?dag_id=transaction_scoring")
    expect(page.get_by_text("Ledger is")).to_be_visible()
    rows(page).nth(5).click()
    drawer = page.get_by_role("dialog")
    drawer.get_by_role("button", name="Verify").click()
    expect(drawer.get_by_text("Verified", exact=True)).to_be_visible()
    checked = drawer.get_by_role("list", name="What was checked")
    expect(checked.get_by_role("img", name="Failed")).to_have_count(0)
    expect(checked.get_by_role("img", name="Holds").first).to_be_visible()


def test_a_spoiled_ledger_shows_on_the_page_and_at_the_event(
    own: SeededAirflow, visiting_own: LogIn
):
    event_id = _spoil(own)
    own.start()
    page = visiting_own("admin")
    page.goto(f"{SITE}/audit?event={event_id}")
    drawer = page.get_by_role("dialog")
    expect(drawer.get_by_text("Not what was sealed")).to_be_visible()
    drawer.get_by_role("button", name="Verify").click()
    expect(drawer.get_by_text("Not verified")).to_be_visible()
    page.keyboard.press("Escape")

    # The collector reads the ledger again within a minute.
    page.get_by_text("Ledger is broken").wait_for(timeout=120_000)
    alert = page.get_by_text("The ledger is not as it was sealed")
    expect(alert).to_be_visible()
    page.get_by_role("link", name="Open the incident").click()
    expect(page.get_by_text("the ledger is not as it was sealed").first).to_be_visible()


def _spoil(airflow: SeededAirflow) -> str:
    """Change what was promoted, as somebody who administers the database could."""
    path = airflow.governance_url.removeprefix("sqlite:///")
    with sqlite3.connect(path) as connection:
        triggers = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'event'"
        ).fetchall()
        for (name,) in triggers:
            connection.execute(f'DROP TRIGGER "{name}"')
        (event_id,) = connection.execute(
            "SELECT event_id FROM event WHERE type = 'task_instance.failed' ORDER BY seq LIMIT 1"
        ).fetchone()
        changed = connection.execute(
            "UPDATE event SET document = replace(document, '.failed', '.success'),"
            " type = 'task_instance.success' WHERE event_id = ?",
            (event_id,),
        )
        assert changed.rowcount == 1
    connection.close()
    return str(event_id)


def test_the_seed_is_as_large_as_it_should_be(seeded: SeededAirflow):
    path = seeded.governance_url.removeprefix("sqlite:///")
    connection = sqlite3.connect(path)
    (count,) = connection.execute("SELECT max(seq) FROM event").fetchone()
    connection.close()
    assert count >= EVENTS
