"""A browser on the Airflow that the end-to-end tests start."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from e2e.harness.airflow import RunningAirflow
from e2e.harness.settings import password_of
from playwright.sync_api import Browser, Page, expect, sync_playwright

CHROMIUM = os.environ.get("GOVERNANCE_TEST_CHROMIUM", "/usr/bin/chromium")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE_MS = 60_000


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        pytest.skip(f"no browser at {CHROMIUM}; GOVERNANCE_TEST_CHROMIUM can name another")
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield chromium
        chromium.close()


@pytest.fixture
def logged_in(browser: Browser, airflow: RunningAirflow) -> Iterator[Callable[[str], Page]]:
    """A page of Airflow's UI for a user who has gone through the login form."""
    contexts = []

    def log_in(user: str) -> Page:
        context = browser.new_context(
            base_url=airflow.url, locale="en-GB", viewport={"width": 1400, "height": 1100}
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.goto("/auth/login")
        page.get_by_label("Username").fill(user)
        page.locator("input[type=password]").fill(password_of(user))
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(lambda url: "/auth/login" not in url)
        return page

    yield log_in
    for context in contexts:
        context.close()


@pytest.fixture
def screenshots(tmp_path: Path) -> Path:
    """Where pictures go: the directory in GOVERNANCE_TEST_ARTIFACTS, or one of the test's own."""
    directory = Path(os.environ.get("GOVERNANCE_TEST_ARTIFACTS", tmp_path / "screenshots"))
    directory.mkdir(parents=True, exist_ok=True)
    return directory
