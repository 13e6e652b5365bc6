"""Chromium, and how somebody gets into Airflow with it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

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
SITE = "/plugin/governance"


def missing() -> str | None:
    """Why there is no browser; None where there is one."""
    if Path(CHROMIUM).exists():
        return None
    return f"no browser at {CHROMIUM}; GOVERNANCE_TEST_CHROMIUM can name another"


@contextmanager
def chromium(*more: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, *more])
        yield browser
        browser.close()


def log_in(page: Page, user: str, password: str) -> None:
    """Through the login form, as a person does."""
    page.set_default_timeout(PATIENCE_MS)
    page.goto("/auth/login")
    page.get_by_label("Username").fill(user)
    page.locator("input[type=password]").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/auth/login" not in url)


def in_theme(page: Page, theme: str) -> None:
    """Light or dark, as Airflow's own switch sets it."""
    page.add_init_script(f"localStorage.setItem('theme', '{theme}')")
