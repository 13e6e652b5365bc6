"""A browser on the Airflow that the end-to-end tests start, and on one with a seeded history."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from browser.browsing import PATIENCE_MS, chromium, log_in, missing
from browser.seeded import SeededAirflow, password_of, seed
from e2e.harness.airflow import RunningAirflow
from e2e.harness.settings import free_port
from e2e.harness.settings import password_of as password_in_tests
from playwright.sync_api import Browser, Page, expect

EVENTS = int(os.environ.get("GOVERNANCE_TEST_EVENTS", "1000000"))
DAYS = 12
LogIn = Callable[[str], Page]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if reason := missing():
        pytest.skip(reason)
    expect.set_options(timeout=PATIENCE_MS)
    with chromium() as found:
        yield found


def _pages(
    browser: Browser, url: str, password: Callable[[str], str], **context: object
) -> Iterator[LogIn]:
    contexts = []

    def enter(user: str) -> Page:
        made = browser.new_context(
            base_url=url, locale="en-GB", viewport={"width": 1400, "height": 1100}, **context
        )
        contexts.append(made)
        page = made.new_page()
        log_in(page, user, password(user))
        return page

    yield enter
    for made in contexts:
        made.close()


@pytest.fixture
def logged_in(browser: Browser, airflow: RunningAirflow) -> Iterator[LogIn]:
    """A page of Airflow's UI for a user who has gone through the login form."""
    yield from _pages(browser, airflow.url, password_in_tests)


@pytest.fixture(scope="session")
def told(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which the story of a few days is told; to be copied.

    GOVERNANCE_TEST_SEED can name one that is there already.
    """
    if there := os.environ.get("GOVERNANCE_TEST_SEED"):
        return Path(there)
    home = tmp_path_factory.mktemp("told") / "home"
    seed(home, port=free_port(), days=DAYS)
    return home


@pytest.fixture(scope="session")
def seeded(told: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SeededAirflow]:
    """An Airflow on the story and a million events."""
    home = tmp_path_factory.mktemp("seeded") / "home"
    shutil.copytree(told, home)
    running = SeededAirflow(home)
    running.fill(EVENTS)
    running.start()
    yield running
    running.stop()
    shutil.rmtree(home)


@pytest.fixture
def own(told: Path, tmp_path: Path) -> Iterator[SeededAirflow]:
    """An Airflow on the story that a test may spoil; it is the test that starts it."""
    running = SeededAirflow(Path(shutil.copytree(told, tmp_path / "home")))
    yield running
    running.stop()


@pytest.fixture
def visiting(browser: Browser, seeded: SeededAirflow) -> Iterator[LogIn]:
    """A page of the seeded Airflow for a user who has gone through the login form."""
    yield from _pages(browser, seeded.url, password_of)


@pytest.fixture
def visiting_own(browser: Browser, own: SeededAirflow) -> Iterator[LogIn]:
    """The same of the Airflow that is the test's own."""
    yield from _pages(browser, own.url, password_of)


@pytest.fixture
def screenshots(tmp_path: Path) -> Path:
    """Where pictures go: the directory in GOVERNANCE_TEST_ARTIFACTS, or one of the test's own."""
    directory = Path(os.environ.get("GOVERNANCE_TEST_ARTIFACTS", tmp_path / "screenshots"))
    directory.mkdir(parents=True, exist_ok=True)
    return directory
